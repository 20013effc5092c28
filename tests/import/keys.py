#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Private keys of an imported configuration: what is said about them, and the copies.
    keys.py --milterward PATH"""
import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mta"))

from keys import Key  # noqa: E402
from mounts import with_mounts  # noqa: E402
from registry import Skipped  # noqa: E402
from sample import imported  # noqa: E402

MESSAGE = b"From: joe@example.org\r\nSubject: A question\r\n\r\nSome text.\r\n"


class Host:
    """A directory with a dkimpy-milter.conf and its two keys."""

    def __init__(self, binary, directory):
        self.binary, self.dir = binary, Path(directory)
        self.rsa = Key(self.dir, "example.org", "rsa")
        self.ed = Key(self.dir, "example.org", "ed", "ed25519")
        self.seed = self.dir / "ed25519.key"
        self.seed.write_bytes(base64.b64encode(self.ed.seed()) + b"\n")
        self.config = self.dir / "dkimpy-milter.conf"
        self.config.write_text(f"Domain example.org\nSelector rsa\nKeyFile {self.rsa.path}\n"
                               f"SelectorEd25519 ed\nKeyFileEd25519 {self.seed}\n")

    def run(self, *options):
        return imported(self.binary, ["dkimpy-milter", str(self.config)], *options)


def names_what_the_daemon_cannot_read(host):
    code, said, _ = host.run("--json")
    assert code == 0
    troubles = {key["selector"]: key["trouble"] for key in json.loads(said)["keys"]}
    assert "--copy-keys" in troubles["rsa"], troubles
    assert "bare Ed25519 seed" in troubles["ed"], troubles


def refuses_what_others_read(host):
    host.rsa.path.chmod(0o644)
    _, said, _ = host.run("--json")
    host.rsa.path.chmod(0o600)
    trouble = json.loads(said)["keys"][0]["trouble"]
    assert "mode 0644, which is refused" in trouble and "chmod 0640" in trouble, trouble


def copies_are_private_and_sign(host):
    folder, config = host.dir / "copies", host.dir / "milterward.toml"
    code, said, told = host.run("--copy-keys", folder, "-o", config)
    assert (code, said) == (0, ""), told
    copies = sorted(folder.iterdir())
    assert [copy.name for copy in copies] == ["example.org.ed.pem", "example.org.rsa.pem"]
    assert all(copy.stat().st_mode & 0o027 == 0 for copy in copies)
    assert (folder / "example.org.rsa.pem").read_bytes() == host.rsa.path.read_bytes()
    message = host.dir / "message"
    message.write_bytes(MESSAGE)
    signed = subprocess.run([host.binary, "sign", "--config", config, message], timeout=60,
                            stdout=subprocess.PIPE, check=True).stdout
    import dkim
    records = {f"{key.name}.": key.record for key in (host.rsa, host.ed)}
    for index in range(2):
        assert dkim.DKIM(signed).verify(
            idx=index, dnsfunc=lambda name, **_: records[name.decode()].encode()), signed
    assert signed.count(b"DKIM-Signature:") == 2


def copies_overwrite_nothing(host):
    folder = host.dir / "copies"
    code, _, _ = host.run("--copy-keys", folder)
    assert code == 0, "the same keys again"
    (folder / "example.org.rsa.pem").write_text("of somebody else\n")
    code, said, told = host.run("--copy-keys", folder)
    assert code == 1 and said == "" and "with another key" in told, told
    code, _, told = host.run("-o", host.dir / "milterward.toml")
    assert code == 1 and "exists" in told, told


def seen_by_the_user_of_the_daemon(host):
    """On a host, made for this call alone, that has the user milterward."""
    if os.geteuid() != 0:
        raise Skipped("this is not root")
    users = {"passwd": "root:x:0:0::/root:/bin/sh\nmilterward:x:987:987::/:/bin/false\n",
             "group": "root:x:0:\nmilterward:x:987:\n"}
    for name, text in users.items():
        (host.dir / name).write_text(text)
    files = {f"/etc/{name}": host.dir / name for name in users}

    def troubles(*options):
        command = with_mounts(files, [host.binary, "import", "--json", *options,
                                      "dkimpy-milter", host.config])
        ran = subprocess.run(command, timeout=60, check=True, stdout=subprocess.PIPE)
        return {key["selector"]: key["trouble"] for key in json.loads(ran.stdout)["keys"]}
    host.dir.chmod(0o755)
    assert "cannot be read by milterward" in troubles()["rsa"]
    os.chown(host.rsa.path, 0, 987)
    host.rsa.path.chmod(0o640)
    assert troubles()["rsa"] == ""
    host.dir.chmod(0o700)
    assert "cannot be passed by milterward" in troubles()["rsa"]
    host.dir.chmod(0o755)
    folder = host.dir / "for_the_daemon"
    assert set(troubles("--copy-keys", folder).values()) == {""}
    seen = {path: path.stat() for path in (folder, *folder.iterdir())}
    assert [(each.st_uid, each.st_gid, each.st_mode & 0o777) for each in seen.values()] == \
        [(0, 987, 0o750), (0, 987, 0o640), (0, 987, 0o640)], seen


def wrong_calls_say_why(host):
    for words, code, part in ((["exim", "/etc/exim.conf"], 64, "no daemon that can be imported"),
                              (["opendkim"], 64, "wants its configuration file"),
                              (["opendkim", "/nonexistent"], 1, "No such file")):
        ended, said, told = imported(host.binary, words)
        assert (ended, said) == (code, "") and part in told, (words, ended, told)
    host.config.write_text("Domain example.org\nSelector a selector\nKeyFile relative\n")
    code, said, told = host.run()
    assert code == 78 and said == "" and "no configuration that can be used" in told, told
    host.config.write_text("KeyTable /nonexistent/table\nSigningTable /nonexistent/other\n")
    code, said, told = host.run()
    assert code == 1 and said == "" and f"{host.config}:" in told, told


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--milterward", type=Path, required=True)
    binary = parser.parse_args().milterward
    skipped = False
    with tempfile.TemporaryDirectory(prefix="milterward-import.") as directory:
        host = Host(binary, directory)
        for test in (names_what_the_daemon_cannot_read, refuses_what_others_read,
                     copies_are_private_and_sign, copies_overwrite_nothing,
                     seen_by_the_user_of_the_daemon, wrong_calls_say_why):
            try:
                test(host)
                print(f"{test.__name__}: holds")
            except Skipped as reason:
                skipped = True
                print(f"{test.__name__}: skipped, {reason}")
    return 77 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
