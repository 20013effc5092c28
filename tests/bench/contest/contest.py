#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Milterward and its peers side by side: see tests/bench/run.

Every pass lets each contestant do the same messages in turn; a figure is the median of the passes,
with least and most. Exit 0; 1 where a bar is missed (--check); 2 where nothing could be measured,
or two equal filters differed by more than a tenth (too noisy)."""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "mta"))

import corpus  # noqa: E402
import report  # noqa: E402
import situations  # noqa: E402
from contestants import RESOLVER, World, count_calls  # noqa: E402
from lab import Lab  # noqa: E402
from nameserver import Nameserver  # noqa: E402
from servers import unpacked_servers  # noqa: E402

TOO_NOISY = 0.10
PASSES = 7


class Load:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory

    def play(self, contestant, size, count, connections):
        return self.play_index(contestant, f"{contestant.kind}-{size}", count, connections)

    def play_index(self, contestant, name, count, connections):
        """What the load generator says, and `cpu_ms`: what the filter spent a message."""
        index = self.directory / f"{name}.jsonl"
        before = contestant.cpu()
        ran = subprocess.run([self.program, contestant.socket, str(count), str(connections), index],
                             stdout=subprocess.PIPE, timeout=600)
        if ran.returncode:
            raise SystemExit(f"{contestant.name}: the load broke off; it said:\n{contestant._process.said()}")
        said = json.loads(ran.stdout)
        said["cpu_ms"] = (contestant.cpu() - before) * 1000 / count
        said["rate"] = said["messages"] / said["seconds"]
        return said


class Measured:
    """A figure over the passes."""

    def __init__(self, values):
        self.values = values

    @property
    def median(self):
        return statistics.median(self.values)

    def __str__(self):
        return f"{self.median:.3g} ({min(self.values):.3g} to {max(self.values):.3g})"


def contest(load, contestants, size, count, connections, passes):
    """{contestant: {figure: Measured}} of interleaved passes, after one that only warms up."""
    said = {contestant: [] for contestant in contestants}
    for contestant in contestants:
        load.play(contestant, size, max(count // 2, corpus.SIZES[size][1]), connections)
    for number in range(passes):
        # Another one begins each time.
        order = contestants[number % len(contestants):] + contestants[:number % len(contestants)]
        for contestant in order:
            said[contestant].append(load.play(contestant, size, count, connections))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {contestant.name: {figure: Measured([one[figure] for one in ones])
                              for figure in ("cpu_ms", "rate", "p50", "p99")}
            for contestant, ones in said.items()}


def must_edit(load, contestant, letters):
    """The work is done: a verifier says something about each message, a signer signs it."""
    said = load.play(contestant, "2k", 20, 1)
    if not any(said["edits"].get(letter, 0) >= 20 for letter in letters):
        raise SystemExit(f"{contestant.name} does not do the work: {said}; it said:\n"
                         f"{contestant._process.said()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--documents", type=Path, help="write benchmarks.md and benchmarks.svg there")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    directory = options.build / "bench-corpus"
    directory.mkdir(exist_ok=True)
    lab = Lab(unpacked_servers(), tempfile.mkdtemp(prefix="milterward-bench."))
    try:
        return measure(options, lab, directory)
    finally:
        lab.close()


def measure(options, lab, directory):
    dns = Nameserver(lab, also_on=RESOLVER)
    dns.add(*corpus.prepare(directory))
    dns.start()
    world = World(lab, options.build, options.peers, directory, dns)
    load = Load(options.build / "tests/bench/bench_milter_load", directory)
    passes, scale = (PASSES, 1) if not options.quick else (3, 0.3)

    verifiers = [world.empty("empty"), world.empty("empty again"), world.milterward("milterward"),
                 world.milterward("milterward on libmilter", front="libmilter"),
                 world.opendkim("opendkim"), world.opendmarc("opendmarc"), world.rspamd("rspamd")]
    for contestant in verifiers[2:]:
        must_edit(load, contestant, "im")
    found = report.Findings()
    for size, count in (("2k", 1000), ("20k", 400), ("1m", 40)):
        print(f"verify {size} ", end="", file=sys.stderr, flush=True)
        found.verify[size] = contest(load, verifiers, size, int(count * scale), 10, passes)
    print("verify 2k, one client ", end="", file=sys.stderr, flush=True)
    found.alone = contest(load, [one for one in verifiers if one.name in ("milterward", "rspamd")],
                          "2k", int(500 * scale), 1, passes)
    print("verify 2k, 50 clients ", end="", file=sys.stderr, flush=True)
    found.crowd = contest(load, [verifiers[2]], "2k", int(1000 * scale), 50, passes)
    load.play(verifiers[2], "2k", int(10_000 * scale), 10)
    for contestant in verifiers:
        found.memory[contestant.name] = contestant.memory()
        found.calls[contestant.name] = count_calls(
            contestant, lambda who=contestant: load.play(who, "2k", 200, 10))
        contestant.stop()

    signers = [world.milterward("milterward signs", "sign"), world.bare("conversation alone"), world.opendkim("opendkim signs", "sign"),
               world.rspamd("rspamd signs", "sign")]
    for contestant in signers:
        must_edit(load, contestant, "i")
    print("sign 2k ", end="", file=sys.stderr, flush=True)
    found.sign = contest(load, signers, "2k", int(500 * scale), 10, passes)
    found.bare_signature_ms = bare_signature(directory)

    print("far away, at once, idle ", end="", file=sys.stderr, flush=True)
    found.cold = [situations.cold(world, load) for _ in range(passes)]
    found.at_once = {index: situations.at_once(world, load, index) for index in ("flat", "many")}
    found.idle = situations.idle(world)
    print("\nthrough Postfix ", end="", file=sys.stderr, flush=True)
    found.posted = posted(world, passes, scale)
    print(file=sys.stderr)

    print(found.table())
    noise = found.noise()
    if noise > TOO_NOISY:
        print(f"too noisy: two equal filters differ by {noise:.0%}")
        return 2
    if options.documents:
        found.write(options.documents)
    missed = [bar for bar in found.bars() if not bar.holds]
    return 1 if options.check and missed else 0


def posted(world, passes, scale):
    """name -> Measured messages a second that one Postfix accepts, alone and with each filter."""
    ours, chain = world.milterward("milterward behind", relay=situations.POST_RELAY), [
        world.opendkim("opendkim behind"), world.opendmarc("opendmarc behind")]
    rspamd = world.rspamd("rspamd behind")
    office = situations.PostOffice(world, {"alone": [], "milterward": [ours], "rspamd": [rspamd],
                                           "opendkim + opendmarc": chain})
    rates = office.rates(passes, scale)
    office.close()
    for contestant in (ours, *chain, rspamd):
        contestant.stop()
    return {name: Measured(values) for name, values in rates.items()}


def bare_signature(directory):
    """Milliseconds of CPU that libcrypto needs for one RSA-2048 signature, key loaded."""
    said = subprocess.run(["openssl", "speed", "-seconds", "2", "-mr", "rsa2048"], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    line = next(line for line in said.splitlines() if line.startswith("+F2:"))
    return 1000 / float(line.split(":")[3])  # it tells signatures a second


sys.exit(main())
