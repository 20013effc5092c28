# SPDX-License-Identifier: Apache-2.0
"""Name servers that are dead, slow, lying, or say too much or too little."""
from mail import FALSE
from trial import fault


def _with_mode(trial, mode, is_answered=True):
    if not is_answered:
        trial.stage.wait_little_for_dns()
    trial.begin()
    trial.stage.dns.mode = mode
    trial.send()
    trial.stage.dns.mode = "well"
    trial.over()


@fault("DNS is silent, with `dmarc.on_temperror = \"defer\"`")
def dns_silent(trial):
    _with_mode(trial, "silent", is_answered=False)
    trial.stage.daemon.wait_event("dns.failing")
    trial.stage.daemon.wait_event("dns.recovered")


@fault("DNS is silent, with the defaults: who cannot be checked is let in")
def dns_silent_by_default(trial):
    trial.believed = (FALSE,)
    del trial.stage.daemon.settings["dmarc"]
    _with_mode(trial, "silent", is_answered=False)


@fault("DNS takes 0.4 s for each answer")
def dns_slow(trial):
    trial.begin()
    trial.stage.dns.delay, trial.stage.dns.mode = 0.4, "slow"
    trial.send()
    trial.stage.dns.mode = "well"
    trial.over()


@fault("DNS answers SERVFAIL")
def dns_servfail(trial):
    _with_mode(trial, "servfail")


@fault("DNS answers REFUSED")
def dns_refused(trial):
    _with_mode(trial, "refused")


@fault("Somebody forges DNS answers: another id, another question, everybody may send")
def dns_lying(trial):
    _with_mode(trial, "lying", is_answered=False)


@fault("DNS answers are truncated, and TCP is closed")
def dns_truncated(trial):
    _with_mode(trial, "truncated")


@fault("DNS answers are 60 kB, by TCP")
def dns_huge(trial):
    _with_mode(trial, "huge")


@fault("DNS answers are garbage")
def dns_garbage(trial):
    _with_mode(trial, "garbage", is_answered=False)


@fault("The name server is dead: its port is closed")
def dns_dead(trial):
    trial.begin()
    trial.stage.dns.close()
    trial.send()
    trial.stage.dns.open()
    trial.over()
