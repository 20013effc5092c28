# SPDX-License-Identifier: Apache-2.0
"""Mail from strangers: what it proves, what is written about it, what happens to it."""
import threading
import time

import dkim_peer
from home import AUTHSERV_ID, FRIEND, LIAR
from message import compose, new_subject
from registry import scenario
from slow_forwarder import SlowForwarder


@scenario()
def authentic_mail_passes(home):
    home.start()
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    for wanted in ("spf=pass", "dkim=pass", "dmarc=pass", "header.d=friend.test",
                   "smtp.mailfrom="):
        assert wanted in results, f"{wanted} is not in: {results}"
    decision = home.daemon.decision(direction="inbound")
    assert decision["dmarc"] == "pass" and decision["verdict"] == "accept", decision


@scenario()
def ed25519_signature_passes(home):
    key = home.new_key("friend.test", "ed1", "ed25519")
    home.start()
    subject = new_subject()
    raw = dkim_peer.sign(compose("ann@friend.test", subject=subject), key)
    reply = home.receive("ann@friend.test", "bob@local.test", raw, FRIEND)
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    assert "dkim=pass" in results and "dmarc=pass" in results, results


@scenario()
def broken_signature_fails(home):
    home.start()
    subject = new_subject()
    raw = dkim_peer.sign(compose("ann@friend.test", subject=subject), home.friend_key)
    reply = home.receive("ann@friend.test", "bob@local.test",
                         raw.replace(b"Hello.", b"Hallo."), FRIEND)
    assert reply.code == 250, reply  # SPF aligns, so DMARC passes without the signature
    results = home.our_results(home.local.wait_for(subject).message)
    assert "dkim=fail" in results and "spf=pass" in results and "dmarc=pass" in results, results


@scenario()
def forwarded_signature_carries_dmarc(home):
    """SPF breaks on the way, the signature does not: DMARC passes by DKIM alone."""
    home.start()
    reply, subject = home.friendly_mail(source=LIAR)
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    assert "spf=fail" in results and "dkim=pass" in results and "dmarc=pass" in results, results


@scenario()
def unsigned_mail_without_policy_is_delivered(home):
    home.start()
    reply, subject = home.spoof_of("plain.test")
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    for wanted in ("spf=none", "dkim=none", "dmarc=none"):
        assert wanted in results, results


@scenario()
def null_sender_is_checked_by_helo(home):
    home.start()
    subject = new_subject("bounce")
    raw = compose("mailer-daemon@client.test", subject=subject)
    reply = home.receive("", "bob@local.test", raw, FRIEND)
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    assert "spf=pass" in results and "smtp.helo=client.test" in results, results


@scenario()
def spoof_of_reject_policy_is_refused(home):
    home.start()
    reply, subject = home.spoof_of("bank.test")
    assert reply.code == 550 and "5.7.1" in reply.text and "DMARC" in reply.text, reply
    decision = home.daemon.decision(direction="inbound")
    assert decision["verdict"] == "reject" and decision["rule"] == "dmarc.reject", decision
    reply, after = home.friendly_mail()
    home.local.wait_for(after)
    assert not home.local.having(subject)


@scenario()
def spoof_of_quarantine_policy_gets_a_header(home):
    home.start()
    reply, subject = home.spoof_of("shop.test")
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert "dmarc=fail" in home.our_results(message)
    assert message.one("Milterward-Verdict").startswith("quarantine"), message.head()
    assert home.daemon.decision(direction="inbound")["verdict"] == "quarantine"
    assert not home.mta.held()


@scenario()
def spoof_of_quarantine_policy_is_held_when_configured(home):
    home.daemon.settings["inbound"]["quarantine"] = "hold"
    home.daemon.settings["dmarc"]["on_quarantine"] = "quarantine"
    home.start()
    reply, subject = home.spoof_of("shop.test")
    assert reply.code == 250, reply
    assert home.daemon.decision(direction="inbound")["verdict"] == "quarantine"
    reply, after = home.friendly_mail()
    home.local.wait_for(after)
    assert len(home.mta.held()) == 1, home.mta.held()
    assert not home.local.having(subject)


