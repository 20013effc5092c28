# SPDX-License-Identifier: Apache-2.0
"""`milterward attach postfix` and `detach`: a Postfix that knows nothing of us is told by the
command alone, and has its files back to the byte."""
import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

from content_filter import with_content_filter
from home import TRUSTED
from ports import free_port
from registry import scenario

BOTH = {("local.test", "rsa-sha256"): True, ("local.test", "ed25519-sha256"): True}


def _run(home, command, *options, code=0, environment=None):
    ran = subprocess.run(
        [home.daemon.binary, command, "postfix", "--config", home.daemon.config,
         "--config-dir", home.mta.etc, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        env=environment or home.mta.tool_environment())
    said = ran.stdout.decode()
    assert ran.returncode == code, f"{command} ended with {ran.returncode}: {said}"
    return said


def _with_tool(home, name, script):
    """An environment in which that program is this script."""
    tools = home.lab.folder("tools")
    tools.joinpath(name).write_text("#!/bin/sh\n" + script)
    tools.joinpath(name).chmod(0o755)
    environment = home.mta.tool_environment()
    return {**environment, "PATH": f"{tools}:{environment['PATH']}"}


def _files(home):
    return {name: home.mta.etc.joinpath(name).read_bytes() for name in ("main.cf", "master.cf")}


def _state(path):
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_gid


def _unattached(home):
    """Nothing in main.cf names a filter; a comment and its place are the postmaster's."""
    home.mta.milter = None
    home.mta.comments = "# Prüfung: mine, and to be kept\n"


def _assert_mail_is_filtered(home):
    reply, subject = home.submission()
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    message = home.local.wait_for(subject).message
    assert "dkim=pass" in home.our_results(message)
    assert len(message.all("Authentication-Results")) == 1, message.head()
    return message


@scenario("postfix")
def attach_is_all_postfix_needs(home):
    _unattached(home)
    home.start()
    before = _files(home)
    main = home.mta.etc / "main.cf"
    main.chmod(0o640)
    state = _state(main)
    reply, subject = home.friendly_mail()
    assert not home.local.wait_for(subject).message.all("Authentication-Results")

    said = _run(home, "attach")
    assert "+smtpd_milters = { unix:" in said and "Nothing has been changed" in said, said
    assert _files(home) == before, "only shown"
    said = _run(home, "attach", "--yes")
    assert "Done." in said and _state(main) == state, said
    assert main.read_text().startswith("# Prüfung"), main.read_text()
    home.mta.reload()
    _assert_mail_is_filtered(home)

    attached = _files(home)
    assert "it is attached already" in _run(home, "attach", "--yes"), "twice is once"
    assert _files(home) == attached
    said = json.loads(_run(home, "detach", "--yes", "--json"))
    assert said["state"] == "detached", said
    assert _files(home) == before and _state(main) == state
    assert not list(home.mta.etc.glob("*milterward*"))
    home.mta.reload()
    reply, subject = home.friendly_mail()
    assert not home.local.wait_for(subject).message.all("Authentication-Results")


@scenario("postfix")
def attach_beside_another_filter_and_a_content_filter(home):
    """The other filter is away, which its own entry says is no reason to wait."""
    _unattached(home)
    other = f"{{ inet:127.0.0.1:{free_port()}, default_action=accept }}"
    home.mta.settings["smtpd_milters"] = other
    with_content_filter(home)
    before = _files(home)
    said = _run(home, "attach", "--yes")
    main = home.mta.etc.joinpath("main.cf").read_text()
    assert f"default_action=tempfail }}, {other}\n" in main, main
    assert "receive_override_options=no_milters" in home.mta.etc.joinpath(
        "master.cf").read_text(), said
    home.mta.reload()
    message = _assert_mail_is_filtered(home)
    assert message.one("X-Scanned") == "yes"
    decided = [event for event in home.daemon.events("message.decided")
               if event["client"] == TRUSTED]
    assert not decided, f"it was filtered on its way back: {decided}"
    _run(home, "detach", "--yes")
    assert _files(home) == before


@scenario("postfix")
def detach_leaves_what_was_edited_since(home):
    _unattached(home)
    home.start()
    _run(home, "attach", "--yes", "--bounces")
    main = home.mta.etc / "main.cf"
    text = main.read_text()
    main.write_text(text.replace("default_action=tempfail }",
                                 "default_action=tempfail }, inet:127.0.0.1:1")
                    + "# An edit.\nsmtpd_helo_required = yes\n")
    home.mta.date_back()
    said = _run(home, "detach")
    assert "was edited since" in said, said
    _run(home, "detach", "--yes")
    text = main.read_text()
    assert "smtpd_milters = inet:127.0.0.1:1\n" in text, text
    assert "# An edit.\nsmtpd_helo_required = yes\n" in text, text
    assert "milterward.sock" not in text and "internal_mail_filter_classes" not in text, text
    assert not list(home.mta.etc.glob("*milterward*"))

    _run(home, "attach", "--yes")
    edited = text.replace("smtpd_helo_required = yes", "smtpd_helo_required = no")
    main.write_text(edited)  # taken out by hand, and edited
    home.mta.date_back()
    _run(home, "attach", "--yes")
    home.mta.date_back()
    _run(home, "detach", "--yes")
    assert main.read_text() == edited


@scenario("postfix")
def attach_takes_over_what_postfix_knows_of_itself(home):
    _unattached(home)
    logins = home.lab.path("logins")
    logins.write_text("joe@local.test joe@mx.test\n")
    home.mta.settings["smtpd_sender_login_maps"] = f"texthash:{logins}"
    del home.daemon.settings["relay"]["domains"]
    home.daemon.settings["relay"]["trusted_networks"] = ["192.0.2.0/24"]
    home.start()
    said = _run(home, "attach", "--yes")
    assert "relay.trusted_networks stays" in said, said
    config = tomllib.loads(Path(home.daemon.config).read_text())
    assert {"local.test", "backup.test", "alias.test"} <= set(config["relay"]["domains"]), config
    assert config["relay"]["trusted_networks"] == ["192.0.2.0/24"], config
    assert config["directory"] == {"owner_files": [str(logins)], "delimiters": "+"}, config
    said = subprocess.run([home.daemon.binary, "check-config", home.daemon.config],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    assert said.returncode == 0, said.stdout.decode()


@scenario("postfix")
def attach_takes_over_only_what_the_daemon_can_use(home):
    """The file of sender logins is root's alone, and the daemon would not start with it."""
    _unattached(home)
    logins = home.lab.path("logins")
    logins.write_text("joe@local.test joe@mx.test\n")
    logins.chmod(0o600)
    home.mta.settings["smtpd_sender_login_maps"] = f"texthash:{logins}"
    home.start()
    config = Path(home.daemon.config).read_text()
    said = _run(home, "attach", "--yes")
    assert "check-config would say: directory.owner_files" in said, said
    assert Path(home.daemon.config).read_text() == config


@scenario("postfix")
def attach_writes_no_file_over_a_link(home):
    """Whoever manages files by links writes them elsewhere."""
    _unattached(home)
    home.start()
    main, real = home.mta.etc / "main.cf", home.lab.path("main.cf.real")
    main.rename(real)
    main.symlink_to(real)
    before = _files(home)
    said = _run(home, "attach", "--yes", code=1)
    assert "main.cf is a symbolic link" in said, said
    assert _files(home) == before and main.is_symlink()
    assert not list(home.mta.etc.glob("*milterward*"))


@scenario("postfix")
def attach_by_somebody_else_says_who_can(home):
    _unattached(home)
    home.start()
    before = _files(home)
    command = [home.daemon.binary, "attach", "postfix", "--config", home.daemon.config,
               "--config-dir", home.mta.etc]
    home.lab.path("milterward.toml").chmod(0o644)

    # The checkout may lie where others have no way in.
    tools = home.lab.folder("tools")
    shutil.copy(home.lab.servers / "usr/sbin/postconf", tools)
    shutil.copytree(home.lab.servers / "usr/lib/postfix", tools / "lib")
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}",
                   "LD_LIBRARY_PATH": f"{tools}/lib:{tools}/lib/sbin"}

    def run_as_nobody(*options):
        ran = subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                              "--", *map(str, command), *options], timeout=60,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env=environment)
        return ran.returncode, ran.stdout.decode()

    for options, wanted in ((), 0), (("--yes",), 1):
        code, said = run_as_nobody(*options)
        assert code == wanted and "sudo milterward attach postfix" in said, said
        assert "+smtpd_milters = { unix:" in said, said
    assert _files(home) == before
    home.lab.path("milterward.toml").chmod(0o600)
    code, said = run_as_nobody()
    assert code == 1 and "run the same with sudo" in said, said


