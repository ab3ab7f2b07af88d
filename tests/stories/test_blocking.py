"""A user blocks somebody: nothing comes from there any more, not even a wake, and the server knows it for every client."""

from onesoup.csp.codec.generated_elements import (
    AddList,
    BlockEntityRequest,
    BlockList,
    GetBlockedListRequest,
    GrantList,
    RemoveList,
)
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone, World


def block(phone: StoryPhone, *users: str) -> None:
    phone.request(BlockEntityRequest(block_list=BlockList(in_use=True, add_list=AddList(user_id=list(users)))))


def blocked(phone: StoryPhone) -> list[str]:
    return list(phone.request(GetBlockedListRequest()).block_list.entity_list.user_id)  # type: ignore[attr-defined]


def test_a_blocked_contact_is_silent_and_sees_nobody_until_it_is_unblocked(world: World) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    bobs, carols = world.online(bob), world.online(carol)
    phone = world.phone(alice, version="1.2").start()
    bobs.wait("presence", sender=alice.jid, type="available")

    block(phone, bob.wv)
    gone = bobs.wait("presence", sender=alice.jid, type="unavailable")  # the server did it, so it holds for every client
    assert blocked(phone) == [bob.wv]
    bobs.send(alice.jid, unheard := secret_text())
    carols.send(alice.jid, heard := secret_text())
    phone.hears(heard)
    assert unheard not in phone.said()

    phone.request(BlockEntityRequest(block_list=BlockList(remove_list=RemoveList(user_id=[bob.wv]))))
    bobs.wait("presence", after=gone, sender=alice.jid, type="available")  # a phone shows itself more than once at first
    assert blocked(phone) == []
    bobs.send(alice.jid, again := secret_text())
    phone.hears(again)
    assert unheard not in phone.said()


def test_a_user_who_changes_their_mind_at_once_is_understood_each_time(world: World) -> None:
    """The server's pushes about the change before are still on their way when the next one is asked for."""
    alice, bob = world.cast("alice", "bob")
    bobs = world.online(bob)
    phone = world.phone(alice, version="1.1").start()
    there = bobs.wait("presence", sender=alice.jid, type="available")
    for _ in range(20):
        block(phone, bob.wv)
        gone = bobs.wait("presence", after=there, sender=alice.jid, type="unavailable")
        phone.request(BlockEntityRequest(block_list=BlockList(remove_list=RemoveList(user_id=[bob.wv]))))
        there = bobs.wait("presence", after=gone, sender=alice.jid, type="available")
    phone.until(lambda: blocked(phone) == [])


def test_after_an_unblock_the_phone_sees_how_the_contact_is_now(world: World) -> None:
    """Not how it was before the block: one has gone away meanwhile, one is not there any more."""
    alice, bob, carol = world.cast("alice", "bob", "carol")
    bobs, carols = world.online(bob), world.online(carol)
    phone = world.phone(alice).start()
    for each in (bob, carol):
        phone.sees(each, online=True)
    block(phone, bob.wv, carol.wv)
    for each in (bobs, carols):
        each.wait("presence", sender=alice.jid, type="unavailable")
    bobs.presence(show="away")
    carols.unavailable()
    phone.request(BlockEntityRequest(block_list=BlockList(remove_list=RemoveList(user_id=[bob.wv, carol.wv]))))
    phone.sees(bob, online=True, availability="NOT_AVAILABLE")
    phone.sees(carol, online=False)


def test_what_one_phone_blocks_another_phone_of_the_user_is_told(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    first = world.phone(alice, client_id="first", version="1.1").start()
    second = world.phone(alice, client_id="second", version="1.3").start()
    block(first, bob.wv)
    assert blocked(second) == [bob.wv]
    first.logout()
    assert blocked(world.phone(alice, client_id="first").start()) == [bob.wv]


def test_a_grant_list_in_use_lets_only_its_members_through(world: World) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    bobs, carols = world.online(bob), world.online(carol)
    phone = world.phone(alice).start()
    phone.request(BlockEntityRequest(grant_list=GrantList(in_use=True, add_list=AddList(user_id=[carol.wv]))))
    bobs.send(alice.jid, unheard := secret_text())
    carols.send(alice.jid, heard := secret_text())
    phone.hears(heard)
    assert unheard not in phone.said()
