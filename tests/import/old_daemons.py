# SPDX-License-Identifier: Apache-2.0
"""The real opendkim, opendmarc and policyd-spf, as packaging/install-deps unpacked them, with the
configuration of a sample: all of it, but for what ties it to its host."""
import os
import re
import subprocess

from mounts import with_mounts
from ports import free_port, is_listening
from waiting import wait_until

# A socket, a user and files of the host that the sample came from, and name servers.
_OF_ITS_HOST = re.compile(r"(Socket|UserID|UMask|PidFile|TrustAnchorFile|Nameservers|Background|"
                          r"HistoryFile|AutoRestart\w*|Syslog\w*|QueryCache)\b",
                          re.IGNORECASE)
# Where those that cannot be told a port find the name server; of this process alone, since tests
# run side by side.
RESOLVER = f"127.25.{os.getpid() >> 8 & 0xff}.{os.getpid() & 0xff}"
_PYTHON = "usr/lib/python3/dist-packages"


def are_unpacked(servers):
    return all((servers / name).exists() for name in (
        "usr/sbin/opendkim", "usr/sbin/opendmarc", _PYTHON + "/spf_engine"))


def _without_its_host(path, more):
    lines = [line for line in path.read_text().splitlines() if not _OF_ITS_HOST.match(line)]
    copy = path.with_name(path.name + ".here")
    copy.write_text("\n".join(lines + more) + "\n")
    return copy


def _start(lab, name, command, port):
    libraries = ":".join(str(lab.servers / part) for part in
                         ("usr/lib/x86_64-linux-gnu", "usr/lib"))
    process = lab.spawn(name, command, {"LD_LIBRARY_PATH": libraries})
    wait_until(lambda: is_listening(port) or not process.runs(),
               lambda: f"{name} to listen; it said:\n{process.said()}")
    assert process.runs(), f"{name} ended:\n{process.said()}"
    return process


def opendkim(lab, config, nameserver):
    """The port of an opendkim, and its process. Its resolver takes no answer of a server that
    does not recurse: it finds the keys that the name server publishes in a file."""
    port = free_port()
    keys = lab.path(f"public{port}")
    keys.write_text("".join(f"{name} {nameserver.txt_of(name)}\n" for name in nameserver.names()
                            if "._domainkey." in name))
    here = _without_its_host(config, [f"TestPublicKeys {keys}", "RequireSafeKeys no",
                                      "Background no", "Syslog no"])
    return port, _start(lab, f"opendkim{port}",
                        [lab.servers / "usr/sbin/opendkim", "-f", "-x", here,
                         "-p", f"inet:{port}@127.0.0.1"], port)


def opendmarc(lab, config):
    """The same of an opendmarc."""
    port = free_port()
    here = _without_its_host(config, ["Background no", "Syslog no",
                                      f"Socket inet:{port}@127.0.0.1"])
    command = _with_resolver(lab, [lab.servers / "usr/sbin/opendmarc", "-f", "-c", here])
    return port, _start(lab, f"opendmarc{port}", command, port)


def policyd_spf(lab, config, questions):
    """What policyd-spf answers to questions of the mail server, each with its attributes: the
    actions."""
    asked = "".join("".join(f"{name}={value}\n" for name, value in attributes.items()) + "\n"
                    for attributes in questions)
    command = _with_resolver(lab, ["/usr/bin/python3", "-B", "-c",
                                   "from spf_engine.policyd_spf import main; main()", config])
    ran = subprocess.run(command, input=asked.encode(), stdout=subprocess.PIPE, timeout=60,
                         env={**os.environ, "PYTHONPATH": str(lab.servers / _PYTHON)})
    actions = [line.removeprefix("action=") for line in ran.stdout.decode().splitlines()
               if line.startswith("action=")]
    assert len(actions) == len(questions), f"policyd-spf said {ran.stdout.decode()!r}"
    return actions


def _with_resolver(lab, command):
    """A program that reads the resolver's file of the system: it gets one of its own."""
    resolver = lab.path("resolv.conf")
    resolver.write_text(f"nameserver {RESOLVER}\noptions timeout:2\n")
    return with_mounts({"/etc/resolv.conf": resolver}, command)
