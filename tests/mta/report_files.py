# SPDX-License-Identifier: Apache-2.0
"""Reports that the daemon sends: their file, the command that sends them, and a mail server that
kills who hands them over."""
import contextlib
import os
import signal
import socketserver
import sqlite3
import subprocess
import threading

from home import DAEMON_USER
from waiting import wait_until


def query(path, sql, *values):
    database = sqlite3.connect(path, timeout=10)
    try:
        with database:
            return database.execute(sql, values).fetchall()
    finally:
        database.close()


def end_the_period(home):
    """As if all of it had come two days ago."""
    query(home.state / "reports.db",
           "UPDATE open SET begins = begins - 172800, ends = ends - 172800")


def run_report(home, *arguments):
    ran = subprocess.run(
        ["setpriv", f"--reuid={DAEMON_USER}", f"--regid={DAEMON_USER}", "--clear-groups",
         home.daemon.binary, "report", *arguments, "--config", home.daemon.config],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return ran.returncode, ran.stdout.decode()


def end_and_send(home, words, **states):
    """The period ends, and the command sends, exactly what `words` says; unless the daemon, which has a
    round each minute, came between. `states`: how many deliveries are in each state then, whoever sent."""
    def by_daemon():
        return len(home.daemon.events("report.made")) + len(home.daemon.events("report.sent"))

    def found():
        return dict(query(home.state / "reports.db",
                          "SELECT state, count(*) FROM delivery GROUP BY state"))
    before = by_daemon()
    end_the_period(home)
    code, said = run_report(home, "send")
    wait_until(lambda: found() == states, lambda: f"{said}{found()}, not {states}")
    if by_daemon() == before:
        want = 0 if words.endswith("0 wait, 0 given up") else 1
        assert (code, said) == (want, words + "\n"), (code, said)


def reports_of(home, count):
    wait_until(lambda: len(home.remote.all()) >= count,
               lambda: [delivery.recipients for delivery in home.remote.all()], 60)
    return {delivery.recipients[0]: delivery for delivery in home.remote.all()}


class _Killer(socketserver.StreamRequestHandler):
    """Takes a mail, and has the client killed once it has heard so."""

    def handle(self):
        try:
            self._serve()
        except OSError:
            pass  # the client is dead

    def _serve(self):
        self._say("220 here")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(mail)
                self._say("250 taken")
                if self.server.victim:
                    os.kill(self.server.victim.pop(), signal.SIGKILL)
            elif verb == b"QUIT":
                if not self.server.is_deaf:
                    self._say("221 bye")
                return
            else:
                self._say("250 well")

    def _say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


@contextlib.contextmanager
def killing_server(lab):
    """A mail server on loopback with `mails`, a list of processes to kill (`victim`), and
    `is_deaf` while it does not say good-bye."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Killer) as server:
        server.daemon_threads, server.mails, server.victim, server.is_deaf = True, [], [], True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        lab.at_end(server.shutdown)
        yield server
