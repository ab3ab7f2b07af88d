"""What a log-in needs before there is a session: nonces, and answers to repeated requests."""

import redis

from onesoup.store.client import guarded

NONCE_SECONDS = 120
REPLY_SECONDS = 120


class Logins:
    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def put_nonce(self, attempt: str, nonce: str) -> None:
        """`attempt` is the digest of (UserID, ClientID, SessionCookie, TransactionID)."""
        guarded(lambda: self._client.set(f"nonce:{attempt}", nonce, ex=NONCE_SECONDS))

    def take_nonce(self, attempt: str) -> str | None:
        """The nonce of an attempt, once: a captured digest cannot be used again."""
        found = guarded(lambda: self._client.getdel(f"nonce:{attempt}"))
        return found.decode() if isinstance(found, bytes) else None

    def put_reply(self, request: str, sid: str, reply: bytes) -> None:
        guarded(lambda: self._client.set(f"login:{request}", sid.encode() + b"\n" + reply, ex=REPLY_SECONDS))

    def reply(self, request: str) -> tuple[str, bytes] | None:
        """(session, stored answer) of the same log-in request, byte for byte."""
        found = guarded(lambda: self._client.get(f"login:{request}"))
        if found is None:
            return None
        sid, _, reply = found.partition(b"\n")
        return sid.decode(), reply

    def claim(self, request: str, seconds: int) -> bool:
        """True for the first of several equal log-ins that come at the same time."""
        return bool(guarded(lambda: self._client.set(f"logging:{request}", b"1", nx=True, ex=seconds)))

    def unclaim(self, request: str) -> None:
        guarded(lambda: self._client.delete(f"logging:{request}"))
