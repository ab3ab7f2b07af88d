"""Sealing anew what is stored, when the key ring has a new key. Runs beside everything else: what changes meanwhile was sealed
by somebody who has the new key already, or is found by the next run."""

from dataclasses import dataclass

from onesoup.handlers.context import GatewayServices
from onesoup.store.account.keyring import KeyRingError
from onesoup.store.redis.msgpack import BadRecord


@dataclass(slots=True)
class Rotated:
    """How many records were sealed anew, and how many no key opens."""

    links: int = 0
    sessions: int = 0
    lost: int = 0


def rotate_all(services: GatewayServices) -> Rotated:
    """Links, and the credentials of living sessions."""
    done = Rotated()
    for login in services.accounts.logins():
        try:
            done.links += services.accounts.reseal(login)
        except (KeyRingError, BadRecord):
            done.lost += 1
    for sid in services.sessions.all():
        try:
            done.sessions += services.sessions.reseal_credentials(sid, services.ring)
        except (KeyRingError, BadRecord):
            done.lost += 1
    return done
