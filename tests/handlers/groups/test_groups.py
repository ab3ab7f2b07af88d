"""Groups as a phone asks for them: answers in the form of its version, commands for the holder, refusals that change nothing."""

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    AddGroupMembersRequest,
    AddList,
    Admin,
    BlockEntityRequest,
    BlockList,
    CapabilityList,
    ClientCapabilityRequest,
    CreateGroupRequest,
    DeleteGroupRequest,
    ForwardMessageRequest,
    GetBlockedListRequest,
    GetGroupMembersRequest,
    GetGroupPropsRequest,
    GetJoinedUsersRequest,
    GetMessageListRequest,
    GetMessageRequest,
    Group,
    GroupProperties,
    InviteRequest,
    InviteUserResponse,
    JoinGroupRequest,
    LeaveGroupRequest,
    MemberAccessRequest,
    MessageInfo,
    Mod,
    OwnProperties,
    PollingRequest,
    Property,
    Recipient,
    RejectListRequest,
    RemoveGroupMembersRequest,
    RemoveList,
    Result,
    ScreenName,
    SendMessageRequest,
    ServiceRequest,
    SetDeliveryMethodRequest,
    SetGroupPropsRequest,
    Status,
    SubscribeGroupNoticeRequest,
    User,
    UserIDList,
    UserList,
    WelcomeNote,
)
from onesoup.csp.invitations import Invitation
from onesoup.csp.messages import Text
from onesoup.phone.groups import members_of
from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.xmpp import namespaces
from onesoup.xmpp.xml import Xml, from_plain, leaf

GID, ROOM = "wv:/lobby@example.org", "lobby@conference.example.org"
OWNER = ("alice", "alice@example.org", "moderator", "owner")
BEN, CLEO = ("ben", "ben@example.org", "participant", "member"), ("cleo", "", "moderator", "none")


def feature(var):
    return Xml("feature", attrs={"var": var})


def about(*features, name="Lobby", **fields):
    form = Xml(
        "x",
        namespaces.DATA_FORMS,
        children=[Xml("field", attrs={"var": f"muc#roominfo_{each}"}, children=[leaf("value", fields[each])]) for each in fields],
    )
    identity = Xml("identity", attrs={"category": "conference", "type": "text", "name": name})
    return Xml("query", namespaces.DISCO_INFO, children=[identity, feature(namespaces.MUC), *map(feature, features), form])


def admin(*jids):
    return Xml("query", namespaces.MUC_ADMIN, children=[Xml("item", attrs={"jid": jid}) for jid in jids])


@pytest.fixture
def served(holder):
    """A domain with rooms; the lobby is there."""
    holder.iqs["conference.example.org", namespaces.DISCO_INFO] = about()
    holder.iqs[ROOM, namespaces.DISCO_INFO] = about(description="Welcome")
    return holder


@pytest.fixture
def inside(every_phone, served):
    """A phone of each version in the lobby with two others."""
    served.inside(every_phone.sid, ROOM, GID, role="moderator", affiliation="owner")
    served.occupied(every_phone.sid, ROOM, OWNER, BEN, CLEO)
    return every_phone


def code(answer):
    return answer.result.code


def sent(phone, holder, op="stanza"):
    return [from_plain(each["tree"]) for each in holder.ops(phone, op)]


# --- in and out ---


def test_a_join_in_the_form_of_each_version(every_phone, served):
    phone = every_phone
    served.occupied(phone.sid, ROOM, BEN, CLEO, OWNER)
    answer = phone.ask(JoinGroupRequest(group_id=GID, screen_name=ScreenName(s_name="alice"), joined_request=True))
    assert answer.welcome_note.content_data == "Welcome"
    assert (answer.user_list is not None, answer.user_map_list is not None, answer.joined is not None) == {
        "1.1": (True, False, False),
        "1.2": (False, True, False),
        "1.3": (False, False, True),
    }[phone.version]
    assert (answer.screen_name is not None) == (phone.version == "1.3")
    if phone.version == "1.1":
        assert [each.s_name for each in answer.user_list.screen_name] == ["ben", "cleo"]
    elif phone.version == "1.3":
        assert members_of(answer.joined) == [("ben", "wv:ben@example.org"), ("cleo", "")]
    (join,) = served.ops(phone, "join")
    assert (join["room"], join["gid"], join["nick"], join["notice"]) == (ROOM, GID, "alice", False)


