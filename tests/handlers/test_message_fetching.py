"""Delivery method N: the phone is told of a message and fetches it (flows.md 6.3); reports of what it sent (6.4)."""

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    DeliveryReportRequest,
    ForwardMessageRequest,
    ForwardMessageResponse,
    GetMessageListRequest,
    GetMessageRequest,
    MessageDelivered,
    MessageInfo,
    MessageNotification,
    PollingRequest,
    Recipient,
    RejectMessageRequest,
    Result,
    SendMessageRequest,
    SetDeliveryMethodRequest,
    Status,
    User,
)
from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery, StreamChanges

ROMEO = "wv:romeo@example.net"
OK = Status(result=Result(code=200))


def poll(phone):
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    return None if reply is None else reply.transactions[0]


def fetching(phone, holder, *ids):
    """A phone with method N that has been told of some messages."""
    phone.ask(SetDeliveryMethodRequest(delivery_method="N"))
    for id in ids:
        holder.says(phone.sid, "romeo@example.net", f"text of {id}", id)
        told = poll(phone)
        assert isinstance(told.content, MessageNotification)
        assert told.content.message_info.message_id == id
        assert phone.tell(told.id, OK) is None


def listed(phone):
    answer = phone.ask(GetMessageListRequest())
    infos = answer.message_info_list.message_info if phone.version == "1.3" else answer.message_info
    return [each.message_id for each in infos]


def test_a_message_is_told_fetched_and_acknowledged(every_phone, holder):
    fetching(every_phone, holder, "m1")
    got = every_phone.ask(GetMessageRequest(message_id="m1"))
    assert (got.content_data, got.message_info.sender.user.user_id) == ("text of m1", ROMEO)
    assert listed(every_phone) == ["m1"]
    assert every_phone.ask(MessageDelivered(message_id="m1")).result.code == 200
    assert listed(every_phone) == []


def test_the_news_of_a_message_is_not_repeated_once_it_was_answered(phone, holder):
    fetching(phone, holder, "m1")
    assert poll(phone) is None


def test_a_message_that_is_not_there(phone):
    assert phone.ask(GetMessageRequest(message_id="nope")).result.code == 426


def test_a_refused_message_goes_without_a_receipt(phone, holder):
    fetching(phone, holder, "m1", "m2")
    assert phone.ask(RejectMessageRequest(message_id=["m1"])).result.code == 200
    assert listed(phone) == ["m2"]
    answer = phone.ask(RejectMessageRequest(message_id=["m2", "gone"]))
    assert (answer.result.code, answer.result.detailed_result[0].code) == (201, 426)
    assert phone.ask(RejectMessageRequest(message_id=["gone"])).result.code == 426


def test_a_message_is_sent_on_and_stays(every_phone, holder):
    fetching(every_phone, holder, "m1")
    to = Recipient(user=[User(user_id="wv:nurse@example.net")])
    answer = every_phone.ask(ForwardMessageRequest(message_id="m1", recipient=to))
    assert isinstance(answer, ForwardMessageResponse if every_phone.version == "1.3" else Status)
    (sent,) = holder.ops(every_phone, "message")
    assert (sent["to"], sent["body"].splitlines()[-1]) == ("nurse@example.net", "text of m1")
    assert listed(every_phone) == ["m1"]


def test_the_count_of_a_list_is_a_limit(phone, holder):
    fetching(phone, holder, "m1", "m2")
    assert len(phone.ask(GetMessageListRequest(message_count=1)).message_info) == 1


def test_a_long_list_is_told_as_far_as_the_phone_can_read(phone, holder):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=4000)))
    for number in range(50):
        holder.says(phone.sid, "romeo@example.net", "hi", f"m{number}")
    assert len(listed(phone)) >= 5
    assert len(phone.octets) <= 4000


def test_a_method_that_does_not_exist(phone):
    assert phone.ask(SetDeliveryMethodRequest(delivery_method="X")).result.code == 402


@pytest.mark.parametrize("asked", [True, False])
def test_a_report_comes_once_and_only_if_it_was_asked_for(every_phone, holder, asked):
    info = MessageInfo(recipient=Recipient(user=[User(user_id=ROMEO)]))
    sent = every_phone.ask(SendMessageRequest(delivery_report=asked, message_info=info, content_data="hello"))
    payload = records.pack_event("report", "romeo@example.net", 1_700_000_000, id=sent.message_id, code=200)
    for number in range(2):
        delivery = Delivery(f"e-{number}", "romeo@example.net", payload, needs=sent.message_id)
        holder.feed.store(every_phone.sid, 1, StreamChanges(items=[delivery]))
    told = poll(every_phone)
    if not asked:
        assert told is None
        return
    report = told.content
    assert isinstance(report, DeliveryReportRequest)
    assert (report.result.code, report.message_info.message_id) == (200, sent.message_id)
    assert (report.delivery_time is None) == (every_phone.version == "1.1")
    every_phone.tell(told.id, OK)
    assert poll(every_phone) is None
