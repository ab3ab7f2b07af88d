"""What belongs to the recorded phone is told from what others said before anybody logged in."""

from onesoup.captures.exchanges import CapturedExchange
from onesoup.captures.recorded_phone import MAX_EXCHANGES_BEFORE_LOGIN, MAX_PHONES_BEFORE_LOGIN, RecordedPhone
from onesoup.wire import codec
from tests.captures.test_conversation_writer import POLL, login


def said(at: float, body: bytes = POLL) -> CapturedExchange:
    return CapturedExchange(codec.decode(body), at=at)


TRIED = login("")


def test_what_a_phone_said_before_its_session_belongs_to_it() -> None:
    heard = RecordedPhone()
    first, other, second, third = said(1, TRIED), said(2, TRIED), said(3, TRIED), said(4)
    assert heard.take("a", "", first) == []
    assert heard.take("b", "", other) == []
    assert heard.take("a", "s1", second) == [first, second]
    assert heard.take("", "s1", third) == [third]
    assert heard.take("b", "", said(5)) == []
    later = said(6, TRIED)
    assert heard.take("a", "", later) == [later]  # it logs in again
    assert heard.exchanges() == [first, second, third, later]


def test_they_are_in_the_order_of_time_whichever_gateway_told_them() -> None:
    heard = RecordedPhone()
    for at in (3, 1, 2):
        heard.take("", "s1", said(at))
    assert [each.at for each in heard.exchanges()] == [1, 2, 3]


def test_a_phone_that_never_gets_in_is_kept_too() -> None:
    heard = RecordedPhone()
    heard.take("a", "", said(1, TRIED))
    heard.take("b", "", said(2, TRIED))
    heard.take("c", "", said(3))  # which did not even try
    assert [each.at for each in heard.exchanges()] == [2]
    assert RecordedPhone().exchanges() == []


def test_a_flood_of_phones_costs_little() -> None:
    heard = RecordedPhone()
    for number in range(3 * MAX_PHONES_BEFORE_LOGIN):
        heard.take(f"{number}", "", said(number))
    for number in range(3 * MAX_EXCHANGES_BEFORE_LOGIN):
        heard.take("a", "", said(number, TRIED))
    assert len(heard.exchanges()) == MAX_EXCHANGES_BEFORE_LOGIN
    assert len(heard._before) == MAX_PHONES_BEFORE_LOGIN