def test_a_name_with_blanks_around_it_is_shown_and_found_without(every_phone, served):
    """Phones take them away, and transports leave them where an emoji stood."""
    phone = every_phone
    served.occupied(phone.sid, ROOM, (" The joker ", "joker@example.org", "participant", "member"), OWNER)
    answer = phone.ask(JoinGroupRequest(group_id=GID, screen_name=ScreenName(s_name="alice"), joined_request=True))
    if phone.version == "1.1":
        assert [each.s_name for each in answer.user_list.screen_name] == ["The joker"]
    elif phone.version == "1.3":
        assert members_of(answer.joined) == [("The joker", "wv:joker@example.org")]
    served.inside(phone.sid, ROOM, GID)
    name = ScreenName(s_name="The joker", group_id=GID)
    message = SendMessageRequest(
        message_info=MessageInfo(recipient=Recipient(group=[Group(screen_name=name)])), content_data="psst"
    )
    assert code(phone.ask(message)) == 200
    assert [each["to"] for each in served.ops(phone, "message")] == [f"{ROOM}/ The joker "]


def test_without_a_name_one_is_found(phone, served):
    served.iqs[ROOM, namespaces.DISCO_INFO] = about()
    assert phone.ask(JoinGroupRequest(group_id="wv:lobby", subscribe_notification=True)).NAME == "JoinGroup-Response"
    (join,) = served.ops(phone, "join")
    assert (join["nick"], join["gid"], join["notice"]) == ("alice", "wv:lobby", True)
    served.refuse[ROOM] = 811
    assert code(phone.ask(JoinGroupRequest(group_id=GID))) == 811
    assert [each["nick"] for each in served.ops(phone, "join")][1:] == ["alice", "alice_2", "alice_3"]
    assert code(phone.ask(JoinGroupRequest(group_id=GID, screen_name=ScreenName(s_name="ben")))) == 811
    assert len(served.ops(phone, "join")) == 5


@pytest.mark.parametrize(
    ("condition", "told"),
    [("item-not-found", 800), ("remote-server-not-found", 516), ("registration-required", 810), ("forbidden", 809)],
)
def test_a_room_that_cannot_be_seen_is_not_entered(phone, served, condition, told):
    served.iqs[ROOM, namespaces.DISCO_INFO] = condition
    assert code(phone.ask(JoinGroupRequest(group_id=GID))) == told
    assert served.ops(phone, "join") == []


def test_a_domain_without_rooms(phone, holder):
    assert code(phone.ask(JoinGroupRequest(group_id=GID))) == 405
    assert code(phone.ask(JoinGroupRequest(group_id="wv:/x@other.example"))) == 516
    tree = phone.ask(ServiceRequest(all_functions_request=True)).all_functions.wvcsp_feat
    assert tree.group_feat is None
    assert tree.im_feat is not None


@pytest.mark.parametrize(
    ("condition", "told"),
    [("remote-server-timeout", 504), ("remote-server-not-found", 503), ("internal-server-error", 503), ("forbidden", 503)],
)
@pytest.mark.parametrize("silent", ["other.example", "rooms.other.example"])
def test_a_look_up_that_failed_is_no_answer_and_is_not_remembered(phone, holder, condition, told, silent):
    """One lost question must not take a domain's groups away from everybody for ten minutes."""
    items = Xml("query", namespaces.DISCO_ITEMS, children=[Xml("item", attrs={"jid": "rooms.other.example"})])
    holder.iqs["other.example", namespaces.DISCO_INFO] = Xml("query", namespaces.DISCO_INFO)
    holder.iqs["other.example", namespaces.DISCO_ITEMS] = items
    holder.iqs["rooms.other.example", namespaces.DISCO_INFO] = condition
    if silent == "other.example":
        holder.iqs[silent, namespaces.DISCO_INFO] = holder.iqs[silent, namespaces.DISCO_ITEMS] = condition
    assert code(phone.ask(JoinGroupRequest(group_id="wv:/x@other.example"))) == told
    holder.iqs["other.example", namespaces.DISCO_INFO] = Xml("query", namespaces.DISCO_INFO)
    holder.iqs["other.example", namespaces.DISCO_ITEMS] = items
    holder.iqs["rooms.other.example", namespaces.DISCO_INFO] = about()
    holder.iqs["x@rooms.other.example", namespaces.DISCO_INFO] = about()
    assert phone.ask(JoinGroupRequest(group_id="wv:/x@other.example")).NAME == "JoinGroup-Response"


