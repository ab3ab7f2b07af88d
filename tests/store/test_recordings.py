"""Who is recorded: found by all gateways, never two phones for one --new, over by itself."""

import time

import pytest

from onesoup.store.bounds import MOST_RECORDING_FIELDS, TooMuch
from onesoup.store.recordings import (
    MAX_RECORDING_SECONDS,
    MAX_RECORDINGS,
    RECORDINGS_KEY,
    Recording,
    Recordings,
    recording_channel,
)


def recording(name: str = "r1", who: str = "alice@example.org", seconds: float = 60) -> Recording:
    return Recording(name, who, time.time() + seconds, b"key")


@pytest.fixture
def recordings(client) -> Recordings:
    return Recordings(client)


def test_a_recording_is_read_as_it_was_written(recordings: Recordings) -> None:
    wanted = recording()
    recordings.start(wanted)
    assert recordings.active() == (wanted,)


def test_a_session_is_recorded_until_the_recording_stops(recordings: Recordings, client) -> None:
    recordings.start(recording())
    recordings.start(recording("r2", ""))
    assert recordings.recording_of("abc") == ""
    assert recordings.follow("r1", "abc")
    assert recordings.recording_of("abc") == "r1"
    recordings.stop(["r1"])
    assert recordings.recording_of("abc") == ""
    assert [each.id for each in recordings.active()] == ["r2"]
    assert not recordings.follow("r1", "abc")
    recordings.stop(["r2"])
    assert not client.exists(RECORDINGS_KEY)


def test_new_finds_one_phone_and_its_later_sessions(recordings: Recordings) -> None:
    recordings.start(recording(who=""))
    assert recordings.follow("r1", "first", "phone-a")
    assert not recordings.follow("r1", "other", "phone-b")
    assert recordings.follow("r1", "second", "phone-a")
    assert recordings.recording_of("other") == ""


def test_a_recording_ends_by_itself(recordings: Recordings, client) -> None:
    recordings.start(recording(seconds=-1))
    assert recordings.active() == ()
    assert 0 < client.ttl(RECORDINGS_KEY) <= MAX_RECORDING_SECONDS
    recordings.start(recording("r2"))
    assert [each.id for each in recordings.active()] == ["r2"]
    assert client.hkeys(RECORDINGS_KEY) == [b"r:r2"]


def test_there_are_not_many_at_once(recordings: Recordings, client) -> None:
    for number in range(MAX_RECORDINGS):
        recordings.start(recording(f"r{number}"))
    with pytest.raises(TooMuch):
        recordings.start(recording("one-more"))
    for number in range(2 * MOST_RECORDING_FIELDS):
        recordings.follow("r1", f"s{number}")
    assert client.hlen(RECORDINGS_KEY) == MOST_RECORDING_FIELDS


def test_one_gateway_writes_the_line_of_the_log(recordings: Recordings) -> None:
    recordings.start(recording())
    assert [recordings.first_to_log("r1"), recordings.first_to_log("r1")] == [True, False]


def test_it_is_known_how_many_gateways_record(recordings: Recordings, client) -> None:
    recordings.start(recording())
    assert recordings.gateways("r1") == 0
    recordings.note_gateway("r1")
    recordings.note_gateway("r1")
    assert recordings.gateways("r1") == 2
    recordings.stop(["r1"])
    assert not client.exists(RECORDINGS_KEY)


def test_what_is_recorded_is_published(recordings: Recordings, client) -> None:
    listener = client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(recording_channel("r1"))
    listener.get_message(timeout=5)
    recordings.tell("r1", b"{}")
    while (message := listener.get_message(timeout=5)) is None:
        pass
    assert message["data"] == b"{}"
    listener.close()
