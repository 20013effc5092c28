# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by WebDriver (W3C) through chromedriver, with Chromium's own
protocol for what WebDriver has no word for: a phone, the dark, the accessibility tree."""
import base64
import json
import os
import shutil
import urllib.error
import urllib.request

from ports import free_port
from registry import Skipped
from waiting import wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver section 11.2
TAB, ENTER = "\ue004", "\ue007"


class Browser:
    def __init__(self, lab):
        for program in ("chromium", "chromedriver"):
            if not shutil.which(program):
                raise Skipped(f"no {program}: packaging/install-deps test")
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        lab.spawn("chromedriver", ["chromedriver", f"--port={port}"],
                  {"HOME": str(lab.folder("browser"))})
        wait_until(self._is_ready, "chromedriver")
        arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={lab.folder('browser', 'profile')}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self._session = f"/session/{session['sessionId']}"
        lab.at_end(self._quit)

    def _is_ready(self):
        try:
            return self._call("GET", "/status")["ready"]
        except (OSError, ValueError):
            return False

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self._base + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(fault.read().decode(errors="replace")) from fault

    def _quit(self):
        try:
            self._call("DELETE", self._session)
        except (OSError, AssertionError):
            pass  # it has gone already

    def open(self, url):
        self._call("POST", f"{self._session}/url", {"url": url})

    def run(self, script, *arguments):
        return self._call("POST", f"{self._session}/execute/sync",
                          {"script": script, "args": list(arguments)})

    def command(self, name, **parameters):
        """One of Chromium's own."""
        return self._call("POST", f"{self._session}/goog/cdp/execute",
                          {"cmd": name, "params": parameters})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", f"{self._session}/actions",
                   {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def complaints(self):
        """What it has to say of the page: blocked styles, missing files."""
        return [entry["message"]
                for entry in self._call("POST", f"{self._session}/se/log", {"type": "browser"})
                if entry["level"] in ("WARNING", "SEVERE") and "favicon" not in entry["message"]]

    def be_as_wide_as(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=width < 600)

    def prefer(self, scheme):
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path):
        """Of the whole page, not of what fits into the window."""
        found = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def heard(self):
        """What a screen reader is told: pairs of a role and a name."""
        nodes = self.command("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", ""))
                for node in nodes if not node.get("ignored")]
