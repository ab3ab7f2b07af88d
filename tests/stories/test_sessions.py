"""One user may have several handsets; one handset has one session, and a new log-in takes over what the old one left."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from onesoup.phone.errors import SessionOver
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone, World


def test_two_handsets_have_a_session_each(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    first = world.phone(alice, client_id="first").start()
    second = world.phone(alice, client_id="second", version="1.1").start()
    assert first.session_id != second.session_id
    for resource in ("first", "second"):
        there.wait("presence", sender=alice.jid, type="available", resource=resource)

    for phone in (first, second):
        phone.send(bob.wv, text := secret_text())
        assert there.message(body=text).sender == alice.jid
    there.send(alice.jid, text := secret_text())
    first.hears(text)
    second.hears(text)

    first.logout()
    second.keep_alive()
    there.wait("presence", sender=alice.jid, type="unavailable", resource="first")


def test_a_new_log_in_of_the_same_handset_ends_the_old_session(world: World) -> None:
    (alice,) = world.cast("alice")
    old = world.phone(alice, client_id="handset").start()
    new = world.phone(alice, client_id="handset")
    new.login()
    assert new.session_id != old.session_id
    with pytest.raises(SessionOver):
        old.keep_alive()
    new.keep_alive()


def test_it_keeps_what_the_old_session_had_not_delivered(world: World) -> None:
    """One message was handed out and not answered, one waited behind it."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    old = world.phone(alice, client_id="handset", cir=["STCP"]).start()
    texts = [secret_text(), secret_text()]
    for text in texts:
        there.send(alice.jid, text)
    handed = old.handed()
    while not old.more and handed.content.content_data != texts[1]:  # type: ignore[attr-defined]
        handed = old.handed()

    new = world.phone(alice, client_id="handset").start()
    new.hears(texts[0])
    new.hears(texts[1])
    assert new.said() == texts


def test_android_takes_its_session_up_again_inside_the_old_one(world: World) -> None:
    """It asks for a log-in Inband, with the old SessionID; both phases."""
    (alice,) = world.cast("alice")
    phone = world.phone(alice, profile="android").start()
    phone.login(inband=True)
    phone.negotiate()
    phone.load_lists()


def test_messages_that_came_while_logged_out_come_after_the_log_in(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    there.send(alice.jid, waiting := secret_text("unfetched "))
    phone.handed()
    phone.logout()
    there.wait("presence", sender=alice.jid, type="unavailable")
    there.send(alice.jid, later := secret_text("while away "))

    phone.start()
    phone.hears(waiting)
    phone.hears(later)


def test_it_gets_back_what_it_had_sent_and_no_holder_could_take(breakable: World) -> None:
    """The holder dies, the phone sends, and logs in again: the message goes out, or the phone is told that it did not."""
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    old = world.phone(alice, client_id="handset", cir=["STCP"]).start()
    world.stack.kill("holder")
    old.send(bob.wv, text := secret_text())
    world.stack.start("holder")
    new = world.phone(alice, client_id="handset", cir=["STCP"])
    new.until_good(new.start, within=90)
    there.send(alice.jid, last := secret_text())
    new.hears(last, within=90)

    def told() -> list[str]:
        return [each for each in new.said() if each.endswith(text)]

    new.until(lambda: told() or there.bodies())
    assert told() == [f"not delivered: {text}"] * (1 - len(there.bodies())), (told(), there.bodies())


def test_log_ins_of_one_handset_at_once_leave_one_session(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phones = [world.phone(alice, client_id="handset", cir=["STCP"]) for _ in range(5)]
    with ThreadPoolExecutor(len(phones)) as pool:
        list(pool.map(lambda phone: phone.login(), phones))
    living = [phone for phone in phones if lives(phone)]
    assert len(living) == 1
    living[0].send(bob.wv, text := secret_text())
    there.message(body=text)


def lives(phone: StoryPhone) -> bool:
    try:
        phone.keep_alive()
    except SessionOver:
        return False
    return True


def test_what_was_read_on_one_handset_does_not_come_again_on_the_other(world: World) -> None:
    """The first lies in a drawer. Its session ends, and the next log-in brings only what nobody has read."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    drawer = world.phone(alice, client_id="drawer", cir=["STCP"]).start()
    hand = world.phone(alice, client_id="hand", cir=["STCP"]).start()
    for handset in ("drawer", "hand"):
        there.wait("presence", sender=alice.jid, type="available", resource=handset)
    there.send(alice.jid, read := secret_text())
    for phone in (drawer, hand):
        world.waits(phone, read)
    hand.hears(read)
    hand.logout()
    there.send(alice.jid, unread := secret_text())
    world.waits(drawer, unread)
    drawer.logout()

    again = world.phone(alice, client_id="drawer", cir=["STCP"]).start()
    again.hears(unread)
    assert again.said() == [unread]


def test_what_android_still_says_in_its_old_session_counts_in_the_new_one(world: World) -> None:
    """A poll and an acknowledgement were on their way when the log-in was answered: 601 to these would end it."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, profile="android", cir=["STCP"]).start()
    there.send(alice.jid, text := secret_text())
    handed, old = phone.handed(), phone.session_id
    phone.login(inband=True)
    new, phone.session_id = phone.session_id, old
    assert new != old
    assert phone.poll() is None
    phone.answer(handed)
    phone.session_id = new
    phone.negotiate()
    there.send(alice.jid, last := secret_text())
    phone.hears(last)
    assert phone.said().count(text) == 1
