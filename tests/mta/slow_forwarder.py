# SPDX-License-Identifier: Apache-2.0
"""A DNS server a long way off: asks the scenario's name server, which is near, at once, and gives
each answer back after a fixed delay, any number of them at the same time."""
import collections
import select
import socket
import threading
import time

from ports import free_port

_LOOK_UP_EVERY = 0.1  # seconds, to see whether to end
_ROOM_FOR_A_BURST = 4 << 20


class SlowForwarder:
    def __init__(self, lab, target_port, delay):
        self._delay = delay
        self.port = free_port()
        self.questions = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM_FOR_A_BURST)
        self._socket.bind(("127.0.0.1", self.port))
        self._upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._upstream.settimeout(2)
        self._upstream.connect(("127.0.0.1", target_port))
        self._under_way = collections.deque()  # (when due, answer, asker), the next one first
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
        self._upstream.close()

    def _serve(self):
        while not self._stopped.is_set():
            if select.select([self._socket], [], [], self._patience())[0]:
                self._take_one()
            while self._under_way and self._under_way[0][0] <= time.monotonic():
                _, answer, asker = self._under_way.popleft()
                self._socket.sendto(answer, asker)

    def _patience(self):
        if not self._under_way:
            return _LOOK_UP_EVERY
        return min(_LOOK_UP_EVERY, max(0, self._under_way[0][0] - time.monotonic()))

    def _take_one(self):
        question, asker = self._socket.recvfrom(4096)
        due = time.monotonic() + self._delay
        self.questions += 1
        try:
            self._upstream.send(question)
            answer = self._upstream.recv(65535)
            while answer[:2] != question[:2]:  # that of a question given up before
                answer = self._upstream.recv(65535)
        except OSError:
            return  # lost, as datagrams are; the asker waits in vain
        self._under_way.append((due, answer, asker))
