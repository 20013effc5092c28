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
    import dkim
    def look_up(name, timeout=5):
        text = nameserver.txt_of(name.decode() if isinstance(name, bytes) else name)
        return text.encode() if text else None

    outcome = {}
    for index, value in enumerate(message.all("DKIM-Signature")):
        checker = dkim.DKIM(message.raw, minkey=1024)
        outcome[(tag(value, "d"), tag(value, "a"))] = checker.verify(idx=index, dnsfunc=look_up)
    return outcome


def tag(signature, name):
    """One tag of a signature field, white space removed."""
    found = re.search(rf"(?:^|;)\s*{name}\s*=([^;]*)", signature)
    return re.sub(r"\s+", "", found.group(1)) if found else None
