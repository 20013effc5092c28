# SPDX-License-Identifier: Apache-2.0
"""Who may write as whom: a login is bound to its own addresses in MAIL FROM, From and Sender."""
import os
import time

import battery
from client import send
from home import FRIEND, LIAR, TRUSTED
from message import compose, new_subject
from registry import scenario
from waiting import wait_until

BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


def _bind(home, mode="reject", **directory):
    """One table for both MTAs: the realm makes one name of what they report."""
    home.daemon.settings["identity"] = {"mode": mode}
    home.daemon.settings["directory"] = {"realm": home.mta.login_realm, **directory}


def _account(*may_use):
    return [{"login": "joe", "may_use": list(may_use)}]


def _submit(home, sender, author, headers=()):
    subject = new_subject("claim")
    raw = compose(author, "ann@friend.test", subject, headers)
    return send(home.mta.submission_port, sender, ["ann@friend.test"], raw, LIAR,
                login=("joe", "secret")), subject


def _assert_refused(home, reply, address):
    assert reply.code // 100 == 5 and "5.7.1" in reply.text, reply
    assert f"joe@{home.mta.login_realm}" in reply.text and address in reply.text, reply


@scenario()
def login_writes_only_as_its_own(home):
    _bind(home)
    home.daemon.settings["directory.account"] = _account("joe@local.test", "sales@local.test")
    home.start()
    reply, subject = _submit(home, "joe@local.test", "Sales <sales@local.test>",
                             [("Sender", "joe@local.test")])
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    for sender, author, headers, claimed in (
            ("boss@local.test", "joe@local.test", (), "boss@local.test"),
            ("joe@local.test", "boss@local.test", (), "boss@local.test"),
            ("joe@local.test", "joe@local.test, boss@local.test", (), "boss@local.test"),
            ("joe@local.test", "joe@local.test", [("Sender", "boss@local.test")],
             "boss@local.test"),
            ("joe@local.test", "joe@elsewhere.test", (), "joe@elsewhere.test")):
        reply, _ = _submit(home, sender, author, headers)
        _assert_refused(home, reply, claimed)
    assert len(home.remote.all()) == 1


@scenario()
def learning_refuses_nothing_and_tells_all(home):
    _bind(home, "learn")
    home.daemon.settings["directory.account"] = _account("joe@local.test")
    home.start()
    reply, subject = _submit(home, "boss@local.test", "boss@local.test")
    assert reply.code == 250, reply
    message = home.remote.wait_for(subject).message
    assert not message.all("DKIM-Signature"), message.head()
    event = home.daemon.wait_event("identity.mismatch", rule="identity.mail_from")
    assert event["claimed"] == "boss@local.test" and event["mode"] == "learn", event
    assert event["login"] == f"joe@{home.mta.login_realm}", event


@scenario()
def tagged_claims_go_out_with_a_mark(home):
    _bind(home, "tag")
    home.daemon.settings["directory.account"] = _account("joe@local.test")
    home.start()
    _, subject = _submit(home, "joe@local.test", "joe@local.test",
                         [("Sender", "boss@local.test")])
    message = home.remote.wait_for(subject).message
    assert message.one("Milterward-Verdict") == "tag; rule=identity.author", message.head()
    assert home.verified_signatures(message) == BOTH


@scenario()
def table_of_owners_is_read_again_when_it_changes(home):
    """The file Postfix knows as smtpd_sender_login_maps, with both MTAs."""
    table = home.lab.path("sender_logins")
    _write_settled(table, "joe@local.test joe\n")
    _bind(home, owner_files=[str(table)])
    home.start()
    reply, _ = _submit(home, "sales@local.test", "sales@local.test")
    _assert_refused(home, reply, "sales@local.test")
    _write_settled(table, "joe@local.test joe\nsales@local.test ann,\n  joe\n")
    wait_until(lambda: _submit(home, "sales@local.test", "sales@local.test")[0].code == 250,
               "the new owner")
    assert home.daemon.events("directory.file_read")


def _write_settled(path, text):
    """Dated back, as a file that nobody is writing any more."""
    path.write_text(text)
    path.chmod(0o644)
    past = time.time() - 5
    os.utime(path, (past, past))


@scenario()
def battery_with_a_login_obeys_identity_rules(home):
    """Every attempt of the relay battery, from a login: not the relay rule decides, but whether
    the sender is the login's own."""
    home.mta.is_open = True
    _bind(home)
    home.daemon.settings["directory.account"] = _account("a@local.test")
    home.start()
    faults = []
    with home.client(LIAR) as client:
        assert client.login("joe", "secret").accepted
        for case, sender, recipient, _ in battery.relay_attempts(home.mta.name):
            client.need("RSET")
            before = len(_mismatches(home))
            reply = client.command(f"MAIL FROM:{sender}")
            may = sender in ("<>", "<a@local.test>")
            refused = reply.code == 550 and "5.7.1" in reply.text
            if may != reply.accepted or refused != (len(_mismatches(home)) > before):
                faults.append(f"{case}: {sender}: {reply}")
            if reply.accepted:
                client.command(f"RCPT TO:{recipient}")
    assert not faults, "\n" + "\n".join(faults)
    assert not [event for event in home.daemon.events("recipient.decided")
                if event["rule"].startswith("relay.")]


def _mismatches(home):
    return home.daemon.events("identity.mismatch")


@scenario()
def trusted_hosts_are_bound_where_a_key_says_so(home):
    _bind(home)
    home.daemon.settings["identity"]["without_login"] = "reject"
    home.daemon.settings["directory.account"] = [{"login": "", "may_use": ["root@local.test"]}]
    home.start()
    for author, code in (("root@local.test", 250), ("boss@local.test", 550)):
        reply = send(home.mta.port, author, ["ann@friend.test"],
                     compose(author, "ann@friend.test"), TRUSTED)
        assert reply.code == code, f"{author}: {reply}"


@scenario()
def our_domain_from_outside_is_refused_where_a_key_says_so(home):
    home.daemon.settings["inbound"]["on_our_domain"] = "reject"
    home.daemon.settings["dmarc"]["on_reject"] = "accept"
    home.start()
    reply, _ = home.spoof_of("local.test")
    assert reply.code // 100 == 5 and "taken from them alone" in reply.text, reply
    reply, _ = home.friendly_mail(source=FRIEND)
    assert reply.code == 250, reply
