#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real opendkim with a sample's configuration, and Milterward with what came of it, are
handed the same mail of strangers, signed and not: both find the same of its signature, and both
let it in, refuse, defer or hold it.
    same_verification.py --milterward PATH [--only SAMPLE]
Exit 0: they agree; 1: they do not; 77: cannot be played here, the reason is said."""
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mta"))

import dkim_peer  # noqa: E402
import milter  # noqa: E402
import old_daemons  # noqa: E402
import ours  # noqa: E402
from sample import copy_key  # noqa: E402
from stage import play  # noqa: E402

STRANGER = "203.0.113.80"
FIELDS = [("From", "ann@stranger.test"), ("To", "someone@home.test"), ("Subject", "A question"),
          ("Date", "Thu, 05 Sep 2024 10:00:00 +0000"), ("Message-ID", "<1@stranger.test>")]
BODY = "Some text.\r\n"


class Signed:
    """`key` signs; then the body becomes `body`."""

    def __init__(self, what, key=None, body=BODY):
        self.what, self.fields, self.body = what, list(FIELDS), body
        if key:
            raw = "".join(f"{name}: {value}\r\n" for name, value in FIELDS) + "\r\n" + BODY
            field = dkim_peer.sign(raw.encode(), key).decode().split("\r\nFrom:", 1)[0]
            self.fields.insert(0, ("DKIM-Signature",
                                   field.split(":", 1)[1].strip().replace("\r\n", "\n")))


class NoSuchKey:
    """The key under a selector that nobody published."""

    def __init__(self, key):
        self.domain, self.algorithm, self.path = key.domain, key.algorithm, key.path
        self.selector = "unpublished"


def mails(key):
    return [Signed("not signed"), Signed("signed", key), Signed("changed", key, "Other text.\r\n"),
            Signed("signed by a key that is not there", NoSuchKey(key))]


def outcome(port, mail):
    answer = milter.hand_in(port, (mail.fields, mail.body), client=STRANGER,
                            mail_from="ann@stranger.test", recipient="someone@home.test")
    found = re.search(r"dkim=(\w+)", " ".join(answer.all("Authentication-Results")))
    verdict = "hold" if answer.quarantined else answer.verdict
    if verdict not in ("accept", "hold"):
        return verdict, ""  # who is refused reads no field
    # RFC 8601 section 2.7.1 calls a key that is not there permerror, opendkim fail.
    return verdict, found.group(1).replace("permerror", "fail") if found else "none"


def compare(lab, binary, sample, key, nameserver):
    config = sample.file_of("opendkim")
    if not sample.messages or "Mode\t\ts\n" in (Path(str(sample.directory) + config).read_text()):
        return None  # what signs only verifies nothing
    root = lab.folder(sample.name)
    sample.place(root, lambda path: copy_key(key.path, path))
    config = Path(str(root) + config)
    old_port, old = old_daemons.opendkim(lab, config, nameserver)
    our_port, our, _ = ours.start(lab, binary, ["opendkim", str(config)], nameserver)
    complaints = []
    for mail in mails(key):
        theirs, ours_now = outcome(old_port, mail), outcome(our_port, mail)
        print(f"{sample.name}: {mail.what}: opendkim {theirs}, we {ours_now}")
        if theirs != ours_now:
            complaints.append(f"{sample.name}: {mail.what}: opendkim {theirs}, we {ours_now}")
    for process in (old, our):
        process.kill()  # libmilter takes its time to end
    return complaints


def publish(nameserver, key):
    nameserver.add_txt(key.name, key.record)
    nameserver.add("stranger.test. 60 A 203.0.113.80")


if __name__ == "__main__":
    play(__doc__, "opendkim", "stranger.test", publish, compare)
