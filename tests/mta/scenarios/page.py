# SPDX-License-Identifier: Apache-2.0
"""The status page of a daemon behind a real mail server, in a real browser: on a phone and in
a wide window, light and dark, by keyboard and by ear."""
import os
import subprocess
from pathlib import Path

from browser import ENTER, TAB, Browser
from home import LIAR
from ports import free_port
from registry import scenario
from waiting import wait_until

SAMPLES = Path(__file__).resolve().parents[2] / "cases/feedback/samples"

# Contrasts of all texts with their ground (WCAG 2.1, 1.4.3), and of bars with theirs.
CONTRASTS = """
const luminance = text => {
  const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => {
    v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
};
const ground = element => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (!colour.endsWith(', 0)')) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const weak = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest('svg, meter')) continue;
  const found = contrast(getComputedStyle(element).color, ground(element));
  if (found < 4.5) weak.push([walker.currentNode.data.trim(), found]);
}
for (const shape of document.querySelectorAll('.chart rect, .chart text')) {
  const found = contrast(getComputedStyle(shape).fill, ground(shape.ownerSVGElement));
  if (found < (shape.tagName === 'text' ? 4.5 : 3))
    weak.push([shape.getAttribute('class'), found]);
}
return weak;
"""


def _home_with_page(home):
    token = home.state / "token"
    token.write_text("opensesame\n")
    token.chmod(0o600)
    os.chown(token, *_owner_of(home.state))
    port = free_port()
    home.daemon.settings["status"] = {"listen": f"127.0.0.1:{port}", "token_file": str(token)}
    home.daemon.settings["feedback"] = {"file": str(home.state / "feedback.db")}
    home.start()
    subprocess.run([home.daemon.binary, "report", "ingest", "-c", home.daemon.config,
                    SAMPLES / "rfc9990-all.xml", SAMPLES / "tls-sts.json"], check=True, timeout=30)
    reply, subject = home.friendly_mail()
    assert reply.code == 250, reply
    home.local.wait_for(subject)
    reply, _ = home.spoof_of("bank.test")
    assert reply.code == 550, reply
    # Below the id of the message in the log, once the journal has it.
    home.daemon.wait_event("message.decided", verdict="reject")
    return f"http://127.0.0.1:{port}"


def _owner_of(path):
    status = Path(path).stat()
    return status.st_uid, status.st_gid


def _wait_for_journal(browser, url):
    def page():
        browser.open(url + "/")
        return browser.run("return document.body.innerText")
    wait_until(lambda: "dmarc.reject" in page(), page)


@scenario(only="postfix")
def the_page_is_read_on_a_phone_in_the_dark_by_keyboard_and_by_ear(home):
    browser = Browser(home.lab)
    url = _home_with_page(home)
    _wait_for_journal(browser, url)
    pictures = Path(os.environ.get("MILTERWARD_PICTURES", home.lab.folder("pictures")))

    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        for name, width in (("phone", 360), ("wide", 1280)):
            browser.be_as_wide_as(width, 800)
            browser.open(url + "/")
            assert browser.run("return document.documentElement.scrollWidth") <= width, name
            cut = browser.run("""return [...document.querySelectorAll('caption span')].filter(
                e => e.getBoundingClientRect().right > window.innerWidth).map(e => e.innerText)""")
            assert not cut, (name, cut)
            weak = browser.run(CONTRASTS)
            assert not weak, (scheme, weak)
            browser.picture(pictures / f"page-{name}-{scheme}.png")
    dark = browser.run("return getComputedStyle(document.body).backgroundColor")
    browser.prefer("light")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") != dark
    # Fingers need room (WCAG 2.2, 2.5.8).
    browser.be_as_wide_as(360, 800)
    small = browser.run("""return [...document.querySelectorAll('a, button, input, summary')]
        .filter(e => !e.matches('.skip') && !e.closest('p')).map(e => [e.innerText, e.getBoundingClientRect().height])
        .filter(([, height]) => height < 24)""")
    assert not small, small

    heard = browser.heard()
    roles = [role for role, _ in heard]
    for role in ("banner", "navigation", "main", "contentinfo", "search"):
        assert roles.count(role) == 1, (role, heard)
    headings = [name for role, name in heard if role == "heading"]
    assert headings[0].startswith("Milterward on "), headings
    assert {"Now", "Mail", "Domains", "Quotas and warm-up", "Keys", "Egress",
            "What others say of mail in your domains"} <= set(headings)
    for role in ("table", "image", "searchbox", "button", "link", "region"):
        names = [name for found, name in heard if found == role]
        assert names and all(names), (role, names)
    assert any("The last 24 hours" in name for role, name in heard if role == "image"), heard

    browser.open(url + "/")
    browser.press(TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    browser.press(ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    browser.open(url + "/")
    browser.press(TAB, TAB)
    assert browser.run("return document.activeElement.id") == "q"
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", outline

    browser.press(*"nothing", ENTER)
    wait_until(lambda: browser.run("return location.pathname + location.search")
               == "/search?q=nothing", "the search", 10)
    wait_until(lambda: "Nothing is known of" in browser.run("return document.body.innerText"),
               "its answer", 10)
    assert not browser.complaints(), browser.complaints()


@scenario(only="postfix")
def the_page_names_people_only_to_who_has_the_token(home):
    browser = Browser(home.lab)
    url = _home_with_page(home)
    _wait_for_journal(browser, url)
    refused = home.daemon.decision(verdict="reject")["queue_id"]
    hidden = browser.run("return document.documentElement.outerHTML")
    assert "bank.test" in hidden, hidden
    assert LIAR not in hidden and "@bank.test" not in hidden, hidden
    assert "certificate-expired" in hidden and "2001:db8::25" not in hidden, hidden
    browser.open(f"{url}/search?q={refused}")
    hidden = browser.run("return document.documentElement.outerHTML")
    assert "dmarc.reject" in hidden and "@local.test" not in hidden, hidden

    # As a browser does once it has asked for the password.
    browser.open(url.replace("//", "//anybody:opensesame@") + "/token")
    told = browser.run("return document.body.innerText")
    assert LIAR in told and "2001:db8::25" in told and "n1 (permerror)" in told, told
    browser.open(f"{url}/search?q={refused}")
    told = browser.run("return document.body.innerText")
    assert "bob@local.test" in told and "dmarc.reject" in told, told
    assert not browser.run(CONTRASTS)
