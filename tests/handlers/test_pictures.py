"""Pictures of a phone: accepted at once into the outbox, or refused at once where the records tell that it is in vain.
How a phone wants its messages: cut to a new length, and for single groups."""

import base64

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    GetMessageRequest,
    MessageDelivered,
    MessageInfo,
    MessageNotification,
    NewMessage,
    PollingRequest,
    Recipient,
    SendMessageRequest,
    SetDeliveryMethodRequest,
    User,
)
from onesoup.csp.messages import Text
from onesoup.store import keys, records
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from tests.support import in_redis

ROMEO, NURSE = "wv:romeo@example.net", "wv:nurse@example.net"
JPEG = b"\xff\xd8\xff" + bytes(2000)


def send(phone, *to, data=JPEG, kind="image/jpeg", report=False, **about):
    info = MessageInfo(
        content_type=kind, content_encoding="BASE64", recipient=Recipient(user=[User(user_id=each) for each in to]), **about
    )
    content = base64.b64encode(data).decode()
    return phone.ask(SendMessageRequest(delivery_report=report, message_info=info, content_data=content))


def take(phone):
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    return None if reply is None else reply.transactions[0]


def answer(phone, told):
    """The phone has this message; what comes with the answer to that."""
    reply = phone.tell(told.id, MessageDelivered(message_id=told.content.message_info.message_id))
    return None if reply is None else reply.transactions[0]


def negotiated(phone, **wishes):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(client_type="MOBILE_PHONE", **wishes)))


# --- out ---


def test_a_picture_is_one_command_for_all_its_recipients(every_phone, holder):
    answer = send(every_phone, ROMEO, NURSE, report=True)
    (command,) = holder.ops(every_phone, "media")
    assert answer.result.code == 200
    first, second = answer.message_id, f"{answer.message_id}.1"
    assert command["to"] == {first: "romeo@example.net", second: "nurse@example.net"}
    assert (command["type"], command["name"], command["data"]) == ("image/jpeg", "image.jpg", JPEG)
    asked = in_redis.whole(every_phone.exchange._services.sessions, every_phone.sid, "asked")
    assert set(asked) == {first.encode(), second.encode()}


@pytest.mark.parametrize(("upload", "code"), [(0, 415), (100, 410), (1000000, 200), (None, 200)])
def test_what_the_server_does_not_take_is_refused_at_once(phone, holder, upload, code):
    """As long as nothing is known of the server the message is kept: it comes back if it must."""
    if upload is not None:
        holder.feed.store(phone.sid, 1, StreamChanges(upload_limit=upload))
    assert send(phone, ROMEO).result.code == code
    assert len(holder.ops(phone, "media")) == (code == 200)


def test_a_repeated_picture_of_android_is_sent_once(new_phone, holder):
    android = new_phone(client_id="JiMMY")
    android.log_in("wv:alice@example.org")
    first, again = send(android, ROMEO), send(android, ROMEO)
    assert first.message_id == again.message_id
    assert send(android, ROMEO, data=JPEG + b"x").message_id != first.message_id
    assert len(holder.ops(android, "media")) == 2


def test_an_address_in_the_place_of_content_goes_as_a_link(phone, holder):
    info = MessageInfo(message_uri="http://x.example/1.jpg", recipient=Recipient(user=[User(user_id=ROMEO)]))
    phone.ask(SendMessageRequest(message_info=info))
    (command,) = holder.ops(phone, "message")
    assert command["body"] == command["url"] == "http://x.example/1.jpg"


# --- how long a message is valid ---


@pytest.mark.parametrize("report", [False, True])
def test_a_message_with_a_validity_is_reported_when_nobody_confirms_it_in_time(every_phone, holder, services, report):
    info = MessageInfo(validity=60, recipient=Recipient(user=[User(user_id=ROMEO)]))
    answer = every_phone.ask(SendMessageRequest(delivery_report=report, message_info=info, content_data="x"))
    assert holder.feed.items.overdue_reports(every_phone.sid) == []
    valid = keys.of(every_phone.sid, "valid")[0]
    assert holder.client.zrange(valid, 0, -1) == ([answer.message_id.encode()] if report else [])
    if report:
        holder.client.zadd(valid, {answer.message_id: 1})  # its time has come
        assert holder.feed.items.overdue_reports(every_phone.sid) == [(answer.message_id, "romeo@example.net")]


def test_who_has_a_report_is_not_overdue(phone, holder):
    info = MessageInfo(validity=60, recipient=Recipient(user=[User(user_id=ROMEO)]))
    sent = phone.ask(SendMessageRequest(delivery_report=True, message_info=info, content_data="x")).message_id
    holder.client.zadd(keys.of(phone.sid, "valid")[0], {sent: 1})
    payload = records.pack_event("report", "romeo@example.net", 1, id=sent, code=200)
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("e-1", "romeo@example.net", payload, needs=sent)]))
    assert holder.feed.items.overdue_reports(phone.sid) == []
    assert take(phone).content.result.code == 200


# --- in ---


def picture(holder, phone, id="p1"):
    text = Text(id, "romeo@example.net", "https://x.example/1", 1_700_000_000, "image/jpeg", JPEG)
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery(id, text.sender, records.pack_text(text))]))


def test_a_picture_is_pushed_to_who_takes_it(every_phone, holder):
    negotiated(every_phone, any_content=True)
    picture(holder, every_phone)
    told = take(every_phone).content
    assert (told.message_info.content_type, told.message_info.content_encoding) == ("image/jpeg", "BASE64")
    assert base64.b64decode(told.content_data) == JPEG


