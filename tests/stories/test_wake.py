"""A phone with an STCP line is woken when something comes, once for a burst, and in a way that its parser survives."""

import time

import pytest

from onesoup.phone.errors import PhoneError
from onesoup.phone.stcp import LineClosed, PhoneStcpLine
from tests.support.secrets import secret_text
from tests.support.timing import at_best
from tests.support.world import StoryPhone, World

# Seconds in which a phone that is woken for nothing would have been.
QUIET = 1.5


@pytest.fixture
def woken(world: World):  # type: ignore[no-untyped-def]
    """(phone, line, friend): all presence has come, and the line may ring at once."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)
    with line_of(phone) as line:
        yield phone, line, there


def line_of(phone: StoryPhone) -> PhoneStcpLine:
    assert phone.stcp is not None
    return PhoneStcpLine(*phone.stcp, phone.session_id or "", phone.cookie)


def test_a_message_wakes_within_a_second_and_the_poll_brings_it(woken, world: World) -> None:  # type: ignore[no-untyped-def]
    phone, line, there = woken
    assert not line.wait(QUIET), "woken for nothing"

    def attempt() -> None:
        sent = time.monotonic()
        there.send(phone.user, text := secret_text())
        assert line.wait(60)
        woken_at = time.monotonic()
        phone.run_once()
        assert phone.said()[-1] == text
        while phone.run_once():
            pass
        assert woken_at - sent < 1.0

    at_best(attempt)


def test_what_waits_at_hello_wakes_later_and_not_in_the_segment_of_ok(woken) -> None:  # type: ignore[no-untyped-def]
    """The line itself refuses OK and WVCI in one segment."""
    phone, line, there = woken
    line.close()
    there.send(phone.user, text := secret_text())
    with line_of(phone) as again:
        assert again.wait(60)
    phone.hears(text)


def test_ping_is_answered_with_ok(woken) -> None:  # type: ignore[no-untyped-def]
    _, line, _ = woken
    for _ in range(3):
        line.ping()
    line.send(b"PING \r\n")  # Android's has a blank
    line._expect_ok("PING ")


def test_a_burst_wakes_once(woken, world: World) -> None:  # type: ignore[no-untyped-def]
    phone, line, there = woken
    texts = [secret_text() for _ in range(5)]
    for text in texts:
        there.send(phone.user, text)
    assert line.wait(60)
    world.waits(phone, texts[-1])  # what comes after a poll that has found nothing more wakes again, and rightly
    phone.hears(texts[-1])
    assert phone.said() == texts
    assert not line.wait(2), "woken again for what was fetched"


def test_the_next_message_wakes_at_once_when_the_poll_has_found_nothing_more(woken) -> None:  # type: ignore[no-untyped-def]
    """However short a while ago the phone was woken, and right behind HELO too."""
    phone, line, there = woken

    def attempt() -> None:
        took = []
        for _ in range(3):
            there.send(phone.user, text := secret_text())
            sent = time.monotonic()
            assert line.wait(60)
            took.append(time.monotonic() - sent)
            phone.hears(text)
            while phone.run_once():
                pass
        assert max(took) < 1.0

    at_best(attempt)


def test_a_phone_that_has_fetched_is_not_woken_again(woken) -> None:  # type: ignore[no-untyped-def]
    phone, line, there = woken
    there.send(phone.user, text := secret_text())
    phone.hears(text)
    line.wait(0.5)
    assert not line.wait(QUIET)


def test_an_unknown_session_is_closed_without_a_word(world: World) -> None:
    with pytest.raises(LineClosed):
        PhoneStcpLine(*world.stack.stcp, "00" + "y" * 26).open()


def test_a_line_that_says_no_hello_is_closed(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, cir=["STCP"]).start()
    line = line_of(phone).open()
    line.close()
    stranger = PhoneStcpLine(*world.stack.stcp, "x\r\nPING")
    with pytest.raises(PhoneError):
        stranger.open()


def test_the_end_of_the_session_closes_the_line(woken) -> None:  # type: ignore[no-untyped-def]
    phone, line, _ = woken
    phone.logout()
    with pytest.raises(LineClosed):
        line.wait(60)


def test_stcp_is_agreed_only_with_a_phone_that_asks(world: World) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, cir=())
    phone.login()
    assert phone.negotiate_capabilities().supported_cir_method == []
    assert phone.stcp is None
