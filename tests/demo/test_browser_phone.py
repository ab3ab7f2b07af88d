"""Somebody without a phone opens /demo in a real Chromium and talks by its keys: with echo, an XMPP client, the lobby."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onesoup.demo.stack import Stack
from tests.support.browser import Page
from tests.support.secrets import secret_text

# Generous: a machine that is busy takes longer, and a phone polls only every few seconds.
WITHIN = 90.0
STEP_MS = 5000
KEYS = {"Enter": 13, "Escape": 27, "Backspace": 8, "ArrowUp": 38, "ArrowDown": 40, "F1": 112, "F2": 113, "End": 35, "Home": 36}
ENTER = "\r"
# Where screenshots go, for people who look at them.
SHOTS = os.environ.get("ONESOUP_SCREENSHOTS", "")
# Resolves to the lines of the phone's screen as soon as one of them contains some words, and to null when that takes too long.
LINES_WITH = """new Promise((done) => {
    const screen = document.querySelector(".phone-text");
    const lines = () => [...screen.children].map((line) => line.textContent);
    const look = () => lines().some((line) => line.includes(WORDS)) && end(lines());
    const end = (told) => { watcher.disconnect(); clearTimeout(timer); done(told); };
    const watcher = new MutationObserver(look);
    const timer = setTimeout(() => end(null), STEP);
    watcher.observe(screen, { childList: true, subtree: true, characterData: true });
    look();
})"""
# Presses keys of the drawn phone with a finger, so fast that they count as one letter where they are one key.
FINGER = """for (const key of KEYS) {
    const button = document.querySelector(`[data-key="${key}"]`);
    for (const kind of ["pointerdown", "pointerup", "click"])
        button.dispatchEvent(new PointerEvent(kind, { bubbles: true, button: 0, detail: kind === "click" ? 1 : 0 }));
}"""


@pytest.fixture(scope="module")
def stack(made_stack, tmp_path_factory) -> Iterator[Stack]:
    """Not that of test_companions, whose lobby is silent and whose XMPP server is restarted."""
    env = {"ONESOUP_BROWSER_PHONE": "true", "ONESOUP_BROWSER_PHONE_ACCOUNTS": "alice=alice-secret,bob=bob-secret"}
    with made_stack(tmp_path_factory.mktemp("browser-phone"), companions=True, prosody_more={}, env=env) as made:
        yield made


class BrowserPhone:
    """The phone on /demo as a person has it: reads its screen, presses its keys or those of the computer."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        assert page.open(f"{url}demo") == 200
        self.sees("Log in as")

    def sees(self, words: str) -> list[str]:
        """Waits until a line of the screen contains these words. All lines."""
        script = LINES_WITH.replace("WORDS", json.dumps(words)).replace("STEP", str(STEP_MS))
        end = time.monotonic() + WITHIN
        while time.monotonic() < end:
            lines = self.page.evaluate(script) if self.page.evaluate("Boolean(document.querySelector('.phone-text'))") else None
            if lines is not None:
                return list(lines)
        raise AssertionError(f"no {words!r} on the screen, but {self.lines()}")

    def lines(self) -> list[str]:
        script = "[...document.querySelectorAll('.phone-text p')].map((line) => line.textContent)"
        return list(self.page.evaluate(script))

    def key(self, *names: str) -> None:
        for name in names:
            self.page.press(name, KEYS[name], ENTER if name == "Enter" else "")

    def types(self, text: str) -> None:
        """By the keyboard of the computer, letter by letter."""
        for each in text:
            for kind, more in (("keyDown", {"text": each}), ("keyUp", {})):
                self.page.call("Input.dispatchKeyEvent", type=kind, key=each, **more)

    def taps(self, *letters: str) -> None:
        """Each letter by the presses that make it: "44" is h. Two in a row are not of one key."""
        for presses in letters:
            self.page.evaluate(FINGER.replace("KEYS", json.dumps(list(presses))) + "; null")

    def chooses(self, words: str) -> None:
        """Goes down to the row that begins with these words, and presses Enter."""
        for _ in range(20):
            if any(line.startswith(f"> {words}") for line in self.sees("> ")):
                self.key("Enter")
                return
            self.key("ArrowDown")
        raise AssertionError(f"no row {words!r}: {self.lines()}")

    def logs_in(self, user: str, password: str) -> None:
        self.chooses("Somebody else")
        self.sees("> User")
        self.key("Enter")
        self.sees("Keys: abc")
        self.types(user)
        self.key("Enter")
        self.sees("> Password")
        self.key("Enter")
        self.sees("0 characters")
        self.types(password)
        self.key("Enter", "Enter")
        self.sees("Contacts")

    def looks(self, name: str) -> None:
        """What is seen now is right for everybody, narrow and wide, light and dark."""
        for dark in (False, True):
            for width in (360, 1280):
                self.page.look(width, 900, dark=dark)
                assert self.page.sideways() <= 0, (name, width)
                if SHOTS:
                    self.page.screenshot(Path(SHOTS) / f"{name}-{width}-{'dark' if dark else 'light'}.png")
                assert self.page.faults() == [], (name, width, dark)


