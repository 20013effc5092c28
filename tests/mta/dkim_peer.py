# SPDX-License-Identifier: Apache-2.0
"""A DKIM implementation that shares no line with ours (dkimpy): it signs what strangers send
and verifies what we signed. It is imported where it is used, so that the scenarios can be listed
where it is not installed."""
import base64
import re


def sign(raw, key, headers=(b"from", b"to", b"subject", b"date", b"message-id")):
    """The message with a signature by `key` on top."""
    import dkim
    if key.algorithm == "ed25519":
        private, algorithm = base64.b64encode(key.seed()), b"ed25519-sha256"
    else:
        private, algorithm = key.path.read_bytes(), b"rsa-sha256"
    field = dkim.sign(raw, key.selector.encode(), key.domain.encode(), private,
                      canonicalize=(b"relaxed", b"relaxed"), signature_algorithm=algorithm,
                      include_headers=list(headers))
    return field + raw


def verify_all(message, nameserver):
    """{(domain, algorithm): verifies} for every signature of a Message, keys from our zone."""
    names = [(tag(value, "d"), tag(value, "a")) for value in message.all("DKIM-Signature")]
    return dict(zip(names, verify_each(message, nameserver)))


def verify_each(message, nameserver):
    """Does it verify? For every signature of a Message, from the top."""
    import dkim

    def verifies(index):
        checker = dkim.DKIM(message.raw, minkey=1024)
        try:
            return checker.verify(idx=index, dnsfunc=_look_up(nameserver))
        except dkim.ValidationError:  # such as a body hash that differs
            return False
    return [verifies(index) for index, _ in enumerate(message.all("DKIM-Signature"))]


def chain_of(message, nameserver):
    """(result, sealing domains from the oldest) of the ARC chain of a Message."""
    import dkim
    result, sets, _ = dkim.ARC(message.raw, minkey=1024).verify(dnsfunc=_look_up(nameserver))
    sealers = sorted((each["instance"], each["as-domain"].decode()) for each in sets)
    return result.decode(), [domain for _, domain in sealers]


def seal(raw, key, nameserver, results):
    """The message with a first ARC Set by `key`; `results` is an authres-payload."""
    import dkim
    server = results.split(";")[0].encode()
    raw = b"Authentication-Results: " + results.encode() + b"\r\n" + raw
    fields = dkim.ARC(raw, minkey=1024).sign(
        key.selector.encode(), key.domain.encode(), key.path.read_bytes(), server,
        include_headers=[b"from", b"to", b"subject", b"date", b"message-id"])
    return b"".join(fields) + raw


def _look_up(nameserver):
    def look_up(name, timeout=5):
        text = nameserver.txt_of(name.decode() if isinstance(name, bytes) else name)
        return text.encode() if text else None
    return look_up


def tag(signature, name):
    """One tag of a signature field, white space removed."""
    found = re.search(rf"(?:^|;)\s*{name}\s*=([^;]*)", signature)
    return re.sub(r"\s+", "", found.group(1)) if found else None