@scenario()
def spoof_of_none_policy_is_untouched(home):
    home.start()
    reply, subject = home.spoof_of("news.test")
    assert reply.code == 250, reply
    assert "dmarc=fail" in home.our_results(home.local.wait_for(subject).message)
    assert home.daemon.decision(direction="inbound")["verdict"] == "accept"


@scenario()
def monitor_mode_delivers_the_spoof_and_says_what_it_would_do(home):
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    reply, subject = home.spoof_of("bank.test")
    assert reply.code == 250, reply
    assert "dmarc=fail" in home.our_results(home.local.wait_for(subject).message)
    decision = home.daemon.decision(direction="inbound")
    assert decision["mode"] == "monitor" and "reject" in str(decision["would"]), decision


@scenario()
def spf_fail_is_refused_when_configured(home):
    """RFC 7372 section 3.2: 5.7.23."""
    home.daemon.settings["spf"] = {"on_fail": "reject"}
    home.start()
    reply, _ = home.spoof_of("news.test")
    assert reply.code == 550 and "5.7.23" in reply.text, reply


@scenario()
def libspf2_decides_as_our_own_engine(home):
    home.daemon.settings["spf"] = {"engine": "libspf2"}
    home.start()
    for source, wanted in ((FRIEND, "spf=pass"), (LIAR, "spf=fail")):
        reply, subject = home.friendly_mail(source=source)
        assert reply.code == 250, reply
        results = home.our_results(home.local.wait_for(subject).message)
        assert wanted in results and "dmarc=pass" in results, results


FORGED = (
    f"{AUTHSERV_ID}; dkim=pass header.d=bank.test",
    f"{AUTHSERV_ID.upper()}; spf=pass",
    f"  {AUTHSERV_ID}  ; dmarc=pass",
    f"(comment) {AUTHSERV_ID} (another) 1; dkim=pass",
    f"\"{AUTHSERV_ID}\"; dkim=pass",
    f"{AUTHSERV_ID} 1; none",
    f"\r\n {AUTHSERV_ID};\r\n dkim=pass",
    "\"mx\\.test\"; dkim=pass",
    "mx.(hidden)test; dkim=pass",
    f"(a (nested; comment)) {AUTHSERV_ID}.; dkim=pass",
    f"; {AUTHSERV_ID}; dkim=pass",
    "=?utf-8?q?mx=2Etest?=; dkim=pass",
    f"\0{AUTHSERV_ID}\0; dkim=pass",
    "\N{NO-BREAK SPACE}mx.test\N{NO-BREAK SPACE}; dkim=pass",
    "m\N{SOFT HYPHEN}x.test; dkim=pass",
    "mx2.test; dkim=pass",  # of another host of ours
)
FOREIGN = ("mx.friend.test; dkim=pass header.d=friend.test", f"not{AUTHSERV_ID}; spf=pass",
           f"{AUTHSERV_ID}.friend.test; spf=pass",
           f"mx.friend.test; iprev=pass policy.iprev={AUTHSERV_ID}")
NAMES = ("Authentication-Results", "authentication-results", "AUTHENTICATION-RESULTS",
         "Authentication-Results ")


@scenario()
def forged_results_are_removed(home):
    """Each forged one between others, that all may be numbered anew by each removal."""
    home.daemon.settings["authres"]["also_remove"] = ["mx2.test"]
    home.start()
    values = [value for forged in FORGED
              for value in (f"mx.other.test; spf=pass smtp.mailfrom=a{FORGED.index(forged)}.test",
                            forged, forged)] + list(FOREIGN)
    lines = [f"{NAMES[at % len(NAMES)]}: {value}\r\n" for at, value in enumerate(values)]
    lines += ["Milterward-Verdict: accept; rule=forged\r\n",
              "milterward-verdict : accept; rule=forged\r\n"]
    subject = new_subject("forged")
    signed = dkim_peer.sign(compose("ann@friend.test", subject=subject), home.friend_key)
    reply = home.receive("ann@friend.test", "bob@local.test", "".join(lines).encode() + signed)
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    results = home.our_results(message)
    assert "dmarc=pass" in results and "bank.test" not in results, results
    foreign = [value for value in values if value not in FORGED]
    # Postfix cuts a field at its NUL before anybody sees it.
    left = [value for value in message.all("Authentication-Results") if value]
    assert left == [results] + foreign, message.head()
    assert not message.all("Milterward-Verdict"), message.head()


