# SPDX-License-Identifier: Apache-2.0
"""Who takes part. Each is started with a configuration that does the work and no more, logs as it
does by default, and asks the same name server."""
import os
import shutil
import subprocess
import time
from pathlib import Path

from corpus import DOMAINS, domain, key_file
from daemon import to_toml
from ports import free_port, is_listening
from waiting import wait_until

DAEMON_USER = "proxy"
RESOLVER = "127.0.0.153"  # port 53, for those that know no other


def _children(pid):
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _children(int(child))
        except (FileNotFoundError, ProcessLookupError):
            pass


class Contestant:
    """A running filter: `name`, `socket` as the load generator writes it, and what it cost."""

    def __init__(self, lab, name, command, socket, kind="verify", environment=None):
        self.name, self.socket, self.kind = name, socket, kind
        self._process = lab.spawn(name.replace(" ", "_"), command, environment)
        wait_until(self._answers, lambda: f"{name} to listen; it said:\n{self._process.said()}", 60)

    def _answers(self):
        assert self._process.runs(), f"{self.name} ended:\n{self._process.said()}"
        return is_listening(int(self.socket.rsplit(":", 1)[1]))

    @property
    def pids(self):
        return [self._process.pid, *_children(self._process.pid)]

    def cpu(self):
        """Seconds of its whole process tree; threads that ended are counted."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids)

    def memory(self):
        """RSS and private memory (Pss_Anon) in MB. Processes that were forked share pages with the first
        one: of them counts what is theirs (Pss), or the same page would be counted for each."""
        resident = anonymous = 0
        for pid in self.pids:
            sizes = {line.split()[0]: int(line.split()[1])
                     for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]}
            resident += sizes["Rss:"] if pid == self._process.pid else sizes["Pss:"]
            anonymous += sizes["Pss_Anon:"]
        return resident / 1024, anonymous / 1024

    def stop(self):
        self._process.stop()


class World:
    """Where the contestants come from and what they share."""

    def __init__(self, lab, build, peers, corpus, nameserver):
        self.lab, self.build, self.peers, self.corpus, self.dns = lab, build, peers, corpus, nameserver

    def milterward(self, name, kind="verify", front="native", **settings):
        port = free_port()
        folder = self.lab.folder(name.replace(" ", "_"))
        shutil.chown(folder, DAEMON_USER, DAEMON_USER)
        tables = {
            "milter": {"socket": f"inet:{port}@127.0.0.1", "front": front},
            "daemon": {"user": DAEMON_USER},
            "dns": {"servers": [self.dns.address]},
            "authres": {"authserv_id": "mx.home.test"},
            "relay": {"mode": "enforce", "domains": ["home.test"], "trusted_networks": ["127.0.0.1/32"]},
            "inbound": {"mode": "enforce"},
            "trace": {"secret_file": str(folder / "trace.key")},
            "journal": {"file": ""},  # the others keep none
            **settings,
        }
        if kind == "sign":
            tables["sign.key"] = [{"domain": domain(number), "selector": "s1",
                                   "file": str(self._own_key(folder, number))} for number in range(DOMAINS)]
        config = folder / "milterward.toml"
        config.write_text(to_toml(tables))
        return Contestant(self.lab, name, [self.build / "milterward", "run", "--config", config],
                          f"127.0.0.1:{port}", kind)

    def _own_key(self, folder, number):
        path = folder / f"{domain(number)}.pem"
        shutil.copy(key_file(self.corpus, number), path)
        shutil.chown(path, DAEMON_USER, DAEMON_USER)
        path.chmod(0o600)
        return path

    def empty(self, name):
        port = free_port()
        return Contestant(self.lab, name, [self.build / "tests/bench/bench_empty_filter",
                                           f"inet:{port}@127.0.0.1"], f"127.0.0.1:{port}")

    def bare(self, name):
        """The conversation alone, on our engine, played with mail to sign."""
        port = free_port()
        return Contestant(self.lab, name, [self.build / "tests/bench/bench_bare_conversation", port],
                          f"127.0.0.1:{port}", "sign")

    def _peer(self, name, program, arguments, port, kind):
        libraries = ":".join(str(self.peers / part) for part in (
            "usr/lib", "usr/lib/x86_64-linux-gnu", "usr/lib/rspamd"))
        return Contestant(self.lab, name, [self.peers / program, *arguments], f"127.0.0.1:{port}", kind,
                          {"LD_LIBRARY_PATH": libraries})

    def opendkim(self, name, kind="verify"):
        port, folder = free_port(), self.lab.folder(name.replace(" ", "_"))
        lines = [f"Socket inet:{port}@127.0.0.1", "Syslog no", "LogWhy no", "Background no",
                 "AuthservID mx.home.test", f"Nameservers {self.dns.address}", "DNSTimeout 5",
                 "RequireSafeKeys no", "SubDomains no", f"TemporaryDirectory {folder}"]
        if kind == "sign":
            table = folder / "keys"
            table.write_text("".join(f"{domain(n)} {domain(n)}:s1:{key_file(self.corpus, n)}\n"
                                     for n in range(DOMAINS)))
            (folder / "signing").write_text("".join(f"*@{domain(n)} {domain(n)}\n" for n in range(DOMAINS)))
            lines += ["Mode s", f"KeyTable file:{table}", f"SigningTable refile:{folder}/signing",
                      "InternalHosts 127.0.0.1", "Canonicalization relaxed/relaxed",
                      "OversignHeaders From"]
        else:
            lines += ["Mode v", "InternalHosts 192.0.2.1", "PeerList 192.0.2.2"]
        (folder / "opendkim.conf").write_text("\n".join(lines) + "\n")
        return self._peer(name, "usr/sbin/opendkim", ["-f", "-x", folder / "opendkim.conf"], port, kind)

    def opendmarc(self, name):
        """Reads the resolver's configuration of the system: it gets one of its own, in a mount
        namespace of its own, with a name server on port 53."""
        port, folder = free_port(), self.lab.folder(name.replace(" ", "_"))
        (folder / "resolv.conf").write_text(f"nameserver {RESOLVER}\noptions timeout:1\n")
        (folder / "opendmarc.conf").write_text("\n".join([
            f"Socket inet:{port}@127.0.0.1", "Syslog no", "AuthservID mx.home.test",
            "TrustedAuthservIDs mx.home.test", "RejectFailures false", "SPFSelfValidate true",
            "SPFIgnoreResults true", "RecordAllMessages false", "IgnoreAuthenticatedClients true",
            f"IgnoreHosts {folder}/ignored"]) + "\n")
        (folder / "ignored").write_text("192.0.2.1\n")  # by default 127.0.0.1, where Postfix' clients are
        program = self.peers / "usr/sbin/opendmarc"
        shell = (f"mount --bind {folder}/resolv.conf $(readlink -f /etc/resolv.conf) && "
                 f"exec {program} -f -c {folder}/opendmarc.conf")
        libraries = str(self.peers / "usr/lib/x86_64-linux-gnu")
        return Contestant(self.lab, name, ["unshare", "--mount", "sh", "-c", shell],
                          f"127.0.0.1:{port}", "opendmarc", {"LD_LIBRARY_PATH": libraries})

    def rspamd(self, name, kind="verify"):
        """Self-scan, only the modules for authentication: its best case."""
        port, folder = free_port(), self.lab.folder(name.replace(" ", "_"))
        shutil.chown(folder, DAEMON_USER, DAEMON_USER)
        share = self.peers / "usr/share/rspamd"
        keys = ""
        if kind == "sign":
            keys = "domain {\n" + "".join(
                f'  {domain(n)} {{ path = "{self._own_key(folder, n)}"; selector = "s1"; }}\n'
                for n in range(DOMAINS)) + "}\n"
        signing = (f'dkim_signing {{ enabled = true; sign_authenticated = true; allow_username_mismatch = true;'
                   f' use_domain = "header"; check_pubkey = false; use_esld = false;\n{keys} }}'
                   if kind == "sign" else "")
        modules = "" if kind == "sign" else """
