"""Counts of each minute of the last day, over all processes."""

from onesoup.store.minute_counts import MINUTE_SERIES, MINUTES_OF_DAY, MinuteCounts

NOON = 20_000 * MINUTES_OF_DAY + 720


def test_counts_of_processes_add_up(client):
    for _ in range(2):
        MinuteCounts(client).add(NOON, {"polls": 3, "sent": 0})
    MinuteCounts(client).add(NOON - 1, {"polls": 1})
    found = MinuteCounts(client).last_day(NOON)
    assert set(found) == set(MINUTE_SERIES)
    assert found["polls"] == [0] * 1438 + [1, 6]
    assert found["sent"] == [0] * 1440


def test_a_day_begins_in_the_one_before(client):
    counts = MinuteCounts(client)
    midnight = 20_000 * MINUTES_OF_DAY
    for minute in (midnight - 1440, midnight - 1439, midnight - 1, midnight):
        counts.add(minute, {"logins": 1 + minute % 1440})
    assert counts.last_day(midnight, ["logins"])["logins"] == [2] + [0] * 1437 + [1440, 1]


def test_a_number_ends_where_its_bytes_do(client):
    for _ in range(3):
        MinuteCounts(client).add(NOON, {"polls": 2**40})
    assert MinuteCounts(client).last_day(NOON, ["polls"])["polls"][-1] == 2**32 - 1


def test_series_that_there_are_not_are_not_kept_and_all_run_out(client):
    counts = MinuteCounts(client)
    counts.add(NOON, {"evil": 1, "polls": -1})
    assert client.dbsize() == 0
    for minute in range(NOON, NOON + 1440, 60):
        counts.add(minute, dict.fromkeys(MINUTE_SERIES, 1))
    names = list(client.scan_iter())
    assert len(names) == 2 * len(MINUTE_SERIES)
    assert all(client.ttl(name) > 86_400 for name in names)
    assert all(client.strlen(name) <= 4 * MINUTES_OF_DAY for name in names)