def test_a_name_that_we_made_up_need_not_exist(phone, holder, services):
    holder.iqs["example.org", namespaces.DISCO_ITEMS] = Xml("query", namespaces.DISCO_ITEMS)
    holder.iqs["conference.example.org", namespaces.DISCO_INFO] = "remote-server-not-found"
    assert code(phone.ask(JoinGroupRequest(group_id=GID))) == 405
    assert services.groups.service("example.org") == ""


def test_a_group_of_an_invitation_is_joined_without_a_look_up(phone, served, services):
    found = Invitation("GR", "tea@rooms.far.example", "wv:/tea@far.example", "dave@far.example", until=4_000_000_000)
    services.invites.received.put("alice@example.org", "i1", found)
    served.otherwise = "remote-server-timeout"
    served.iqs["tea@rooms.far.example", namespaces.DISCO_INFO] = about()
    assert phone.ask(JoinGroupRequest(group_id="wv:/tea@far.example")).NAME == "JoinGroup-Response"
    assert {each["to"] for each in served.ops(phone, "iq")} == {"tea@rooms.far.example"}


def test_whoever_is_not_let_in_has_settled_nothing(phone, served, services):
    own = OwnProperties(property=[Property(name="AutoJoin", value="T")])
    wish = JoinGroupRequest(group_id=GID, screen_name=ScreenName(s_name="ben"), own_properties=own)
    served.refuse[ROOM] = 811
    assert code(phone.ask(wish)) == 811
    assert services.groups.all_settings("alice@example.org") == {}
    del served.refuse[ROOM]
    assert phone.ask(wish).NAME == "JoinGroup-Response"
    (settings,) = services.groups.all_settings("alice@example.org").values()
    assert settings.auto


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_a_crowd_is_told_as_far_as_the_phone_can_read(new_phone, served, version):
    phone = new_phone(version=version)
    phone.log_in("wv:alice@example.org")
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=4000)))
    served.occupied(
        phone.sid, ROOM, OWNER, *((f"Somebody <&> {n}", f"somebody{n}@example.org", "participant", "none") for n in range(300))
    )
    assert phone.ask(JoinGroupRequest(group_id=GID, joined_request=True)).NAME == "JoinGroup-Response"
    assert len(phone.octets) <= 4000
    assert phone.octets.count(b"Somebody") >= 8
    served.iqs[ROOM, "item"] = admin(*(f"somebody{n}@example.org" for n in range(300)))
    for wish in (GetGroupMembersRequest(group_id=GID), RejectListRequest(group_id=GID)):
        phone.ask(wish)
        assert len(phone.octets) <= 4000
        assert phone.octets.count(b"somebody") >= 8


def test_leaving(inside, served):
    left = inside.ask(LeaveGroupRequest(group_id=GID.upper()))
    assert (left.result.code, left.group_id) == (200, GID.upper())
    (presence,) = sent(inside, served)
    assert (presence.get("type"), presence.get("to")) == ("unavailable", f"{ROOM}/nick")
    left = inside.ask(LeaveGroupRequest(group_id="wv:/other@example.org"))
    assert (left.result.code, left.group_id) == (808, "wv:/other@example.org")


# --- made and ended ---

FORM = Xml(
    "query",
    namespaces.MUC_OWNER,
    children=[
        Xml(
            "x",
            namespaces.DATA_FORMS,
            children=[Xml("field", attrs={"var": f"muc#roomconfig_{name}"}) for name in ("roomname", "membersonly", "roomdesc")],
        )
    ],
)


def created(**more):
    note = WelcomeNote(content_type="text/plain", content_data="Hello")
    wishes = GroupProperties(
        property=[Property(name="Name", value="Club"), Property(name="Accesstype", value="Restricted")], welcome_note=note
    )
    return CreateGroupRequest(group_id="wv:alice/club@example.org", group_properties=wishes, **more)


def test_a_group_is_made_and_configured(phone, served):
    room = "alice\\2fclub@conference.example.org"
    served.iqs[room, namespaces.DISCO_INFO], served.iqs[room, namespaces.MUC_OWNER] = "item-not-found", FORM
    served.fresh.add(room)
    assert code(phone.ask(created(screen_name=ScreenName(s_name="Alice"), own_properties=OwnProperties()))) == 200
    form = next(from_plain(each["tree"]).find("x") for each in served.ops(phone, "iq") if each["type"] == "set")
    assert {each.get("var")[15:]: each.text_of("value") for each in form.all("field")} == {
        "roomname": "Club",
        "membersonly": "1",
        "roomdesc": "Hello",
    }
    kept = phone.exchange._services.groups.all_settings("alice@example.org")
    assert {jid: settings.created for jid, settings in kept.items()} == {room: True}


