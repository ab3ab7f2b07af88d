"""The pages of a gateway behind a trusted proxy, on a real Redis."""

from types import SimpleNamespace

import falcon
import pytest
from falcon.testing import TestClient

from onesoup.handlers.context import Policy
from tests.handlers.conftest import holder, redis, services  # noqa: F401
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
