# SPDX-License-Identifier: Apache-2.0
"""The real milterward binary: its configuration, its life, and its log as events."""
import json
import shlex
import signal
import subprocess

from waiting import wait_until


def to_toml(tables):
    """A configuration as TOML: {"dns": {...}} is a table, {"sign.key": [{...}]} repeats."""
    lines = []
    for name, table in tables.items():
        for entry in table if isinstance(table, list) else [table]:
            lines.append(f"[[{name}]]" if isinstance(table, list) else f"[{name}]")
            # A JSON string, array, number or boolean is the same in TOML.
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
            lines.append("")
    return "\n".join(lines)


def _parse(line):
    """An event from either log format; {} for a partly written line or a library's own words."""
    try:
        if line.startswith("{"):
            return json.loads(line)
        return dict(word.split("=", 1) for word in shlex.split(line))
    except ValueError:
        return {}


class Milterward:
    def __init__(self, lab, binary, settings):
        self._lab, self._binary = lab, binary
        self.settings = settings
        self.config = lab.path("milterward.toml")
        self._process = None
        self._starts = 0

    def write_config(self):
        self.config.write_text(to_toml(self.settings))

    def start(self):
        self.write_config()
        self._starts += 1
        self._process = self._lab.spawn(
            f"milterward{self._starts}", [self._binary, "run", "--config", self.config], limit=5)
        wait_until(lambda: self.events("daemon.ready") or not self._process.runs(),
                   lambda: f"daemon.ready; milterward said:\n{self.said()}")
        assert self._process.runs(), (
            f"milterward ended with {self._process.exit_code()}:\n{self.said()}")

    def said(self):
        return self._process.said() if self._process else ""

    def runs(self):
        return self._process.runs()

    def ended_with(self):
        """Its exit code, negative for a signal; None while it runs or has not begun."""
        return self._process.exit_code() if self._process else None

    @property
    def pid(self):
        return self._process.pid

    def events(self, name=None, **fields):
        """Log lines of the running daemon, parsed, oldest first."""
        found = []
        for line in self.said().splitlines():
            event = _parse(line)
            if event and name in (None, event.get("event")) and all(
                    str(event.get(key)) == str(value) for key, value in fields.items()):
                found.append(event)
        return found

    def wait_event(self, name, limit=15.0, **fields):
        """The newest event of that name with those fields."""
        return wait_until(lambda: self.events(name, **fields),
                          lambda: f"event {name} {fields}; the log:\n{self.said()}", limit)[-1]

    def decision(self, limit=15.0, **fields):
        return self.wait_event("message.decided", limit, **fields)

    def reload(self):
        self._process.send(signal.SIGHUP)

    def terminate(self):
        """SIGTERM, without waiting."""
        self._process.send(signal.SIGTERM)

    def wait_end(self, limit=30.0):
        return self._process.wait(limit)

    def kill(self):
        self._process.kill()

    def explain(self, facts):
        return subprocess.run([self._binary, "explain", "--config", self.config, facts],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=30).stdout.decode()
