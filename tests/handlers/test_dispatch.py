"""Presence, messages and the transactions around them, as a phone sees them."""

import os
import signal
import time

import gevent
import pytest

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    ContactListIDList,
    CreateAttributeListRequest,
    GetPresenceRequest,
    GetPresenceResponse,
    Group,
    KeepAliveRequest,
    MessageDelivered,
    MessageInfo,
    NewMessage,
    OnlineStatus,
    PollingRequest,
    PresenceNotificationRequest,
    PresenceSubList,
    Property,
    Recipient,
    Result,
    SendMessageRequest,
    SendMessageResponse,
    Status,
    StatusText,
    SubscribePresenceRequest,
    UnsubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
    UserAvailability,
    UserIDList,
)
from onesoup.csp.lists import Item
from onesoup.demo.servers import RedisServer
from onesoup.handlers import wiring
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.settings import Settings
from onesoup.store import keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.bounds import MOST_OUT
from onesoup.wire import codec
from tests.handlers.test_contacts import manage

ROMEO, NURSE = "wv:romeo@example.net", "wv:nurse@example.net"
FRIENDS = "wv:alice/friends@example.org"
OK = Status(result=Result(code=200))


def poll(phone, tid=None):
    """The server transaction that a poll brings, or None."""
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, tid, PollingRequest())))
    if reply is None:
        return None
    (transaction,) = reply.transactions
    assert transaction.mode is Mode.REQUEST
    assert transaction.id
    return transaction


def send(phone, *to, text="hello", **more):
    users = [User(user_id=each) for each in to]
    info = MessageInfo(recipient=Recipient(user=users, **more), content_type="text/plain")
    return phone.ask(SendMessageRequest(delivery_report=False, message_info=info, content_data=text))


# --- sending ---


def test_a_message_is_in_the_outbox_when_it_is_answered(every_phone, holder):
    answer = send(every_phone, ROMEO, text="hello ü 😀")
    assert isinstance(answer, SendMessageResponse)
    assert answer.result.code == 200
    assert 0 < len(answer.message_id) <= 20
    (sent,) = holder.ops(every_phone, "message")
    assert (sent["id"], sent["to"], sent["body"]) == (answer.message_id, "romeo@example.net", "hello ü 😀")
    assert not sent["receipt"]


def test_several_recipients_get_one_each_under_different_ids(phone, holder):
    answer = send(phone, ROMEO, NURSE, "WV:Romeo@Example.NET")
    sent = holder.ops(phone, "message")
    assert [each["to"] for each in sent] == ["romeo@example.net", "nurse@example.net"]
    assert sent[0]["id"] == answer.message_id
    assert len({each["id"] for each in sent}) == 2


def test_a_contact_list_as_recipient_is_everybody_on_it(phone, holder):
    holder.roster(phone.sid, Item("romeo@example.net", "R", (), "both"), Item("nurse@example.net", "N", (), "both"))
    assert send(phone, contact_list=[FRIENDS]).result.code == 200
    assert {each["to"] for each in holder.ops(phone, "message")} == {"romeo@example.net", "nurse@example.net"}


def test_a_bad_recipient_among_good_ones_is_named(phone, holder):
    answer = send(phone, ROMEO, "sip:x@y", "wv:")
    assert answer.result.code == 201
    assert [(each.code, each.user_id) for each in answer.result.detailed_result] == [(901, ["sip:x@y", "wv:"])]
    assert len(holder.ops(phone, "message")) == 1


@pytest.mark.parametrize(
    ("to", "more", "code"),
    [
        (["sip:x@y"], {}, 901),
        ([], {}, 402),
        ([], {"group": [Group(group_id="wv:/room@conference.example.net")]}, 808),
        ([], {"contact_list": ["wv:alice/no@example.org"]}, 700),
        (["sip:x@y"], {"group": [Group(group_id="wv:/room@conference.example.net")]}, 900),
    ],
)
def test_a_message_for_nobody_is_refused_with_its_reason(phone, holder, to, more, code):
    answer = send(phone, *to, **more)
    assert isinstance(answer, Status)
    assert answer.result.code == code
    assert holder.ops(phone, "message") == []


