"""The pages of a gateway behind a trusted proxy, on a real Redis."""

import falcon
import pytest
from falcon.testing import TestClient

from tests.handlers.conftest import holder, redis, services  # noqa: F401
from workers.gateway.client_address import Peers

# The test client calls itself 127.0.0.1; here that is the proxy.
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
PEERS = Peers(["127.0.0.1"])


@pytest.fixture
def app():
    return falcon.App()


@pytest.fixture
def client(app):
    return TestClient(app, headers=HTTPS)
