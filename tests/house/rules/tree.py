# SPDX-License-Identifier: Apache-2.0
"""The files of a tree that are ours to keep in order, and a complaint about one."""
import re
from dataclasses import dataclass
from pathlib import Path

TOP = ("milter", "policy", "conf", "tests", "packaging")
CODE = {".cpp", ".h"}


@dataclass(frozen=True)
class Complaint:
    place: str  # PATH:LINE
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


class Tree:
    def __init__(self, root):
        self.root = Path(root)

    def files(self):
        """All files below the rooms, as paths from the root, sorted; broken trees of the
        house left out."""
        found = []
        for top in TOP:
            for path in (self.root / top).rglob("*"):
                name = path.relative_to(self.root)
                if path.is_file() and not set(name.parts) & {"fixtures", "__pycache__"}:
                    found.append(name.as_posix())
        return sorted(found)

    def code(self):
        return [name for name in self.files() if Path(name).suffix in CODE]

    def program(self):
        """The code of the daemon, without tests."""
        return [name for name in self.code() if not name.startswith("tests/")]

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def lines(self, name):
        return self.text(name).splitlines()

    def has(self, name):
        return (self.root / name).is_file()


def without_comments_and_strings(line):
    """One line of C++ without what stands in // comments and literals."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(?:\\.|[^'\\])+'", "' '", line)
    return line.split("//")[0]
