"""What somebody without a log-in can put into Redis (docs/redis-keys.md): from one address at most 1 MiB."""

import time

import pytest

from onesoup.csp.codec.generated_elements import ClientID, LoginRequest
from onesoup.handlers.context import Peer
from onesoup.handlers.login import access
from tests.support.memory import memory

MEBIBYTE = 1024 * 1024


def used(services) -> int:
    return memory(services.sessions._client)


def try_to_log_in(services, number: int = 0, address: str = "192.0.2.1", **more) -> int:
    request = LoginRequest(**{"user_id": f"user{number}@example.org", "client_id": ClientID(url="x")} | more)
    outcome = access.login(services, request, str(number), "1.2", Peer(address=address), time.monotonic() + 5)
    return outcome.response.result.code


@pytest.fixture
def warm(services):
    try_to_log_in(services, digest_schema=["MD5"])
    return used(services)


def test_first_phases_of_log_ins(services, warm, monkeypatch):
    """Each leaves a nonce. Another address is not held up."""
    monkeypatch.setattr(access, "MAX_CHALLENGES", 200)
    codes = [try_to_log_in(services, number, digest_schema=["MD5"]) for number in range(300)]
    assert codes[0] == 401
    assert codes[-1] == 503
    assert try_to_log_in(services, address="198.51.100.1", digest_schema=["MD5"]) == 401
    each = (used(services) - warm) / 200
    assert each * 2000 <= MEBIBYTE


def test_log_ins_of_users_whom_nobody_knows(services, holder, warm):
    holder.right = set()
    user = "u" * 200
    for number in range(400):
        try_to_log_in(services, number, user_id=f"{user}{number}@example.org", password="guess")
    assert used(services) - warm <= MEBIBYTE


@pytest.mark.parametrize(
    "part",
    [{"client_id": ClientID(url="x" * 60_000)}, {"session_cookie": "x" * 60_000}, {"user_id": "x" * 60_000}],
    ids=["ClientID", "SessionCookie", "UserID"],
)
def test_a_log_in_with_parts_that_are_too_long(services, holder, warm, part):
    for number in range(50):
        assert try_to_log_in(services, number, password="right", **part) in (402, 531)
    assert holder.logins == []
    assert used(services) - warm <= MEBIBYTE // 4
