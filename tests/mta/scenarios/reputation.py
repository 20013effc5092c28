# SPDX-License-Identifier: Apache-2.0
"""What lists in DNS say of clients, with real zones behind a real name server.
127.0.0.6 is listed by zen.test and bad.test; 127.0.0.5 is allowed by good.test."""
from home import FRIEND, LIAR
from message import compose, new_subject
from registry import scenario
from waiting import NotInTime, wait_until


def _start(home, *records, **dnsbl):
    home.daemon.settings["dnsbl"] = {"on_badly_listed": "reject", **dnsbl}
    home.daemon.settings["dnsbl.list"] = [
        {"zone": "zen.test"}, {"zone": "key.bad.test", "name": "bad.test", "weight": 2},
        {"zone": "good.test", "kind": "allow", "codes": ["127.0.*.1-3"], "weight": 2}]
    home.dns.add("5.0.0.127.good.test. 60 A 127.0.9.3",
                 *(records or ("6.0.0.127.zen.test. 60 A 127.0.0.4",
                               "6.0.0.127.key.bad.test. 60 A 127.0.0.2")))
    home.start()


def _mail(home, source):
    subject = new_subject("reputation")
    raw = compose("someone@plain.test", subject=subject)
    return home.receive("someone@plain.test", "bob@local.test", raw, source), subject


@scenario()
def badly_listed_client_is_refused(home):
    _start(home)
    reply, _ = _mail(home, LIAR)
    assert reply.code in (550, 554) and "5.7.1" in reply.text, reply
    assert "Client [127.0.0.6] is listed by zen.test, bad.test" in reply.text, reply
    decision = home.daemon.decision(direction="inbound")
    assert decision["rule"] == "dnsbl.badly_listed", decision
    assert decision["lists"] == "zen.test:127.0.0.4,bad.test:127.0.0.2", decision
    assert "key." not in home.daemon.said()


@scenario()
def listed_client_is_marked(home):
    _start(home, "6.0.0.127.zen.test. 60 A 127.0.0.4")
    reply, subject = _mail(home, LIAR)
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert "dnsbl.listed" in message.one("Milterward-Verdict"), message.head()
    assert "dnswl=none dns.zone=good.test" in " ".join(home.our_results(message).split())


@scenario()
def allowed_client_is_named_in_results(home):
    _start(home)
    reply, subject = _mail(home, FRIEND)
    assert reply.code == 250, reply
    results = " ".join(home.our_results(home.local.wait_for(subject).message).split())
    assert "dnswl=pass dns.zone=good.test policy.ip=127.0.9.3 dns.sec=na" in results, results


@scenario()
def error_codes_and_listing_the_world_list_nobody(home):
    _start(home, "6.0.0.127.zen.test. 60 A 127.255.255.254", "*.key.bad.test. 60 A 127.0.0.2")
    reply, subject = _mail(home, LIAR)
    assert reply.code == 250, reply
    assert not home.local.wait_for(subject).message.all("Milterward-Verdict")
    assert home.daemon.wait_event("dnsbl.list_unusable", list="zen.test")["reason"] == "refused"
    assert home.daemon.wait_event(
        "dnsbl.list_unusable", list="bad.test")["reason"] == "unbelievable"


@scenario()
def silent_lists_hold_up_no_mail_for_long(home):
    """All of DNS is silent: no 5xx, and the message waits no longer than dns.message_deadline."""
    home.daemon.settings["dns"].update(timeout="1s", message_deadline="2s")
    _start(home, timeout="500ms")
    home.dns.pause()
    reply, subject = _mail(home, LIAR)
    home.dns.resume()
    assert reply.code == 250, reply
    home.local.wait_for(subject)
    decision = home.daemon.decision(direction="inbound")
    assert decision["lists"] == "zen.test:unanswered,bad.test:unanswered,good.test:unanswered"
    for _ in range(20):
        reply, _ = _mail(home, LIAR)
        if reply.code in (550, 554):
            break
    assert "is listed by zen.test, bad.test" in reply.text, reply


