#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The play behind packaging/demo: a private Postfix that is configured as an open relay, a name
server with made-up domains, Milterward, and six messages. It uses the servers and helpers of the
tests, so that what a postmaster sees first is what the tests hold to be true."""
import argparse
import os
import re
import signal
import sys
import textwrap
from pathlib import Path

sys.dont_write_bytecode = True

from client import send  # noqa: E402
from home import AUTHSERV_ID, FRIEND, LIAR, Home  # noqa: E402
from lab import Lab  # noqa: E402
from message import compose  # noqa: E402
from registry import Skipped  # noqa: E402
from root import become_root  # noqa: E402
from servers import unpacked_servers  # noqa: E402
from waiting import wait_until  # noqa: E402

_SHOWN = ("authentication-results", "dkim-signature", "milterward-verdict", "from")


class Play:
    """One message: what is asked, what came of it, and whether that is right."""

    def __init__(self, home):
        self._home = home
        self._number, self.wrong = 0, 0

    def act(self, title, asked, do, judge):
        """`do()` sends and returns (reply, message or None); `judge(reply, message)` returns what
        is wrong with the outcome, or nothing."""
        self._number += 1
        print(f"\n{self._number}. {title}")
        _tell("asked", asked)
        before = len(self._decisions())
        reply, message = do()
        decision = wait_until(lambda: self._decisions()[before:], "Milterward's decision")[-1]
        _tell("answer", str(reply))
        _tell("decided", f"{decision['verdict']} by rule {decision['rule']}")
        _tell("because", _why(decision))
        if message:
            _tell("headers", *(_shorten(f"{name}: {value}") for name, value in message.fields
                               if name.lower() in _SHOWN))
        fault = judge(reply, message)
        self.wrong += bool(fault)
        _tell("verdict", f"WRONG: {fault}" if fault else "as it should be")

    def _decisions(self):
        return [event for event in self._home.daemon.events()
                if event.get("event") in ("message.decided", "recipient.decided")]


def _tell(label, *texts):
    margin = f"   {label + ':':10}"
    for text in texts:
        print(textwrap.fill(" ".join(text.split()), 100, initial_indent=margin,
                            subsequent_indent=" " * 15, break_on_hyphens=False))
        margin = " " * 13


def _shorten(field):
    """A signature's octets tell a reader nothing; they are checked, not looked at."""
    return re.sub(r"\b(b=\S{12})[^;]*$", r"\1...", field)


def _why(decision):
    known = ("direction", "reason", "client", "login", "from", "spf", "dkim", "dmarc", "signed")
    return ", ".join(f"{name}={decision[name]}" for name in known if decision.get(name))


def perform(home):
    """All six; the number of those that went wrong."""
    play = Play(home)

    def received(sent):
        reply, subject = sent
        return reply, home.local.wait_for(subject).message if reply.accepted else None

    def has(message, *words):
        if message is None:
            return "it was not delivered"
        results = home.our_results(message)
        return ", ".join(f"no {word}" for word in words if word not in results)

    play.act("Authentic mail",
             f"Ann writes to Bob from {FRIEND}, which friend.test's SPF names, and signed.",
             lambda: received(home.friendly_mail()),
             lambda reply, message: has(message, "spf=pass", "dkim=pass", "dmarc=pass"))
    play.act("Spoofed mail",
             f"{LIAR} writes as boss@bank.test, whose DMARC policy is p=reject.",
             lambda: received(home.spoof_of("bank.test")),
             lambda reply, _: "" if reply.code == 550 and "DMARC" in reply.text
             else "not refused naming DMARC")
    play.act("Unsigned mail",
             f"{LIAR} writes as boss@plain.test, which publishes neither SPF nor DKIM nor DMARC.",
             lambda: received(home.spoof_of("plain.test")),
             lambda reply, message: has(message, "spf=none", "dkim=none", "dmarc=none"))
    play.act("Submission",
             "Joe logs in on the submission port and writes to Ann.",
             lambda: _submit(home),
             lambda reply, message: _signed_twice(home, message))
    play.act("Relay attempt",
             f"{LIAR} wants a message for x@out.test delivered; Postfix is configured to allow it.",
             lambda: (send(home.mta.port, "a@plain.test", ["x@out.test"],
                           compose("a@plain.test", "x@out.test"), LIAR), None),
             lambda reply, _: "" if reply.code == 550 and "5.7.1" in reply.text else "not refused")
    forged = f"{AUTHSERV_ID}; dkim=pass header.d=bank.test"
    play.act("Forged header",
             f"{LIAR} writes as boss@plain.test and brings along Authentication-Results: {forged}",
             lambda: received(home.spoof_of("plain.test",
                                            headers=[("Authentication-Results", forged)])),
             lambda reply, message: "the forgery is still there"
             if message is None or forged in message.head() else has(message, "dkim=none"))
    return play.wrong


def _submit(home):
    reply, subject = home.submission()
    return reply, home.remote.wait_for(subject).message if reply.accepted else None


def _signed_twice(home, message):
    if message is None:
        return "it was not delivered"
    outcome = home.verified_signatures(message)
    _tell("checked", *(f"dkimpy, an independent verifier: {algorithm} signature of {domain} "
                       f"{'verifies' if good else 'DOES NOT VERIFY'}"
                       for (domain, algorithm), good in outcome.items()))
    return "" if len(outcome) == 2 and all(outcome.values()) else "not two good signatures"


def how_to_talk(home):
    print(f"""
Everything keeps running below {home.lab.dir}:
   a stranger:    swaks --server 127.0.0.1:{home.mta.port} --local-interface {LIAR} \\
                      --from you@plain.test --to bob@local.test
   our user:      swaks --server 127.0.0.1:{home.mta.submission_port} --auth PLAIN \\
                      --auth-user joe --auth-password secret --from joe@local.test --to ann@friend.test
   delivered:     {home.local.dir} (ours), {home.remote.dir} (out)
   decisions:     {home.lab.path("milterward1.out")}
   configuration: {home.daemon.config}; after a change: kill -HUP {home.daemon.pid}
   the end:       kill {os.getpid()}""")


def detach():
    """Lets the caller go on when the play is over, while this process keeps the servers: they end
    with the process that started them."""
    receive, report = os.pipe()
    if os.fork():
        os.close(report)
        outcome = os.read(receive, 1)
        sys.stdout.flush()
        os._exit(outcome[0] if outcome else 1)
    os.setsid()
    return report


def stay(report, outcome):
    sys.stdout.flush()
    os.write(report, bytes([outcome]))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    while True:
        signal.pause()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--milterward", required=True, type=Path)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    try:
        become_root()
    except Skipped as reason:
        print(f"skipped: {reason}")
        return 77
    report = detach() if arguments.keep else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # passes by lab.close()
    lab = Lab(unpacked_servers())
    try:
        home = Home(lab, "postfix", arguments.milterward.resolve())
        home.mta.is_open = True
        home.start()
        wrong = perform(home)
        print(f"\n{6 - wrong} of 6 messages came out right.")
        if arguments.keep:
            how_to_talk(home)
            stay(report, 1 if wrong else 0)
    finally:
        lab.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
