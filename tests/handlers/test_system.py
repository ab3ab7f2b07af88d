"""What the operator tells phones: announcements, and terms that want an answer."""

from dataclasses import replace

import pytest

from onesoup.csp import announcements
from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    KeepAliveRequest,
    LogoutRequest,
    MessageDelivered,
    NewMessage,
    PollingRequest,
    Status,
    SystemMessageRequest,
    SystemMessageResponse,
    SystemMessageResponseList,
    SystemMessageUser,
)
from onesoup.csp.transactions import status
from onesoup.handlers import system
from onesoup.store import records
from tests.support import in_redis

TERMS = "Be kind."
ME = "alice@example.org"


@pytest.fixture
def terms(services):
    services.policy = replace(services.policy, terms=TERMS)
    return announcements.terms_id(TERMS)


def polled(phone):
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "", PollingRequest())))
    return reply.transactions[0] if reply is not None else None


def told(services, phone, text, item_id="m1"):
    (record,) = in_redis.fields(services.sessions, phone.sid, ["r"])
    return system.queue_announcement(services.announcements, phone.sid, records.unpack_session(record), item_id, text)


def answer(message_id, choice):
    return SystemMessageUser(SystemMessageResponseList([SystemMessageResponse(message_id, choice)]))


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_an_announcement_is_a_message_of_the_server_before_1_3(new_phone, services, version):
    phone = new_phone(version=version)
    phone.log_in("wv:alice@example.org")
    assert told(services, phone, "maintenance at noon")
    item = polled(phone)
    assert isinstance(item.content, NewMessage)
    assert item.content.content_data == "maintenance at noon"
    assert item.content.message_info.sender.user.user_id == "wv:example.org@example.org"
    phone.tell(item.id, MessageDelivered(message_id="m1"))
    assert polled(phone) is None


def test_in_1_3_it_is_a_system_message_and_any_answer_ends_it(new_phone, services):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    told(services, phone, "first", "m1")
    told(services, phone, "second", "m2")
    item = polled(phone)
    assert isinstance(item.content, SystemMessageRequest)
    (message,) = item.content.system_message_list.system_message
    assert (message.system_message_id, message.system_message_text, message.requires_response) == ("m1", "first", False)
    reply = phone.tell(item.id, status(200))  # the reply to it is free for the next one
    (second,) = reply.transactions
    assert second.content.system_message_list.system_message[0].system_message_text == "second"
    assert phone.ask(answer("m2", None)).result.code == 200
    assert phone.ask(answer("m2", None)).result.code == 426
    assert polled(phone) is None


def test_android_gets_an_announcement_as_a_message_in_1_3(new_phone, services):
    phone = new_phone(version="1.3", client_id="JiMMY")
    phone.log_in("wv:alice@example.org")
    told(services, phone, "maintenance")
    assert isinstance(polled(phone).content, NewMessage)


def test_a_session_that_is_over_is_not_told(new_phone, services):
    phone = new_phone()
    phone.log_in("wv:alice@example.org")
    (record,) = in_redis.fields(services.sessions, phone.sid, ["r"])
    phone.ask(LogoutRequest())
    assert not system.queue_announcement(services.announcements, phone.sid, records.unpack_session(record), "m1", "late")


# --- terms ---


@pytest.mark.parametrize("mode", list(Mode))
def test_terms_come_at_every_log_in_until_they_are_accepted(new_phone, services, terms, mode):
    for name in ("first", "second"):
        phone = new_phone(version="1.3", client_id=name)
        phone.log_in("wv:alice@example.org")
        item = polled(phone)
        (message,) = item.content.system_message_list.system_message
        assert (message.system_message_id, message.system_message_text, message.requires_response) == (terms, TERMS, True)
        assert [each.answer_option_text for each in message.answer_options.answer_option] == ["Accept", "Decline"]
    if mode is Mode.RESPONSE:
        phone.tell(item.id, answer(terms, 1))
    else:
        assert phone.ask(answer(terms, 1)).result.code == 200
    assert polled(phone) is None
    again = new_phone(version="1.3", client_id="third")
    again.log_in("wv:alice@example.org")
    assert polled(again) is None
    services.policy = replace(services.policy, terms="Be very kind.")
    again.log_in("wv:alice@example.org")
    assert polled(again).content.system_message_list.system_message[0].system_message_text == "Be very kind."


@pytest.mark.parametrize("mode", list(Mode))
def test_who_declines_the_terms_is_logged_out(new_phone, holder, terms, mode):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    item = polled(phone)
    if mode is Mode.RESPONSE:
        phone.tell(item.id, answer(terms, 2))
    else:
        phone.ask(answer(terms, 2))
    assert phone.ask(KeepAliveRequest()) == Status(result=status(601).result)
    assert holder.ops(phone, "logout")


def test_an_acknowledgement_alone_accepts_nothing(new_phone, services, terms):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    phone.tell(polled(phone).id, status(200))
    assert not services.lists.terms.has(ME, terms)
    assert phone.ask(answer(terms, 7)).result.code == 402
    assert not services.lists.terms.has(ME, terms)
    assert phone.ask(answer(terms, 1)).result.code == 200  # also after it was acknowledged
    assert services.lists.terms.has(ME, terms)


def test_a_phone_that_cannot_answer_is_told_the_terms_once(new_phone, terms):
    for name, expected in (("first", NewMessage), ("second", None)):
        phone = new_phone(version="1.2", client_id=name)
        phone.log_in("wv:alice@example.org")
        item = polled(phone)
        assert (type(item.content) if item else None) is expected
        if item:
            phone.tell(item.id, MessageDelivered(message_id=terms))
