# SPDX-License-Identifier: Apache-2.0
"""What breaks in a soak: one thing after the other, with time to recover in between."""
import itertools
import threading
import time
from collections import Counter

from mail import FALSE, OURS, RIGHT
from milter import Gone, Milter

EVERY, LASTS = 45.0, 8.0  # seconds
AFTERMATH = 4.0  # so long after its end a fault may still show
_CROWD = 40

_WITHOUT_DNS = {(RIGHT, "deferred"), (FALSE, "deferred"), (FALSE, "marked")}


class Breaking:
    def __init__(self, soak):
        self._soak, self.under_way = soak, None
        self._counts, self._lenient, self._until = Counter(), set(), 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._break_on, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Mends what is broken."""
        self._end.set()
        self._thread.join()

    def lenient(self):
        """What may be said besides what is due, by kind: of what is broken, or was a moment ago."""
        return self._lenient if self.under_way or time.monotonic() < self._until else set()

    def told(self):
        return ", ".join(f"{name} {count}" for name, count in sorted(self._counts.items()))

    def _break_on(self):
        faults = itertools.cycle([
            ("DNS silent", _WITHOUT_DNS, self._dns("silent")), ("reloads", set(), self._reloads),
            ("log blocked", set(), self._log_blocked), ("DNS slow", set(), self._dns("slow")),
            ("peers vanish", set(), self._peers_vanish),
            ("store silent", {(OURS, "deferred")}, self._store_silent),
            ("DNS fails", _WITHOUT_DNS, self._dns("servfail")),
            ("DNS lies", _WITHOUT_DNS, self._dns("lying"))])
        while not self._end.wait(EVERY - LASTS):
            name, lenient, play = next(faults)
            self._lenient, self.under_way = lenient, name
            play()
            self._until, self.under_way = time.monotonic() + AFTERMATH, None
            self._counts[name] += 1

    def _dns(self, mode):
        def play():
            dns = self._soak.stage.dns
            dns.delay, dns.mode = 0.1, mode
            self._end.wait(LASTS)
            dns.mode = "well"
        return play

    def _reloads(self):
        for _ in range(10):
            self._soak.stage.daemon.reload()
            self._end.wait(LASTS / 10)

    def _log_blocked(self):
        self._soak.log.sleep()
        self._end.wait(LASTS)
        self._soak.log.wake()

    def _store_silent(self):
        self._soak.redis.pause()
        self._end.wait(LASTS)
        self._soak.redis.resume()

    def _peers_vanish(self):
        """A crowd of connections that say HELO, and nothing after it, and go without a word."""
        for _ in range(4):
            crowd = []
            for _ in range(_CROWD):
                try:
                    crowd.append(Milter(self._soak.stage.socket))
                    crowd[-1].begin("192.0.2.7")
                except (OSError, Gone):
                    pass
            self._end.wait(LASTS / 4)
            for milter in crowd:
                milter.close()
