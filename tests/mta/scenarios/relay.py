# SPDX-License-Identifier: Apache-2.0
"""Relay control while both MTAs are configured as open relays: all strangers' attempts of the
battery fail, nothing foreign leaves the house, and nothing that must be taken is refused."""
import battery
from home import FRIEND, LIAR
from message import compose, new_subject
from registry import scenario
from waiting import wait_until


def _start_open(home):
    home.mta.is_open = True
    home.start()


def _attempt(client, sender, recipient):
    """The reply that ends one attempt: to MAIL where that is refused, else to RCPT."""
    client.need("RSET")
    reply = client.command(f"MAIL FROM:{sender}")
    return reply if not reply.accepted else client.command(f"RCPT TO:{recipient}")


def _layer(reply, decided):
    if reply.accepted:
        return "local"
    return "filter" if decided else "mta"


@scenario()
def relay_battery_is_refused(home):
    _start_open(home)
    faults = []
    with home.client(LIAR) as client:
        for case, sender, recipient, wanted in battery.relay_attempts(home.mta.name):
            before = len(_refusals(home))
            reply = _attempt(client, sender, recipient)
            layer = _layer(reply, len(_refusals(home)) > before)
            fine = layer == wanted and (layer == "local" or reply.code // 100 == 5) and (
                layer != "filter" or (reply.code == 550 and "5.7.1" in reply.text))
            if reply.accepted and layer == wanted:
                fine = _stays_here(home, client, case)
            if not fine:
                faults.append(f"{case}: {recipient}: {layer}, wanted {wanted}: {reply}")
    assert not faults, "\n" + "\n".join(faults)
    assert not home.remote.all(), [str(delivery.recipients) for delivery in home.remote.all()]


def _refusals(home):
    return [event for event in home.daemon.events("recipient.decided")
            if event["rule"].startswith("relay.")]


def _stays_here(home, client, case):
    subject = new_subject("battery")
    assert client.need("DATA").code == 354
    reply = client.content(compose("a@plain.test", subject=subject))
    return not reply.accepted or bool(home.local.wait_for(subject))


@scenario()
def relay_battery_would_pass_without_the_filter(home):
    """What the battery credits to the filter is really its work: the same MTA takes it alone."""
    home.mta.milter = ""
    home.mta.is_open = True
    home.dns.start()
    home.mta.start()
    faults = []
    with home.client(LIAR) as client:
        for case, sender, recipient, layer in battery.relay_attempts(home.mta.name):
            reply = _attempt(client, sender, recipient)
            if reply.accepted == (layer == "mta"):
                faults.append(f"{case}: {recipient}: credited to {layer}, but alone: {reply}")
    assert not faults, "\n" + "\n".join(faults)


@scenario()
def login_may_relay_what_strangers_may_not(home):
    """With a login the relay rule is out of the question; what remains is the MTA's syntax."""
    _start_open(home)
    with home.client(LIAR) as client:
        assert client.login("joe", "secret").accepted
        for case, sender, recipient, _ in battery.relay_attempts(home.mta.name):
            _attempt(client, sender, recipient)
    assert not _refusals(home), _refusals(home)


@scenario()
def addresses_that_must_be_taken_are_taken(home):
    home.daemon.settings["relay"]["domains"] = [
        "local.test", "backup.test", ".local.test", "alias.test"]
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.mta.our_subdomains = ["xn--mnchen-3ya.local.test", "deep.under.local.test"]
    if home.mta.has_smtputf8:
        home.mta.our_subdomains.append("m\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen.local.test")
    home.start()
    rows = list(battery.must_accept(home.mta.name))
    assert len(rows) >= 30
    faults, sent = [], []
    with home.client(FRIEND) as client:
        for case, sender, recipient in rows:
            subject = new_subject("must-accept")
            reply = _attempt(client, sender, recipient)
            if reply.accepted:
                assert client.need("DATA").code == 354
                reply = client.content(compose("ann@friend.test", subject=subject))
            if reply.accepted:
                sent.append((case, subject))
            else:
                faults.append(f"{case}: {sender} {recipient}: {reply}")
    assert not faults, "\n" + "\n".join(faults)
    for case, subject in sent:
        wait_until(lambda: home.local.having(subject) or home.remote.having(subject), case)


