# SPDX-License-Identifier: Apache-2.0
"""Each action has the effect it names: on the delivered mail, or on the SMTP reply.
Nothing that was accepted may be lost on its way to another mailbox."""
from client import connect
from home import FRIEND, LIAR
from message import compose, new_subject
from registry import scenario
from waiting import wait_until

QUARANTINE = "quarantine@local.test"


def _act(home, action, **inbound):
    """shop.test publishes p=quarantine, which leads to `action`."""
    home.daemon.settings["inbound"].update(inbound)
    home.daemon.settings["dmarc"]["on_quarantine"] = action
    home.start()


def _spoof(home, recipients=("bob@local.test",), headers=(), subject=None):
    subject = subject or new_subject("spoof")
    raw = compose("boss@shop.test", "bob@local.test", subject, headers)
    with connect(home.mta.port, LIAR, helo="liar.test") as client:
        return client.send("boss@shop.test", recipients, raw), subject


def _decision(home):
    decision = home.daemon.decision(direction="inbound")
    assert decision["rule"] == "dmarc.quarantine", decision
    return decision


def _arrived(home, subject, limit=60):
    """The one delivery whose subject ends like that."""
    def found():
        return [each for each in home.local.all() if each.message.subject.endswith(subject)]
    wait_until(found, lambda: f"mail '{subject}'", limit)
    assert len(found()) == 1, [str(each.recipients) for each in found()]
    return found()[0]


def _people(delivery):
    """Sendmail's local mailer drops the domain."""
    return sorted(recipient.split("@")[0] for recipient in delivery.recipients)


def _assert_not_taken(home, subject):
    home.local.wait_for(home.friendly_mail()[1])
    wait_until(lambda: not home.mta.waiting(), "an empty queue")
    assert not home.local.having(subject)


@scenario()
def accept_leaves_no_mark(home):
    _act(home, "accept")
    reply, subject = _spoof(home)
    assert reply.code == 250, reply
    message = _arrived(home, subject).message
    assert "dmarc=fail" in home.our_results(message)
    assert not message.all("Milterward-Verdict"), message.head()
    assert message.subject == subject
    assert home.daemon.decision(direction="inbound")["verdict"] == "accept"


@scenario()
def tag_names_action_and_rule(home):
    _act(home, "tag")
    reply, subject = _spoof(home, headers=[("Milterward-Verdict", "accept; rule=forged")])
    assert reply.code == 250, reply
    message = _arrived(home, subject).message
    assert message.one("Milterward-Verdict") == "tag; rule=dmarc.quarantine", message.head()
    assert message.subject == subject
    assert _decision(home)["verdict"] == "tag"


@scenario()
def subject_is_tagged(home):
    _act(home, "subject", subject_tag="[check]")
    reply, subject = _spoof(home)
    assert reply.code == 250, reply
    message = _arrived(home, subject).message
    assert message.all("Subject") == [f"[check] {subject}"], message.head()
    assert message.one("Milterward-Verdict") == "subject; rule=dmarc.quarantine", message.head()


@scenario()
def every_kind_of_subject_is_tagged(home):
    """None, several, encoded, folded: whichever a reader shows has the tag."""
    _act(home, "subject", subject_tag="[Vorsicht \N{LATIN CAPITAL LETTER U WITH DIAERESIS}]")
    tag = "=?UTF-8?B?W1ZvcnNpY2h0IMOcXQ==?="
    encoded = "=?UTF-8?B?W1ZvcnNpY2h0IMOcXSA=?= =?utf-8?Q?Gr=C3=BC=C3=9Fe?="
    for sent, wanted in (([], [tag]),
                         (["one", "two"], [f"{tag} one", f"{tag} two"]),
                         (["=?utf-8?Q?Gr=C3=BC=C3=9Fe?="], [encoded]),
                         (["one\r\n two"], [f"{tag} one two"])):
        mark = new_subject("mark")
        raw = compose("boss@shop.test", "bob@local.test", headers=[
            ("X-Mark", mark), *(("Subject", subject) for subject in sent)])
        raw = b"\r\n".join(line for line in raw.split(b"\r\n")
                           if not line.startswith(b"Subject: mail "))
        reply = home.receive("boss@shop.test", "bob@local.test", raw, LIAR, helo="liar.test")
        assert reply.code == 250, reply
        message = wait_until(lambda mark=mark: [each.message for each in home.local.all()
                                                if mark in each.message.all("X-Mark")],
                             f"the mail with {sent}")[0]
        assert message.all("Subject") == wanted, message.head()


