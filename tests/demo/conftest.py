"""One stack as the demo has it, with the echo user, the lobby and the phone in the browser, for all who try the demo alone."""

from collections.abc import Iterator

import pytest

from onesoup.demo.stack import Stack
from tests.support.world import World

ENV = {
    "ONESOUP_GROUP_HISTORY": "5",
    "ONESOUP_BROWSER_PHONE_ACCOUNTS": "alice=alice-secret,bob=bob-secret",
}


@pytest.fixture(scope="package")
def stack(made_stack, tmp_path_factory) -> Iterator[Stack]:
    with made_stack(tmp_path_factory.mktemp("companions"), companions=True, prosody_more={}, env=ENV) as made:
        yield made


@pytest.fixture
def world(stack, peers) -> Iterator[World]:
    here = World(stack, peers)
    yield here
    here.close()
