# SPDX-License-Identifier: Apache-2.0
"""The real daemon, a name server that can fail, and mail between them.
We receive mail for local.test and sign what joe@local.test writes; friend.test does everything
right from 192.0.2.5; bank.test publishes p=reject and 192.0.2.6 writes in its name. Whatever breaks,
four things hold of each message, and `assert_nobody_is_in` says so: it got an answer or a broken
connection, nothing was relayed, nothing of ours left unsigned, no stranger's mail came in without
our Authentication-Results."""
import getpass
import json
import os
import shutil
import subprocess
from collections import Counter

from daemon import Milterward
from keys import Key
from mail import FALSE, FRIEND, KINDS, LIAR, LOGIN, OURS, RELAY, Post
from names import NameServer
from traffic import Traffic, send
from waiting import wait_until

DAEMON_USER = "proxy"  # when root starts it


class Stage:
    def __init__(self, lab, binary):
        self.lab = lab
        self.dns = NameServer()
        self.state = lab.folder("state")
        self.our_keys = [self.new_key("local.test", "rsa1"),
                         self.new_key("local.test", "ed1", "ed25519")]
        friend_key = self.new_key("friend.test", "s1")
        self.give(self.state)
        self.post = Post(friend_key)
        self.socket = self.state / "milter.sock"
        self.daemon = Milterward(lab, binary, self._settings(), facts=self.state)
        self._publish()

    def new_key(self, domain, selector, algorithm="rsa"):
        key = Key(self.lab.folder("keys"), domain, selector, algorithm)
        self.give(key.path)
        self.dns.add_txt(key.name, key.record)
        return key

    def give(self, path):
        """To the user that the daemon becomes."""
        if os.geteuid() == 0:
            shutil.chown(path, DAEMON_USER, DAEMON_USER)

    def _settings(self):
        user = DAEMON_USER if os.geteuid() == 0 else getpass.getuser()
        return {
            "milter": {"socket": f"unix:{self.socket}"},
            "daemon": {"user": user},
            "dns": {"servers": [self.dns.address], "timeout": "5s", "message_deadline": "20s"},
            "authres": {"authserv_id": "mx.test"},
            "relay": {"mode": "enforce", "domains": ["local.test"]},
            "inbound": {"mode": "enforce"},
            "dmarc": {"on_temperror": "defer"},
            "trace": {"secret_file": str(self.state / "trace.key")},
            "journal": {"file": str(self.state / "journal.db")},
            "store": {"url": f"sqlite:{self.state}/state.db", "timeout": "1s"},
            "log": {"target": "stderr", "format": "json"},
            "sign.key": [{"domain": key.domain, "selector": key.selector, "file": str(key.path)}
                         for key in self.our_keys],
        }

    def wait_little_for_dns(self):
        """Where no answer will come; where one comes the limits are far from what a busy machine needs."""
        self.daemon.settings["dns"] |= {"timeout": "1s", "message_deadline": "2s"}

    def count_mail(self, limit=1000000, url=None):
        """Mail of logins is counted, so that the store matters."""
        self.daemon.settings["quota"] = {"mode": "enforce", "default_class": "standard"}
        self.daemon.settings["quota.class"] = [
            {"name": "standard", "limits": [f"messages={limit}/day"], "at_limit": "reject"}]
        if url:
            self.daemon.settings["store"]["url"] = url

    def _publish(self):
        self.dns.add_txt("local.test", "v=spf1 -all")
        self.dns.add_txt("friend.test", f"v=spf1 ip4:{FRIEND} -all")
        self.dns.add_txt("bank.test", "v=spf1 ip4:198.51.100.1 -all")
        for domain in ("friend.test", "bank.test"):
            self.dns.add_txt(f"_dmarc.{domain}", "v=DMARC1; p=reject")
        for domain in ("friend.test", "bank.test", "plain.test", "client.test"):
            self.dns.add(domain, "A", "198.51.100.1")
        for client, name in ((FRIEND, "mx.friend.test"), (LIAR, "mx.liar.test")):
            self.dns.add(".".join(reversed(client.split("."))) + ".in-addr.arpa", "PTR", name + ".")
            self.dns.add(name, "A", client)

    def start(self):
        self.daemon.start()

    def traffic(self, **options):
        return Traffic(self.socket, self.post, **options)

    def send(self, kind, **options):
        return send(self.socket, self.post, kind, **options)

    def send_each(self, kinds=KINDS, **options):
        return [self.send(kind, **options) for kind in kinds]

    # What is told of a message.

    def told(self, outcome):
        """What its sender and the log were told: "refused by dmarc.reject"."""
        if outcome.said not in ("accepted", "marked", "held", "refused", "deferred"):
            return outcome.said
        event = self.decision(outcome)
        is_temporary = any("temperror" in str(event.get(check, "")) for check in ("spf", "dkim", "dmarc"))
        return f"{outcome.said} by {event['rule']}" + (" with temperror" if is_temporary else "")

    def decision(self, outcome):
        def found():
            return [event for event in self.daemon.events_ever(queue_id=outcome.queue_id)
                    if event["event"] in ("message.decided", "recipient.decided")]
        return wait_until(found, lambda: f"a decision on {outcome}\n{self.daemon.said()}")[-1]

    def told_by_journal(self, outcome):
        """The same where the log cannot be asked."""
        def found():
            ran = subprocess.run([self.daemon.binary, "explain", "--json", "--config",
                                  self.daemon.config, outcome.queue_id],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            return ran.returncode == 0 and json.loads(ran.stdout)
        known = wait_until(found, f"{outcome.queue_id} in the journal")
        return f"{outcome.said} by {known[-1]['rule']}"

    def normal(self):
        """What each kind of mail is told when nothing is broken."""
        told = {outcome.kind: self.told(outcome) for outcome in self.send_each()}
        assert told[OURS].startswith("accepted") and told[FALSE].startswith("refused"), told
        return told

    def assert_nobody_is_in(self, outcomes, believed=()):
        """`believed`: kinds that the policy lets in while something is broken."""
        wrong = [(outcome, why) for outcome in outcomes
                 for why in self.wrongs_of(outcome, believed)]
        assert not wrong, wrong[:5]
        return Counter((outcome.kind, outcome.said) for outcome in outcomes)

    def wrongs_of(self, outcome, believed=()):
        """Whatever is broken, this must not be."""
        if outcome.said in ("unanswered", "discarded"):
            yield outcome.said
        if outcome.said not in ("accepted", "marked"):
            return
        if outcome.kind == RELAY or (outcome.kind == FALSE and outcome.said == "accepted" and
                                     FALSE not in believed):
            yield "let in"
        if outcome.kind == OURS:
            signed = outcome.inserted("DKIM-Signature")
            if len(signed) != len(self.our_keys):
                yield f"{len(signed)} signatures"
        elif len(outcome.inserted("Authentication-Results")) != 1:
            yield "unchecked"


__all__ = ["Stage", "LOGIN"]
