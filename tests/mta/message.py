# SPDX-License-Identifier: Apache-2.0
"""Messages as bytes: written by the tests, read back from the sinks without any repair.
Python's email package is not used for reading, because it mends what we want to see."""
import itertools
import time
from email.utils import formatdate

_numbers = itertools.count(1)


def new_subject(what="mail"):
    """A subject no other message of this process has; the tests find their mail by it."""
    return f"{what} {next(_numbers)}-{time.monotonic_ns()}"


def compose(author, to="bob@local.test", subject=None, headers=(), body="Hello.\r\n"):
    """A plain message; `headers` are (name, value) pairs placed at the top."""
    subject = subject or new_subject()
    lines = [f"{name}: {value}" for name, value in headers]
    domain = author.rsplit("@", 1)[-1].rstrip(">")
    lines += [f"From: {author}", f"To: {to}", f"Subject: {subject}", f"Date: {formatdate()}",
              f"Message-ID: <{time.monotonic_ns()}.{next(_numbers)}@{domain}>"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Message:
    """A message as it lies in a file: `fields` are (name, value) pairs, values unfolded."""

    def __init__(self, raw):
        self.raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        head, _, self.body = self.raw.partition(b"\r\n\r\n")
        self.fields = []
        for line in head.decode("utf-8", "surrogateescape").split("\r\n"):
            if line[:1] in (" ", "\t") and self.fields:
                name, value = self.fields[-1]
                self.fields[-1] = (name, value + line)
            elif ":" in line:
                name, value = line.split(":", 1)
                self.fields.append((name.rstrip(), value.strip()))

    def all(self, name):
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        assert len(values) == 1, f"{len(values)} fields {name}, wanted one:\n{self.head()}"
        return values[0]

    def head(self):
        return "\n".join(f"{name}: {value}" for name, value in self.fields)

    @property
    def subject(self):
        return (self.all("Subject") or [""])[0]
