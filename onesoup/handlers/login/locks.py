"""The wait that keeps a user from logging in now, and its length, for texts.

    lock_of(services, peer, "alice@example.org")  -> Lock(LockedBy.ACCOUNT, 720.0) or None

The locks themselves are in throttle.py and onesoup.store.account.login_limits."""

import math
from dataclasses import dataclass
from enum import Enum

from onesoup.csp.text import addresses
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import throttle


class LockedBy(Enum):
    """What too many wrong passwords came for, or from."""

    ACCOUNT = "account"
    ADDRESS = "address"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Lock:
    by: LockedBy
    seconds: float

    @property
    def words(self) -> str:
        """A sentence for the user."""
        return f"{_REASONS[self.by]} Try again in {duration(self.seconds)}."


_REASONS = {
    LockedBy.ACCOUNT: "There were too many wrong passwords for this account.",
    LockedBy.ADDRESS: "There were too many wrong passwords from your Internet connection.",
    LockedBy.DOMAIN: "There were too many wrong passwords for accounts with this ending after the @.",
}


def lock_of(services: GatewayServices, peer: Peer, jid: str) -> Lock | None:
    """The lock that lasts longest for a log-in of this account from here, None when it may be tried. Meant for whoever has just
    been refused: a password that is known to be good passes a domain's lock."""
    guard, here = services.guard, throttle.address_key(services, peer)
    attempt = guard.enter(jid, throttle.place_key(services, peer))
    locks = [
        Lock(LockedBy.ACCOUNT, attempt.wait),
        Lock(LockedBy.ADDRESS, 0.0 if attempt.place_known else guard.address_wait(here)),
        Lock(LockedBy.DOMAIN, guard.server_wait(addresses.domain_of(jid), here)),
    ]
    longest = max(locks, key=lambda lock: lock.seconds)
    return longest if longest.seconds > 0 else None


def duration(seconds: float) -> str:
    """A length of time in words, never too short: "40 seconds", "12 minutes", "3 hours"."""
    if seconds <= 90:
        return f"{max(1, math.ceil(seconds))} second{'s' if seconds > 1 else ''}"
    if seconds <= 90 * 60:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours"
