# SPDX-License-Identifier: Apache-2.0
"""A private Sendmail: Debian's packages unpacked, its configuration made by m4 in the lab.
Sendmail waits a minute at each start for a host name with a dot, so it runs in a UTS namespace
where it has one. It offers no XCLIENT: other clients are other addresses of 127.0.0.0/8."""
import subprocess

from client import Client
from ports import free_port, ipv6_loopback_exists, is_listening
from waiting import wait_until

_HOST = "mx.test"


class Sendmail:
    name = "sendmail"
    has_xclient = False
    has_smtputf8 = False
    login_realm = _HOST

    def __init__(self, lab, milter, local_port, remote_port, directory="sendmail"):
        """`milter` is the S= part of INPUT_MAIL_FILTER ("": none); the ports belong to the
        sinks."""
        self._lab, self._directory = lab, lab.path(directory)
        self.milter, self._local, self._remote = milter, local_port, remote_port
        self.port, self.submission_port = free_port(), free_port()
        self.filter_line = None  # instead of one that names `milter`
        self.is_open = False
        self.our_subdomains = []
        self.delivers_locally = True
        self.remote_mailer = "relay"
        self._tls = []
        self._sendmail = lab.servers / "usr/libexec/sendmail/sendmail"
        self._process = None

    def start(self):
        self._lab.folder(self._directory.name, "q")
        self._write("switch", "hosts files\naliases files\n")
        self._write("aliases", "postmaster: bob\noffice: bob\n")
        self._write("Sendmail.conf", "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                    f"sasldb_path: {self._directory}/sasldb2\n")
        self._write("lab.mc", self._macros())
        self._add_login()
        self._make_configuration()
        subprocess.run(self._in_namespace("-bi"), check=True, timeout=30,
                       stdout=subprocess.DEVNULL)
        self._process = self._lab.spawn(
            self._directory.name,
            self._in_namespace("-X", self._directory / "talk", "-bD", "-q2s"))
        wait_until(lambda: is_listening(self.port) and is_listening(self.submission_port),
                   lambda: f"Sendmail's listeners; it said:\n{self._process.said()}")

    def use_tls(self, certificate, key, authority):
        """Files; clients are asked for a certificate of that authority."""
        self._tls = [f"define(`confCACERT', `{authority}')dnl",
                     f"define(`confCACERT_PATH', `{authority.parent}')dnl",
                     f"define(`confSERVER_CERT', `{certificate}')dnl",
                     f"define(`confSERVER_KEY', `{key}')dnl"]

    def stop(self):
        self._process.stop()

    def log(self):
        talk = self._directory / "talk"
        return (talk.read_text(errors="replace") if talk.exists() else "") + (
            self._process.said() if self._process else "")

    def login_of(self, user):
        """What the milter will be told in {auth_authen}: Sendmail drops its own realm."""
        return user

    def submit_locally(self, sender, recipients, raw):
        """SMTP on standard input (-bs): what local programs use to be filtered like others."""
        with subprocess.Popen(self._in_namespace("-bs"), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            client = Client(_Pipes(process), helo="localhost")
            reply = client.send(sender, recipients, raw)
            client.quit()
        assert reply.accepted, f"sendmail -bs: {reply}"

    def held(self):
        return list(self._directory.joinpath("q").glob("hf*"))

    def waiting(self):
        return list(self._directory.joinpath("q").glob("qf*"))

    def _write(self, name, text):
        self._directory.joinpath(name).write_text(text)

    def _in_namespace(self, *arguments):
        return ["unshare", "--uts", "sh", "-c", f'hostname {_HOST}; exec "$@"', "sh",
                self._sendmail, "-C", self._directory / "lab.cf", *arguments]

    def _add_login(self):
        database = self._directory / "sasldb2"
        subprocess.run([self._lab.servers / "usr/sbin/saslpasswd2", "-p", "-c", "-f", database,
                        "-u", self.login_realm, "joe"], input=b"secret\n", check=True, timeout=30)
        database.chmod(0o600)

    def _make_configuration(self):
        library = self._lab.servers / "usr/share/sendmail/cf"
        made = subprocess.run(
            ["m4", f"-D_CF_DIR_={library}/", f"-DXCF={library}", f"-DXT={self._directory}",
             self._directory / "lab.mc"], check=True, timeout=30,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        self._directory.joinpath("lab.cf").write_bytes(made)

    def _macros(self):
        listeners = [("MTA", self.port, "127.0.0.1", "inet"),
                     ("submission", self.submission_port, "127.0.0.1", "inet")]
        if ipv6_loopback_exists():
            listeners.append(("MTA6", self.port, "::1", "inet6"))
        lines = [
            "divert(-1)", "include(XCF`/m4/cf.m4')", "divert(0)dnl",
            "VERSIONID(`lab')OSTYPE(`linux')dnl",
            f"define(`confDOMAIN_NAME', `{_HOST}')define(`confPID_FILE', XT`/pid')dnl",
            "define(`QUEUE_DIR', XT`/q')define(`ALIAS_FILE', XT`/aliases')dnl",
            "define(`STATUS_FILE', `')define(`HELP_FILE', `')dnl",
            "define(`confSERVICE_SWITCH_FILE', XT`/switch')define(`confTO_IDENT', `0')dnl",
            "define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl",
            "define(`confDEF_USER_ID', `nobody:nogroup')dnl",
            "define(`confREFUSE_LA', `10000')define(`confQUEUE_LA', `10000')dnl",
            "define(`confDONT_PROBE_INTERFACES', `True')dnl",
            "define(`confBAD_RCPT_THROTTLE', `0')define(`confMAX_DAEMON_CHILDREN', `0')dnl",
            *self._tls,
            "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl",
            f"define(`confAUTH_REALM', `{self.login_realm}')TRUST_AUTH_MECH(`PLAIN LOGIN')dnl",
            f"define(`SMART_HOST', `{self.remote_mailer}:[127.0.0.1]')dnl",
            f"define(`{self.remote_mailer.upper()}_MAILER_ARGS', `TCP $h {self._remote}')dnl",
            "FEATURE(`no_default_msa')FEATURE(`nocanonify')dnl",
            "FEATURE(`accept_unqualified_senders')FEATURE(`accept_unresolvable_domains')dnl",
            f"FEATURE(`local_lmtp', `[IPC]', `TCP [127.0.0.1] {self._local}')dnl",
            "MODIFY_MAILER_FLAGS(`LOCAL', `-w5')dnl",
            "FEATURE(`preserve_local_plus_detail')dnl",
            "RELAY_DOMAIN(`backup.test')dnl",
            "LOCAL_DOMAIN(`local.test')dnl" if self.delivers_locally else
            "RELAY_DOMAIN(`local.test')dnl",
        ]
        lines += [f"LOCAL_DOMAIN(`{domain}')dnl" for domain in self.our_subdomains]
        if self.is_open:
            lines.append("FEATURE(`promiscuous_relay')dnl")
        lines += [f"DAEMON_OPTIONS(`Name={name}, Port={port}, Addr={address}, Family={family}')dnl"
                  for name, port, address, family in listeners]
        if self.filter_line is not None:
            lines.append(self.filter_line)
        elif self.milter:
            lines.append(f"INPUT_MAIL_FILTER(`milterward', `S={self.milter}, F=T, "
                         "T=C:5s;S:10s;R:60s;E:5m')dnl")
        lines += ["MAILER(`local')MAILER(`smtp')dnl", "LOCAL_CONFIG",
                  f"ESASL_CONF_PATH={self._directory}", ""]
        return "\n".join(lines)


class _Pipes:
    """A process's standard input and output in the shape of a socket."""

    def __init__(self, process):
        self._process = process

    def makefile(self, _mode):
        return self._process.stdout

    def sendall(self, raw):
        self._process.stdin.write(raw)
        self._process.stdin.flush()

    def close(self):
        self._process.stdin.close()
