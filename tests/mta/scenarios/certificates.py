# SPDX-License-Identifier: Apache-2.0
"""TLS client certificates as a permission to relay, with both MTAs configured as open relays: only
what Milterward knows stands between a stranger and the world."""
import ssl
import subprocess

from client import connect
from message import compose, new_subject
from registry import scenario


class Authority:
    """Issues certificates, in a folder that the MTAs may read."""

    def __init__(self, lab, name, folder):
        self.directory = lab.folder(folder)
        self.certificate = self.directory / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                      "-subj", f"/O=Home/CN={name}", "-keyout", self.directory / "ca.key",
                      "-out", self.certificate)

    def issue(self, subject):
        """(certificate, key) files."""
        key, request = (self.directory / f"{subject}.{end}" for end in ("key", "csr"))
        certificate = self.directory / f"{subject}.pem"
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/O=Home/CN={subject}",
                      "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-days", "2", "-in", request, "-CA", self.certificate,
                      "-CAkey", self.directory / "ca.key", "-CAcreateserial", "-out", certificate)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _start(home, rows):
    """With TLS, and one authority trusted for clients."""
    ours = Authority(home.lab, "Home CA", "tls")
    home.mta.is_open = True
    home.mta.use_tls(*ours.issue("mx.test"), ours.certificate)
    home.daemon.settings["relay.certificate"] = rows
    home.start()
    return ours


def _relay(home, files=None):
    """The reply to RCPT for a recipient elsewhere, from a stranger who shows a certificate."""
    with connect(home.mta.port, "127.0.0.7", helo="gateway.test") as client:
        client.need("STARTTLS")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if files:
            context.load_cert_chain(*map(str, files))
        client.start_tls(context)
        client.need("EHLO gateway.test")
        subject = new_subject("certificate")
        reply = client.send("app@local.test", ["ann@friend.test"],
                            compose("app@local.test", "ann@friend.test", subject))
        return reply, subject


COMMON = [{"issuer": "Home CA", "subject": "gateway.test"}]


@scenario()
def certificate_of_our_authority_may_relay(home):
    ours = _start(home, COMMON)
    reply, subject = _relay(home, ours.issue("gateway.test"))
    assert reply.code == 250, reply
    home.remote.wait_for(subject)
    decision = home.daemon.decision(direction="submission")
    assert decision["reason"] == "direction.certificate", decision


@scenario()
def other_certificates_may_not(home):
    ours = _start(home, COMMON)
    foreign = Authority(home.lab, "Foreign CA", "foreign")
    impostor = Authority(home.lab, "Home CA", "impostor")  # whom the MTA does not trust
    for files in (None, ours.issue("other.test"), foreign.issue("gateway.test"),
                  impostor.issue("gateway.test")):
        reply, _ = _relay(home, files)
        assert reply.code == 550 and "Relay access denied" in reply.text, f"{files}: {reply}"
    assert not home.remote.all()


@scenario(only="sendmail")
def distinguished_names_are_compared_whole(home):
    """As {cert_issuer} spells them: +20 for a blank."""
    ours = _start(home, [{"issuer": "/O=Home/CN=Home+20CA", "subject": "/O=Home/CN=gateway.test"}])
    reply, _ = _relay(home, ours.issue("other.test"))
    assert reply.code == 550, reply
    reply, subject = _relay(home, ours.issue("gateway.test"))
    assert reply.code == 250, reply
    home.remote.wait_for(subject)
