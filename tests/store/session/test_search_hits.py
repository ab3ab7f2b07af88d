"""Hits of searches: kept for the phone, few at a time."""

import pytest

from onesoup.store import keys
from onesoup.store.session.search_hits import MAX_SEARCHES, SEARCH_MS, SearchHits

SID = "00abc"


@pytest.fixture
def searches(client):
    return SearchHits(client)


def test_a_search_is_kept_until_it_is_dropped(searches, client):
    searches.put(SID, 7, ["a@x", "b@x"], False, 1)
    assert searches.get(SID, 7) == (("a@x", "b@x"), False, 1)
    searches.put(SID, 7, ["a@x", "b@x"], False, 2)
    assert searches.get(SID, 7) == (("a@x", "b@x"), False, 2)
    assert searches.get("00other", 7) is None
    assert 0 < client.pttl(keys.of(SID, "find")[0]) <= SEARCH_MS
    assert searches.drop(SID, 7)
    assert not searches.drop(SID, 7)
    assert searches.get(SID, 7) is None


def test_the_oldest_goes_when_a_phone_searches_without_end(searches):
    for number in range(MAX_SEARCHES + 3):
        searches.put(SID, number, ["a@x"], True, 0)
    assert [number for number in range(MAX_SEARCHES + 3) if searches.get(SID, number)] == list(range(3, MAX_SEARCHES + 3))
