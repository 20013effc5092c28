# SPDX-License-Identifier: Apache-2.0
"""Which way includes point: between the rooms, and out of the house.

The order of the rooms is that of the libraries in CMakeLists.txt. A linker notices a wrong
direction only when a function is called; a header is enough to break the house.
"""
import re
from pathlib import PurePosixPath

from .tree import Complaint

# Each room by its directory, and the rooms it may use; every room may use itself.
BASE = ["policy/base"]
MAIL = BASE + ["policy/mail"]
SETTINGS = MAIL + ["conf/settings"]
CONF = SETTINGS + ["conf"]
PORTS = CONF + ["policy/ports"]
AUTH = ["policy/auth/" + room for room in ("spf", "dkim", "arc", "dmarc", "authres", "iprev",
                                         "dnsbl", "helo")]
SIGN = PORTS + AUTH + ["policy/sign"]
RULES = SIGN + ["policy/rules"]
CONNECTION = RULES + ["policy/chores", "policy/reports", "policy/feedback",
                      "policy/doctor", "policy"]
MILTER = CONNECTION + ["conf/import", "milter"]

MAY_USE = {
    "policy/base": [],
    "policy/mail": BASE,
    "conf/settings": MAIL,
    "conf": SETTINGS,
    "conf/import": CONF,
    "policy/ports": CONF,
    "policy/auth/spf": PORTS,
    "policy/auth/dkim": PORTS,
    "policy/auth/arc": PORTS + ["policy/auth/dkim", "policy/auth/authres"],
    "policy/auth/dmarc": PORTS + ["policy/auth/authres"],
    "policy/auth/authres": PORTS,
    "policy/auth/iprev": PORTS,
    "policy/auth/dnsbl": PORTS + ["policy/auth/authres"],
    "policy/auth/helo": PORTS,
    "policy/sign": PORTS + AUTH,
    "policy/chores": SIGN + ["policy/reports"],
    "policy/feedback": PORTS,
    "policy/rules": SIGN,
    "policy/reports": SIGN,
    "policy/doctor": SIGN,
    "policy": CONNECTION,
    "policy/backends": SIGN,
    "policy/backends/soci": SIGN + ["policy/backends"],
    "policy/backends/pkcs11": SIGN + ["policy/backends"],
    "policy/backends/web": SIGN + ["policy/backends"],
    "policy/backends/opendkim": SIGN + ["policy/backends"],
    "milter": MILTER,
}

# The one file that may say which backend answers a port.
WIRING = "milter/wiring.cpp"

# Headers of other people's libraries, by their beginning, and the rooms that may use them.
ANYWHERE = [""]
THIRD_PARTIES = {
    "fmt/": ANYWHERE,
    "toml++/": ["conf"],
    "idn2.h": ["policy/mail"],
    "openssl/": ["policy/auth", "policy/sign", "policy/backends"],
    "libpsl.h": ["policy/auth/dmarc"],
    "pugixml.hpp": ["policy/reports", "policy/feedback"],
    "zlib.h": ["policy/reports", "policy/feedback"],
    "unbound.h": ["policy/backends"],
    "unbound-event.h": ["policy/backends"],
    "event2/": ["policy/backends"],
    "spf2/": ["policy/backends"],
    "opendkim/": ["policy/backends/opendkim"],
    "hiredis/": ["policy/backends"],
    "p11-kit/": ["policy/backends/pkcs11"],
    "httplib.h": ["policy/backends/web"],
    "prometheus/": ["policy/backends/web"],
    "sqlite3.h": ["policy/backends"],
    "soci/": ["policy/backends/soci"],
    "CLI/": ["milter"],
    "nlohmann/": ["milter", "policy/feedback"],
    "systemd/": ["milter"],
    "libmilter/": ["milter"],
}

# Of the operating system the core uses what turns addresses into text and what keeps secrets in
# memory, nothing that opens;
# of the compiler what names a processor's instructions.
CORE_SYSTEM = {"policy/mail": ["arpa/inet.h", "netinet/in.h"], "policy/auth/spf": ["arpa/inet.h"],
               "policy/auth/dkim": ["immintrin.h"],
               "policy/base": ["string.h", "sys/mman.h", "unistd.h"],
               "policy/sign": ["malloc.h", "string.h"]}
MAY_OPEN = ["policy/backends", "milter"]
OPENS = ["fstream", "filesystem"]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def is_below(name, directory):
    return directory == "" or name == directory or name.startswith(directory + "/")


def room_of(name):
    """The room a file stands in; None for a directory that is no room."""
    parent = str(PurePosixPath(name).parent)
    if is_below(parent, "milter"):
        return "milter"
    return parent if parent in MAY_USE else None


def includes_of(tree, name):
    for number, line in enumerate(tree.lines(name), 1):
        match = INCLUDE.match(line)
        if match:
            yield f"{name}:{number}", match.group(1), match.group(2)


def complaints_about_rooms(tree):
    found = []
    for name in tree.code():
        is_test = name.startswith("tests/")
        room = room_of(name)
        if room is None and not is_test:
            found.append(Complaint(f"{name}:1", "stands in a directory that is no room; add the "
                                   "room to CMakeLists.txt and tests/house/rules/includes.py"))
            continue
        for place, quote, header in includes_of(tree, name):
            if quote == '"':
                found += complaints_about_ours(tree, place, name, room, header)
    return found


def complaints_about_ours(tree, place, name, room, header):
    if not tree.has(header):
        return [Complaint(place, f'"{header}" does not exist seen from the root')]
    if room is None:
        return []  # tests may use everything
    target = room_of(header)
    if target == "policy/backends" and name == WIRING:
        return []
    if target == "policy/backends" and room == "milter":
        return [Complaint(place, f"names a backend; only {WIRING} may")]
    if target is None or (target != room and target not in MAY_USE[room]):
        return [Complaint(place, f"{room} may not use {target or 'tests'} ({header})")]
    return []


def is_standard(header):
    return re.fullmatch(r"[a-z0-9_]+", header) is not None


def complaints_about_third_parties(tree):
    found = []
    for name in tree.program():
        for place, quote, header in includes_of(tree, name):
            if quote == "<":
                wrong = fault_of(name, header)
                if wrong:
                    found.append(Complaint(place, f"<{header}> {wrong}"))
    return found


def fault_of(name, header):
    room = str(PurePosixPath(name).parent)
    may_open = any(is_below(room, other) for other in MAY_OPEN)
    for beginning, rooms in THIRD_PARTIES.items():
        if header.startswith(beginning):
            if name.endswith(".h"):
                return "of a library stands in a header: use it in a .cpp file only"
            if not any(is_below(room, other) for other in rooms):
                return f"belongs to {', '.join(rooms)}"
            return None
    if is_standard(header):
        return "opens files, which the core does not" if header in OPENS and not may_open else None
    if may_open or header in CORE_SYSTEM.get(room, []):
        return None
    return "is of the operating system, which the core does not use"
