"""`onesoup guard`: what a locked-out user's operator types."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.demo.servers import RedisServer
from onesoup.handlers.login.throttle import address_digest
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_limits import LoginLimits, LoginTicket
from onesoup.store.audit import AuditLog

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(redis_server: RedisServer, tmp_path: Path, client: redis.Redis) -> Run:
    """Fifteen wrong passwords, ten of them from 203.0.113.9, have closed example.org."""
    KeyRing.create(tmp_path / "keys")
    ring, limits = KeyRing.load(tmp_path / "keys"), LoginLimits(client)
    for number in range(15):
        address = address_digest(ring, "203.0.113.9" if number < 10 else "198.51.100.1")
        ticket = LoginTicket("alice@example.org", "example.org", f"d{number}", "abroad", address, f"s{number}")
        limits.reserve(ticket)
        limits.settle(ticket, 409)
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env = {"ONESOUP_REDIS_URL": redis_server.url, "ONESOUP_DOMAIN": "example.org", "ONESOUP_KEYS_FILE": str(tmp_path / "keys")}

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["guard", *words], env=clean | env)
        return done.exit_code, done.output

    return call


def rows(output: str) -> dict[str, dict[str, object]]:
    return {str(row["kind"]): row for row in map(json.loads, output.splitlines())}


def test_all_that_is_counted_is_shown(run):
    status, output = run("show")
    assert status == 0
    assert "example.org" in output
    assert "closed for 60 min" in output
    found = rows(run("show", "--json")[1])
    assert (found["domain"]["failures"], found["domain"]["limit"], found["domain"]["closed"]) == (15, 15, True)
    assert (found["account"]["name"], found["account"]["closed"]) == ("alice@example.org", True)
    assert "203.0.113.9" not in output


def test_one_address_is_shown_and_let_in(run, client):
    found = rows(run("show", "203.0.113.9", "--json")[1])
    assert (found["address"]["failures"], found["address"]["closed"]) == (10, False)
    assert (found["address at domain"]["failures"], found["address at domain"]["closed"]) == (10, True)
    assert (found["address"]["name"], found["address at domain"]["name"]) == ("203.0.113.9", "203.0.113.9 example.org")
    assert run("clear", "203.0.113.9") == (0, "203.0.113.9: its failures are forgotten\n")
    assert rows(run("show", "example.org", "--json")[1])["domain"]["failures"] == 5
    (entry,) = AuditLog(client).last(5)
    assert (entry.what, entry.whom) == ("guard clear", "203.0.113.9")


@pytest.mark.parametrize(
    ("who", "kind", "name"),
    [
        ("Example.org", "domain", "example.org"),
        ("alice@example.org", "account", "alice@example.org"),
        ("alice", "account", "alice@example.org"),
        ("wv:alice", "account", "alice@example.org"),
    ],
)
def test_a_domain_and_a_user_are_let_in(run, who, kind, name):
    assert run("clear", who) == (0, f"{name}: its failures are forgotten\n")
    assert not rows(run("show", who, "--json")[1])[kind]["closed"]
    assert run("clear", who) == (1, f"onesoup: {name}: nothing was counted\n")
