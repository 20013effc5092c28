# SPDX-License-Identifier: Apache-2.0
"""The machine gives no more descriptors, threads or memory."""
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from mail import FALSE, KINDS, LIAR, OURS, RELAY, RIGHT, new_queue_id
from milter import Milter
from processes import descriptors, kilobytes, set_limit, soft_limit
from registry import Skipped
from trial import fault
from waiting import wait_until


@fault("No descriptor is left, neither for connections nor for DNS")
def no_descriptors(trial):
    """Mail comes over connections of before, since there is room for no other."""
    trial.begin_quietly()
    stage, pid = trial.stage, trial.stage.daemon.pid
    milters = {kind: Milter(stage.socket) for kind in KINDS}
    for kind, milter in milters.items():
        milter.begin(stage.post.write(kind).client)
    _wait_for_rest(pid)
    before = soft_limit(pid, "Max open files")
    set_limit(pid, "nofile", next(number for number in count() if number not in descriptors(pid)))
    trial.flow()
    for kind, milter in milters.items():
        trial.heard(milter.message(stage.post.write(kind), new_queue_id()))
    set_limit(pid, "nofile", before)
    for milter in milters.values():
        milter.close()
    trial.over()


def _wait_for_rest(pid):
    """Until no question to DNS is under way: its socket would be a descriptor to spare."""
    seen = []

    def rests():
        seen.append(sorted(descriptors(pid)))
        return len(seen) >= 20 and all(one == seen[-1] for one in seen[-20:])
    wait_until(rests, "descriptors that stay the same")


@fault("The system gives no more threads: who connects while none is idle is sent away")
def no_threads(trial):
    if os.geteuid() != 0:
        raise Skipped("how many threads there may be depends on what else this user runs")
    trial.begin_quietly()
    pid = trial.stage.daemon.pid
    before = soft_limit(pid, "Max processes")
    set_limit(pid, "nproc", 1)
    last = Milter(trial.stage.socket)  # who is idle serves it
    trial.send(patience=10)
    set_limit(pid, "nproc", before)
    last.close()
    trial.over()
    trial.flow()
    trial.stage.daemon.wait_event("connection.refused")


@fault("No memory is left: what fits into that which is there is served")
def no_memory(trial):
    stage = trial.stage
    stage.wait_little_for_dns()
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
        assert outcome.said in ("cut", "deferred", *_SERVED[outcome.kind]), outcome
    trial.outcomes += meanwhile
    trial.mail = {kind: f"{' or '.join(said)} where it can be, else deferred"
                  for kind, said in _SERVED.items()}
    trial.over()


# So many messages with nearly a megabyte of header each want more memory than is set aside.
_CROWD, _LONGEST = 100, 95
# Where a question to DNS finds no memory, what a lie deserves is less certain (dmarc.reject).
_SERVED = {RIGHT: ["accepted"], FALSE: ["refused", "marked"], OURS: ["accepted"], RELAY: ["refused"]}
