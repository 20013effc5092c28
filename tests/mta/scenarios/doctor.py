# SPDX-License-Identifier: Apache-2.0
"""`milterward doctor postfix` and `doctor sendmail`: what stands between a real mail server and
us is named, with the line that mends it."""
import json
import subprocess

from registry import scenario


def _ask(home, mta, *options):
    ran = subprocess.run(
        [home.daemon.binary, "doctor", mta, "--config", home.daemon.config, "--json", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        env=getattr(home.mta, "tool_environment", lambda: None)())
    said = ran.stdout.decode()
    try:
        told = json.loads(said)
    except ValueError:
        raise AssertionError(f"ended with {ran.returncode}: {said}") from None
    grave = {finding["kind"] for finding in told["findings"] if finding["severity"] != "advice"}
    lines = [line for finding in told["findings"] for line in finding["write"]]
    return ran.returncode, grave, lines, said


def _ask_postfix(home, *options):
    return _ask(home, "postfix", "--config-dir", home.mta.etc, *options)


def _attached(home):
    """As attach leaves it."""
    home.mta.milter = None
    home.start()
    subprocess.run([home.daemon.binary, "attach", "postfix", "--config", home.daemon.config,
                    "--config-dir", home.mta.etc, "--yes"], check=True, timeout=60,
                   stdout=subprocess.DEVNULL, env=home.mta.tool_environment())


@scenario("postfix")
def doctor_finds_postfix_well_and_then_the_daemon_gone(home):
    _attached(home)
    code, grave, _, said = _ask_postfix(home)
    assert code == 0 and not grave, said
    home.daemon.terminate()
    home.daemon.wait_end()
    code, grave, _, said = _ask_postfix(home)
    assert code == 2 and grave & {"mta.nobody_listens", "mta.no_socket", "mta.no_rights"}, said


@scenario("postfix")
def doctor_prints_the_lines_that_postfix_lacks(home):
    home.mta.milter = None
    home.start()
    code, grave, lines, said = _ask_postfix(home)
    assert code == 2 and "mta.not_asked" in grave, said
    assert any(line.startswith("main.cf: smtpd_milters = { unix:") for line in lines), said
    assert any(line.startswith("main.cf: non_smtpd_milters = ") for line in lines), said


@scenario("postfix")
def doctor_meets_the_rights_that_postfix_lacks(home):
    """The directory above the socket's is closed: no look at the two of them shows it."""
    _attached(home)
    home.state.parent.chmod(0o700)
    code, grave, _, said = _ask_postfix(home)
    home.state.parent.chmod(0o755)
    assert code == 2 and grave == {"mta.no_rights"}, said
    home.state.chmod(0o700)
    code, grave, _, said = _ask_postfix(home)
    assert code == 2 and grave == {"mta.no_rights"}, said


@scenario("sendmail")
def doctor_finds_what_sendmail_is_told(home):
    home.start()
    cf = home.lab.path("sendmail") / "lab.cf"
    code, grave, _, said = _ask(home, "sendmail", "--cf", cf)
    assert code == 0 and not grave, said
    open_cf = home.lab.path("open.cf")
    open_cf.write_text(cf.read_text(errors="replace").replace("F=T, ", ""))
    code, grave, lines, said = _ask(home, "sendmail", "--cf", open_cf)
    assert code == 2 and grave == {"mta.not_asked"}, said
    assert lines and lines[0].startswith("sendmail.mc: INPUT_MAIL_FILTER("), said
    home.daemon.terminate()
    home.daemon.wait_end()
    code, grave, _, said = _ask(home, "sendmail", "--cf", cf)
    assert code == 2 and grave & {"mta.nobody_listens", "mta.no_socket"}, said
