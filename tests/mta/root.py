# SPDX-License-Identifier: Apache-2.0
"""Root rights for the mail servers, which change their user ids: ours, or by sudo."""
import os
import subprocess
import sys

from registry import Skipped


def become_root():
    """Returns as root; starts the whole program again under sudo where that asks nothing."""
    if os.geteuid() == 0:
        return
    try:
        subprocess.run(["sudo", "-n", "true"], check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        raise Skipped("this needs root, and sudo does not give it without a password") from None
    os.execvp("sudo", ["sudo", "-n", sys.executable, *sys.argv])
