"""MessageIDs: no two alike, and later ones sort behind earlier ones, so that what a session leaves keeps its order."""

from onesoup.csp.messages import Text
from onesoup.runtime.ids import ordered_id
from onesoup.store import records


def test_ids_of_one_moment_keep_their_order():
    made = [ordered_id(1_700_000_000.5) for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(len(each) == 18 and each.isalnum() for each in made)


def test_a_clock_that_goes_back_does_not_turn_the_order():
    first = ordered_id(4_000_000_000.0)
    assert first < ordered_id(1_700_000_000.0) < ordered_id(4_000_000_000.001)


def test_what_a_session_leaves_is_told_by_time_and_in_the_order_in_which_it_came():
    came = [("first", 20), ("second", 20), ("written long before, sent late", 10), ("third", 20)]
    texts = [Text(ordered_id(30.0), "bob@example.org", body, written) for body, written in came]
    stored = {text.id: b"bob@example.org\n" + records.pack_text(text) for text in reversed(texts)}
    told = [records.unpack_text(item.partition(b"\n")[2]).body for item in records.in_order(stored).values()]
    assert told == ["written long before, sent late", "first", "second", "third"]
