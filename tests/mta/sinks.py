# SPDX-License-Identifier: Apache-2.0
"""Where mail ends: an SMTP or LMTP server that writes every message into a file of the lab.
Both MTAs deliver into the same sinks, so that a scenario reads their mail in one way."""
import json
import socketserver
import threading

from message import Message
from waiting import wait_until


class Delivery:
    """A message as it arrived, with its envelope."""

    def __init__(self, path):
        self.path = path
        envelope = json.loads(path.with_suffix(".json").read_text())
        self.mail_from = envelope["mail_from"]
        self.recipients = envelope["recipients"]
        self.message = Message(path.read_bytes())


class _Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            self._serve()
        except (OSError, ValueError):
            pass  # the MTA cut the line, or the lab and its files are gone

    def _serve(self):
        sink, mail_from, recipients = self.server.sink, "", []
        self._say("220 sink.test ready")
        for line in self.rfile:
            command = line.decode("utf-8", "surrogateescape").strip()
            verb = command[:4].upper()
            if verb in ("EHLO", "LHLO"):
                self._say("250-sink.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING")
            elif verb == "MAIL":
                mail_from, recipients = _path_of(command), []
                self._say("250 2.1.0 ok")
            elif verb == "RCPT" and _path_of(command) in sink.refuses:
                self._say("550 5.1.1 nobody of that name")
            elif verb == "RCPT":
                recipients.append(_path_of(command))
                self._say("250 2.1.5 ok")
            elif verb == "DATA":
                self._say("354 go on")
                sink.keep(mail_from, recipients, self._read_content())
                for _ in recipients if sink.speaks_lmtp else (None,):
                    self._say("250 2.0.0 kept")
            elif verb == "QUIT":
                self._say("221 2.0.0 bye")
                return
            else:
                self._say("250 2.0.0 ok")

    def _read_content(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        raise ConnectionError("cut inside DATA")

    def _say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")


def _path_of(command):
    return command.partition("<")[2].rpartition(">")[0]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Sink:
    def __init__(self, lab, name, port, speaks_lmtp=False):
        self.name, self.port, self.speaks_lmtp = name, port, speaks_lmtp
        self.refuses = set()  # recipients
        self.dir = lab.folder(name)
        self._count, self._lock = 0, threading.Lock()
        self._listeners = []
        self._server = _Server(("127.0.0.1", port), _Session)
        self._server.sink = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        lab.at_end(self.close)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def on_delivery(self, callback):
        """`callback(delivery)` runs after each message, in a thread of its own."""
        self._listeners.append(callback)

    def keep(self, mail_from, recipients, content):
        with self._lock:
            self._count += 1
            path = self.dir / f"{self._count:05}.eml"
        path.with_suffix(".json").write_text(
            json.dumps({"mail_from": mail_from, "recipients": recipients}))
        partial = path.with_suffix(".part")
        partial.write_bytes(content)
        partial.rename(path)
        for callback in self._listeners:
            threading.Thread(target=callback, args=(Delivery(path),), daemon=True).start()

    def all(self):
        return [Delivery(path) for path in sorted(self.dir.glob("*.eml"))]

    def having(self, subject):
        return [delivery for delivery in self.all() if delivery.message.subject == subject]

    def wait_for(self, subject, limit=60.0):
        """The one delivery with this subject."""
        found = wait_until(lambda: self.having(subject),
                           lambda: f"mail '{subject}' in sink {self.name}", limit)
        assert len(found) == 1, f"'{subject}' arrived {len(found)} times"
        return found[0]
