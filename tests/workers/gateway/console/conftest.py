"""The console on a real Redis, and people who are logged in."""

import time

import pytest
from falcon import App

from onesoup.settings import Settings
from onesoup.store.account.keyring import KeyRing
from onesoup.store.console_access import ConsoleAccess, ConsoleRole
from onesoup.store.redis.client import connect
from workers.gateway.console.app import create_console

from .visitor import Visitor


@pytest.fixture
def client(redis_server):
    client = connect(redis_server.url, shared=True)  # as a gateway has it
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([("k1", b"k" * 32)])


@pytest.fixture
def access(client) -> ConsoleAccess:
    return ConsoleAccess(client)


@pytest.fixture
def tokens(access, ring) -> dict[ConsoleRole, str]:
    return {role: access.ensure_token(ring, role, time.time()) for role in ConsoleRole}


@pytest.fixture
def make_console(client, ring, redis_server):
    """Makes the application, with some settings."""

    def make(**settings) -> App:
        return create_console(Settings(redis_url=redis_server.url, **settings), client, ring)

    return make


@pytest.fixture
def console(make_console) -> App:
    return make_console()


@pytest.fixture
def operator(console, tokens) -> Visitor:
    visitor = Visitor(console)
    visitor.log_in(tokens[ConsoleRole.OPERATOR])
    return visitor


@pytest.fixture
def reader(console, tokens) -> Visitor:
    visitor = Visitor(console)
    visitor.log_in(tokens[ConsoleRole.READER])
    return visitor
