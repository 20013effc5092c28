# SPDX-License-Identifier: Apache-2.0
"""`milterward report monitor`: days of monitor mode, and then the question what enforcement
would have done."""
import json
import subprocess

from home import LIAR
from registry import scenario


def _report(home, *options):
    ran = subprocess.run([home.daemon.binary, "report", "monitor", "-", *options],
                         input=home.daemon.said().encode(), timeout=30,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ran.returncode == 0, ran.stdout.decode()
    return ran.stdout.decode()


@scenario()
def report_says_what_enforcement_would_have_done(home):
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    for send in (lambda: home.spoof_of("bank.test"), lambda: home.spoof_of("bank.test"),
                 home.friendly_mail):
        reply, subject = send()
        assert reply.code == 250, reply
        home.local.wait_for(subject)
    report = json.loads(_report(home, "--json"))
    assert report["messages"] == 3 and report["would"]["reject"] == 2, report
    rule, = report["rules"]
    assert rule["key"] == "inbound.mode" and rule["would"] == {"reject": 2}, rule
    assert rule["domains"] == [{"name": "bank.test", "count": 2}], rule
    assert rule["clients"] == [{"name": LIAR, "count": 2}], rule
    decided = [event["queue_id"] for event in home.daemon.events("message.decided", would="reject")]
    assert [example["queue_id"] for example in rule["examples"]] == decided, (rule, decided)
    said = _report(home)
    assert said.startswith("Enforcement would have changed this: 2 refused.\n"), said
    assert decided[0] in said, said
