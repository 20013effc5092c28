# SPDX-License-Identifier: Apache-2.0
"""The daemon's life seen from the MTA: reload, end, sudden death, and its absence.
An accepted message (250) must arrive exactly once, whatever happens to the daemon."""
import threading

import dkim_peer
from client import connect
from home import FRIEND
from message import compose, new_subject
from ports import free_port, ipv6_loopback_exists
from registry import Skipped, scenario
from waiting import wait_until

SENDERS = 4


class Load:
    """Strangers who send until told to stop; `accepted` and `refused` are what they were told."""

    def __init__(self, home, per_connection=1):
        self._home, self._per_connection = home, per_connection
        self.accepted, self.refused = [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send_on, daemon=True)
                         for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _send_on(self):
        while not self._stop.is_set():
            try:
                with connect(self._home.mta.port, FRIEND) as client:
                    for _ in range(self._per_connection):
                        self._one(client)
            except OSError as fault:
                self.refused.append(str(fault))

    def _one(self, client):
        subject = new_subject("load")
        raw = dkim_peer.sign(compose("ann@friend.test", subject=subject), self._home.friend_key)
        reply = client.send("ann@friend.test", ["bob@local.test"], raw)
        (self.accepted if reply.code == 250 else self.refused).append(
            subject if reply.code == 250 else str(reply))

    def assert_nothing_lost(self):
        home = self._home
        wait_until(lambda: len(home.local.all()) >= len(self.accepted),
                   lambda: f"{len(self.accepted)} accepted, {len(home.local.all())} arrived", 60)
        arrived = [delivery.message.subject for delivery in home.local.all()]
        assert sorted(arrived) == sorted(self.accepted), "lost or doubled mail"


@scenario()
def reload_under_load_loses_nothing(home):
    home.start()
    load = Load(home, per_connection=3)
    for times in range(1, 11):
        home.daemon.settings["dns"]["cache_entries"] = 1000 + times
        home.daemon.write_config()
        home.daemon.reload()
        wait_until(lambda: len(home.daemon.events("config.reloaded")) == times, f"reload {times}")
    load.stop()
    assert load.accepted and not load.refused, load.refused
    load.assert_nothing_lost()
    for delivery in home.local.all():
        assert "dmarc=pass" in home.our_results(delivery.message)


@scenario()
def reload_takes_the_new_configuration(home):
    home.daemon.settings["inbound"]["mode"] = "monitor"
    home.start()
    assert home.spoof_of("bank.test")[0].code == 250
    home.daemon.settings["inbound"]["mode"] = "enforce"
    home.daemon.write_config()
    home.daemon.reload()
    home.daemon.wait_event("config.reloaded")
    assert home.spoof_of("bank.test")[0].code == 550


@scenario()
def reload_of_a_faulty_configuration_keeps_the_old_one(home):
    home.start()
    home.daemon.settings["inbound"]["mode"] = "sometimes"
    home.daemon.write_config()
    home.daemon.reload()
    event = home.daemon.wait_event("config.kept")
    assert "inbound.mode" in str(event), event
    assert home.spoof_of("bank.test")[0].code == 550
    assert home.friendly_mail()[0].code == 250


@scenario()
def reload_with_an_unusable_key_keeps_the_old_configuration(home):
    home.start()
    home.daemon.settings["sign.key"][0]["file"] += ".gone"
    home.daemon.write_config()
    home.daemon.reload()
    event = home.daemon.wait_event("config.kept")
    assert ".gone" in str(event), event
    assert home.submission()[0].code == 250


@scenario()
def termination_serves_connections_that_exist(home):
    """Messages begun and messages yet to come on a connection that is already there."""
    home.start()
    clients = [home.client(FRIEND) for _ in range(3)]
    subjects = []
    for client in clients:
        client.need("MAIL FROM:<ann@friend.test>")
        client.need("RCPT TO:<bob@local.test>")
    home.daemon.terminate()
    home.daemon.wait_event("daemon.draining")
    for client in clients:
        client.need("DATA")
        for again in range(2):
            subject = new_subject("drain")
            raw = dkim_peer.sign(compose("ann@friend.test", subject=subject), home.friend_key)
            reply = (client.send("ann@friend.test", ["bob@local.test"], raw) if again
                     else client.content(raw))
            assert reply.code == 250, reply
            subjects.append(subject)
    assert home.daemon.runs()
    for client in clients:
        client.quit()
    assert home.daemon.wait_end() == 0, home.daemon.said()
    for subject in subjects:
        assert "dmarc=pass" in home.our_results(home.local.wait_for(subject).message)


