# SPDX-License-Identifier: Apache-2.0
"""The mail that is sent while something breaks: of a stranger who does everything right, of one who
lies, of a login of ours, and of a stranger who wants to be relayed."""
import itertools
import os
from dataclasses import dataclass

import dkim_peer
from message import compose

RIGHT, FALSE, OURS, RELAY = "right", "false", "ours", "relay"
KINDS = (RIGHT, FALSE, OURS, RELAY)
FRIEND, LIAR = "192.0.2.5", "192.0.2.6"
LOGIN = "joe@local.test"

_numbers = itertools.count(1)


@dataclass
class Mail:
    kind: str
    client: str
    sender: str
    recipients: list
    fields: list  # (name, value) with the space behind the colon
    body: bytes
    login: str = ""


class Post:
    """Writes mail; what a stranger signs is signed once and sent again and again."""

    def __init__(self, friend_key, signed=4):
        self._signed = itertools.cycle(
            [split_message(dkim_peer.sign(compose("ann@friend.test", body=f"Hello {number}.\r\n"), friend_key))
             for number in range(signed)])

    def write(self, kind, size=0, fields=0):
        """For what is not signed before: `size` octets of body at least, so many further fields of
        10,000 octets each."""
        if kind == RIGHT:
            fields, body = next(self._signed)
            return Mail(kind, FRIEND, "ann@friend.test", ["bob@local.test"], fields, body)
        author, client, to, login = {
            FALSE: ("boss@bank.test", LIAR, "bob@local.test", ""),
            OURS: (LOGIN, LIAR, "ann@friend.test", LOGIN),
            RELAY: ("eve@plain.test", LIAR, "someone@elsewhere.test", "")}[kind]
        body = "0123456789 abcdef\r\n" * (size // 19) + f"Hi {next(_numbers)}.\r\n"
        more = [(f"X-Long-{number}", "x" * 9980) for number in range(fields)]
        return Mail(kind, client, author, [to], *split_message(compose(author, to, None, more, body)), login)


def new_queue_id():
    return f"4F{os.getpid() & 0xffff:04X}{next(_numbers):07X}"


def split_message(raw):
    """Fields as Postfix hands them over: folds as LF, the space behind the colon kept."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = []
    for line in head.split(b"\r\n"):
        if line[:1] in b" \t":
            name, value = fields[-1]
            fields[-1] = name, value + b"\n" + line
        else:
            name, _, value = line.partition(b":")
            fields.append((name, value))
    return fields, body
