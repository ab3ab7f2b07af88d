"""A poll waits for something to arrive, ends at once when it does, and says whether more waits."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from onesoup.csp.codec.generated_elements import NewMessage
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from tests.support.secrets import secret_text
from tests.support.timing import at_best
from tests.support.world import MATRIX, WITHIN, StoryPhone, World

HOLD = 3.0


def wait_for_messages(world: World, phone: StoryPhone, count: int) -> None:
    """They are in the phone's inbox, whatever else is."""
    end = time.monotonic() + WITHIN
    with redis.Redis.from_url(world.stack.redis.url) as store:
        while len([id_ for id_ in store.hkeys(f"i:{{{phone.session_id}}}") if id_[1:2] != b"-"]) < count:
            assert time.monotonic() < end, f"not {count} messages within {WITHIN:g} s"
            time.sleep(0.02)


@pytest.fixture
def aside() -> ThreadPoolExecutor:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_a_held_poll_ends_when_a_message_arrives(world: World, aside: ThreadPoolExecutor) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    phone.sees(bob, online=True)

    def attempt() -> None:
        poll = aside.submit(phone.handed)
        time.sleep(0.3)  # let it reach the server; nothing tells when it has
        sent = time.monotonic()
        there.send(alice.jid, secret_text())
        handed = poll.result(HOLD + 60)
        ended = time.monotonic()
        assert isinstance(handed.content, NewMessage)
        phone.answer(handed)
        assert ended - sent < 1.0

    at_best(attempt)


def test_a_held_poll_ends_empty_in_time(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice).start()
    phone.run_once()
    began = time.monotonic()
    assert phone.poll() is None
    assert HOLD * 0.8 < time.monotonic() - began < HOLD + 20


def test_another_request_is_answered_while_a_poll_waits(world: World, aside: ThreadPoolExecutor) -> None:
    """S60 has up to four requests open."""
    (alice,) = world.cast("alice")
    phone = world.phone(alice).start()
    phone.run_once()

    def attempt() -> None:
        poll = aside.submit(phone.poll)
        began = time.monotonic()
        phone.keep_alive()
        took, waits = time.monotonic() - began, not poll.done()
        poll.result(HOLD + 60)
        assert took < 1.0
        assert waits

    at_best(attempt)


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_nothing_to_say_is_200_with_length_0(world: World, version: str, encoding: Encoding) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version=version, encoding=encoding, cir=["STCP"]).start()
    phone.run_once()
    assert phone.poll() is None
    reply = phone.resend()
    assert (reply.status, reply.headers["content-length"], reply.body) == (200, "0", b"")
    assert "transfer-encoding" not in reply.headers


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_the_poll_flag_stands_where_the_version_has_it(world: World, version: str, encoding: Encoding) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, version=version, encoding=encoding, cir=["STCP"]).start()
    for text in (texts := [secret_text(), secret_text(), secret_text()]):
        there.send(alice.jid, text)
    wait_for_messages(world, phone, 3)
    first = phone.handed()
    session = codec.decode(phone.last_reply).root.find("Session")
    assert session is not None
    names = [child.name for child in session.children]
    descriptor = session.find("Transaction").find("TransactionDescriptor")  # type: ignore[union-attr]
    if version == "1.1":
        assert names == ["SessionDescriptor", "Transaction"]
        assert descriptor.children[-1].name == "Poll"  # type: ignore[union-attr]
    else:
        assert names == ["SessionDescriptor", "Transaction", "Poll"]
        assert descriptor.find("Poll") is None  # type: ignore[union-attr]
    phone.answer(first)
    phone.until(lambda: set(texts) == set(phone.said()))


def test_the_answer_to_an_acknowledgement_may_bring_the_next_message(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice, cir=["STCP"]).start(), world.online(bob)
    for text in (texts := [secret_text(), secret_text()]):
        there.send(alice.jid, text)
    wait_for_messages(world, phone, 2)
    first = phone.handed()
    second = phone.answer(first)
    while second is not None and not isinstance(second.content, NewMessage):
        second = phone.answer(second)
    assert second is not None
    assert second.content.content_data == texts[1]
    phone.answer(second)


def test_an_ordinary_answer_says_that_something_waits(world: World) -> None:
    """The cheapest way to make a phone fetch that has no other line."""
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice, cir=["STCP"]).start(), world.online(bob)
    phone.sees(bob, online=True)
    there.send(alice.jid, text := secret_text())

    def told() -> bool:
        phone.keep_alive()
        return phone.more

    end = time.monotonic() + WITHIN
    while not told():
        assert time.monotonic() < end
    phone.hears(text)
    phone.until(lambda: not told())  # a Poll flag with nothing waiting makes Android poll for ever
