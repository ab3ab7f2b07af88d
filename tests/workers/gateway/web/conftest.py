"""The pages of a gateway behind a trusted proxy, on a real Redis."""

from types import SimpleNamespace

import falcon
import pytest
from falcon.testing import TestClient

from onesoup.handlers.context import Policy
from tests.handlers.conftest import holder, redis, services  # noqa: F401
from tests.support.browser import Browser, missing
from workers.gateway.client_address import PeerReader

# The test client calls itself 127.0.0.1; here that is the proxy.
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
PEERS = PeerReader(["127.0.0.1"])


@pytest.fixture
def storeless():
    """What pages that ask no store are given: the settings alone."""
    return SimpleNamespace(policy=Policy("example.org", frozenset({"example.org"})))


@pytest.fixture
def app():
    return falcon.App()


@pytest.fixture
def client(app):
    return TestClient(app, headers=HTTPS)


@pytest.fixture(scope="session")
def browser():
    """A real Chromium; `tests/support/browser.py` says what it can do."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with Browser() as running:
        yield running
