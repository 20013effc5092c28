# SPDX-License-Identifier: Apache-2.0
"""Mail that comes back from 127.0.0.1: content filters, redirects, list managers. It looks like
a submission, but what entered unauthenticated stays what it was."""
import dkim_peer
from client import send
from content_filter import with_content_filter
from home import LIAR, TRUSTED
from message import new_subject
from registry import scenario


@scenario()
def content_filter_keeps_the_results(home):
    with_content_filter(home)
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    results = home.our_results(message)
    assert message.one("X-Scanned") == "yes"
    assert "spf=pass" in results and "dkim=pass" in results and "dmarc=pass" in results, results
    assert not _signers(message) - {"friend.test"}, message.head()


@scenario()
def content_filter_is_no_way_to_our_signature(home):
    """A stranger who claims to be one of us comes back from the filter as a stranger."""
    home.daemon.settings["inbound"]["mode"] = "monitor"
    with_content_filter(home)
    reply, subject = home.spoof_of("local.test")
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert "local.test" not in _signers(message), message.head()
    results = home.our_results(message)
    assert "dmarc=fail" in results, results


@scenario()
def author_added_on_the_way_back_gets_no_signature(home):
    """Postfix completes From for the filter's client: the sender's address where there is none,
    its own domain behind a bare name."""
    home.daemon.settings["inbound"]["mode"] = "monitor"
    with_content_filter(home)
    for author in (b"", b"From: ceo\r\n"):
        subject = new_subject("unnamed")
        raw = author + f"Subject: {subject}\r\n\r\npay\r\n".encode()
        reply = home.receive("ceo@local.test", "bob@local.test", raw, LIAR)
        assert reply.code == 250, reply
        message = home.local.wait_for(subject).message
        assert "local.test" not in _signers(message), message.head()


@scenario()
def submission_through_the_content_filter_is_signed_once(home):
    with_content_filter(home)
    reply, subject = home.submission()
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert message.one("X-Scanned") == "yes"
    assert len(message.all("DKIM-Signature")) == 2, message.head()
    assert home.verified_signatures(message) == {
        ("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


@scenario()
def redirect_by_smtp_keeps_results_and_is_not_signed(home):
    _redirect(home, lambda delivery: send(
        home.mta.port, delivery.mail_from, ["ann@friend.test"], delivery.message.raw, TRUSTED))


@scenario()
def redirect_by_command_keeps_results_and_is_not_signed(home):
    """As Sieve or .forward do it: the sendmail command on the same machine."""
    _redirect(home, lambda delivery: home.mta.submit_locally(
        delivery.mail_from, ["ann@friend.test"], delivery.message.raw))


def _redirect(home, forward):
    home.start()
    home.local.on_delivery(forward)
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    results = home.our_results(message)
    assert "dmarc=pass" in results, results
    assert _signers(message) == {"friend.test"}, message.head()
    assert home.verified_signatures(message) == {("friend.test", "rsa-sha256"): True}


@scenario()
def redirected_spoof_of_us_is_not_signed(home):
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    home.local.on_delivery(lambda delivery: send(
        home.mta.port, delivery.mail_from, ["ann@friend.test"], delivery.message.raw, TRUSTED))
    reply, subject = home.spoof_of("local.test")
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert "local.test" not in _signers(message), message.head()
    assert "dmarc=fail" in home.our_results(message)


@scenario()
def invented_trace_headers_change_nothing(home):
    """A stranger cannot claim to have been verified: the trace of one mail on another is void."""
    home.start()
    _, subject = home.friendly_mail()
    known = home.local.wait_for(subject).message
    trace = known.all("Milterward-Trace")
    assert trace, f"no trace header is to be seen:\n{known.head()}"
    extra = [("Milterward-Trace", value) for value in trace]
    reply, _ = home.spoof_of("bank.test", headers=extra)
    assert reply.code == 550, reply


def _signers(message):
    return {dkim_peer.tag(value, "d") for value in message.all("DKIM-Signature")}
