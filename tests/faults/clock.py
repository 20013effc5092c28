# SPDX-License-Identifier: Apache-2.0
"""The time of day as the daemon sees it, set by the test (jumping_clock.cpp)."""
import mmap
import struct

from registry import Skipped

DAY = 24 * 3600


class Clock:
    def __init__(self, stage, library):
        if not library:
            raise Skipped("--clock names no library")
        path = stage.lab.path("clock")
        path.write_bytes(bytes(8))
        path.chmod(0o644)
        with open(path, "r+b") as file:
            self._shift = mmap.mmap(file.fileno(), 8)
        stage.daemon.environment = {"LD_PRELOAD": str(library), "MILTERWARD_CLOCK": str(path)}

    def jump(self, seconds):
        """So far from the right time."""
        self._shift[:8] = struct.pack("=q", seconds)
