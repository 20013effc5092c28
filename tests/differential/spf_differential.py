#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds both SPF engines against pyspf, which shares no line with them.

Reads the cases of spf_generator. Where pyspf decides otherwise, it decides again with
corrections, each of which makes it keep one sentence of RFC 7208: the smallest set that
leads to our result names the class of the difference. A difference that no correction
explains fails the test. `case` names the stanza in tests/cases/auth/spf that shows our side.

usage: spf_differential.py GENERATOR CASES SEED     (exit 77: pyspf is not installed)
"""
import collections
import itertools
import json
import pathlib
import socket
import subprocess
import sys

try:
    import spf
except ImportError:
    print("pyspf (python3-spf) is not installed: nothing to compare with")
    sys.exit(77)

# Correction -> (section of RFC 7208, what pyspf does instead, our case)
CORRECTIONS = {
    "self-include": ("5.2", "rejects an include of the own domain while parsing",
                     "records that include each other end"),
    "mx-order": ("5.4", "looks up every MX host before it compares the first",
                 "mx stops at the host that matches"),
    "mx-aaaa": ("4.6.4", "counts an MX host without AAAA as void",
                "MX hosts without AAAA are not void for an IPv6 client"),
    "ptr-names": ("5.5", "counts void lookups of the client's names, and stops at their errors",
                  "the client's own names make no void lookups"),
    "ptr-error": ("5.5", "makes a temperror of a PTR lookup that fails",
                  "a PTR lookup that fails is no match"),
    "p-void": ("7.2", "counts the PTR question of %{p} as void, also for terms never evaluated",
               "%{p} without any name is no void lookup"),
    "p-counts": ("4.6.4", "does not count the PTR question of %{p} against the limit of ten",
                 "%{p} counts its PTR question besides the term"),
    "redirect-lazy": ("4.6.4", "counts a redirect that is never followed",
                      "a redirect that is not followed does not count"),
    "unknown-modifiers": ("6", "rejects an unknown modifier that comes twice",
                          "unknown modifiers are ignored, however often"),
}

CASES = pathlib.Path(__file__).resolve().parents[1] / "cases/auth/spf"

zone = {}


def load(text):
    zone.clear()
    for line in text.splitlines():
        name, kind, *rest = line.split(None, 2)
        entry = zone.setdefault(name.lower(), {})
        if kind in ("TIMEOUT", "SERVFAIL"):
            entry["fault"] = True
            continue
        value = rest[0]
        if kind == "TXT":
            value = (value.encode(),)
        elif kind == "AAAA":
            value = socket.inet_pton(socket.AF_INET6, value)
        elif kind == "MX":
            preference, host = value.split()
            value = (int(preference), "" if host == "." else host)
        entry.setdefault(kind, []).append(value)


def exists(name):
    name = name.lower().rstrip(".")
    return any(n == name or n.endswith("." + name) for n in zone)


def look_up(name, kind, *_):
    entry = zone.get(name.lower().rstrip("."), {})
    if "fault" in entry:
        raise spf.TempError("DNS fault")
    return [((name, kind), value) for value in entry.get(kind, [])]


spf.DNSLookup = look_up


class Unequal(str):
    """A domain that is never the one whose record is read."""
    __hash__ = str.__hash__

    def __eq__(self, other):
        return False


class Hosts(list):
    """The hosts of an mx, not yet looked up."""


class Corrected(spf.query):
    def __init__(self, case, corrections):
        self.corrections = corrections
        self.reading_p = False
        super().__init__(case["client"], case["sender"], case["helo"])

    def has(self, correction):
        return correction in self.corrections

    # 5.2: nothing forbids a record to include itself, the limits end it.
    def expand_domain(self, arg):
        domain = super().expand_domain(arg)
        return Unequal(domain) if self.has("self-include") else domain

    # 5.4: hosts are looked up one after the other until one matches.
    def dns_mx(self, domainname):
        if not self.has("mx-order") and not self.has("mx-aaaa"):
            return super().dns_mx(domainname)
        exchanges = self.dns(domainname, "MX")
        if len(exchanges) > spf.MAX_MX:
            raise spf.PermError("more than 10 MX records")
        if not self.has("mx-order"):
            exchanges = sorted(exchanges)
        return Hosts(host for _, host in exchanges)

    def host_addresses(self, host):
        if not host:
            return []
        quiet = self.has("mx-aaaa") and self.A == "AAAA" and exists(host)
        return self.dns(host, self.A, ignore_void=quiet)

    def cidrmatch(self, ipaddrs, n):
        if not isinstance(ipaddrs, Hosts):
            return super().cidrmatch(ipaddrs, n)
        addresses = (self.host_addresses(host) for host in ipaddrs)
        if not self.has("mx-order"):
            addresses = [sum(addresses, [])]
        return any(super(Corrected, self).cidrmatch(some, n) for some in addresses)

    # 5.5: errors of the client's names are skipped.
    def validated_ptrs(self):
        try:
            names = self.dns_ptr(self.i)[:spf.MAX_PTR]
        except spf.TempError:
            if not self.has("ptr-error"):
                raise
            names = []
        return [name for name in names
                if super(Corrected, self).cidrmatch(self.name_addresses(name), self.cidrmax)]

    def name_addresses(self, name):
        if not self.has("ptr-names"):
            return self.dns_a(name, self.A)
        try:
            return self.dns(name, self.A, ignore_void=True)
        except spf.TempError:
            return []

    # 7.2: the client's owner decides whether it has names; sender's records need not suffer.
    def getp(self):
        if self.has("p-counts"):
            self.check_lookups()
        self.reading_p = self.has("p-void")
        try:
            super().getp()
        finally:
            self.reading_p = False

    def dns_ptr(self, i):
        if not self.reading_p:
            return super().dns_ptr(i)
        return self.dns("%s.%s.arpa" % (spf.reverse_dots(i), self.v), "PTR", ignore_void=True)

    # 4.6.4: terms count when they are evaluated. pyspf counts a redirect where it reads it:
    # its caller's variables tell that place from the others.
    def check_lookups(self):
        caller = sys._getframe(1).f_locals
        if (self.has("redirect-lazy") and caller.get("mod") == "redirect"
                and caller.get("redirect", "") is None):
            return
        super().check_lookups()

    def dns_spf(self, domain):
        followed = sys._getframe(1).f_locals.get("redirect")
        if self.has("redirect-lazy") and followed is not None and followed is domain:
            super().check_lookups()
        return super().dns_spf(domain)

    # 6: modifiers nobody knows are ignored no matter how often they appear.
    def note_error(self, *msg):
        repeated = msg[0].endswith("= MUST appear at most once") and not msg[0].startswith("exp=")
        if self.has("unknown-modifiers") and repeated:
            return None
        return super().note_error(*msg)


def decide(case, corrections=()):
    try:
        return Corrected(case, corrections).check()[0]
    except Exception as error:  # pyspf's own bugs are differences, too
        return "exception " + repr(error)


def explanation_of(case):
    for size in range(1, len(CORRECTIONS) + 1):
        for chosen in itertools.combinations(CORRECTIONS, size):
            if decide(case, chosen) == case["result"]:
                return chosen
    return None


def corrections_without_case():
    stanzas = "".join(path.read_text() for path in CASES.glob("*.cases"))
    return [name for name, (_, _, case) in CORRECTIONS.items() if case not in stanzas]


def main():
    for name in corrections_without_case():
        sys.exit(f"{name}: no stanza in {CASES} shows our side")
    generator, cases, seed = sys.argv[1:]
    classes = collections.Counter()
    unexplained = 0
    count = 0
    with subprocess.Popen([generator, cases, seed], stdout=subprocess.PIPE, text=True) as source:
        for line in source.stdout:
            case = json.loads(line)
            count += 1
            load(case["zone"])
            result = decide(case)
            if result == case["result"]:
                continue
            chosen = explanation_of(case)
            if chosen:
                classes[chosen] += 1
                continue
            unexplained += 1
            if unexplained <= 5:
                print(f"UNEXPLAINED: pyspf {result}, ours {case['result']} ({case['reason']}): "
                      f"{case['client']} {case['sender']} {case['helo']}\n{case['zone']}")
    print(f"{count} cases, {count - sum(classes.values()) - unexplained} alike")
    for chosen, times in classes.most_common():
        print(f"{times:7} " + "; ".join(
            f"{name} (RFC 7208 section {CORRECTIONS[name][0]}): pyspf {CORRECTIONS[name][1]}"
            for name in chosen))
    print(f"{unexplained} unexplained")
    return 1 if unexplained or source.returncode or count != int(cases) else 0


if __name__ == "__main__":
    sys.exit(main())
