"""Contact lists that are longer than a phone reads: every contact is on some list that the phone can read, and stays there."""

import re

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    AddNickList,
    CapabilityList,
    ClientCapabilityRequest,
    ContactListProperties,
    CreateListRequest,
    DeleteListRequest,
    Functions,
    FundamentalFeat,
    GetListRequest,
    GetSegmentRequest,
    GetSegmentResponse,
    ListManageRequest,
    NewMessage,
    NickName,
    PollingRequest,
    Property,
    RemoveNickList,
    SegmentID,
    ServiceFunc,
    ServiceRequest,
    SubscribePresenceRequest,
    WVCSPFeat,
)
from onesoup.csp.lists import Item
from onesoup.store.bounds import MOST_ROSTER
from onesoup.wire.document import ANY_TREE

FRIENDS, PART2 = "wv:alice/friends@example.org", "wv:alice/friends-2@example.org"
SIZE = 32_767


def crowd(count, groups=(), subscription="both"):
    return [Item(f"friend{number}@example.org", f"Friend {number:05} <&>", groups, subscription) for number in range(count)]


def stocked(new_phone, holder, items, size=SIZE, **more):
    phone = new_phone(**more)
    phone.log_in("wv:alice@example.org")
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=size)))
    for start in range(0, len(items), 1000):
        holder.roster(phone.sid, *items[start : start + 1000])
    return phone


def all_lists(phone):
    answer = phone.ask(GetListRequest())
    assert len(phone.octets) <= SIZE
    within = answer.contact_list_id_list.contact_list if answer.contact_list_id_list else []
    return list(dict.fromkeys([answer.default_contact_list, *answer.contact_list, *within]))


def manage(phone, name, add=(), remove=(), receive=True, **properties):
    request = ListManageRequest(contact_list=name, receive_list=receive)
    if add:
        request.add_nick_list = AddNickList(nick_name=[NickName(name=nick, user_id=user) for user, nick in add])
    if remove:
        request.remove_nick_list = RemoveNickList(user_id=list(remove))
    if properties:
        named = [Property(name=key, value=value) for key, value in properties.items()]
        request.contact_list_properties = ContactListProperties(property=named)
    return phone.ask(request)


def members(phone, name, most=SIZE):
    answer = manage(phone, name)
    assert answer.result.code == 200
    assert len(phone.octets) <= most
    return {each.user_id: each.name for each in answer.nick_list.nick_name}


def everybody(phone, most=SIZE):
    """Contact -> the list that it is on. Nobody is on two."""
    found = {}
    for name in all_lists(phone):
        there = members(phone, name, most)
        assert not found.keys() & there.keys()
        found |= dict.fromkeys(there, name)
    return found


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@pytest.mark.parametrize("encoding", ANY_TREE)
def test_every_contact_of_a_long_list_is_on_some_list(new_phone, holder, version, encoding):
    items = crowd(1500)
    phone = stocked(new_phone, holder, items, version=version, encoding=encoding)
    found = everybody(phone)
    assert found.keys() == {f"wv:{each.jid}" for each in items}
    assert len(set(found.values())) < 8
    phone.ask(ListManageRequest(contact_list=PART2, receive_list=True))
    shown = {each.name: each.value for each in manage(phone, PART2).contact_list_properties.property}
    assert shown == {"DisplayName": "Friends 2", "Default": "F"}


def test_the_largest_roster_that_is_kept(new_phone, holder):
    items = crowd(MOST_ROSTER)
    assert len(everybody(stocked(new_phone, holder, items))) == MOST_ROSTER


def test_names_go_on_from_list_to_list(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000))
    names = [sorted(members(phone, each).values()) for each in all_lists(phone)]
    assert [name for part in names for name in part] == sorted(name for part in names for name in part)


def test_a_short_list_stays_whole(new_phone, holder):
    phone = stocked(new_phone, holder, [*crowd(30), Item("a@x.org", "A", ("Work",))])
    assert all_lists(phone) == [FRIENDS, "wv:alice/work@example.org"]


def test_each_list_is_cut_on_its_own(new_phone, holder):
    work = [Item(f"w{number}@example.org", f"W {number}", ("Work",), "both") for number in range(600)]
    phone = stocked(new_phone, holder, [*crowd(600), *work])
    assert len(everybody(phone)) == 1200
    assert {"wv:alice/work@example.org", "wv:alice/work-2@example.org", FRIENDS, PART2} <= set(all_lists(phone))


def test_a_list_that_is_called_like_a_part_hides_nobody(new_phone, holder):
    odd = [Item("odd@example.org", "Odd", ("friends-2",), "both")]
    phone = stocked(new_phone, holder, [*crowd(1000), *odd])
    assert len(everybody(phone)) == 1001
    later = stocked(new_phone, holder, crowd(1000), client_id="another")
    everybody(later)
    holder.roster(later.sid, *odd)  # another client makes the group meanwhile
    assert len(everybody(later)) == 1001


def test_contacts_stay_where_the_phone_has_seen_them(new_phone, holder):
    items = crowd(1000)
    phone = stocked(new_phone, holder, items)
    before = everybody(phone)
    holder.roster(phone.sid, Item("new@example.net", "Friend 00000 A", (), "both"))
    after = everybody(phone)
    assert {who: where for who, where in after.items() if who in before} == before
    assert after["wv:new@example.net"] == FRIENDS


