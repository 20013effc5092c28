# SPDX-License-Identifier: Apache-2.0
"""The MTA's side of the milter protocol, version 6, as Postfix plays it: one connection, any number
of messages. What becomes of a message is what its sender would be told, a connection that breaks
included: behind milter_default_action = tempfail that is a 451.
A packet is a length of four octets (command included), a command octet, and data."""
import socket
import struct
import time
from dataclasses import dataclass, field

_NO_REPLY = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "N": 0x40000,
             "B": 0x80000, "L": 0x80}
_NOT_WANTED = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "B": 0x10, "L": 0x20, "N": 0x40, "T": 0x200}
_PIECE = 65535
_FINAL = b"cartdy"


class Gone(Exception):
    """`said`: "away", the filter cannot be reached; "cut", it closed the connection."""

    def __init__(self, said):
        super().__init__(said)
        self.said = said


@dataclass
class Outcome:
    """`said` is accepted, marked (accepted with a field Milterward-Verdict), held (the mail server's
    quarantine), refused, deferred, cut (the connection broke), away (nobody listens), unanswered
    (no answer within the client's patience) or left (the client broke off, as it was told to)."""
    kind: str
    queue_id: str
    said: str
    reply: str = ""
    edits: list = field(default_factory=list)
    took: float = 0.0
    at: float = 0.0

    def inserted(self, name):
        """Values of the fields that the filter puts on top."""
        wanted = name.encode().lower()
        return [value for command, data in self.edits if command == "i"
                for known, value in [data[4:].split(b"\0")[:2]] if known.lower() == wanted]


class Milter:
    """One connection to the filter. `patience` is that of the MTA for one answer."""

    def __init__(self, path, patience=30.0):
        self._steps = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(patience)
        said = "away"
        try:
            self._socket.connect(str(path))
            said = "cut"
            self._send("O", struct.pack(">III", 6, 0x1ff, 0x1fffff))
            answer = self._receive()
        except (OSError, Gone) as fault:
            self._socket.close()
            raise Gone(said) from fault
        self._steps = struct.unpack(">I", answer[1][8:12])[0]

    def close(self):
        self._socket.close()

    def begin(self, client, helo="client.test", name=None):
        self._macros("C", j="mx.test", v="Postfix 3.7.11", **{"{daemon_port}": "25"})
        self._step("C", _text(name or f"[{client}]") + b"4" + struct.pack(">H", 40000) + _text(client))
        self._step("H", _text(helo))

    def message(self, mail, queue_id, until=None):
        """Hands in a Mail to its end; with `until` (a step's letter) hangs up behind that step."""
        began = time.monotonic()
        outcome = Outcome(mail.kind, queue_id, "cut", at=began)
        try:
            self._hand_in(mail, outcome, until)
        except socket.timeout:
            outcome.said = "unanswered"
        except (OSError, Gone):
            outcome.said = "cut"
        outcome.took = time.monotonic() - began
        return outcome

    def _hand_in(self, mail, outcome, until):
        self._macros("M", **{"{auth_authen}": mail.login, "{mail_addr}": mail.sender})
        steps = [("M", _text(f"<{mail.sender}>")), *(("R", _text(f"<{to}>")) for to in mail.recipients),
                 ("T", b""), *(("L", _text(name) + _text(value)) for name, value in mail.fields),
                 ("N", b"")]
        steps += [("B", mail.body[at:at + _PIECE]) for at in range(0, len(mail.body), _PIECE)]
        for command, data in steps:
            if command in "RT":
                self._macros(command, i=outcome.queue_id)
            answer = self._step(command, data)
            if answer and answer[0] not in "cs":
                self._send("A", b"")
                return _conclude(outcome, answer)
            if command == until:
                self.close()
                outcome.said = "left"
                return None
        self._macros("E", i=outcome.queue_id)
        self._send("E", b"")
        while True:
            answer = self._receive()
            if answer[0].encode() in _FINAL:
                return _conclude(outcome, answer)
            if answer[0] != "p":
                outcome.edits.append(answer)

    def _macros(self, stage, **values):
        pairs = b"".join(_text(name) + _text(value) for name, value in values.items() if value)
        self._send("D", stage.encode() + pairs)

    def _step(self, command, data):
        if self._steps & _NOT_WANTED.get(command, 0):
            return None
        self._send(command, data)
        return None if self._steps & _NO_REPLY.get(command, 0) else self._receive()

    def _send(self, command, data):
        self._socket.sendall(struct.pack(">I", len(data) + 1) + command.encode() + data)

    def _receive(self):
        size = struct.unpack(">I", self._exactly(4))[0]
        packet = self._exactly(size)
        return chr(packet[0]), packet[1:]

    def _exactly(self, size):
        octets = b""
        while len(octets) < size:
            got = self._socket.recv(size - len(octets))
            if not got:
                raise Gone("cut")
            octets += got
        return octets


def _conclude(outcome, answer):
    command, data = answer
    outcome.reply = data.rstrip(b"\0").decode("ascii", "replace")
    if command in "ca":
        outcome.said = ("held" if any(edit[0] == "q" for edit in outcome.edits) else
                        "marked" if outcome.inserted("Milterward-Verdict") else "accepted")
    elif command == "y":
        outcome.said = "deferred" if outcome.reply.startswith("4") else "refused"
    else:
        outcome.said = {"t": "deferred", "r": "refused", "d": "discarded"}[command]


def _text(text):
    return (text if isinstance(text, bytes) else text.encode()) + b"\0"
