"""The owner of an account sees what the own phone has sent, and why it does not log in; then it does."""

import time
from html import unescape

import pytest

from onesoup.phone.errors import PhoneError, Refused
from onesoup.store.redis.client import connect
from tests.support.peer import WITHIN
from tests.support.secrets import keep_password, secret_text
from tests.support.world import Person, World

from .test_logins import Browser


class Owner(Browser):
    """Somebody who looks at what the own phone sends."""

    def sign_in(self, person: Person) -> None:
        assert "What your phone sends" in self.open("/account/doctor")
        self.send(address=person.jid, password=person.password)
        assert self.path == "/account/doctor"

    def until(self, *words: str) -> str:
        """The page, when it says all this: workers write every few seconds."""
        end = time.monotonic() + WITHIN
        while not all(each in unescape(self.open("/account/doctor")) for each in words):
            assert time.monotonic() < end, self.page
            time.sleep(0.2)
        return self.page


def test_a_phone_that_fails_in_three_ways_and_then_logs_in(world: World) -> None:
    (alice,) = world.cast("alice", linked=False)
    owner = Owner(world.stack.url)
    owner.sign_in(alice)

    with pytest.raises(Refused):
        world.phone(alice, user=f"{alice.user}@example.com", profile="razr").login()
    owner.until(f"The phone asks for {alice.user}@example.com; this server serves {alice.domain}.")

    for _ in range(3):
        with pytest.raises(Refused):
            world.phone(alice, password=secret_text("wrong")).login()
    owner.until("Wrong password.", "3 times")

    digest_only = world.phone(alice, profile="android", password=(chosen := secret_text("k")[:20]))
    keep_password(alice.user, chosen)
    with pytest.raises(PhoneError):
        digest_only.login()
    owner.until("and no phone password is stored for it.", "Choose a phone password")

    world.link(alice, chosen)
    phone = world.phone(alice, profile="android", password=chosen).start()
    page = owner.until("The phone logged in.", "Logged in now", "ClientCapability-Request", "GetList-Request")
    assert "Before the phone logged in" in page
    phone.poll()
    owner.until("It has looked for messages")


def test_the_page_says_so_while_redis_is_away_and_goes_on_when_it_is_back(breakable: World) -> None:
    (alice,) = breakable.cast("alice")
    owner = Owner(breakable.stack.url)
    owner.sign_in(alice)
    breakable.stack.redis.kill()
    assert "Not just now" in owner.open("/account/doctor")
    phone = breakable.phone(alice)
    with pytest.raises(PhoneError):
        phone.login()
    breakable.stack.redis.start()
    phone.until_good(phone.login)
    owner = Owner(breakable.stack.url)
    owner.sign_in(alice)
    owner.until("The phone logged in.")


def test_redis_keeps_what_the_page_shows_for_a_day(world: World) -> None:
    (alice,) = world.cast("alice")
    world.phone(alice).login()
    client = connect(world.stack.redis.url)
    end = time.monotonic() + WITHIN
    while not (found := list(client.scan_iter("phone:*"))):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert all(0 < client.ttl(key) <= 86_400 for key in found)
    client.close()
