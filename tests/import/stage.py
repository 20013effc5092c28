# SPDX-License-Identifier: Apache-2.0
"""Where an old daemon and Milterward meet: a lab, a name server, and the samples one by one."""
import argparse
import sys
from pathlib import Path

import old_daemons
from keys import Key
from lab import Lab
from nameserver import Nameserver
from registry import Skipped
from root import become_root
from sample import all_samples
from servers import unpacked_servers


def _play(arguments, daemon, domain, publish, compare):
    become_root()
    lab = Lab(unpacked_servers())
    try:
        if not old_daemons.are_unpacked(lab.servers):
            raise Skipped(f"no {daemon} below {lab.servers}: run packaging/install-deps mta")
        nameserver = Nameserver(lab, also_on=old_daemons.RESOLVER)
        key = Key(lab.dir, domain, "s")
        publish(nameserver, key)
        nameserver.start()
        samples = [sample for sample in all_samples() if sample.file_of(daemon)
                   and arguments.only in (None, sample.name)]
        answers = [compare(lab, arguments.milterward, sample, key, nameserver)
                   for sample in samples]
        played = [answer for answer in answers if answer is not None]
        complaints = [complaint for answer in played for complaint in answer]
        print("\n".join(complaints) if complaints else f"{len(played)} set-ups do alike")
        return 1 if complaints else 0
    finally:
        lab.close()


def play(description, daemon, domain, publish, compare):
    """Ends the program: 0 where no `compare(lab, binary, sample, key, nameserver)` complains,
    1 where one does, 77 where it cannot be played. Each returns a list of complaints, or None
    where it has nothing to compare. The key is that of `domain`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--milterward", type=Path, required=True)
    parser.add_argument("--only", metavar="SAMPLE")
    try:
        sys.exit(_play(parser.parse_args(), daemon, domain, publish, compare))
    except Skipped as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
