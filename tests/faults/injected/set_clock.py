# SPDX-License-Identifier: Apache-2.0
"""Somebody sets the clock. Waiting is measured by another one; what is counted by the day begins a
new one."""
import time

from clock import DAY, Clock
from trial import fault
from waiting import wait_until


def _jumping(trial, seconds):
    clock = Clock(trial.stage, trial.clock)
    trial.stage.count_mail()
    trial.stage.dns.delay = 0.3
    trial.begin()
    trial.stage.dns.mode = "slow"  # so that questions are under way when it jumps
    asked = trial.stage.dns.asked
    wait_until(lambda: trial.stage.dns.asked > asked + 5, "questions")
    clock.jump(seconds)
    trial.stage.dns.mode = "well"
    time.sleep(trial.stage.dns.delay)
    trial.send()
    year = str(trial.stage.daemon.events("message.decided")[-1]["time"])[:4]
    clock.jump(0)
    trial.over()
    right = str(trial.stage.daemon.events("message.decided")[-1]["time"])[:4]
    assert int(year) - int(right) == round(seconds / DAY / 365), "the clock was never set"


@fault("The clock jumps two years ahead, and back")
def clock_ahead(trial):
    _jumping(trial, 730 * DAY)


@fault("The clock jumps two years back, and ahead")
def clock_back(trial):
    _jumping(trial, -730 * DAY)
