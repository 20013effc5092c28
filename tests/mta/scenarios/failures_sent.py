# SPDX-License-Identifier: Apache-2.0
"""DMARC failure reports (RFC 9991) from a message that failed to the mail that tells of it: made
by the real daemon, handed to the real mail server, signed on the way, read by Python."""
import email
import email.policy

import dkim_peer
from home import FRIEND, LIAR
from message import compose
from registry import scenario
from report_files import end_and_send, end_the_period, killing_server, query, reports_of, run_report
from waiting import wait_until

# Who asks, for what and where. bank.test is spoofed, friend.test fails SPF alone, client.test
# DKIM alone, shop.test has agreed with taker.test, news.test names somebody who has not agreed.
WANTED = {"bank.test": "p=reject; ruf=mailto:f@bank.test!10m",
          "friend.test": "p=reject; fo=s; ruf=mailto:f@friend.test",
          "client.test": "p=none; fo=0:d; ruf=mailto:f@client.test",
          "shop.test": "p=none; ruf=mailto:in@taker.test",
          "news.test": "p=none; ruf=mailto:you@victim.test"}
BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


def _home_that_tells(home, smtp_port, **settings):
    home.dns.records = [record for record in home.dns.records
                        if not any(record.startswith(f"_dmarc.{domain}.") for domain in WANTED)]
    for domain, tags in WANTED.items():
        home.dns.add_txt(f"_dmarc.{domain}", f"v=DMARC1; {tags}")
    home.dns.add_txt("shop.test._report._dmarc.taker.test", "v=DMARC1")
    home.daemon.settings["report"] = {
        "failure": "asked", "from": "dmarc@local.test", "smtp": f"127.0.0.1:{smtp_port}",
        "file": str(home.state / "reports.db"), **settings}
    home.client_key = home.new_key("client.test", "s1")
    home.start()


def _wait_for_failures(home, count):
    path = home.state / "reports.db"
    wait_until(lambda: query(path, "SELECT total(count) FROM counted")[0][0] == count,
               lambda: query(path, "SELECT domain, policy, count FROM counted JOIN open ON "
                             "open = number"), 30)


def _broken_on_the_way(home):
    """Its body is another one than was signed; it comes from where it should."""
    raw = dkim_peer.sign(compose("ann@client.test", headers=[("X-Note", "private")]),
                         home.client_key).replace(b"Hello.", b"Hallo.")
    return home.receive("ann@client.test", "bob@local.test", raw, FRIEND)


def _read(delivery):
    """(fields of the report, header of the message) by Python's own parser."""
    mail = email.message_from_bytes(delivery.message.raw, policy=email.policy.default)
    assert not mail.defects, mail.defects
    assert mail.get_content_type() == "multipart/report", mail["Content-Type"]
    assert mail["Content-Type"].params["report-type"] == "feedback-report", mail["Content-Type"]
    text, report, header = mail.iter_parts()
    assert [part.get_content_type() for part in (text, report, header)] == [
        "text/plain", "message/feedback-report", "text/rfc822-headers"]
    assert not text.defects + report.defects + header.defects
    fields, = report.get_payload()
    assert fields["Feedback-Type"] == "auth-failure" and fields["Version"] == "1", fields
    assert fields["User-Agent"].startswith("Milterward/"), fields
    return fields, email.message_from_string(header.get_content())


def _assert_nobody_is_named(delivery):
    for private in (b"boss@", b"ann@", b"bob@", b"spoof-", b"friendly", b"private", b"Hallo", b"Hello"):
        assert private not in delivery.message.raw, (private, delivery.message.raw)


