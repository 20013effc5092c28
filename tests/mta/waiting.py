# SPDX-License-Identifier: Apache-2.0
"""Waiting for events instead of sleeping: every wait has a limit and says what did not happen."""
import time


class NotInTime(AssertionError):
    """What was waited for did not happen within the limit."""


def wait_until(happened, what, limit=60.0):
    """Polls `happened()` until it returns something true, and returns that."""
    end = time.monotonic() + limit
    while True:
        outcome = happened()
        if outcome:
            return outcome
        if time.monotonic() > end:
            raise NotInTime(f"not within {limit:g} s: {what() if callable(what) else what}")
        time.sleep(0.01)
