"""Who guesses learns nothing, gets slower, and never gets this gateway banned by an XMPP server (reliability.md 7)."""

import base64
import collections
import hashlib
import math
import os
import time

import pytest

from onesoup.csp.codec.generated_elements import ClientID, KeepAliveRequest, LoginRequest, PollingRequest
from onesoup.handlers.context import Peer
from onesoup.handlers.login import access, throttle
from onesoup.runtime.ids import token

ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"


@pytest.fixture
def server(holder):
    """An XMPP server that takes these passwords and no others."""
    holder.right = {(ALICE, "right"), (BOB, "bobs"), (CAROL, "carols")}
    return holder


def guess(services, user: str, password: str, address: str) -> int:
    """A log-in without the codec: there are many."""
    request = LoginRequest(user_id=user, client_id=ClientID(url="x"), password=password)
    outcome = access.login(services, request, "1", "1.2", Peer(address=address), time.monotonic() + 5)
    return outcome.response.result.code


# ONESOUP_LONG_TESTS=1 does all that the security programme names; what the rest would meet is the same after some hundreds.
LONG = bool(os.environ.get("ONESOUP_LONG_TESTS"))
GUESSES = 10_000 if LONG else 1000
IDS = 1_000_000 if LONG else 100_000


def test_thousands_of_guesses_from_everywhere_ask_the_server_fifteen_times(services, server):
    """At most 15 reach it, no account is guessed, and whoever has logged in before still can."""
    assert guess(services, BOB, "bobs", "198.51.100.1") == 200
    server.logins.clear()
    codes = collections.Counter(
        guess(services, f"user{number % 40}@example.org", f"guess{number}", f"10.{number % 150}.0.1") for number in range(GUESSES)
    )
    assert len(server.logins) <= 15
    assert set(codes) == {409, 503}
    assert codes[409] <= 15
    assert guess(services, BOB, "bobs", "198.51.100.1") == 200
    assert guess(services, BOB, "bobs", "203.0.113.9") == 200


def test_one_attacker_leaves_slots_for_new_users(services, server):
    for number in range(200):
        guess(services, f"user{number}@example.org", "guess", "192.0.2.66")
    assert len(server.logins) == 10
    assert guess(services, CAROL, "carols", "203.0.113.5") == 200


def test_an_attacker_on_one_account_does_not_lock_its_owner_out(services, server):
    assert guess(services, ALICE, "right", "198.51.100.1") == 200
    codes = [guess(services, ALICE, f"guess{number}", "192.0.2.66") for number in range(8)]
    assert codes == [409] * 5 + [503] * 3
    assert guess(services, ALICE, "right", "192.0.2.66") == 503  # not even the right one is told
    assert guess(services, ALICE, "right", "198.51.100.77") == 200  # the same network as before


def test_a_phone_that_repeats_a_wrong_password_asks_the_server_once(services, server):
    assert {guess(services, ALICE, "wrong", "198.51.100.1") for _ in range(50)} == {409}
    assert len(server.logins) == 1
    assert guess(services, ALICE, "right", "198.51.100.1") == 200


def test_digests_are_guessed_no_faster(new_phone, services, server):
    services.accounts.link(ALICE, ALICE, "right", "phone-secret")

    def attempt(secret: str) -> int:
        phone = new_phone(client_id="JiMMY")
        client_id = ClientID(url="JiMMY")
        challenge = phone.ask(LoginRequest(user_id="alice", client_id=client_id, digest_schema=["MD5"]), "1")
        digest = base64.b64encode(hashlib.md5((challenge.nonce + secret).encode()).digest()).decode()
        return phone.ask(LoginRequest(user_id="alice", client_id=client_id, digest_bytes=digest), "1").result.code

    assert [attempt("wrong") for _ in range(6)] == [409] * 5 + [503]
    assert attempt("phone-secret") == 503
    assert server.logins == []


