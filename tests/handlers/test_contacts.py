"""Contact lists: reads come from the cache, changes become commands for the holder, and one bad contact spoils nothing."""

import pytest

from onesoup.csp.codec.generated_elements import (
    AddNickList,
    ContactListProperties,
    CreateListRequest,
    CreateListResponse,
    DeleteListRequest,
    GetBlockedListRequest,
    GetListRequest,
    ListManageRequest,
    ListManageResponse,
    NickList,
    NickName,
    Property,
    RemoveNickList,
    Status,
    User,
)
from onesoup.csp.lists import Item
from onesoup.wire.document import Encoding

FRIENDS, WORK = "wv:alice/friends@example.org", "wv:alice/work@example.org"
ROMEO = Item("romeo@example.net", "Romeo", (), "both")
NURSE = Item("nurse@example.net", "", ("Work",), "to")


@pytest.fixture
def stocked(phone, holder):
    """Romeo without a group, the nurse at work."""
    holder.roster(phone.sid, ROMEO, NURSE)
    return phone


def manage(phone, name=FRIENDS, add=(), remove=(), receive=None, **properties):
    request = ListManageRequest(contact_list=name, receive_list=receive)
    if add:
        request.add_nick_list = AddNickList(nick_name=[NickName(name=nick, user_id=user) for user, nick in add])
    if remove:
        request.remove_nick_list = RemoveNickList(user_id=list(remove))
    if properties:
        request.contact_list_properties = ContactListProperties(
            property=[Property(name=key, value=value) for key, value in properties.items()]
        )
    return phone.ask(request)


def read(phone, name=FRIENDS):
    answer = manage(phone, name, receive=True)
    assert isinstance(answer, ListManageResponse), answer
    assert answer.result.code == 200
    return {each.user_id: each.name for each in answer.nick_list.nick_name}


def properties_of(answer):
    return {each.name: each.value for each in answer.contact_list_properties.property}


# --- GetList ---


def test_there_is_always_a_default_list(every_phone):
    answer = every_phone.ask(GetListRequest())
    assert answer.default_contact_list == FRIENDS


def test_in_1_1_the_default_list_stands_in_both_places(new_phone):
    phone = new_phone(version="1.1")
    phone.log_in("wv:alice@example.org")
    answer = phone.ask(GetListRequest())
    assert answer.contact_list == [FRIENDS]
    assert answer.contact_list_id_list is None


def test_in_1_2_the_default_list_stands_alone(stocked):
    answer = stocked.ask(GetListRequest())
    assert answer.contact_list == [WORK]
    assert answer.default_contact_list == FRIENDS


def test_in_1_3_lists_stand_in_a_wrapper(new_phone, holder):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    holder.roster(phone.sid, NURSE)
    answer = phone.ask(GetListRequest())
    assert answer.contact_list == []
    assert answer.contact_list_id_list.contact_list == [WORK]


def test_authorize_and_grant_lets_the_new_contact_see_and_write(new_phone, holder):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    wish = ListManageRequest(
        contact_list="wv:alice/friends@example.org",
        add_nick_list=AddNickList(nick_name=[NickName(name="R", user_id="wv:romeo@example.net")]),
        authorize_and_grant=True,
        receive_list=False,
    )
    assert phone.ask(wish).result.code == 200
    told = [(each["kind"], each["jid"]) for each in holder.ops(phone, "directed")]
    assert set(told) == {("subscribe", "romeo@example.net"), ("subscribed", "romeo@example.net")}
    assert phone.ask(GetBlockedListRequest()).grant_list.entity_list.user_id == ["wv:romeo@example.net"]


def test_android_gets_the_default_list_once_in_1_1(new_phone, holder):
    phone = new_phone(version="1.1", client_id="JiMMY", encoding=Encoding.WBXML)
    phone.log_in("wv:alice@example.org")
    holder.roster(phone.sid, NURSE)
    answer = phone.ask(GetListRequest())
    assert (answer.contact_list, answer.default_contact_list) == ([WORK], FRIENDS)