def test_a_group_that_is_there_or_of_somebody_else_is_not_made(phone, served):
    served.iqs["alice\\2fclub@conference.example.org", namespaces.DISCO_INFO] = about()
    assert code(phone.ask(created())) == 801
    wrong = created()
    wrong.group_id = "wv:ben/club@example.org"
    assert code(phone.ask(wrong)) == 806
    wrong = created()
    wrong.group_properties.property.append(Property(name="Colour", value="red"))
    assert code(phone.ask(wrong)) == 806
    served.iqs["alice\\2fclub@conference.example.org", namespaces.DISCO_INFO] = "item-not-found"
    wrong = created()
    wrong.group_properties.welcome_note.content_type = "image/png"
    assert code(phone.ask(wrong)) == 415
    assert served.ops(phone, "join") == []


def test_only_owners_end_a_group(phone, served):
    served.iqs[ROOM, "destroy"] = "forbidden"
    assert code(phone.ask(DeleteGroupRequest(group_id=GID))) == 816
    served.iqs[ROOM, "destroy"] = Xml("query")
    assert code(phone.ask(DeleteGroupRequest(group_id=GID))) == 200


# --- who is there, and who belongs ---


def test_an_administrator_is_told_who_may_what(inside):
    answer = inside.ask(GetJoinedUsersRequest(group_id=GID))
    if inside.version == "1.1":
        assert code(answer) == 501
        return
    lists = answer.admin_map_list
    assert [each.s_name for each in lists.admin_mapping.mapping] == ["alice"]
    assert [each.s_name for each in lists.mod_mapping.mapping] == ["cleo"]
    assert [each.user_id for each in lists.user_mapping.mapping] == ["wv:ben@example.org"]


def test_members_by_level(every_phone, served):
    for name in ("owner", "admin", "member"):
        served.iqs[ROOM, name] = "forbidden"
    served.iqs[ROOM, "item"] = admin("ben@example.org")
    answer = every_phone.ask(GetGroupMembersRequest(group_id=GID))
    assert [each.user_id for each in answer.admin.user_list.user] == ["wv:ben@example.org"]
    assert (answer.users is not None) == (every_phone.version != "1.3")
    served.iqs[ROOM, "item"] = "forbidden"
    assert code(every_phone.ask(GetGroupMembersRequest(group_id=GID))) == 816
    served.inside(every_phone.sid, ROOM, GID)
    served.occupied(every_phone.sid, ROOM, BEN, OWNER)
    assert [each.user_id for each in every_phone.ask(GetGroupMembersRequest(group_id=GID)).admin.user_list.user] == [
        "wv:alice@example.org"
    ]


def test_one_who_cannot_be_a_member_does_not_stop_the_others(inside, served):
    served.iqs[ROOM, "item"] = Xml("query")
    lists = UserList(user=[User(user_id="sip:x"), User(user_id="wv:dora@example.org")], screen_name=[ScreenName(s_name="nobody")])
    answer = inside.ask(AddGroupMembersRequest(group_id=GID, user_list=lists))
    assert code(answer) == 201
    (failed,) = answer.result.detailed_result
    assert (failed.code, failed.user_id, [each.s_name for each in failed.screen_name]) == (531, ["sip:x"], ["nobody"])
    served.iqs[ROOM, "item"] = "forbidden"
    one = AddGroupMembersRequest(group_id=GID, user_id_list=UserIDList(user_id=["wv:dora@example.org"]))
    assert code(inside.ask(one)) == 816


def changes(phone, holder):
    """What the room was asked to change of its people."""
    asked = [from_plain(each["tree"]).find("item") for each in holder.ops(phone, "iq") if each["type"] == "set"]
    return [each.attrs for each in asked if each is not None]


def removal(*users, names=()):
    people = UserList(user=[User(user_id=each) for each in users], screen_name=[ScreenName(s_name=each) for each in names])
    return RemoveGroupMembersRequest(group_id=GID, user_list=people)


@pytest.mark.parametrize("access", ["Restricted", "Open"])
def test_who_is_no_member_any_more_is_put_out_whether_the_room_does_so_itself_or_not(phone, served, access):
    served.inside(phone.sid, ROOM, GID, about={"AccessType": access})
    served.occupied(phone.sid, ROOM, OWNER, BEN, ("ben_2", "ben@example.org", "participant", "member"), CLEO)
    served.iqs[ROOM, "item"] = Xml("query")
    assert code(phone.ask(removal("wv:ben@example.org", "wv:dora@example.org", names=["cleo"]))) == 200
    assert changes(phone, served) == [
        {"jid": "ben@example.org", "affiliation": "none"},
        {"jid": "dora@example.org", "affiliation": "none"},
        {"nick": "ben", "role": "none"},
        {"nick": "ben_2", "role": "none"},
        {"nick": "cleo", "role": "none"},
    ]


