# SPDX-License-Identifier: Apache-2.0
"""One fault, from before it to after it: what mail meets while all is well, what it meets while the
fault lasts, and how long after its end everything is as it was. Other mail flows all the time."""
import time

from mail import KINDS
from processes import threads
from waiting import NotInTime, wait_until

_faults = {}


class Fault:
    def __init__(self, play, title, within):
        self.play, self.title, self.within = play, title, within
        self.name = play.__name__


def fault(title, within=3):
    """A function that plays a fault on a Trial. `title` stands in the manual; `within` so many
    seconds after its end mail is as before."""
    def register(play):
        assert play.__name__ not in _faults, play.__name__
        _faults[play.__name__] = Fault(play, title, within)
        return play
    return register


def all_faults():
    return dict(_faults)


class Trial:
    def __init__(self, stage, within, clock=None):
        self.stage, self.within = stage, within
        self.clock = clock      # the library that lets the test set the daemon's clock
        self.mail = {}          # kind -> what its sender was told while the fault lasted
        self.took = None        # seconds from the end of the fault to mail as before
        self.outcomes = []      # everything sent, by the other mail too
        self.believed = ()      # kinds of mail that the policy lets in meanwhile
        self._normal, self._traffic = {}, None

    def begin(self, **traffic):
        """The daemon starts, mail flows."""
        self.stage.start()
        self._normal = self.stage.normal()
        self.flow(**traffic)

    def begin_quietly(self):
        """The daemon starts; all it was lent for the first mail, such as threads, is given back."""
        self.stage.start()
        before = threads(self.stage.daemon.pid)
        self._normal = self.stage.normal()
        wait_until(lambda: threads(self.stage.daemon.pid) <= before, "the end of idle threads")

    def flow(self, **traffic):
        self._traffic = self.stage.traffic(**traffic)

    def send(self, kinds=KINDS, **options):
        """Mail while the fault lasts, one of each kind; what they are told is the result."""
        for kind in kinds:
            self.heard(self.stage.send(kind, **options))

    def heard(self, outcome):
        """What became of a message while the fault lasts."""
        self.outcomes.append(outcome)
        self.mail[outcome.kind] = self.stage.told(outcome)

    def over(self):
        """The fault has ended: waits until every kind of mail is as before."""
        began = time.monotonic()
        while True:
            told = {}
            for kind in KINDS:
                outcome = self.stage.send(kind)
                self.outcomes.append(outcome)
                told[kind] = self.stage.told(outcome)
            if told == self._normal:
                self.took = time.monotonic() - began
                break
            if time.monotonic() - began > self.within:
                raise NotInTime(f"not as before within {self.within} s: {told}, not {self._normal}")
            time.sleep(0.02)

    def end(self):
        """Whatever was sent has an answer, and the policy was kept. How often each was said."""
        self.outcomes += self._traffic.stop()
        assert self.took is not None, "the fault never ended"
        return self.stage.assert_nobody_is_in(self.outcomes, self.believed)
