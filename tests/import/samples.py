#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each sample comes out as expected.toml and expected.txt say, and passes check-config.
    samples.py --milterward PATH [--write]    --write: what comes out now is what is expected"""
import argparse
import getpass
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mta"))

from daemon import to_toml  # noqa: E402
from keys import Key  # noqa: E402
from sample import all_samples, copy_key, imported, settings_of  # noqa: E402


def difference(name, expected, found):
    if expected == found:
        return []
    import difflib
    return [f"{name} is not as expected:"] + list(difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "expected", "found", lineterm=""))


def compare(binary, sample, write):
    code, toml, said = imported(binary, sample.command, "--root", sample.directory)
    said = said.replace(str(sample.directory), "ROOT")
    said = re.sub(r"mode 0[0-7]{3}\b(?=, which)", "mode MODE", said)  # as it was checked out
    complaints = [] if code == 0 else [f"{sample.name}: exit code {code}"]
    for file, text in (("expected.toml", toml), ("expected.txt", said)):
        path = sample.directory / file
        if write:
            path.write_text(text)
        complaints += difference(f"{sample.name}/{file}",
                                 path.read_text() if path.exists() else "", text)
    return complaints


def check(binary, sample, prototype):
    """With keys where the sample's are: the whole host of check-config's checks."""
    with tempfile.TemporaryDirectory(prefix="milterward-import.") as directory:
        root = Path(directory)
        words = sample.place(root, lambda path: copy_key(prototype.path, path))
        code, toml, said = imported(binary, words)
        if code != 0:
            return [f"{sample.name}: import of the placed copy ends with {code}: {said}"]
        settings = settings_of(toml)
        for row in settings.get("sign.key", []) + settings.get("arc.key", []):
            if not Path(row["file"]).exists():  # named by a pattern or a map
                Path(row["file"]).parent.mkdir(parents=True, exist_ok=True)
                copy_key(prototype.path, Path(row["file"]))
        settings.setdefault("daemon", {})["user"] = getpass.getuser()
        settings["trace"] = {"secret_file": str(root / "trace.key")}
        config = root / "milterward.toml"
        config.write_text(to_toml(settings))
        checked = subprocess.run([binary, "check-config", config], timeout=60,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return [] if checked.returncode == 0 else \
            [f"{sample.name}: check-config says", checked.stdout.decode(), toml]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--milterward", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    complaints = []
    samples = all_samples()
    with tempfile.TemporaryDirectory(prefix="milterward-import.") as directory:
        prototype = Key(Path(directory), "example.org", "s")
        for sample in samples:
            complaints += compare(arguments.milterward, sample, arguments.write)
            complaints += check(arguments.milterward, sample, prototype)
    print("\n".join(complaints) if complaints else
          f"{len(samples)} set-ups come out as expected and pass check-config")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
