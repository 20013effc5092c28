# SPDX-License-Identifier: Apache-2.0
"""Loopback ports for servers, taken from below the kernel's ephemeral range (32768 and up):
a port from inside that range could be lent to some client before our server binds it.
A server binds its port long after it was chosen, and other scenarios choose at the same time: so
whoever chooses reserves, with an abstract unix socket named after the port that lives as long as
the process. tests/support/loopback_port.cpp does the same."""
import random
import socket

FIRST, LAST = 20000, 32000

_reservations = []


def free_port():
    """A port on which nothing listens, neither TCP nor UDP, on 127.0.0.1; ours until we end."""
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if _reserve(port) and _can_bind(socket.SOCK_STREAM, port) and \
                _can_bind(socket.SOCK_DGRAM, port):
            return port
    raise OSError("no free loopback port")


def is_listening(port, host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def ipv6_loopback_exists():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def _reserve(port):
    """False where another test has it. A port we reserve and cannot use stays reserved."""
    reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        reservation.bind(f"\0milterward-test-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    return True


def _can_bind(kind, port):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False
