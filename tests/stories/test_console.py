"""An operator with a browser: finds a user, watches the phone, ends its session, and reads who did it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onesoup.phone.errors import Refused
from tests.support.browser import Browser, Page
from tests.support.peer import WITHIN
from tests.support.secrets import keep_secret, secret_text
from tests.support.world import World


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.page()
    yield page
    page.close()


def console(world: World) -> tuple[str, str]:
    """Where the console is, and the token for it."""
    command = [str(Path(sys.prefix, "bin", "onesoup")), "console", "--json"]
    done = subprocess.run(command, env=world.stack.env, capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(done.stdout)
    keep_secret(told["token"])
    return str(told["urls"][0]), str(told["token"])


def text(page: Page) -> str:
    return str(page.evaluate("document.body.innerText"))


def until(page: Page, words: str, again: Callable[[], object] = lambda: time.sleep(0.05)) -> None:
    """Waits for words on the page. Whatever brings them is done again and again: a process may hear late of who looks."""
    end = time.monotonic() + WITHIN
    while words not in text(page):
        assert time.monotonic() < end, text(page)
        again()


def test_an_operator_finds_a_user_follows_the_phone_and_ends_its_session(world: World, page: Page) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, version="1.2", cir=["STCP"]).start()
    url, token = console(world)
    page.open(url)
    page.fill("#access", token)
    assert page.click("main button") == 200
    page.open(f"{url}/users")
    page.fill("#q", alice.user)
    assert page.click(".search button") == 200
    assert page.click(f"tbody a[href$='{alice.user}%40{alice.domain}']") == 200
    assert "1.2 " in text(page)
    assert "holder " in page.evaluate('document.querySelector("td[data-head=Holder]").innerText')
    page.evaluate("document.querySelector('#trace-start').click()")
    until(page, f"following {alice.jid}, 1 sessions")
    until(page, "Polling-Request", phone.poll)
    words = secret_text()
    until(page, "SendMessage-Request", lambda: phone.send(bob.wv, words))
    assert words not in text(page)
    assert page.click("td a[href*='ask=kick']") == 200
    assert page.click("button[value=kick]") == 200
    assert f"ended 1 session of {alice.jid}" in text(page)
    with pytest.raises(Refused, match="601"):
        phone.keep_alive()
    phone.session_id = None
    page.open(f"{url}/audit")
    first, second = (page.evaluate(f"document.querySelectorAll('tbody tr')[{row}].innerText") for row in (0, 1))
    assert "kick" in first
    assert alice.jid in first
    assert "trace" in second