@scenario()
def a_login_from_a_listed_address_is_served(home):
    _start(home)
    reply, subject = home.submission()
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert "dnswl" not in message.head()
    assert "listed" not in message.head()


@scenario()
def a_listing_lets_dmarc_refuse(home):
    """p=reject alone is no refusal (RFC 9989 section 7.4); a listing is the second finding."""
    home.dns.add("6.0.0.127.in-addr.arpa. 60 PTR liar.test.", "liar.test. 60 A 127.0.0.6")
    home.dns.add_txt("soft.test", "v=spf1 ~all")
    home.dns.add_txt("_dmarc.soft.test", "v=DMARC1; p=reject")
    _start(home, "6.0.0.127.zen.test. 60 A 127.0.0.4")
    reply, _ = home.spoof_of("soft.test")
    assert reply.code in (550, 554) and "DMARC" in reply.text, reply
    decision = home.daemon.decision(direction="inbound")
    assert decision["because"] == "the client is on a blocklist", decision


@scenario()
def helo_name_of_ours_is_refused(home):
    home.daemon.settings["helo"] = {"on_ours": "reject", "on_not_qualified": "tag"}
    home.start()
    raw = compose("someone@plain.test")
    reply = home.receive("someone@plain.test", "bob@local.test", raw, LIAR, helo="mx.test")
    assert reply.code in (550, 554) and "HELO is ours" in reply.text, reply
    reply = home.receive("someone@plain.test", "bob@local.test", raw, LIAR, helo="localhost")
    assert reply.code == 250, reply
    assert home.daemon.decision(rule="helo.not_qualified")["verdict"] == "tag"


def _look_again(home, event, **fields):
    """The event of a look that finds what DNS says now; names and listings live a second."""
    for _ in range(10):
        home.daemon.reload()
        try:
            return home.daemon.wait_event(event, 1.5, **fields)
        except NotInTime:
            pass
    raise AssertionError(f"no {event} {fields}; the log:\n{home.daemon.said()}")


@scenario()
def our_own_address_is_watched(home):
    """It is listed when the daemon starts, then delisted, while its name breaks; a hook hears of both."""
    hook, heard = home.state / "hook", home.state / "heard"
    hook.write_text("#!/bin/sh\necho $MILTERWARD_ACTION $MILTERWARD_ADDRESS $MILTERWARD_LIST "
                    f"$MILTERWARD_CODES >> {heard}\n")
    hook.chmod(0o755)
    home.daemon.settings["preflight"] = {"egress": ["192.0.2.10"], "watch_hook": str(hook),
                                         "watch_state": str(home.state / "egress")}
    listing = "10.2.0.192.key.bad.test. 1 A 127.0.0.2"
    name = "10.2.0.192.in-addr.arpa. 1 PTR out.test."
    home.dns.add(name, "out.test. 1 A 192.0.2.10")
    _start(home, listing)
    listed = home.daemon.wait_event("egress.listed", address="192.0.2.10", list="bad.test")
    assert listed["codes"] == "127.0.0.2", listed
    wait_until(lambda: heard.exists() and heard.read_text() == "listed 192.0.2.10 bad.test 127.0.0.2\n",
               lambda: f"a call of the hook; the log:\n{home.daemon.said()}")
    home.dns.stop()
    home.dns.records.remove(listing)
    home.dns.records.remove(name)
    home.dns.start()
    _look_again(home, "egress.delisted", address="192.0.2.10", list="bad.test")
    _look_again(home, "egress.name_broken", reason="there is no PTR record")
    wait_until(lambda: heard.read_text().splitlines()[1:] == ["delisted 192.0.2.10 bad.test"],
               lambda: f"a call of the hook; it heard {heard.read_text()}")
    assert len(home.daemon.events("egress.listed")) == 1
    reply, subject = home.submission()
    assert reply.code == 250, reply
    home.remote.wait_for(subject)
    assert "key." not in home.daemon.said()