def test_android_gets_bare_lists_in_1_3(new_phone, holder):
    phone = new_phone(version="1.3", client_id="JiMMY")
    phone.log_in("wv:alice@example.org")
    holder.roster(phone.sid, NURSE)
    answer = phone.ask(GetListRequest())
    assert answer.contact_list == [WORK]
    assert answer.contact_list_id_list is None


def test_a_phone_that_logged_in_without_a_domain_gets_short_addresses(new_phone, holder):
    phone = new_phone()
    phone.log_in("alice")
    holder.roster(phone.sid, ROMEO, Item("bob@example.org", "Bob"))
    assert phone.ask(GetListRequest()).default_contact_list == "wv:alice/friends"
    assert read(phone, "wv:alice/friends") == {"wv:romeo@example.net": "Romeo", "wv:bob": "Bob"}


# --- reading a list ---


def test_a_list_is_read_with_its_properties(stocked):
    answer = manage(stocked, receive=True)
    assert [(each.user_id, each.name) for each in answer.nick_list.nick_name] == [("wv:romeo@example.net", "Romeo")]
    assert properties_of(answer) == {"DisplayName": "Friends", "Default": "T"}


def test_a_contact_without_a_name_has_its_local_part_for_one(stocked):
    """Android stops loading for good at a NickName without Name."""
    assert read(stocked, WORK) == {"wv:nurse@example.net": "nurse"}


def test_who_asks_for_nothing_gets_the_list(stocked):
    assert manage(stocked).nick_list.nick_name[0].name == "Romeo"


def test_who_wants_no_list_gets_the_result_only(stocked):
    answer = manage(stocked, receive=False)
    assert answer.result.code == 200
    assert answer.nick_list is None
    assert answer.contact_list_properties is None


def test_an_empty_list_is_empty_but_there(phone):
    answer = manage(phone, receive=True)
    assert answer.result.code == 200
    assert answer.nick_list.nick_name == []


@pytest.mark.parametrize("name", ["WV:ALICE/FRIENDS@EXAMPLE.ORG", "alice/friends", "wv:/friends", "wv:alice/friends"])
def test_a_list_is_found_in_other_spellings(stocked, name):
    assert "wv:romeo@example.net" in read(stocked, name)


@pytest.mark.parametrize(
    ("name", "code"),
    [("wv:alice/enemies@example.org", 700), ("wv:bob/friends@example.org", 752), ("wv:alice@example.org", 752), (None, 752)],
)
def test_a_list_that_is_not_there_or_not_ones_own(phone, name, code):
    answer = manage(phone, name, receive=True)
    assert isinstance(answer, Status)
    assert answer.result.code == code


# --- adding ---


def test_a_new_contact_is_added_and_asked(phone, holder):
    answer = manage(phone, add=[("wv:romeo@example.net", "Romeo")], receive=True)
    assert answer.result.code == 200
    assert answer.nick_list.nick_name == [NickName(name="Romeo", user_id="wv:romeo@example.net")]
    (added,) = holder.ops(phone, "roster")
    assert (added["jid"], added["name"], added["groups"]) == ("romeo@example.net", "Romeo", [])
    (asked,) = holder.ops(phone, "directed")
    assert (asked["kind"], asked["jid"]) == ("subscribe", "romeo@example.net")


def test_in_1_1_every_change_is_answered_with_the_list(new_phone):
    phone = new_phone(version="1.1")
    phone.log_in("wv:alice@example.org")
    answer = manage(phone, add=[("romeo", "R")])
    assert [each.user_id for each in answer.nick_list.nick_name] == ["wv:romeo"]


def test_the_spelling_of_the_phone_is_kept(phone):
    manage(phone, add=[("WV:Romeo@Example.NET", "R")])
    assert read(phone) == {"WV:Romeo@Example.NET": "R"}


def test_a_contact_of_one_list_joins_another(stocked, holder):
    manage(stocked, WORK, add=[("wv:romeo@example.net", "Romeo")])
    (added,) = holder.ops(stocked, "roster")
    assert added["groups"] == ["Friends", "Work"]
    assert holder.ops(stocked, "directed") == []


