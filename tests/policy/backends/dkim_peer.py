# SPDX-License-Identifier: Apache-2.0
"""Verifies every signature of every DIRECTORY/*.eml with dkimpy, keys from DIRECTORY/zone
(`name TXT text` a line); names those that fail and exits 1 if there are any."""
import pathlib
import sys

import dkim

directory = pathlib.Path(sys.argv[1])
zone = {}
for line in (directory / "zone").read_text().splitlines():
    name, _, text = line.split(" ", 2)
    zone[name] = text.encode()


def look_up(name, timeout=5):
    return zone.get((name.decode() if isinstance(name, bytes) else name).rstrip("."))


failures = 0
messages = sorted(directory.glob("*.eml"))
for path in messages:
    checker = dkim.DKIM(path.read_bytes(), minkey=1024)
    count = sum(name.lower() == b"dkim-signature" for name, _ in checker.headers)
    for index in range(count):
        try:
            fine = checker.verify(idx=index, dnsfunc=look_up)
        except dkim.DKIMException as error:
            print(error)
            fine = False
        if not fine:
            print(f"{path.name}: signature {index} does not verify")
            failures += 1
    if count != 2:
        print(f"{path.name}: {count} signatures")
        failures += 1
sys.exit(1 if failures or not messages else 0)
