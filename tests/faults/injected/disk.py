# SPDX-License-Identifier: Apache-2.0
"""Disks that take no more, and logs that nobody reads."""
from processes import set_limit, soft_limit
from sleepy_reader import SleepyReader
from small_disk import SmallDisk
from trial import fault


@fault("The disk of store and journal is full")
def disk_full(trial):
    stage = trial.stage
    stage.count_mail()
    disk = SmallDisk(stage, "2M")
    stage.daemon.settings["journal"]["file"] = str(disk.path / "journal.db")
    stage.daemon.settings["store"]["url"] = f"sqlite:{disk.path}/state.db"
    trial.begin(pause=0)
    disk.fill()
    stage.daemon.wait_event("journal.failing")
    stage.daemon.wait_event("store.failing")
    trial.send()
    disk.empty()
    trial.over()
    stage.daemon.wait_event("journal.recovered", 90)


@fault("Files may not grow (`LimitFSIZE`)")
def files_may_not_grow(trial):
    stage = trial.stage
    stage.count_mail()
    SleepyReader(stage)  # a log in a file could not grow either
    trial.begin(pause=0)
    before = soft_limit(stage.daemon.pid, "Max file size")
    set_limit(stage.daemon.pid, "fsize", 0)
    stage.daemon.wait_event("journal.failing")
    stage.daemon.wait_event("store.failing")
    trial.send()
    set_limit(stage.daemon.pid, "fsize", before)
    trial.over()
    stage.daemon.wait_event("journal.recovered", 90)
