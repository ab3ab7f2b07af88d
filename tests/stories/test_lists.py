"""Contact lists: made on the phone, kept on the server as well, so that not even a lost Redis takes them away."""

from onesoup.csp.codec.generated_elements import (
    ContactListProperties,
    CreateListRequest,
    ListManageRequest,
    NickList,
    NickName,
    Property,
    RemoveNickList,
    Status,
)
from onesoup.phone.engine import Phone
from onesoup.store import keys
from onesoup.store.redis.client import connect
from tests.support.topologies import until
from tests.support.world import World


def test_a_list_comes_back_from_the_server_when_redis_has_lost_it(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version="1.2").start()
    work = phone.default_list.replace("/friends", "/work")  # type: ignore[union-attr]
    named = ContactListProperties(property=[Property(name="DisplayName", value="At work & elsewhere ü")])
    made = phone.request(CreateListRequest(contact_list=work, contact_list_properties=named))
    assert isinstance(made, Status)
    assert made.result.code == 200  # type: ignore[union-attr]
    sid = phone.session_id or ""
    phone.logout()

    client = connect(world.stack.redis_url)
    # When the holder has done with the session, the server has all that was written on its stream.
    until(lambda: not client.sismember(keys.shard(int(sid[:2], 16), "shard"), sid))
    client.delete(keys.account(alice.jid, "lists"))
    client.close()

    phone = world.phone(alice, version="1.2", client_id="another").start()
    assert work in phone.get_lists()
    answer = phone.request(ListManageRequest(contact_list=work, receive_list=True))
    assert {each.name: each.value for each in answer.contact_list_properties.property} == {  # type: ignore[attr-defined]
        "DisplayName": "At work & elsewhere ü",
        "Default": "F",
    }


def test_a_second_list_costs_no_contact(world: World) -> None:
    """Android adds to lists one after the other. Off the second list the contact is still a friend, whose presence comes."""
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, version="1.2").start()
    friends = phone.default_list
    work = friends.replace("/friends", "/work")  # type: ignore[union-attr]
    bobs = NickList(nick_name=[NickName(name="Bob", user_id=bob.wv)])
    assert phone.request(CreateListRequest(contact_list=work, nick_list=bobs)).result.code == 200  # type: ignore[attr-defined]
    phone.logout()

    phone = world.phone(alice, version="1.2").start()
    assert bob.wv in _members(phone, friends)
    assert bob.wv in _members(phone, work)
    off = ListManageRequest(contact_list=work, remove_nick_list=RemoveNickList(user_id=[bob.wv]), receive_list=False)
    assert phone.request(off).result.code == 200  # type: ignore[attr-defined]
    phone.logout()

    phone = world.phone(alice, version="1.2").start()
    assert bob.wv in _members(phone, friends)
    assert bob.wv not in _members(phone, work)
    world.online(bob)
    phone.subscribe(lists=[friends])
    phone.sees(bob, online=True)


def _members(phone: Phone, contact_list: str | None) -> set[str | None]:
    answer = phone.request(ListManageRequest(contact_list=contact_list, receive_list=True))
    return {each.user_id for each in answer.nick_list.nick_name}  # type: ignore[attr-defined]
