"""A gateway records whom it should and nobody else, and nothing that it publishes says who it is."""

import json
import time
from collections.abc import Callable, Iterator

import gevent
import pytest
import redis
import structlog
from falcon import Request
from falcon.testing import create_environ

from onesoup.captures.exchanges import CapturedExchange, parts_of, unpack_exchange
from onesoup.csp.errors import CspError
from onesoup.csp.text import addresses
from onesoup.demo.servers import RedisServer
from onesoup.handlers.context import Peer
from onesoup.observability.logs import short
from onesoup.store.errors import StoreDown
from onesoup.store.recordings import Recording, Recordings, recording_channel
from tests.captures.test_conversation_writer import LOGIN, POLL, SENT, login, send
from workers.gateway.recorder import MAX_WAITING_RECORDED, NO_RECORDER, Recorder

PHONE, OTHER = Peer(address="203.0.113.9", user_agent="Nokia6230i"), Peer(address="203.0.113.7", user_agent="MOT-V3")
SECONDS = 3600
Events = Callable[[], list[tuple[str, str, CapturedExchange]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


def patient(server: RedisServer) -> redis.Redis:
    """A client that waits for a disk that is busy. A gateway's would go on without the recording, as it should."""
    return redis.Redis.from_url(server.url)


@pytest.fixture
def recordings(server: RedisServer) -> Iterator[Recordings]:
    client = patient(server)
    client.flushall()
    yield Recordings(client)
    client.close()


def whom(user_id: str, _peer: Peer) -> str:
    """The account of a log-in."""
    try:
        return addresses.to_jid(user_id, "example.org")
    except CspError:
        return ""


@pytest.fixture
def recorder(recordings: Recordings) -> Recorder:
    return Recorder(recordings, whom)


@pytest.fixture
def begin(recordings: Recordings, recorder: Recorder, server: RedisServer) -> Iterator[Callable[[str], Events]]:
    """Starts a recording; what was published so far, as (phone, session, exchange)."""
    clients = []

    def begin(who: str) -> Events:
        client = patient(server)
        clients.append(client)
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(recording_channel("r1"))
        listener.get_message(timeout=5)
        recordings.start(Recording("r1", who, time.time() + SECONDS, b"k" * 32))
        recorder.update()

        def events() -> list[tuple[str, str, CapturedExchange]]:
            """A mark goes behind what is there already, so that nothing has to be waited for in vain."""
            if recorder._sender is not None:
                recorder._sender.join(timeout=30)
            recordings.tell("r1", b"end")
            found = []
            while (message := listener.get_message(timeout=30)) is None or message["data"] != b"end":
                assert message is None or message["type"] == "message"
                if message is not None:
                    assert not [word for word in (b"alice", b"bobby", b"geheim", b"Hello") if word in message["data"]]
                    event = json.loads(message["data"])
                    found.append((event["phone"], event["session"], unpack_exchange(event["exchange"].encode())))
            return found

        return events

    yield begin
    for client in clients:
        client.close()


def request(headers: dict[str, str] | None = None) -> Request:
    return Request(create_environ(method="POST", headers={"Content-Type": "application/vnd.wv.csp.xml"} | (headers or {})))


def names(events: list[tuple[str, str, CapturedExchange]]) -> list[str]:
    return [parts.content.name for _, _, exchange in events if (parts := parts_of(exchange.request))]


def test_nothing_is_looked_at_while_nothing_is_recorded(recorder: Recorder) -> None:
    recorder.update()
    assert recorder.active == ()
    assert NO_RECORDER.active == ()


def test_each_gateway_is_counted_once(recordings: Recordings, recorder: Recorder, begin: Callable[[str], Events]) -> None:
    begin("alice@example.org")
    recorder.update()
    Recorder(recordings, whom).update()
    assert recordings.gateways("r1") == 2


def test_a_user_is_recorded_from_the_log_in_on(recorder: Recorder, begin: Callable[[str], Events]) -> None:
    events = begin("alice@example.org")
    assert [each.who for each in recorder.active] == ["alice@example.org"]
    recorder.record(request({"User-Agent": "Nokia6230i", "X-MSISDN": "358401234567"}), PHONE, *LOGIN, None)
    recorder.record(request(), PHONE, send("Hello"), SENT, "S1")
    found = events()
    assert names(found) == ["Login-Request", "SendMessage-Request"]
    assert {session for _, session, _ in found} == {short("S1")}
    assert found[0][2].headers == {"User-Agent": "Nokia6230i", "Content-Type": "application/vnd.wv.csp.xml"}
    assert found[0][2].sizes == tuple(map(len, LOGIN))


def test_others_are_not(recorder: Recorder, begin: Callable[[str], Events]) -> None:
    events = begin("alice@example.org")
    recorder.record(request(), OTHER, login("").replace(b"alice", b"bobby"), LOGIN[1].replace(b"S1", b"S2"), None)
    recorder.record(request(), OTHER, login("").replace(b"alice", b"@"), LOGIN[1].replace(b"S1", b"S2"), None)
    recorder.record(request(), OTHER, POLL.replace(b"S1", b"S2"), b"", "S2")
    assert events() == []


def test_new_records_the_first_phone_that_gets_in(recorder: Recorder, begin: Callable[[str], Events]) -> None:
    events = begin("")
    refused = SENT.replace(b"SendMessage-Response", b"Login-Response").replace(b"200", b"409")
    recorder.record(request(), PHONE, login(""), refused, None)
    recorder.record(request(), OTHER, LOGIN[0], LOGIN[1].replace(b"S1", b"S2"), None)
    recorder.record(request(), PHONE, *LOGIN, None)  # too late
    recorder.record(request(), PHONE, POLL, b"", "S1")
    recorder.record(request(), OTHER, POLL.replace(b"S1", b"S2"), b"", "S2")
    found = events()
    assert [session for _, session, _ in found] == ["", short("S2"), "", short("S2")]
    assert found[0][0] == found[2][0] != found[1][0]


def test_one_line_of_the_log_says_who_is_recorded(
    recordings: Recordings, recorder: Recorder, begin: Callable[[str], Events]
) -> None:
    with structlog.testing.capture_logs() as lines:
        begin("alice@example.org")
        Recorder(recordings, whom).update()
    (told,) = [each for each in lines if each["event"] == "recording"]
    assert told["user"] == "alice@example.org"
    assert 0 < told["seconds"] <= SECONDS


def test_with_new_the_line_comes_when_the_phone_has_come(recorder: Recorder, begin: Callable[[str], Events]) -> None:
    with structlog.testing.capture_logs() as lines:
        begin("")
        assert lines == []
        recorder.record(request(), PHONE, *LOGIN, None)
    assert [each["user"] for each in lines if each["event"] == "recording"] == ["alice@example.org"]


def test_a_store_that_is_away_costs_no_phone_its_answer(recorder: Recorder, begin: Callable[[str], Events]) -> None:
    begin("alice@example.org")

    class Away(Recordings):
        def __init__(self) -> None: ...

        def active(self) -> tuple[Recording, ...]:
            raise StoreDown("away")

        def recording_of(self, session: str) -> str:
            raise StoreDown("away")

    recorder._recordings = Away()
    recorder.record(request(), PHONE, POLL, b"", "S1")
    recorder.update()
    assert recorder.active == ()


def test_what_waits_for_an_operator_is_bounded(recorder: Recorder, begin: Callable[[str], Events]) -> None:
    begin("alice@example.org")
    recorder.record(request(), PHONE, *LOGIN, None)
    assert recorder._sender is not None
    recorder._sender.join()
    recorder._sender = gevent.spawn_later(3600, lambda: None)  # one that does not come to it
    for _ in range(3 * MAX_WAITING_RECORDED):
        recorder.record(request(), PHONE, POLL, b"", "S1")
    assert len(recorder._waiting) == MAX_WAITING_RECORDED
    recorder._sender.kill()


def test_a_bug_of_the_recorder_costs_no_phone_its_answer(recordings: Recordings, begin: Callable[[str], Events]) -> None:
    def broken(_user_id: str, _peer: Peer) -> str:
        raise RuntimeError("a bug")

    begin("alice@example.org")
    recorder = Recorder(recordings, broken)
    recorder.update()
    with structlog.testing.capture_logs() as lines:
        recorder.record(request(), PHONE, *LOGIN, None)
    assert [each["event"] for each in lines] == ["bug"]