def test_a_message_without_text_is_refused(phone, holder):
    assert send(phone, ROMEO, text="").result.code == 402
    assert holder.ops(phone, "message") == []


def test_a_repeated_request_sends_once_and_gets_the_same_octets(phone, holder):
    send(phone, ROMEO)
    octets = phone.octets
    for _ in range(3):
        phone.post_octets(phone.raw)
        assert phone.octets == octets
    assert len(holder.ops(phone, "message")) == 1


def test_the_same_text_under_another_id_is_another_message(phone, holder):
    send(phone, ROMEO)
    send(phone, ROMEO)
    assert len(holder.ops(phone, "message")) == 2


def test_the_same_id_with_another_body_is_no_repeat(phone, holder):
    """Android's ids begin again at 1."""
    send(phone, ROMEO, text="one")
    phone.count -= 1
    send(phone, ROMEO, text="two")
    assert [each["body"] for each in holder.ops(phone, "message")] == ["one", "two"]


# --- receiving ---


def test_an_empty_poll_has_an_empty_body(every_phone):
    for tid in (None, ""):
        assert poll(every_phone, tid) is None
        assert every_phone.octets == b""


def test_a_message_comes_by_poll_and_goes_when_it_is_answered(every_phone, holder):
    holder.says(every_phone.sid, "romeo@example.net", "hello ü 😀", receipt=b"\x81\xa1v\x01")
    item = poll(every_phone)
    assert isinstance(item.content, NewMessage)
    info = item.content.message_info
    assert (info.message_id, info.content_type, info.date_time) == ("m1", "text/plain", "20231114T221320Z")
    assert info.sender.user.user_id == ROMEO
    assert info.recipient.user[0].user_id == "wv:alice@example.org"
    assert item.content.content_data == "hello ü 😀"
    assert every_phone.tell(item.id, MessageDelivered(message_id="m1")) is None
    assert poll(every_phone) is None
    assert holder.feed.items.undelivered(every_phone.sid) == {}


def test_the_answer_to_one_message_brings_the_next(phone, holder):
    holder.says(phone.sid, "romeo@example.net", "one", "m1")
    holder.says(phone.sid, "romeo@example.net", "two", "m2")
    item = poll(phone)
    assert phone.reply.poll is True
    reply = phone.tell(item.id, MessageDelivered(message_id="m1"))
    assert reply.transactions[0].content.content_data == "two"
    assert reply.poll is None


def test_a_delivered_message_in_request_mode_is_answered_and_done(phone, holder):
    holder.says(phone.sid, "romeo@example.net", "one")
    poll(phone)
    assert phone.ask(MessageDelivered(message_id="m1")).result.code == 200
    assert holder.feed.items.undelivered(phone.sid) == {}


def test_an_answer_to_nothing_is_no_error(phone):
    assert phone.tell("s77", OK) is None
    assert phone.tell("s77", MessageDelivered(message_id="unknown")) is None


def test_an_ordinary_answer_tells_that_something_waits(every_phone, holder):
    every_phone.ask(KeepAliveRequest())
    assert every_phone.reply.poll is None
    holder.says(every_phone.sid, "romeo@example.net", "one")
    every_phone.ask(KeepAliveRequest())
    assert every_phone.reply.poll is True
    poll(every_phone)
    every_phone.ask(KeepAliveRequest())
    assert every_phone.reply.poll is None


def test_a_held_poll_ends_when_a_message_comes(services, holder, new_phone):
    object.__setattr__(services.policy, "poll_hold", 60.0)
    phone = new_phone()
    phone.log_in()
    began = time.monotonic()
    gevent.spawn_later(0.1, holder.says, phone.sid, "romeo@example.net", "late")
    assert poll(phone).content.content_data == "late"
    assert 0.05 < time.monotonic() - began < 8


