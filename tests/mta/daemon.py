# SPDX-License-Identifier: Apache-2.0
"""The real milterward binary: its configuration, its life, and its log as events."""
import json
import shlex
import shutil
import signal
import subprocess
from collections import Counter

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


def _events_in(log, name=None, **fields):
    found = []
    for line in log.splitlines():
        event = _parse(line)
        if event and name in (None, event.get("event")) and all(
                str(event.get(key)) == str(value) for key, value in fields.items()):
            found.append(event)
    return found


class Milterward:
    """`facts` is a folder it may write to."""

    def __init__(self, lab, binary, settings, facts):
        self._lab, self.binary, self._facts = lab, binary, facts
        self.settings = settings
        self.config = lab.path("milterward.toml")
        self._configs = []  # every configuration there was, with the facts it decided
        self._process = None
        self._starts = 0
        # What stands before its command line, in its environment, and what it inherits.
        self.prefix, self.environment, self.descriptors = [], None, ()


    def write_config(self):
        number = len(self._configs) + 1
        facts = self._facts / f"facts{number}"
        self.settings["log"]["facts"] = str(facts)
        copy = self._lab.path(f"milterward.{number}.toml")
        copy.write_text(to_toml(self.settings))
        self._configs.append((copy, facts))
        shutil.copy(copy, self.config)

    def start(self):
        self._spawn()
        wait_until(lambda: self.events("daemon.ready") or not self._process.runs(),
                   lambda: f"daemon.ready; milterward said:\n{self.said()}")
        assert self._process.runs(), (
            f"milterward ended with {self._process.exit_code()}:\n{self.said()}")

    def start_in_vain(self):
        """Where it cannot start; its exit code."""
        self._spawn()
        return self._process.wait()

    def _spawn(self):
        self.write_config()
        self._starts += 1
        self._process = self._lab.spawn(
            f"milterward{self._starts}",
            [*self.prefix, self.binary, "run", "--config", self.config], self.environment, limit=5,
            descriptors=self.descriptors)

    def said(self):
        return self._process.said() if self._process else ""

    def said_ever(self):
        """By each of its processes, not the running one only."""
        return "".join(path.read_text(errors="replace")
                       for path in self._lab.dir.glob("milterward*.out"))

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
        return _events_in(self.said(), name, **fields)

    def events_ever(self, name=None, **fields):
        """The same of each of its processes."""
        return _events_in(self.said_ever(), name, **fields)

    def wait_event(self, name, limit=60.0, **fields):
        """The newest event of that name with those fields."""
        return wait_until(lambda: self.events(name, **fields),
                          lambda: f"event {name} {fields}; the log:\n{self.said()}", limit)[-1]

    def decision(self, limit=60.0, **fields):
        return self.wait_event("message.decided", limit, **fields)

    def reload(self):
        self.signal(signal.SIGHUP)

    def signal(self, number):
        self._process.send(number)

    def terminate(self):
        """SIGTERM, without waiting."""
        self._process.send(signal.SIGTERM)

    def wait_end(self, limit=30.0):
        return self._process.wait(limit)

    def kill(self):
        self._process.kill()

    def account(self, action, login):
        """What `milterward account` prints."""
        ran = subprocess.run(
            [self.binary, "account", action, login, "--json", "--config", self.config],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        assert ran.returncode == 0, f"account: {ran.stdout.decode()}"
        return json.loads(ran.stdout)

    def assert_verdicts_are_explained(self):
        """`milterward explain` on the facts of every message comes to the verdict that the log
        says was given, under the configuration that was in force."""
        def told():
            return Counter((event.get("queue_id") or event["id"], event.get("would",
                            event["verdict"]), event["rule"])
                           for event in _events_in(self.said_ever(), "message.decided"))

        def explained():
            return Counter(words for config, facts in self._configs if facts.exists()
                           for words in self._explain(config, facts))
        wait_until(lambda: told() == explained(),
                   lambda: f"the log says {told()}, explain {explained()}")

    def _explain(self, config, facts):
        ran = subprocess.run([self.binary, "explain", "--json", "--config", config, facts],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        assert ran.returncode == 0, f"explain: {ran.stdout.decode()}"
        for told in json.loads(ran.stdout):
            if told["direction"]:  # of a message, not of a recipient
                yield told["name"], *told["verdict"].split()[:2]
