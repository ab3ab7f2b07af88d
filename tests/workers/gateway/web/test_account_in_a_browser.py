"""The account page in a real Chromium, from signing in to forgetting: keys alone, focus on errors, no faults of axe-core."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from onesoup.store import records
from tests.support.browser import Page, served
from workers.gateway.client_address import PeerReader
from workers.gateway.web.account import add_account_pages

from .person import ALICE

NUMBER = "+15550100123"
WIDTHS = (176, 360, 1280)
# Where screenshots of each step go, for people who look at them.
SHOTS = os.environ.get("ONESOUP_SCREENSHOTS", "")


class Looked:
    """One tab, and what is looked for at each step: faults, width, light and dark."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.count = page, url, 0

    def step(self, name: str, path: str) -> None:
        """The browser is at this path, and what it shows can be read by everybody."""
        assert self.page.evaluate("location.pathname") == path
        focused = self.focus()
        for dark in (False, True):
            for width in WIDTHS:
                self.page.look(width, dark=dark)
                assert self.page.sideways() <= 0, (name, width)
                if SHOTS:
                    self.page.screenshot(Path(SHOTS) / f"{self.count:02}-{name}-{width}-{'dark' if dark else 'light'}.png")
            assert self.page.faults() == [], (name, dark)
        self.count += 1
        assert self.focus() == focused

    def focus(self) -> str:
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.getAttribute('role') || ''"))

    def tab_to(self, words: str) -> None:
        """Presses Tab until a button or link of these words has the focus."""
        for _ in range(40):
            self.page.press("Tab", 9)
            if words in str(self.page.evaluate("document.activeElement.textContent")):
                return
        raise AssertionError(f"no Tab leads to {words}")

    def tab_in(self, name: str, text: str) -> None:
        """Presses Tab until the field has the focus, and types."""
        for _ in range(40):
            if self.focus() == name:
                self.page.call("Input.insertText", text=text)
                return
            self.page.press("Tab", 9)
        raise AssertionError(f"no Tab leads to {name}")

    def enter(self) -> int:
        """Presses Enter. The status of the page that comes of it; what has autofocus there has the focus when this returns."""
        self.page.press("Enter", 13, "\r")
        status = self.page.loaded()
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        return status


@pytest.fixture
def looked(app, services, holder, browser) -> Iterator[Looked]:
    holder.right = {(ALICE, "right")}
    services.policy = replace(services.policy, sms_prefixes=("+1555",), public_host="imps.example.org")
    services.lines.register("cir:1", 60_000, ["SMS", "SETTINGS"])
    add_account_pages(app, services, PeerReader())
    with served(app) as url:
        page = browser.page()
        yield Looked(page, url)
        page.close()


def test_the_whole_way_with_keys_alone(looked, services):
    looked.page.open(f"{looked.url}/account")
    looked.step("sign-in", "/account")
    looked.tab_in("address", ALICE)
    looked.tab_in("password", "wrong")
    assert looked.enter() == 400
    assert looked.focus() == "password"
    looked.step("wrong-password", "/account")
    looked.page.call("Input.insertText", text="right")
    assert looked.enter() == 200
    looked.step("make-password", "/account/password")

    looked.tab_to("choose it myself")
    looked.enter()
    looked.tab_in("phone", "short")
    assert looked.enter() == 400
    assert looked.focus() == "phone"
    looked.step("own-password-too-short", "/account/password/own")
    looked.tab_to("Have one made")
    looked.enter()
    looked.tab_to("Make a password")
    assert looked.enter() == 200
    looked.step("done", "/account/done")
    assert services.accounts.find(ALICE).phone_password in looked.page.evaluate("document.body.innerText")

    looked.tab_to("Confirm the number")
    looked.enter()
    looked.step("number", "/account/number")
    looked.tab_in("number", NUMBER)
    looked.enter()
    looked.step("number-send", "/account/number/send")
    assert looked.focus() == "", "the button that sends an SMS has not the focus"
    looked.page.press("Enter", 13, "\r")
    assert services.numbers.next_to_send() is None
    looked.tab_to("Send the SMS")
    looked.enter()
    looked.step("number-code", "/account/number/code")
    looked.tab_in("code", "000")
    assert looked.enter() == 400
    assert looked.focus() == "code"
    looked.step("wrong-code", "/account/number/code")
    code = records.unpack_command(services.numbers.next_to_send())["text"].rpartition(" ")[2]
    looked.page.call("Input.insertText", text=code)
    looked.enter()
    looked.step("number-done", "/account/number/done")

    looked.tab_to("Send the settings")
    looked.enter()
    looked.tab_in("apn_user", "web")
    assert looked.enter() == 400
    looked.step("settings-wrong", "/account/settings")
    looked.tab_in("apn", "internet")
    assert looked.enter() == 200
    looked.step("settings-way", "/account/settings/way")
    looked.tab_to("Make a link")
    looked.enter()
    looked.step("settings-link", "/account/settings/link")
    looked.page.open(f"{looked.url}/account/settings/way")
    looked.tab_to("Send the settings by SMS")
    looked.enter()
    looked.step("settings-sms", "/account/settings/sms")
    assert services.settings_queue.next_to_send() is not None

    looked.page.open(f"{looked.url}/account")
    looked.step("overview", "/account/overview")
    looked.tab_to("Forget my account")
    looked.enter()
    looked.step("forget", "/account/forget")
    looked.tab_to("Forget it")
    looked.enter()
    looked.step("forget-sure", "/account/forget/sure")
    looked.tab_to("Yes, forget")
    looked.enter()
    looked.step("forgotten", "/account/forgotten")
    assert services.accounts.find(ALICE) is None


def test_a_wait_has_the_focus_and_says_how_long(looked):
    for number in range(6):
        looked.page.open(f"{looked.url}/account")
        looked.tab_in("address", ALICE)
        looked.tab_in("password", f"guess {number}")
        assert looked.enter() == 400
    assert looked.focus() == "alert"
    assert re.search(r"Try again in \d+ seconds", looked.page.evaluate("document.activeElement.innerText"))
    looked.step("wait", "/account")


def test_a_reload_behind_a_form_posts_nothing(looked, services, holder):
    looked.page.open(f"{looked.url}/account")
    looked.tab_in("address", ALICE)
    looked.tab_in("password", "right")
    looked.enter()
    looked.tab_to("Make a password")
    looked.enter()
    made, asked = services.accounts.find(ALICE).phone_password, len(holder.logins)
    looked.page.call("Page.reload")
    assert looked.page.loaded() == 200
    assert (services.accounts.find(ALICE).phone_password, len(holder.logins)) == (made, asked)
    assert made in looked.page.evaluate("document.body.innerText")
