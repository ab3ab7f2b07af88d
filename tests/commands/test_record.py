"""`onesoup record` where it cannot record, and where nobody comes. With a phone: tests/conversations/test_record.py."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onesoup.captures.exchanges import CapturedExchange, pack_exchange
from onesoup.commands import record
from onesoup.commands.main import main
from onesoup.demo.servers import RedisServer
from onesoup.phone.conversation import script
from onesoup.store.audit import AuditLog
from onesoup.store.recordings import MAX_RECORDINGS, Recording, Recordings
from onesoup.store.redis.client import connect
from onesoup.wire import codec
from tests.captures.test_conversation_writer import LOGIN


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def recordings(server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recordings]:
    """The store, while the command runs in an empty directory."""
    client = connect(server.url)
    client.flushall()
    monkeypatch.setenv("ONESOUP_REDIS_URL", server.url)
    monkeypatch.setenv("ONESOUP_DOMAIN", "example.org")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(record, "RECORDING_STARTS_SECONDS", 0.05)
    monkeypatch.setattr(record, "NO_GATEWAY_SECONDS", 0.1)
    yield Recordings(client)
    client.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["record", *words])


@pytest.mark.parametrize("words", [(), ("alice", "--new"), ("alice", "--seconds", "0"), ("alice", "--seconds", "3601")])
def test_words_that_make_no_sense_are_refused(words: tuple[str, ...], recordings: Recordings) -> None:
    assert run(*words).exit_code != 0
    assert recordings.active() == ()


def test_a_file_is_not_written_over(recordings: Recordings, tmp_path: Path) -> None:
    (tmp_path / "there.yaml").write_text("mine")
    found = run("alice", "-o", "there.yaml")
    assert (found.exit_code, "there already" in found.output) == (1, True)
    assert (tmp_path / "there.yaml").read_text() == "mine"


@pytest.mark.parametrize("output", ["nowhere/x.yaml", "file/x.yaml"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_recorded(
    output: str, recordings: Recordings, gateway: list[bytes], server: RedisServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no directory")
    found = run("--new", "--seconds", "1", "-o", output)
    assert (found.exit_code, "no directory" in found.output) == (1, True)
    client = connect(server.url)
    assert AuditLog(client).last(10) == []
    client.close()


def test_without_a_gateway_nothing_is_recorded_and_nothing_stays(recordings: Recordings) -> None:
    found = run("alice")
    assert found.exit_code == 1
    assert "no gateway process records" in found.output
    assert recordings.active() == ()


def test_who_records_whom_is_noted(gateway: list[bytes], server: RedisServer) -> None:
    run("alice", "--seconds", "1")
    client = connect(server.url)
    (noted,) = AuditLog(client).last(10)
    client.close()
    assert (noted.what, noted.whom) == ("record", "alice@example.org")
    assert "seconds=1" in noted.more


def test_one_recording_too_many_is_refused(recordings: Recordings) -> None:
    for number in range(MAX_RECORDINGS):
        recordings.start(Recording(f"{number}", "", time.time() + 3600, b"k"))
    found = run("--new")
    assert (found.exit_code, "too many recordings" in found.output) == (1, True)
    assert len(recordings.active()) == MAX_RECORDINGS


@pytest.fixture
def gateway(recordings: Recordings, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """One that knows at once, and publishes what is put into the list."""
    says: list[bytes] = []

    def known(store: Recordings, recording: str) -> int:
        for event in says:
            store.tell(recording, event)
        return 1

    monkeypatch.setattr(record, "_gateways", known)
    return says


def test_where_nobody_comes_no_file_is_written(gateway: list[bytes], tmp_path: Path) -> None:
    found = run("--new", "--seconds", "1")
    assert (found.exit_code, "nothing was recorded" in found.output) == (1, True)
    assert "no phone logged in" in found.output
    assert "recording the next phone that logs in for 1 s in 1 gateway process;" in found.output
    assert list(tmp_path.glob("*.yaml")) == []


def test_a_user_who_did_not_log_in_is_named(gateway: list[bytes]) -> None:
    found = run("nosuchuser", "--seconds", "1")
    assert (found.exit_code, "nothing was recorded" in found.output) == (1, True)
    assert "nobody logged in as nosuchuser" in found.output


def test_what_gateways_say_becomes_a_file(gateway: list[bytes], tmp_path: Path) -> None:
    request, response = map(codec.decode, LOGIN)
    exchange = CapturedExchange(request, response, headers={"User-Agent": "Nokia6230i"}, at=1.0, sizes=(290, 401))
    gateway.append(record_event("phone", "s1", exchange))
    gateway.append(record_event("phone", "s1", exchange))
    found = run("alice", "--seconds", "1")
    assert found.exit_code == 0, found.output
    assert "Login-Request 290 B" in found.output
    (file,) = tmp_path.glob("recording-*.yaml")
    assert f"{file.name}: 2 exchanges became 2 steps" in found.output
    loaded = script.load(file)
    assert (loaded.data["client"], [step["name"] for step in loaded.steps]) == ("Nokia6230i", ["login", "login-again"])


def record_event(phone: str, session: str, exchange: CapturedExchange) -> bytes:
    """As a gateway publishes it."""
    return json.dumps({"phone": phone, "session": session, "exchange": pack_exchange(exchange).decode()}).encode()
