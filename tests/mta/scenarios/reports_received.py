# SPDX-License-Identifier: Apache-2.0
"""Reports of others come by mail through a real mail server: they are read, the mail arrives
as it was, and what they say is told."""
import base64
import json
import subprocess
from pathlib import Path

import dkim_peer
from message import compose, new_subject
from registry import scenario

SAMPLES = Path(__file__).resolve().parents[2] / "cases/feedback/samples"
MIME = [("MIME-Version", "1.0"), ("Content-Transfer-Encoding", "base64")]


def _attached(name):
    return base64.encodebytes((SAMPLES / name).read_bytes()).decode().replace("\n", "\r\n")


@scenario()
def a_report_that_comes_by_mail_is_read_and_delivered(home):
    home.daemon.settings["feedback"] = {"addresses": ["bob@local.test"],
                                        "file": str(home.state / "feedback.db")}
    home.start()
    subject = new_subject("report")
    raw = dkim_peer.sign(compose("ann@friend.test", "bob@local.test", subject,
                                 MIME + [("Content-Type", "application/gzip")],
                                 _attached("gzip.xml.gz")), home.friend_key)
    reply = home.receive("ann@friend.test", "bob@local.test", raw)
    assert reply.code == 250, reply
    arrived = home.local.wait_for(subject)
    assert arrived.message.body.split() == _attached("gzip.xml.gz").encode().split()
    event = home.daemon.wait_event("feedback.received")
    assert event["author"] == "friend.test" and event["counted"] == "yes", event
    assert event["organisation"] == "Packed Mail" and event["messages"] == "10", event

    # Who claims to be a bank is heard, and does not count.
    raw = compose("boss@plain.test", "bob@local.test", new_subject("forged"),
                  MIME + [("Content-Type", "application/zip")], _attached("zip-stored.zip"))
    assert home.receive("boss@plain.test", "bob@local.test", raw).code == 250
    event = home.daemon.wait_event("feedback.received", known="yes")
    assert event["counted"] == "no", event

    told = subprocess.run([home.daemon.binary, "report", "received", "--days", "4000", "--json",
                           "-c", home.daemon.config], capture_output=True, text=True, timeout=30,
                          check=True)
    domain, = json.loads(told.stdout)["dmarc"]
    assert (domain["domain"], domain["messages"], domain["passed"]) == ("example.org", 10, 7), domain