@pytest.mark.parametrize("wishes", [{}, {"any_content": True, "accepted_content_length": 2000}])
def test_who_does_not_take_it_gets_the_link(phone, holder, wishes):
    negotiated(phone, **wishes)
    picture(holder, phone)
    told = take(phone).content
    assert (told.message_info.content_type, told.content_data) == ("text/plain", "https://x.example/1")


def test_a_picture_is_told_and_fetched(every_phone, holder):
    negotiated(every_phone, any_content=True, initial_delivery_method="N")
    picture(holder, every_phone)
    told = take(every_phone).content
    assert isinstance(told, MessageNotification)
    assert (told.message_info.content_type, told.message_info.content_size) == ("image/jpeg", len(JPEG))
    got = every_phone.ask(GetMessageRequest(message_id="p1"))
    assert base64.b64decode(got.content_data) == JPEG


def test_a_picture_is_kept_for_long_as_its_link_only():
    text = Text("p1", "romeo@example.net", "https://x.example/1", 5, "image/jpeg", JPEG)
    kept = records.lasting(records.pack_stored(text))
    assert records.unpack_stored(kept) == Text("p1", "romeo@example.net", "https://x.example/1", 5)
    assert JPEG not in kept
    assert records.lasting(kept) == kept


# --- the length that a phone wants ---

LONG = "word " * 100  # 500 octets


def delivered(phone):
    """Everything that waits, message by message."""
    found, told = [], take(phone)
    while told is not None:
        assert isinstance(told.content, NewMessage)
        found.append(told.content)
        told = answer(phone, told) or take(phone)
    return found


@pytest.mark.parametrize("how", ["method", "capabilities"])
def test_what_waits_is_cut_to_the_length_that_the_phone_names(every_phone, holder, how):
    holder.says(every_phone.sid, "romeo@example.net", "first", "m0")
    holder.says(every_phone.sid, "romeo@example.net", LONG, "m1", receipt=records.pack_command({"op": "receipt", "id": "m1"}))
    holder.says(every_phone.sid, "romeo@example.net", "last", "m2")
    if how == "method":
        every_phone.ask(SetDeliveryMethodRequest(delivery_method="P", accepted_content_length=200))
    else:
        negotiated(every_phone, accepted_content_length=200)
    told = delivered(every_phone)
    texts = [each.content_data for each in told]
    assert (texts[0], texts[-1]) == ("first", "last")
    assert len(texts) == 5
    assert all(len(each) <= 200 for each in texts)
    assert " ".join(each.strip() for each in texts[1:-1]) == LONG.strip()
    assert len({each.message_info.message_id for each in told}) == 5
    assert [each["id"] for each in holder.ops(every_phone, "receipt")] == ["m1"]


def test_a_message_that_was_handed_out_is_not_cut_any_more(phone, holder):
    holder.says(phone.sid, "romeo@example.net", LONG, "m1")
    told = take(phone)
    phone.ask(SetDeliveryMethodRequest(delivery_method="P", accepted_content_length=200))
    assert answer(phone, told) is None
    assert take(phone) is None


def test_a_new_length_is_told_to_the_holder_and_stays_inside_what_the_parser_takes(phone, holder, services):
    negotiated(phone, parser_size=5000)
    phone.ask(SetDeliveryMethodRequest(delivery_method="P", accepted_content_length=100_000))
    assert holder.ops(phone, "limits")
    caps = records.unpack_caps(in_redis.fields(services.sessions, phone.sid, ["caps"])[0])
    assert (caps.accepted, caps.delivery) == (4000, "P")
    phone.ask(SetDeliveryMethodRequest(delivery_method="N"))
    caps = records.unpack_caps(in_redis.fields(services.sessions, phone.sid, ["caps"])[0])
    assert (caps.accepted, caps.delivery) == (4000, "N")


def test_a_group_has_a_method_of_its_own(every_phone, services):
    def kept():
        return records.unpack_plain(in_redis.fields(services.sessions, every_phone.sid, ["gd"])[0], {})

    ask = every_phone.ask
    assert ask(SetDeliveryMethodRequest(delivery_method="N", group_id="wv:/Club@conference.example.org")).result.code == 200
    assert ask(
        SetDeliveryMethodRequest(delivery_method="N", accepted_content_length=300, group_id="wv:alice/Chat@example.org")
    ).result.code == 200  # fmt: skip
    assert kept() == {"club@conference.example.org": ["N", 0], "alice/chat@example.org": ["N", 300]}
    ask(SetDeliveryMethodRequest(delivery_method="P", group_id="/club@CONFERENCE.example.org"))
    assert kept()["club@conference.example.org"] == ["P", 0]
    # Messages to the user alone are as before.
    assert records.unpack_caps(in_redis.fields(services.sessions, every_phone.sid, ["caps"])[0]).delivery == "P"


@pytest.mark.parametrize(
    ("method", "group", "code"), [("X", None, 402), ("X", "wv:/club@x", 402), ("N", "sip:club@x", 901), ("N", "wv:@x", 901)]
)
def test_a_method_or_a_group_that_is_none(phone, method, group, code):
    assert phone.ask(SetDeliveryMethodRequest(delivery_method=method, group_id=group)).result.code == code


def test_only_so_many_groups_are_remembered_the_newest(phone, services):
    for number in range(60):
        phone.ask(SetDeliveryMethodRequest(delivery_method="N", group_id=f"wv:/g{number}@x"))
    kept = records.unpack_plain(in_redis.fields(services.sessions, phone.sid, ["gd"])[0], {})
    assert list(kept) == [f"g{number}@x" for number in range(10, 60)]