def test_a_held_poll_ends_when_the_worker_stops(services, new_phone):
    object.__setattr__(services.policy, "poll_hold", 60.0)
    phone = new_phone()
    phone.log_in()
    stopping = gevent.spawn(release_until_none_waits, services.replies)
    began = time.monotonic()
    assert poll(phone) is None
    assert time.monotonic() - began < 8
    stopping.kill()


def release_until_none_waits(replies):
    """The poll may be on its way still when the worker is told to stop."""
    while True:
        gevent.sleep(0.1)
        replies.release_all()


# --- presence ---


def subscribed(phone, *users, **more):
    return phone.ask(SubscribePresenceRequest(user=[User(user_id=each) for each in users], **more))


def told(item):
    """UserID -> (online, availability) of a notification."""
    assert isinstance(item.content, PresenceNotificationRequest)
    return {
        each.user_id: tuple(
            attribute.presence_value if attribute is not None else None
            for attribute in (each.presence_sub_list[0].online_status, each.presence_sub_list[0].user_availability)
        )
        for each in item.content.presence
    }


@pytest.fixture
def with_romeo(every_phone, holder):
    holder.roster(every_phone.sid, Item("romeo@example.net", "R", (), "both"))
    return every_phone


def test_presence_follows_a_subscription_and_every_change(with_romeo, holder):
    phone = with_romeo
    holder.shows(phone.sid, "romeo@example.net", online=True, availability="DISCREET")
    assert subscribed(phone, "WV:Romeo@example.net").result.code == 200
    assert phone.reply.poll is True
    item = poll(phone)
    assert told(item) == {"WV:Romeo@example.net": ("T", "DISCREET")}
    assert phone.tell(item.id, OK) is None


def test_a_contact_that_is_not_there_is_told_once(with_romeo):
    subscribed(with_romeo, ROMEO)
    assert told(poll(with_romeo)) == {ROMEO: ("F", "NOT_AVAILABLE")}


@pytest.mark.parametrize("wrapped", [True, False])
def test_lists_and_wrappers_of_every_version_are_understood(with_romeo, wrapped):
    request = SubscribePresenceRequest()
    if wrapped:
        request.contact_list_id_list = ContactListIDList(contact_list=[FRIENDS])
        request.user_id_list = UserIDList(user_id=[NURSE])
    else:
        request.contact_list, request.user = [FRIENDS], [User(user_id=NURSE)]
    phone = with_romeo
    if wrapped and phone.version != "1.3":
        return  # other versions have no way to write it; reading is under test in tests/csp
    assert phone.ask(request).result.code == 200
    assert set(told(poll(phone))) == {ROMEO, NURSE}


def test_only_wanted_attributes_are_told(with_romeo, holder):
    holder.shows(with_romeo.sid, "romeo@example.net", online=True, text="busy")
    subscribed(with_romeo, ROMEO, presence_sub_list=PresenceSubList(status_text=StatusText()))
    (presence,) = poll(with_romeo).content.presence
    assert presence.presence_sub_list[0] == PresenceSubList(status_text=StatusText(qualifier=True, presence_value="busy"))


def test_one_bad_contact_does_not_cost_the_list(with_romeo):
    """S60 throws its list away on 531."""
    assert subscribed(with_romeo, "sip:x@y", ROMEO).result.code == 200
    assert set(told(poll(with_romeo))) == {ROMEO}


def test_an_unknown_list_alone_is_700(phone):
    assert phone.ask(SubscribePresenceRequest(contact_list=["wv:alice/no@example.org"])).result.code == 700


def test_who_is_added_to_a_subscribed_list_is_told_too(phone, holder):
    phone.ask(SubscribePresenceRequest(contact_list=[FRIENDS], auto_subscribe=True))
    manage(phone, add=[(ROMEO, "R")])
    assert phone.reply.poll is True
    assert set(told(poll(phone))) == {ROMEO}


def test_after_unsubscribing_nothing_is_told(with_romeo, holder):
    subscribed(with_romeo, ROMEO)
    poll(with_romeo)
    with_romeo.ask(UnsubscribePresenceRequest(user=[User(user_id=ROMEO)]))
    holder.shows(with_romeo.sid, "romeo@example.net", online=True)
    assert poll(with_romeo) is None


