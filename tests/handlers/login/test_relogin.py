"""A phone logs in again in the name of its old session, and some of what it says still names that (flows.md 4.5). Android shuts
down when anything is answered with 600, 601 or 604."""

import gevent
import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    Disconnect,
    KeepAliveRequest,
    LogoutRequest,
    MessageDelivered,
    MessageInfo,
    PollingRequest,
    Recipient,
    Result,
    SendMessageRequest,
    Status,
    User,
)
from onesoup.store import records
from onesoup.store.session import gateway_side as sessions_module
from tests.handlers.login.test_access import digest, first, second

SAY = SendMessageRequest(
    message_info=MessageInfo(recipient=Recipient(user=[User(user_id="wv:romeo@example.net")])), content_data="hello"
)


@pytest.fixture
def linked(services):
    services.accounts.link("alice@example.org", "alice@example.org", "xmpp-secret", "phone-secret")


@pytest.fixture
def old(new_phone, linked):
    """An Android that is logged in four-way."""
    phone = new_phone(client_id="JiMMY")
    second(phone, digest_bytes=digest(first(phone, "MD5").nonce))
    return phone


def again(phone, holder, code=601):
    """The same handset logs in inside its session; the holder moves that. Returns the phone with the new session."""
    sid, inside = phone.sid, type(phone)(phone.exchange, client_id=phone.client_id, sid=phone.sid)
    nonce = first(inside, "MD5").nonce
    assert poll(phone) is None or code != 601
    assert second(inside, digest_bytes=digest(nonce)).result.code == 200
    assert inside.sid != sid
    holder.feed.end(sid, 1, code)
    return inside


def poll(phone):
    return phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))


def code_of(phone, content):
    return phone.ask(content).result.code


def test_a_poll_that_still_names_the_old_session_is_empty(old, holder):
    again(old, holder)
    assert poll(old) is None
    assert old.octets == b""


def test_a_message_that_is_acknowledged_in_the_old_session_was_read_in_the_new_one(old, holder):
    holder.says(old.sid, "romeo@example.net", "hello", receipt=records.pack_command({"op": "receipt"}))
    handed = poll(old).transactions[0]
    sid = old.sid
    new = again(old, holder)
    holder.says(new.sid, "romeo@example.net", "hello", receipt=records.pack_command({"op": "receipt"}))
    assert old.tell(handed.id, MessageDelivered(message_id="m1")) is None
    assert holder.feed.items.undelivered(new.sid) == {}
    assert holder.ops(new, "receipt") == [{"op": "receipt"}]
    assert old.sid == sid
    assert poll(new) is None


def test_other_answers_in_the_old_session_say_nothing(old, holder):
    new = again(old, holder)
    holder.says(new.sid, "romeo@example.net", "hello")
    assert old.tell("s1", Status(result=Result(code=200))) is None
    assert list(holder.feed.items.undelivered(new.sid)) == ["m1"]


def test_a_request_in_the_old_session_is_one_of_the_new_session(old, holder):
    """The answer names the session that the request named."""
    new = again(old, holder)
    assert code_of(old, SAY) == 200
    assert old.reply.session_id == old.sid
    assert [each["body"] for each in holder.ops(new, "message")] == ["hello"]


def test_a_log_out_of_the_old_session_is_none_of_the_new_one(old, holder):
    new = again(old, holder)
    assert code_of(old, LogoutRequest()) == 200
    old.version = "1.1"
    assert isinstance(old.ask(LogoutRequest()), Disconnect)
    assert code_of(new, KeepAliveRequest()) == 200


@pytest.mark.parametrize("code", [600, 601, 604])
def test_whatever_ended_the_old_session_polls_are_empty_while_the_phone_logs_in(old, holder, code):
    """Android takes its session up again when it has run out, and polls between the two requests."""
    holder.feed.end(old.sid, 1, code)
    assert code_of(old, PollingRequest()) == code
    inside = type(old)(old.exchange, client_id=old.client_id, sid=old.sid)
    nonce = first(inside, "MD5").nonce
    assert poll(old) is None
    assert code_of(old, SAY) == code
    second(inside, digest_bytes=digest(nonce))
    assert poll(old) is None
    assert code_of(old, SAY) == 200


def test_of_a_session_that_nobody_remembers_only_polls_are_empty(old, holder):
    forgotten = type(old)(old.exchange, client_id=old.client_id, sid="00forgotten")
    inside = type(old)(old.exchange, client_id=old.client_id, sid="00forgotten")
    second(inside, digest_bytes=digest(first(inside, "MD5").nonce))
    assert poll(forgotten) is None
    assert code_of(forgotten, SAY) == 604


def test_it_lasts_a_minute(old, holder, monkeypatch):
    monkeypatch.setattr(sessions_module, "MOVED_SECONDS", 1)
    again(old, holder)
    gevent.sleep(1.1)
    assert code_of(old, PollingRequest()) == 601


def test_a_log_in_in_the_name_of_somebody_elses_session_carries_nothing_on(old, new_phone, holder, services):
    """Whoever knows the id of a session gets nothing of what its phone still says in it."""
    mallory = new_phone(client_id="JiMMY")
    mallory.sid = old.sid
    assert mallory.log_in("wv:mallory@example.org").result.code == 200
    holder.feed.end(old.sid, 1, 601)
    assert services.sessions.moved_to(old.sid) is None
    assert code_of(old, SAY) == 601


def test_a_log_in_that_names_no_old_session_carries_nothing_on(old, new_phone, holder):
    other = new_phone(client_id="JiMMY")
    other.log_in()
    holder.feed.end(old.sid, 1, 601)
    assert code_of(old, PollingRequest()) == 601


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_poll_interval_stays_what_it_was_at_each_resumption(new_phone, holder, version):
    """Android asks with what it was told, and was told half of that each time."""
    phone = new_phone(client_id="JiMMY", version=version)
    asks = 30
    for _ in range(4):
        phone.log_in("wv:alice@example.org")
        wish = CapabilityList(server_poll_min=asks)
        answer = phone.ask(ClientCapabilityRequest(capability_list=wish))
        asks = (answer.capability_list or answer.agreed_capability_list).server_poll_min
        assert asks == 15
        phone.count += 100
