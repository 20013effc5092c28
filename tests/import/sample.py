# SPDX-License-Identifier: Apache-2.0
"""A set-up of other daemons below samples/NAME:
    command          what is imported, as words for `milterward import`
    etc/...          the files, as seen from / of the old host
    expected.toml    what comes out, and
    expected.txt     what is said about it
    messages         mail that both sides are handed: "from ADDRESS, client IP" or
                     "from ADDRESS, login NAME"; "differs: WHY" where they part on purpose
Files whose name says they are private keys hold no key here: the tests make some."""
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent / "samples"
_KEY_NAME = re.compile(r"[^\s:,=\"]+\.(?:private|pem|key)\b")


def all_samples():
    return [Sample(directory) for directory in sorted(SAMPLES.iterdir())]


class Message:
    def __init__(self, line):
        words = [part.strip().split(" ", 1) for part in line.split(",")]
        self.line = line
        self._said = {name: value for name, value in words}
        self.author = self._said["from"]
        self.client = self._said.get("client", "203.0.113.80")
        self.login = self._said.get("login", "")
        self.differs = self._said.get("differs:")

    def content(self):
        return ([("From", f"Author <{self.author}>"), ("To", "someone@elsewhere.test"),
                 ("Subject", "A question"), ("Date", "Thu, 05 Sep 2024 10:00:00 +0000"),
                 ("Message-ID", "<1@sample.test>")], "Some text.\r\n")


class Sample:
    def __init__(self, directory):
        self.directory, self.name = directory, directory.name
        self.command = (directory / "command").read_text().split()
        messages = directory / "messages"
        self.messages = [Message(line) for line in messages.read_text().splitlines()] \
            if messages.exists() else []

    def file_of(self, daemon):
        """The configuration file of a daemon, None where the sample has none of it."""
        if daemon not in self.command:
            return None
        return self.command[self.command.index(daemon) + 1]

    def place(self, root, make_key):
        """A copy below `root`, whose files name each other there and have keys; make_key(path)
        writes one. Returns the words for `milterward import`."""
        for source in sorted(self.directory.rglob("*")):
            name = source.relative_to(self.directory)
            if source.is_dir() or len(name.parts) == 1:
                continue
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if _KEY_NAME.fullmatch(name.name):
                make_key(target)
            else:
                target.write_text(self._moved(source.read_text(), root))
        for path in sorted(root.rglob("*")):
            for key in _KEY_NAME.findall(path.read_text()) if path.is_file() else []:
                if key.startswith(str(root)) and "%" not in key and not Path(key).exists():
                    Path(key).parent.mkdir(parents=True, exist_ok=True)
                    make_key(Path(key))
        return [self._moved(word, root) for word in self.command]

    @staticmethod
    def _moved(text, root):
        """Names of files below /etc, /home and /var/lib; those of the programs stay."""
        return re.sub(r"(?<![\w/])/(etc|home|var/lib)/", rf"{root}/\1/", text)


def imported(binary, words, *options):
    """The configuration that `milterward import` prints, and all it says beside it."""
    ran = subprocess.run([binary, "import", *options, *words], timeout=60,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


def settings_of(toml):
    """As tests/mta/daemon.py writes them: {"sign.key": [...], "dns": {...}}."""
    tables = {}

    def walk(table, prefix):
        for name, value in table.items():
            path = f"{prefix}{name}"
            if isinstance(value, dict):
                walk(value, path + ".")
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                tables[path] = value
            else:
                tables.setdefault(prefix.rstrip("."), {})[name] = value
    walk(tomllib.loads(toml), "")
    return tables


def copy_key(prototype, path):
    shutil.copy(prototype, path)
    path.chmod(0o600)
