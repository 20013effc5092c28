# SPDX-License-Identifier: Apache-2.0
"""A DNS server a long way off: passes questions on to the scenario's name server and gives each
answer back after a fixed delay, any number of them at the same time."""
import socket
import threading

from ports import free_port


class SlowForwarder:
    def __init__(self, lab, target_port, delay):
        self._target, self._delay = ("127.0.0.1", target_port), delay
        self.port = free_port()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.settimeout(0.1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        lab.at_end(self.close)

    @property
    def address(self):
        return f"127.0.0.1@{self.port}"

    def close(self):
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._stopped.is_set():
            try:
                question, asker = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            timer = threading.Timer(self._delay, self._answer, (question, asker))
            timer.daemon = True
            timer.start()

    def _answer(self, question, asker):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
                upstream.settimeout(2)
                upstream.sendto(question, self._target)
                self._socket.sendto(upstream.recv(65535), asker)
        except OSError:
            pass  # the lab is closing; the asker will time out as with any lost packet
