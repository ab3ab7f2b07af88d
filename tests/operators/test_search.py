"""What finds a session, and that a search ends."""

import pytest

from onesoup.operators.living import SESSIONS_IN_BATCH
from onesoup.operators.operator import OperatorError
from onesoup.operators.search import listed_sessions, search_sessions


@pytest.mark.parametrize(
    "words",
    [
        "alice@example.org",
        "alice",
        "wv:alice",
        "wv:Alice@Example.ORG",
        "xmpp:alice@example.org",
        "lic",
        "@example.org",
        "10.0.0.7",
        "+491701234567",
        "0170 1234567",
        "tel:+49-170-1234567",
    ],
)
def test_a_user_is_found_by_whatever_is_known_of_them(operator, opened, words):
    name = opened("alice@example.org", "00one", "10.0.0.7", "+491701234567")
    opened("bob@other.example", "01two", "10.0.0.8", "+491701234568")
    found = search_sessions(operator, words, 10)
    assert [row.id for row in found.rows] == [name]
    assert (found.more, found.late) == (False, False)


def test_a_session_is_found_by_its_name_in_logs(operator, opened):
    name = opened("alice@example.org", "00one")
    opened("bob@example.org", "01two")
    found = search_sessions(operator, name, 10)
    assert [(row.id, row.user) for row in found.rows] == [(name, "alice@example.org")]


def test_of_a_number_only_the_last_digits_are_shown(operator, opened):
    opened("alice@example.org", "00one", "10.0.0.7", "+491701234567")
    (row,) = search_sessions(operator, "alice", 10).rows
    assert (row.number, row.address) == ("***567", "10.0.0.7")


def test_an_account_that_is_not_logged_in_is_named(operator):
    found = search_sessions(operator, "wv:nobody", 10)
    assert (found.rows, found.user) == ((), "nobody@example.org")
    assert search_sessions(operator, "sip:x@y", 10).user == ""


def test_what_is_meant_exactly_comes_first_and_once(operator, opened):
    opened("alice2@example.org", "00one")
    opened("alice@example.org", "01two")
    assert [row.user for row in search_sessions(operator, "alice", 10).rows] == ["alice@example.org", "alice2@example.org"]


def test_one_letter_is_no_part_of_a_name(operator, opened):
    opened("alice@example.org", "00one")
    assert search_sessions(operator, "a", 10).rows == ()


def test_no_more_are_given_than_asked_for(operator, opened):
    for number in range(5):
        opened(f"alice{number}@example.org", f"0{number}one")
    found = search_sessions(operator, "alice", 3)
    assert (len(found.rows), found.more) == (3, True)


def test_a_search_ends_with_its_time_and_says_so(operator, opened):
    for number in range(SESSIONS_IN_BATCH + 5):
        opened(f"u{number}@example.org", f"00{number}")
    assert search_sessions(operator, "nobody", 3, seconds=0.0).late
    assert not search_sessions(operator, "nobody", 3, seconds=600.0).late


@pytest.mark.parametrize("words", ["", "  ", "x" * 201])
def test_what_is_no_question_is_refused(operator, words):
    with pytest.raises(OperatorError):
        search_sessions(operator, words, 3)


def test_all_sessions_are_on_pages_each_once(client, opened):
    names = {opened(f"u{number}@example.org", f"{number % 3:02x}{number}") for number in range(10)}
    seen, after = [], (0, 0)
    while after is not None:
        page = listed_sessions(client, after, 4)
        assert 0 < len(page.rows) <= 4
        seen.extend(row.id for row in page.rows)
        after = page.after
    assert sorted(seen) == sorted(names)


def test_a_page_behind_the_last_one_is_empty(client, opened):
    opened("alice@example.org", "00one")
    assert listed_sessions(client, (255, 9), 4).rows == ()
    assert listed_sessions(client, (999, 0), 4).rows == ()
