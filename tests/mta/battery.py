# SPDX-License-Identifier: Apache-2.0
"""The tables of addresses beside this file, which postmasters can read and extend."""
from pathlib import Path


def rows_of(name):
    """Rows of a table as tuples; `\\t` in a column is a tab."""
    for line in Path(__file__).with_name(name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield tuple(column.replace("\\t", "\t") for column in line.split("\t"))


def relay_attempts(mta):
    """(case, MAIL FROM, RCPT TO, layer) for one MTA."""
    for case, sender, recipient, postfix, sendmail in rows_of("relay_battery.tsv"):
        yield case, sender, recipient, {"postfix": postfix, "sendmail": sendmail}[mta]


def must_accept(mta):
    """(case, MAIL FROM with parameters, RCPT TO with parameters) for one MTA."""
    for case, sender, recipient, mtas in rows_of("must_accept.tsv"):
        if mtas in ("both", mta):
            yield case, sender, recipient
