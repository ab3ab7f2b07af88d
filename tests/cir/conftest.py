"""A gateway worker's exchange and the holder behind it, for phones that speak CSP by SMS; a real Kannel."""

import pytest

from tests.handlers.conftest import exchange, holder, redis, services
from tests.support.gateways import Kannel

__all__ = ["exchange", "holder", "redis", "services"]


@pytest.fixture(scope="session")
def kannel(tmp_path_factory):
    if not Kannel.here():
        pytest.skip("Debian's kannel and kannel-extras are not here")
    with Kannel(tmp_path_factory.mktemp("kannel"), wapbox=True) as running:
        yield running
