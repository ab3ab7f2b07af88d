"""Cases about groups: rooms in which several people talk."""

from onesoup.csp.codec.generated_elements import (
    CreateGroupRequest,
    DeleteGroupRequest,
    GetGroupMembersRequest,
    GetGroupMembersResponse,
    GetGroupPropsRequest,
    GetGroupPropsResponse,
    GetJoinedUsersRequest,
    GetJoinedUsersResponse,
    GroupChangeNotice,
    GroupProperties,
    JoinGroupRequest,
    LeaveGroupRequest,
    LeaveGroupResponse,
    Property,
    SetGroupPropsRequest,
    Status,
    SubscribeGroupNoticeRequest,
    SubscribeGroupNoticeResponse,
)
from onesoup.phone.groups import members_of
from onesoup.spec.areas.marks import FROM_MEMORY, ONE, TWO
from onesoup.spec.case import SINCE_1_2, Area, expect
from onesoup.spec.phone import SpecPhone, code_of, described
from onesoup.spec.scene import Scene, fresh_word

MANAGING, USING, AUTHORIZING = "GroupFeat/GroupMgmtFunc", "GroupFeat/GroupUseFunc", "GroupFeat/GroupAuthFunc"

area = Area("groups", "Groups", "GroupFeat")


def group_address(scene: Scene, name: str) -> str:
    """A group below Alice's address."""
    user, at, domain = scene.alice.address.partition("@")
    return f"{user}/{name}{at}{domain}"


def own_group(scene: Scene) -> str:
    """A group of this case that Alice is in; deleted at the end."""
    address, alice = group_address(scene, fresh_word("club")), scene.alice
    scene.undo(lambda: alice.request(DeleteGroupRequest(group_id=address)))
    alice.create_group(address, "Club of the spec", nick="Alice", AccessType="Open", PrivateMessaging="T")
    return address


def values_of(properties: GroupProperties | None) -> dict[str, str | None]:
    """The properties, their names in lower case."""
    return {(each.name or "").lower(): each.value for each in (properties.property if properties else [])}


def with_bob(scene: Scene) -> str:
    """A group in which both are."""
    address, bob = own_group(scene), scene.bob
    scene.undo(lambda: bob.leave_group(address))
    bob.join_group(address, "Bob")
    return address


@area.case(
    "create",
    "CreateGroup with JoinGroup T is answered with 200.",
    "flows.md 11",
    TWO,
    "A Nokia S60 and an Android cannot make a group.",
    feature=f"{MANAGING}/CREAG",
)
def create_group(scene: Scene) -> None:
    own_group(scene)


@area.case(
    "create.twice",
    "A group that exists already is refused with 801.",
    "flows.md 11",
    TWO,
    "A phone takes over a group of that name, with whoever is in it.",
    feature=f"{MANAGING}/CREAG",
)
def create_group_twice(scene: Scene) -> None:
    address = own_group(scene)
    properties = GroupProperties(property=[Property(name="Name", value="Again")])
    scene.alice.refused(CreateGroupRequest(group_id=address, group_properties=properties, join_group=False), 801)


@area.case(
    "join",
    "JoinGroup answers with the members, in the form of the version.",
    "flows.md 11",
    TWO,
    "A Nokia S60 shows an empty group; it chooses the form by the version set in the phone.",
)
def join(scene: Scene) -> None:
    address, bob = own_group(scene), scene.bob
    scene.undo(lambda: bob.leave_group(address))
    found = bob.join_group(address, "Bob")
    expect("Alice" in found, f"members: {found}")


@area.case(
    "join.unknown",
    "A group that does not exist is refused, or made and joined; the session goes on.",
    "flows.md 11",
    FROM_MEMORY,
    "A phone hangs in a group that is not there.",
)
def join_unknown(scene: Scene) -> None:
    address, alice = group_address(scene, fresh_word("none")), scene.alice
    scene.undo(lambda: alice.leave_group(address))
    alice.request(JoinGroupRequest(group_id=address, joined_request=False))
    alice.keep_alive()


@area.case(
    "talk",
    "A message to the group reaches the others, with the group and the screen name of its sender.",
    "flows.md 11",
    TWO,
    "A Nokia S60 and an Android show it as a message of one person, or not at all.",
)
def talk(scene: Scene) -> None:
    address, alice, bob, text = with_bob(scene), scene.alice, scene.bob, fresh_word("all ")
    bob.say(address, text)
    found = alice.hears(text)
    expect(found.group and found.nick == "Bob", f"from {found.sender!r}, screen name {found.nick!r}")


@area.case(
    "no-echo",
    "A member who writes to a group does not get the message back.",
    "flows.md 11",
    TWO,
    "An Android shows each own message twice.",
)
def no_echo(scene: Scene) -> None:
    address, alice, bob, text, last = with_bob(scene), scene.alice, scene.bob, fresh_word("mine "), fresh_word("last ")
    bob.say(address, text)
    alice.hears(text)
    alice.say(address, last)
    bob.hears(last)
    expect(text not in [each.text for each in bob.inbox], "the own message came back")


