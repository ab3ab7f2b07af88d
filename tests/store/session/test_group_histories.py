"""What a phone was told of a group's history: the last list only, and for a while."""

import pytest

from onesoup.csp.messages import Text
from onesoup.store.redis.client import connect
from onesoup.store.session.group_histories import HISTORY_MS, GroupHistories


@pytest.fixture
def client(redis_server):
    client = connect(redis_server.url)
    client.flushall()
    yield client
    client.close()


def test_the_last_list_is_kept_for_a_while(client):
    histories = GroupHistories(client)
    one, two, three = (Text(f"h.{number}", "club@rooms", body, 1) for number, body in enumerate(("one", "two", "three"), 1))
    histories.put("00a", [one, two])
    assert (histories.get("00a", "h.1"), histories.get("00b", "h.1")) == (one, None)
    histories.put("00a", [three])
    assert (histories.get("00a", "h.1"), histories.get("00a", "h.3")) == (None, three)
    assert 0 < client.pttl("hist:{00a}") <= HISTORY_MS
    histories.put("00a", [])
    assert client.keys() == []
