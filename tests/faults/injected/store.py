# SPDX-License-Identifier: Apache-2.0
"""Counts that cannot be kept: the store is gone, slow, full or damaged. Only mail that is to be
counted waits for it."""
from mail import FALSE, OURS, RELAY, RIGHT
from redis import Redis
from trial import fault


def _with_redis(trial, on_outage="defer"):
    redis = Redis(trial.stage.lab)
    redis.start()
    trial.stage.count_mail(url=redis.url)
    trial.stage.daemon.settings["store"]["on_outage"] = on_outage
    trial.begin()
    return redis


@fault("The shared store (Redis) is killed")
def redis_killed(trial):
    redis = _with_redis(trial)
    redis.kill()
    trial.send()
    redis.start()
    trial.over()
    trial.stage.daemon.wait_event("store.failing")
    trial.stage.daemon.wait_event("store.recovered")


@fault("The shared store is killed, with `store.on_outage = \"local_share\"`")
def redis_killed_with_shares(trial):
    redis = _with_redis(trial, "local_share")
    redis.kill()
    trial.send()
    redis.start()
    trial.over()
    trial.stage.daemon.wait_event("store.merged")


@fault("The shared store does not answer")
def redis_paused(trial):
    redis = _with_redis(trial)
    redis.pause()
    trial.send()
    redis.resume()
    trial.over()


@fault("The shared store is full (`maxmemory`)")
def redis_full(trial):
    redis = _with_redis(trial)
    assert redis.ask("CONFIG SET maxmemory 1") == "+OK"
    trial.send()
    assert redis.ask("CONFIG SET maxmemory 0") == "+OK"
    trial.over()


@fault("The store's file is no database: the daemon does not start, until somebody moves the file away")
def sqlite_damaged(trial):
    stage = trial.stage
    stage.count_mail()
    trial.begin()
    stage.daemon.kill()
    files = list(stage.state.glob("state.db*"))
    for path in files:
        path.write_bytes(b"no database " * 1000)
    assert stage.daemon.start_in_vain() == 1
    stage.daemon.wait_event("daemon.failed")
    trial.send()
    for path in files:
        path.unlink(missing_ok=True)  # SQLite's own beside it may have gone
    stage.daemon.start()
    trial.over()


@fault("The log of counts is damaged: the rest of it is read")
def counts_damaged(trial):
    stage = trial.stage
    stage.count_mail(limit=20)
    trial.begin(kinds=[RIGHT, FALSE, RELAY])
    stage.send_each([OURS] * 5)
    stage.daemon.kill()
    logs = list(stage.state.glob("state.db.log.*"))
    assert logs
    with open(logs[-1], "ab") as log:
        log.write(b"\xff\0 no line of ours\n" * 3)
    stage.daemon.start()
    stage.daemon.wait_event("store.damaged")
    trial.send()
    trial.over()


@fault("The journal is no database: it is moved aside, and a new one is begun")
def journal_damaged(trial):
    stage = trial.stage
    trial.begin()
    stage.daemon.kill()
    for path in stage.state.glob("journal.db*"):
        path.write_bytes(b"no database " * 1000)
        stage.give(path)
    stage.daemon.start()
    trial.send()
    stage.daemon.wait_event("journal.damaged")
    trial.over()