@area.case(
    "private",
    "A message to one screen name reaches that member.",
    "flows.md 11",
    TWO,
    "Private messages reach nobody.",
)
def private(scene: Scene) -> None:
    address, alice, bob, text = with_bob(scene), scene.alice, scene.bob, fresh_word("secretly ")
    bob.say(address, text, nick="Alice")
    alice.hears(text)


def noticed(phone: SpecPhone, way: str, nick: str) -> None:
    """The notice that somebody has joined or left."""
    phone.told(GroupChangeNotice, lambda each: nick in dict(members_of(getattr(each, way))))


@area.case(
    "notice.joined",
    "A member who asked for notices is told who joins.",
    "flows.md 11",
    TWO,
    "The list of members in a Nokia S60 stays as it was.",
    feature=f"{USING}/GRCHN",
)
def notice_joined(scene: Scene) -> None:
    with_bob(scene)
    noticed(scene.alice, "joined", "Bob")


@area.case(
    "notice.left",
    "A member who asked for notices is told who leaves.",
    "flows.md 11",
    TWO,
    "The list of members in a Nokia S60 stays as it was.",
    feature=f"{USING}/GRCHN",
)
def notice_left(scene: Scene) -> None:
    address = with_bob(scene)
    noticed(scene.alice, "joined", "Bob")
    scene.bob.leave_group(address)
    noticed(scene.alice, "left", "Bob")


@area.case(
    "leave",
    "LeaveGroup is answered with its Result and the GroupID.",
    "messages.md 13",
    ONE,
    "A client that has left several groups does not know which.",
)
def leave(scene: Scene) -> None:
    address, bob = with_bob(scene), scene.bob
    answer = bob.ask(LeaveGroupRequest(group_id=address), LeaveGroupResponse)
    expect((answer.group_id or "").lower() == address.lower(), f"GroupID {answer.group_id!r}")


@area.case(
    "leave.not-joined",
    "Leaving a group without being in it is refused with 808 or 800.",
    "flows.md 11",
    TWO,
    "A phone shows an error that it has no words for.",
)
def leave_not_joined(scene: Scene) -> None:
    scene.bob.refused(LeaveGroupRequest(group_id=own_group(scene)), 808, 800)


@area.case(
    "properties",
    "GetGroupProps answers with the group's name and the own privileges.",
    "messages.md 13",
    TWO,
    "A Nokia S60 cannot show what a group is about.",
    feature=f"{MANAGING}/GETGP",
)
def properties(scene: Scene) -> None:
    answer = scene.alice.ask(GetGroupPropsRequest(group_id=own_group(scene)), GetGroupPropsResponse)
    found = values_of(answer.group_properties)
    expect(found.get("name") == "Club of the spec", f"properties: {found}")


@area.case(
    "properties.set",
    "The owner can change the topic.",
    "messages.md 13",
    TWO,
    "A Nokia S60 shows an error when its owner saves.",
    feature=f"{MANAGING}/SETGP",
)
def properties_set(scene: Scene) -> None:
    address, topic = own_group(scene), fresh_word("Soup ")
    wish = GroupProperties(property=[Property(name="Topic", value=topic)])
    scene.alice.ask(SetGroupPropsRequest(group_id=address, group_properties=wish), Status)
    alice = scene.alice

    def shown() -> bool:
        answer = alice.ask(GetGroupPropsRequest(group_id=address), GetGroupPropsResponse)
        return values_of(answer.group_properties).get("topic") == topic

    alice.until(shown, "the topic is not among the properties")


@area.case(
    "members",
    "GetGroupMembers is answered with its own response.",
    "messages.md 13",
    TWO,
    "A Nokia S60 cannot show who may speak.",
    feature=f"{AUTHORIZING}/GETGM",
)
def members(scene: Scene) -> None:
    scene.alice.ask(GetGroupMembersRequest(group_id=own_group(scene)), GetGroupMembersResponse)


@area.case(
    "joined-users",
    "GetJoinedUsers is answered with its own response.",
    "messages.md 13",
    TWO,
    "A phone cannot show who reads along.",
    versions=SINCE_1_2,
    feature=f"{AUTHORIZING}/GETJU",
)
def joined_users(scene: Scene) -> None:
    scene.alice.ask(GetJoinedUsersRequest(group_id=with_bob(scene)), GetJoinedUsersResponse)


@area.case(
    "notices.asked",
    "SubscribeGroupNotice G answers whether notices come.",
    "messages.md 13",
    ONE,
    "A phone does not know whether its list of members is kept.",
    feature=f"{USING}/SUBGCN",
)
def notices_asked(scene: Scene) -> None:
    answer = scene.alice.ask(
        SubscribeGroupNoticeRequest(group_id=own_group(scene), subscribe_type="G"), SubscribeGroupNoticeResponse
    )
    expect(answer.value in ("T", "F"), f"Value {answer.value!r}")


@area.case(
    "delete",
    "DeleteGroup by its owner is answered with 200, and who is in it is told.",
    "messages.md 13",
    ONE,
    "Phones go on to write to a group that is gone.",
    feature=f"{MANAGING}/DELGR",
)
def delete_group(scene: Scene) -> None:
    address = with_bob(scene)
    answer = scene.alice.request(DeleteGroupRequest(group_id=address))
    expect(code_of(answer) == 200, described(answer))
    scene.bob.told(LeaveGroupResponse)
