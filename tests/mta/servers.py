# SPDX-License-Identifier: Apache-2.0
"""Where packaging/install-deps unpacked Postfix, Sendmail and knotd."""
import subprocess
import sys
from pathlib import Path

_INSTALL_DEPS = Path(__file__).resolve().parents[2] / "packaging/install-deps"


def unpacked_servers():
    """Their directory; without it the program ends and says what to do."""
    said = subprocess.run([_INSTALL_DEPS, "--where"], check=True,
                          stdout=subprocess.PIPE).stdout.decode().strip()
    if not Path(said, ".unpacked").exists():
        sys.exit(f"no servers below {said}: run packaging/install-deps mta")
    return said