@scenario()
def ipv6_stranger_is_a_stranger(home):
    """A stranger by IPv6: our recipients yes, relaying no."""
    if not home.mta.has_xclient:
        home.daemon.settings["relay"]["trusted_networks"] = ["127.0.0.1/32"]  # ::1 is none of us
    _start_open(home)
    with home.client(None, host="::1") if not home.mta.has_xclient else home.client() as client:
        if home.mta.has_xclient:
            client.xclient(ADDR="IPV6:2001:db8::5", NAME="[UNAVAILABLE]")
        client.need("MAIL FROM:<ann@friend.test>")
        client.need("RCPT TO:<bob@local.test>")
        assert client.command("RCPT TO:<u@out.test>").code == 550


@scenario()
def refusal_of_one_recipient_keeps_the_others(home):
    _start_open(home)
    subject = new_subject()
    with home.client(FRIEND) as client:
        client.need("MAIL FROM:<ann@friend.test>")
        client.need("RCPT TO:<bob@local.test>")
        assert client.command("RCPT TO:<u@out.test>").code == 550
        client.need("RCPT TO:<carl@local.test>")
        client.need("DATA")
        reply = client.content(compose("ann@friend.test", subject=subject))
        assert reply.code == 250, reply
    delivered = wait_until(lambda: _recipients_of(home, subject, 2), "both recipients")
    assert sorted(name.split("@")[0] for name in delivered) == ["bob", "carl"], delivered
    assert not home.remote.all()


def _recipients_of(home, subject, count):
    names = [name for delivery in home.local.having(subject) for name in delivery.recipients]
    return names if len(names) == count else None


@scenario()
def nothing_before_opens_the_door(home):
    """RSET, pipelining, a failed login, AUTH= on MAIL, HELO names: none makes a stranger ours."""
    _start_open(home)
    attempt = "RCPT TO:<u@out.test>"
    with home.client(LIAR, helo="localhost") as client:
        client.need("MAIL FROM:<a@plain.test>")
        client.need("RCPT TO:<bob@local.test>")
        client.need("RSET")
        client.need("MAIL FROM:<a@plain.test>")
        assert client.command(attempt).code == 550, "after RSET"
        client.need("RSET")
        assert client.login("joe", "wrong").code == 535
        client.need("MAIL FROM:<joe@local.test>")
        assert client.command(attempt).code == 550, "after a failed login"
        client.need("RSET")
        client.command("MAIL FROM:<joe@local.test> AUTH=joe@local.test")
        assert client.command(attempt).code in (503, 550), "with AUTH= on MAIL"
        client.need("RSET")
        for line in ("MAIL FROM:<broken", attempt, "MAIL FROM:<a@plain.test>", attempt):
            client.say(line)
        replies = [client.reply() for _ in range(4)]
        assert not replies[1].accepted and replies[3].code == 550, list(map(str, replies))
    for helo in ("local.test", "[127.0.0.1]", "mx.test", "127.0.0.1"):
        with home.client(LIAR, helo=helo) as client:
            client.need("MAIL FROM:<a@plain.test>")
            assert client.command(attempt).code == 550, helo


@scenario()
def proxy_words_from_a_stranger_change_nothing(home):
    _start_open(home)
    for line in ("XCLIENT ADDR=127.0.0.1 LOGIN=joe", "XFORWARD ADDR=127.0.0.1 NAME=localhost",
                 "PROXY TCP4 127.0.0.1 127.0.0.1 1 25"):
        with home.client("127.0.0.9", helo=None) as client:
            client.command("EHLO liar.test")
            if not (line.startswith("XCLIENT") and home.mta.has_xclient):
                client.command(line)
            client.command("EHLO liar.test")
            client.need("MAIL FROM:<a@plain.test>")
            assert client.command("RCPT TO:<u@out.test>").code == 550, line


