# SPDX-License-Identifier: Apache-2.0
"""A real Redis that can be stopped, paused, filled and started again."""
import signal
import socket

from ports import free_port
from waiting import wait_until


class Redis:
    def __init__(self, lab):
        self._lab, self.port = lab, free_port()
        self._directory = lab.folder("redis")
        self._process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/1"

    def start(self):
        self._process = self._lab.spawn("redis", [
            self._lab.servers / "usr/bin/redis-server", "--bind", "127.0.0.1", "--port", self.port,
            "--dir", self._directory, "--appendonly", "yes", "--save", ""])
        wait_until(lambda: self.ask("PING") == "+PONG", "an answer of redis-server")

    def kill(self):
        self._process.kill()

    def pause(self):
        self._process.send(signal.SIGSTOP)

    def resume(self):
        self._process.send(signal.SIGCONT)

    def ask(self, *words):
        """The first line of what it answers; None where nobody listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.sendall((" ".join(words) + "\r\n").encode())
                return connection.makefile().readline().rstrip("\r\n")
        except OSError:
            return None
