"""Who may see the user: decisions, grants in advance, watchers. The XMPP side is told by commands."""

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CancelAuthRequest,
    CreateAttributeListRequest,
    DeleteAttributeListRequest,
    GetAttributeListRequest,
    GetReactiveAuthStatusRequest,
    GetWatcherListRequest,
    OnlineStatus,
    PollingRequest,
    PresenceAuthRequest,
    PresenceAuthUser,
    PresenceSubList,
    StatusText,
    UpdatePresenceRequest,
    User,
    UserIDList,
)
from onesoup.csp.lists import Item
from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery, StreamChanges

ROMEO, NURSE = "wv:romeo@example.net", "wv:nurse@example.net"
WATCHER = Item("romeo@example.net", "R", subscription="from")
ONLINE = PresenceSubList(online_status=OnlineStatus())


def told(phone, holder):
    return [(each["kind"], each["jid"]) for each in holder.ops(phone, "directed")]


@pytest.mark.parametrize(("accepted", "kind"), [(True, "subscribed"), (False, "unsubscribed")])
def test_a_decision_goes_to_the_server_also_when_nobody_asked(every_phone, holder, accepted, kind):
    assert every_phone.ask(PresenceAuthUser(user_id=ROMEO, acceptance=accepted)).result.code == 200
    assert told(every_phone, holder) == [(kind, "romeo@example.net")]


@pytest.mark.parametrize(
    "known", [None, Item("tg.example.net", subscription="from"), Item("tg.example.net", subscription="both")]
)
def test_a_bridge_that_is_let_in_becomes_a_contact(every_phone, holder, known):
    """Else a user who is slower than the bridge has accepted nothing, on servers that withdraw its request meanwhile."""
    if known is not None:
        holder.roster(every_phone.sid, known)
    assert every_phone.ask(PresenceAuthUser(user_id="wv:tg.example.net@tg.example.net", acceptance=True)).result.code == 200
    asked = [("subscribe", "tg.example.net")] if known is None or not known.sees else []
    assert told(every_phone, holder) == [("subscribed", "tg.example.net"), *asked]


def test_a_grant_is_withdrawn(phone, holder):
    assert phone.ask(CancelAuthRequest(user_id=ROMEO)).result.code == 200
    assert told(phone, holder) == [("unsubscribed", "romeo@example.net")]


def test_the_phone_is_asked_in_the_spelling_of_the_address(phone, holder):
    payload = records.pack_event("auth", "romeo@example.net", 1)
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("e-1", "romeo@example.net", payload)]))
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    question = reply.transactions[0].content
    assert isinstance(question, PresenceAuthRequest)
    assert question.user_id == ROMEO
    assert question.presence_sub_list.online_status == OnlineStatus()


def test_watchers_in_the_form_of_each_version(every_phone, holder):
    holder.roster(every_phone.sid, WATCHER, Item("nurse@example.net", "N", subscription="to"), Item("transport.example.net"))
    answer = every_phone.ask(GetWatcherListRequest())
    if every_phone.version == "1.1":
        assert [each.user_id for each in answer.user] == [ROMEO]
    elif every_phone.version == "1.2":
        assert [(each.user.user_id, each.watcher_status) for each in answer.watcher] == [(ROMEO, "CURRENT_SUBSCRIBER")]
    else:
        assert ([each.user_id for each in answer.watcher], answer.watcher_count) == ([ROMEO], 1)


def test_the_state_of_each_authorization(phone, holder, services):
    holder.roster(phone.sid, WATCHER)
    services.lists.pending.put("alice@example.org", "nurse@example.net", "please")
    answer = phone.ask(GetReactiveAuthStatusRequest(user_id=[ROMEO, NURSE, "wv:tybalt@example.net"]))
    states = {each.user_id: each.reactive_auth_state for each in answer.reactive_auth_status_list.reactive_auth_status}
    assert states == {ROMEO: "GRANTED", NURSE: "PENDING", "wv:tybalt@example.net": "DENIED"}


def test_the_default_list_approves_nobody(phone, holder):
    assert phone.ask(CreateAttributeListRequest(presence_sub_list=ONLINE, default_list=True)).result.code == 200
    assert told(phone, holder) == []


