# SPDX-License-Identifier: Apache-2.0
"""A small mail world around one server of ours, the same for both MTAs.
We are mx.test and receive mail for local.test. Around us: friend.test, who does everything
right from 127.0.0.5; bank.test, shop.test and news.test, whose DMARC policies are reject,
quarantine and none; plain.test, who publishes nothing. 127.0.0.6 is a liar. Only 127.0.0.1
and ::1 are trusted. Scenarios change attributes before start()."""
import shutil

import dkim_peer
from client import connect, send
from daemon import Milterward
from keys import Key
from message import compose, new_subject
from nameserver import Nameserver
from ports import free_port
from postfix import Postfix
from sendmail import Sendmail
from sinks import Sink

DAEMON_USER = "proxy"  # on every Debian, and different from those the MTAs run as
FRIEND, LIAR, TRUSTED = "127.0.0.5", "127.0.0.6", "127.0.0.1"
AUTHSERV_ID = "mx.test"


class Home:
    def __init__(self, lab, mta_name, binary, front="native"):
        self.lab = lab
        self._front = front
        self.dns = Nameserver(lab)
        self.local = Sink(lab, "local", free_port(), speaks_lmtp=True)
        self.remote = Sink(lab, "remote", free_port())
        self.state = lab.folder("state")  # what the daemon writes after it gave up root
        shutil.chown(self.state, DAEMON_USER, DAEMON_USER)
        self.socket = self.state / "milterward.sock"
        self.mta = self._mta(mta_name)
        self.daemon = Milterward(lab, binary, self._settings(), facts=self.state)
        self._publish()

    def _mta(self, name):
        address = f"unix:{self.socket}"
        kind = {"postfix": Postfix, "sendmail": Sendmail}[name]
        return kind(self.lab, address, self.local.port, self.remote.port)

    def _settings(self):
        self.our_keys = [self.new_key("local.test", "rsa1"),
                         self.new_key("local.test", "ed1", "ed25519")]
        self.friend_key = self.new_key("friend.test", "s1")
        return {
            "milter": {"socket": f"unix:{self.socket}", "socket_mode": "0666",
                       "front": self._front},
            "daemon": {"user": DAEMON_USER},
            "dns": {"servers": [self.dns.address]},
            "authres": {"authserv_id": AUTHSERV_ID},
            "relay": {"mode": "enforce", "domains": ["local.test"],
                      "trusted_networks": [f"{TRUSTED}/32", "::1/128"]},
            "listener": [{"port": str(self.mta.submission_port), "kind": "submission"}],
            "inbound": {"mode": "enforce"},
            "dmarc": {"on_reject": "reject"},
            "trace": {"secret_file": str(self.state / "trace.key")},
            "journal": {"file": str(self.state / "journal.db")},
            "log": {"target": "stderr", "format": "json"},
            "sign.key": [{"domain": key.domain, "selector": key.selector, "file": str(key.path)}
                         for key in self.our_keys],
        }

    def new_key(self, domain, selector, algorithm="rsa"):
        """A key the daemon may read, published in DNS."""
        key = Key(self.lab.folder("keys"), domain, selector, algorithm)
        shutil.chown(key.path, DAEMON_USER, DAEMON_USER)
        self.dns.add_txt(key.name, key.record)
        return key

    def _publish(self):
        self.dns.add_txt("local.test", "v=spf1 ip4:127.0.0.1 -all")
        self.dns.add_txt("_dmarc.local.test", "v=DMARC1; p=reject")
        self.dns.add_txt("friend.test", f"v=spf1 ip4:{FRIEND} -all")
        self.dns.add_txt("client.test", f"v=spf1 ip4:{FRIEND} ~all")
        for domain, policy in (("friend.test", "reject"), ("bank.test", "reject"),
                               ("shop.test", "quarantine"), ("news.test", "none")):
            self.dns.add_txt(f"_dmarc.{domain}", f"v=DMARC1; p={policy}")
        for domain in ("friend.test", "bank.test", "shop.test", "news.test", "plain.test",
                       "liar.test", "client.test", "other.test"):
            self.dns.add(f"{domain}. 60 A 192.0.2.1")
        for domain in ("bank.test", "shop.test", "news.test"):
            self.dns.add_txt(domain, "v=spf1 ip4:192.0.2.1 -all")

    def start(self):
        self.dns.start()
        self.daemon.start()
        self.mta.start()

    # Mail of the usual kinds; each returns (reply, subject).

    def friendly_mail(self, to="bob@local.test", headers=(), source=FRIEND, **options):
        """Authentic: right address, right signature, right author."""
        subject = new_subject("friendly")
        raw = dkim_peer.sign(compose("ann@friend.test", to, subject, headers), self.friend_key)
        return self.receive("ann@friend.test", to, raw, source, **options), subject

    def spoof_of(self, domain, to="bob@local.test", headers=()):
        """A liar who claims to be boss@`domain`, in the envelope too."""
        subject = new_subject(f"spoof-{domain}")
        raw = compose(f"boss@{domain}", to, subject, headers)
        return self.receive(f"boss@{domain}", to, raw, LIAR, helo="liar.test"), subject

    def receive(self, sender, to, raw, source=FRIEND, helo="client.test"):
        return send(self.mta.port, sender, [to], raw, source, helo=helo)

    def submission(self, to="ann@friend.test", author="joe@local.test", headers=(), body="Hi.\r\n"):
        """A login on the submission port."""
        subject = new_subject("submission")
        raw = compose(author, to, subject, headers, body)
        reply = send(self.mta.submission_port, author.rsplit("<", 1)[-1].rstrip(">"), [to], raw,
                     LIAR, login=("joe", "secret"))
        return reply, subject

    def client(self, source=LIAR, port=None, **options):
        return connect(port or self.mta.port, source, **options)

    # What the scenarios assert again and again.

    def our_results(self, message):
        """The value of our single Authentication-Results field."""
        ours = [value for value in message.all("Authentication-Results")
                if value.split(";")[0].split()[:1] == [AUTHSERV_ID]]
        assert len(ours) == 1, f"{len(ours)} Authentication-Results of ours:\n{message.head()}"
        return ours[0]

    def verified_signatures(self, message):
        return dkim_peer.verify_all(message, self.dns)