@scenario()
def results_of_a_gateway_stay_on_its_mail(home):
    home.daemon.settings["relay"]["upstream"] = [f"{FRIEND}/32"]
    home.daemon.settings["authres"]["keep_from_upstream"] = ["gateway.test"]
    home.start()
    kept, forged = "gateway.test; spf=pass smtp.mailfrom=a.test", f"{AUTHSERV_ID}; spf=pass"
    headers = [("Authentication-Results", value) for value in (kept, forged, kept, forged)]
    for source, left in ((FRIEND, [kept, kept]), (LIAR, [])):
        reply, subject = home.friendly_mail(headers=headers, source=source)
        assert reply.code == 250, reply
        message = home.local.wait_for(subject).message
        assert message.all("Authentication-Results") == [home.our_results(message)] + left, (
            message.head())


@scenario()
def who_logged_in_is_told_on_request(home):
    home.daemon.settings["authres"]["show_login"] = True
    home.start()
    reply, subject = home.submission(headers=[("Authentication-Results", FORGED[0])])
    assert reply.code == 250, reply
    results = home.our_results(home.remote.wait_for(subject).message)
    login = home.mta.login_of("joe")
    assert results.split(";")[1].strip() == f"auth=pass smtp.auth={login}", results


@scenario()
def forged_results_are_removed_from_submissions(home):
    home.daemon.settings["authres"]["also_remove"] = ["mx2.test"]
    home.start()
    headers = [("Authentication-Results", value) for value in FORGED]
    reply, subject = home.submission(headers=headers)
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    for value in message.all("Authentication-Results"):
        assert "=pass" not in value or "auth=pass" in value, message.head()


@scenario()
def forged_results_are_removed_from_local_mail(home):
    home.start()
    subject = new_subject("local")
    raw = compose("joe@local.test", "ann@friend.test", subject,
                  [("Authentication-Results", FORGED[0])])
    home.mta.submit_locally("joe@local.test", ["ann@friend.test"], raw)
    message = home.remote.wait_for(subject).message
    assert FORGED[0] not in message.all("Authentication-Results"), message.head()


@scenario()
def several_authors_are_refused(home):
    """DMARC cannot judge a message with two From fields; RFC 5322 section 3.6 forbids it."""
    home.start()
    raw = b"From: ann@friend.test\r\n" + compose("boss@bank.test")
    reply = home.receive("ann@friend.test", "bob@local.test", raw)
    assert reply.code == 550, reply
    assert home.daemon.decision(direction="inbound")["verdict"] == "reject"


@scenario("postfix")
def utf8_author_is_judged_by_the_policy_of_its_a_label(home):
    home.dns.add("xn--bcher-kva.test. 60 A 192.0.2.1")
    home.dns.add_txt("_dmarc.xn--bcher-kva.test", "v=DMARC1; p=reject")
    home.start()
    author = "boss@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.test"
    with home.client(LIAR) as client:
        reply = client.send(author, ["bob@local.test"], compose(author), " SMTPUTF8")
    assert reply.code == 550 and "DMARC" in reply.text, reply


@scenario("postfix")
def internationalized_mail_passes(home):
    """UTF-8 local parts and U-labels in envelope and header; SPF, DKIM and DMARC go by the
    A-labels (RFC 8616)."""
    home.dns.add("xn--bcher-kva.test. 60 A 192.0.2.1")
    home.dns.add_txt("xn--bcher-kva.test", f"v=spf1 ip4:{FRIEND} -all")
    home.dns.add_txt("_dmarc.xn--bcher-kva.test", "v=DMARC1; p=reject")
    key = home.new_key("xn--bcher-kva.test", "s1")
    home.daemon.settings["spf"] = {"received_spf": True}
    home.start()
    local_part = "j\N{LATIN SMALL LETTER O WITH DIAERESIS}rg"
    author = local_part + "@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.test"
    reader = "k\N{LATIN SMALL LETTER A WITH DIAERESIS}the@local.test"
    subject = new_subject("eai")
    raw = dkim_peer.sign(compose(author, reader, subject), key)
    with home.client(FRIEND) as client:
        reply = client.send(author, [reader], raw, " SMTPUTF8")
    assert reply.code == 250, reply
    delivery = home.local.wait_for(subject)
    assert delivery.recipients == [reader], delivery.recipients
    results = home.our_results(delivery.message)
    for wanted in ("spf=pass smtp.mailfrom=xn--bcher-kva.test", "dkim=pass", "dmarc=pass",
                   "header.from=xn--bcher-kva.test"):
        assert wanted in results, results
    received = delivery.message.all("Received-SPF")[0]
    assert f'envelope-from="{local_part}@xn--bcher-kva.test"' in received, received
    decision = home.daemon.decision(direction="inbound")
    assert decision["mail_from"] == author and decision["recipients"] == reader, decision