def test_a_list_for_a_user_grants_in_advance_and_its_end_takes_that_back(phone, holder):
    phone.ask(CreateAttributeListRequest(presence_sub_list=ONLINE, user_id=[NURSE], default_list=False))
    phone.ask(DeleteAttributeListRequest(user_id=[NURSE], default_list=False))
    assert told(phone, holder) == [("subscribed", "nurse@example.net"), ("unsubscribed", "nurse@example.net")]


def test_who_could_see_us_before_is_not_thrown_out_with_the_list(phone, holder):
    holder.roster(phone.sid, WATCHER)
    phone.ask(CreateAttributeListRequest(presence_sub_list=ONLINE, user_id=[ROMEO], default_list=False))
    phone.ask(DeleteAttributeListRequest(user_id=[ROMEO], default_list=False))
    assert told(phone, holder) == []


def test_lists_are_given_back(phone, holder):
    both = PresenceSubList(online_status=OnlineStatus(), status_text=StatusText())
    phone.ask(CreateAttributeListRequest(presence_sub_list=both, user_id=[NURSE], default_list=True))
    answer = phone.ask(GetAttributeListRequest(default_list=True, user=[User(user_id=NURSE)]))
    assert answer.default_attribute_list.presence_sub_list == [both]
    assert [(each.user_id, each.presence_sub_list) for each in answer.presence] == [(NURSE, [both])]


def test_what_the_default_list_leaves_out_is_not_published(phone, holder):
    phone.ask(CreateAttributeListRequest(presence_sub_list=ONLINE, default_list=True))
    text = StatusText(qualifier=True, presence_value="secret meeting")
    phone.ask(UpdatePresenceRequest(presence_sub_list=PresenceSubList(status_text=text)))
    assert [each.get("status") for each in holder.ops(phone, "presence")] == [None]


def test_no_more_watchers_than_the_phone_takes(every_phone, holder):
    """1.3 says how many there are all the same."""
    holder.roster(every_phone.sid, *(Item(f"r{n}@example.net", "R", subscription="both") for n in range(5)))
    answer = every_phone.ask(GetWatcherListRequest(max_watcher_list=2))
    assert len(answer.user or answer.watcher) == 2
    assert answer.watcher_count == (5 if every_phone.version == "1.3" else None)


def test_attribute_lists_in_the_form_of_each_version(every_phone, holder):
    """Made, asked for by name and all together, and taken away; 1.3 wraps the names."""
    both = PresenceSubList(online_status=OnlineStatus(), status_text=StatusText())
    wrapped = every_phone.version == "1.3"
    named = {"user_id_list": UserIDList(user_id=[NURSE])} if wrapped else {"user_id": [NURSE]}
    asked = {"user_id_list": UserIDList(user_id=[NURSE])} if wrapped else {"user": [User(user_id=NURSE)]}
    every_phone.ask(CreateAttributeListRequest(presence_sub_list=both, default_list=True, **named))
    for request in (GetAttributeListRequest(default_list=True, **asked), GetAttributeListRequest()):
        answer = every_phone.ask(request)
        assert answer.default_attribute_list.presence_sub_list == [both]
        assert [(each.user_id, each.presence_sub_list) for each in answer.presence] == [(NURSE, [both])]
    every_phone.ask(DeleteAttributeListRequest(default_list=True, **named))
    left = every_phone.ask(GetAttributeListRequest())
    assert (left.presence, left.default_attribute_list) == ([], None)


@pytest.mark.parametrize(
    ("item", "removed"),
    [
        (None, 1),  # the server's word of the grant is still on its way
        (Item("nurse@example.net"), 1),  # made for the grant alone
        (Item("nurse@example.net", "Nurse", ("Friends",)), 0),
        (Item("nurse@example.net", subscription="to"), 0),
    ],
)
def test_a_grant_that_was_not_used_goes_with_the_roster_item_made_for_it(phone, holder, item, removed):
    """Prosody keeps it otherwise. A contact is never removed for that."""
    phone.ask(CreateAttributeListRequest(presence_sub_list=ONLINE, user_id=[NURSE], default_list=False))
    if item is not None:
        holder.roster(phone.sid, item)
    phone.ask(DeleteAttributeListRequest(user_id=[NURSE], default_list=False))
    assert len(holder.ops(phone, "unroster")) == removed


def test_a_stranger_who_is_refused_costs_no_roster_change(phone, holder):
    phone.ask(PresenceAuthUser(user_id=ROMEO, acceptance=False))
    phone.ask(CancelAuthRequest(user_id=ROMEO))
    assert holder.ops(phone, "unroster") == []
