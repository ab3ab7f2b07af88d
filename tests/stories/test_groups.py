"""Phones of all three versions and an ordinary client in one room: everybody reads everybody."""

import itertools
import time

import pytest

from onesoup.csp.codec.generated_elements import (
    AddGroupMembersRequest,
    AddList,
    DeleteGroupRequest,
    GetGroupMembersRequest,
    GetGroupPropsRequest,
    GetMessageListRequest,
    GetMessageRequest,
    GroupChangeNotice,
    LeaveGroupRequest,
    LeaveGroupResponse,
    MemberAccessRequest,
    Mod,
    OwnProperties,
    Property,
    RejectListRequest,
    RemoveGroupMembersRequest,
    SetGroupPropsRequest,
    User,
    UserList,
)
from onesoup.phone.errors import Refused
from onesoup.phone.groups import members_of
from onesoup.store.redis.client import connect
from onesoup.store.session.holder_side import HolderSessionStore
from tests.support.peer import WITHIN
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone, World

_numbers = itertools.count(1)


def a_room(world: World) -> tuple[str, str]:
    """(JID, GroupID) of a room that is not there yet."""
    name = f"room{next(_numbers)}"
    return f"{name}@conference.{world.stack.domain}", f"wv:/{name}@{world.stack.domain}"


def told(phone: StoryPhone, way: str, nick: str) -> GroupChangeNotice:
    """The notice that somebody has joined or left."""

    def found() -> object:
        notices = [each for each in phone.news if isinstance(each, GroupChangeNotice)]
        return next((each for each in notices if nick in dict(members_of(getattr(each, way)))), None)

    return phone.until(found)  # type: ignore[return-value]


def removed(phone: StoryPhone) -> LeaveGroupResponse:
    return phone.until(lambda: next((each for each in phone.news if isinstance(each, LeaveGroupResponse)), None))  # type: ignore[return-value]


