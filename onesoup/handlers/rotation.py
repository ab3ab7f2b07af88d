"""Encrypts stored passwords anew after a change of the key ring. Runs beside normal work: a record that changes at the same
time was encrypted with the new key, or the next run finds it."""

from dataclasses import dataclass

from onesoup.handlers.context import GatewayServices
from onesoup.store.account.keyring import KeyRingError
from onesoup.store.redis.msgpack import BadRecord


@dataclass(slots=True)
class Rotated:
    """How many records were encrypted anew, and how many no key can decrypt."""

    links: int = 0
    sessions: int = 0
    lost: int = 0


def rotate_all(services: GatewayServices) -> Rotated:
    """Encrypts links and the credentials of living sessions anew."""
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
