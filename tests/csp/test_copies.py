"""What was read on one phone is no news on another; what nobody has read stays news, whatever looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import copies

MESSAGE = ("i", "romeo@x", "1", "ok")


def copy(phone, at, message=MESSAGE, numbered=False):
    return copies.copy_name(message, phone, at, numbered)


def news(waiting, read):
    return sorted(set(waiting) - copies.no_news(waiting, read))


def test_what_was_read_on_another_phone_is_no_news():
    assert news([copy("a", 100.0)], [copy("b", 100.2)]) == []


def test_what_was_read_on_the_same_phone_says_nothing_of_what_came_there_later():
    assert news([copy("a", 105.0)], [copy("a", 100.0)]) == [copy("a", 105.0)]


@pytest.mark.parametrize("other", [("i", "romeo@x", "2", "ok"), ("i", "nurse@x", "1", "ok"), ("i", "romeo@x", "1", "no")])
def test_another_message_is_another_message(other):
    assert news([copy("a", 100.0)], [copy("b", 100.0, other)]) == [copy("a", 100.0)]


def test_the_same_words_under_the_same_id_hours_later_are_another_message():
    """A client that counts its messages from 1 after each start."""
    assert news([copy("a", 9000.0)], [copy("b", 100.0)]) == [copy("a", 9000.0)]


def test_a_number_of_the_archive_is_good_for_ever():
    assert news([copy("a", 9000.0, numbered=True)], [copy("b", 100.0, numbered=True)]) == []


def test_of_equal_messages_only_as_many_are_no_news_as_were_read():
    """The one that was read, not the other."""
    first, second = copy("a", 100.0), copy("a", 105.0)
    assert news([first, second], [copy("b", 100.1)]) == [second]
    assert news([first, second], [copy("b", 105.1)]) == [first]


def test_each_phone_has_read_the_first_of_two_equal_messages_and_the_second_stays_news():
    """What this phone has read itself is what the other has read."""
    second_of_a, second_of_b = copy("a", 105.0), copy("b", 105.1)
    read = [copy("a", 100.0), copy("b", 100.1)]
    assert news([second_of_a], read) == [second_of_a]
    assert news([second_of_b], read) == [second_of_b]


def test_one_that_waits_as_the_copy_of_two_phones_waits_once():
    assert len(news([copy("a", 100.0), copy("b", 100.1)], [])) == 1
    assert len(news([copy("a", 100.0), copy("b", 100.1), copy("a", 105.0), copy("b", 105.1)], [])) == 2


def test_parts_go_with_their_message_and_a_part_that_was_read_is_not_the_message():
    whole = copy("a", 100.0)
    assert news([copies.copy_part_name(whole), whole], [copy("b", 100.1)]) == []
    assert news([whole], [copies.copy_part_name(copy("b", 100.1))]) == [whole]
    assert copies.copy_part_name(copies.copy_part_name(whole)) == copies.copy_part_name(whole)
    assert copies.copy_part_name("") == ""


def test_items_without_a_copy_of_another_phone_are_news():
    assert copies.copies_of_items({"m1": "", "m2": copy("a", 1.0)}, [copy("b", 1.0), ""]) == {"m2"}


def test_a_thousand_equal_messages_are_not_compared_for_ever():
    many = [copy("a", float(number)) for number in range(1000)]
    assert news(many, [copy("b", float(number)) for number in range(1000)]) == sorted(many)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=12), st.integers(1, 40))
def test_a_message_that_nobody_has_read_never_goes_everywhere(events, gap):
    """Equal messages come to both phones, `gap` seconds apart; each phone has read some. What neither has read is still news
    to one of them when both are over."""
    count = len(events)
    read = [copy(phone, n * gap + 0.1 * (phone == "b")) for n, (phone, was) in enumerate(events) if was]
    unread = {n for n, (_, was) in enumerate(events) if not was}
    left = 0
    for phone in "ab":
        mine = [copy(phone, n * gap + 0.1 * (phone == "b")) for n in range(count)]
        waiting = [each for each in mine if each not in read]
        left += len(news(waiting, read))
    assert left >= len(unread)