@scenario()
def failures_are_told_to_those_who_asked_and_may_be(home):
    _home_that_tells(home, home.mta.port)
    for _ in range(3):
        reply, _ = home.spoof_of("bank.test")
        assert reply.code == 550, reply
    reply, _ = home.friendly_mail(source=LIAR)
    assert reply.code == 250, reply
    assert _broken_on_the_way(home).code == 250
    for domain in ("shop.test", "news.test"):
        reply, _ = home.spoof_of(domain)
        assert reply.code == 250, reply
    _wait_for_failures(home, 7)
    # None of these tells of anything: programs and reports could go on for ever.
    reply, _ = home.spoof_of("bank.test", headers=[("Auto-Submitted", "auto-replied")])
    reply, _ = home.spoof_of("bank.test", headers=[
        ("Content-Type", "multipart/report; report-type=feedback-report; boundary=x")])
    home.receive("", "bob@local.test", compose("boss@bank.test"), LIAR, helo="liar.test")
    # What a rule refused before any check is nobody's failure.
    assert home.receive("boss@bank.test", "you@other.test", compose("boss@bank.test"), LIAR).code != 250
    reply, _ = home.spoof_of("shop.test")
    _wait_for_failures(home, 8)

    code, said = run_report(home, "preview", "--failure")
    assert code == 0 and "bank.test: 3 failed alike, to mailto:f@bank.test" in said, said
    code, said = run_report(home, "preview", "--failure", "--domain", "bank.test")
    assert code == 0 and "\r\nIncidents: 3\r\n" in said.replace("\n", "\r\n").replace("\r\r", "\r"), said
    end_and_send(home, "5 made, 4 sent, 0 wait, 1 given up", sent=4, failed=1)
    code, said = run_report(home, "status")
    assert "4 failure reports sent; 1 failure report failed\n" in said, said
    assert "victim.test has not agreed" in said, said

    reports = reports_of(home, 4)
    assert set(reports) == {"f@bank.test", "f@friend.test", "f@client.test", "in@taker.test"}, reports
    for delivery in reports.values():
        assert delivery.mail_from == "dmarc@local.test", delivery.mail_from
        assert delivery.message.one("Auto-Submitted") == "auto-generated"
        assert home.verified_signatures(delivery.message) == BOTH, delivery.message.head()
        _assert_nobody_is_named(delivery)

    fields, header = _read(reports["f@bank.test"])
    want = {"Auth-Failure": "dmarc", "Identity-Alignment": "dkim, spf", "Delivery-Result": "reject",
            "Source-IP": LIAR, "Reported-Domain": "bank.test", "Incidents": "3",
            "SPF-DNS": 'txt : bank.test : "v=spf1 ip4:192.0.2.1 -all"'}
    assert {name: fields[name] for name in want} == want, fields
    assert "dmarc=fail" in fields["Authentication-Results"], fields
    assert fields["Original-Mail-From"].endswith("@bank.test>"), fields
    assert header["From"].endswith("@bank.test>") and header["Message-ID"], header
    assert header["Subject"] is None and header["To"] is None, header

    fields, header = _read(reports["f@friend.test"])  # SPF alone
    want = {"Auth-Failure": "spf", "Identity-Alignment": "spf", "Delivery-Result": "delivered",
            "SPF-DNS": f'txt : friend.test : "v=spf1 ip4:{FRIEND} -all"', "DKIM-Domain": None,
            "Incidents": None}
    assert {name: fields[name] for name in want} == want, fields

    fields, header = _read(reports["f@client.test"])  # DKIM alone
    want = {"Auth-Failure": "bodyhash", "Identity-Alignment": "dkim", "DKIM-Domain": "client.test",
            "DKIM-Selector": "s1", "DKIM-Identity": "@client.test", "SPF-DNS": None}
    assert {name: fields[name] for name in want} == want, fields
    assert "bh=" in header["DKIM-Signature"], header
    assert _read(reports["in@taker.test"])[0]["Incidents"] == "2"


@scenario()
def a_flood_makes_few_failure_reports(home):
    _home_that_tells(home, home.mta.port, failure_per_domain=3, failure_per_destination=2)
    for octet in range(6, 12):  # six liars: six different incidents
        raw = compose("boss@bank.test")
        reply = home.receive("boss@bank.test", "bob@local.test", raw, f"127.0.0.{octet}")
        assert reply.code == 550, reply
    home.daemon.wait_event("report.failures_left_out", 30, domain="bank.test")
    _wait_for_failures(home, 3)
    end_and_send(home, "3 made, 2 sent, 0 wait, 0 given up", sent=2)
    assert len(reports_of(home, 1)) == 1 and len(home.remote.all()) <= 2, home.remote.all()


@scenario(only="postfix")
def a_failure_report_outlives_a_daemon_that_is_killed_and_is_the_same_mail(home):
    with killing_server(home.lab) as server:
        _home_that_tells(home, server.server_address[1])
        assert _broken_on_the_way(home).code == 250
        _wait_for_failures(home, 1)
        home.daemon.terminate()
        home.daemon.wait_end()
        end_the_period(home)
        home.daemon.start()
        server.victim.append(home.daemon.pid)
        # A round begins with the daemon, and so may have been before us.
        wait_until(lambda: server.mails, "a report", 90)
        wait_until(lambda: not home.daemon.runs(), "its end")
        path = home.state / "reports.db"
        assert query(path, "SELECT state FROM delivery") == [("waiting",)]
        query(path, "UPDATE delivery SET claimed_until = 0")
        server.is_deaf = False
        home.daemon.start()
        home.daemon.wait_event("report.sent", 90, kind="failure")
        first, second = server.mails
        assert first == second and b"feedback-report" in first