def test_adding_again_changes_the_name(stocked, holder):
    assert manage(stocked, add=[("wv:romeo@example.net", "Montague")]).result.code == 200
    assert read(stocked) == {"wv:romeo@example.net": "Montague"}
    assert holder.ops(stocked, "directed") == []


def test_oneself_is_not_added(phone, holder):
    assert manage(phone, add=[("wv:alice@example.org", "me")]).result.code == 200
    assert holder.ops(phone, "roster") == []


def test_a_malformed_contact_is_named_and_the_others_are_added(phone):
    answer = manage(phone, add=[("sip:x@y", "bad"), ("wv:romeo@example.net", "R")])
    assert answer.result.code == 201
    assert answer.result.detailed_result[0].code == 531
    assert answer.result.detailed_result[0].user_id == ["sip:x@y"]
    assert read(phone) == {"wv:romeo@example.net": "R"}


def test_a_contact_that_the_server_refuses_does_not_stop_the_others(phone, holder):
    holder.refuse = {"odd@example.net": 402}
    answer = manage(phone, add=[("wv:odd@example.net", "O"), ("wv:romeo@example.net", "R")])
    assert answer.result.code == 201
    assert [(each.code, each.user_id) for each in answer.result.detailed_result] == [(402, ["wv:odd@example.net"])]
    assert read(phone) == {"wv:romeo@example.net": "R"}


@pytest.mark.parametrize(("user", "code"), [("sip:x@y", 531), ("wv:odd@example.net", 402)])
def test_when_no_contact_is_added_that_is_no_success(phone, holder, user, code):
    """201 is only for some."""
    holder.refuse = {"odd@example.net": 402}
    assert manage(phone, add=[(user, "x")]).result.code == code


def test_a_server_that_does_not_answer_is_504(phone, holder, services):
    object.__setattr__(services.policy, "deadline", 0.5)
    holder.deaf = True
    assert manage(phone, add=[("wv:romeo@example.net", "R")]).result.code == 504


def test_a_stream_that_is_away_is_503(phone, holder):
    holder.refuse = {"romeo@example.net": 503}
    assert manage(phone, add=[("wv:romeo@example.net", "R")]).result.code == 503


# --- removing ---


def test_off_its_last_list_a_contact_leaves_the_roster(stocked, holder):
    assert manage(stocked, remove=["wv:romeo@example.net"]).result.code == 200
    (removed,) = holder.ops(stocked, "unroster")
    assert removed["jid"] == "romeo@example.net"
    assert read(stocked) == {}


def test_off_one_of_two_lists_it_stays_in_the_other(phone, holder):
    holder.roster(phone.sid, Item("romeo@example.net", "R", ("Work", "Friends"), "both"))
    manage(phone, WORK, remove=["wv:romeo@example.net"])
    (kept,) = holder.ops(phone, "roster")
    assert kept["groups"] == ["Friends"]
    assert read(phone) == {"wv:romeo@example.net": "R"}


@pytest.mark.parametrize("user", ["wv:nobody@example.net", "wv:nurse@example.net"])
def test_who_is_not_on_the_list_is_no_error(stocked, holder, user):
    assert manage(stocked, remove=[user]).result.code == 200
    assert holder.ops(stocked, "unroster") == []


def test_a_malformed_contact_to_remove_does_not_stop_the_others(stocked):
    manage(stocked, remove=["sip:x@y", "wv:romeo@example.net"])
    assert read(stocked) == {}


# --- lists ---


def create(phone, name, *users, version_answer=Status, **properties):
    request = CreateListRequest(contact_list=name)
    request.nick_list = NickList(nick_name=[NickName(name="N", user_id=user) for user in users])
    request.contact_list_properties = ContactListProperties(
        property=[Property(name=key, value=value) for key, value in properties.items()]
    )
    return phone.ask(request)


