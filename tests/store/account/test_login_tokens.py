"""Tokens of XMPP servers in Redis: sealed, bounded, for one client of one account."""

import pytest

from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_tokens import (
    MAX_TOKEN_SECONDS,
    TOKENS_OF_ACCOUNT,
    LoginTokens,
    StoredLoginToken,
    forget_login_tokens_of_domain,
)
from onesoup.store.bounds import TooMuch

ALICE, PHONE = "alice@x", "0f9b2f4e-6a51-4bb0-9d36-5c2f5e2f0001"
KEY = f"login-tokens:{{{ALICE}}}"
TOKEN = StoredLoginToken("HT-SHA-256-NONE", "secret-token:one", 2e9, "sha256", b"salt of the server", 10_000, b"k" * 32)


@pytest.fixture
def ring():
    return KeyRing([("k1", b"1" * 32)])


@pytest.fixture
def tokens(client, ring):
    return LoginTokens(client, ring)


def test_a_token_is_read_as_it_was_written_until_it_is_dropped(tokens):
    assert tokens.get(ALICE, PHONE) is None
    tokens.put(ALICE, PHONE, TOKEN)
    assert tokens.get(ALICE, PHONE) == TOKEN
    assert tokens.get(ALICE, "another") is None
    assert tokens.get("bob@x", PHONE) is None
    tokens.drop(ALICE, PHONE)
    assert tokens.get(ALICE, PHONE) is None


def test_redis_tells_neither_the_token_nor_what_checks_the_password(tokens, client):
    tokens.put(ALICE, PHONE, TOKEN)
    written = client.dump(KEY) + b"".join(client.hvals(KEY))
    for part in (TOKEN.secret.encode(), TOKEN.salt, TOKEN.stored_key):
        assert part not in written


def test_a_token_that_was_moved_opens_nothing(tokens, client):
    """To another client, or to another account."""
    tokens.put(ALICE, PHONE, TOKEN)
    sealed = client.hget(KEY, PHONE)
    client.hset(KEY, "another", sealed)
    client.hset("login-tokens:{bob@x}", PHONE, sealed)
    assert tokens.get(ALICE, "another") is None
    assert tokens.get("bob@x", PHONE) is None


def test_what_the_ring_does_not_open_is_no_token(tokens, client, ring):
    LoginTokens(client, KeyRing([("k2", b"2" * 32)])).put(ALICE, PHONE, TOKEN)
    assert tokens.get(ALICE, PHONE) is None
    client.hset(KEY, PHONE, ring.seal(b"\x81\xa1v\x09", f"login-token:{ALICE}/{PHONE}"))
    assert tokens.get(ALICE, PHONE) is None, "a record of a version that is not known"


def test_they_go_by_themselves_and_only_so_many_are_kept(tokens, client):
    for number in range(3 * TOKENS_OF_ACCOUNT):
        tokens.put(ALICE, f"client{number}", TOKEN)
        assert tokens.get(ALICE, f"client{number}") == TOKEN
    assert client.hlen(KEY) == TOKENS_OF_ACCOUNT
    assert 0 < client.pttl(KEY) <= MAX_TOKEN_SECONDS * 1000


def test_a_token_of_any_length_is_refused(tokens, client):
    with pytest.raises(TooMuch):
        tokens.put(ALICE, PHONE, StoredLoginToken("HT-SHA-256-NONE", "x" * 4000, 2e9, "sha256", b"s", 1, b"k"))
    assert not client.exists(KEY)


@pytest.mark.parametrize(
    ("domain", "taken"), [("x", {ALICE}), ("y.example", {"bob@y.example"}), ("*", set()), ("[x]", {"carol@[x]"})]
)
def test_a_domain_is_meant_to_the_letter(tokens, client, domain, taken):
    everybody = {ALICE, "bob@y.example", "dave@y-example", "carol@[x]"}
    for jid in everybody:
        tokens.put(jid, PHONE, TOKEN)
    forget_login_tokens_of_domain(client, domain)
    assert {jid for jid in everybody if tokens.get(jid, PHONE) is None} == taken
