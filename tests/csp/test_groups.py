"""GroupIDs, the forms of who is in a group, and properties."""

import pytest

from onesoup.csp import groups
from onesoup.csp.codec.binding import write_node
from onesoup.csp.codec.generated_elements import GroupChangeNotice, Property, User, UserMapping
from onesoup.csp.errors import CspError
from onesoup.csp.groups import Member
from onesoup.phone.engine import members_of

GID = "wv:/lobby@example.org"
BEN, CLEO = Member("ben", "wv:ben@example.org", groups.ADMIN_LEVEL), Member("cleo")


@pytest.mark.parametrize(
    ("text", "local", "domain", "owner"),
    [
        ("wv:/room@D.example", "room", "d.example", ""),
        ("wv:room@d.example", "room", "d.example", ""),
        ("WV:/Room", "room", None, ""),
        ("wv:Anna/Club@example.org", "anna\\2fclub", "example.org", "anna"),
        ("wv:/two%20words@example.org", "two\\20words", "example.org", ""),
        ("wv:/k%C3%BCche@example.org", "küche", "example.org", ""),
        ("wv:/a%40b@example.org", "a\\40b", "example.org", ""),
    ],
)
def test_a_group_id_means_a_room(text, local, domain, owner):
    assert groups.parse_group_id(text) == groups.GroupName(local, domain, owner)


@pytest.mark.parametrize(
    ("text", "code"), [(None, 400), (" ", 400), ("sip:x@y", 901), ("wv:@d", 901), ("wv:/ @d", 901), ("wv:/a\x01@d", 901)]
)
def test_what_is_no_group_id(text, code):
    with pytest.raises(CspError) as refused:
        groups.parse_group_id(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("room", "domain", "gid"),
    [
        ("room@conference.example.org", None, "wv:/room@conference.example.org"),
        ("room@conference.example.org", "example.org", "wv:/room@example.org"),
        ("anna\\2fclub@conference.example.org", "example.org", "wv:anna/club@example.org"),
        ("anna\\2fclub@conference.example.org", None, "wv:/anna%2Fclub@conference.example.org"),
        ("two\\20words@rooms.example.org", None, "wv:/two%20words@rooms.example.org"),
    ],
)
def test_a_room_that_the_phone_has_not_named(room, domain, gid):
    assert groups.group_id(room, domain) == gid
    assert groups.parse_group_id(gid).local == room.partition("@")[0]


def test_group_ids_are_compared_as_phones_do():
    assert groups.same_group_id("WV:/Room@X.org ", "/room@x.org")
    assert not groups.same_group_id("wv:/room@x.org", "wv:/room")


def notice(version, flat=False):
    return GroupChangeNotice(
        group_id=GID,
        joined=groups.joined_members([BEN, CLEO], GID, version, flat),
        left=groups.left_members([BEN, CLEO], GID, flat),
    )


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_joined_and_left_in_the_form_of_each_version(version):
    made = notice(version)
    joined = write_node(made, version).find("Joined")
    assert [each.name for each in joined.children] == ["UserList" if version == "1.1" else "UserMapList"]
    if version == "1.1":
        assert members_of(made.joined) == [("ben", ""), ("cleo", "")]
    else:
        assert members_of(made.joined) == [("ben", "wv:ben@example.org"), ("cleo", "")]
        mapping = joined.children[0].children[0]
        assert [each.name for each in mapping.children] == ["Mapping", "Mapping"]
    assert [each.s_name for each in made.left.user_list.screen_name] == ["ben", "cleo"]


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_android_gets_members_flat(version):
    made = notice(version, flat=True)
    members = write_node(made, version).find("Joined").find("UserMapList").children
    assert [each.name for each in members] == ["UserMapping", "UserMapping"]
    assert [[(each.name, each.text) for each in one.children] for one in members] == [
        [("SName", "ben"), ("UserID", "wv:ben@example.org")],
        [("SName", "cleo")],
    ]
    # It took the address of a member for the member, where it was told one.
    assert made.left.user_list.user == [User(user_id="wv:ben@example.org")]
    assert [each.s_name for each in made.left.user_list.screen_name] == ["cleo"]


def test_an_empty_group_has_an_empty_list():
    assert groups.user_map_list([], flat=False).user_mapping == []
    assert groups.user_map_list([CLEO], flat=True).user_mapping == [UserMapping(s_name="cleo")]


def test_an_administrator_is_told_who_may_what():
    told = groups.admin_map_list([BEN, CLEO, Member("dora", "", groups.MOD_LEVEL)])
    assert [each.s_name for each in told.admin_mapping.mapping] == ["ben"]
    assert [each.s_name for each in told.mod_mapping.mapping] == ["dora"]
    assert [each.s_name for each in told.user_mapping.mapping] == ["cleo"]


def test_properties_are_read_without_case_and_read_only_ones_change_nothing():
    asked = [("NAME", " Club "), ("accesstype", "restricted"), ("Type", "Private"), ("activeusers", "3"), ("AutoDelete", "t")]
    values = groups.read_properties([Property(name=name, value=value) for name, value in asked])
    assert values == {"Name": "Club", "AccessType": "Restricted", "AutoDelete": "T"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("Colour", "red"), ("AccessType", "Secret"), ("Searchable", "maybe"), ("MaxActiveUsers", "many"), ("Topic", "x" * 501)],
)
def test_what_no_group_can_be(name, value):
    with pytest.raises(CspError) as refused:
        groups.read_properties([Property(name=name, value=value)])
    assert refused.value.code == 806


def test_members_fit_the_phone_and_those_who_may_most_are_among_them():
    crowd = [Member(f"somebody{number}", f"wv:somebody{number}@example.org") for number in range(300)]
    crowd.insert(200, Member("boss", "wv:boss@example.org", "Admin"))
    told = groups.fitting_members(crowd, "wv:/lobby@example.org", 5000)
    assert 10 < len(told) < 50
    assert told[-1].nick == "boss"
    assert told[:-1] == crowd[: len(told) - 1]
    assert groups.fitting_members(crowd, "wv:/lobby@example.org", 100_000) == crowd
    assert groups.fitting_members(crowd, "wv:/lobby@example.org", 0) == []