def test_a_list_is_made_and_filled(phone, holder):
    answer = create(phone, "wv:alice/club@example.org", "wv:romeo@example.net", DisplayName="The Club")
    assert answer.result.code == 200
    assert read(phone, "wv:alice/club@example.org") == {"wv:romeo@example.net": "N"}
    assert holder.ops(phone, "roster")[0]["groups"] == ["The Club"]
    assert phone.ask(GetListRequest()).contact_list == ["wv:alice/club@example.org"]


def test_an_empty_list_stays(phone):
    create(phone, "wv:alice/club@example.org")
    assert phone.ask(GetListRequest()).contact_list == ["wv:alice/club@example.org"]


def test_in_1_3_a_new_list_has_an_answer_of_its_own(new_phone):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    answer = create(phone, "wv:alice/club@example.org")
    assert isinstance(answer, CreateListResponse)
    assert properties_of(answer)["DisplayName"] == "club"


def test_a_nickname_one_level_too_deep_is_understood(phone):
    """Android writes it so."""
    request = CreateListRequest(contact_list="wv:alice/club@example.org")
    request.nick_list = NickList(nick_name=[NickName(name="R", user=User(user_id="wv:romeo@example.net"))])
    assert phone.ask(request).result.code == 200
    assert read(phone, "wv:alice/club@example.org") == {"wv:romeo@example.net": "R"}


@pytest.mark.parametrize(("name", "code"), [(FRIENDS, 701), ("wv:alice/FRIENDS@example.org", 701), ("wv:bob/x@example.org", 752)])
def test_a_list_that_is_there_or_not_ones_own_is_not_made(phone, name, code):
    assert create(phone, name).result.code == code


def test_there_is_an_end_of_lists(phone):
    codes = [create(phone, f"wv:alice/l{number}@example.org").result.code for number in range(31)]
    assert codes[0] == 200
    assert codes[-1] == 753


def test_a_list_is_deleted_and_its_contacts_leave(stocked, holder):
    assert stocked.ask(DeleteListRequest(contact_list=WORK)).result.code == 200
    assert [each["jid"] for each in holder.ops(stocked, "unroster")] == ["nurse@example.net"]
    assert stocked.ask(GetListRequest()).contact_list == []


def test_the_default_list_stays(phone):
    assert phone.ask(DeleteListRequest(contact_list=FRIENDS)).result.code == 752
    assert phone.ask(DeleteListRequest(contact_list="wv:alice/no@example.org")).result.code == 700


def test_a_list_is_renamed_on_all_its_contacts(stocked, holder):
    answer = manage(stocked, WORK, DisplayName="Office", receive=True)
    assert properties_of(answer)["DisplayName"] == "Office"
    assert [(each["jid"], each["groups"]) for each in holder.ops(stocked, "roster")] == [("nurse@example.net", ["Office"])]
    assert read(stocked, WORK) == {"wv:nurse@example.net": "nurse"}


def test_another_list_becomes_the_default_and_gets_who_has_no_group(stocked):
    manage(stocked, WORK, Default="T")
    assert stocked.ask(GetListRequest()).default_contact_list == WORK
    assert set(read(stocked, WORK)) == {"wv:nurse@example.net", "wv:romeo@example.net"}


def test_a_list_of_a_presence_client_touches_no_group(phone, holder):
    """But who is put on it is a contact: it is the only list that a Colibria client has."""
    name = "wv:alice/~pep1.0_privatelist@example.org"
    assert create(phone, name, "wv:romeo@example.net").result.code == 200
    assert read(phone, name) == {"wv:romeo@example.net": "N"}
    assert holder.ops(phone, "roster")[0]["groups"] == []
    manage(phone, name, remove=["wv:romeo@example.net"])
    assert read(phone, name) == {}
    assert "wv:romeo@example.net" in read(phone)


def test_lists_are_of_the_account_and_outlive_the_session(phone, new_phone):
    create(phone, "wv:alice/club@example.org")
    other = new_phone(client_id="another")
    other.log_in("wv:alice@example.org")
    assert other.ask(GetListRequest()).contact_list == ["wv:alice/club@example.org"]


# --- a contact on several lists ---

ROMEO_ID = "wv:romeo@example.net"


