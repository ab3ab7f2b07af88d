"""How long somebody has to wait after too many wrong passwords, by account, address and domain."""

import time

import pytest

from onesoup.csp.errors import BackendError, CspError
from onesoup.handlers.context import Peer
from onesoup.handlers.login import linking
from onesoup.handlers.login.locks import LockedBy, duration, lock_of
from onesoup.store.account.login_limits import LoginLimits, LoginPolicy

ALICE = "alice@example.org"
HERE = Peer(host="example.org", address="203.0.113.9")


@pytest.fixture
def server(holder):
    holder.right = {(ALICE, "right")}
    return holder


def guess(services, jid: str, number: int, peer: Peer = HERE) -> None:
    with pytest.raises((CspError, BackendError)):
        linking.verify_password(services, peer, jid, f"guess {number}", time.monotonic() + 2)


def test_nobody_waits_at_first(services, server):
    assert lock_of(services, HERE, ALICE) is None


def test_an_account_waits_longer_with_each_failure(services, server):
    for number in range(5):
        guess(services, ALICE, number)
    lock = lock_of(services, HERE, ALICE)
    assert lock is not None
    assert (lock.by, 10 < lock.seconds <= 15) == (LockedBy.ACCOUNT, True)
    assert "for this account" in lock.words
    assert "seconds" in lock.words


def test_an_address_waits_until_its_count_begins_anew(services, server):
    services.guard = LoginLimits(services.guard._client, LoginPolicy(of_address=3))
    for number in range(3):
        guess(services, f"user{number}@example.org", number)
    lock = lock_of(services, HERE, ALICE)
    assert lock is not None
    assert (lock.by, 9 * 60 < lock.seconds <= 10 * 60) == (LockedBy.ADDRESS, True)
    assert lock.words.endswith("10 minutes.")
    assert lock_of(services, Peer(address="198.51.100.1"), ALICE) is None


def test_a_domain_waits_until_its_oldest_failure_is_an_hour_old(services, server):
    """One address has ten of the fifteen slots."""
    for number in range(10):
        guess(services, f"user{number}@example.org", number)
    lock = lock_of(services, HERE, ALICE)
    assert lock is not None
    assert (lock.by, 59 * 60 < lock.seconds <= 60 * 60) == (LockedBy.DOMAIN, True)
    assert "60 minutes" in lock.words
    elsewhere = Peer(address="198.51.100.1")
    assert lock_of(services, elsewhere, ALICE) is None
    for number in range(10, 15):
        guess(services, f"user{number}@example.org", number, elsewhere)
    assert lock_of(services, Peer(address="192.0.2.1"), ALICE) is not None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1.5, "2 seconds"),
        (15, "15 seconds"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (720, "12 minutes"),
        (5401, "2 hours"),
    ],
)
def test_a_length_of_time_in_words(seconds, words):
    assert duration(seconds) == words
