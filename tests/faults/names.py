# SPDX-License-Identifier: Apache-2.0
"""A name server that can be as bad as any: silent, slow, lying, truncating without TCP, huge.
`mode` is read for each question, so a fault begins and ends between two of them. Answers may not be
remembered (TTL 0): each message asks anew. What it once wrote for a question it says again, so that
it is faster than any limit of who asks, on a busy machine too."""
import socket
import struct
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from ports import free_port

WELL = "well"
# What each does with a question; "slow" answers after `delay`.
MODES = (WELL, "silent", "slow", "servfail", "refused", "lying", "truncated", "huge", "garbage")
_MOST_WRITTEN = 1000
_SOA = "ns.test. hostmaster.test. 1 60 60 600 0"


class NameServer:
    def __init__(self):
        self.port = free_port()
        self.mode, self.delay, self.asked = WELL, 1.0, 0
        self._records = {}
        self._written = {}  # (question without its id, mode, by TCP): answers
        self.open()

    def open(self):
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind(("127.0.0.1", self.port))
        self._tcp.listen(64)
        for listener in (self._udp, self._tcp):
            listener.settimeout(0.05)
        self._is_open = True
        self._threads = [threading.Thread(target=self._serve, args=(serve,), daemon=True)
                         for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def close(self):
        """As a host whose name server has ended: the port is closed."""
        self._is_open = False
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    @property
    def address(self):
        return f"127.0.0.1@{self.port}"

    def add(self, name, kind, *values):
        self._records[(name.lower(), kind)] = values
        self._written.clear()

    def add_txt(self, name, *texts):
        self.add(name, "TXT", *(" ".join(f'"{text[at:at + 255]}"' for at in range(0, len(text), 255))
                                for text in texts))

    def _serve(self, serve_one):
        while self._is_open:
            try:
                serve_one()
            except socket.timeout:
                pass

    def _serve_udp(self):
        question, client = self._udp.recvfrom(4096)
        self.asked += 1
        mode = self.mode
        if mode == "slow":
            threading.Timer(self.delay, self._tell, (question, client, mode)).start()
        elif mode != "silent":
            self._tell(question, client, mode)

    def _tell(self, question, client, mode):
        try:
            for answer in self._answers(question, mode, by_tcp=False):
                self._udp.sendto(answer, client)
        except OSError:  # closed meanwhile
            pass

    def _serve_tcp(self):
        connection, _ = self._tcp.accept()
        if self.mode in ("silent", "truncated"):
            connection.close()
        else:
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection:
            connection.settimeout(5)
            try:
                size = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0]
                question = connection.recv(size, socket.MSG_WAITALL)
                if self.mode == "slow":
                    time.sleep(self.delay)
                for answer in self._answers(question, self.mode, by_tcp=True):
                    connection.sendall(struct.pack(">H", len(answer)) + answer)
            except (OSError, struct.error):
                pass

    def _answers(self, question, mode, by_tcp):
        key = question[2:], mode, by_tcp
        written = self._written.get(key)
        if written is None:
            written = self._write(question, mode, by_tcp)
            if len(self._written) < _MOST_WRITTEN:
                self._written[key] = written
        wrong_id = bytes([question[0] ^ 0xff, question[1]])
        return [(wrong_id if has_wrong_id else question[:2]) + answer[2:]
                for answer, has_wrong_id in written]

    def _write(self, question, mode, by_tcp):
        """Pairs: an answer, and whether its id is to be another than the question's."""
        if mode == "garbage":
            return [(b"\0\0\x81\x80" + b"\xff" * 40, False)]
        query = dns.message.from_wire(question)
        answer = self._answer_to(query)
        if mode in ("servfail", "refused"):
            answer.answer, answer.authority = [], []
            answer.set_rcode(dns.rcode.from_text(mode.upper()))
        elif mode == "lying":
            return _lies(query)
        elif mode == "truncated" or (mode == "huge" and not by_tcp):
            answer.answer = []
            answer.flags |= dns.flags.TC
        elif mode == "huge":
            _bloat(answer)
        return [(answer.to_wire(max_size=65535), False)]

    def _answer_to(self, query):
        answer = dns.message.make_response(query, recursion_available=True)
        asked = query.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        values = self._values_of(name, dns.rdatatype.to_text(asked.rdtype))
        if values:
            answer.answer.append(dns.rrset.from_text(asked.name, 0, "IN", asked.rdtype, *values))
        else:
            if not self._is_there(name):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            answer.authority.append(dns.rrset.from_text(".", 0, "IN", "SOA", _SOA))
        return answer

    def _values_of(self, name, kind):
        """Of the name itself, or of the nearest wildcard above it (RFC 1034 section 4.3.3)."""
        labels = name.split(".")
        above = ["*." + ".".join(labels[at:]) for at in range(1, len(labels))]
        return next((self._records[known, kind] for known in (name, *above)
                     if (known, kind) in self._records), None)

    def _is_there(self, name):
        return any(known == name or known.endswith("." + name) or
                   (known[0] == "*" and name.endswith(known[1:])) for known, _ in self._records)


def _lies(query):
    """What somebody sends who has to guess: another id, another question; everybody may send."""
    asked = query.question[0]
    lie = dns.message.make_response(query, recursion_available=True)
    lie.answer.append(dns.rrset.from_text(asked.name, 3600, "IN", "TXT", '"v=spf1 +all"',
                                          '"v=DMARC1; p=none"'))
    elsewhere = dns.message.make_query("else." + asked.name.to_text(), asked.rdtype, id=query.id)
    other = dns.message.make_response(elsewhere, recursion_available=True)
    other.answer.append(dns.rrset.from_text(elsewhere.question[0].name, 3600, "IN", "TXT",
                                            '"v=spf1 +all"'))
    return [(lie.to_wire(), True), (other.to_wire(), False)]


def _bloat(answer):
    """As many records of the kind that was asked for as a packet holds."""
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.TXT:
            more = [f'"{number:05} {"x" * 240}"' for number in range(240)]
            rrset.update(dns.rrset.from_text(rrset.name, 0, "IN", "TXT", *more))