@pytest.mark.parametrize(("said", "told"), [("not-allowed", 816), ("item-not-found", 200), ("not-acceptable", 200)])
def test_whoever_stays_in_the_room_was_not_removed(phone, served, said, told):
    served.inside(phone.sid, ROOM, GID)
    served.occupied(phone.sid, ROOM, OWNER, BEN)
    served.iqs[ROOM, "item"] = lambda item: said if "role" in item else Xml("query")
    assert code(phone.ask(removal("wv:ben@example.org"))) == told


def test_a_hidden_member_cannot_be_removed(phone, served):
    served.inside(phone.sid, ROOM, GID)
    served.occupied(phone.sid, ROOM, OWNER, ("cleo", "", "participant", "member"))
    served.iqs[ROOM, "item"] = Xml("query")
    assert code(phone.ask(removal(names=["cleo"]))) == 816
    assert changes(phone, served) == []


def test_from_outside_nobody_is_put_out_by_name(phone, served):
    served.iqs[ROOM, "item"] = Xml("query")
    assert code(phone.ask(removal("wv:ben@example.org"))) == 200
    affiliations = [{"jid": "ben@example.org", "affiliation": each} for each in ("outcast", "none")]
    assert changes(phone, served) == affiliations
    served.iqs[ROOM, namespaces.DISCO_INFO] = about("muc_membersonly")
    assert code(phone.ask(removal("wv:ben@example.org"))) == 200
    assert changes(phone, served)[2:] == affiliations[1:]
    served.iqs[ROOM, namespaces.DISCO_INFO], served.iqs[ROOM, "item"] = about(), "forbidden"
    assert code(phone.ask(removal("wv:ben@example.org"))) == 816
    assert changes(phone, served)[3:] == affiliations[:1]


def test_an_owner_is_not_made_a_mere_member(phone, served):
    served.iqs[ROOM, "item"] = lambda item: admin("ben@example.org") if item.get("affiliation") == "owner" else Xml("query")
    people = UserList(user=[User(user_id="wv:ben@example.org"), User(user_id="wv:dora@example.org")])
    assert code(phone.ask(AddGroupMembersRequest(group_id=GID, user_list=people))) == 200
    assert changes(phone, served) == [{"jid": "dora@example.org", "affiliation": "member"}]


def test_who_is_taken_off_the_reject_list_without_being_on_it_stays_a_member(phone, served):
    served.iqs[ROOM, "item"] = admin("tybalt@example.net")
    wish = RemoveList(user_id=["wv:ben@example.org", "wv:tybalt@example.net"])
    assert phone.ask(RejectListRequest(group_id=GID, remove_list=wish)).NAME == "RejectList-Response"
    assert changes(phone, served) == [{"jid": "tybalt@example.net", "affiliation": "none"}]


def test_members_of_a_silent_room_are_not_told_in_part(phone, served):
    served.iqs[ROOM, "item"] = lambda item: "remote-server-timeout" if item.get("affiliation") == "admin" else Xml("query")
    assert code(phone.ask(GetGroupMembersRequest(group_id=GID))) == 504


def test_levels_by_affiliation_and_role(inside, served):
    served.iqs[ROOM, "item"] = Xml("query")
    dora, ben = User(user_id="wv:dora@example.org"), User(user_id="wv:ben@example.org")
    wish = MemberAccessRequest(
        group_id=GID, admin=Admin(user_list=UserList(user=[dora])), mod=Mod(user_list=UserList(user=[ben, dora]))
    )
    answer = inside.ask(wish)
    assert code(answer) == 201  # a moderator must be there
    assert [(each.code, each.user_id) for each in answer.result.detailed_result] == [(816, ["wv:dora@example.org"])]
    items = [each.find("item").attrs for each in sent(inside, served, "iq") if each.find("item")]
    assert items == [
        {"jid": "dora@example.org", "affiliation": "admin"},
        {"jid": "ben@example.org", "affiliation": "member"},
        {"nick": "ben", "role": "moderator"},
    ]


