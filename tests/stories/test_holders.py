"""A holder is stopped and another takes its sessions over: phones notice nothing, and every message arrives once."""

from tests.stories.test_outages import answered
from tests.support.secrets import secret_text
from tests.support.world import World


def test_a_holder_is_stopped_and_started_again(breakable: World) -> None:
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)

    world.stack.stop("holder")
    phone.keep_alive()
    phone.send(bob.wv, out := secret_text("while nobody holds "))
    there.send(alice.jid, back := secret_text("while nobody listens "))

    world.stack.start("holder")
    there.message(within=90, body=out)
    phone.hears(back, within=90)
    phone.send(bob.wv, last := secret_text("last "))
    there.message(body=last)
    there.send(alice.jid, last_back := secret_text("last "))
    phone.hears(last_back)
    assert there.bodies() == [out, last]
    assert phone.said() == [back, last_back]


def test_a_second_holder_takes_over_from_the_first(breakable: World) -> None:
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phones = [world.phone(alice, client_id=f"phone-{number}", cir=["STCP"]).start() for number in range(6)]
    world.stack.start("holder", "holder-2")
    world.stack.stop("holder")
    for phone in phones:
        phone.send(bob.wv, text := secret_text())
        there.message(within=90, body=text)
    assert len(there.bodies()) == len(phones)
    there.send(alice.jid, text := secret_text())
    for phone in phones:
        phone.hears(text, within=90)
        assert phone.said() == [text]


def test_a_killed_holder_loses_no_message(breakable: World) -> None:
    """Its leases run out; the next one logs in again with the credentials of the session."""
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    world.stack.kill("holder")
    phone.send(bob.wv, out := secret_text())
    world.stack.start("holder")
    there.message(within=90, body=out)
    there.send(alice.jid, back := secret_text())
    phone.hears(back, within=90)
    phone.keep_alive()


def test_no_holder_at_all_is_a_refusal_in_time(breakable: World) -> None:
    world = breakable
    alice, bob = world.cast("alice", "bob")
    world.stack.stop("holder")
    assert answered(world.phone(alice).login) in (503, 504)
    world.stack.start("holder")
    assert world.phone(bob).login().session_id
