# SPDX-License-Identifier: Apache-2.0
"""What a running process has and may have, as the kernel tells it."""
import os
import subprocess
from pathlib import Path

from registry import Skipped


def set_limit(pid, name, soft):
    """The soft limit of a running process ("nofile", "nproc", "as", "fsize"), set as its own user,
    which needs no rights."""
    ids = status(pid)
    user, group = (ids[name].split()[0] for name in ("Uid", "Gid"))
    become = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    subprocess.run([*(become if os.geteuid() == 0 else []),
                    "prlimit", f"--pid={pid}", f"--{name}={soft}:"], check=True)


def soft_limit(pid, row):
    """As /proc names it: "Max open files"."""
    for line in Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith(row):
            return line[len(row):].split()[0]
    raise KeyError(row)


def descriptors(pid):
    try:
        return [int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()]
    except PermissionError:
        raise Skipped("only root sees the descriptors of a process that nobody may trace") from None


def threads(pid):
    return int(status(pid)["Threads"])


def kilobytes(pid, name="VmRSS"):
    """VmRSS, VmSize and the like."""
    return int(status(pid)[name].split()[0])


def processor_seconds(pid):
    """Of all its threads, in user and system mode."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)
