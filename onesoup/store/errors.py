"""Errors of the store."""

from onesoup.csp.status import StatusCode


class NoSession(Exception):
    """No such session. `code` is what the phone is told: 600 expired, 601 ended by the server, 604 unknown."""

    def __init__(self, code: int = StatusCode.INVALID_SESSION) -> None:
        super().__init__(f"no session, {code}")
        self.code = code


class Fenced(Exception):
    """Another holder owns the session now: whatever this one wanted to write was not written."""


class OutboxFull(Exception):
    """So much of this phone waits for the XMPP server that nothing more is taken."""


class StoreDown(Exception):
    """Redis cannot be reached, did not answer in time, or refuses for the moment; the text is the name of that
    (onesoup.store.redis.refusals). Nothing is known about the session."""