@scenario("postfix")
def a_change_that_postfix_refuses_changes_nothing(home):
    """master.cf cannot be written: what was written before it is taken back."""
    _unattached(home)
    home.start()
    main = home.mta.etc / "main.cf"
    main.write_text(main.read_text() + "content_filter = scan:[127.0.0.1]:1\n")
    home.mta.date_back()
    before = _files(home)
    environment = _with_tool(
        home, "postconf",
        f"case \" $* \" in *'{home.mta.etc} -P '*/*=*) echo disk full >&2; exit 1;; esac\n"
        f"exec {home.lab.servers}/usr/sbin/postconf \"$@\"\n")
    said = _run(home, "attach", "--yes", code=1, environment=environment)
    assert "disk full; main.cf and master.cf are as they were" in said, said
    assert _files(home) == before
    assert not list(home.mta.etc.glob("*milterward*"))


@scenario("postfix")
def attach_has_postfix_join_the_group_it_needs(home):
    """No account of this machine is changed: usermod is a script that says how it was called."""
    _unattached(home)
    home.start()
    home.state.chmod(0o750)
    told = home.lab.path("usermod.said")
    environment = _with_tool(home, "usermod", f"echo \"$*\" >> {told}\n")
    said = _run(home, "attach", environment=environment)
    assert "# usermod -a -G proxy uucp\n" in said and not told.exists(), said
    _run(home, "attach", "--yes", environment=environment)
    assert told.read_text() == "-a -G proxy uucp\n"
    home.mta.date_back()
    said = _run(home, "detach", "--yes")
    assert "gpasswd -d uucp proxy" in said, said

    home.mta.date_back()
    environment = _with_tool(home, "usermod", "echo locked >&2; exit 10\n")
    before = _files(home)
    said = _run(home, "attach", "--yes", code=1, environment=environment)
    assert "usermod ended with 10: locked" in said and _files(home) == before, said
    assert not list(home.mta.etc.glob("*milterward*"))


