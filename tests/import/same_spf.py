#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real policyd-spf with a sample's configuration, and Milterward with what came of it, are
asked about the same senders: both let them in, refuse or defer them.
    same_spf.py --milterward PATH [--only SAMPLE]
Exit 0: they agree; 1: they do not; 77: cannot be played here, the reason is said."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mta"))

import milter  # noqa: E402
import old_daemons  # noqa: E402
import ours  # noqa: E402
from sample import copy_key  # noqa: E402
from stage import play  # noqa: E402

CLIENT, LISTED = "203.0.113.80", "192.0.2.25"
RECORDS = {"pass.test": f"v=spf1 ip4:{CLIENT} -all", "fail.test": "v=spf1 -all",
           "softfail.test": "v=spf1 ~all", "neutral.test": "v=spf1 ?all",
           "permerror.test": "v=spf1 wrong:way -all"}
DOMAINS = [*RECORDS, "none.test"]


def senders():
    """(client, HELO name, MAIL FROM)"""
    for domain in DOMAINS:
        yield CLIENT, "none.test", f"joe@{domain}"
        yield CLIENT, domain, "joe@pass.test"
    yield CLIENT, "fail.test", ""
    yield LISTED, "fail.test", "joe@fail.test"
    yield "127.0.0.1", "fail.test", "joe@fail.test"


def verdict_of(action):
    """Of an answer of a policy server (access(5))."""
    word = action.split()[0].lower()
    if word[0] == "5" or word == "reject":
        return "reject"
    return "defer" if word[0] == "4" or word.startswith("defer") else "accept"


def question(number, client, helo, sender):
    return {"request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP",
            "helo_name": helo, "queue_id": "", "sender": sender,
            "recipient": "someone@home.test", "client_address": client,
            "client_name": "unknown", "instance": f"1.2.{number}"}


def handed_in(port, client, helo, sender):
    message = ([("From", "ann@none.test"), ("Subject", "A question")], "Some text.\r\n")
    return milter.hand_in(port, message, client=client, name=helo, mail_from=sender,
                          recipient="someone@home.test").verdict


def compare(lab, binary, sample, key, nameserver):
    root = lab.folder(sample.name)
    sample.place(root, lambda path: copy_key(key.path, path))
    config = Path(str(root) + sample.file_of("spf-engine"))
    port, our, _ = ours.start(lab, binary, ["spf-engine", str(config)], nameserver)
    complaints = []
    actions = old_daemons.policyd_spf(
        lab, config, [question(number, *each) for number, each in enumerate(senders())])
    for action, (client, helo, sender) in zip(actions, senders()):
        theirs = verdict_of(action)
        ours_now = handed_in(port, client, helo, sender)
        what = f"{sample.name}: {client} HELO {helo} MAIL FROM <{sender}>"
        print(f"{what}: policyd-spf {theirs}, we {ours_now}")
        if theirs != ours_now:
            complaints.append(f"{what}: policyd-spf {theirs}, we {ours_now}")
    our.kill()
    return complaints


def publish(nameserver, _key):
    for domain, record in RECORDS.items():
        nameserver.add_txt(domain, record)
    nameserver.add(f"none.test. 60 A {CLIENT}")


if __name__ == "__main__":
    play(__doc__, "spf-engine", "example.org", publish, compare)
