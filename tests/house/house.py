#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one rule of the house, on the tree and on a small tree that breaks it.

    house.py RULE      exit 0 when the tree keeps the rule and the broken tree does not
    house.py --list    the names of all rules

A rule is a function from a Tree to complaints. tests/house/fixtures/RULE is its broken
tree; the file `complaints` there lists as PATH:LINE exactly what the rule must find in it, so
that a rule that has gone blind fails its own test.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from rules import events, files, form, includes, locks  # noqa: E402
from rules.tree import Tree  # noqa: E402

HOUSE = Path(__file__).resolve().parent
ROOT = HOUSE.parent.parent

RULES = {
    "rooms": includes.complaints_about_rooms,
    "third_party": includes.complaints_about_third_parties,
    "heads": files.complaints_about_heads,
    "unfinished": files.complaints_about_unfinished_work,
    "pipes": files.complaints_about_pipes,
    "switches": files.complaints_about_switches,
    "events": events.complaints_about_events,
    "format": form.complaints_about_format,
    "locks": locks.complaints_about_locks,
    "length": files.complaints_about_length,
}

# Said, but no reason to fail: a guide, not a limit.
ONLY_WARNS = {"length"}


def check_tree(name):
    complaints = RULES[name](Tree(ROOT))
    for complaint in complaints:
        print(complaint)
    if complaints and name in ONLY_WARNS:
        print(f"{name}: {len(complaints)} to look at, which is no failure")
    return not complaints or name in ONLY_WARNS


def check_fixture(name):
    fixture = HOUSE / "fixtures" / name
    wanted = set((fixture / "complaints").read_text().split())
    found = {complaint.place for complaint in RULES[name](Tree(fixture))}
    for place in sorted(wanted - found):
        print(f"the rule '{name}' does not see {place} of its broken tree")
    for place in sorted(found - wanted):
        print(f"the rule '{name}' complains about {place} of its broken tree, which is right")
    return wanted and wanted == found


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(RULES))
        return 0
    if len(arguments) != 1 or arguments[0] not in RULES:
        print(__doc__)
        return 64
    kept = check_tree(arguments[0])
    sees = check_fixture(arguments[0])
    return 0 if kept and sees else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
