# SPDX-License-Identifier: Apache-2.0
"""Mail of our own users: who counts as one, what is signed, and whether others can verify it."""
import stat

from client import send
from home import FRIEND, LIAR, TRUSTED
from message import compose, new_subject
from ports import ipv6_loopback_exists
from registry import Skipped, scenario

BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


@scenario()
def login_is_signed_with_both_algorithms(home):
    home.start()
    reply, subject = home.submission()
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert home.verified_signatures(message) == BOTH, message.head()
    decision = home.daemon.decision(direction="submission")
    assert decision["login"] == home.mta.login_of("joe"), decision


@scenario()
def login_on_the_main_port_is_signed(home):
    home.start()
    subject = new_subject()
    reply = send(home.mta.port, "joe@local.test", ["ann@friend.test"],
                 compose("joe@local.test", "ann@friend.test", subject), LIAR,
                 login=("joe", "secret"))
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH


@scenario()
def login_ends_with_its_connection(home):
    """The same client without AUTH is a stranger again."""
    home.mta.is_open = True
    home.start()
    home.submission()
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<joe@local.test>")
        assert client.command("RCPT TO:<ann@friend.test>").code == 550


@scenario()
def trusted_network_is_signed(home):
    home.start()
    _assert_signed_from(home, TRUSTED)


@scenario()
def trusted_ipv6_client_is_signed(home):
    if not ipv6_loopback_exists():
        raise Skipped("this machine has no IPv6 loopback")
    home.start()
    _assert_signed_from(home, None, "::1")


@scenario("postfix")
def mapped_ipv4_client_counts_as_ipv4(home):
    """::ffff:127.0.0.1 is 127.0.0.1 to trusted_networks, and ::ffff:127.0.0.6 is not."""
    home.mta.is_open = True
    home.start()
    for mapped, code in (("127.0.0.1", 250), ("127.0.0.6", 550)):
        with home.client(FRIEND) as client:
            client.xclient(ADDR=f"IPV6:::ffff:{mapped}", NAME="[UNAVAILABLE]")
            client.need("MAIL FROM:<joe@local.test>")
            reply = client.command("RCPT TO:<bob@out.test>")
            assert reply.code // 100 == code // 100, f"{mapped}: {reply}"


def _assert_signed_from(home, source, host="127.0.0.1"):
    subject = new_subject()
    reply = send(home.mta.port, "joe@local.test", ["ann@friend.test"],
                 compose("joe@local.test", "ann@friend.test", subject), source, host)
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    assert home.daemon.decision(direction="submission")


@scenario()
def local_command_is_signed(home):
    """Mail that never saw SMTP (Postfix: sendmail(1)) or saw it on a pipe (Sendmail: -bs)."""
    home.start()
    subject = new_subject("cron")
    home.mta.submit_locally("joe@local.test", ["ann@friend.test"],
                            compose("joe@local.test", "ann@friend.test", subject))
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    decision = home.daemon.decision()
    assert decision["direction"] == "local" and decision["reason"], decision


@scenario()
def inbound_is_never_signed(home):
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    reply, subject = home.spoof_of("local.test")
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert not message.all("DKIM-Signature"), message.head()
    assert "dmarc=fail" in home.our_results(message)


@scenario()
def submission_is_not_verified(home):
    home.start()
    reply, subject = home.submission()
    message = home.remote.wait_for(subject).message
    for value in message.all("Authentication-Results"):
        assert "spf=" not in value and "dkim=" not in value and "dmarc=" not in value, value
    decision = home.daemon.decision(direction="submission")
    assert decision.get("dmarc", "") in ("", "none", None), decision


@scenario()
def submission_port_wants_a_login(home):
    home.start()
    with home.client(LIAR, home.mta.submission_port) as client:
        reply = client.command("MAIL FROM:<joe@local.test>")
        assert reply.code == 530 and "5.7.0" in reply.text, reply
    reply, _ = home.submission()
    assert reply.code == 250, reply


@scenario()
def submission_listener_is_known_by_name(home):
    home.daemon.settings["listener"] = [{"name": "submission", "kind": "submission"}]
    home.start()
    with home.client(LIAR, home.mta.submission_port) as client:
        reply = client.command("MAIL FROM:<joe@local.test>")
        assert reply.code == 530, reply
    with home.client(FRIEND) as client:
        client.need("MAIL FROM:<ann@friend.test>")


