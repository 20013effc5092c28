# SPDX-License-Identifier: Apache-2.0
"""The table of faults in the manual, printed from what the tests saw (results.json)."""
import json
from pathlib import Path

from mail import FALSE, OURS, RELAY, RIGHT

RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = Path(__file__).resolve().parents[2] / "packaging/doc/faults.md"
_BEGIN, _END = "<!-- from here on: tests/faults/run --table -->\n", "<!-- until here -->\n"


def results():
    """{fault: {kind of mail: what it was told}}"""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def accept(name, mail):
    known = results()
    known[name] = mail
    RESULTS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


def table_of(faults):
    lines = ["| Fault | Authentic mail | Forged mail (p=reject) | Mail of our logins | Relaying | Afterwards |",
             "|---|---|---|---|---|---|"]
    known = results()
    for fault in faults.values():
        told = known.get(fault.name, {})
        cells = [_word(told.get(kind, "")) for kind in (RIGHT, FALSE, OURS, RELAY)]
        lines.append(f"| {fault.title} | {' | '.join(cells)} | below {fault.within:g} s |")
    return "\n".join(lines) + "\n"


def page_with(faults):
    """The page with the table of today."""
    before, _, rest = DOCUMENT.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    assert rest and after is not None, f"{DOCUMENT} has no place for the table"
    return before + _BEGIN + table_of(faults) + _END + after


def _word(told):
    """Names of rules and results as code; "cut" and "away" in the MTA's words."""
    if told in ("cut", "away"):
        return f"deferred by the mail server ({'connection broken' if told == 'cut' else 'nobody listens'})"
    words = told.split()
    return " ".join(f"`{word}`" if "." in word or "=" in word else word for word in words)
