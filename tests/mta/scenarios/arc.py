# SPDX-License-Identifier: Apache-2.0
"""Chains of forwarded mail (ARC): sealed where it leaves, and validated by an implementation
that is not ours."""
import dkim_peer
from client import send
from home import LIAR, TRUSTED
from message import compose, new_subject
from registry import scenario


def _seal(home, mail):
    key = home.our_keys[0]
    home.daemon.settings["arc"] = {"seal": mail}
    home.daemon.settings["arc.key"] = [
        {"domain": key.domain, "selector": key.selector, "file": str(key.path)}]


def _chain(home, message):
    """(result, sealers) by dkimpy."""
    return dkim_peer.chain_of(message, home.dns)


@scenario()
def inbound_mail_is_sealed_when_it_comes(home):
    _seal(home, "inbound")
    home.start()
    reply, subject = home.friendly_mail(to="bob@local.test")
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert _chain(home, message) == ("pass", ["local.test"]), message.head()
    evidence = message.one("ARC-Authentication-Results")
    assert "mx.test" in evidence and "dmarc=pass" in evidence and "arc=none" in evidence, evidence
    decision = home.daemon.decision(direction="inbound")
    assert decision["sealed"] == "local.test:rsa1", decision


@scenario()
def redirected_mail_is_sealed_when_it_leaves(home):
    """What a delivery agent sends on: sealed once, over what was changed meanwhile."""
    _redirected(home, "returned")


@scenario()
def the_seal_of_the_way_out_replaces_that_of_the_way_in(home):
    _redirected(home, "inbound")


def _redirected(home, mail):
    _seal(home, mail)
    home.start()

    def pass_on(delivery):
        raw = delivery.message.raw.replace(b"Subject: ", b"Subject: [tea] ", 1) + b"-- \r\ntea\r\n"
        send(home.mta.port, delivery.mail_from, ["ann@friend.test"], raw, TRUSTED)

    home.local.on_delivery(pass_on)
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    message = home.remote.wait_for(f"[tea] {subject}").message
    assert _chain(home, message) == ("pass", ["local.test"]), message.head()
    assert "dmarc=pass" in message.one("ARC-Authentication-Results"), message.head()
    assert not any(home.verified_signatures(message).values()), "the list left the body alone"


@scenario()
def mail_for_us_is_not_sealed_on_its_way_out(home):
    _seal(home, "returned")
    home.start()
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    assert not home.local.wait_for(subject).message.all("ARC-Seal")
    reply, subject = home.submission()
    assert not home.remote.wait_for(subject).message.all("ARC-Seal")


@scenario()
def a_trusted_sealer_is_heard(home):
    """A list of friend.test passes a mail of bank.test on, which is then no longer signed."""
    home.daemon.settings["arc"] = {"trusted_sealers": ["friend.test"]}
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    subject = new_subject("list")
    raw = compose("boss@bank.test", "bob@local.test", subject)
    raw = dkim_peer.seal(raw, home.friend_key, home.dns,
                         "friend.test; arc=none; dmarc=pass header.from=bank.test")
    reply = home.receive("tea-bounces@friend.test", "bob@local.test", raw, LIAR)
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    assert "arc=pass (sealed by friend.test)" in results, results
    assert "header.oldest-pass=0" in results and "dmarc=fail" in results, results
    assert home.daemon.decision(direction="inbound")["arc"] == "pass:friend.test"