def _ask_about_sendmail(home, command, *options):
    ran = subprocess.run(
        [home.daemon.binary, command, "sendmail", "--config", home.daemon.config, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    return ran.returncode, ran.stdout.decode()


@scenario("sendmail")
def attach_prints_the_line_that_sendmail_needs(home):
    home.daemon.write_config()
    code, said = _ask_about_sendmail(home, "attach", "--json")
    assert code == 0, said
    home.mta.filter_line = json.loads(said)["line"]
    home.start()
    reply, subject = home.submission()
    assert reply.code == 250, reply
    assert home.verified_signatures(home.remote.wait_for(subject).message) == BOTH
    files = home.lab.path("sendmail")
    for option, name in ("--mc", "lab.mc"), ("--cf", "lab.cf"):
        code, said = _ask_about_sendmail(home, "attach", option, files / name)
        assert code == 0 and "Milterward is attached" in said, said
        code, said = _ask_about_sendmail(home, "detach", option, files / name)
        assert code == 1 and "names Milterward" in said, said
    open_cf = home.lab.path("open.cf")
    open_cf.write_text(files.joinpath("lab.cf").read_text(errors="replace").replace("F=T, ", ""))
    code, said = _ask_about_sendmail(home, "attach", "--cf", open_cf)
    assert code == 1 and "passes unfiltered" in said and "INPUT_MAIL_FILTER(" in said, said