@scenario("postfix")
def login_does_not_outlive_its_client(home):
    """XCLIENT makes a new client on the same milter connection: login and address are new too."""
    _start_open(home)
    with home.client(FRIEND) as client:
        client.xclient(ADDR="127.0.0.20", NAME="[UNAVAILABLE]", LOGIN="joe@mx.test")
        client.need("MAIL FROM:<joe@local.test>")
        client.need("RCPT TO:<u@out.test>")
        client.need("RSET")
        client.xclient(ADDR="127.0.0.21", NAME="[UNAVAILABLE]", LOGIN="[UNAVAILABLE]")
        client.need("MAIL FROM:<joe@local.test>")
        assert client.command("RCPT TO:<u@out.test>").code == 550


@scenario()
def bare_line_feeds_smuggle_no_second_message(home):
    _start_open(home)
    subject = new_subject("outer")
    inner = ("Hi.\n.\nMAIL FROM:<a@plain.test>\nRCPT TO:<u@out.test>\nDATA\n"
             "Subject: inner\n\nsmuggled\n.\n")
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<a@plain.test>")
        client.need("RCPT TO:<bob@local.test>")
        client.need("DATA")
        try:
            client.content(compose("a@plain.test", subject=subject, body=inner))
            client.command("NOOP")
        except ConnectionError:
            pass  # Sendmail hangs up at a bare line feed
    assert not home.remote.all()
    assert not home.local.having("inner")


@scenario("postfix")
def recipients_the_mta_refuses_are_told_and_counted(home):
    """Only Postfix shows them to a filter."""
    home.start()
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<a@plain.test>")
        for number in (1, 2):
            assert client.command(f"RCPT TO:<u{number}@out.test>").code == 554
    event = home.daemon.wait_event("recipient.refused_by_mta", count=2)
    assert event["recipient"] == "u2@out.test" and event["client"] == LIAR, event
    assert event["status"] == "5.7.1" and "Relay access denied" in event["text"], event


@scenario()
def monitor_mode_leaves_the_decision_to_the_mta(home):
    home.daemon.settings["relay"]["mode"] = "monitor"
    _start_open(home)
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<a@plain.test>")
        client.need("RCPT TO:<u@out.test>")
    event = home.daemon.wait_event("recipient.decided", recipient="u@out.test")
    assert "reject" in str(event["would"]), event


@scenario()
def without_a_list_of_domains_strangers_wait(home):
    """What the MTA delivers here is taken; anything else is in doubt, never relayed."""
    home.daemon.settings["relay"]["domains"] = []
    _start_open(home)
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    _assert_doubtful(home, "u@out.test")


@scenario()
def recipient_the_list_and_the_mta_disagree_about_waits(home):
    home.mta.our_subdomains = ["forgotten.test"]
    _start_open(home)
    _assert_doubtful(home, "bob@forgotten.test")


def _assert_doubtful(home, recipient):
    with home.client(LIAR) as client:
        client.need("MAIL FROM:<a@plain.test>")
        reply = client.command(f"RCPT TO:<{recipient}>")
    assert reply.code == 451 and "4.7.1" in reply.text, reply
    assert recipient in home.daemon.wait_event("relay.doubtful")["recipient"]


@scenario()
def upstream_hosts_hand_us_strangers_mail(home):
    """A front gateway of ours: inbound, never a submission, and SPF not for its own address."""
    gateway = "127.0.0.7"
    home.daemon.settings["relay"]["upstream"] = [f"{gateway}/32"]
    _start_open(home)
    received = (f"from client.test (client.test [{FRIEND}])\r\n"
                "\tby gateway.test with ESMTP id 1; Mon, 1 Jan 2024 00:00:00 +0000")
    reply, subject = home.friendly_mail(source=gateway, headers=[("Received", received)])
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    assert "spf=fail" not in results and "dkim=pass" in results and "dmarc=pass" in results, results
    with home.client(gateway) as client:
        client.need("MAIL FROM:<ann@friend.test>")
        assert client.command("RCPT TO:<u@out.test>").code == 550
