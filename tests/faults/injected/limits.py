# SPDX-License-Identifier: Apache-2.0
"""The machine gives no more descriptors, threads or memory."""
import os
from concurrent.futures import ThreadPoolExecutor

from mail import FALSE, LIAR, OURS, RELAY, RIGHT, new_queue_id
from milter import Milter
from processes import descriptors, kilobytes, set_limit, soft_limit
from registry import Skipped
from trial import fault


def _limited(trial, name, row, value):
    """Sends mail under a limit of the running daemon."""
    pid = trial.stage.daemon.pid
    before = soft_limit(pid, row)
    set_limit(pid, name, value(pid))
    trial.send(patience=3)
    set_limit(pid, name, before)
    trial.over()


@fault("No descriptor is left, neither for connections nor for DNS")
def no_descriptors(trial):
    trial.begin()
    _limited(trial, "nofile", "Max open files", lambda pid: max(descriptors(pid)) + 1)


@fault("The system gives no more threads: who connects while none is idle is sent away")
def no_threads(trial):
    if os.geteuid() != 0:
        raise Skipped("how many threads there may be depends on what else this user runs")
    trial.begin_quietly()
    _limited(trial, "nproc", "Max processes", lambda pid: 1)
    trial.flow()
    trial.stage.daemon.wait_event("connection.refused")


@fault("No memory is left: what fits into that which is there is served")
def no_memory(trial):
    stage = trial.stage
    trial.begin()
    crowd = [Milter(stage.socket) for _ in range(_CROWD)]
    for milter in crowd:
        milter.begin(LIAR)
    before = soft_limit(stage.daemon.pid, "Max address space")
    set_limit(stage.daemon.pid, "as", kilobytes(stage.daemon.pid, "VmSize") * 1024)
    with ThreadPoolExecutor(_CROWD) as together:
        meanwhile = list(together.map(lambda milter: milter.message(
            stage.post.write(OURS, fields=_LONGEST), new_queue_id()), crowd))
    stage.daemon.wait_event("callback.failed")
    meanwhile += stage.send_each()
    set_limit(stage.daemon.pid, "as", before)
    for outcome in meanwhile:
        assert outcome.said in ("cut", "deferred", _SERVED[outcome.kind]), outcome
    trial.outcomes += meanwhile
    trial.mail = {kind: f"{said} where it can be, else deferred" for kind, said in _SERVED.items()}
    trial.over()


# So many messages with nearly a megabyte of header each want more memory than is set aside.
_CROWD, _LONGEST = 100, 95
_SERVED = {RIGHT: "accepted", FALSE: "refused", OURS: "accepted", RELAY: "refused"}
