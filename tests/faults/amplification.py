# SPDX-License-Identifier: Apache-2.0
"""Messages that are made to be as much work as they can, beside an ordinary one of the same size.
Each is of a name that nobody asked for before, so that no cache knows anything of it. A shape is a
function of a Forge and the size in octets, and returns a Mail."""
import itertools
import os

import dkim_peer
from mail import FRIEND, LIAR, Mail, RIGHT, split_message
from message import compose

# As many as there may be: signature_limit, arc_set_limit, header_field_limit, recipient_limit.
_SIGNATURES, _ARC_SETS, _FIELDS, _RECIPIENTS = 10, 50, 1990, 1_000
_AUTHORS = 95
_MOST_HEADER = 1_000_000  # octets; more is refused at once


class Forge:
    """`key` is of *.cold.test: each message has a name of its own below it."""

    def __init__(self, stage):
        self.key = stage.new_key("cold.test", "s1")
        self._numbers = itertools.count()
        dns = stage.dns
        dns.add_txt("*.cold.test", "v=spf1 a -all")
        dns.add("*.cold.test", "A", FRIEND)
        dns.add_txt("*._domainkey.cold.test", self.key.record)
        # Ten lookups, each of them ten addresses; and a policy only where the search ends.
        dns.add_txt("*.deep.test", "v=spf1 " + " ".join(f"mx:m{at}.%{{d}}" for at in range(9)) +
                    " ptr:%{d} -all")
        dns.add("*.deep.test", "MX", *(f"10 x{at}.many.test." for at in range(10)))
        dns.add("*.many.test", "A", *(f"198.51.100.{at}" for at in range(1, 51)))

    def name(self, parent="cold.test"):
        return f"n{os.getpid()}x{next(self._numbers)}.{parent}"


def ordinary(forge, size):
    domain = forge.name()
    return _mail(domain, _signed(forge, domain, _filled(domain, size)))


def many_signatures(forge, size):
    """As many as are looked at, each of another signer, over as many fields as one may name."""
    domain = forge.name()
    fields = [(f"X-{at}", "y") for at in range(400)]
    raw = _filled(domain, size - 400 * 8 - _SIGNATURES * 3000, fields)
    one = dkim_peer.sign(raw, _Named(forge.key, domain),
                         [b"from", b"subject", *(name.encode() for name, _ in fields)])
    field = one[:len(one) - len(raw)]
    return _mail(domain, b"".join(field.replace(domain.encode(), forge.name().encode())
                                  for _ in range(_SIGNATURES - 1)) + one)


def both_canonical_forms(forge, size):
    """Signatures that want the body hashed in each way."""
    domain = forge.name()
    raw = _filled(domain, size - _SIGNATURES * 500)
    fields = b""
    for at in range(_SIGNATURES):
        body, length = (b"simple", b"relaxed")[at % 2], f"{size // 2 + at}".encode()
        fields += (b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/" + body + b"; d=" +
                   forge.name().encode() + b"; s=s1; l=" + length + b"; h=from; bh=" + b"A" * 43 +
                   b"=; b=" + b"A" * 342 + b"==\r\n")
    return _mail(domain, fields + raw)


def arc_chain(forge, size):
    """A whole chain that passes, as long as it may be, each set of another sealer."""
    domain = forge.name()
    raw = _filled(domain, size - _ARC_SETS * 1500)
    for at in range(_ARC_SETS):
        sealer = forge.name()
        raw = dkim_peer.seal(raw, _Named(forge.key, sealer), _Anywhere(forge.key),
                             f"{sealer}; {'arc=pass' if at else 'arc=none'}")
    return _mail(domain, raw)


def forged_results(forge, size):
    """Fields in our name, each of which has to be found and removed."""
    domain = forge.name()
    each = max(40, min(size, _MOST_HEADER) // _FIELDS - 30)
    fields = [("Authentication-Results", "mx.test; spf=pass" + " ; x=y" * (each // 7))] * _FIELDS
    return _mail(domain, _filled(domain, 0, fields[:size // (each + 50)]))


def long_author(forge, size):
    """A From of as many addresses and comments as it may have, and other fields as long."""
    domain = forge.name()
    long = min(size, 120_000) // 2
    each = max(1, long // _AUTHORS - 60)
    author = ", ".join(f'"a{at}" ({"(c)" * (each // 3)}) <b{at}@{domain}>' for at in range(_AUTHORS))
    fields = [("From", author), ("Sender", "(" * 30 + "x" * long + ")" * 30 + f" <a@{domain}>")]
    return _mail(domain, _filled(domain, size - 2 * long, fields, author=None))


def deep_parts(forge, size):
    """Parts in parts, of a notice of failure, from <>."""
    domain, inner = forge.name(), ""
    for at in range(size // 100):
        inner = f'--b{at}\r\nContent-Type: multipart/report; boundary="b{at + 1}"\r\n\r\n' + inner
    mail = _mail(domain, compose(f"x@{domain}", headers=[
        ("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b0"')],
        body=inner[:size]))
    mail.sender = ""
    return mail


def deep_dns(forge, size):
    """An SPF record that asks as much as one may, and an author far down."""
    domain = ".".join("abcdefgh") + "." + forge.name("deep.test")
    return _mail(domain, _filled(domain, size))


def many_recipients(forge, size):
    mail = ordinary(forge, size)
    mail.recipients = [f"user{at}@local.test" for at in range(_RECIPIENTS)]
    return mail


SHAPES = (many_signatures, both_canonical_forms, arc_chain, forged_results, long_author, deep_parts,
          deep_dns, many_recipients)


class _Named:
    """A key by another name."""

    def __init__(self, key, domain):
        self.algorithm, self.path, self.selector, self.domain = (key.algorithm, key.path,
                                                                 "s1", domain)


class _Anywhere:
    """The key, wherever it is looked for."""

    def __init__(self, key):
        self._record = key.record

    def txt_of(self, name):
        return self._record


def _signed(forge, domain, raw):
    return dkim_peer.sign(raw, _Named(forge.key, domain))


def _filled(domain, size, fields=(), author=""):
    raw = compose(f"ann@{domain}", headers=fields, body="")
    if author is None:  # it stands among the fields
        raw = raw.replace(f"From: ann@{domain}\r\n".encode(), b"")
    return raw + b"0123456789 abcdef\r\n" * (max(0, size - len(raw)) // 19 + 1)


def _mail(domain, raw):
    client = FRIEND if domain.endswith("cold.test") else LIAR
    return Mail(RIGHT, client, f"ann@{domain}", ["bob@local.test"], *split_message(raw))
