"""Nothing goes out that is longer than the phone's parser takes, and no word of a message is lost by it."""

import time

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    GetMessageRequest,
    GetPresenceRequest,
    MessageDelivered,
    MessageNotification,
    NewMessage,
    PollingRequest,
    PresenceNotificationRequest,
    Status,
    SubscribePresenceRequest,
    SystemMessageRequest,
)
from onesoup.csp.lists import Item
from onesoup.csp.messages import Text
from onesoup.csp.transactions import status
from onesoup.handlers import system
from onesoup.store import keys, records
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.wire.document import ANY_TREE
from tests.support import in_redis

ROMEO = "romeo@example.net"
SIZE = 32_767


def negotiated(phone, **wishes):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(**{"parser_size": SIZE} | wishes)))
    return phone


@pytest.fixture(params=ANY_TREE)
def phones(request, new_phone):
    """Phones of each encoding."""

    def make(version="1.2"):
        phone = new_phone(version=version, encoding=request.param)
        phone.log_in("wv:alice@example.org")
        return phone

    return make


def messages_of(phone, most=SIZE):
    """All that waits, each acknowledged. No answer is longer than the phone reads."""
    got = []
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    while reply is not None:
        assert len(phone.octets) <= most
        (told,) = reply.transactions
        got.append(told.content)
        if isinstance(told.content, NewMessage):
            answer = MessageDelivered(message_id=told.content.message_info.message_id)
        else:
            answer = status(200)
        reply = phone.tell(told.id, answer)
    return got


@pytest.mark.parametrize("body", ["&" * 80_000, "a" * 100_000, "<é\U0001f600> " * 8000], ids=["escapes", "letters", "mixed"])
@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_text_comes_whole_in_parts_that_the_phone_reads(phones, holder, body, when):
    """Also when it was stored before the phone had said what it takes, or came from the store of an account."""
    phone = phones()
    if when == "before":
        holder.says(phone.sid, ROMEO, body)
        negotiated(phone)
    else:
        negotiated(phone)
        holder.says(phone.sid, ROMEO, body)
    holder.says(phone.sid, ROMEO, "and another", id="m2")
    *parts, last = messages_of(phone)
    assert last.content_data == "and another"
    assert "".join("".join(each.content_data for each in parts).split()) == "".join(body.split())
    assert len({each.message_info.message_id for each in parts}) == len(parts) > 1
    assert holder.feed.items.count(phone.sid) == 0


def test_the_receipt_goes_out_with_the_last_part(phones, holder):
    phone = negotiated(phones())
    holder.settle(phone)
    holder.deaf = True
    holder.says(phone.sid, ROMEO, "&" * 30_000 + "a" * 30_000, receipt=b"the receipt")
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    while reply is not None:
        assert holder.feed.outbox.commands(phone.sid) == []
        (told,) = reply.transactions
        reply = phone.tell(told.id, MessageDelivered(message_id=told.content.message_info.message_id))
    assert holder.feed.outbox.commands(phone.sid) == [b"the receipt"]


def test_a_part_that_is_not_acknowledged_comes_again_as_it_was(phones, holder, services):
    phone = negotiated(phones())
    holder.says(phone.sid, ROMEO, "&" * 100_000)
    (first,) = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest()))).transactions
    for key, score in services.sessions._client.zscan_iter(keys.of(phone.sid, "open")[0]):
        services.sessions._client.zadd(keys.of(phone.sid, "open")[0], {key: score - 60_000})
    (again,) = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest()))).transactions
    assert len(phone.octets) <= SIZE
    assert again.id != first.id
    assert again.content.message_info.message_id == first.content.message_info.message_id
    assert again.content.content_data == first.content.content_data