@scenario()
def quarantine_marks_for_the_delivery_agent(home):
    _act(home, "quarantine", quarantine="header")
    reply, subject = _spoof(home)
    assert reply.code == 250, reply
    message = _arrived(home, subject).message
    assert message.one("Milterward-Verdict") == "quarantine; rule=dmarc.quarantine"
    assert not home.mta.held()


@scenario()
def quarantine_is_held_by_the_mail_server(home):
    _act(home, "quarantine", quarantine="hold")
    reply, subject = _spoof(home)
    assert reply.code == 250, reply
    assert _decision(home)["verdict"] == "quarantine"
    home.local.wait_for(home.friendly_mail()[1])
    assert len(home.mta.held()) == 1, home.mta.held()
    assert not home.local.having(subject)


@scenario()
def redirect_delivers_to_the_mailbox_alone(home):
    _act(home, "redirect", redirect_to=QUARANTINE)
    reply, subject = _spoof(home, ["bob@local.test", "Eve@Local.Test", "eve+x@local.test",
                                   '"b ob"@local.test', "bob@local.test"])
    assert reply.code == 250, reply
    delivery = _arrived(home, subject)
    assert _people(delivery) == ["quarantine"], delivery.recipients
    assert delivery.mail_from == "boss@shop.test", delivery.mail_from
    message = delivery.message
    assert message.one("Milterward-Verdict") == "redirect; rule=dmarc.quarantine", message.head()
    assert _decision(home)["redirected_to"] == QUARANTINE
    assert "bob@local.test" in _decision(home)["recipients"]


@scenario()
def redirect_reaches_behind_aliases(home):
    """Names that the server itself turns into other recipients."""
    alias = {"postfix": "user@alias.test", "sendmail": "office@local.test"}[home.mta.name]
    home.daemon.settings["relay"]["domains"].append("alias.test")
    _act(home, "redirect", redirect_to=QUARANTINE)
    reply, subject = _spoof(home, [alias])
    assert reply.code == 250, reply
    assert _people(_arrived(home, subject)) == ["quarantine"]


@scenario()
def redirect_to_a_recipient_loses_nothing(home):
    """Removing a recipient that is the mailbox itself, by whatever name, must not take both."""
    home.mta.our_subdomains = ["also.local.test"]
    home.daemon.settings["relay"]["domains"].append(".local.test")
    _act(home, "redirect", redirect_to=QUARANTINE)
    for recipients in ([QUARANTINE], ["Quarantine@LOCAL.test"], ["quarantine@also.local.test"],
                       ["quarantine+x@local.test"], ["bob@local.test", QUARANTINE]):
        reply, subject = _spoof(home, recipients)
        assert reply.code == 250, reply
        delivery = _arrived(home, subject)
        assert "quarantine" in _people(delivery), f"{recipients}: {delivery.recipients}"
        assert "bob" not in _people(delivery), f"{recipients}: {delivery.recipients}"


@scenario()
def redirect_leaves_the_mailbox_domain_to_the_server(home):
    """The mailbox may be on another host."""
    _act(home, "redirect", redirect_to="quarantine@out.test")
    reply, subject = _spoof(home)
    assert reply.code == 250, reply
    assert home.remote.wait_for(subject).recipients == ["quarantine@out.test"]
    assert not home.local.having(subject)


@scenario()
def defer_asks_to_come_back(home):
    _act(home, "defer")
    reply, subject = _spoof(home)
    assert reply.code == 451 and "4.7.1" in reply.text and "DMARC" in reply.text, reply
    _assert_not_taken(home, subject)


@scenario()
def reject_refuses_for_good(home):
    _act(home, "reject")
    reply, subject = _spoof(home)
    assert reply.code == 550 and "5.7.1" in reply.text and "DMARC" in reply.text, reply
    _assert_not_taken(home, subject)


@scenario()
def actions_of_one_message_do_not_reach_the_next(home):
    """A redirect, a mark and an untouched mail over one connection."""
    home.daemon.settings["dmarc"]["on_none"] = "subject"
    _act(home, "redirect", redirect_to=QUARANTINE)
    with home.client(FRIEND) as client:
        for domain, person, tagged in (("shop.test", "quarantine", False),
                                       ("news.test", "bob", True),
                                       ("plain.test", "bob", False)):
            subject = new_subject(domain)
            reply = client.send(f"boss@{domain}", ["bob@local.test"],
                                compose(f"boss@{domain}", subject=subject))
            assert reply.code == 250, reply
            delivery = _arrived(home, subject)
            assert _people(delivery) == [person], delivery.recipients
            assert delivery.message.subject.startswith("[suspicious] ") == tagged
