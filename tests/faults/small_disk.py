# SPDX-License-Identifier: Apache-2.0
"""A file system of a few megabytes that only the daemon sees, in a mount namespace of its own."""
import subprocess
from pathlib import Path

from registry import Skipped


class SmallDisk:
    def __init__(self, stage, size):
        tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if tried.returncode != 0:
            raise Skipped(f"no file system can be mounted here: {tried.stdout.strip()}")
        self._stage = stage
        self.path = stage.lab.folder("disk")
        stage.daemon.prefix = [
            "unshare", "--mount", "sh", "-c",
            f'mount -t tmpfs -o size={size},mode=1777 none {self.path} && exec "$@"', "sh"]

    @property
    def seen(self):
        """Where we see what the daemon sees."""
        return Path(f"/proc/{self._stage.daemon.pid}/root{self.path}")

    def fill(self):
        with open(self.seen / "ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * 4096)
            except OSError:
                pass

    def empty(self):
        self.seen.joinpath("ballast").unlink()
