# SPDX-License-Identifier: Apache-2.0
"""DMARC aggregate reports from the mail that came to the mail that goes: collected by the real
daemon, handed to the real mail server, signed on the way, read by others."""
import base64
import gzip
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import dkim_peer
from home import FRIEND, LIAR
from message import Message, compose
from registry import scenario
from report_files import end_and_send, end_the_period, killing_server, query, reports_of, run_report
from waiting import wait_until

SCHEMA = Path(__file__).resolve().parents[2] / "policy/reports/dmarc-2.0.xsd"
NAMESPACE = {"d": "urn:ietf:params:xml:ns:dmarc-2.0"}
# Who asks for reports, and where; friend.test passes, the others are the liar's.
WANTED = {"friend.test": ("reject", "dmarc@friend.test"), "bank.test": ("reject", "dmarc@bank.test"),
          "shop.test": ("quarantine", "in@taker.test"), "news.test": ("none", "you@victim.test")}
BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


def _home_that_reports(home, smtp_port):
    home.dns.records = [record for record in home.dns.records
                        if not any(record.startswith(f"_dmarc.{domain}.") for domain in WANTED)]
    for domain, (policy, address) in WANTED.items():
        home.dns.add_txt(f"_dmarc.{domain}", f"v=DMARC1; p={policy}; rua=mailto:{address}")
    home.dns.add_txt("shop.test._report._dmarc.taker.test", "v=DMARC1")
    home.daemon.settings["report"] = {
        "send": True, "from": "dmarc@local.test", "organization": "Mail of Ours & Co.",
        "smtp": f"127.0.0.1:{smtp_port}", "file": str(home.state / "reports.db")}
    home.start()


def _send_many(home, domain, count):
    """On connections short enough for a mail server that counts errors."""
    author = f"ann@{domain}"
    raw = compose(author)
    source = LIAR
    if domain == "friend.test":
        raw, source = dkim_peer.sign(raw, home.friend_key), FRIEND
    for first in range(0, count, 8):
        with home.client(source) as client:
            for _ in range(min(8, count - first)):
                reply = client.send(author, ["bob@local.test"], raw)
                assert reply.code == (550 if domain == "bank.test" else 250), reply


def _wait_for_rows(home, count):
    path = home.state / "reports.db"
    wait_until(lambda: query(path, "SELECT total(count) FROM counted")[0][0] == count,
               lambda: query(path, "SELECT domain, total(count) FROM counted JOIN open ON "
                              "open = number GROUP BY domain"), 30)


def _assert_valid(home, xml):
    path = home.lab.path("report.xml")
    path.write_bytes(xml)
    ran = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", SCHEMA, path],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert ran.returncode == 0, ran.stdout.decode()


def _attachment(message):
    """(file name, XML) of a report mail."""
    part = message.body.decode("ascii").split("Content-Type: application/gzip", 1)[1]
    name = re.search(r'filename="([^"]+)"', part).group(1)
    content = part.split("\r\n\r\n", 1)[1].split("\r\n--", 1)[0]
    return name, gzip.decompress(base64.b64decode(content))


def _texts(xml, path):
    return [element.text for element in ElementTree.fromstring(xml).iterfind(path, NAMESPACE)]


