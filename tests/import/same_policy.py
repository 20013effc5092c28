#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real opendmarc with a sample's configuration, and Milterward with what came of it, are
handed the same mail of strangers: both let it in, refuse, defer or hold it, with the same result
of DMARC. What opendkim and policyd-spf would have found stands in header fields for opendmarc; Milterward finds it itself, in DNS.
    same_policy.py --milterward PATH [--only SAMPLE]
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

HONEST, LIAR, IGNORED = "192.0.2.30", "192.0.2.66", "203.0.113.9"
BELOW_A_POLICY = "forged, below p=reject"
POLICIES = {"reject.test": "reject", "quarantine.test": "quarantine", "none.test": "none",
            "partner.example": "reject", "sub.partner.example": "reject", "example.org": "reject"}


class Mail:
    """A message, who hands it in, and what other filters would have found."""

    def __init__(self, what, author, client, key=None, more_from=""):
        self.what, self.client, self.key = what, client, key
        self.domain = author.rsplit("@", 1)[-1]
        self.author = author
        self.fields = [("From", author + more_from), ("To", "someone@home.test"),
                       ("Subject", "A question"), ("Date", "Thu, 05 Sep 2024 10:00:00 +0000"),
                       ("Message-ID", "<1@sample.test>")]
        self.body = "Some text.\r\n"

    def with_from(self, *authors):
        """With these From fields instead."""
        self.fields = [("From", author) for author in authors] + self.fields[1:]
        return self

    def results(self, authserv_id):
        spf = "pass" if self.client == HONEST and self.domain != "plain.test" else (
            "none" if self.domain == "plain.test" else "fail")
        dkim = f"pass header.d={self.domain}" if self.key else "none"
        return [("Received-SPF", f"{spf.capitalize()} (mailfrom) identity=mailfrom; "
                 f"client-ip={self.client}; helo=client.test; envelope-from={self.author}; "
                 "receiver=home.test"),
                ("Authentication-Results", f"{authserv_id}; dkim={dkim}")]

    def content(self, *more):
        fields = list(self.fields)
        if self.key:
            raw = "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n" + self.body
            signed = dkim_peer.sign(raw.encode(), self.key).decode()
            value = signed.split(":", 1)[1].split("\r\nFrom:", 1)[0].strip()
            fields.insert(0, ("DKIM-Signature", value.replace("\r\n", "\n")))
        return [*more, *fields], self.body


def mails(key):
    return [
        Mail("authorised by SPF", "joe@reject.test", HONEST),
        Mail("forged, p=reject", "joe@reject.test", LIAR),
        Mail("forged, p=quarantine", "joe@quarantine.test", LIAR),
        Mail("forged, p=none", "joe@none.test", LIAR),
        Mail("signed, and SPF fails", "joe@reject.test", LIAR, key),
        Mail("no policy", "joe@plain.test", LIAR),
        Mail("forged, p=reject, from another host", "joe@reject.test", IGNORED),
        Mail("forged, p=reject, of a partner", "joe@partner.example", LIAR),
        Mail("forged, p=reject, below a partner", "joe@sub.partner.example", LIAR),
        Mail(BELOW_A_POLICY, "joe@mail.example.org", LIAR),
        Mail("authors of two domains", "joe@none.test", LIAR, more_from=", ann@plain.test"),
        Mail("no From", "joe@none.test", LIAR).with_from(),
        Mail("two From fields", "joe@none.test", LIAR).with_from("joe@none.test", "ann@plain.test"),
    ]


def outcome(port, mail, *more):
    answer = milter.hand_in(port, mail.content(*more), client=mail.client,
                            mail_from=mail.author, recipient="someone@home.test")
    verdict = "hold" if answer.quarantined else answer.verdict
    found = re.search(r"dmarc=(\w+)", " ".join(answer.all("Authentication-Results")))
    return verdict, found.group(1) if found else ""


def trusted_id(config):
    """Whose results opendmarc believes."""
    said = dict(line.split(None, 1) for line in config.read_text().splitlines()
                if len(line.split(None, 1)) == 2)
    ids = said.get("TrustedAuthservIDs", said.get("AuthservID", "mx.test"))
    return ids.split(",")[0].strip()


def compare(lab, binary, sample, key, nameserver):
    root = lab.folder(sample.name)
    sample.place(root, lambda path: copy_key(key.path, path))
    config = Path(str(root) + sample.file_of("opendmarc"))
    authserv_id, knows_parents = trusted_id(config), "PublicSuffixList" in config.read_text()
    old_port, old = old_daemons.opendmarc(lab, config)
    our_port, our, _ = ours.start(lab, binary, ["opendmarc", str(config)], nameserver)
    complaints = []
    for mail in mails(key):
        theirs = outcome(old_port, mail, *mail.results(authserv_id))
        ours_now = outcome(our_port, mail)
        print(f"{sample.name}: {mail.what}: opendmarc {theirs}, we {ours_now}")
        # Who is ignored, or refused, gets no result there; and of several From fields
        # opendmarc takes one.
        same_result = not theirs[1] or ours_now[1] in ("", "permerror", theirs[1])
        # Without the list it sees no parents; that is told, and Milterward does as DMARC wants.
        if mail.what == BELOW_A_POLICY and not knows_parents:
            same_result, ours_now = theirs == ("accept", "none"), theirs
        if theirs[0] != ours_now[0] or not same_result:
            complaints.append(f"{sample.name}: {mail.what}: opendmarc {theirs}, we {ours_now}")
    for process in (old, our):
        process.kill()  # libmilter takes its time to end
    return complaints


def publish(nameserver, key):
    for domain, policy in POLICIES.items():
        nameserver.add_txt(f"_dmarc.{domain}", f"v=DMARC1; p={policy}")
        nameserver.add_txt(domain, f"v=spf1 ip4:{HONEST} -all")
        nameserver.add(f"{domain}. 60 A {HONEST}")
    nameserver.add(f"plain.test. 60 A {HONEST}")
    nameserver.add_txt(key.name, key.record)


if __name__ == "__main__":
    play(__doc__, "opendmarc", "reject.test", publish, compare)
