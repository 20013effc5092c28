# SPDX-License-Identifier: Apache-2.0
"""The other end of the daemon's log, which may stop reading."""
import os
import threading


class SleepyReader:
    """Reads the daemon's standard error, a pipe, into the file where its log is looked for; not
    while it sleeps."""

    def __init__(self, stage):
        self._awake = threading.Event()
        self._awake.set()
        self._stage, path = stage, stage.lab.path("log.pipe")
        os.mkfifo(path, 0o666)
        self._pipe = os.open(path, os.O_RDWR)
        stage.daemon.prefix = ["sh", "-c", f'exec "$@" 2>{path}', "sh"]
        threading.Thread(target=self._read, daemon=True).start()

    def sleep(self):
        self._awake.clear()

    def wake(self):
        self._awake.set()

    def _read(self):
        with open(self._stage.lab.path("milterward1.out"), "ab", buffering=0) as log:
            while True:
                self._awake.wait()
                log.write(os.read(self._pipe, 65536))
