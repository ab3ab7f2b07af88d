"""Writes docs/pictures/*.webp: the browser phone and the wall as they look in a real Chromium, with a real server behind them.

    PYTHONPATH=. .venv/bin/python tools/make_screenshots.py [WHERE]

Not part of the suite: the times in the pictures differ each time. Needs what tools/setup test gets."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from PIL import Image  # noqa: E402

from onesoup.demo import accounts  # noqa: E402
from onesoup.demo.stack import Stack  # noqa: E402
from onesoup.settings.masking import setting_text  # noqa: E402
from tests.support.browser import Browser, Page  # noqa: E402

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
ENTER = ("Enter", 13, "\r")


def until(page: Page, condition: str) -> None:
    """Until an expression of JavaScript is true, and a second longer: what moves comes to rest."""
    end = time.monotonic() + 60
    while not page.evaluate(f"Boolean({condition})"):
        if time.monotonic() > end:
            raise RuntimeError(f"never true: {condition}; the page: {page.evaluate('document.body.innerText')}")
        gevent.sleep(0.2)
    gevent.sleep(1.0)


def write(page: Page, text: str) -> None:
    """By the keyboard, then Enter."""
    for letter in text:
        page.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
        page.call("Input.dispatchKeyEvent", type="keyUp", key=letter)
    page.press(*ENTER)


def phone(page: Page, url: str) -> None:
    """Alice talks to Echo; the protocol passes beside the phone."""
    page.open(f"{url}demo")
    gevent.sleep(1.0)
    page.press(*ENTER)
    until(page, "document.querySelector('main').textContent.includes('PresenceNotification')")
    page.press(*ENTER)
    gevent.sleep(1.0)
    write(page, "hello from 2005")
    until(page, "document.querySelector('main').textContent.includes('NewMessage')")


def wall(page: Page, url: str) -> None:
    """Alice writes to Bob, phone to phone, and to Carol, who has an XMPP client and answers."""
    page.open(f"{url}demo/wall")
    until(page, "[wall.left, wall.right].every((each) => each.client?.state.phase === 'on')")
    until(page, "wall.xmpp.client.phase === 'on' && wall.xmpp.client.contacts.size > 2")
    page.evaluate("wall.left.client.send('wv:bob@localhost', 'Are you there?')")
    gevent.sleep(3.0)
    page.evaluate("wall.left.client.send('wv:carol@localhost', 'Greetings from a phone of 2005')")
    until(page, "document.querySelector('.xmpp-talk').textContent.includes('Greetings')")
    page.evaluate("wall.xmpp.recipient.value = 'alice@localhost'")
    page.fill(".xmpp-compose input", "Good to hear you")
    page.press(*ENTER)
    gevent.sleep(4.0)


def keep(page: Page, path: Path) -> None:
    """As WebP, which takes a third of what PNG does."""
    with tempfile.NamedTemporaryFile(suffix=".png") as taken:
        page.screenshot(Path(taken.name))
        Image.open(taken.name).convert("RGB").save(path, quality=90, method=6)


def main() -> None:
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    env = {"ONESOUP_BROWSER_PHONE": "true", "ONESOUP_BROWSER_PHONE_ACCOUNTS": setting_text(accounts.simple_passwords())}
    with (
        tempfile.TemporaryDirectory() as directory,
        Stack(Path(directory), env=env, companions=True, websocket=True) as stack,
        Browser() as browser,
    ):
        for name, play, width, height in (("browser-phone", phone, 1000, 640), ("wall", wall, 1500, 900)):
            page = browser.page(width, height)
            play(page, stack.url)
            keep(page, where / f"{name}.webp")


if __name__ == "__main__":
    main()
