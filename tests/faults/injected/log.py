# SPDX-License-Identifier: Apache-2.0
"""Logs that nobody reads: mail goes on, lines are left out and counted."""
from mail import RELAY
from sleepy_reader import SleepyReader
from trial import fault


@fault("Nobody reads the log: standard error is a full pipe")
def log_pipe_blocked(trial):
    stage = trial.stage
    reader = SleepyReader(stage)
    trial.begin()
    reader.sleep()
    full = stage.send_each([RELAY] * 400)  # more lines than the pipe holds
    assert all(outcome.said == "refused" for outcome in full), full[-1]
    unseen = stage.send_each()
    trial.outcomes += full + unseen
    trial.mail = {outcome.kind: stage.told_by_journal(outcome) for outcome in unseen}
    reader.wake()
    trial.over()
    assert any("dropped" in event for event in stage.daemon.events()), "no line was left out"
