# SPDX-License-Identifier: Apache-2.0
"""The mail server's side of the milter protocol, version 6, as Postfix speaks it: one message by
one connection, and what the filter said about it. No step is left out or left unanswered."""
import socket
import struct

ADD_HEADER, CHANGE_HEADER, INSERT_HEADER, QUARANTINE, PROGRESS = b"h", b"m", b"i", b"q", b"p"
CONTINUE, SKIP = b"c", b"s"
_FINAL = {b"a": "accept", b"r": "reject", b"t": "defer", b"d": "discard"}
_ALL_ACTIONS = 0x1ff
_LEADING_SPACE = 0x100000


class Answer:
    """`verdict`: accept, reject, defer or discard; `fields`: (name, value) from the top."""

    def __init__(self):
        self.verdict, self.reply, self.quarantined, self.fields = "accept", "", False, []

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]


class _Connection:
    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # many small packets
        self._spaces = False

    def negotiate(self):
        self.send(b"O", struct.pack("!III", 6, _ALL_ACTIONS, _LEADING_SPACE))
        kind, text = self.receive()
        assert kind == b"O", kind
        self._spaces = bool(struct.unpack("!III", text[:12])[2] & _LEADING_SPACE)

    def send(self, kind, text=b""):
        self._socket.sendall(struct.pack("!I", len(text) + 1) + kind + text)

    def receive(self):
        length = struct.unpack("!I", self._exactly(4))[0]
        packet = self._exactly(length)
        return packet[:1], packet[1:]

    def _exactly(self, wanted):
        got = b""
        while len(got) < wanted:
            piece = self._socket.recv(wanted - len(got))
            assert piece, "the filter closed the connection"
            got += piece
        return got

    def macros(self, step, **values):
        text = b"".join(name.encode() + b"\0" + value.encode() + b"\0"
                        for name, value in values.items())
        self.send(b"D", step + text)

    def header(self, name, value):
        return strings(name, (" " + value) if self._spaces else value)

    def inserted(self, value):
        return value[1:] if self._spaces and value.startswith(" ") else value

    def close(self):
        self.send(b"Q")
        self._socket.close()


def strings(*texts):
    return b"".join(text.encode() + b"\0" for text in texts)


def hand_in(port, message, client="127.0.0.1", name="client.test", mail_from="", login="",
            recipient="someone@elsewhere.test"):
    """The Answer to a message of (name, value) fields and a body with CRLF."""
    fields, body = message
    connection, answer = _Connection(port), Answer()
    connection.negotiate()
    connection.macros(b"C", j="mx.test", v="Postfix 3.7.11", **{"{daemon_name}": "mx.test"})
    authenticated = {"{auth_type}": "PLAIN", "{auth_authen}": login} if login else {}
    steps = [(b"C", b"", strings(name) + b"4" + struct.pack("!H", 4711) + strings(client)),
             (b"H", b"", strings(name)),
             (b"M", b"M", strings(f"<{mail_from}>")), (b"R", b"R", strings(f"<{recipient}>")),
             (b"T", b"T", b"")]
    steps += [(b"L", b"", connection.header(*field)) for field in fields]
    steps += [(b"N", b"", b""), (b"B", b"", body.encode())]
    for kind, macros_of, text in steps:
        if macros_of:
            connection.macros(macros_of, i="QUEUEID", **authenticated)
        connection.send(kind, text)
        if not _goes_on(connection, answer):
            connection.close()
            return answer
    connection.macros(b"E", i="QUEUEID")
    connection.send(b"E")
    while _goes_on(connection, answer, at_end=True):
        pass
    connection.close()
    return answer


def _goes_on(connection, answer, at_end=False):
    kind, text = connection.receive()
    if kind in (CONTINUE, SKIP):
        return not at_end
    if kind == PROGRESS:
        return True if at_end else _goes_on(connection, answer)
    if kind == QUARANTINE:
        answer.quarantined = True
        return True
    if kind in (ADD_HEADER, INSERT_HEADER):
        name, value = (text[4:] if kind == INSERT_HEADER else text).split(b"\0")[:2]
        field = (name.decode(), connection.inserted(value.decode()))
        answer.fields.insert(0 if kind == INSERT_HEADER else len(answer.fields), field)
        return True
    if kind == b"y":
        answer.reply = text.rstrip(b"\0").decode()
        answer.verdict = "reject" if answer.reply.startswith("5") else "defer"
        return False
    if kind in _FINAL:
        answer.verdict = _FINAL[kind]
        return False
    return at_end  # header and body edits that are of no interest here
