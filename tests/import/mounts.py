# SPDX-License-Identifier: Apache-2.0
"""Programs that see some file of the system as another one."""
import functools
import subprocess

from registry import Skipped


@functools.cache
def _fault():
    return subprocess.run(["unshare", "--mount", "true"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False).stdout.strip()


def with_mounts(files, command):
    """The command line of a command that finds, in a mount namespace of its own, the files of
    `files` (path of the system: what it is there). Raises Skipped where the machine gives none,
    as in a chroot."""
    if _fault():
        raise Skipped(f"no mount namespace of its own: {_fault()}")
    mounts = " && ".join(f"mount --bind {there} $(readlink -f {path})"
                         for path, there in files.items())
    return ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh",
            *map(str, command)]
