"""A real Chromium for pages: opens them at a width, light or dark, asks axe-core for faults, takes screenshots.

    with Browser() as browser, served(app) as url:
        page = browser.page(width=176, dark=True)
        assert page.open(f"{url}/phones") == 200
        assert page.faults() == []
        page.screenshot(Path("phones.png"))

Speaks Chromium's DevTools protocol. Needs Debian's `chromium`, and axe-core below `.run`; tools/setup test gets both.
`missing()` says what is not there."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import gevent
import websocket

from onesoup.http_server.wsgi import Application, HttpServer
from onesoup.runtime.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = Path(os.environ.get("ONESOUP_DATA") or ROOT / ".run") / "axe" / "node_modules" / "axe-core" / "axe.min.js"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "about:blank",
)
PATIENCE = 60.0
# What a page must not have; axe calls the rest "minor" and "moderate".
GRAVE = ("serious", "critical")


def missing() -> str:
    """What of the browser or of axe-core is not on this machine, "" for nothing: pytest.mark.skipif(missing(), ...)."""
    if not _program():
        return "there is no Chromium (Debian package chromium)"
    return "" if AXE.exists() else "there is no axe-core (tools/setup test gets it where npm is installed)"


@contextmanager
def served(app: Application) -> Iterator[str]:
    """The WSGI application on a port of its own, by the server of the gateway: its URL, without a slash at the end."""
    server = HttpServer(("127.0.0.1", free_port()), app, {"wsgi.errors": sys.stderr})
    server.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stop(timeout=1)


class BrowserError(Exception):
    """Chromium did not do as it was told, or not in time."""


class Browser:
    """One Chromium process, with as many pages as are asked for."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="onesoup-browser-"))
        self._ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Browser":
        self._log = (self._home / "log").open("wb")
        command = [_program(), f"--user-data-dir={self._home / 'profile'}", *FLAGS]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, start_new_session=True)
        try:
            self._socket = websocket.create_connection(self._address(), timeout=PATIENCE, suppress_origin=True)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with suppress(Exception):
            self.call("Browser.close")
        with suppress(Exception):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def page(self, width: int = 360, height: int = 640, dark: bool = False, agent: str = "") -> "Page":
        """An empty page, without cookies of other pages."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context)
        page.look(width, height, dark)
        if agent:
            page.call("Network.setUserAgentOverride", userAgent=agent)
        return page

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """One command and its result. Events that come meanwhile are kept in `events`."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        self._socket.send(json.dumps(message))
        while True:
            told = self._receive(f"an answer to {method}")
            if told.get("id") == number:
                if "error" in told:
                    raise BrowserError(f"{method}: {told['error'].get('message')}")
                return dict(told["result"])

    def wait(self, session: str, name: str, **wanted: str) -> dict[str, Any]:
        """The next event of this name with these parameters; one that has come already counts, and what came before it not."""
        while True:
            for place, event in enumerate(self.events):
                if event.get("sessionId") == session and event["method"] == name and wanted.items() <= event["params"].items():
                    later = self.events[place + 1 :]
                    self.forget(session)
                    self.events += [each for each in later if each.get("sessionId") == session]
                    return dict(event["params"])
            self._receive(name)

    def forget(self, session: str) -> None:
        """Events of before do not count."""
        self.events = [event for event in self.events if event.get("sessionId") != session]

    def _receive(self, what: str) -> dict[str, Any]:
        try:
            told = dict(json.loads(self._socket.recv()))
        except (OSError, websocket.WebSocketException) as error:
            raise BrowserError(f"no {what}: {error}") from None
        if "method" in told:
            self.events.append(told)
            del self.events[:-500]
        return told

    def _address(self) -> str:
        told, end = self._home / "profile" / "DevToolsActivePort", time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(OSError, ValueError):
                port, path = told.read_text().split()
                return f"ws://127.0.0.1:{port}{path}"
            if self._process.poll() is not None:
                break
            gevent.sleep(0.05)
        raise BrowserError(f"Chromium did not start: {(self._home / 'log').read_text(errors='replace')[-500:]}")


class Page:
    """One tab. `open` and `click` come back when the page is there."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self._browser, self._session, self._context = browser, session, context
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def look(self, width: int, height: int = 640, dark: bool = False) -> None:
        """Another width, light or dark, of the same page."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> int:
        """Goes there. The HTTP status of the page."""
        self._browser.forget(self._session)
        told = self.call("Page.navigate", url=url)
        if told.get("errorText"):
            raise BrowserError(f"{url}: {told['errorText']}")
        return self.loaded(loaderId=told["loaderId"])  # and not one that renewed itself just then

    def click(self, selector: str) -> int:
        """Clicks a link or a button that leads to a page. The HTTP status of that."""
        self._browser.forget(self._session)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        return self.loaded()

    def fill(self, selector: str, text: str) -> None:
        """Types into a field."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int, text: str = "") -> None:
        """One key, such as ("Tab", 9) or ("Enter", 13, "\\r"). Follow it by `loaded()` where a page comes of it."""
        self._browser.forget(self._session)
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def loaded(self, **wanted: str) -> int:
        """Waits for a page that is on its way. Its HTTP status."""
        told = self._browser.wait(self._session, "Network.responseReceived", type="Document", **wanted)
        self._browser.wait(self._session, "Page.loadEventFired")
        return int(told["response"]["status"])

    def evaluate(self, script: str) -> Any:
        """The value of an expression of JavaScript in the page, or that of the promise it gives."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise BrowserError(str(told["exceptionDetails"].get("exception", {}).get("description")))
        return told["result"].get("value")

    def faults(self, grave: tuple[str, ...] = GRAVE) -> list[str]:
        """What axe-core finds wrong, a line each: impact, rule, where."""
        self.evaluate(AXE.read_text(encoding="utf-8") + "; null")
        found = self.evaluate("axe.run(document, {resultTypes: ['violations']}).then(told => told.violations)")
        return [
            f"{each['impact']} {each['id']} at {' '.join(map(str, node['target']))}: {each['help']}"
            for each in found
            for node in each["nodes"]
            if each["impact"] in grave
        ]

    def sideways(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(self.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def screenshot(self, path: Path) -> None:
        """The whole page, as PNG."""
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))

    def close(self) -> None:
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)


def _program() -> str:
    return next((found for found in map(shutil.which, PROGRAMS) if found), "")
