# SPDX-License-Identifier: Apache-2.0
"""The scenario's Internet: knotd as an authoritative server on loopback.
All records live in one root zone, so that names nobody wrote are NXDOMAIN; a server without
that zone would answer REFUSED, which means "try later" and not "no such name"."""
import signal
import socket

from ports import free_port
from waiting import wait_until

# A question for ns.test A, to learn when the server answers (RFC 1035 section 4.1).
_QUESTION = b"\0\x2a\1\0\0\1\0\0\0\0\0\0" b"\2ns\4test\0" b"\0\1\0\1"
_SOA = ". 60 SOA ns.test. hostmaster.test. 1 60 60 600 1"


def txt(name, text):
    """A TXT record; long texts become several strings, as RFC 7208 section 3.3 allows."""
    pieces = [text[at:at + 255] for at in range(0, len(text), 255)]
    return f"{name}. 60 TXT " + " ".join('"' + piece.replace('"', '\\"') + '"' for piece in pieces)


class Nameserver:
    def __init__(self, lab, also_on=None):
        """`also_on`: an address of which it takes port 53 as well, for programs that know no other."""
        self._lab = lab
        self._also_on = also_on
        self.port = free_port()
        self.records = []
        self._process = None

    @property
    def address(self):
        return f"127.0.0.1@{self.port}"

    def add(self, *records):
        """Records in zone file notation, owner names absolute without their last dot."""
        self.records += records

    def add_txt(self, name, text):
        self.add(txt(name, text))

    def txt_of(self, name):
        """The text at a name, for verifiers that want keys without a resolver."""
        wanted = txt(name.rstrip("."), "").split(" TXT")[0].lower()
        for record in self.records:
            if record.lower().startswith(wanted + " txt "):
                return "".join(record.split(" TXT ", 1)[1].split('"')[1::2])
        return None

    def names(self):
        """Owners of records without their last dot, each once, in the order they came."""
        return list(dict.fromkeys(record.split()[0].rstrip(".") for record in self.records))

    def start(self):
        directory = self._lab.folder("dns")
        directory.joinpath("root.zone").write_text(
            "\n".join([_SOA, ". 60 NS ns.test.", "ns.test. 60 A 127.0.0.1", *self.records]) + "\n")
        directory.joinpath("knot.conf").write_text(f"""
server:
    listen: [{", ".join(self._listens())}]
    rundir: {directory}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {directory}
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: {directory}
zone:
  - domain: .
    file: root.zone
""")
        self._process = self._lab.spawn(
            "knotd", [self._lab.servers / "usr/sbin/knotd", "-c", directory / "knot.conf"])
        wait_until(self._answers, lambda: f"an answer of knotd; it said:\n{self._process.said()}")

    def _listens(self):
        return [self.address] + ([f"{self._also_on}@53"] if self._also_on else [])

    def stop(self):
        self._process.stop()

    def pause(self):
        """Silent, but still there: questions go unanswered, as with a dead network."""
        self._process.send(signal.SIGSTOP)

    def resume(self):
        self._process.send(signal.SIGCONT)

    def _answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect(("127.0.0.1", self.port))
            try:
                probe.send(_QUESTION)
                return len(probe.recv(512)) > len(_QUESTION)
            except OSError:
                return False
