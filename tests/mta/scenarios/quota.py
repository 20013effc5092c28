# SPDX-License-Identifier: Apache-2.0
"""Quotas as users and postmasters meet them: what the reply says, and what counts."""
from client import connect, send
from home import LIAR
from message import compose, new_subject
from registry import scenario
from waiting import wait_until


def _limit(home, limits, at_limit="reject"):
    home.daemon.settings["store"] = {"url": f"sqlite:{home.state}/state.db"}
    home.daemon.settings["quota"] = {"mode": "enforce", "default_class": "standard"}
    home.daemon.settings["quota.class"] = [
        {"name": "standard", "limits": limits, "at_limit": at_limit}]


@scenario()
def quota_reached_names_rule_used_limit_and_reset(home):
    _limit(home, ["messages=2/day"])
    home.start()
    login = home.mta.login_of("joe")
    for _ in range(2):
        reply, subject = home.submission()
        assert reply.code == 250, reply
        home.remote.wait_for(subject)
    assert home.daemon.wait_event("quota.warning")["subject"] == login
    reply, _ = home.submission()
    assert reply.code == 550 and "5.7.28" in reply.text, reply
    for part in ("quota.account.messages_per_day", login, "2 of 2 messages/day", "00:00:00 UTC"):
        assert part in reply.text, f"{part}: {reply}"
    home.daemon.kill()
    home.daemon.start()
    reply, _ = home.submission()
    assert reply.code == 550, reply


@scenario()
def quota_counts_what_was_accepted_only(home):
    """RSET, a client that hangs up and a recipient the MTA refuses give their places back."""
    _limit(home, ["messages=1/day", "recipients=2/day"])
    home.start()
    with connect(home.mta.submission_port, LIAR) as client:
        assert client.login("joe", "secret").accepted
        for _ in range(2):
            client.need("MAIL FROM:<joe@local.test>")
            client.need("RCPT TO:<ann@friend.test>")
            client.need("RCPT TO:<eve@friend.test>")
            client.need("RSET")
        client.need("MAIL FROM:<joe@local.test>")
        client.need("RCPT TO:<ann@friend.test>")
        client.need("DATA")
    with connect(home.mta.submission_port, LIAR) as client:
        assert client.login("joe", "secret").accepted

        def has_room():  # once the filter has heard that the other connection is gone
            client.need("RSET")
            client.need("MAIL FROM:<joe@local.test>")
            return client.command("RCPT TO:<ann@friend.test>").accepted

        wait_until(has_room, "room for the message that was not sent")
        client.need("RCPT TO:<eve@friend.test>")
        reply = client.command("RCPT TO:<third@friend.test>")
        assert reply.code == 550 and "2 of 2 recipients/day" in reply.text, reply
        client.need("DATA")
        subject = new_subject("two")
        assert client.content(compose("joe@local.test", subject=subject)).code == 250
    assert sorted(home.remote.wait_for(subject).recipients) == [
        "ann@friend.test", "eve@friend.test"]


@scenario()
def mail_past_the_quota_can_be_held_and_is_signed(home):
    _limit(home, ["messages=1/day"], at_limit="hold")
    home.start()
    reply, subject = home.submission()
    assert reply.code == 250, reply
    home.remote.wait_for(subject)
    reply, subject = home.submission()
    assert reply.code == 250, reply
    decision = home.daemon.decision(verdict="quarantine")
    assert decision["rule"] == "quota.account.messages_per_day" and decision["signed"], decision
    assert len(home.mta.held()) == 1, home.mta.held()
    assert not home.remote.having(subject)


@scenario()
def quota_does_not_touch_mail_of_others(home):
    """The account is full; strangers' mail and the trusted network's pass."""
    _limit(home, ["messages=0/day"])
    home.start()
    reply, _ = home.submission()
    assert reply.code == 550, reply
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    home.local.wait_for(subject)
    subject = new_subject("trusted")
    reply = send(home.mta.port, "joe@local.test", ["ann@friend.test"],
                 compose("joe@local.test", "ann@friend.test", subject), "127.0.0.1")
    assert reply.code == 250, reply
    home.remote.wait_for(subject)


@scenario(only="postfix")
def what_postfix_returns_freezes_the_ladder_and_is_never_refused(home):
    """Its notices pass the filter with internal_mail_filter_classes; each counts once."""
    _limit(home, ["messages=100/day"])
    home.daemon.settings["quota.class"][0]["warm_up"] = True
    home.daemon.settings["quota.client"] = [
        {"networks": ["127.0.0.1/32"], "limits": ["messages=0/day"]}]
    home.daemon.settings["warmup"] = {"store_days": 0}
    home.daemon.settings["control"] = {"socket": f"{home.state}/control.sock"}
    home.mta.settings["internal_mail_filter_classes"] = "bounce"
    home.remote.refuses.add("nobody@friend.test")
    home.start()
    login = home.mta.login_of("joe")
    for number in range(1, 5):
        reply, _ = home.submission(to="nobody@friend.test")
        assert reply.code == 250, reply
        wait_until(lambda: len(home.daemon.events("account.trouble")) == number,
                   f"notice {number} to be counted")
    wait_until(lambda: len(home.local.all()) == 4, "the notices at joe's")
    for notice in home.local.all():
        assert notice.mail_from == "", notice.mail_from
        assert home.verified_signatures(notice.message) == {
            ("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}, (
                notice.message.head())
    ladder = home.daemon.account("show", login)["ladder"]
    assert ladder["frozen"] and ladder["bounced"] == 4, ladder
