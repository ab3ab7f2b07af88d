"""The console in a real Chromium: logging in and out, no faults of axe-core, nothing wider than the screen, light and dark."""

import os
import time
from pathlib import Path

import pytest

from onesoup.store.console_access import ConsoleRole
from onesoup.store.doctor_results import DoctorResult, DoctorResults
from tests.support.browser import served

from . import figures

LOOKS = [(360, False), (360, True), (1280, False), (1280, True)]


class LookedAt:
    """A tab at the console. `look` checks what is shown at each width, light and dark."""

    looks = LOOKS

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url

    def open(self, path: str = "/console") -> int:
        return self.page.open(f"{self.url}{path}")

    def log_in(self, token: str) -> None:
        self.open()
        self.page.fill("#access", token)
        self.page.press("Enter", 13, "\r")
        assert self.page.loaded() == 200

    def look(self, name: str) -> None:
        for width, dark in self.looks:
            self.page.look(width, dark=dark)
            assert self.page.faults() == [], (name, width, dark)
            assert self.page.sideways() <= 0, (name, width, dark)
            if kept := os.environ.get("ONESOUP_SCREENSHOTS"):
                self.page.screenshot(Path(kept, f"console-{name}-{width}-{'dark' if dark else 'light'}.png"))

    def path(self) -> str:
        return str(self.page.evaluate("location.pathname"))

    def text(self) -> str:
        return str(self.page.evaluate("document.body.innerText"))


@pytest.fixture
def looked(console, browser):
    with served(console) as url:
        page = browser.page()
        yield LookedAt(page, url)
        page.close()


def test_logging_in_and_out(looked, tokens):
    looked.open("/console/leave")
    looked.look("login")
    looked.page.fill("#access", "wrong")
    looked.page.press("Enter", 13, "\r")
    assert looked.page.loaded() == 403
    assert "not the token" in looked.text()
    looked.look("login-wrong")
    looked.log_in(tokens[ConsoleRole.OPERATOR])
    assert looked.path() == "/console"
    assert looked.page.evaluate("document.styleSheets.length") == 1
    assert looked.page.evaluate("document.cookie") == ""
    looked.look("overview")
    assert looked.page.click("header form button") == 200
    assert "logged out" in looked.text()
    looked.open()
    assert looked.path() == "/console/login"


def test_the_overview_of_a_busy_cluster_renews_itself(looked, client, tokens):
    now = time.time()
    figures.busy_day(client, now, every=5)
    figures.phones(client, 9)
    figures.holders(client, "alpha-holder", "beta-holder", free=2)
    figures.servers(client, now)
    figures.processes(client)
    figures.wrong_passwords(client, "localhost", 15)
    looked.log_in(tokens[ConsoleRole.OPERATOR])
    looked.look("overview-busy")
    figures.phones(client, 12)
    looked.page.evaluate("document.getSelection().removeAllRanges(); document.activeElement.blur(); renew()")
    assert looked.page.evaluate("document.querySelector('.figure').textContent") == "12"
    assert looked.page.evaluate("[...document.querySelectorAll('svg.plot')].every(each => each.getAttribute('aria-label'))")


def test_findings_with_what_to_do(looked, client, tokens):
    found = (
        ("FAIL", "XMPP chat.example.net", "tls/certificate: the certificate has expired", "renew it, or ask who runs the server"),
        (
            "note",
            "redis",
            "no replica: when this machine is lost, so is everything",
            "one replica and three Sentinels, or backups",
        ),
        *(("ok", f"web-{number}, admin port {9000 + number}", "is ready", "") for number in range(6)),
    )
    DoctorResults(client).keep(DoctorResult(round(time.time()) + 3600, "soup-1", found))
    looked.log_in(tokens[ConsoleRole.READER])
    looked.open("/console/findings")
    looked.look("findings")
    assert "renew it" in looked.text()


def test_a_host_is_taken_out_of_service(looked, client, tokens):
    figures.processes(client)
    looked.log_in(tokens[ConsoleRole.OPERATOR])
    looked.open("/console/hosts?drain=soup-1")
    looked.look("hosts-question")
    assert looked.page.click("main form button") == 200
    assert "soup-1 drains from now on." in looked.text()
    looked.look("hosts")
