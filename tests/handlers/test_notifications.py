"""Notifications, segments, and what is refused because XMPP has no such thing."""

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    DropSegmentRequest,
    ExtendConversationRequest,
    ExtendedRequest,
    Functions,
    FundamentalFeat,
    GetListRequest,
    GetMapRequest,
    GetSegmentRequest,
    GetSegmentResponse,
    GetWatcherListRequest,
    GroupFeat,
    GroupUseFunc,
    NotificationRequest,
    NotificationTypeList,
    PollingRequest,
    PresenceAuthRequest,
    SearchFunc,
    SegmentID,
    ServiceFunc,
    ServiceRequest,
    SubscribeNotificationRequest,
    UnsubscribeNotificationRequest,
    WVCSPFeat,
)
from onesoup.csp.lists import Item
from onesoup.handlers.segments import cut_text
from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.wire.document import ANY_TREE


@pytest.fixture
def phone(new_phone):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    return phone


def polled(phone):
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "", PollingRequest())))
    return reply.transactions[0] if reply is not None else None


# --- notifications ---


def want(*types):
    return SubscribeNotificationRequest(NotificationTypeList(list(types)))


def asks(holder, phone, jid="eve@example.net"):
    event = records.pack_event("auth", jid, 1_700_000_000)
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("e-1", jid, event)]))


def test_who_subscribes_it_is_told_by_notification_who_asks(phone, holder):
    assert phone.ask(want("ANU", "CLC")).result.code == 200
    assert holder.ops(phone, "notices") == [{"op": "notices", "types": ["ANU", "CLC"]}]
    asks(holder, phone)
    told = polled(phone).content
    assert isinstance(told, NotificationRequest)
    assert (told.notification_type, told.user_id_list.user_id) == ("ANU", ["wv:eve@example.net"])


def test_who_does_not_or_no_more_is_asked_as_before(phone, holder):
    phone.ask(want("ANU", "CLC"))
    assert phone.ask(UnsubscribeNotificationRequest(NotificationTypeList(["ANU"]))).result.code == 200
    assert holder.ops(phone, "notices")[-1]["types"] == ["CLC"]
    asks(holder, phone)
    assert isinstance(polled(phone).content, PresenceAuthRequest)


def test_changed_lists_are_named(phone, holder):
    event = records.pack_event("lists", "alice@example.org", 1, tokens=["friends", "g\u00e4ste"])
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("e-1", "alice@example.org", event)]))
    told = polled(phone).content
    assert told.notification_type == "CLC"
    assert told.contact_list_id_list.contact_list == ["wv:alice/friends@example.org", "wv:alice/g%C3%A4ste@example.org"]


@pytest.mark.parametrize("wrong", [[], ["ANU", "NO_SUCH"], [" "]])
def test_types_that_nobody_knows_change_nothing(phone, holder, wrong):
    for request in (SubscribeNotificationRequest, UnsubscribeNotificationRequest):
        assert phone.ask(request(NotificationTypeList(wrong))).result.code == 402
        assert phone.ask(request()).result.code == 402
    assert holder.ops(phone, "notices") == []


# --- segments ---


def small(phone, size=1500, segments=True):
    if segments:
        functions = Functions(WVCSPFeat(FundamentalFeat(service_func=ServiceFunc(sgmnt=True))))
        phone.ask(ServiceRequest(functions=functions, all_functions_request=False))
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=size)))


def crowd(holder, phone):
    holder.roster(phone.sid, *(Item(f"watcher{n}@example.org", "", (), "both") for n in range(60)))


@pytest.mark.parametrize("encoding", ANY_TREE)
def test_a_long_answer_comes_in_segments_to_who_asked_for_that(new_phone, holder, encoding):
    phone = new_phone(version="1.3", encoding=encoding)
    phone.log_in("wv:alice@example.org")
    crowd(holder, phone)
    whole = phone.ask(GetWatcherListRequest())
    small(phone)
    first = phone.ask(GetWatcherListRequest(), tid="t7")
    assert isinstance(first, GetSegmentResponse)
    count = phone.reply.transactions[0].segments
    parts = [first.segment_content]
    for number in range(2, count + 1):
        assert len(phone.octets) <= 1500
        parts.append(phone.ask(GetSegmentRequest(SegmentID("t7", number))).segment_content)
    text = "".join(parts)
    assert text.count("<UserID>") == len(whole.watcher) == 60
    assert text.startswith("<GetWatcherList-Response")
    for wrong, code in ((0, 402), (count + 1, 402), (None, 402)):
        assert phone.ask(GetSegmentRequest(SegmentID("t7", wrong))).result.code == code
    assert phone.ask(DropSegmentRequest(SegmentID("t7"))).result.code == 200
    for request in (GetSegmentRequest(SegmentID("t7", 1)), DropSegmentRequest(SegmentID("t7")), DropSegmentRequest()):
        assert phone.ask(request).result.code == 420


@pytest.mark.parametrize(("segments", "version"), [(False, "1.1"), (False, "1.3"), (True, "1.2")])
def test_others_get_as_much_of_it_as_they_read(new_phone, holder, segments, version):
    phone = new_phone(version=version)
    phone.log_in("wv:alice@example.org")
    crowd(holder, phone)
    small(phone, 1500, segments)
    answer = phone.ask(GetWatcherListRequest())
    assert 1200 < len(phone.octets) <= 1500
    assert 4 < len(answer.user or answer.watcher) < 60
    assert answer.watcher_count in (None, 60)


def test_a_phone_that_reads_not_even_one_entry_is_told_so(new_phone, holder):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    crowd(holder, phone)
    small(phone, 600)
    assert phone.ask(GetWatcherListRequest()).result.code == 432


@pytest.mark.parametrize("text", ["", "abc", "<a>&amp;</a>" * 40, "\u00e4\U0001f600" * 100])
def test_a_text_is_cut_without_loss(text):
    parts = cut_text(text, 50)
    assert "".join(parts) == text
    assert all(len(part) <= 50 for part in parts)


# --- no counterpart ---


def test_what_xmpp_does_not_have_is_refused(phone, holder):
    assert phone.ask(GetMapRequest(user_id="wv:bob@example.org")).result.code == 405
    assert phone.ask(ExtendedRequest(text="secret")).result.code == 501
    assert phone.ask(ExtendConversationRequest(extend_conversation_id="1")).result.code == 501
    assert phone.ask(GetListRequest()).default_contact_list


def test_services_that_are_asked_for_by_name_and_missing_are_named(phone):
    wishes = WVCSPFeat(
        fundamental_feat=FundamentalFeat(
            service_func=ServiceFunc(getspi=True, getmap=True), search_func=SearchFunc(srch=True, advsr=True)
        ),
        group_feat=GroupFeat(group_use_func=GroupUseFunc(subgcn=True, excon=True)),
    )
    answer = phone.ask(ServiceRequest(functions=Functions(wishes), all_functions_request=False))
    assert answer.functions.wvcsp_feat == WVCSPFeat(
        fundamental_feat=FundamentalFeat(service_func=ServiceFunc(getmap=True)),
        group_feat=GroupFeat(group_use_func=GroupUseFunc(excon=True)),
    )
    whole = WVCSPFeat(FundamentalFeat(), group_feat=GroupFeat())
    assert phone.ask(ServiceRequest(functions=Functions(whole), all_functions_request=False)).functions is None