@scenario()
def termination_under_load_loses_nothing(home):
    home.start()
    load = Load(home, per_connection=2)
    wait_until(lambda: len(load.accepted) > 10, "the first ten messages")
    home.daemon.terminate()
    assert home.daemon.wait_end() == 0, home.daemon.said()
    wait_until(lambda: load.refused, "a message without a filter")
    home.daemon.start()
    count = len(load.accepted)
    wait_until(lambda: len(load.accepted) > count + 10, "ten more messages")
    load.stop()
    assert all(said.startswith("4") or "closed" in said for said in load.refused), load.refused
    load.assert_nothing_lost()
    for delivery in home.local.all():
        assert "dmarc=pass" in home.our_results(delivery.message), "unfiltered mail"


@scenario()
def drain_ends_at_its_limit(home):
    """An MTA that never hangs up does not keep the daemon alive."""
    home.daemon.settings["drain"] = {"limit": "1s"}
    home.start()
    with home.client(FRIEND):
        home.daemon.terminate()
        assert home.daemon.wait_end(20) == 0, home.daemon.said()
    assert home.daemon.events("daemon.stopped")


@scenario()
def sudden_death_in_a_message_defers_it(home):
    home.start()
    with home.client(FRIEND) as client:
        client.need("MAIL FROM:<ann@friend.test>")
        client.need("RCPT TO:<bob@local.test>")
        home.daemon.kill()
        reply = client.command("DATA")
        if reply.code == 354:
            reply = client.content(compose("ann@friend.test"))
        assert reply.code == 451, reply
    home.daemon.start()
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    assert "dmarc=pass" in home.our_results(home.local.wait_for(subject).message)


@scenario()
def absence_of_the_daemon_defers_mail(home):
    home.dns.start()
    home.mta.start()
    reply = home.friendly_mail()[0]
    assert 400 <= reply.code < 500, reply


@scenario()
def a_thousandfold_body_passes(home):
    """One megabyte through the milter protocol, both ways, unharmed."""
    home.start()
    subject = new_subject("large")
    raw = dkim_peer.sign(compose("ann@friend.test", subject=subject,
                                 body="0123456789 abcdef\r\n" * 55000), home.friend_key)
    reply = home.receive("ann@friend.test", "bob@local.test", raw)
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert "dkim=pass" in home.our_results(message)
    assert len(message.body) == 55000 * 19, len(message.body)


@scenario()
def inet_socket_serves_as_well(home):
    port = free_port()
    home.daemon.settings["milter"] = {"socket": f"inet:{port}@127.0.0.1"}
    home.mta.milter = f"inet:127.0.0.1:{port}" if home.mta.name == "postfix" else (
        f"inet:{port}@127.0.0.1")
    home.start()
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    assert "dmarc=pass" in home.our_results(home.local.wait_for(subject).message)


@scenario()
def inet6_socket_serves_as_well(home):
    if not ipv6_loopback_exists():
        raise Skipped("this machine has no IPv6 loopback")
    port = free_port()
    home.daemon.settings["milter"] = {"socket": f"inet6:{port}@::1"}
    home.mta.milter = f"inet:[::1]:{port}" if home.mta.name == "postfix" else f"inet6:{port}@::1"
    home.start()
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    assert "dmarc=pass" in home.our_results(home.local.wait_for(subject).message)


@scenario()
def worker_pool_serves_as_well(home):
    home.daemon.settings["milter"]["threads"] = "pool"
    home.start()
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    assert "dmarc=pass" in home.our_results(home.local.wait_for(subject).message)


@scenario()
def strangers_write_no_words_into_the_log(home):
    home.daemon.settings["log"]["format"] = "keyvalue"
    home.start()
    sender = r'"x\" verdict=reject rule=\"none"@plain.test'
    with home.client(FRIEND) as client:
        reply = client.send(sender, ["bob@local.test"], compose("ann@plain.test"))
    assert reply.code == 250, reply
    decision = home.daemon.decision()
    assert decision["verdict"] == "accept" and decision["rule"] != "none", decision
    assert decision["mail_from"] == sender, decision
    assert home.daemon.said().count("\n") == len(home.daemon.events()), home.daemon.said()
