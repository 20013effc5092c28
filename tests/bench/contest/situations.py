# SPDX-License-Identifier: Apache-2.0
"""What a full cache and a steady load do not show: name servers far away, many clients that say
nothing, a thousand messages at once, and a real mail server that waits for its filters."""
import resource
import socket
import struct
import subprocess
import time

import corpus
from ports import free_port
from postfix import Postfix
from slow_forwarder import SlowForwarder
from waiting import wait_until

IDLE = 1_000
AT_ONCE = 1_000
FIRST_MESSAGES = 60  # each the first of its domain
FAR = 0.05  # seconds
VERY_FAR = 1.0
POSTED = 400  # messages a pass
CONNECTIONS = 10
POST_RELAY = {"mode": "enforce", "domains": ["local.test"]}  # the sender, 127.0.0.1, is a stranger
SLOWEST_MTA = 10  # seconds to wait for Postfix's queue to empty


def cold(world, load):
    """Round trips to name servers 50 ms away that the median first message of a domain takes."""
    slow = SlowForwarder(world.lab, world.dns.port, FAR)
    contestant = world.milterward("milterward cold", dns={"servers": [slow.address]})
    try:
        said = load.play_index(contestant, "verify-2k", FIRST_MESSAGES, 1)
        return said["p50"] / 1000 / FAR
    finally:
        contestant.stop()
        slow.close()


def at_once(world, load, index):
    """A thousand messages that come together, of an empty cache, with DNS a second away: seconds until
    the last one has its answer, questions that left us, and the answers."""
    slow = SlowForwarder(world.lab, world.dns.port, VERY_FAR)
    contestant = world.milterward(f"milterward {index}", dns={"servers": [slow.address]})
    try:
        said = load.play_index(contestant, index, AT_ONCE, AT_ONCE)
        return {"slowest": said["slowest"] / 1000, "questions": slow.questions,
                "answered": sum(said["answers"].values()), "answers": said["answers"]}
    finally:
        contestant.stop()
        slow.close()


def idle(world):
    """KB of resident memory that one connection takes which said HELO and nothing more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, IDLE + 1000), most))
    contestant = world.milterward("milterward idle")
    try:
        # What the daemon has only from its first connection on is not each one's.
        sockets = [_greeted(contestant.socket)]
        before = contestant.memory()[0]
        sockets += [_greeted(contestant.socket) for _ in range(IDLE)]
        after = contestant.memory()[0]
        for one in sockets:
            one.close()
        return (after - before) * 1024 / IDLE
    finally:
        contestant.stop()


def _greeted(where):
    host, port = where.split(":")
    talk = socket.create_connection((host, int(port)), timeout=10)
    talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _say(talk, b"O" + struct.pack("!III", 6, 0x1ff, 0x1fffff))
    terms = _hear(talk)
    steps = struct.unpack("!I", terms[9:13])[0]
    for packet, no_reply in ((b"Cclient.test\0" + b"4\xc3\x50192.0.2.77\0", 0x1000),
                             (b"Hclient.test\0", 0x2000)):
        _say(talk, packet)
        if not steps & no_reply:
            _hear(talk)
    return talk


def _say(talk, packet):
    talk.sendall(struct.pack("!I", len(packet)) + packet)


def _hear(talk):
    size = struct.unpack("!I", _octets(talk, 4))[0]
    return _octets(talk, size)


def _octets(talk, count):
    octets = b""
    while len(octets) < count:
        more = talk.recv(count - len(octets))
        if not more:
            raise SystemExit("the filter closed an idle connection")
        octets += more
    return octets


class PostOffice:
    """One Postfix with a listener for each way to filter, each message discarded once accepted."""

    def __init__(self, world, filters):
        """`filters`: name -> list of contestants."""
        self._lab, self._filters = world.lab, filters
        self._message = world.lab.path("post.eml")  # smtp-source makes the line ends
        self._message.write_bytes((world.corpus / "post/0.eml").read_bytes().replace(b"\r\n", b"\n"))
        self._postfix = _ManyListeners(world.lab, {
            name: ", ".join(f"inet:{one.socket}" for one in those) for name, those in filters.items()})
        self._postfix.start()

    def rates(self, passes, scale):
        """name -> messages a second that were accepted, a value for each pass."""
        names = list(self._filters)
        found = {name: [] for name in names}
        count = int(POSTED * scale)
        for name in names:
            self._post(name, count // 4)
        for number in range(passes):
            for name in names[number % len(names):] + names[:number % len(names)]:
                found[name].append(count / self._post(name, count))
        return found

    def close(self):
        self._postfix.stop()

    def _post(self, name, count):
        """Seconds until the last message was accepted."""
        began = time.monotonic()
        subprocess.run(
            [self._lab.servers / "usr/sbin/smtp-source", "-s", str(CONNECTIONS), "-m", str(count),
             "-F", self._message, "-f", f"ann@{corpus.POST_DOMAIN}", "-t", "bob@local.test",
             f"inet:127.0.0.1:{self._postfix.ports[name]}"],
            check=True, timeout=300, env=self._postfix.tool_environment())
        took = time.monotonic() - began
        wait_until(lambda: not self._postfix.waiting(), "an empty queue", SLOWEST_MTA)
        return took


class _ManyListeners(Postfix):
    def __init__(self, lab, milters):
        """`milters`: name -> what smtpd_milters says on the listener of that name."""
        super().__init__(lab, None, 0, 0)
        self._milters = milters
        self.ports = {name: free_port() for name in milters}
        self.settings = {"local_transport": "discard:", "maillog_file": "/dev/null", "mynetworks": "192.0.2.1/32"}

    def _listeners(self):
        yield from super()._listeners()
        for name, milters in self._milters.items():
            yield "127.0.0.1", self.ports[name], f"-o {{smtpd_milters={milters}}}"
