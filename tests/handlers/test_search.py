"""Search as handlers do it: who is asked for what, what is merged, and what the phone is told when somebody does not answer."""

import pytest

from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    SearchPairList,
    SearchRequest,
    StopSearchRequest,
)
from onesoup.csp.groups import KeptProperties
from onesoup.csp.lists import Item
from onesoup.xmpp import namespaces
from onesoup.xmpp.xml import Xml

BEN, CLEO = Item("ben@example.org", "Ben", (), "both"), Item("cleo@far.example", "Cleo", (), "both")


def look(phone, limit=None, **criteria):
    pairs = [SearchPairList(name, text) for name, text in criteria.items()]
    return phone.ask(SearchRequest(search_pair_list=pairs, search_limit=limit))


def users(answer):
    return [each.user_id for each in answer.search_result.user_list.user] if answer.search_result else []


def groups(answer):
    return answer.search_result.group_list.group_id if answer.search_result else []


def test_contacts_come_first_and_nobody_twice(phone, holder):
    holder.roster(phone.sid, BEN)
    holder.answers["find"] = {"found": [["adam@example.org", {"nick": ["benjamin"]}], [BEN.jid, {"nick": ["benno"]}]]}
    assert users(look(phone, USER_ALIAS="ben")) == ["wv:ben@example.org", "wv:adam@example.org"]
    (asked,) = holder.ops(phone, "find")
    assert asked["wanted"] == {"USER_ALIAS": "ben"}


def test_whoever_is_in_a_group_of_the_phone_is_found_by_screen_name(phone, holder):
    holder.roster(phone.sid, BEN)
    holder.inside(phone.sid, "tea@conference.example.org", "wv:/tea@example.org")
    holder.occupied(
        phone.sid,
        "tea@conference.example.org",
        ("Hatter", "hatter@example.org", "participant", "none"),
        ("Hare", BEN.jid, "participant", "none"),
        ("Hacker", "", "participant", "none"),
        ("Haggis", "alice@example.org", "participant", "none"),
    )
    assert users(look(phone, USER_ALIAS="ha")) == ["wv:ben@example.org", "wv:hatter@example.org"]
    assert users(look(phone, USER_ID="hatter")) == ["wv:hatter@example.org"]
    assert users(look(phone, USER_CITY="oslo")) == []
    assert [each["jids"] for each in holder.ops(phone, "cards")] == [[BEN.jid]]  # of those in a group no vCard is asked


def test_criteria_that_are_joined_otherwise_than_by_and(new_phone, holder):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    holder.roster(phone.sid, BEN, CLEO)
    holder.answers["find"] = {"found": [["adam@example.org", {"nick": ["adam"]}]]}
    nothing = {jid: ["item-not-found", {}, {}] for jid in (BEN.jid, CLEO.jid, "adam@example.org")}
    holder.answers["cards"] = {"cards": nothing}
    pairs = [SearchPairList("USER_ALIAS", text, number) for number, text in enumerate(("ben", "cleo", "adam"), 1)]
    asked = SearchRequest(search_pair_list=pairs, advanced_criteria="(1 OR 2 OR 3) AND NOT 2")
    assert users(phone.ask(asked)) == ["wv:ben@example.org", "wv:adam@example.org"]
    assert [each["wanted"] for each in holder.ops(phone, "find")] == [{"USER_ALIAS": each} for each in ("ben", "cleo", "adam")]


def test_what_a_directory_found_is_looked_through_again(phone, holder):
    """Services differ in what they take: one that knows no cities finds people everywhere."""
    holder.answers["find"] = {
        "found": [["a@example.org", {"last": ["Li"], "city": ["Oslo"]}], ["b@example.org", {"last": ["Li"]}]]
    }
    holder.answers["cards"] = {"cards": {"b@example.org": ["", {}, {"city": ["Bergen"]}]}}
    assert users(look(phone, USER_LAST_NAME="li", USER_CITY="oslo")) == ["wv:a@example.org"]
    assert holder.ops(phone, "cards")[0]["jids"] == ["b@example.org"]


def test_without_an_answer_of_the_directory_the_contacts_are_told_or_the_search_timed_out(phone, holder):
    holder.roster(phone.sid, BEN)
    holder.refuse["find"] = 504
    assert users(look(phone, USER_ALIAS="ben")) == ["wv:ben@example.org"]
    assert look(phone, USER_ALIAS="zoe").result.code == 535


def test_a_full_address_is_somebody_where_the_domain_is_served(phone, holder):
    holder.roster(phone.sid, CLEO)
    assert users(look(phone, USER_ID="wv:zoe@example.org")) == ["wv:zoe@example.org"]
    assert users(look(phone, USER_ID="zoe@far.example")) == ["wv:zoe@far.example"]
    assert users(look(phone, USER_ID="zoe@elsewhere.example")) == []
    assert users(look(phone, USER_ID="zoe@example.org", USER_CITY="oslo")) == []


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_own_groups_are_told_whether_the_server_answers_or_not(new_phone, holder, services, version):
    """S60 asks at each log-in. The server knows only those that are joined by themselves."""
    object.__setattr__(services.policy, "deadline", 0.3)
    phone = new_phone(version=version)
    phone.log_in("wv:alice@example.org")
    holder.deaf = True
    for element in ("GROUP_USER_ID_OWNER", "GROUP_USER_ID_JOINED", "GROUP_USER_ID_AUTOJOIN"):
        for user in ("wv:alice@example.org", "ALICE", "wv:bob@example.org", "sip:x"):
            answer = look(phone, limit=50, **{element: user})
            assert (answer.search_findings, answer.completion_flag, answer.search_result) == (0, True, None)


