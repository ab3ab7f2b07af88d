"""Contacts that a phone adds and removes are contacts on the XMPP side, and the other way round."""

import pytest

from onesoup.phone.errors import Refused
from onesoup.wire.document import Encoding
from tests.support.secrets import secret_text
from tests.support.world import MATRIX, World


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_a_phone_adds_a_contact_sees_it_and_removes_it(world: World, version: str, encoding: Encoding) -> None:
    alice, dave = world.cast("alice", "dave", strangers=True)
    there = world.online(dave, status=(text := secret_text()))
    phone = world.phone(alice, version=version, encoding=encoding, cir=["STCP"]).start()
    assert [(each.user, each.name) for each in phone.add_contact(dave.wv, "Dave of old")] == [(dave.wv, "Dave of old")]
    there.wait("presence", sender=alice.jid, type="subscribe")
    there.subscription(alice.jid, "subscribed")
    shown = phone.until(lambda: next((each for each in phone.get_presence([dave.wv]) if each.online), None))
    assert shown.text == text  # type: ignore[union-attr]
    assert phone.remove_contact(dave.wv) == []
    there.wait("presence", sender=alice.jid, type="unsubscribe")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_phone_is_told_of_a_contact_that_it_added(world: World, version: str) -> None:
    """From 1.2 on the subscription to the list does it; 1.1 knows none of that and subscribes to the contact."""
    alice, dave = world.cast("alice", "dave", strangers=True)
    there = world.online(dave)
    phone = world.phone(alice, version=version).start()
    phone.add_contact(dave.wv)
    if version == "1.1":
        phone.subscribe(users=[dave.wv])
    there.wait("presence", sender=alice.jid, type="subscribe")
    there.subscription(alice.jid, "subscribed")
    phone.sees(dave, online=True)


def test_a_contact_that_comes_from_another_client_is_there_when_the_phone_looks(world: World) -> None:
    alice, dave = world.cast("alice", "dave", strangers=True)
    phone = world.phone(alice).start()
    desk = world.online(alice)
    desk.subscription(dave.jid, "subscribe")
    phone.until(lambda: dave.wv in [each.user for each in phone.list_contacts()])


def test_an_unknown_list_is_700(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice).start()
    with pytest.raises(Refused) as refused:
        phone.list_contacts(f"wv:{alice.user}/nosuch@{alice.domain}")
    assert refused.value.code == 700


def test_a_stranger_s_list_is_none_of_ours(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice).start()
    with pytest.raises(Refused) as refused:
        phone.list_contacts(f"wv:{bob.user}/friends@{bob.domain}")
    assert refused.value.code in (700, 752)
