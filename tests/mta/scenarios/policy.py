# SPDX-License-Identifier: Apache-2.0
"""When mail that fails DMARC is refused, and when not."""
from client import connect
from home import FRIEND, LIAR
from message import compose, new_subject
from registry import scenario


def _give_a_name(home, source, name):
    """A PTR record that leads back: the client's name speaks for it."""
    home.dns.add(f"{'.'.join(reversed(source.split('.')))}.in-addr.arpa. 60 PTR {name}.",
                 f"{name}. 60 A {source}")


def _receive(home, author, sender="x@plain.test", source=LIAR, headers=()):
    subject = new_subject("policy")
    reply = home.receive(sender, "bob@local.test", compose(author, subject=subject,
                                                           headers=headers), source, "liar.test")
    return reply, subject


@scenario()
def reject_policy_alone_is_no_refusal(home):
    """RFC 9989 section 7.4: without a second finding it counts as p=quarantine."""
    _give_a_name(home, LIAR, "host.other.test")
    home.start()
    reply, subject = _receive(home, "boss@bank.test")
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert message.one("Milterward-Verdict") == (
        "quarantine; rule=dmarc.reject_as_quarantine"), message.head()
    decision = home.daemon.decision(direction="inbound")
    assert decision["dmarc_disposition"].startswith("quarantine local_policy"), decision


@scenario()
def reject_policy_and_no_name_is_a_refusal(home):
    home.start()
    reply, _ = _receive(home, "boss@bank.test")
    assert reply.code == 550 and "5.7.1" in reply.text and "DMARC" in reply.text, reply
    decision = home.daemon.decision(direction="inbound")
    assert decision["rule"] == "dmarc.reject" and "no name" in decision["because"], decision


@scenario()
def our_own_domain_from_outside_is_refused(home):
    _give_a_name(home, LIAR, "host.other.test")
    home.start()
    reply, _ = _receive(home, "boss@local.test")
    assert reply.code == 550 and "DMARC" in reply.text, reply


@scenario()
def list_id_of_a_spammer_buys_nothing(home):
    home.start()
    reply, _ = _receive(home, "boss@bank.test", headers=[("List-Id", "<tea.plain.test>")])
    assert reply.code == 550, reply


@scenario()
def forwarder_that_the_configuration_names_is_believed(home):
    _give_a_name(home, LIAR, "mx.forwarder.test")
    home.daemon.settings["dmarc.override"] = [
        {"hosts": [".forwarder.test"], "treat_as": "none", "reason": "trusted_forwarder"}]
    home.start()
    reply, subject = _receive(home, "boss@bank.test")
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert not message.all("Milterward-Verdict"), message.head()
    decision = home.daemon.decision(direction="inbound")
    assert decision["dmarc_disposition"] == "none trusted_forwarder", decision


@scenario()
def exempt_network_is_left_alone_and_may_not_relay(home):
    home.mta.is_open = True
    home.daemon.settings["exempt"] = {"networks": [f"{LIAR}/32"]}
    home.start()
    reply, subject = _receive(home, "boss@bank.test")
    assert reply.code == 250, reply
    assert "dmarc=fail" in home.our_results(home.local.wait_for(subject).message)
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<x@plain.test>")
        assert client.command("RCPT TO:<x@out.test>").code == 550


@scenario()
def authors_that_cannot_be_evaluated_are_refused(home):
    """RFC 5322 section 3.6. A missing From is no matter for Sendmail, which adds one later."""
    home.start()
    five = ", ".join(f"x@{name}.test" for name in "abcde")
    for field in ("", "From: a@bank.test\r\nFrom: b@bank.test\r\n", f"From: {five}\r\n",
                  "From: boss@bank.test <x@plain.test>\r\n"):
        raw = f"{field}To: bob@local.test\r\nSubject: x\r\n\r\nHello.\r\n".encode()
        reply = home.receive("x@plain.test", "bob@local.test", raw, FRIEND)
        assert reply.code == 550 and "5.7.1" in reply.text, f"{field}: {reply}"


@scenario()
def group_without_address_is_tagged(home):
    home.start()
    subject = new_subject("group")
    raw = f"From: undisclosed:;\r\nTo: bob@local.test\r\nSubject: {subject}\r\n\r\n.\r\n".encode()
    reply = home.receive("x@plain.test", "bob@local.test", raw, FRIEND)
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert message.one("Milterward-Verdict") == "tag; rule=from.no_author", message.head()


@scenario()
def submission_without_author_is_not_refused(home):
    """Sendmail adds From later; Postfix would if it were told to."""
    home.start()
    subject = new_subject("no author")
    raw = f"To: ann@friend.test\r\nSubject: {subject}\r\n\r\nHi.\r\n".encode()
    with connect(home.mta.submission_port, LIAR) as client:
        client.login("joe", "secret")
        reply = client.send("joe@local.test", ["ann@friend.test"], raw)
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    if home.mta.name == "sendmail":
        assert "joe@local.test" in message.one("From"), message.head()