def test_the_reject_list_comes_back(inside, served):
    served.iqs[ROOM, "item"] = admin("tybalt@example.net")
    answer = inside.ask(RejectListRequest(group_id=GID))
    assert [each.user_id for each in answer.user_list.user] == ["wv:tybalt@example.net"]
    hidden = inside.ask(RejectListRequest(group_id=GID, add_list=AddList(screen_name=[ScreenName(s_name="cleo")])))
    assert code(hidden) == 816
    (kick,) = [each for each in sent(inside, served, "iq") if each.find("item") and each.find("item").get("role") == "none"]
    assert kick.find("item").get("nick") == "cleo"


def test_properties_of_the_group_and_of_oneself(inside, served):
    own = OwnProperties(property=[Property(name="PrivateMessaging", value="F"), Property(name="AutoJoin", value="T")])
    assert code(inside.ask(SetGroupPropsRequest(group_id=GID, own_properties=own))) == 200
    assert served.ops(inside, "room") == [{"op": "room", "room": ROOM, "private": False}]
    answer = inside.ask(GetGroupPropsRequest(group_id=GID))
    values = {each.name: each.value for each in answer.own_properties.property}
    assert values == {"PrivilegeLevel": "Admin", "AutoJoin": "T", "ShowID": "T", "PrivateMessaging": "F", "IsMember": "T"}
    told = {each.name: each.value for each in answer.group_properties.property}
    assert told["Name"] == "Lobby"
    assert ("History" in told) == ("RequireInvitation" in told) == (inside.version == "1.3")
    assert answer.group_properties.welcome_note.content_data == "Welcome"
    topic = GroupProperties(property=[Property(name="Topic", value="Soup")])
    assert code(inside.ask(SetGroupPropsRequest(group_id=GID, group_properties=topic))) == 200
    assert [each.text_of("subject") for each in sent(inside, served)] == ["Soup"]
    assert code(inside.ask(SetGroupPropsRequest(group_id="wv:/no@example.org", group_properties=topic))) == 808


def test_notices_are_asked_for_and_refused(inside, served):
    assert inside.ask(SubscribeGroupNoticeRequest(group_id=GID, subscribe_type="G")).value == "F"
    assert code(inside.ask(SubscribeGroupNoticeRequest(group_id=GID, subscribe_type="S"))) == 200
    assert served.ops(inside, "room") == [{"op": "room", "room": ROOM, "notice": True}]
    assert code(inside.ask(SubscribeGroupNoticeRequest(group_id=GID, subscribe_type="X"))) == 402
    assert code(inside.ask(SubscribeGroupNoticeRequest(group_id="wv:/no@example.org", subscribe_type="S"))) == 808


# --- messages ---


def message(*groups, body="hello"):
    return SendMessageRequest(
        delivery_report=True, message_info=MessageInfo(recipient=Recipient(group=list(groups))), content_data=body
    )


def test_a_message_goes_to_everybody_or_to_one(inside, served):
    assert code(inside.ask(message(Group(group_id=GID)))) == 200
    assert (
        code(inside.ask(message(Group(screen_name=ScreenName(s_name="ben", group_id="wv:/lobby@conference.example.org"))))) == 200
    )
    assert [each["to"] for each in served.ops(inside, "groupchat")] == [ROOM]
    (private,) = served.ops(inside, "message")
    assert (private["to"], private["gid"], private["receipt"]) == (f"{ROOM}/ben", GID, True)


def test_who_has_not_joined_cannot_write_and_nobody_asks_the_server(inside, served):
    before = len(served.done)
    answer = inside.ask(message(Group(group_id="wv:/other@example.net"), Group(group_id=GID)))
    assert code(answer) == 201
    assert [(each.code, each.group_id) for each in answer.result.detailed_result] == [(808, ["wv:/other@example.net"])]
    assert code(inside.ask(message(Group(screen_name=ScreenName(s_name="nobody", group_id=GID))))) == 531
    assert {each["op"] for each in served.done[before:]} <= {"groupchat"}


