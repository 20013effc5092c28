# SPDX-License-Identifier: Apache-2.0
"""Mail that flows while something breaks: clients that send one message after the other, a few over
each connection, until they are told to stop. Nothing that became of a message is forgotten."""
import random
import threading
import time

from mail import KINDS, new_queue_id
from milter import Gone, Milter, Outcome

PER_CONNECTION = 3


def send(socket, post, kind, patience=30.0, until=None, size=0):
    """One message over a connection of its own."""
    mail, queue_id = post.write(kind, size), new_queue_id()
    began = time.monotonic()
    try:
        milter = Milter(socket, patience)
    except Gone as gone:
        return Outcome(kind, queue_id, gone.said, at=began, took=time.monotonic() - began)
    try:
        return send_over(milter, mail, queue_id, until)
    finally:
        milter.close()


def send_over(milter, mail, queue_id, until=None):
    try:
        milter.begin(mail.client)
    except (OSError, Gone):
        return Outcome(mail.kind, queue_id, "cut", at=time.monotonic())
    return milter.message(mail, queue_id, until)


class Traffic:
    """`pause` is how long each of the clients rests between two messages."""

    def __init__(self, socket, post, clients=3, pause=0.02, kinds=KINDS, patience=60.0):
        self.outcomes = []
        self._socket, self._post, self._pause = socket, post, pause
        self._kinds, self._patience = kinds, patience
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._flow, args=(number,), daemon=True)
                         for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Waits for the messages that are under way; all outcomes."""
        self._stop.set()
        for thread in self._threads:
            thread.join(self._patience + 5)
            assert not thread.is_alive(), "a message has neither an answer nor a limit"
        return self.outcomes

    def _flow(self, seed):
        dice = random.Random(seed)
        while not self._stop.is_set():
            self._talk(dice)

    def _talk(self, dice):
        try:
            milter = Milter(self._socket, self._patience)
        except Gone as gone:
            self.outcomes.append(Outcome("any", "", gone.said, at=time.monotonic()))
            self._stop.wait(0.1)
            return
        for _ in range(PER_CONNECTION):
            mail = self._post.write(dice.choice(self._kinds))
            outcome = send_over(milter, mail, new_queue_id())
            self.outcomes.append(outcome)
            if outcome.said in ("cut", "unanswered") or self._stop.wait(self._pause):
                break
        milter.close()
