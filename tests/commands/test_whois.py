"""`onesoup whois`: from a digest of the log to the user, and back."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.csp.session import Session
from onesoup.demo.servers import RedisServer
from onesoup.observability.user_digest import user_digest
from onesoup.store import records
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.audit import AuditLog
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Shards

ALICE, BOB, CAROL = "alice@example.org", "bob@xmpp.example.net", "carol@example.org"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    KeyRing.create(tmp_path / "keys")
    return KeyRing.load(tmp_path / "keys")


@pytest.fixture
def run(redis_server: RedisServer, tmp_path: Path, client: redis.Redis, ring: KeyRing) -> Run:
    """Alice's log-in is linked to Bob's account; Carol has a session and no stored password."""
    Accounts(client, ring).link(ALICE, BOB, "secret", "secret")
    session = Session(jid=CAROL, own="wv:carol", version="1.2", resource="r", client_id="x", client_kind="URL")
    HolderSessionStore(client).create("00carol", NewSession(records.pack_session(session), 1, 60_000, b""))
    Shards(client).add(0, "00carol")
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env = {"ONESOUP_REDIS_URL": redis_server.url, "ONESOUP_DOMAIN": "example.org", "ONESOUP_KEYS_FILE": str(tmp_path / "keys")}

    def call(*words: str, **more: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["whois", *words], env=clean | env | more)
        return done.exit_code, done.output

    return call


@pytest.mark.parametrize("user", [ALICE, BOB, CAROL])
def test_a_user_is_found_by_the_digest_that_whois_shows(run: Run, user: str) -> None:
    status, output = run(user)
    digest = output.split()[0]
    assert (status, output) == (0, f"{digest} {user}\n")
    assert run(digest) == (0, f"{digest} {user}\n")


def test_a_short_name_is_of_the_default_domain(run: Run, ring: KeyRing) -> None:
    assert run("Alice", "--json") == (0, json.dumps({"user": ALICE, "digest": user_digest(ring, ALICE)}) + "\n")


def test_a_digest_of_nobody_is_an_error(run: Run) -> None:
    assert run("u-000000000000") == (1, "onesoup: no account and no session has the digest u-000000000000\n")


def test_who_was_looked_up_is_noted(run: Run, ring: KeyRing, client: redis.Redis) -> None:
    run(user_digest(ring, ALICE))
    (entry,) = AuditLog(client).last(10)
    assert (entry.what, entry.whom) == ("whois", ALICE)


def test_without_a_key_ring_it_says_so(run: Run) -> None:
    status, output = run(ALICE, ONESOUP_KEYS_FILE="")
    assert status == 1
    assert "keys_file" in output
