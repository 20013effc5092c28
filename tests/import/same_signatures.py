#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real opendkim with a sample's configuration, and Milterward with what came of it, are
handed the same mail: both sign it or neither does, with the same d=, s=, i= and c=, and all
signatures verify with the published keys by a third implementation.
    same_signatures.py --milterward PATH [--only SAMPLE]
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


def tags(value):
    pairs = (part.split("=", 1) for part in value.replace("\r\n", "\n").split(";") if "=" in part)
    return {name.strip(): "".join(text.split()) for name, text in pairs}


def verifies(message, value, record):
    """By dkimpy, over the message as it leaves."""
    import dkim
    fields, body = message
    value = value.replace("\r\n", "\n").replace("\n", "\r\n")
    head = "".join(f"{name}: {text}\r\n" for name, text in [("DKIM-Signature", value), *fields])
    raw = (head + "\r\n" + body).encode()
    try:
        return dkim.DKIM(raw).verify(dnsfunc=lambda *_, **__: record.encode())
    except dkim.ValidationError:
        return False


def outcome(port, message, record):
    """What the filter put on the message: [(d, s, i, c, verifies)] in order, or its refusal."""
    answer = milter.hand_in(port, message.content(), client=message.client, login=message.login,
                            mail_from=message.author)
    if answer.verdict != "accept":
        return [(answer.verdict, True)]
    found = []
    for value in answer.all("DKIM-Signature"):
        said = tags(value)
        identity = said.get("i", "@" + said["d"])  # RFC 6376 section 3.5
        found.append((said["d"], said["s"], identity, said["c"],
                      verifies(message.content(), value, record)))
    return sorted(found)


def compare(lab, binary, sample, key, nameserver):
    if not sample.messages:
        return None
    root = lab.folder(sample.name)
    words = sample.place(root, lambda path: copy_key(key.path, path))
    config = Path(str(root) + sample.file_of("opendkim"))
    old_port, old = old_daemons.opendkim(lab, config, nameserver)
    our_port, our, _ = ours.start(lab, binary, words, nameserver)
    complaints = []
    for message in sample.messages:
        theirs = outcome(old_port, message, key.record)
        ours_now = outcome(our_port, message, key.record)
        print(f"{sample.name}: {message.line}: {theirs or 'not signed'}")
        bad = [each for each in theirs + ours_now if not each[-1]]
        if bad:
            complaints.append(f"{sample.name}: {message.line}: does not verify: {bad}")
        if (theirs != ours_now) != bool(message.differs):
            complaints.append(f"{sample.name}: {message.line}: opendkim {theirs}, we {ours_now}")
    for process in (old, our):
        process.kill()  # libmilter takes its time to end
    return complaints


if __name__ == "__main__":
    play(__doc__, "opendkim", "example.org", lambda *_: None, compare)