def test_a_part_that_has_grown_too_long_is_cut_anew(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000))
    all_lists(phone)
    more = [Item(f"more{number}@example.org", f"Friend 00000 {number}", (), "both") for number in range(200)]
    holder.roster(phone.sid, *more)
    members(phone, FRIENDS)
    assert len(everybody(phone)) == 1200


def test_a_contact_is_found_where_the_phone_has_put_it(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000))
    last = all_lists(phone)[-1]
    answer = manage(phone, last, add=[("wv:aaron@example.net", "Aaron")])
    assert "wv:aaron@example.net" in {each.user_id for each in answer.nick_list.nick_name}
    assert everybody(phone)["wv:aaron@example.net"] == last
    assert holder.ops(phone, "roster")[-1]["groups"] == []


def test_a_contact_that_is_moved_from_part_to_part_stays_a_contact(new_phone, holder):
    """Onto the one, off the other: how a phone moves somebody between lists."""
    phone = stocked(new_phone, holder, crowd(1000))
    who = "wv:friend0@example.org"
    assert everybody(phone)[who] == FRIENDS
    manage(phone, PART2, add=[(who, "Friend 00000")])
    manage(phone, FRIENDS, remove=[who])
    assert everybody(phone)[who] == PART2
    assert holder.ops(phone, "unroster") == []
    manage(phone, PART2, remove=[who])
    assert [each["jid"] for each in holder.ops(phone, "unroster")] == ["friend0@example.org"]


def test_parts_of_the_default_list_are_not_deleted_or_renamed(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000))
    all_lists(phone)
    assert phone.ask(DeleteListRequest(contact_list=PART2)).result.code == 752
    assert manage(phone, PART2, DisplayName="Others").result.code == 752
    assert phone.ask(CreateListRequest(contact_list=PART2)).result.code == 701
    assert holder.ops(phone, "unroster") == []


def test_a_deleted_part_takes_only_its_own_contacts_along(new_phone, holder):
    work = [Item(f"w{number:03}@example.org", f"W {number:03}", ("Work",), "both") for number in range(520)]
    phone = stocked(new_phone, holder, work)
    there = everybody(phone)
    part = "wv:alice/work-2@example.org"
    assert phone.ask(DeleteListRequest(contact_list=part)).result.code == 200
    assert everybody(phone).keys() == {who for who, where in there.items() if where != part}


def test_presence_is_subscribed_by_parts(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000, subscription="none"))
    all_lists(phone)
    assert phone.ask(SubscribePresenceRequest(contact_list=[PART2], auto_subscribe=True)).result.code == 200
    subscribed = {each for each in holder.feed.contacts.subscriptions(phone.sid) if not each.startswith("/")}
    assert {f"wv:{each}" for each in subscribed} == members(phone, PART2).keys()
    # Of all those who never agreed not everybody is asked again: the outbox has an end.
    assert len(holder.ops(phone, "directed")) <= 50


def test_where_not_all_fit_the_most_useful_come_first_and_the_user_is_told(new_phone, holder):
    strangers = [Item(f"s{number}@example.org", f"A stranger {number}", (), "none") for number in range(3000)]
    phone = stocked(new_phone, holder, [*strangers, *crowd(300)], size=3000)
    found = everybody(phone, most=3000)
    assert len(found) > 150
    assert found.keys() <= {f"wv:{each.jid}" for each in crowd(300)}
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    (told,) = reply.transactions
    assert isinstance(told.content, NewMessage)
    left = int(re.search(r"\d+", told.content.content_data)[0])
    assert left == 3300 - len(found) > 0
    again = stocked(new_phone, holder, [*strangers, *crowd(300)], size=3000)
    everybody(again, most=3000)
    assert holder.feed.items.count(again.sid) <= 1  # what was not acknowledged comes again; nothing is added to it


def test_a_phone_that_reads_segments_gets_one_long_list(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000), version="1.3")
    functions = Functions(WVCSPFeat(FundamentalFeat(service_func=ServiceFunc(sgmnt=True))))
    phone.ask(ServiceRequest(functions=functions, all_functions_request=False))
    assert all_lists(phone) == [FRIENDS]
    assert isinstance(manage(phone, FRIENDS), GetSegmentResponse)


def test_a_list_that_its_segments_do_not_hold_comes_in_parts_all_the_same(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1500), size=1100, version="1.3")
    functions = Functions(WVCSPFeat(FundamentalFeat(service_func=ServiceFunc(sgmnt=True))))
    phone.ask(ServiceRequest(functions=functions, all_functions_request=False))
    seen = 0
    for name in all_lists(phone):
        first = manage(phone, name)
        assert isinstance(first, GetSegmentResponse)
        tid, count = phone.reply.transactions[0].id, phone.reply.transactions[0].segments
        rest = [phone.ask(GetSegmentRequest(SegmentID(tid, number))).segment_content for number in range(2, count + 1)]
        seen += "".join([first.segment_content, *rest]).count("<UserID>")
    assert seen == 1500


def test_a_phone_that_never_asks_for_its_lists_reads_the_first_part(new_phone, holder):
    """Some phones know the address of their list and ask for that alone."""
    phone = stocked(new_phone, holder, crowd(1000))
    assert len(members(phone, FRIENDS)) > 200
    assert len(members(phone, PART2)) > 200


def test_a_phone_that_says_later_what_it_reads_gets_lists_that_fit(new_phone, holder):
    phone = stocked(new_phone, holder, crowd(1000), size=131_072)
    assert all_lists(phone) == [FRIENDS]
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=8000)))
    assert len(everybody(phone, most=8000)) == 1000