@scenario()
def several_messages_of_one_connection_are_judged_alone(home):
    """State of one message must not reach the next."""
    home.start()
    signed = dkim_peer.sign(compose("ann@friend.test", subject=new_subject()), home.friend_key)
    spoof = compose("boss@bank.test", subject=new_subject())
    with home.client(FRIEND) as client:
        for sender, raw, code in (("ann@friend.test", signed, 250), ("boss@bank.test", spoof, 550),
                                  ("ann@friend.test", signed.replace(b"Hello", b"Hello"), 250),
                                  ("boss@bank.test", spoof, 550)):
            reply = client.send(sender, ["bob@local.test"], raw)
            assert reply.code == code, f"{sender}: {reply}"


@scenario()
def silent_dns_defers_when_configured(home):
    _forget_dns(home, "defer")
    reply, _ = home.friendly_mail()
    assert 400 <= reply.code < 500, reply


@scenario()
def silent_dns_passes_by_default(home):
    _forget_dns(home, None)
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    results = home.our_results(home.local.wait_for(subject).message)
    for wanted in ("spf=temperror", "dkim=temperror", "dmarc=temperror"):
        assert wanted in results, results


@scenario()
def dns_outage_never_refuses_for_good(home):
    """A spoof cannot be known as one while DNS is silent: no 5xx on an unfinished check."""
    _forget_dns(home, None)
    reply, _ = home.spoof_of("bank.test")
    assert reply.code == 250 or 400 <= reply.code < 500, reply
    assert home.daemon.decision(direction="inbound")["dmarc"] == "temperror"


@scenario()
def dns_recovers_within_seconds(home):
    _forget_dns(home, None)
    home.friendly_mail()
    home.dns.resume()
    for _ in range(20):
        reply, subject = home.friendly_mail()
        results = home.our_results(home.local.wait_for(subject).message)
        if "dmarc=pass" in results:
            return
    raise AssertionError(f"still no answers: {results}")


@scenario()
def slow_dns_of_many_delays_none_of_them_twice(home):
    """Forty strangers at once, every answer half a second away: together, not one after another.
    Further away, a busy machine comes too close to the 1.5 s the resolver listens for."""
    slow = SlowForwarder(home.lab, home.dns.port, delay=0.5)
    home.daemon.settings["dns"]["servers"] = [slow.address]
    home.start()
    clients = [home.client(FRIEND) for _ in range(40)]
    replies, began = [], time.monotonic()

    def send_on(client):
        raw = dkim_peer.sign(compose("ann@friend.test"), home.friend_key)
        replies.append(client.send("ann@friend.test", ["bob@local.test"], raw))
    threads = [threading.Thread(target=send_on, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    assert [reply.code for reply in replies] == [250] * 40, [str(reply) for reply in replies]
    assert took < 10, f"{took:.1f} s"
    assert len(home.daemon.events("message.decided", dmarc="pass")) == 40


def _forget_dns(home, action):
    home.daemon.settings["dns"].update(timeout="1s", message_deadline="3s")
    if action:
        home.daemon.settings["spf"] = {"on_temperror": action, "on_helo_temperror": action}
        home.daemon.settings["dkim"] = {"on_temperror": action}
        home.daemon.settings["dmarc"]["on_temperror"] = action
    home.start()
    home.dns.pause()


@scenario()
def header_of_ten_thousand_fields_is_refused_at_once(home):
    """Forged fields cost Postfix a search each; Sendmail's own limit answers alike."""
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    raw = compose("boss@plain.test", "bob@local.test", new_subject("endless"),
                  [("Milterward-Trace", "x")] * 10000)
    reply = home.receive("boss@plain.test", "bob@local.test", raw, LIAR)
    assert reply.code == 552, reply