@pytest.fixture
def phone(browser, stack) -> Iterator[BrowserPhone]:
    page = browser.page(1280, 900)
    yield BrowserPhone(page, stack.url)
    page.close()


def test_a_newcomer_talks_with_echo_by_the_keys_of_the_phone(phone):
    phone.looks("story-start")
    phone.key("Enter")
    phone.sees("Echo")
    phone.looks("story-contacts")
    phone.chooses("Echo")
    phone.sees("Write")
    phone.taps("44", "33", "999")
    phone.sees("Text: Hey")
    phone.key("Enter")
    phone.sees("Echo, ")
    phone.sees("delivered: Hey")
    assert [line.split(",")[0] for line in phone.lines() if line.endswith(": Hey")] == ["Me", "Echo"]
    # Who has written needs the first steps no more: the protocol comes up.
    assert phone.page.evaluate("document.querySelector('.demo-help details').open") is False
    phone.looks("story-chat")


def test_a_phone_and_an_xmpp_client_talk_and_become_friends(phone, world):
    alice, bob = world.cast("alice", "bob")
    (mallory,) = world.cast("mallory", strangers=True)
    there, stranger = world.online(bob, status="at home"), world.online(mallory)
    stranger.passive()
    phone.logs_in(alice.user, alice.password)
    there.wait("presence", sender=alice.jid, type="available")
    phone.sees("Bob, available, at home")
    phone.chooses("Bob")
    phone.types(text := secret_text())
    phone.key("Enter")
    assert there.message(sender=alice.jid).body == text
    there.send(alice.jid, answer := secret_text())
    phone.sees(answer)

    stranger.subscription(alice.jid, "subscribe")
    phone.sees("Friend request")
    phone.looks("story-request")
    phone.key("F1")
    stranger.wait("presence", sender=alice.jid, type="subscribed")
    phone.sees(answer)

    phone.key("End", "Enter")
    phone.chooses("Log out")
    there.wait("presence", sender=alice.jid, type="unavailable")


def test_the_lobby_is_joined_and_others_are_heard_there(phone, world):
    alice, bob = world.cast("carol", "dave")
    room = f"lobby@conference.{world.stack.domain}"
    there = world.online(bob)
    there.join(room, "davy")
    phone.logs_in(alice.user, alice.password)
    phone.key("End", "Enter")
    phone.chooses("Groups")
    phone.chooses("Join")
    phone.sees("Text: lobby")
    phone.key("Enter")
    phone.sees("lobby")
    phone.sees("Options")
    phone.types(text := secret_text())
    phone.key("Enter")
    there.wait("message", type="groupchat", body=text)
    there.say(room, answer := secret_text())
    assert any(line.startswith("davy, ") for line in phone.sees(answer))
    phone.looks("story-lobby")


def test_a_wrong_password_shows_code_and_meaning(phone):
    phone.chooses("Somebody else")
    phone.sees("> User")
    phone.key("Enter")
    phone.types("alice")
    phone.key("Enter")
    phone.sees("> Password")
    phone.key("Enter")
    phone.types("not this one")
    phone.key("Enter", "Enter")
    assert phone.sees("Error 409")[:3] == ["Error 409", "Not logged in", "Wrong user or password."]
    phone.looks("story-error")
