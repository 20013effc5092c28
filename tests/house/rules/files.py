# SPDX-License-Identifier: Apache-2.0
"""What every file owes its reader."""
import re
from pathlib import Path

from .tree import Complaint, without_comments_and_strings

SPDX = "SPDX-License-Identifier: Apache-2.0"
SCRIPTS = {".py", ".sh", ".cmake"}

# Written in parts, so that this file keeps its own rule.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

LONG = 400

# Readers that may leave before their writer has ended.
LEAVES_EARLY = re.compile(r"\|\s*(head\b|grep\s+-\w*[qm]|sed\s+\W?\w*q\b)")


def is_script(tree, name):
    if Path(name).suffix in SCRIPTS or Path(name).name == "CMakeLists.txt":
        return True
    return Path(name).suffix == "" and tree.text(name).startswith("#!")


def complaints_about_heads(tree):
    """The licence on the first line (behind #! on the second), #pragma once in headers."""
    found = []
    for name in tree.files():
        is_code = Path(name).suffix in {".cpp", ".h"}
        if not is_code and not is_script(tree, name):
            continue
        lines = tree.lines(name)
        first = lines[0] if lines else ""
        if first.startswith("#!") and len(lines) > 1:
            first = lines[1]
        comment = "// " if is_code else "# "
        if first != comment + SPDX:
            found.append(Complaint(f"{name}:1", f"does not begin with '{comment}{SPDX}'"))
        if name.endswith(".h") and "#pragma once" not in lines:
            found.append(Complaint(f"{name}:2", "has no #pragma once"))
    return found


def complaints_about_unfinished_work(tree):
    found = []
    for name in tree.files():
        if Path(name).suffix not in {".cpp", ".h"} and not is_script(tree, name):
            continue
        for number, line in enumerate(tree.lines(name), 1):
            match = UNFINISHED.search(line)
            if match:
                found.append(Complaint(f"{name}:{number}", f"{match.group(0)}: finish it, or "
                                       "write an issue"))
    return found


def complaints_about_pipes(tree):
    """Under pipefail a writer whose reader leaves early fails the script, once in a while."""
    found = []
    for name in tree.files():
        if not is_script(tree, name) or "pipefail" not in tree.text(name):
            continue
        for number, line in enumerate(tree.lines(name), 1):
            match = LEAVES_EARLY.search(line)
            if match and not line.lstrip().startswith("#"):
                found.append(Complaint(f"{name}:{number}", f"{match.group(1)} may leave before "
                                       "its writer ends, which pipefail takes for a fault; use "
                                       "a reader that reads all"))
    return found


def complaints_about_switches(tree):
    """No default: in a switch over an enumeration, so that the compiler finds every place
    that a new enumerator touches. A label with :: tells such a switch."""
    found = []
    for name in tree.code():
        over_enum = False
        for number, raw in enumerate(tree.lines(name), 1):
            line = without_comments_and_strings(raw)
            if re.search(r"\bswitch\s*\(", line):
                over_enum = False
            label = re.search(r"\bcase\s+([^?]*?)\s*(?<!:):(?!:)", line)
            if label:
                over_enum = "::" in label.group(1)
            if over_enum and re.search(r"\bdefault\s*:", line):
                found.append(Complaint(f"{name}:{number}", "default: in a switch over an "
                                       "enumeration; name all, and end with unreachable()"))
    return found


def complaints_about_length(tree):
    return [Complaint(f"{name}:{LONG + 1}", f"{count} lines: look for the second idea")
            for name in tree.code() if (count := len(tree.lines(name))) > LONG]