def test_android_names_users_by_a_property(phone, holder):
    subscribed(phone, ROMEO)
    named = [User(property=Property(name="UserID", value=ROMEO))]
    assert phone.ask(UnsubscribePresenceRequest(user=named)).result.code == 200
    assert poll(phone) is None


def test_somebody_who_does_not_let_us_see_is_asked_once(phone, holder):
    holder.roster(phone.sid, Item("romeo@example.net", "R"), Item("nurse@example.net", "N", ask=True))
    subscribed(phone, ROMEO, NURSE)
    assert [each["jid"] for each in holder.ops(phone, "directed")] == ["romeo@example.net"]


def test_presence_of_oneself_is_always_there(every_phone):
    answer = every_phone.ask(GetPresenceRequest(user=[User(user_id="wv:alice@example.org")]))
    assert isinstance(answer, GetPresenceResponse)
    assert answer.result.code == 200
    (own,) = answer.presence
    assert own.user_id == "wv:alice@example.org"
    assert own.presence_sub_list[0].online_status == OnlineStatus(qualifier=True, presence_value="T")


def test_what_the_phone_publishes_comes_back_and_goes_to_the_server(every_phone, holder):
    update = PresenceSubList(
        online_status=OnlineStatus(qualifier=True),
        user_availability=UserAvailability(qualifier=True, presence_value="DISCREET"),
        status_text=StatusText(qualifier=True, presence_value="grüß"),
    )
    assert every_phone.ask(UpdatePresenceRequest(presence_sub_list=update)).result.code == 200
    (shown,) = holder.ops(every_phone, "presence")
    assert (shown["show"], shown["status"], shown["priority"]) == ("dnd", "grüß", 0)
    (own,) = every_phone.ask(GetPresenceRequest(user=[User(user_id="wv:alice@example.org")])).presence
    assert own.presence_sub_list[0].status_text.presence_value == "grüß"
    assert own.presence_sub_list[0].user_availability.presence_value == "DISCREET"


def test_an_unknown_availability_is_751(phone, holder):
    update = PresenceSubList(user_availability=UserAvailability(qualifier=True, presence_value="ASLEEP"))
    assert phone.ask(UpdatePresenceRequest(presence_sub_list=update)).result.code == 751
    assert holder.ops(phone, "presence") == []


def test_get_presence_of_others_comes_from_the_cache(with_romeo, holder):
    holder.shows(with_romeo.sid, "romeo@example.net", online=True, availability="AVAILABLE")
    users = [User(user_id=each) for each in (ROMEO, "wv:stranger@example.net", "sip:x@y")]
    answer = with_romeo.ask(GetPresenceRequest(user=users))
    assert answer.result.code == 201
    assert answer.result.detailed_result[0].code == 531
    shown = {each.user_id: each.presence_sub_list[0].online_status for each in answer.presence}
    assert shown[ROMEO].presence_value == "T"
    assert shown["wv:stranger@example.net"] == OnlineStatus(qualifier=False)


def test_an_attribute_list_is_accepted_at_every_start(every_phone, holder):
    """S60 sends the default one; it approves nobody."""
    request = CreateAttributeListRequest(default_list=True, presence_sub_list=PresenceSubList(online_status=OnlineStatus()))
    assert every_phone.ask(request).result.code == 200
    assert holder.ops(every_phone, "directed") == []


# --- transactions ---


def test_an_unknown_primitive_is_501_and_the_session_lives(phone):
    octets = codec.encode(envelope.document_from_message(phone.message(Transaction(Mode.REQUEST, "7", KeepAliveRequest()))))
    reply = phone.post_octets(octets.replace(b"KeepAlive-Request", b"Frobnicate-Request"))
    assert reply.transactions[0].content.result.code == 501
    assert reply.transactions[0].id == "7"
    assert phone.ask(KeepAliveRequest()).result.code == 200


