# SPDX-License-Identifier: Apache-2.0
"""Milterward with an imported configuration, on a port of its own."""
import shutil

from daemon import to_toml
from ports import free_port, is_listening
from sample import imported, settings_of
from waiting import wait_until

USER = "proxy"  # on every Debian


def start(lab, binary, words, nameserver, **more):
    """Imports, with copies of the keys for its user, and returns (port, process, settings)."""
    port = free_port()
    folder = lab.folder(f"ours{port}")
    code, toml, said = imported(binary, words, "--copy-keys", folder / "keys")
    assert code == 0, f"import ends with {code}: {said}"
    settings = settings_of(toml)
    for tables in ("milter", "daemon", "dns", "log", "trace", "journal"):
        settings.setdefault(tables, {})
    settings["milter"]["socket"] = f"inet:{port}@127.0.0.1"
    settings["daemon"]["user"] = USER
    settings["dns"]["servers"] = [nameserver.address]
    settings["log"]["target"] = "stderr"
    settings["trace"]["secret_file"] = str(folder / "trace.key")
    settings["journal"]["file"] = ""
    for name, table in more.items():
        settings.setdefault(name, {}).update(table)
    config = folder / "milterward.toml"
    config.write_text(to_toml(settings))
    for path in (folder, folder / "keys", *(folder / "keys").iterdir()):
        shutil.chown(path, USER, USER)
    process = lab.spawn(f"milterward{port}", [binary, "run", "--config", config])
    wait_until(lambda: is_listening(port) or not process.runs(),
               lambda: f"milterward to listen; it said:\n{process.said()}")
    assert process.runs(), f"milterward ended:\n{process.said()}"
    return port, process, settings
