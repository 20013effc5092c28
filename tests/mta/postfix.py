# SPDX-License-Identifier: Apache-2.0
"""A private Postfix: Debian's package unpacked, not installed, in a directory of its own.
Its accounts are borrowed from those that every Debian has and no server uses, because a machine
with another MTA has no user postfix; nothing outside the lab belongs to them."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

from ports import free_port, ipv6_loopback_exists, is_listening
from waiting import wait_until

OWNER, DROP_GROUP = "uucp", "news"
_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
           "private", "saved", "trace")
_SERVICES = """
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60 1 pickup
"""


class Postfix:
    name = "postfix"
    has_xclient = True
    has_smtputf8 = True
    login_realm = "mx.test"

    def __init__(self, lab, milter, local_port, remote_port):
        """`milter` as main.cf names it ("": none, None: main.cf does not speak of filters);
        the ports belong to the LMTP and SMTP sinks."""
        self._lab = lab
        self.milter, self._local, self._remote = milter, local_port, remote_port
        self.port, self.submission_port, self.return_port = (free_port() for _ in range(3))
        self.is_open = False
        self.our_subdomains = []
        self.content_filter_port = None
        self.settings = {}
        self.comments = ""  # above main.cf
        self._bin = lab.servers / "usr/sbin"
        self.etc, self._queue = lab.path("postfix/etc"), lab.path("postfix/queue")
        libraries = lab.servers / "usr/lib/postfix"
        self._environment = {"LD_LIBRARY_PATH": f"{libraries}:{libraries}/sbin"}
        self._process = None

    def start(self):
        self._make_folders()
        settings = "".join(f"{key} = {value}\n" for key, value in self._main().items())
        self.etc.joinpath("main.cf").write_text(self.comments + settings)
        self.etc.joinpath("master.cf").write_text(self._master())
        self.date_back()
        self._add_login()
        self._process = self._lab.spawn(
            "postfix", [self._lab.servers / "usr/lib/postfix/sbin/master", "-c", self.etc, "-s"],
            self._environment)
        wait_until(lambda: all(map(is_listening, self._ports())),
                   lambda: f"Postfix's listeners; its log:\n{self.log()}")

    def use_tls(self, certificate, key, authority):
        """Files; clients are asked for a certificate of that authority."""
        self.settings.update({
            "smtpd_tls_security_level": "may", "smtpd_tls_ask_ccert": "yes",
            "smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key,
            "smtpd_tls_CAfile": authority})

    def stop(self):
        self._process.stop()

    def tool_environment(self):
        """For programs that call postconf and postmap."""
        return {**os.environ, **self._environment, "PATH": f"{self._bin}:{os.environ['PATH']}"}

    def date_back(self):
        """Postfix and its tools reread a file for 1.5 s that changed within the last second."""
        for name in ("main.cf", "master.cf"):
            os.utime(self.etc / name, (0, 0))

    def reload(self):
        """As `postfix reload`; new connections meet processes that have read the files: an idle one
        of before may take another connection until it has seen that its master wants it gone."""
        self.date_back()
        former = self._serving()
        before = self.log().count(": reload -- version")
        self._process.send(signal.SIGHUP)
        wait_until(lambda: self.log().count(": reload -- version") > before,
                   lambda: f"the reload; the log:\n{self.log()}")
        wait_until(lambda: not former & self._serving(),
                   lambda: f"the end of those that served before; the log:\n{self.log()}")

    def _serving(self):
        """The pids of what answers SMTP."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return {pid for pid in children.read_text().split() if _name_of(pid) == "smtpd"}

    def log(self):
        path = self._lab.path("postfix/log")
        return (path.read_text(errors="replace") if path.exists() else "") + (
            self._process.said() if self._process else "")

    def login_of(self, user):
        """What the milter will be told in {auth_authen}."""
        return f"{user}@{self.login_realm}"

    def submit_locally(self, sender, recipients, raw):
        """The sendmail command, as cron jobs and web applications use it."""
        subprocess.run(
            [self._bin / "sendmail", "-C", self.etc, "-i", "-f", sender, *recipients],
            input=raw.replace(b"\r\n", b"\n"), check=True, timeout=30,
            env={**os.environ, **self._environment, "MAIL_CONFIG": str(self.etc)})

    def held(self):
        """Files in quarantine."""
        return [path for path in self._queue.joinpath("hold").rglob("*") if path.is_file()]

    def waiting(self):
        """Mail accepted and not yet delivered."""
        return [path for queue in ("incoming", "active", "deferred", "maildrop")
                for path in self._queue.joinpath(queue).rglob("*") if path.is_file()]

    def _ports(self):
        return self.port, self.submission_port, self.return_port

    def _make_folders(self):
        for queue in _QUEUES:
            path = self._lab.folder("postfix/queue", queue, mode=0o700)
            _give(path, OWNER)
        _give(self._lab.folder("postfix/queue/maildrop", mode=0o730), OWNER, DROP_GROUP)
        _give(self._lab.folder("postfix/queue/public", mode=0o710), OWNER, DROP_GROUP)
        self._lab.folder("postfix/queue/pid")
        _give(self._lab.folder("postfix/data", mode=0o700), OWNER)
        self._lab.folder("postfix/etc/sasl")

    def _main(self):
        directory = self._lab.path("postfix")
        libraries = self._lab.servers / "usr/lib/postfix"
        environment = ("MAIL_CONFIG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH POSTLOG_SERVICE "
                       "POSTLOG_HOSTNAME")
        # Postfix will not start without a working rejection, so open means: all are our network.
        networks = "0.0.0.0/0, [::]/0" if self.is_open else "127.0.0.1/32, [::1]/128"
        return {
            "compatibility_level": "3.6", "config_directory": self.etc,
            "queue_directory": self._queue, "data_directory": directory / "data",
            "daemon_directory": libraries / "sbin", "command_directory": self._bin,
            "shlib_directory": libraries, "meta_directory": self._lab.servers / "etc/postfix",
            "import_environment": environment, "export_environment": environment,
            "mail_owner": OWNER, "setgid_group": DROP_GROUP, "default_privs": "nobody",
            "maillog_file": directory / "log", "maillog_file_prefixes": "/",
            "myhostname": "mx.test", "mydomain": "test", "myorigin": "local.test",
            "mydestination": ", ".join(["local.test", *self.our_subdomains]),
            "mynetworks": networks,
            "inet_interfaces": "127.0.0.1" + (", ::1" if ipv6_loopback_exists() else ""),
            "inet_protocols": "all" if ipv6_loopback_exists() else "ipv4",
            "alias_maps": "", "alias_database": "", "local_recipient_maps": "",
            "local_transport": f"lmtp:inet:127.0.0.1:{self._local}",
            "relay_domains": "backup.test", "relayhost": f"[127.0.0.1]:{self._remote}",
            "recipient_delimiter": "+", "smtputf8_enable": "yes",
            "virtual_alias_domains": "alias.test",
            "virtual_alias_maps": "inline:{ user@alias.test=bob@local.test }",
            "smtp_dns_support_level": "disabled", "smtp_host_lookup": "native",
            "smtpd_peername_lookup": "no", "in_flow_delay": "0",
            "smtpd_sasl_auth_enable": "yes", "cyrus_sasl_config_path": self.etc / "sasl",
            "smtpd_sasl_local_domain": self.login_realm, "smtpd_sasl_security_options": "",
            "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
            "smtpd_client_connection_count_limit": "0", "smtpd_error_sleep_time": "0",
            "smtpd_soft_error_limit": "1000", "smtpd_hard_error_limit": "1000",
            "smtpd_junk_command_limit": "1000", "address_verify_map": "",
            "smtp_tls_security_level": "none", "smtpd_tls_security_level": "none",
            "smtpd_relay_restrictions":
                "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
            "smtpd_recipient_restrictions": "permit",
            **self._filters(),
            "milter_default_action": "tempfail",
            "content_filter": (f"smtp:[127.0.0.1]:{self.content_filter_port}"
                               if self.content_filter_port else ""),
            **self.settings,
        }

    def _filters(self):
        if self.milter is None:
            return {}
        return {"smtpd_milters": self.milter, "non_smtpd_milters": self.milter}

    def _master(self):
        lines = [f"{self._address(host, port)} inet n - n - - smtpd {options}"
                 for host, port, options in self._listeners()]
        return "\n".join(lines) + _SERVICES

    def _listeners(self):
        yield "127.0.0.1", self.port, ""
        if ipv6_loopback_exists():
            yield "::1", self.port, ""
        yield "127.0.0.1", self.submission_port, "-o milter_macro_daemon_name=submission"
        # Mail that comes back from a content filter must not go there again.
        yield "127.0.0.1", self.return_port, "-o content_filter="

    @staticmethod
    def _address(host, port):
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _add_login(self):
        database = self.etc / "sasl/sasldb2"
        self.etc.joinpath("sasl/smtpd.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {database}\n")
        subprocess.run(
            [self._bin / "saslpasswd2", "-p", "-c", "-f", database, "-u", self.login_realm, "joe"],
            input=b"secret\n", check=True, timeout=30)
        _give(database, OWNER)


def _name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _give(path, user, group=None):
    shutil.chown(path, user, group or user)