def test_groups_that_the_account_has_made_are_found(phone, holder, services):
    services.groups.keep_service("example.org", "conference.example.org")
    for room, gid in (
        ("club@conference.example.org", ""),
        (r"alice\2fclub@conference.example.org", ""),
        (r"alice\2ftea@conference.example.org", "wv:alice/tea"),
        (r"olga\2fart@conference.far.example", ""),
    ):
        services.groups.keep_settings("alice@example.org", room, KeptProperties(gid, created=True))
    services.groups.keep_settings("alice@example.org", "soup@conference.example.org", KeptProperties("wv:/soup", auto=True))
    assert groups(look(phone, GROUP_USER_ID_OWNER="wv:alice@example.org")) == [
        "wv:alice/club@example.org",
        "wv:alice/tea",  # as the phone has named it
        "wv:/club@example.org",
        "wv:olga/art@far.example",
    ]
    assert groups(look(phone, GROUP_USER_ID_OWNER="wv:bob@example.org")) == []
    assert groups(look(phone, GROUP_USER_ID_AUTOJOIN="wv:alice@example.org")) == ["wv:/soup"]


def test_groups_of_which_the_phone_is_an_owner_and_bookmarks_of_other_clients(phone, holder, services):
    holder.inside(phone.sid, "tea@conference.example.org", "wv:/tea@example.org", affiliation="owner")
    holder.inside(phone.sid, "hats@conference.example.org", "wv:/hats@example.org", affiliation="member")
    assert groups(look(phone, GROUP_USER_ID_OWNER="wv:alice@example.org")) == ["wv:/tea@example.org"]
    assert groups(look(phone, GROUP_USER_ID_OWNER="wv:alice@example.org", GROUP_ID="hats")) == []
    services.groups.keep_settings("alice@example.org", "soup@conference.example.org", KeptProperties("wv:/soup", auto=True))
    marks = [("soup@conference.example.org", "false"), ("nuts@conference.example.org", "true")]
    items = [
        Xml("item", attrs={"id": jid}, children=[Xml("conference", namespaces.BOOKMARKS, {"autojoin": to})]) for jid, to in marks
    ]
    holder.iqs["", "items"] = Xml(
        "pubsub", namespaces.PUBSUB, children=[Xml("items", attrs={"node": namespaces.BOOKMARKS}, children=items)]
    )
    assert groups(look(phone, GROUP_USER_ID_AUTOJOIN="wv:alice@example.org")) == ["wv:/nuts@conference.example.org"]


def test_rooms_are_told_by_the_name_that_phones_of_their_domain_use(phone, holder, services):
    holder.answers["rooms"] = {"service": "rooms.example.net", "rooms": [["tea@rooms.example.net", "Tea"]]}
    assert groups(look(phone, GROUP_NAME="tea")) == ["wv:/tea@rooms.example.net"]
    services.groups.keep_service("example.org", "rooms.example.net")
    assert groups(look(phone, GROUP_ID="tea@example.org")) == ["wv:/tea@example.org"]
    assert groups(look(phone, GROUP_ID="tea@rooms.example.net")) == ["wv:/tea@example.org"]


def test_rooms_are_found_by_id_name_and_topic(phone, holder):
    rooms = [["tea@conference.example.org", "Tea party"], ["chess@conference.example.org", ""], ["t@conference.example.org", "T"]]
    holder.answers["rooms"] = {"service": "conference.example.org", "rooms": rooms}
    holder.answers["info"] = {"info": {"tea@conference.example.org": ["", "Hats"], "t@conference.example.org": ["", "Owls"]}}
    assert groups(look(phone, GROUP_ID="wv:/chess@conf")) == ["wv:/chess@conference.example.org"]
    assert groups(look(phone, GROUP_NAME="tea")) == ["wv:/tea@conference.example.org"]
    assert groups(look(phone, GROUP_NAME="t", GROUP_TOPIC="owl")) == ["wv:/t@conference.example.org"]
    pairs = [SearchPairList("GROUP_TOPIC", "hats", 1), SearchPairList("GROUP_ID", "chess", 2)]
    assert groups(phone.ask(SearchRequest(search_pair_list=pairs, advanced_criteria="1 OR 2"))) == [
        "wv:/chess@conference.example.org",
        "wv:/tea@conference.example.org",
    ]
    holder.refuse["rooms"] = 504
    assert look(phone, GROUP_NAME="tea").result.code == 535


def test_pages_go_on_and_an_unknown_search_is_told_so(phone, holder):
    holder.answers["find"] = {"found": [[f"p{n}@example.org", {}] for n in range(5)]}
    first = look(phone, limit=2, USER_ID="p")
    assert (first.search_findings, first.completion_flag, first.search_index) == (5, False, 2)
    second = phone.ask(SearchRequest(search_id=first.search_id, search_index=2, search_limit=2))
    third = phone.ask(SearchRequest(search_id=first.search_id, search_index=5, search_limit=9))
    assert len({*users(first), *users(second), *users(third)}) == 5
    assert third.completion_flag
    assert phone.ask(SearchRequest(search_id=first.search_id, search_index=9)).result.code == 425
    assert phone.ask(StopSearchRequest(search_id=first.search_id)).result.code == 200
    for gone in (SearchRequest(search_id=first.search_id, search_index=2), StopSearchRequest(search_id=first.search_id)):
        assert phone.ask(gone).result.code == 424


def test_more_hits_than_a_phone_can_read_come_in_pages(new_phone, holder):
    phone = new_phone()
    phone.log_in("wv:alice@example.org")
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=3000)))
    holder.answers["find"] = {"found": [[f"person{n}@example.org", {}] for n in range(300)]}
    answer = look(phone, USER_ID="person")
    assert answer.search_findings == 200
    assert 0 < len(users(answer)) < 40
    assert len(phone.octets) <= 3000
