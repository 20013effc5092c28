# SPDX-License-Identifier: Apache-2.0
"""A token for private keys: SoftHSM, in a directory of the scenario that the daemon may write to."""
import os
import shutil
import subprocess
from pathlib import Path

from home import DAEMON_USER

_LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "4711"


class Token:
    """The token "mail"; whoever is started later finds it by SOFTHSM2_CONF."""

    def __init__(self, home):
        self.directory = home.lab.folder("token")
        self.place = self.directory / "tokens"
        self.pin_file = self.directory / "pin"
        self.place.mkdir()
        config = self.directory / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {self.place}\nobjectstore.backend = file\n"
                          "log.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(config)
        self._run("--init-token", "--free", "--label", "mail", "--so-pin", "12345678", "--pin", PIN)
        self.pin_file.write_text(PIN + "\n")
        self.pin_file.chmod(0o600)
        self._hand_over()

    @property
    def settings(self):
        library = next(path for path in _LIBRARIES if Path(path).exists())
        return {"module": library, "pin_file": str(self.pin_file)}

    def take(self, key, identifier):
        """Imports a key and answers the URI that names it; the file is removed."""
        self._run("--import", key.path, "--token", "mail", "--label", key.selector,
                  "--id", identifier, "--pin", PIN)
        key.path.unlink()
        self._hand_over()
        return f"pkcs11:token=mail;object={key.selector};type=private"

    def _hand_over(self):
        for path in (self.directory, *self.directory.rglob("*")):
            shutil.chown(path, DAEMON_USER, DAEMON_USER)

    @staticmethod
    def _run(*arguments):
        ran = subprocess.run(["softhsm2-util", *map(str, arguments)], timeout=60,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert ran.returncode == 0, ran.stdout.decode()
