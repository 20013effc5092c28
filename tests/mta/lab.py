# SPDX-License-Identifier: Apache-2.0
"""One scenario's laboratory: a directory of its own and the processes started in it.
Processes are known by the pid we started and end with the lab, also when the test is killed
(setpriv --pdeathsig): nothing is ever looked up by name."""
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from waiting import NotInTime, wait_until


class Process:
    """A server in a session of its own; its output goes to a file in the lab."""

    def __init__(self, name, arguments, output, environment=None, descriptors=()):
        self.name = name
        self.output = Path(output)
        with open(self.output, "ab") as file:
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
                pass_fds=descriptors, env={**os.environ, **(environment or {})})
        self.pid = self._popen.pid

    def runs(self):
        return self._popen.poll() is None

    def exit_code(self):
        return self._popen.poll()

    def send(self, signal_number):
        if self.runs():
            os.kill(self.pid, signal_number)

    def wait(self, limit=15.0):
        wait_until(lambda: not self.runs(), f"the end of {self.name}", limit)
        return self._popen.returncode

    def stop(self, limit=10.0):
        """SIGTERM, then after `limit` seconds SIGKILL for it and what it started."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # a paused one cannot end
        try:
            self.wait(limit)
        except NotInTime:
            self.kill()

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._popen.wait()

    def said(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""


class Lab:
    """The directory, the unpacked servers, and everything to be undone at the end."""

    def __init__(self, servers, directory=None):
        self.servers = Path(servers)
        self.dir = Path(directory or tempfile.mkdtemp(prefix="milterward-lab."))
        self.dir.mkdir(exist_ok=True)
        self.dir.chmod(0o755)  # the MTAs' unprivileged processes pass through it
        self._undo = []

    def path(self, *parts):
        return self.dir.joinpath(*parts)

    def folder(self, *parts, mode=0o755):
        path = self.path(*parts)
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        return path

    def spawn(self, name, arguments, environment=None, limit=10.0, descriptors=()):
        process = Process(name, arguments, self.path(f"{name}.out"), environment, descriptors)
        self.at_end(lambda: process.stop(limit))
        return process

    def at_end(self, undo):
        self._undo.append(undo)

    def close(self, keep_files=False):
        while self._undo:
            self._undo.pop()()
        if not keep_files:
            shutil.rmtree(self.dir, ignore_errors=True)
