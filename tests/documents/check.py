#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the code blocks of one document.

    check.py DOCUMENT PROGRAM
    check.py --list      the names of all documents

Configurations must be valid, in a directory that stands for /etc, /run and /var, with the keys that they
name; commands must succeed and say what stands below them. Commands that need a host of their own
(apt-get, systemctl, a mail server) are those of documents that tests/packaging/run plays from the first block to the
last; of these only the shell's grammar is looked at here.
"""
import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from blocks import blocks_of

HERE = Path(__file__).resolve().parent
DOCUMENTS = HERE.parent.parent / "packaging" / "doc"
PLAYED_WITH_PACKAGES = ("getting-started-postfix.md", "getting-started-sendmail.md")
# On every Debian, as the package's own user is not; root is one that no daemon may be.
DAEMON_USER = "proxy" if os.geteuid() == 0 else getpass.getuser()
SYSTEM = re.compile(r"/(etc|run|var/lib|var/spool/postfix)/milterward\b")


class World:
    """A directory that stands for the root of a host where Milterward is installed."""

    def __init__(self, root, program):
        self.root, self.program = Path(root), Path(program).resolve()
        for name in ("etc/milterward/keys", "run/milterward", "var/lib/milterward", "work",
                     "var/spool/postfix/milterward"):
            self.root.joinpath(name).mkdir(parents=True)
        self.root.chmod(0o755)
        self.configuration = self.root / "etc/milterward/milterward.toml"
        self.configure("")

    def configure(self, text):
        self.configuration.write_text(f'daemon.user = "{DAEMON_USER}"\n{self.inside(text)}')

    def inside(self, text):
        text = text.replace("chown -R milterward:", f"chown -R {DAEMON_USER}:")
        return SYSTEM.sub(lambda path: f"{self.root}{path.group(0)}", text)

    def run(self, *command, **options):
        ran = subprocess.run(command, cwd=self.root / "work", stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
                             env={**os.environ, "LC_ALL": "C.UTF-8",
                                  "SOFTHSM2_CONF": f"{self.root}/etc/milterward/softhsm2.conf",
                                  "PATH": f"{self.program.parent}:{os.environ['PATH']}"},
                             **options)
        return ran.returncode, ran.stdout

    def complaints_about_toml(self, block):
        self.configure(block.text)
        for path in re.findall(r'^file = "([^"]+)"', self.inside(block.text), re.MULTILINE):
            if not os.path.exists(path) and not path.startswith("pkcs11:"):
                self.run("openssl", "genrsa", "-out", path, "2048")
                shutil.chown(path, DAEMON_USER)
        for path in re.findall(r'^token_file = "([^"]+)"', self.inside(block.text), re.MULTILINE):
            Path(path).write_text("a-token\n")
            Path(path).chmod(0o600)
            shutil.chown(path, DAEMON_USER)
        code, said = self.run(self.program, "check-config", self.configuration)
        if code != 0 or "warning" in said:
            yield said.replace(str(self.root), "")

    def complaints_about_mc(self, block):
        code, said = self.run(self.program, "attach", "sendmail", "--config", self.configuration,
                              "--socket", "unix:/run/milterward/milterward.sock")
        if code != 0 or block.text not in said + "\n":
            yield f"attach sendmail prints another line:\n{said}"

    def complaints_about_sh(self, block):
        code, said = self.run("bash", "-euo", "pipefail", "-c", self.inside(block.text))
        if code != 0:
            yield f"ends with {code}:\n{said}"
        yield from (f"{line!r} is not said, but:\n{said}" for line in block.unsaid(said))

    def complaints_about_grammar(self, block):
        code, said = self.run("bash", "-n", "-c", block.text)
        if code != 0:
            yield said


def complaints(document, program):
    try:
        blocks = blocks_of(DOCUMENTS.joinpath(document).read_text())
    except ValueError as error:
        yield str(error)
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as root:
        world = World(root, program)
        for block in blocks:
            kind = block.kind
            if kind == "sh" and document in PLAYED_WITH_PACKAGES:
                kind = "grammar"
            for complaint in getattr(world, f"complaints_about_{kind}")(block):
                yield f"{block.line}: {complaint}"
    print(f"{document}: {len(blocks)} blocks")


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(sorted(path.name for path in DOCUMENTS.glob("*.md"))))
        return 0
    document, program = arguments
    found = list(complaints(document, program))
    for complaint in found:
        print(f"packaging/doc/{document}:{complaint}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
