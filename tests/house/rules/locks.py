# SPDX-License-Identifier: Apache-2.0
"""The order in which locks are taken: the table below "## Locks" of README.md names every lock
of the program as `FILE.MEMBER`, and beside it those that are taken while it is held, which
stand further down. An order that can be read from the top to the bottom has no circle."""
import re
from pathlib import Path

from .tree import Complaint, without_comments_and_strings

PAGE = "README.md"
LOCK = re.compile(r"(?:\bstd::(?:\w+_)?mutex|\bGuarded<.*>)\s+(\w+)(?:\{.*\})?;")
NAME = re.compile(r"`(\w+\.\w+)`")


def locks_of(tree):
    found = {}
    for name in tree.program():
        if name == "policy/base/guarded.h":  # that of every Guarded
            continue
        for number, raw in enumerate(tree.lines(name), 1):
            match = LOCK.search(without_comments_and_strings(raw))
            if match:
                found[f"{Path(name).stem}.{match.group(1)}"] = f"{name}:{number}"
    return found


def rows_of(tree):
    """(place, locks of the first column, locks of the second)"""
    rows, inside = [], False
    for number, line in enumerate(tree.lines(PAGE), 1):
        if line.startswith("## "):
            inside = line == "## Locks"
        if inside and line.startswith("|"):
            first, second = (NAME.findall(cell) for cell in line.split("|")[1:3])
            if first:
                rows.append((f"{PAGE}:{number}", first, second))
    return rows


def complaints_about_locks(tree):
    locks, rows = locks_of(tree), rows_of(tree)
    row_of = {name: index for index, (_, names, _) in enumerate(rows) for name in names}
    found = [Complaint(place, f"the lock {name} is missing below Locks in {PAGE}")
             for name, place in locks.items() if name not in row_of]
    for index, (place, names, inner) in enumerate(rows):
        for name in names:
            if name not in locks:
                found.append(Complaint(place, f"there is no lock {name}"))
        for name in inner:
            if row_of.get(name, -1) <= index:
                found.append(Complaint(place, f"{name} is taken while {names[0]} is held, and "
                                       "does not stand below it"))
    return found