def test_what_was_said_before_is_listed_and_fetched(inside, served):
    said = [["s1", "ben", "hello", 1_700_000_000], ["s2", "", "news", 1_700_000_060], ["s3", "cleo", "soup " * 20, 1_700_000_120]]
    served.answers["history"] = {"error": "", "found": said}
    listed = inside.ask(GetMessageListRequest(group_id=GID, message_count=10))
    assert [each["most"] for each in served.ops(inside, "history")] == [10]
    infos = listed.message_info_list.message_info if inside.version == "1.3" else listed.message_info
    assert [each.sender.group.screen_name and each.sender.group.screen_name.s_name for each in infos] == ["ben", None, "cleo"]
    assert [each.recipient.group[0].group_id for each in infos] == [GID] * 3
    assert len({each.message_id for each in infos}) == 3
    fetched = inside.ask(GetMessageRequest(message_id=infos[0].message_id))
    assert (fetched.content_data, fetched.message_info.date_time) == ("hello", "20231114T221320Z")
    forward = ForwardMessageRequest(
        message_id=infos[0].message_id, recipient=Recipient(user=[User(user_id="wv:dora@example.org")])
    )
    inside.ask(forward)
    assert [each["body"] for each in served.ops(inside, "message")] == ["Fwd: ben\nhello"]
    assert code(inside.ask(GetMessageRequest(message_id="h.nothing"))) == 426


def test_a_group_without_a_history_has_none(phone, served):
    assert code(phone.ask(GetMessageListRequest(group_id=GID))) == 808
    served.inside(phone.sid, ROOM, GID)
    for error, told in (("service-unavailable", 821), ("", 821), ("remote-server-timeout", 504)):
        served.answers["history"] = {"error": error, "found": []}
        assert code(phone.ask(GetMessageListRequest(group_id=GID))) == told


def test_a_history_comes_in_parts_that_the_phone_reads(new_phone, served):
    phone = new_phone()
    phone.log_in("wv:alice@example.org")
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=3000, accepted_content_length=200)))
    served.inside(phone.sid, ROOM, GID)
    served.answers["history"] = {"error": "", "found": [["s1", "ben", "0123456 " * 60, 1], ["s2", "ben", "end", 2]]}
    infos = phone.ask(GetMessageListRequest(group_id=GID)).message_info
    assert [each["most"] for each in served.ops(phone, "history")] == [4]
    assert len(phone.octets) <= 3000
    parts = [phone.ask(GetMessageRequest(message_id=each.message_id)).content_data for each in infos]
    assert "".join(parts).replace(" ", "") == "0123456" * 60 + "end"
    assert max(map(len, parts)) <= 200


# --- invitations ---


def invite(kind="GR", *users, **more):
    to = Recipient(user=[User(user_id=each) for each in users or ("wv:ben@example.org",)])
    return InviteRequest(invite_id="inv-1", invite_type=kind, recipient=to, **more)


def test_an_invitation_from_inside_and_from_outside(inside, served):
    assert code(inside.ask(invite(group_id=GID, invite_note="come"))) == 200
    assert code(inside.ask(invite(group_id="wv:/far@example.org"))) == 200
    mediated, direct = sent(inside, served)
    assert mediated.find("x", namespaces.MUC_USER).find("invite").get("to") == "ben@example.org"
    assert direct.find("x").get("jid") == "far@conference.example.org"


def test_an_owner_who_is_invited_to_be_a_member_stays_an_owner(inside, served):
    served.iqs[ROOM, "item"] = lambda item: admin("ben@example.org") if item.get("affiliation") == "owner" else Xml("query")
    assert code(inside.ask(invite("GM", "wv:ben@example.org", "wv:dora@example.org", group_id=GID))) == 200
    assert changes(inside, served) == [{"jid": "dora@example.org", "affiliation": "member"}]
    invited = [each.find("x", namespaces.MUC_USER).find("invite").get("to") for each in sent(inside, served)]
    assert invited == ["ben@example.org", "dora@example.org"]


def test_nobody_is_left_out_of_an_invitation_without_a_word(inside):
    assert code(inside.ask(invite("GR", *(f"wv:p{n}@example.org" for n in range(200)), group_id=GID))) == 200
    assert code(inside.ask(invite("GR", *(f"wv:p{n}@example.org" for n in range(201)), group_id=GID))) == 402


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (invite("AP"), 501),
        (invite("??"), 402),
        (invite("GR"), 400),
        (invite("GR", "sip:x", group_id=GID), 901),
        (invite("SC"), 400),
        (InviteRequest(invite_type="PR", recipient=Recipient()), 402),
        (InviteUserResponse(invite_id="unknown", acceptance=True), 423),
    ],
)
def test_invitations_that_go_nowhere(phone, served, request_, told):
    assert code(phone.ask(request_)) == told
    assert sent(phone, served) == []


def test_an_invitation_to_talk_is_a_message_with_or_without_a_note(phone, served):
    for more in ({"invite_note": "Tea?"}, {}):
        assert code(phone.ask(invite("IM", **more))) == 200
    assert [each["body"] for each in served.ops(phone, "message")] == ["Tea?", "Would you like to talk?"]