@scenario()
def a_thousand_messages_are_reported_to_those_who_asked(home):
    _home_that_reports(home, home.mta.port)
    sent = {"friend.test": 260, "bank.test": 240, "shop.test": 260, "news.test": 240}
    for domain, count in sent.items():
        _send_many(home, domain, count)
    _wait_for_rows(home, sum(sent.values()))
    journal = dict(wait_until(
        lambda: (found := query(home.state / "journal.db", "SELECT domain, count(*) FROM decision "
                                 "WHERE kind = 'message' AND direction = 'inbound' GROUP BY domain"))
        and sum(count for _, count in found) >= sum(sent.values()) and found, "the journal", 30))
    assert journal == sent, journal

    code, said = run_report(home, "preview", "--domain", "bank.test")
    assert code == 0, said
    _assert_valid(home, said.encode())
    end_and_send(home, "4 made, 3 sent, 0 wait, 1 given up", sent=3, failed=1)
    code, said = run_report(home, "status")
    assert code == 0 and "victim.test has not agreed" in said, said

    reports = reports_of(home, 3)
    assert set(reports) == {"dmarc@friend.test", "dmarc@bank.test", "in@taker.test"}, reports
    for domain, (policy, address) in WANTED.items():
        if address not in reports:
            continue
        delivery = reports[address]
        message = delivery.message
        assert delivery.mail_from == "dmarc@local.test", delivery.mail_from
        assert home.verified_signatures(message) == BOTH, message.head()
        name, xml = _attachment(message)
        _assert_valid(home, xml)
        begin, end = (_texts(xml, f"d:report_metadata/d:date_range/d:{word}")[0]
                      for word in ("begin", "end"))
        identifier, = _texts(xml, "d:report_metadata/d:report_id")
        assert name == f"local.test!{domain}!{begin}!{end}!{identifier}.xml.gz", name
        assert message.subject == (f"Report Domain: {domain} Submitter: local.test "
                                   f"Report-ID: <{identifier}>"), message.subject
        assert int(end) - int(begin) == 86399 and int(begin) % 86400 == 0, (begin, end)
        assert sum(map(int, _texts(xml, "d:record/d:row/d:count"))) == journal[domain], xml
        assert _texts(xml, "d:policy_published/d:p") == [policy], xml
        assert set(_texts(xml, "d:record/d:identifiers/d:header_from")) == {domain}, xml
        results = {word: Counter(_texts(xml, f"d:record/d:row/d:policy_evaluated/d:{word}"))
                   for word in ("disposition", "dkim", "spf")}
        want = {"friend.test": ("pass", "pass", "pass"), "bank.test": ("reject", "fail", "fail"),
                "shop.test": ("quarantine", "fail", "fail")}[domain]
        assert tuple(next(iter(results[word])) for word in ("disposition", "dkim", "spf")) == want, xml
        source, = set(_texts(xml, "d:record/d:row/d:source_ip"))
        assert source == (FRIEND if domain == "friend.test" else LIAR), source

    code, said = run_report(home, "send")
    assert code == 0 and said == "0 made, 0 sent, 0 wait, 0 given up\n", said


def _notice_about(delivery):
    """A notice of failure (RFC 3464) as the receiver's server makes it."""
    return "\r\n".join([
        "From: MAILER-DAEMON@client.test", "To: dmarc@local.test", "Subject: returned", "MIME-Version: 1.0",
        "Date: Fri, 27 Nov 2026 12:00:00 +0000", "Message-ID: <notice@client.test>",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"', "",
        "--x", "Content-Type: text/plain", "", "Nobody of that name.",
        "--x", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; client.test", "",
        f"Final-Recipient: rfc822; {delivery.recipients[0]}", "Action: failed", "Status: 5.1.1", "",
        "--x", "Content-Type: text/rfc822-headers", "",
        f"Message-ID: {delivery.message.one('Message-ID')}", "", "--x--", ""]).encode()


@scenario()
def a_report_that_comes_back_is_the_last_for_a_while(home):
    _home_that_reports(home, home.mta.port)
    _send_many(home, "friend.test", 2)
    _wait_for_rows(home, 2)
    end_and_send(home, "1 made, 1 sent, 0 wait, 0 given up", sent=1)
    delivery = reports_of(home, 1)["dmarc@friend.test"]
    reply = home.receive("", "dmarc@local.test", _notice_about(delivery))
    assert reply.code == 250, reply
    home.daemon.wait_event("report.suppressed", to="dmarc@friend.test")
    _send_many(home, "friend.test", 1)
    _wait_for_rows(home, 1)
    end_and_send(home, "1 made, 0 sent, 0 wait, 1 given up", failed=1, suppressed=1)


@scenario(only="postfix")
def a_daemon_that_is_killed_behind_the_end_of_data_sends_the_same_mail(home):
    with killing_server(home.lab) as server:
        _home_that_reports(home, server.server_address[1])
        _send_many(home, "friend.test", 3)
        _wait_for_rows(home, 3)
        home.daemon.terminate()
        home.daemon.wait_end()
        end_the_period(home)

        path = home.state / "reports.db"
        home.daemon.start()
        server.victim.append(home.daemon.pid)
        # A round begins with the daemon, and so may have been before us.
        if not server.mails:
            wait_until(lambda: server.mails, "a report", 90)
        wait_until(lambda: not home.daemon.runs(), "its end")
        assert query(path, "SELECT state FROM delivery") == [("waiting",)]
        query(path, "UPDATE delivery SET claimed_until = 0")
        server.is_deaf = False
        home.daemon.start()
        home.daemon.wait_event("report.sent", 90)
        first, second = server.mails
        assert first == second
        _assert_valid(home, _attachment(Message(first))[1])
