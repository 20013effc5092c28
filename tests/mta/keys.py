# SPDX-License-Identifier: Apache-2.0
"""DKIM keys made by openssl, and the DNS records that publish them (RFC 6376, RFC 8463)."""
import base64
import subprocess


class Key:
    """A private key in a PEM file; `record` is the TXT text for SELECTOR._domainkey.DOMAIN."""

    def __init__(self, directory, domain, selector, algorithm="rsa"):
        self.domain, self.selector, self.algorithm = domain, selector, algorithm
        self.path = directory / f"{domain}.{selector}.pem"
        options = (["-algorithm", "ed25519"] if algorithm == "ed25519" else
                   ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"])
        _openssl("genpkey", *options, "-out", self.path)
        self.path.chmod(0o600)

    @property
    def name(self):
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self):
        public = _openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        if self.algorithm == "ed25519":
            public = public[-32:]  # RFC 8463 publishes the bare key, not its SubjectPublicKeyInfo
        return f"v=DKIM1; k={self.algorithm}; p={base64.b64encode(public).decode()}"

    def seed(self):
        """The 32 octets of an Ed25519 private key."""
        return _openssl("pkey", "-in", self.path, "-outform", "DER")[-32:]


def _openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
