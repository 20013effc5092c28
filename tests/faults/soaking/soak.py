# SPDX-License-Identifier: Apache-2.0
"""The traffic of a soak, the faults in it, and what is looked at meanwhile."""
import random
import threading
import time
from collections import Counter

from mail import FALSE, KINDS, OURS, RELAY, RIGHT, new_queue_id
from milter import Gone, Milter
from processes import descriptors, kilobytes, processor_seconds, threads
from redis import Redis
from sleepy_reader import SleepyReader
from soaking.breaking import Breaking
from soaking.curve import Curve, Sample
from stage import Stage
from traffic import send_over

CLIENTS = 6
SAMPLE_EVERY = 5.0
_PATIENCE = 60.0
_LARGE, _LARGE_BODY = 0.02, 1_000_000
_LEAVING = 0.08  # of the messages are broken off at some step
_STEPS = ("M", "R", "T", "L", "N", "B")

DUE = {RIGHT: "accepted", FALSE: "refused", OURS: "accepted", RELAY: "refused"}


class Soak:
    def __init__(self, lab, binary, rate):
        self.stage = Stage(lab, binary)
        self.redis = Redis(lab)
        self.curve, self.counts = Curve(), Counter()
        self.log = SleepyReader(self.stage)
        self.breaking = Breaking(self)
        self._pause = CLIENTS / rate
        self._wrong, self._slowest, self._end = [], 0.0, threading.Event()
        self._lock = threading.Lock()

    def run(self, seconds, out):
        self.redis.start()
        self.stage.count_mail(url=self.redis.url)
        self.stage.wait_little_for_dns()
        self.stage.start()
        began = time.monotonic()
        clients = [threading.Thread(target=self._flow, args=(number,), daemon=True)
                   for number in range(CLIENTS)]
        for client in clients:
            client.start()
        self.breaking.start()
        self._watch(began, seconds, out)
        self.breaking.stop()
        self._end.set()
        for client in clients:
            client.join(_PATIENCE + 5)
            if client.is_alive():
                self._wrong.append("a message has neither an answer nor a limit")
        self.stage.daemon.terminate()
        code = self.stage.daemon.wait_end()
        if code != 0:
            self._wrong.append(f"the daemon ended with {code}")

    def complaints(self):
        if not self.stage.daemon.events("daemon.stopped"):
            yield "no daemon.stopped in the log"
        yield from self._wrong[:20]

    def told(self):
        said = ", ".join(f"{kind} {said} {count}" for (kind, said), count in sorted(self.counts.items()))
        return (f"{sum(self.counts.values())} messages: {said}\nfaults: {self.breaking.told()}\n"
                f"slowest message: {self._slowest:.2f} s")

    def _watch(self, began, seconds, out):
        daemon, sent, used, last = self.stage.daemon, 0, 0.0, began
        while time.monotonic() - began < seconds:
            time.sleep(SAMPLE_EVERY)
            if not daemon.runs():
                self._wrong.append(f"the daemon ended with {daemon.ended_with()}")
                return
            now, total, processor = time.monotonic(), sum(self.counts.values()), processor_seconds(daemon.pid)
            self.curve.samples.append(Sample(
                round(now - began, 1), kilobytes(daemon.pid), len(descriptors(daemon.pid)),
                threads(daemon.pid), round((total - sent) / (now - last), 1),
                round(100 * (processor - used) / (now - last), 1), self.breaking.under_way or ""))
            sent, used, last = total, processor, now
            self.curve.write(out)

    def _flow(self, seed):
        dice = random.Random(seed)
        while not self._end.is_set():
            self._talk(dice)

    def _talk(self, dice):
        """A connection with a few messages, each due at its time."""
        try:
            milter = Milter(self.stage.socket, _PATIENCE)
        except Gone as gone:
            self._wrong.append(f"a connection was {gone.said} ({self.breaking.under_way})")
            self._end.wait(1)
            return
        for _ in range(dice.randint(1, 5)):
            size = _LARGE_BODY if dice.random() < _LARGE else 0
            until = dice.choice(_STEPS) if dice.random() < _LEAVING else None
            lenient = self.breaking.lenient()
            outcome = send_over(milter, self.stage.post.write(dice.choice(KINDS), size),
                                new_queue_id(), until)
            self._judge(outcome, lenient | self.breaking.lenient())
            if outcome.said in ("cut", "unanswered", "left") or self._end.wait(
                    dice.uniform(0, 2 * self._pause)):
                break
        milter.close()

    def _judge(self, outcome, lenient):
        with self._lock:
            self.counts[(outcome.kind, outcome.said)] += 1
            self._slowest = max(self._slowest, outcome.took)
        due = {DUE[outcome.kind], "left"} | {said for kind, said in lenient if kind == outcome.kind}
        if outcome.said not in due:
            self._wrong.append(f"{outcome.kind} {outcome.said} ({self.breaking.under_way}) {outcome.reply}")
        elif outcome.said == "accepted":
            self._wrong += [f"{outcome.kind} {why}" for why in self.stage.wrongs_of(outcome)]
