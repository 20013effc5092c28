# SPDX-License-Identifier: Apache-2.0
"""`milterward relaytest`, the built-in relay test, against a server that is an open relay: with
Milterward attached there is no hole, without it there are many."""
import json
import subprocess

from home import LIAR
from registry import scenario


def _relaytest(home, *arguments, source=LIAR):
    done = subprocess.run(
        [home.daemon.binary, "relaytest", f"127.0.0.1:{home.mta.port}", "--mine", "127.0.0.1",
         "--domain", "local.test", "--foreign", "out.test", "--source", source,
         "--helo", "client.test", *arguments], timeout=100, stdout=subprocess.PIPE)
    return done.returncode, done.stdout.decode()


def _report(home, **options):
    code, said = _relaytest(home, "--json", **options)
    server, = json.loads(said)
    return code, server


@scenario()
def relaytest_finds_no_hole_behind_milterward(home):
    home.mta.is_open = True
    if home.mta.has_xclient:  # the lab lets the whole of loopback say whom it speaks for
        home.mta.settings["smtpd_authorized_xclient_hosts"] = ""
    home.start()
    code, report = _report(home)
    accepted = [attempt for attempt in report["attempts"] if attempt["outcome"] != "refused"]
    assert code == 0 and not accepted, (code, report["verdict"], accepted)
    assert len(report["attempts"]) >= 60
    assert report["control"]["outcome"] == "relays", report["control"]
    assert not home.remote.all() and not home.local.all(), "it is to send nothing"


@scenario()
def relaytest_finds_the_hole_without_milterward(home):
    home.mta.milter = ""
    home.mta.is_open = True
    home.dns.start()
    home.mta.start()
    code, report = _report(home)
    assert code == 2, (code, report["verdict"])
    assert report["counts"]["relays"] >= 20, report["counts"]
    code, said = _relaytest(home)
    assert code == 2 and "IT RELAYS" in said and "relays     foreign sender" in said, said
    assert not home.remote.all() and not home.local.all(), "it is to send nothing"


@scenario("postfix")
def relaytest_finds_a_client_that_may_claim_to_be_another(home):
    """XCLIENT makes a stranger a login of ours, and Milterward cannot know better."""
    home.start()
    code, report = _report(home)
    holes = [attempt["name"] for attempt in report["attempts"]
             if attempt["outcome"] == "relays"]
    assert code == 2 and holes == ["XCLIENT as loopback with a login"], (code, holes)


@scenario()
def relaytest_sees_what_trusted_hosts_may(home):
    """From an address the server trusts everything is accepted: the manual warns of it."""
    home.start()
    code, report = _report(home, source="127.0.0.1")
    assert code == 2, (code, report["verdict"])
