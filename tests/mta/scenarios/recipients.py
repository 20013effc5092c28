# SPDX-License-Identifier: Apache-2.0
"""One message, recipients of several policies: what each of them gets, and what the sender hears."""
from client import connect
from home import FRIEND, LIAR
from message import compose, new_subject
from registry import scenario
from waiting import wait_until


def _spoof(home, recipients):
    subject = new_subject("spoof")
    with connect(home.mta.port, LIAR, helo="liar.test") as client:
        return client.send("boss@bank.test", recipients,
                           compose("boss@bank.test", subject=subject)), subject


def _with_policies(home, **policies):
    """WORD.local.test has the policy of that word."""
    home.mta.our_subdomains = [f"{word}.local.test" for word in policies]
    home.daemon.settings["relay"]["domains"].append(".local.test")
    home.daemon.settings["recipient.policy"] = [
        {"domains": [f"{word}.local.test"], **policy} for word, policy in policies.items()]
    home.start()


def _deliveries(home, subject, count):
    """People by the mark on what they got; Sendmail's local mailer drops the domain."""
    def found():
        return [(recipient.split("@")[0], (each.message.all("Milterward-Verdict") or [""])[0])
                for each in home.local.all() if each.message.subject == subject
                for recipient in each.recipients]
    wait_until(lambda: len(found()) >= count, lambda: f"{count} of '{subject}': {found()}")
    return sorted(found())


@scenario()
def postmaster_gets_what_others_refuse(home):
    """RFC 5321 section 4.5.1. Relaying still needs a permission of its own."""
    home.mta.is_open = True
    home.start()
    assert _spoof(home, ["bob@local.test"])[0].code == 550
    reply, subject = _spoof(home, ["postmaster@local.test"])
    assert reply.code == 250, reply
    assert _deliveries(home, subject, 1)[0][1] == "tag; rule=dmarc.reject"
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<boss@bank.test>")
        assert client.command("RCPT TO:<postmaster@out.test>").code == 550


@scenario()
def beside_postmaster_mail_is_marked_and_not_refused(home):
    home.start()
    reply, subject = _spoof(home, ["eve@local.test", "abuse@local.test"])
    assert reply.code == 250, reply
    mark = "quarantine; rule=dmarc.reject"
    assert _deliveries(home, subject, 2) == [("abuse", mark), ("eve", mark)]


@scenario()
def recipients_of_other_policies_are_split_off_on_request(home):
    home.daemon.settings["recipient"] = {"split": True}
    home.start()
    with home.client(LIAR, helo="liar.test") as client:
        client.need("MAIL FROM:<boss@bank.test>")
        client.need("RCPT TO:<bob@local.test>")
        reply = client.command("RCPT TO:<postmaster@local.test>")
        assert reply.code == 452 and "4.5.3" in reply.text, reply
        client.need("RCPT TO:<eve@local.test>")
        assert client.command("DATA").code == 354
        assert client.content(compose("boss@bank.test")).code == 550
    assert _spoof(home, ["postmaster@local.test"])[0].code == 250


@scenario()
def domain_that_only_watches_gets_its_mail(home):
    _with_policies(home, watched={"inbound.mode": "monitor"})
    reply, subject = _spoof(home, ["bob@watched.local.test"])
    assert reply.code == 250, reply
    assert _deliveries(home, subject, 1) == [("bob", "")]
    reply, subject = _spoof(home, ["bob@watched.local.test", "eve@local.test"])
    assert reply.code == 250, reply
    mark = "quarantine; rule=dmarc.reject"
    assert _deliveries(home, subject, 2) == [("bob", mark), ("eve", mark)]


@scenario()
def stricter_domain_refuses_what_others_take(home):
    home.daemon.settings["dmarc"]["on_reject"] = "tag"
    _with_policies(home, strict={"dmarc.on_reject": "reject"})
    assert _spoof(home, ["bob@strict.local.test"])[0].code == 550
    reply, subject = _spoof(home, ["bob@local.test"])
    assert reply.code == 250, reply
    assert _deliveries(home, subject, 1) == [("bob", "tag; rule=dmarc.reject")]


@scenario()
def each_recipient_goes_where_its_policy_says(home):
    home.daemon.settings["dmarc"]["on_reject"] = "tag"
    _with_policies(home, box={"dmarc.on_reject": "redirect",
                              "inbound.redirect_to": "quarantine@local.test"})
    reply, subject = _spoof(home, ["ann@box.local.test", "eve@local.test", "bob@box.local.test"])
    assert reply.code == 250, reply
    mark = "redirect; rule=dmarc.reject"
    assert _deliveries(home, subject, 2) == [("eve", mark), ("quarantine", mark)]


@scenario()
def mailbox_of_one_policy_may_be_a_recipient_of_another(home):
    """Both policies take their recipients' mail away; the mailbox gets what is sent to it."""
    home.daemon.settings["dmarc"]["on_reject"] = "redirect"
    home.daemon.settings["inbound"]["redirect_to"] = "second@local.test"
    _with_policies(home, box={"inbound.redirect_to": "quarantine@local.test"})
    reply, subject = _spoof(home, ["ann@box.local.test", "quarantine@local.test"])
    assert reply.code == 250, reply
    mark = "redirect; rule=dmarc.reject"
    assert _deliveries(home, subject, 2) == [("quarantine", mark), ("second", mark)]


@scenario()
def hold_needs_the_consent_of_all(home):
    home.daemon.settings["dmarc"]["on_reject"] = "quarantine"
    _with_policies(home, held={"inbound.quarantine": "hold"})
    reply, subject = _spoof(home, ["bob@held.local.test", "eve@local.test"])
    assert reply.code == 250, reply
    assert len(_deliveries(home, subject, 2)) == 2 and not home.mta.held()
    reply, subject = _spoof(home, ["bob@held.local.test"])
    assert reply.code == 250, reply
    wait_until(home.mta.held, "a held message")
    assert not home.local.having(subject)


@scenario()
def replies_have_the_postmasters_words(home):
    home.mta.is_open = True
    home.daemon.settings["reply"] = [
        {"rule": "dmarc.reject", "text": "DMARC of {author_domain}: 100% sure, ask {client}"},
        {"rule": "relay.denied", "text": "No relay to {recipient} for {helo}"}]
    home.start()
    reply, _ = _spoof(home, ["bob@local.test"])
    assert reply.code == 550, reply
    assert reply.text == f"5.7.1 DMARC of bank.test: 100% sure, ask {LIAR}", reply
    with home.client(FRIEND) as client:
        client.need("MAIL FROM:<x@plain.test>")
        reply = client.command("RCPT TO:<x@out.test>")
        assert reply.code == 550 and "No relay to x@out.test for client.test" in reply.text, reply