spf { enabled = true; spf_cache_size = 2k; }
dkim { enabled = true; dkim_cache_size = 2k; trusted_only = false; }
dmarc { enabled = true; actions { reject = "reject"; } }
arc { enabled = true; }
milter_headers { enabled = true; use = ["authentication-results"]; authenticated_headers = ["authentication-results"]; }
"""
        # What rules/rspamd.lua does before it loads the rules, which are not asked for here.
        (folder / "nothing.lua").write_text(
            'require "global_functions" ()\nconfig["regexp"] = {}\nrspamd_maps = {}\n')
        (folder / "rspamd.conf").write_text(f"""
options {{
  pidfile = "{folder}/rspamd.pid"; filters = "dkim"; url_tld = "{share}/effective_tld_names.dat"; tempdir = "{folder}"; dns {{ nameserver = ["127.0.0.1:{self.dns.port}"]; }}
  local_addrs = ["10.255.255.255"]; check_all_filters = true; explicit_modules = ["spf", "dkim", "dmarc", "arc", "dkim_signing", "milter_headers"];
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "notice"; }}
metric {{ name = "default"; actions {{ reject = 150; }} }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}"; milter = true; timeout = 60s; count = 1;
  upstream "local" {{ self_scan = yes; default = yes; }}
}}
{modules}{signing}
lua = "{folder}/nothing.lua";
modules {{ path = "{share}/plugins"; }}
""")
        variables = [f"SHAREDIR={share}", f"PLUGINSDIR={share}/plugins", f"LUALIBDIR={share}/lualib",
                     f"RULESDIR={share}/rules", f"DBDIR={folder}", f"RUNDIR={folder}", f"LOGDIR={folder}",
                     f"CONFDIR={folder}", f"LOCAL_CONFDIR={folder}"]
        flags = [word for variable in variables for word in ("--var", variable)]
        return self._peer(name, "usr/bin/rspamd", ["-f", "-i", "-u", DAEMON_USER, "-g", DAEMON_USER, "-c",
                                                   folder / "rspamd.conf", *flags], port, kind)


def count_calls(contestant, load):
    """System calls of the contestant while `load()` runs; None where strace cannot be had."""
    if not shutil.which("strace"):
        return None
    table = contestant._process.output.with_suffix(".strace")
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", table,
                               *(word for pid in contestant.pids for word in ("-p", str(pid)))],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    load()
    tracer.send_signal(2)
    tracer.wait(20)
    for line in table.read_text().splitlines():
        if line.endswith("total"):
            return int(line.split()[3] if len(line.split()) > 4 else line.split()[2])
    return None
