"""Tokens, attempts and sessions of the console. Time is an argument, so nothing waits."""

import pytest

from onesoup.store import operator_bounds
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.console_access import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    TOKENS_KEY,
    TRIES_IN_ALL,
    TRIES_KEY,
    TRIES_OF_ADDRESS,
    ConsoleAccess,
    ConsoleRole,
)

RING = KeyRing([("k1", b"k" * 32)])
OPERATOR, READER = ConsoleRole.OPERATOR, ConsoleRole.READER


@pytest.fixture
def access(client) -> ConsoleAccess:
    return ConsoleAccess(client)


@pytest.fixture
def token(access) -> str:
    return access.ensure_token(RING, OPERATOR, 1)


def test_a_token_is_made_once_and_shown_again(access, token):
    assert access.ensure_token(RING, OPERATOR, 2) == ""
    assert access.shown_token(RING, OPERATOR) == token
    assert access.shown_token(RING, READER) == ""
    assert access.token(OPERATOR).made == 1


def test_redis_does_not_know_the_token(access, token, client):
    record = client.hget(TOKENS_KEY, "operator")
    assert token.encode() not in record
    with pytest.raises(KeyRingError):
        access.shown_token(KeyRing([("k2", b"x" * 32)]), OPERATOR)
    client.hset(TOKENS_KEY, "read-only", record)  # moved to another role
    with pytest.raises(KeyRingError):
        access.shown_token(RING, READER)


def test_each_token_has_its_role(access, token):
    reading = access.ensure_token(RING, READER, 1)
    assert access.log_in(token, "here", 1)[1].role == "operator"
    assert access.log_in(reading, "here", 1)[1].role == "read-only"
    assert access.log_in("", "here", 1) is None
    assert access.log_in(token[:-1], "here", 1) is None
    assert access.log_in("\ud800", "here", 1) is None


def test_a_session_lives_while_it_is_used_and_half_a_day_at_most(access, token):
    secret, session = access.log_in(token, "here", 0)
    now = 0
    while now < LONGEST_SECONDS - IDLE_SECONDS:
        now += IDLE_SECONDS - 1
        assert access.find(secret, now) == session
    assert access.find(secret, LONGEST_SECONDS) is None
    secret, _ = access.log_in(token, "here", 0)
    assert access.find(secret, IDLE_SECONDS - 1, touch=False) is not None
    assert access.find(secret, IDLE_SECONDS) is None


def test_a_session_ends_with_its_token(access, token):
    secret, _ = access.log_in(token, "here", 0)
    other, _ = access.log_in(access.ensure_token(RING, READER, 1), "here", 0)
    access.new_token(RING, OPERATOR, 1)
    assert access.find(secret, 1) is None
    assert access.find(other, 1) is not None


def test_sessions_unused_for_longest_go_when_there_are_too_many(access, token):
    secrets = [access.log_in(token, "here", number)[0] for number in range(operator_bounds.MOST_CONSOLE_SESSIONS + 1)]
    now = operator_bounds.MOST_CONSOLE_SESSIONS
    assert access.find(secrets[0], now) is None
    assert all(access.find(each, now) for each in secrets[1:])


def test_sessions_can_be_ended(access, token):
    first, second = (access.log_in(token, where, now)[0] for now, where in enumerate(("here", "there")))
    assert [each.address for each in access.sessions(1)] == ["here", "there"]
    access.end(first)
    assert (access.find(first, 1), access.find(second, 1) is None) == (None, False)
    assert access.end_all() == 1
    assert access.sessions(1) == []


def test_attempts_of_an_address_are_limited_and_forgotten(access, client):
    assert {access.reserve_try("bad") for _ in range(TRIES_OF_ADDRESS)} == {0}
    assert access.reserve_try("bad") > 0
    assert access.reserve_try("good") == 0
    assert client.ttl(TRIES_KEY) > 0
    access.forget_tries()
    assert access.reserve_try("bad") == 0


def test_attempts_are_limited_in_all(access):
    assert {access.reserve_try(str(number)) for number in range(TRIES_IN_ALL)} == {0}
    assert access.reserve_try("one more") > 0


def test_a_good_attempt_does_not_count(access, token, client):
    for _ in range(2 * TRIES_OF_ADDRESS):
        assert access.reserve_try("good") == 0
        assert access.log_in(token, "good", 0)
    assert not client.exists(TRIES_KEY)


def test_a_record_of_a_later_version_lets_nobody_in(access, token, client):
    secret, _ = access.log_in(token, "here", 0)
    client.hset(TOKENS_KEY, "operator", b"\x81\xa1v\x09")
    assert access.find(secret, 1) is None
    assert access.log_in(token, "here", 1) is None
