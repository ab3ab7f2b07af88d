"""Presence: the newest state of each contact, whole, and no more often than a phone can bear."""

import time

import pytest

from tests.conftest import TIMES
from tests.support.secrets import secret_text
from tests.support.timing import at_best
from tests.support.world import World

PRESENCE_GAP = float(TIMES["ONESOUP_PRESENCE_GAP"])


def test_many_quick_changes_give_the_newest_state(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)
    told: list[str] = []
    began = time.monotonic()
    phone.on_presence = lambda shown: told.append(shown.user)
    for number in range(30):
        there.presence(show=("away", "dnd", "chat")[number % 3], status=secret_text(f"{number} "))
    there.presence(show="dnd", status=(last := secret_text("at last ")))
    assert phone.sees(bob, text=last).availability == "DISCREET"
    assert phone.run_once() == 0
    assert told.count(bob.wv) <= 2 + (time.monotonic() - began) / PRESENCE_GAP


def test_a_notification_is_whole(world: World) -> None:
    """A status text that is gone is not shown on, and what was left out has not changed."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob, show="away", status=(text := secret_text()))
    phone = world.phone(alice).start()
    phone.sees(bob, text=text)
    there.presence(show="away")
    assert phone.sees(bob, text="").availability == "NOT_AVAILABLE"


def test_the_first_look_at_the_contacts_is_right(world: World) -> None:
    """Who is online is shown online at once, not offline first and corrected seconds later."""

    def attempt() -> None:
        alice, bob = world.cast("alice", "bob")
        there = world.online(bob, show="away")
        phone = world.phone(alice, cir=["STCP"]).start()
        there.wait("presence", sender=alice.jid, type="available")
        phone.sees(bob, online=True, within=3.0)

    at_best(attempt)


def test_what_the_phone_says_of_itself_reaches_its_contacts(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice).start()
    there.wait("presence", sender=alice.jid, type="available")
    for availability, show in (("NOT_AVAILABLE", "away"), ("DISCREET", "dnd"), ("AVAILABLE", "available")):
        phone.update_presence(availability, text := secret_text())
        there.wait("presence", sender=alice.jid, type=show, status=text)
    phone.update_presence(availability="DISCREET")
    there.wait("presence", sender=alice.jid, show="dnd", status=text)
    assert phone.own_presence()[0].availability == "DISCREET"


def test_nobody_is_told_after_unsubscribing(world: World) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    first, second = world.online(bob), world.online(carol)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)
    phone.sees(carol, online=True)
    phone.unsubscribe(users=[bob.wv])
    first.presence(show="dnd")
    second.presence(show="dnd")
    phone.sees(carol, availability="DISCREET")
    assert phone.presences[bob.wv].availability == "AVAILABLE"
    phone.until(lambda: phone.get_presence([bob.wv])[0].availability == "DISCREET")


@pytest.mark.parametrize(("profile", "at_first"), [("android", 1), ("sony-ericsson", 1), ("siemens", 1), ("s60", 2)])
def test_contacts_hear_of_a_log_in_once(world: World, profile: str, at_first: int) -> None:
    """What a new handset subscribes is guessed: everything, as most do. One that subscribes less changes what it wants of its
    contacts (XEP-0163), and that takes another presence; at the next log-in it is known."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    for expected in (at_first, 1):
        before = len(there.all("presence", sender=alice.jid))
        phone = world.phone(alice, profile=profile).start()
        phone.sees(bob, online=True)
        phone.update_presence("DISCREET", text := secret_text())
        there.wait("presence", sender=alice.jid, status=text)
        heard = there.all("presence", sender=alice.jid)[before:]
        assert len(heard) == expected + 1, heard
        phone.logout()
        there.wait("presence", sender=alice.jid, type="unavailable")