def test_a_malformed_value_is_told_and_the_session_lives(phone):
    octets = codec.encode(envelope.document_from_message(phone.message(Transaction(Mode.REQUEST, "7", KeepAliveRequest(1234)))))
    reply = phone.post_octets(octets.replace(b"1234", b"soon"))
    assert reply.transactions[0].content.result.code == 402
    assert phone.ask(KeepAliveRequest()).result.code == 200


def stored_replies(holder, phone):
    return list(holder.client.scan_iter(match=f"a:{{{phone.sid}}}*"))


def test_a_keep_alive_that_changes_nothing_is_not_remembered_and_answered_alike(holder, phone):
    message = phone.message(Transaction(Mode.REQUEST, "7", KeepAliveRequest()))
    before = stored_replies(holder, phone)
    first, again = phone.post(message), phone.post(message)
    assert first == again
    assert first.transactions[0].content.result.code == 200
    assert stored_replies(holder, phone) == before


def test_a_keep_alive_with_a_wish_is_done_once(holder, phone):
    message = phone.message(Transaction(Mode.REQUEST, "7", KeepAliveRequest(300)))
    before = stored_replies(holder, phone)
    first, again = phone.post(message), phone.post(message)
    assert first == again
    assert first.transactions[0].content.keep_alive_time == 300
    assert len(stored_replies(holder, phone)) == len(before) + 1


def test_several_requests_get_their_answers_in_one_message(every_phone, holder):
    phone = every_phone
    info = MessageInfo(recipient=Recipient(user=[User(user_id=ROMEO)]))
    reply = phone.post(
        phone.message(
            Transaction(Mode.REQUEST, "a", KeepAliveRequest()),
            Transaction(Mode.REQUEST, "b", SendMessageRequest(message_info=info, content_data="x")),
            Transaction(Mode.REQUEST, "c", UpdatePresenceRequest()),
        )
    )
    assert [(each.id, each.content.result.code) for each in reply.transactions] == [("a", 200), ("b", 200), ("c", 200)]
    assert len(holder.ops(phone, "message")) == 1


def test_a_message_that_would_break_the_stream_is_refused_and_not_kept(phone, holder):
    """Servers end the stream of a client that sends a stanza above their limit, and would do so again at each attempt."""
    assert send(phone, ROMEO, text="&" * 45_000).result.code == 410
    assert send(phone, *(f"wv:friend{number}@example.net" for number in range(101))).result.code == 410
    assert send(phone, ROMEO, text="\u00e9" * 90_000).result.code == 200
    assert len(holder.ops(phone, "message")) == 1


def test_one_refusal_among_several_does_not_stop_the_others(phone, holder):
    bad, good = (
        SendMessageRequest(message_info=MessageInfo(recipient=Recipient(user=[User(user_id=to)])), content_data="x")
        for to in ("sip:x@y", ROMEO)
    )
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "a", bad), Transaction(Mode.REQUEST, "b", good)))
    assert [each.content.result.code for each in reply.transactions] == [901, 200]
    assert len(holder.ops(phone, "message")) == 1


def test_an_answer_and_a_request_in_one_message(phone, holder):
    holder.says(phone.sid, "romeo@example.net", "one")
    item = poll(phone)
    reply = phone.post(
        phone.message(
            Transaction(Mode.RESPONSE, item.id, MessageDelivered(message_id="m1")),
            Transaction(Mode.REQUEST, "9", KeepAliveRequest()),
        )
    )
    assert [each.id for each in reply.transactions] == ["9"]
    assert holder.feed.items.undelivered(phone.sid) == {}


def test_an_answer_and_a_poll_in_one_message_bring_the_next_item(phone, holder):
    holder.says(phone.sid, "romeo@example.net", "one", "m1")
    holder.says(phone.sid, "romeo@example.net", "two", "m2")
    item = poll(phone)
    reply = phone.post(
        phone.message(
            Transaction(Mode.RESPONSE, item.id, MessageDelivered(message_id="m1")),
            Transaction(Mode.REQUEST, None, PollingRequest()),
        )
    )
    assert reply.transactions[0].content.content_data == "two"


