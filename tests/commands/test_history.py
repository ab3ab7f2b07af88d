"""`onesoup history`: what the operator of a user who could not log in types."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.demo.servers import RedisServer
from onesoup.store.account.keyring import KeyRing
from onesoup.store.audit import AuditLog
from onesoup.store.history import History, HistoryNote

Run = Callable[..., tuple[int, str]]
ALICE, NUMBER, HOME = "alice@example.org", "+4917012345678", "192.0.2.7"
CLOSED = "too many wrong passwords for example.org, wait 55 min"


@pytest.fixture
def run(redis_server: RedisServer, tmp_path: Path, client: redis.Redis) -> Run:
    """alice logged in two hours ago; an hour ago the domain was closed."""
    KeyRing.create(tmp_path / "keys")
    now = int(time.time())
    phone = {"user": ALICE, "address": HOME, "number": NUMBER, "handset": "s60", "csp": "1.2", "scheme": "pwd"}
    login = HistoryEvent(HistoryKind.LOGIN, now - 7200, now - 7200, **phone, session="1ece70f2", code=200, reason="open")
    end = HistoryEvent(HistoryKind.END, now - 5400, now - 5400, user=ALICE, session="1ece70f2", reason="expired", messages=1)
    closed = HistoryEvent(HistoryKind.FAILURE, now - 3600, now - 3600, 3, **phone, code=503, reason=CLOSED, request="f00d" * 4)
    bob = HistoryEvent(HistoryKind.LOGIN, now, now, user="bob@example.org", address=HOME, session="b0b00000", code=200)
    History(client, KeyRing.load(tmp_path / "keys"), 86_400).add(map(HistoryNote, (login, end, closed, bob)), now)
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env = {"ONESOUP_REDIS_URL": redis_server.url, "ONESOUP_DOMAIN": "example.org", "ONESOUP_KEYS_FILE": str(tmp_path / "keys")}

    def call(*words: str, **more: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["history", *words], env=clean | env | more)
        return done.exit_code, done.output

    return call


@pytest.mark.parametrize("who", ["alice", "wv:alice", "wv:alice@example.org", ALICE, NUMBER])
def test_why_she_could_not_log_in_is_in_the_first_lines(run, who):
    status, output = run(who)
    first = " ".join(output.partition("\n\n")[0].split())
    assert status == 0
    assert "last log-in:" in first
    assert "2h ago" in first
    assert "1h ago, 3 times" in first
    assert "the domain was closed after too many wrong passwords" in first
    assert "onesoup guard show example.org" in first


def test_after_a_log_in_that_worked_there_is_nothing_to_do(run, client, tmp_path):
    now = int(time.time())
    again = HistoryEvent(HistoryKind.LOGIN, now, now, user=ALICE, address=HOME, session="2ace70f2", code=200)
    assert "to do:" in run(ALICE)[1]
    History(client, KeyRing.load(tmp_path / "keys"), 86_400).add([HistoryNote(again)], now)
    said = " ".join(run(ALICE)[1].split())
    assert "a log-in after that worked" in said
    assert "to do:" not in said


def test_at_an_address_the_log_in_of_somebody_else_mends_nothing(run):
    """bob is in, alice is not."""
    assert "to do:" in run(HOME)[1]


def test_times_are_utc_as_in_the_log(run, monkeypatch):
    monkeypatch.setenv("TZ", "NPT-5:45")
    time.tzset()
    try:
        _, output = run(ALICE)
    finally:
        monkeypatch.undo()
        time.tzset()
    at = json.loads(run(ALICE, "--json")[1].splitlines()[0])["last"]
    assert output.splitlines()[0] == f"{ALICE}, the last 24 hours; times are UTC"
    assert at.endswith("Z")
    assert f"last failure: {datetime.fromisoformat(at):%a %H:%M:%S}, 1h ago" in output


def test_no_line_is_longer_than_a_terminal(run):
    for who in (ALICE, NUMBER, HOME):
        assert max(map(len, run(who)[1].splitlines())) <= 80


def test_what_happened_is_listed_the_newest_first(run):
    _, output = run(ALICE)
    told = [output.index(words) for words in ("failed log-in", "was silent", "logged in, session 1ece70f2")]
    assert told == sorted(told)
    assert "a message waits" in " ".join(output.split())
    assert f"code 503: {CLOSED}" in " ".join(output.split())
    assert f"from {HOME}" in output


def test_an_address_shows_whose_log_ins_they_were(run):
    _, output = run(HOME)
    assert ALICE in output
    assert "bob@example.org" in output


def test_scripts_get_a_json_object_for_each_event(run):
    status, output = run("alice", "--json")
    rows = [json.loads(line) for line in output.splitlines()]
    assert status == 0
    assert [row["kind"] for row in rows] == ["failure", "end", "login"]
    assert rows[0]["code"] == 503
    assert "guard show example.org" in rows[0]["do"]


def test_nothing_known_is_1_and_nonsense_is_2(run):
    status, output = run("nobody")
    assert status == 1
    assert output.startswith("onesoup: nothing is known of nobody@example.org in the last 24 hours (")
    assert "try again" in output
    assert run("nobody", "--json")[0] == 1
    assert run("+12")[0] == 2
    assert run(HOME, "--forget")[0] == 2
    status, output = run(ALICE, ONESOUP_HISTORY_HOURS="0")
    assert status == 1
    assert "history_hours is 0" in output


def test_a_user_is_forgotten_everywhere(run, client):
    status, output = run("alice", "--forget")
    assert (status, output) == (0, f"{ALICE}: 7 entries are removed\n")
    assert run(ALICE)[0] == run(NUMBER)[0] == 1
    assert ALICE not in run(HOME)[1]
    assert run("alice", "--forget")[0] == 1
    done = [(entry.what, entry.whom) for entry in AuditLog(client).last(9)]
    assert ("history forget", ALICE) in done
    assert ("history", "***678") in done


def test_control_characters_do_not_reach_the_terminal(run, client, tmp_path):
    """A phone may type what it likes as a user id, and call itself what it likes."""
    now = int(time.time())
    failed = HistoryEvent(HistoryKind.FAILURE, now, now, user="\x1b[2J", address="192.0.2.8", handset="\x1b]0;x\x07", code=531)
    History(client, KeyRing.load(tmp_path / "keys"), 86_400).add([HistoryNote(failed)], now)
    status, output = run("192.0.2.8")
    assert status == 0
    assert output.replace("\n", "").isprintable()
    assert "[2J" in output
