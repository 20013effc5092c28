# SPDX-License-Identifier: Apache-2.0
"""Every log event is declared with a row, used by the daemon and told in the manual."""
import re

from .tree import Complaint

DECLARED = "policy/base/events.h"
ROWS = "policy/base/events.cpp"
MANUAL = "packaging/man/milterward-events.7"


def enumerators(tree):
    """The names in `enum class Event`, with their line."""
    inside = False
    for number, line in enumerate(tree.lines(DECLARED), 1):
        if re.match(r"enum class Event\b", line):
            inside = True
        elif inside and line.startswith("}"):
            return
        elif inside and (match := re.match(r"\s*(\w+)\s*[,=]?", line)):
            yield match.group(1), number


def complaints_about_events(tree):
    used = "\n".join(tree.text(name) for name in tree.program()
                     if name not in (DECLARED, ROWS))
    rows = dict(re.findall(r'\{\s*Event::(\w+),\s*"([^"]+)"', tree.text(ROWS)))
    manual = tree.text(MANUAL).replace("\\-", "-")
    found = []
    for event, number in enumerators(tree):
        place = f"{DECLARED}:{number}"
        if event not in rows:
            found.append(Complaint(place, f"{event} has no row in {ROWS}"))
        elif f"\\fB{rows[event]}\\fR" not in manual:
            found.append(Complaint(place, f"{rows[event]} is not in {MANUAL}"))
        elif not re.search(rf"\bEvent::{event}\b", used):
            found.append(Complaint(place, f"nobody logs {rows[event]}"))
    return found
