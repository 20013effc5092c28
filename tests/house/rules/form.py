# SPDX-License-Identifier: Apache-2.0
"""Layout is whatever clang-format 14 makes of it; other versions disagree about details."""
import re
import subprocess

from .tree import Complaint

PROGRAM = "clang-format-14"
WARNING = re.compile(r"^(\S+?):(\d+):\d+: (?:warning|error): code should be clang-formatted")


def complaints_about_format(tree):
    code = tree.code()
    if not code:
        return []
    try:
        ran = subprocess.run([PROGRAM, "--dry-run", "--style=file", *code], cwd=tree.root,
                             capture_output=True, text=True, timeout=250, check=False)
    except FileNotFoundError:
        return [Complaint("tests/house:1", f"{PROGRAM} is missing: packaging/install-deps")]
    first = {}
    for line in ran.stderr.splitlines():
        if match := WARNING.match(line):
            first.setdefault(match.group(1), match.group(2))
    if ran.returncode != 0 and not first:
        return [Complaint("tests/house:1", ran.stderr.strip())]
    return [Complaint(f"{name}:{line}", f"run {PROGRAM} -i {name}")
            for name, line in sorted(first.items())]
