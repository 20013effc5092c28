# SPDX-License-Identifier: Apache-2.0
"""The daemon itself dies, is told to reload again and again, or makes room for its successor; the
mail server vanishes; a key or the time is not what it was."""
import shutil
import signal
import socket
import time

from mail import KINDS, OURS, new_queue_id
from processes import descriptors, threads
from trial import fault
from waiting import wait_until


@fault("The daemon dies (`kill -9`), and its service manager starts it again")
def killed(trial):
    stage = trial.stage
    stage.count_mail()
    trial.begin()
    stage.daemon.kill()
    trial.send()
    stage.daemon.start()
    trial.over()


@fault("A storm of SIGHUP: a hundred in two seconds, while mail flows")
def reload_storm(trial):
    trial.begin()
    for number in range(100):
        trial.stage.daemon.reload()
        time.sleep(0.02)
        if number == 50:
            trial.send()
    trial.over()
    assert trial.stage.daemon.runs()


@fault("A key file vanishes, then SIGHUP: the former configuration stays in force")
def key_vanishes_before_reload(trial):
    stage = trial.stage
    path = stage.our_keys[0].path
    trial.begin()
    aside = shutil.move(path, f"{path}.aside")
    stage.daemon.reload()
    stage.daemon.wait_event("config.kept")
    trial.send()
    shutil.move(aside, path)
    stage.daemon.reload()
    stage.daemon.wait_event("config.reloaded")
    trial.over()


@fault("A key file vanishes, then the daemon is started again")
def key_vanishes_before_start(trial):
    stage = trial.stage
    path = stage.our_keys[0].path
    trial.begin()
    aside = shutil.move(path, f"{path}.aside")
    stage.daemon.kill()
    stage.daemon.start()
    stage.daemon.wait_event("key.unusable")
    trial.send()
    shutil.move(aside, path)
    stage.daemon.reload()
    stage.daemon.wait_event("config.reloaded")
    trial.over()


@fault("The mail server vanishes in the midst of messages, at each step of them")
def mail_server_vanishes(trial):
    stage = trial.stage
    stage.count_mail(limit=60)
    trial.begin(kinds=[kind for kind in KINDS if kind != OURS])
    before = len(descriptors(stage.daemon.pid))
    for until in ("M", "R", "T", "L", "N", "B"):
        for kind in KINDS:
            for _ in range(20):  # of ours alone twice what the quota allows
                stage.send(kind, until=until, size=200_000)
    trial.send()
    trial.over()
    wait_until(lambda: len(descriptors(stage.daemon.pid)) <= before + 5,
               lambda: f"{len(descriptors(stage.daemon.pid))} descriptors, {before} before")


@fault("An upgrade in place: the former daemon drains, its successor has the same socket")
def upgrade(trial):
    stage = trial.stage
    stage.count_mail()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(stage.socket))
    listener.listen(64)
    stage.socket.chmod(0o666)
    stage.daemon.settings["milter"] = {"socket": f"fd:{listener.fileno()}"}
    stage.daemon.descriptors = (listener.fileno(),)
    trial.begin()
    stage.daemon.terminate()
    stage.daemon.wait_end()
    stage.daemon.binary = shutil.copy(stage.daemon.binary, stage.lab.folder("new"))
    waiting = stage.traffic(clients=1)
    stage.daemon.start()
    trial.send()
    trial.over()
    trial.outcomes += waiting.stop()
    cut = [outcome for outcome in trial.outcomes if outcome.said in ("cut", "away")]
    assert not cut, cut
