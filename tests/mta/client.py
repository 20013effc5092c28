# SPDX-License-Identifier: Apache-2.0
"""An SMTP client that says exactly what the test wrote, line by line.
smtplib is not used: it repairs addresses and hides the replies that the scenarios are about."""
import base64
import socket


class Refused(AssertionError):
    """A command the scenario needs was refused."""


class Reply:
    def __init__(self, lines):
        self.code = int(lines[0][:3])
        self.lines = [line[4:] for line in lines]
        self.text = " ".join(self.lines)

    @property
    def accepted(self):
        return self.code < 400

    def __str__(self):
        return f"{self.code} {self.text}"


class Client:
    """One connection, over a socket that already leads to the server."""

    def __init__(self, connection, helo="client.test"):
        self._socket = connection
        self._file = connection.makefile("rb")
        self.greeting = self.reply()
        if helo:
            self.hello = self.command(f"EHLO {helo}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Leaves without QUIT."""
        self._file.close()
        self._socket.close()

    def reply(self):
        lines = []
        while True:
            line = self._file.readline()
            if not line:
                raise ConnectionError("the server closed the connection")
            lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            if lines[-1][3:4] != "-":
                return Reply(lines)

    def say(self, line):
        """Sends a line without waiting for the reply."""
        raw = line if isinstance(line, bytes) else line.encode()
        self._socket.sendall(raw + b"\r\n")

    def command(self, line):
        self.say(line)
        return self.reply()

    def need(self, line):
        """A command that has to succeed for the scenario to mean anything."""
        reply = self.command(line)
        if not reply.accepted:
            raise Refused(f"{line}: {reply}")
        return reply

    def start_tls(self, context):
        """After a reply to STARTTLS."""
        self._file.close()
        self._socket = context.wrap_socket(self._socket)
        self._file = self._socket.makefile("rb")

    def login(self, name, password):
        token = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        return self.command(f"AUTH PLAIN {token}")

    def xclient(self, helo="client.test", **attributes):
        """Becomes another client (Postfix only): ADDR=..., NAME=..., LOGIN=..."""
        self.need("XCLIENT " + " ".join(f"{name}={value}" for name, value in attributes.items()))
        self.hello = self.need(f"EHLO {helo}")

    def content(self, raw):
        """The bytes after a 354, and the reply to them."""
        lines = raw.split(b"\r\n")
        if lines[-1] == b"":
            lines.pop()
        self._socket.sendall(b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n"
                                      for line in lines) + b".\r\n")
        return self.reply()

    def send(self, mail_from, recipients, raw, parameters=""):
        """A whole message; the reply of the first step that refused it, or of its end."""
        steps = [f"MAIL FROM:<{mail_from}>{parameters}",
                 *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA"]
        for step in steps:
            reply = self.command(step)
            if not reply.accepted:
                return reply
        return self.content(raw)

    def quit(self):
        self.command("QUIT")
        self.close()


def connect(port, source="127.0.0.5", host="127.0.0.1", helo="client.test", limit=60):
    """A client at `source`: 127.0.0.0/8 is all ours, so where the trusted network is
    127.0.0.1/32, a stranger is 127.0.0.5."""
    address = (source, 0) if source and ":" not in host else None
    connection = socket.create_connection((host, port), limit, address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Client(connection, helo)


def send(port, mail_from, recipients, raw, source="127.0.0.5", host="127.0.0.1",
         helo="client.test", login=None):
    """One message over a connection of its own; `login` is (name, password)."""
    with connect(port, source, host, helo) as client:
        if login:
            reply = client.login(*login)
            if not reply.accepted:
                raise Refused(f"login {login[0]}: {reply}")
        return client.send(mail_from, recipients, raw)
