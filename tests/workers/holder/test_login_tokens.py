"""The holder's memory of log-in tokens: how long one stands for a password, and what happens without Redis."""

import pytest

from onesoup.demo.servers import RedisServer
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_tokens import LoginTokens
from onesoup.store.redis.client import connect
from onesoup.xmpp.stream.login_tokens import LoginToken
from onesoup.xmpp.stream.sasl import PasswordProof
from workers.holder.login_tokens import LoginTokenMemory

WHO = ("alice@x", "agent")
PROOF = PasswordProof("sha256", b"salt", 1, b"k" * 32)


def token(expires: float) -> LoginToken:
    return LoginToken("HT-SHA-256-NONE", "token", expires, PROOF)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("tokens"), appendonly=False) as server:
        yield server


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def memory(server, now):
    client = connect(server.url)
    client.flushall()
    yield LoginTokenMemory(LoginTokens(client, KeyRing([("k1", b"1" * 32)])), 60, clock=lambda: now[0])
    client.close()


def test_a_token_is_used_for_as_long_as_operators_want(memory, now):
    """However long the server would take it."""
    memory.keep(*WHO, token(expires=9e9))
    assert memory.recall(*WHO) == token(expires=1060.0)
    now[0] = 1059.0
    assert memory.recall(*WHO) is not None
    now[0] = 1060.0
    assert memory.recall(*WHO) is None


def test_a_token_is_used_for_as_long_as_the_server_takes_it(memory, now):
    memory.keep(*WHO, token(expires=1005.0))
    now[0] = 1005.0
    assert memory.recall(*WHO) is None


def test_a_token_that_replaces_another_has_no_longer_a_life(memory, now):
    """The stream hands it on with the end of the one before: an old password does not live on from token to token."""
    memory.keep(*WHO, token(expires=9e9))
    now[0] = 1030.0
    memory.keep(*WHO, token(expires=memory.recall(*WHO).expires))
    assert memory.recall(*WHO).expires == 1060.0


def test_a_token_that_is_dropped_is_gone_for_all_holders(memory):
    memory.keep(*WHO, token(expires=9e9))
    memory.drop(*WHO)
    assert memory.recall(*WHO) is None


def test_the_tokens_of_an_account_are_forgotten_together(memory):
    memory.keep(*WHO, token(expires=9e9))
    memory.keep("alice@x", "a tablet", token(expires=9e9))
    memory.keep("bob@x", "agent", token(expires=9e9))
    memory.forget("alice@x")
    assert (memory.recall(*WHO), memory.recall("alice@x", "a tablet")) == (None, None)
    assert memory.recall("bob@x", "agent") is not None


def test_a_token_that_is_too_long_is_not_kept(memory):
    memory.keep(*WHO, LoginToken("HT-SHA-256-NONE", "token", 9e9, PasswordProof("sha256", b"s" * 5000, 1, b"k")))
    assert memory.recall(*WHO) is None


def test_without_redis_there_is_no_token_and_no_error(tmp_path, now):
    with RedisServer(tmp_path, appendonly=False) as gone:
        client = connect(gone.url)
    memory = LoginTokenMemory(LoginTokens(client, KeyRing([("k1", b"1" * 32)])), 60, clock=lambda: now[0])
    memory.keep(*WHO, token(expires=9e9))
    assert memory.recall(*WHO) is None
    memory.drop(*WHO)
    memory.forget("alice@x")
