"""`onesoup console`: where the console is, and the token for it."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.demo.servers import RedisServer
from onesoup.store.account.keyring import KeyRing
from onesoup.store.audit import AuditLog
from onesoup.store.console_access import ConsoleAccess
from onesoup.store.processes import ProcessRecord, ProcessRegistry

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(redis_server: RedisServer, tmp_path: Path, client: redis.Redis) -> Run:
    KeyRing.create(tmp_path / "keys")
    env: dict[str, str | None] = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env |= {"ONESOUP_REDIS_URL": redis_server.url, "ONESOUP_KEYS_FILE": str(tmp_path / "keys")}

    def call(*words: str, **more: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["console", *words], env=env | more)
        return done.exit_code, done.output

    return call


def role_of(client: redis.Redis, token: str) -> str:
    found = ConsoleAccess(client).log_in(token, "here", time.time())
    return found[1].role if found else ""


def test_the_same_token_is_shown_again(run, client):
    first, second = (json.loads(run("--json")[1]) for _ in range(2))
    assert first == second
    assert role_of(client, first["token"]) == first["role"] == "operator"


def test_a_new_token_takes_the_place_of_the_old_one_and_is_noted(run, client):
    old = json.loads(run("--json")[1])["token"]
    new = json.loads(run("--new-token", "--json")[1])["token"]
    assert (role_of(client, old), role_of(client, new)) == ("", "operator")
    (entry,) = AuditLog(client).last(5)
    assert (entry.what, entry.whom) == ("console new-token", "operator")


def test_to_look_the_token_up_ends_waits_after_wrong_ones(run, client):
    access = ConsoleAccess(client)
    while not access.reserve_try("127.0.0.1"):
        pass
    assert run()[0] == 0
    assert access.reserve_try("127.0.0.1") == 0


def test_the_token_for_looking_is_another_one(run, client):
    token = json.loads(run("--read-only", "--json")[1])["token"]
    assert role_of(client, token) == "read-only"
    assert token != json.loads(run("--json")[1])["token"]


def test_all_sessions_are_ended(run, client):
    token = json.loads(run("--json")[1])["token"]
    assert role_of(client, token)
    assert run("--end") == (0, "ended 1 session\n")
    assert json.loads(run("--end", "--json")[1]) == {"ended": 0}


def test_without_the_key_file_a_token_is_made_and_the_present_one_not_shown(run, client):
    status, output = run(ONESOUP_KEYS_FILE="")
    token = output.partition("token: ")[2].split()[0]
    assert (status, role_of(client, token)) == (0, "operator")
    status, output = run(ONESOUP_KEYS_FILE="")
    assert (status, "--new-token" in output) == (1, True)
    assert run()[0] == 1  # it was made without the file


def test_gateways_of_all_hosts_are_named_with_the_way_there(run, client):
    registry, here = ProcessRegistry(client), socket.gethostname()
    for host, pid, unit in ((here, os.getpid(), 7), ("far", 8, 8), ("far", 9, 8)):
        registry.tell(ProcessRecord("web", host, pid, unit, ("127.0.0.1", "9471"), "1", (), 0))
    assert json.loads(run("--json")[1])["urls"] == ["http://localhost:9471/console"] * 2
    lines = run()[1].splitlines()
    assert lines[0] == "http://localhost:9471/console"
    assert lines[1].endswith("after: ssh -L 9471:127.0.0.1:9471 far")
    client.flushdb()
    assert "onesoup web" in run()[1]