@pytest.mark.parametrize(("until", "told"), [(4_000_000_000, 200), (1, 423)])
def test_an_answer_counts_while_the_invitation_does(phone, served, services, until, told):
    invites = services.invites
    found = Invitation("GR", ROOM, GID, "dave@example.org", until=until, mediated=True, password="soup")
    invites.received.put("alice@example.org", "i1", found)
    invites.received.put("alice@example.org", "i2", found)
    assert code(phone.ask(InviteUserResponse(invite_id="i1", acceptance=False, response_note="no time"))) == told
    assert code(phone.ask(InviteUserResponse(invite_id="i2", acceptance=True))) == told
    if told == 200:
        (decline,) = sent(phone, served)
        assert decline.find("x").find("decline").get("to") == "dave@example.org"
        assert [(each["room"], each["password"]) for each in served.ops(phone, "join-later")] == [(ROOM, "soup")]
        assert code(phone.ask(InviteUserResponse(invite_id="i1", acceptance=True))) == 423
        assert invites.received.get("alice@example.org", "i2").answered
        phone.ask(JoinGroupRequest(group_id=GID))
        assert served.ops(phone, "join")[-1]["password"] == "soup"


@pytest.mark.parametrize(
    ("sender", "user", "name", "group"),
    [
        ({"nick": ""}, "wv:dave@example.net", None, None),
        ({"nick": "Dave", "room": True}, None, ("Dave", GID), None),
        ({"nick": "Dave", "room": True, "via": "wv:/tea@example.org"}, None, ("Dave", "wv:/tea@example.org"), None),
        ({"nick": "", "room": True}, None, None, GID),
    ],
)
def test_who_invites_is_a_user_only_when_that_is_known(every_phone, served, sender, user, name, group):
    phone = every_phone
    payload = records.pack_event("invite", "dave@example.net", 1, id="i1", gid=GID, note="", seconds=60, **sender)
    served.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("k-i1", ROOM, payload)]))
    (told,) = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest()))).transactions
    shown = told.content.sender
    assert (shown.user and shown.user.user_id) == user
    known = shown.group and shown.group.screen_name
    assert (known and (known.s_name, known.group_id)) == name
    assert (shown.group and shown.group.group_id) == group


# --- blocking ---


def test_a_group_that_is_blocked_is_left_and_a_screen_name_stays_here(inside, served):
    names = AddList(group_id=[GID], screen_name=[ScreenName(s_name="Tybalt", group_id=GID)])
    assert code(inside.ask(BlockEntityRequest(block_list=BlockList(add_list=names)))) == 200
    assert [each["room"] for each in served.ops(inside, "leave")] == [ROOM]
    assert [each["jids"] for each in served.ops(inside, "block")] == [[ROOM]]
    listed = inside.ask(GetBlockedListRequest()).block_list.entity_list
    assert (listed.group_id, [(each.s_name, each.group_id) for each in listed.screen_name]) == ([GID], [("Tybalt", GID)])


def test_a_group_that_is_fetched_is_told_of_while_others_are_pushed(phone, served):
    served.inside(phone.sid, ROOM, GID)
    assert code(phone.ask(SetDeliveryMethodRequest(delivery_method="N", group_id=GID, accepted_content_length=50))) == 200
    assert served.ops(phone, "room") == [{"op": "room", "room": ROOM, "delivery": "N", "length": 50}]
    phone.ask(LeaveGroupRequest(group_id=GID))
    phone.ask(JoinGroupRequest(group_id=GID))
    names = ["wv:lobby", "wv:/lobby@conference.example.org", GID]
    for name in names:
        phone.ask(JoinGroupRequest(group_id=name))
    joins = served.ops(phone, "join")[-3:]
    assert [(each["gid"], each["delivery"], each["length"]) for each in joins] == [(name, "N", 50) for name in names]

    text = Text("n.m1", ROOM, "hello", 1, group=GID, nick="Ben")
    served.feed.store(phone.sid, 1, StreamChanges(items=[Delivery(text.id, ROOM, records.pack_text(text))]))
    (told,) = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest()))).transactions
    assert told.content.NAME == "MessageNotification"
    assert told.content.message_info.sender.group.screen_name.s_name == "Ben"
    phone.tell(told.id, Status(result=Result(code=200)))
    answer = phone.ask(GetMessageRequest(message_id="n.m1"))
    assert (answer.content_data, answer.message_info.recipient.group[0].group_id) == ("hello", GID)