def test_an_address_that_has_failed_a_hundred_times_waits_and_its_neighbours_do_not(services, server):
    assert guess(services, BOB, "bobs", "10.1.1.2") == 200
    for _ in range(100):
        services.guard.failed("whoever@example.org", "p", throttle.address_key(services, Peer(address="10.1.1.1")))
    assert guess(services, CAROL, "carols", "10.1.1.1") == 503
    assert guess(services, CAROL, "carols", "10.1.1.2") == 200
    # Somebody who has logged in from behind the same carrier before is let in.
    assert guess(services, BOB, "bobs", "10.1.1.1") == 200


def test_while_no_holder_answers_slots_are_given_back(services, server):
    """Else the first users after an outage would wait for those who gave up in it."""
    server.deaf = True
    for number in range(12):
        request = LoginRequest(user_id=f"user{number}", client_id=ClientID(url="x"), password="p")
        asked = access.login(services, request, "1", "1.2", Peer(address="10.0.0.1"), time.monotonic() + 0.05)
        assert asked.response.result.code == 504
    ticket = throttle.login_ticket(services, Peer(address="10.0.0.1"), CAROL, CAROL, "carols")
    assert services.guard.reserve(ticket) == 1


# --- who has an account ---


# What the test itself asks, and a subscriber that looks whether its server is still there.
BESIDE = {"cmdstat_info", "cmdstat_ping"}


def answer(phone, octets_of: str):
    """An answer without what differs from log-in to log-in."""
    return phone.octets.replace(octets_of.encode(), b"?")


@pytest.mark.parametrize("way", ["plain", "digest"])
def test_an_unknown_user_and_a_wrong_password_get_the_same_answer_for_the_same_work(new_phone, services, server, way):
    services.accounts.link(ALICE, ALICE, "right", "phone-secret")
    client = services.guard._client
    seen = []
    for user in ("warming-up", "alice", "nobody"):
        phone = new_phone(client_id="JiMMY")
        before = client.info("commandstats")
        if way == "plain":
            phone.ask(LoginRequest(user_id=user, client_id=ClientID(url="JiMMY"), password="wrong"), "1")
        else:
            first = phone.ask(LoginRequest(user_id=user, client_id=ClientID(url="JiMMY"), digest_schema=["MD5"]), "1")
            assert (first.result.code, len(first.nonce)) == (401, access.NONCE_LENGTH)
            phone.ask(LoginRequest(user_id=user, client_id=ClientID(url="JiMMY"), digest_bytes="AAAAAAAAAAAAAAAAAAAAAA=="), "1")
        after = client.info("commandstats")
        calls = {name: each["calls"] - before.get(name, {"calls": 0})["calls"] for name, each in after.items()}
        seen.append((answer(phone, user), {name: count for name, count in calls.items() if count and name not in BESIDE}))
    assert seen[1] == seen[2]


# --- sessions ---


def test_session_ids_are_random_in_every_letter():
    """A great many of them: none twice, every letter at every place about as often."""
    ids = [token(access.SID_RANDOM_LETTERS) for _ in range(IDS)]
    assert len(set(ids)) == len(ids)
    expected = len(ids) / 32
    for place in range(access.SID_RANDOM_LETTERS):
        counts = collections.Counter(each[place] for each in ids)
        assert len(counts) == 32
        # Eight standard deviations: by chance once in 10**13 runs.
        assert max(abs(count - expected) for count in counts.values()) < 8 * math.sqrt(expected)
    assert 5 * access.SID_RANDOM_LETTERS >= 128


def test_whoever_tries_session_ids_becomes_slow(new_phone, services, monkeypatch):
    monkeypatch.setattr(throttle, "UNKNOWN_SESSION_WAIT_SECONDS", 0.0)
    waited = []
    monkeypatch.setattr(throttle.time, "sleep", waited.append)
    for number in range(40):
        phone = new_phone(address="192.0.2.66")
        phone.sid = f"00{number:026d}"
        status = phone.ask(PollingRequest() if number % 2 else KeepAliveRequest(), None if number % 2 else "1")
        assert status.result.code == 604
    assert len(waited) == 10
    other = new_phone(address="198.51.100.1")
    other.sid = "00" + "y" * 26
    other.ask(KeepAliveRequest())
    assert len(waited) == 10
