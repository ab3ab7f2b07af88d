"""Signs that a proxy passes headers of phones on last for a day, and few of them."""

from onesoup.store.bounds import MOST_NUMBER_DOUBTS
from onesoup.store.number_doubts import NUMBER_DOUBT_SECONDS, NUMBER_DOUBTS_KEY, NumberDoubt, NumberDoubts


def test_a_sign_is_read_as_it_was_noted_and_the_last_one_counts(client) -> None:
    now = 1_000_000.0
    doubts = NumberDoubts(client, lambda: now)
    doubts.note("fd00::1", "twice", "X-MSISDN")
    doubts.note("10.0.0.7", "disagree", "X-MSISDN")
    now += 60
    doubts.note("fd00::1", "twice", "MSISDN")
    assert doubts.all() == [
        NumberDoubt("10.0.0.7", "disagree", "X-MSISDN", now - 60),
        NumberDoubt("fd00::1", "twice", "MSISDN", now),
    ]
    assert 0 < client.ttl(NUMBER_DOUBTS_KEY) <= NUMBER_DOUBT_SECONDS
    now += NUMBER_DOUBT_SECONDS - 30
    assert [each.proxy for each in doubts.all()] == ["fd00::1"]


def test_the_first_ones_stay_and_go_on_being_noted(client) -> None:
    now = 1_000_000.0
    doubts = NumberDoubts(client, lambda: now)
    for number in range(2 * MOST_NUMBER_DOUBTS):
        doubts.note(f"10.0.0.{number}", "twice", "X-MSISDN")
    assert len(doubts.all()) == MOST_NUMBER_DOUBTS
    now += 60
    doubts.note("10.0.0.0", "twice", "X-MSISDN")
    assert next(each for each in doubts.all() if each.proxy == "10.0.0.0").seen == now


def test_what_is_no_record_is_left_out(client) -> None:
    client.hset(NUMBER_DOUBTS_KEY, "10.0.0.7 twice", b"\xff")
    assert NumberDoubts(client).all() == []
