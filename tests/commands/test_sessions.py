"""`onesoup kick` and `onesoup sessions`, on sessions that stand in Redis: whom they mean, and that it is noted who did it."""

import json
from collections.abc import Callable
from functools import partial

import pytest
import redis
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.demo.servers import RedisServer
from onesoup.store.audit import AuditLog
from onesoup.store.session.gateway_side import GatewaySessionStore
from tests.support.in_redis import living_session

Open = Callable[[str, str], str]


@pytest.fixture
def opened(client: redis.Redis) -> Open:
    """opened(JID, SessionID) makes a living session; the name that operators know it by."""
    return partial(living_session, client)


@pytest.fixture
def run(redis_server: RedisServer) -> Callable[..., tuple[int, str]]:
    env = {"ONESOUP_REDIS_URL": redis_server.url, "ONESOUP_DOMAIN": "example.org", "SUDO_USER": "carol"}

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, list(words), env=env)
        return done.exit_code, done.output

    return call


@pytest.fixture
def kick(run: Callable[..., tuple[int, str]]) -> Callable[[str], tuple[int, str]]:
    return partial(run, "kick")


def lives(client: redis.Redis, sid: str) -> bool:
    return GatewaySessionStore(client).lives(sid)


def test_a_user_whose_name_looks_like_a_session_is_a_user(client, opened, kick):
    """12345678 is a phone number without its country code, deadbeef a name."""
    opened("12345678@example.org", "00one")
    opened("deadbeef@example.org", "01two")
    assert kick("12345678") == (0, "ended 1 session of 12345678@example.org\n")
    assert (lives(client, "00one"), lives(client, "01two")) == (False, True)
    assert kick("deadbeef")[0] == 0
    assert not lives(client, "01two")


def test_a_session_is_known_by_its_name(client, opened, kick):
    name = opened("alice@example.org", "00one")
    opened("alice@example.org", "01two")
    assert kick(name) == (0, "ended 1 session of alice@example.org\n")
    assert (lives(client, "00one"), lives(client, "01two")) == (False, True)


def test_what_is_neither_is_told_as_both(client, kick):
    status, said = kick("12345678")
    assert status == 1
    assert "12345678@example.org is not logged in, and there is no session 12345678" in said


def test_what_may_be_both_ends_nothing(client, opened, kick):
    name = opened("alice@example.org", "00one")
    opened(f"{name}@example.org", "01two")
    status, said = kick(name)
    assert status == 1
    assert f"Write {name}@example.org for the user" in said
    assert lives(client, "00one")
    assert kick(f"{name}@example.org")[0] == 0
    assert (lives(client, "00one"), lives(client, "01two")) == (True, False)


def test_who_ended_whose_session_is_noted(client, opened, kick):
    name = opened("alice@example.org", "00one")
    kick("alice")
    kick("nobody")
    (entry,) = AuditLog(client).last(10)
    assert (entry.what, entry.whom, entry.more) == ("kick", "alice@example.org", f"sessions={name}")
    assert entry.by.startswith("carol(")
    assert "00one" not in str(entry)


def test_sessions_are_found_by_what_is_known_of_them(opened, run):
    names = {jid: opened(jid, sid, "10.0.0.7") for jid, sid in (("alice@example.org", "00one"), ("alina@example.org", "01two"))}
    assert run("sessions", "--find", "ali")[1].endswith("2 sessions\n")
    status, said = run("sessions", "--find", names["alina@example.org"], "--json")
    assert (status, said.count("\n"), "alina@example.org" in said) == (0, 1, True)
    assert run("sessions", "--find", "nobody") == (0, "0 sessions\n")
    assert run("sessions", "--find", " ")[0] == 1
    assert run("sessions", "--find", "ali", "--user", "alice")[0] == 1


@pytest.mark.parametrize(
    ("session", "shown"),
    [
        ({"handset": "s60", "agent": ""}, "s60"),
        ({"agent": "Frobozz/1.0 Profile/MIDP-2.0"}, "Frobozz/1.0 Profile/MIDP-2.0"),
        ({"agent": "Frobozz/1.0 " * 5}, "Frobozz/1.0 Frobozz/1.0 Frobozz/1.0 Frob"),
        ({"client_id": "http://frobozz.example/im"}, "unknown (http://frobozz.example/im)"),
        ({"client_id": "x\x1b[2J"}, "unknown (x?[2J)"),
        ({"client_id": "+358401234567", "client_kind": "MSISDN"}, "unknown"),
        ({"client_id": "IMEI:490154203237518"}, "unknown"),
        ({"client_id": ""}, "unknown"),
    ],
)
def test_a_phone_of_no_known_family_is_called_by_what_it_says_of_itself(client, run, session, shown):
    living_session(client, "alice@example.org", "00one", version="1.2", encoding="xml", **session)
    head, row, _ = run("sessions")[1].splitlines()
    column = head.index("handset")
    assert row[column : head.index("csp")].strip() == shown


def test_programs_get_the_family_as_before_and_the_whole_name(client, run):
    living_session(client, "alice@example.org", "00one", agent="Frobozz/1.0 " * 5)
    row = json.loads(run("sessions", "--json")[1])
    assert (row["handset"], row["phone"]) == ("unknown", "Frobozz/1.0 " * 5)