def test_three_phones_and_a_client_in_one_room(either: World) -> None:
    world = either
    alice, bob, carol, dave = world.cast("alice", "bob", "carol", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    phones = {
        "Alice": world.phone(alice, version="1.1").start(),
        "Bob": world.phone(bob, version="1.2", profile="s60").start(),
        "Carol": world.phone(carol, version="1.3", profile="android").start(),
    }
    there = ["Dave"]
    for nick, phone in phones.items():
        assert sorted(phone.join_group(gid, nick)) == sorted(there)
        daves.wait("presence", sender=jid, resource=nick, type="available")
        there.append(nick)
    for nick, newcomer in (("Alice", "Bob"), ("Alice", "Carol"), ("Bob", "Carol")):
        told(phones[nick], "joined", newcomer)

    for nick, phone in phones.items():
        phone.say(gid, line := secret_text())
        daves.message(body=line, type="groupchat", resource=nick)
        for other in set(phones) - {nick}:
            heard = phones[other].hears(line)
            assert (heard.sender, heard.nick, heard.private) == (gid, nick, False)
        assert line not in phone.said()
    daves.say(jid, last := secret_text())
    for phone in phones.values():
        assert phone.hears(last).nick == "Dave"

    daves.leave(jid, "Dave")
    for phone in phones.values():
        told(phone, "left", "Dave")
    phones["Carol"].leave_group(gid)
    told(phones["Alice"], "left", "Carol")
    told(phones["Bob"], "left", "Carol")


def refused(ask: object, code: int) -> None:
    with pytest.raises(Refused) as found:
        ask()  # type: ignore[operator]
    assert found.value.code == code


def test_what_is_private_stays_private_and_what_the_room_does_reaches_the_phone(world: World) -> None:
    alice, bob, carol, dave = world.cast("alice", "bob", "carol", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    alices, bobs = world.phone(alice, version="1.1").start(), world.phone(bob, version="1.3").start()
    carols = world.phone(carol, version="1.2", profile="s60").start()
    for nick, phone in (("Alice", alices), ("Bob", bobs), ("Carol", carols)):
        phone.join_group(gid, nick)

    alices.say(gid, secret := secret_text(), nick="Bob")
    heard = bobs.hears(secret)
    assert (heard.nick, heard.private) == ("Alice", True)
    bobs.say(gid, answer := secret_text(), nick="Carol")
    assert (carols.hears(answer).nick, carols.hears(answer).private) == ("Bob", True)
    daves.say(f"{jid}/Alice", whisper := secret_text(), private=True)
    heard = alices.hears(whisper)
    assert (heard.sender, heard.nick, heard.private) == (gid, "Dave", True)
    refused(lambda: alices.say(gid, "anybody?", nick="Nobody"), 531)
    # What everybody hears comes after all that was for one alone.
    carols.say(gid, line := secret_text())
    daves.message(body=line, type="groupchat")
    for phone, unheard in ((alices, {answer}), (bobs, {whisper}), (carols, {secret, whisper})):
        if phone is not carols:
            phone.hears(line)
        assert not unheard & set(phone.said())
    assert not {secret, answer} & {body.body for body in daves.all("message")}

    daves.topic(jid, "Soup")
    alices.until(lambda: "Soup" in properties(alices))
    daves.affiliate(jid, alice.jid, "admin")
    alices.until(lambda: "Admin" in properties(alices))

    daves.kick(jid, "Bob")
    assert removed(bobs).result.code == 803
    refused(lambda: bobs.say(gid, "let me in"), 808)
    for phone in (alices, carols):
        told(phone, "left", "Bob")
    daves.destroy(jid)
    for phone in (alices, carols):
        assert removed(phone).result.code == 800


def properties(phone: StoryPhone) -> list[str | None]:
    """Values of group and own properties that notices have told."""
    notices = [each for each in phone.news if isinstance(each, GroupChangeNotice)]
    blocks = [block for each in notices for block in (each.group_properties, each.own_properties) if block is not None]
    return [each.value for block in blocks for each in block.property]


def test_who_is_not_let_in_is_told_why(world: World) -> None:
    alice, dave = world.cast("alice", "dave")
    jid, gid = a_room(world)
    phone = world.phone(alice).start()
    daves = world.online(dave)
    refused(lambda: phone.join_group(gid, "Alice"), 800)
    daves.join(jid, "Dave")
    assert 201 in [code for each in daves.all("presence", sender=jid) for code in each.codes], "the phone had made the room"

    refused(lambda: phone.join_group(gid, "Dave"), 811)
    daves.configure(jid, membersonly="1")
    refused(lambda: phone.join_group(gid, "Alice"), 810)
    daves.configure(jid, membersonly="0", passwordprotectedroom="1", roomsecret="soup")
    refused(lambda: phone.join_group(gid, "Alice"), 803)
    daves.configure(jid, passwordprotectedroom="0", roomsecret="")
    daves.affiliate(jid, alice.jid, "outcast")
    refused(lambda: phone.join_group(gid, "Alice"), 809)
    daves.affiliate(jid, alice.jid, "none")
    assert phone.join_group(gid) == ["Dave"]


def test_a_phone_makes_a_group_and_keeps_house_in_it(world: World) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    gid = f"wv:{alice.user}/club@{alice.domain}"
    phone = world.phone(alice, version="1.2").start()
    phone.create_group(gid, "The club", nick="Alice", AccessType="Restricted", AutoDelete="F")
    refused(lambda: phone.create_group(gid), 801)
    values = {each.name: each.value for each in phone.request(GetGroupPropsRequest(group_id=gid)).group_properties.property}
    assert (values["Name"], values["AccessType"], values["Type"]) == ("The club", "Restricted", "Private")

    bobs, carols = world.phone(bob, version="1.3").start(), world.phone(carol, version="1.1").start()
    refused(lambda: bobs.join_group(gid, "Bob"), 810)
    users = [User(user_id=bob.wv), User(user_id=carol.wv)]
    assert phone.request(AddGroupMembersRequest(group_id=gid, user_list=UserList(user=users))).result.code == 200
    assert bobs.join_group(gid, "Bob") == ["Alice"]
    assert sorted(carols.join_group(gid, "Carol")) == ["Alice", "Bob"]
    listed = phone.request(GetGroupMembersRequest(group_id=gid))
    assert [each.user_id for each in listed.admin.user_list.user] == [alice.wv]
    assert sorted(each.user_id for each in listed.users.user_list.user) == [bob.wv, carol.wv]

    mod = Mod(user_list=UserList(user=users[:1]))
    assert phone.request(MemberAccessRequest(group_id=gid, mod=mod)).result.code == 200
    bobs.until(lambda: "Mod" in properties(bobs))
    answer = phone.request(RejectListRequest(group_id=gid, add_list=AddList(user_id=[carol.wv])))
    assert [each.user_id for each in answer.user_list.user] == [carol.wv]
    assert removed(carols).result.code == 809
    assert phone.request(DeleteGroupRequest(group_id=gid)).result.code == 200
    assert removed(bobs).result.code == 800
    assert not [each for each in phone.news if isinstance(each, LeaveGroupResponse)]


def test_whoever_is_removed_from_a_group_is_gone_whether_he_was_there_or_not(either: World) -> None:
    world = either
    alice, bob, carol, dave = world.cast("alice", "bob", "carol", "dave")
    gid = f"wv:{alice.user}/open@{alice.domain}"
    phone, bobs = world.phone(alice, version="1.2").start(), world.phone(bob, version="1.3").start()
    phone.create_group(gid, "Open to all", nick="Alice", AccessType="Open", AutoDelete="F")
    members = UserList(user=[User(user_id=each.wv) for each in (bob, carol, dave)])
    assert phone.request(AddGroupMembersRequest(group_id=gid, user_list=members)).result.code == 200
    bobs.join_group(gid, "Bob")
    daves, jid = world.online(dave), f"{alice.user}\\2fopen@conference.{alice.domain}"
    daves.join(jid, "Dave")
    told(phone, "joined", "Bob")
    told(phone, "joined", "Dave")

    assert phone.request(RemoveGroupMembersRequest(group_id=gid, user_list=members)).result.code == 200
    assert removed(bobs).result.code == 803
    assert removed(bobs).group_id == gid
    daves.wait("presence", sender=jid, resource="Dave", type="unavailable")
    listed = phone.request(GetGroupMembersRequest(group_id=gid))
    people = [*listed.admin.user_list.user, *listed.mod.user_list.user, *listed.users.user_list.user]
    assert [each.user_id for each in people] == [alice.wv]
    for nick in ("Bob", "Dave"):
        told(phone, "left", nick)
    left = phone.request(LeaveGroupRequest(group_id=gid))
    assert (left.result.code, left.group_id) == (200, gid)
    # From outside, where nobody's nick is known.
    bobs.news.clear()
    bobs.join_group(gid, "Bob")
    assert phone.request(RemoveGroupMembersRequest(group_id=gid, user_list=members)).result.code == 200
    assert removed(bobs).group_id == gid
    bobs.join_group(gid, "Bob")


def test_a_taken_nick_costs_nothing_but_the_nick(either: World) -> None:
    world = either
    alice, bob, dave = world.cast("alice", "bob", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, alice.user)
    bobs = world.phone(bob).start()
    bobs.join_group(gid, "Bob")
    phone = world.phone(alice, version="1.3").start()
    assert sorted(phone.join_group(gid)) == sorted([alice.user, "Bob"])
    told(bobs, "joined", f"{alice.user}_2")
    daves.say(jid, line := secret_text())
    assert phone.hears(line).nick == alice.user
    assert not [each for each in phone.news if isinstance(each, GroupChangeNotice) and each.joined]


def test_a_nick_that_the_users_own_other_client_has_is_shared(either: World) -> None:
    """The room lists it like anybody's; only the presence that says so is our own."""
    world = either
    alice, bob, carol, dave = world.cast("alice", "bob", "carol", "dave")
    jid, gid = a_room(world)
    desks = {each.name: world.online(each) for each in (alice, bob, carol, dave)}
    for name, desk in desks.items():
        desk.join(jid, name)
    phone = world.phone(alice, version="1.2").start()
    assert sorted(phone.join_group(gid, "Alice")) == ["Bob", "Carol", "Dave"]
    desks["Bob"].say(jid, first := secret_text())
    phone.hears(first)
    assert not [each for each in phone.news if isinstance(each, GroupChangeNotice) and each.joined]
    desks["Alice"].leave(jid, "Alice")
    desks["Alice"].wait("presence", sender=jid, resource="Alice", type="unavailable")
    desks["Bob"].say(jid, second := secret_text())
    phone.hears(second)
    phone.say(gid, third := secret_text())
    desks["Dave"].message(body=third, type="groupchat")
    assert not [each for each in phone.news if isinstance(each, LeaveGroupResponse)]


def test_a_client_that_goes_on_with_its_session_is_still_in_its_rooms(world: World) -> None:
    """Android logs in again with the old SessionID and does not join again (flows.md 4.5)."""
    alice, dave = world.cast("alice", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    phone = world.phone(alice, profile="android").start()
    phone.join_group(gid, "Alice")
    daves.wait("presence", sender=jid, resource="Alice", type="available")
    phone.login(inband=True)
    phone.say(gid, first := secret_text())
    daves.message(body=first)

    end(world, phone, "JiMMY")
    gone = daves.wait("presence", sender=jid, resource="Alice", type="unavailable")
    phone.login(inband=True)
    daves.wait("presence", after=gone, sender=jid, resource="Alice", type="available")
    daves.say(jid, second := secret_text())
    assert phone.hears(second).sender == gid


def end(world: World, phone: StoryPhone, resource: str) -> None:
    """Somebody else takes the stream of a phone's session. Returns when its holder has heard that it is over."""
    address = ("127.0.0.1", world.stack.xmpp_port)
    world.peers.connect(f"{phone.user}/{resource}", phone.password, address, world.stack.ca_file)
    with connect(world.stack.redis.url) as client:
        feed, until = HolderSessionStore(client), time.monotonic() + WITHIN
        while feed.status(phone.session_id or "").code is None:
            assert time.monotonic() < until, "the session goes on"
            time.sleep(0.05)


def test_a_room_that_has_forgotten_its_guest_is_entered_again(breakable: World) -> None:
    """A room tells nobody that it has lost its guests: the phone would be deaf and its user none the wiser."""
    world = breakable
    alice, bob, dave = world.cast("alice", "bob", "dave")
    jid = f"room{next(_numbers)}@forgetful.example"
    daves = world.online(dave)
    daves.join(jid, "Dave")
    phone = world.phone(alice).start()
    assert phone.join_group(f"wv:/{jid}", "Alice") == ["Dave"]
    entered = daves.wait("presence", sender=jid, resource="Alice", type="available")
    daves.raw(f"<message to='{jid}'><forget xmlns='urn:onesoup:test' nick='Alice'/></message>")
    daves.say(jid, missed := secret_text())
    daves.wait("presence", after=entered, sender=jid, resource="Alice", type="available")
    daves.say(jid, line := secret_text())
    phone.hears(line)
    assert missed in phone.said()
    # The only guest of a room that goes is told that there is none any more.
    gone = f"room{next(_numbers)}@forgetful.example"
    bobs, gid = world.phone(bob).start(), f"wv:/{gone}"
    daves.join(gone, "Dave")
    bobs.join_group(gid, "Bob")
    daves.raw(f"<message to='{gone}'><forget xmlns='urn:onesoup:test' nick='Bob'/></message>")
    daves.leave(gone, "Dave")
    assert (removed(bobs).group_id, removed(bobs).result.code) == (gid, 800)


def test_a_killed_holder_loses_no_room(breakable: World) -> None:
    world = breakable
    alice, bob, dave = world.cast("alice", "bob", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    daves.configure(jid, persistentroom="1")
    phones = {"Alice": world.phone(alice, version="1.1").start(), "Bob": world.phone(bob).start()}
    for nick, phone in phones.items():
        phone.join_group(gid, nick)
    world.stack.kill("holder")
    daves.say(jid, missed := secret_text())
    world.stack.start("holder")
    for phone in phones.values():
        assert phone.hears(missed, within=90).nick == "Dave"
    phones["Alice"].say(gid, line := secret_text())
    assert phones["Bob"].hears(line, within=90).nick == "Alice"
    daves.message(body=line)

    # The XMPP server goes too: no stream can be resumed, every room is entered again.
    world.stack.prosody.restart()
    again = world.online(dave)
    again.join(jid, "Dave2")
    for nick in phones:
        again.wait("presence", 60, sender=jid, resource=nick, type="available")
    phones["Bob"].say(gid, more := secret_text())
    assert phones["Alice"].hears(more, within=90).nick == "Bob"


def test_what_was_said_before_the_phone_came(either: World) -> None:
    alice, dave = either.cast("alice", "dave")
    jid, gid = a_room(either)
    daves = either.online(dave)
    daves.join(jid, "Dave")
    lines = [secret_text() for _ in range(3)]
    for line in lines:
        daves.say(jid, line)
        daves.message(body=line)
    phone = either.phone(alice).start()
    phone.join_group(gid, "Alice")
    listed = phone.request(GetMessageListRequest(group_id=gid, message_count=2))
    read = [phone.request(GetMessageRequest(message_id=each.message_id)) for each in listed.message_info]
    assert [(each.message_info.sender.group.screen_name.s_name, each.content_data) for each in read] == [
        ("Dave", line) for line in lines[1:]
    ]
    assert phone.said() == []


def test_a_group_that_the_user_wants_to_be_in_after_each_log_in(world: World) -> None:
    alice, dave = world.cast("alice", "dave")
    jid, gid = a_room(world)
    daves = world.online(dave)
    daves.join(jid, "Dave")
    phone = world.phone(alice, version="1.2").start()
    phone.join_group(gid, "Alice")
    daves.wait("presence", sender=jid, resource="Alice", type="available")
    own = OwnProperties(property=[Property(name="AutoJoin", value="T")])
    assert phone.request(SetGroupPropsRequest(group_id=gid, own_properties=own)).result.code == 200
    shown = phone.request(GetGroupPropsRequest(group_id=gid)).own_properties.property
    assert {each.name: each.value for each in shown}["AutoJoin"] == "T"
    phone.logout()
    gone = daves.wait("presence", sender=jid, resource="Alice", type="unavailable")
    again = world.phone(alice, version="1.2").start()
    daves.wait("presence", after=gone, sender=jid, type="available", resource="Alice")
    daves.say(jid, line := secret_text())
    assert again.hears(line).sender == gid
