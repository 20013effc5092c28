# SPDX-License-Identifier: Apache-2.0
"""The directory in a database: domains of ours and who owns which address, by SQLite."""
import shutil
import sqlite3

from client import send
from home import DAEMON_USER, LIAR
from message import compose, new_subject
from registry import scenario


def _change(path, *statements):
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)


def _start(home):
    path = home.state / "directory.db"
    _change(path, "CREATE TABLE domains (name TEXT)", "INSERT INTO domains VALUES ('local.test')",
            "CREATE TABLE owners (address TEXT, login TEXT)",
            "INSERT INTO owners VALUES ('joe@local.test', 'joe')")
    shutil.chown(path, DAEMON_USER, DAEMON_USER)
    home.mta.is_open = True
    home.daemon.settings["relay"]["domains"] = []
    home.daemon.settings["identity"] = {"mode": "reject"}
    home.daemon.settings["directory"] = {"realm": home.mta.login_realm}
    home.daemon.settings["directory.sql"] = {
        "engine": "sqlite", "connection": f"db={path}", "lifetime": "0s",
        "domain_query": "SELECT 1 FROM domains WHERE name = :domain",
        "owner_query": "SELECT login FROM owners WHERE address = :address"}
    home.start()
    return path


def _to(home, recipient):
    subject = new_subject("database")
    raw = compose("someone@plain.test", recipient, subject)
    return home.receive("someone@plain.test", recipient, raw, LIAR), subject


@scenario()
def database_says_which_domains_are_ours(home):
    path = _start(home)
    reply, subject = _to(home, "bob@local.test")
    assert reply.code == 250, reply
    home.local.wait_for(subject)
    reply, _ = _to(home, "ann@friend.test")
    assert reply.code == 550 and "Relay access denied" in reply.text, reply
    _change(path, "ALTER TABLE domains RENAME TO gone")
    reply, _ = _to(home, "bob@local.test")
    assert reply.code == 451, reply  # never 550: the database cannot be asked
    assert "domains" in home.daemon.wait_event("directory.sql_failing")["reason"]
    _change(path, "ALTER TABLE gone RENAME TO domains")
    reply, subject = _to(home, "bob@local.test")
    assert reply.code == 250, reply
    home.local.wait_for(subject)
    home.daemon.wait_event("directory.sql_recovered")


@scenario()
def database_says_who_owns_an_address(home):
    _start(home)
    for author, code in (("joe@local.test", 250), ("boss@local.test", 550)):
        subject = new_subject("owner")
        raw = compose(author, "ann@friend.test", subject)
        reply = send(home.mta.submission_port, author, ["ann@friend.test"], raw, LIAR,
                     login=("joe", "secret"))
        assert reply.code == code, f"{author}: {reply}"