def test_a_phone_that_fetches_gets_the_rest_as_further_messages(phones, holder):
    phone = negotiated(phones(), initial_delivery_method="N")
    body = "&" * 80_000
    holder.says(phone.sid, ROMEO, body)
    got = ""
    while told := messages_of(phone):
        for each in told:
            assert isinstance(each, MessageNotification)
            name = each.message_info.message_id
            fetched = phone.ask(GetMessageRequest(message_id=name))
            assert len(phone.octets) <= SIZE
            assert fetched.message_info.message_id == name
            got += fetched.content_data
            assert isinstance(phone.ask(MessageDelivered(message_id=name)), Status)
    assert got == body


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_announcement_comes_in_parts_too(phones, holder, services, version):
    phone = negotiated(phones(version))
    session = records.unpack_session(in_redis.fields(services.sessions, phone.sid, ["r"])[0])
    system.queue_announcement(services.announcements, phone.sid, session, "a1", "&" * 30_000, asks=True)
    parts = messages_of(phone)
    texts = []
    for each in parts:
        if isinstance(each, SystemMessageRequest):
            (one,) = each.system_message_list.system_message
            texts.append(one.system_message_text)
            assert (one.system_message_id == "a1") == bool(one.requires_response) == (one.answer_options is not None)
        else:
            texts.append(each.content_data)
    assert "".join(texts) == "&" * 30_000


def told_presence(phone, most):
    return [
        each
        for content in messages_of(phone, most)
        for each in content.presence
        if isinstance(content, PresenceNotificationRequest)
    ]


def test_presence_with_long_texts_comes_in_several_notifications(phones, holder):
    phone = negotiated(phones(), parser_size=6000)
    friends = [Item(f"friend{number}@example.org", "", (), "both") for number in range(20)]
    holder.roster(phone.sid, *friends)
    phone.ask(SubscribePresenceRequest(contact_list=["wv:alice/friends@example.org"]))
    for each in friends:
        holder.shows(phone.sid, each.jid, online=True, availability="AVAILABLE", text="&" * 200, alias="<&>" * 500)
    seen = {}
    until = time.monotonic() + 60
    while len(seen) < len(friends) and time.monotonic() < until:
        holder.feed.items.mark_due_presence(phone.sid)
        seen |= {each.user_id: each.presence_sub_list[0] for each in told_presence(phone, 6000)}
    assert seen.keys() == {f"wv:{each.jid}" for each in friends}
    assert all(each.online_status.presence_value == "T" for each in seen.values())


def test_presence_that_is_asked_for_is_cut_and_the_list_is_not_refused(phones, holder):
    phone = negotiated(phones())
    friends = [Item(f"friend{number}@example.org", "", (), "both") for number in range(100)]
    holder.roster(phone.sid, *friends)
    for each in friends:
        holder.shows(phone.sid, each.jid, online=True, availability="AVAILABLE", text="&" * 200, alias="<&>" * 500)
    answer = phone.ask(GetPresenceRequest(contact_list=["wv:alice/friends@example.org"]))
    assert len(phone.octets) <= SIZE
    assert answer.result.code == 200
    assert len(answer.presence) > 20


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("invite", {"id": "i1", "gid": "wv:/room@example.org", "nick": "&" * 1000, "note": "&" * 14_000, "seconds": 60}),
        ("invited", {"id": "i1", "yes": True, "note": "&" * 14_000}),
        ("left", {"gid": "wv:/room@example.org", "code": 803}),
        (
            "notice",
            {
                "gid": "wv:/room@example.org",
                "joined": [["&" * 50, ""]] * 200,
                "left": [],
                "about": {"topic": "&" * 4_000},
                "own": {},
            },
        ),
    ],
)
def test_events_with_long_texts_are_cut(phones, holder, kind, more):
    phone = negotiated(phones())
    event = records.pack_event(kind, ROMEO, 1_700_000_000, **more)
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("k-1", ROMEO, event)]))
    assert len(messages_of(phone)) == 1


def test_a_picture_that_does_not_fit_after_all_comes_as_its_link(phones, holder):
    """Its text stands beside it, and the sender's name may be longer than anybody thought."""
    phone = negotiated(phones(), any_content=True, accepted_content_length=100_000)
    nick = "&" * 1500
    picture = Text(
        "m1", "room@example.org", "https://example.org/p.jpg", 1, "image/jpeg", b"x" * 23_700, "wv:/room@example.org", nick
    )
    holder.feed.store(phone.sid, 1, StreamChanges(items=[Delivery("m1", picture.sender, records.pack_text(picture))]))
    (got,) = messages_of(phone)
    assert got.content_data == picture.body
