# SPDX-License-Identifier: Apache-2.0
"""The scenarios by name: a decorated function is a test for both MTAs unless it says otherwise."""
import importlib
from pathlib import Path

ALL_MTAS = ("postfix", "sendmail")
FRONTS = ("native", "libmilter")  # the default first: every scenario is tested with it
# What the other front has to show of itself: how connections begin, end and are used again,
# and every change of a message.
OTHER_FRONT = ("life", "loops", "inbound")
_scenarios = {}


class Skipped(Exception):
    """The machine lacks something that the scenario is about; the text says what."""


def scenario(only=None):
    """`only` names the one MTA that can play it."""
    def register(function):
        assert function.__name__ not in _scenarios, function.__name__
        _scenarios[function.__name__] = (function, (only,) if only else ALL_MTAS)
        return function
    return register


def load():
    """{name: (function, MTAs)}, in the order of the files."""
    for path in sorted(Path(__file__).parent.joinpath("scenarios").glob("[a-z]*.py")):
        importlib.import_module(f"scenarios.{path.stem}")
    return _scenarios


def names_for(front):
    """Pairs of a scenario and its MTAs: those that are tested with that front."""
    for name, (function, mtas) in load().items():
        if front == FRONTS[0] or function.__module__.split(".")[-1] in OTHER_FRONT:
            yield name, mtas