@scenario()
def wrong_password_is_no_login(home):
    home.start()
    with home.client(LIAR, home.mta.submission_port) as client:
        assert client.login("joe", "wrong").code == 535
        assert client.command("MAIL FROM:<joe@local.test>").code == 530


@scenario()
def author_of_a_foreign_domain_is_not_signed(home):
    home.start()
    reply, subject = home.submission(author="joe@elsewhere.test")
    message = home.remote.wait_for(subject).message
    assert not message.all("DKIM-Signature"), message.head()
    assert home.daemon.decision(direction="submission")["verdict"] == "accept"


@scenario()
def only_owners_get_an_author_signature(home):
    home.daemon.settings["directory.account"] = [
        {"login": home.mta.login_of("joe"), "may_use": ["joe@local.test"]},
        {"login": "desk", "may_use": ["local.test"]}]
    home.start()
    _, subject = home.submission(author="boss@local.test")
    message = home.remote.wait_for(subject).message
    assert not message.all("DKIM-Signature"), message.head()
    _, subject = home.submission(author="joe@local.test")
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH


@scenario()
def signature_survives_what_the_mta_rewrites(home):
    """Address lists, folding, Bcc, long lines, dots: signed before the MTA tidied them up."""
    home.start()
    to = "ann@friend.test,carl@friend.test,\r\n \"Doe, Dora\"   <dora@friend.test>"
    reply, subject = home.submission(
        headers=[("Bcc", "hidden@friend.test"), ("Cc", "eve@friend.test,frank@friend.test"),
                 ("Reply-To", "joe@local.test,\r\n\tdesk@local.test"), ("X-Empty", ""),
                 ("List-Unsubscribe", "<mailto:off@local.test>, <https://local.test/off>")],
        author="Joe Doe <joe@local.test>",
        body=".\r\n..two\r\ntrailing  \t\r\n\r\n" + "x" * 900 + "\r\n\r\n\r\n")
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    subject = new_subject("lists")
    reply = send(home.mta.submission_port, "joe@local.test", ["ann@friend.test"],
                 compose("joe@local.test", to, subject), LIAR, login=("joe", "secret"))
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH


@scenario()
def signature_survives_missing_headers(home):
    """Date, Message-ID and To are added by Sendmail after the filter, by Postfix before it."""
    home.start()
    subject = new_subject("bare")
    raw = f"From: joe@local.test\r\nSubject: {subject}\r\n\r\nHi.\r\n".encode()
    reply = send(home.mta.submission_port, "joe@local.test", ["ann@friend.test"], raw, LIAR,
                 login=("joe", "secret"))
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert home.verified_signatures(message) == BOTH, message.head()


@scenario()
def added_author_breaks_the_signature(home):
    """From is oversigned: a second one pasted on top must not verify."""
    home.start()
    _, subject = home.submission()
    message = home.remote.wait_for(subject).message
    forged = type(message)(b"From: boss@local.test\r\n" + message.raw)
    outcome = home.verified_signatures(forged)
    assert outcome and not any(outcome.values()), outcome


@scenario()
def missing_key_defers_by_default(home):
    home.daemon.settings["sign.key"][0]["file"] = str(home.lab.path("keys/nowhere.pem"))
    home.start()
    reply, _ = home.submission()
    assert 400 <= reply.code < 500, reply
    assert home.daemon.events("key.unusable", domain="local.test")


@scenario()
def missing_key_passes_unsigned_when_configured(home):
    for key in home.daemon.settings["sign.key"]:
        key["file"] += ".gone"
    home.daemon.settings["sign"] = {"on_missing_key": "pass"}
    home.start()
    reply, subject = home.submission()
    assert reply.code == 250, reply
    assert not home.remote.wait_for(subject).message.all("DKIM-Signature")
    assert home.daemon.events("key.unusable", selector="ed1")


@scenario()
def world_readable_key_is_refused(home):
    key = home.our_keys[0].path
    key.chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IROTH)
    home.start()
    event = home.daemon.wait_event("key.unusable", selector="rsa1")
    assert event["file"] == str(key) and "0604" in event["reason"], event
    reply, _ = home.submission()
    assert 400 <= reply.code < 500, reply


@scenario()
def key_of_the_from_domain_is_chosen(home):
    other = home.new_key("other.test", "o1")
    home.daemon.settings["sign.key"].append(
        {"domain": "other.test", "selector": "o1", "file": str(other.path)})
    home.start()
    reply, subject = home.submission(author="Joe <joe@other.test>")
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert home.verified_signatures(message) == {("other.test", "rsa-sha256"): True}