@pytest.mark.parametrize("content", [KeepAliveRequest(), PollingRequest(), MessageDelivered(message_id="m1")])
def test_an_unknown_session_is_604(every_phone, content):
    every_phone.sid = "00nobody"
    status = every_phone.ask(content, "5")
    assert isinstance(status, Status)
    assert status.result.code == 604
    assert every_phone.reply.session_id == "00nobody"


def test_two_answers_in_one_message_close_both(phone, holder):
    holder.says(phone.sid, "romeo@example.net", "one", "m1")
    holder.says(phone.sid, "romeo@example.net", "two", "m2")
    items = [poll(phone), poll(phone)]
    answers = [Transaction(Mode.RESPONSE, each.id, MessageDelivered(message_id=f"m{n}")) for n, each in enumerate(items, 1)]
    assert phone.post(phone.message(*answers)) is None
    assert holder.feed.items.undelivered(phone.sid) == {}


# --- Redis away ---


@pytest.fixture
def fragile(tmp_path):
    """An exchange on a Redis of its own."""
    with RedisServer(tmp_path / "redis") as server:
        KeyRing.create(tmp_path / "keys")
        settings = Settings(redis_url=server.url, keys_file=str(tmp_path / "keys"), domain="example.org", answer_deadline=8.0)
        yield server, Exchange(wiring.gateway_services(settings))


@pytest.mark.parametrize(
    ("content", "how"),
    [(KeepAliveRequest(), "stopped"), (PollingRequest(), "stopped"), (PollingRequest(), "hanging")],
)
def test_without_redis_a_phone_is_told_to_try_again_and_never_that_it_is_logged_out(fragile, new_phone, content, how):
    server, exchange = fragile
    phone = new_phone()
    phone.exchange, phone.sid = exchange, "a7phone"
    if how == "stopped":
        server.stop()
    else:
        os.kill(server.process.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        assert phone.ask(content, "5").result.code == 503
        assert time.monotonic() - began < 10
    finally:
        if how == "hanging":
            os.kill(server.process.pid, signal.SIGCONT)


def test_a_message_that_the_outbox_does_not_take_is_not_called_sent(every_phone, services, capsys):
    """The XMPP server takes nothing for long: 503, one line in the log, and the session lives on."""
    outbox = keys.of(every_phone.sid, "out")[0]
    services.sessions._client.rpush(outbox, *[b"waits"] * MOST_OUT)
    assert send(every_phone, "wv:bob@example.org", text=(text := "not to be logged")).result.code == 503
    assert services.sessions._client.llen(outbox) == MOST_OUT
    assert every_phone.ask(KeepAliveRequest()).result.code == 200
    shown = capsys.readouterr().out
    assert shown.count("outbox-full") == 1
    assert text not in shown
    assert every_phone.sid not in shown


def test_an_answer_without_redis_is_told_503_too(fragile, new_phone):
    server, exchange = fragile
    server.stop()
    phone = new_phone()
    phone.exchange, phone.sid = exchange, "a7phone"
    assert phone.tell("s1", OK).transactions[0].content.result.code == 503


def test_without_redis_a_log_in_is_refused_in_a_login_response(fragile, new_phone):
    server, exchange = fragile
    server.stop()
    phone = new_phone()
    phone.exchange = exchange
    assert phone.log_in().result.code == 503


def test_a_bug_is_answered_in_the_phones_own_encoding(every_phone, services, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError("a bug")

    monkeypatch.setattr(type(services.inbox), "poll", broken)
    octets = codec.encode(envelope.document_from_message(every_phone.message(Transaction(Mode.REQUEST, "5", PollingRequest()))))
    body = every_phone.exchange.run(envelope.message_from_document(codec.decode(octets)), octets, Peer())
    answer = envelope.message_from_document(codec.decode(body))
    assert (answer.version, answer.encoding) == (every_phone.version, every_phone.encoding)
    assert answer.transactions[0].content.result.code == 500