def test_a_second_list_takes_nobody_off_the_default_list(every_phone, holder):
    """The roster item has no group, which is what the default list goes by."""
    phone = every_phone
    holder.roster(phone.sid, ROMEO, NURSE)
    assert manage(phone, WORK, add=[(ROMEO_ID, "Romeo")], receive=False).result.code == 200
    assert holder.ops(phone, "roster")[-1]["groups"] == ["Friends", "Work"]
    assert ROMEO_ID in read(phone)
    assert ROMEO_ID in read(phone, WORK)


def test_off_the_second_list_a_contact_stays_in_the_roster(stocked, holder):
    manage(stocked, WORK, add=[(ROMEO_ID, "Romeo")])
    manage(stocked, WORK, remove=[ROMEO_ID])
    assert holder.ops(stocked, "unroster") == []
    assert ROMEO_ID in read(stocked)
    assert ROMEO_ID not in read(stocked, WORK)


def test_a_new_list_with_contacts_takes_nobody_off_another(stocked):
    club = "wv:alice/club@example.org"
    assert create(stocked, club, ROMEO_ID, "wv:nurse@example.net").result.code == 200
    assert set(read(stocked, club)) == {ROMEO_ID, "wv:nurse@example.net"}
    assert ROMEO_ID in read(stocked)
    assert "wv:nurse@example.net" in read(stocked, WORK)


def test_a_deleted_list_takes_only_its_own_contacts_along(stocked, holder):
    club = "wv:alice/club@example.org"
    create(stocked, club, ROMEO_ID, "wv:paris@example.net")
    assert stocked.ask(DeleteListRequest(contact_list=club)).result.code == 200
    assert [each["jid"] for each in holder.ops(stocked, "unroster")] == ["paris@example.net"]
    assert ROMEO_ID in read(stocked)


def test_a_contact_that_only_a_presence_client_keeps_stays_its_contact(stocked, holder):
    private = "wv:alice/~pep1.0_privatelist@example.org"
    create(stocked, private, ROMEO_ID)
    manage(stocked, remove=[ROMEO_ID])
    assert holder.ops(stocked, "unroster") == []
    assert ROMEO_ID not in read(stocked)
    assert ROMEO_ID in read(stocked, private)
    assert WORK in (shown := stocked.ask(GetListRequest()).contact_list)
    assert len(shown) == 2
    manage(stocked, private, remove=[ROMEO_ID])
    assert [each["jid"] for each in holder.ops(stocked, "unroster")] == ["romeo@example.net"]


@pytest.mark.parametrize("name", ["Friends", "Work"])
def test_a_list_named_like_another_is_a_list_of_its_own(stocked, holder, name):
    """One group for both would take a contact off both lists at once."""
    club = "wv:alice/club@example.org"
    create(stocked, club, ROMEO_ID, "wv:nurse@example.net", DisplayName=name)
    assert properties_of(manage(stocked, club, receive=True))["DisplayName"] == name
    manage(stocked, club, remove=[ROMEO_ID, "wv:nurse@example.net"])
    assert read(stocked, club) == {}
    assert ROMEO_ID in read(stocked)
    assert "wv:nurse@example.net" in read(stocked, WORK)


@pytest.mark.parametrize("name", ["Friends", "Work"])
def test_a_list_renamed_like_another_stays_apart_from_it(stocked, holder, name):
    club = "wv:alice/club@example.org"
    create(stocked, club, ROMEO_ID, "wv:nurse@example.net")
    assert manage(stocked, club, DisplayName=name).result.code == 200
    manage(stocked, club, remove=[ROMEO_ID, "wv:nurse@example.net"])
    assert ROMEO_ID in read(stocked)
    assert "wv:nurse@example.net" in read(stocked, WORK)


def test_a_list_of_a_presence_client_does_not_become_the_default(stocked):
    private = "wv:alice/~pep1.0_privatelist@example.org"
    create(stocked, private, Default="T")
    manage(stocked, private, Default="T")
    assert stocked.ask(GetListRequest()).default_contact_list == FRIENDS
    assert ROMEO_ID in read(stocked)
