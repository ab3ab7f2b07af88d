"""What a log-in needs before there is a session: nonces, and answers to repeated requests."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import redis

from onesoup.store.redis.client import guarded
from onesoup.store.redis.commands import RedisCommand, send_together

NONCE_SECONDS = 120
LOGIN_REPLY_SECONDS = 120
# First phases of one handset that may wait for their second.
MAX_NONCES = 8


class LoginClaim(NamedTuple):
    """Whether a log-in is to be worked on; (session, stored answer) of an earlier one of the same bytes; and what was asked
    along."""

    first: bool
    reply: tuple[str, bytes] | None
    told: Sequence[Any] = ()


class LoginReplies:
    """Keys, for two minutes; digests of requests and handsets stand in their names:

    nonce:*    string, the nonce of a first phase;  nonces:*  list, its attempts, the newest last
    login:*    string, SessionID, line break, answer
    logging:*  string while one of several equal requests is worked on"""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def put_nonce(self, attempt: str, nonce: str, handset: str) -> None:
        """`attempt` is the digest of (UserID, ClientID, SessionCookie, TransactionID), `handset` that of the first three."""
        key = f"nonces:{handset}"

        def index() -> None:
            pipe = self._client.pipeline(transaction=True)
            pipe.rpush(key, attempt)
            pipe.ltrim(key, -MAX_NONCES, -1)
            pipe.expire(key, NONCE_SECONDS)
            pipe.execute()

        guarded(lambda: self._client.set(f"nonce:{attempt}", nonce, ex=NONCE_SECONDS))
        guarded(index)

    def take_nonces(self, attempt: str, handset: str) -> list[str]:
        """The nonces of a handset, the newest attempts, and of this attempt. Each is given once, to one of several that ask at
        the same time: a captured digest cannot be used again."""
        key = f"nonces:{handset}"

        def taken() -> list[bytes]:
            pipe = self._client.pipeline(transaction=True)
            pipe.lrange(key, 0, -1)
            pipe.delete(key)
            names: list[bytes] = pipe.execute()[0]
            return names

        names = dict.fromkeys([attempt, *(name.decode() for name in guarded(taken))])
        found = [guarded(lambda name=name: self._client.getdel(f"nonce:{name}")) for name in names]  # type: ignore[misc]
        return [nonce.decode() for nonce in found if isinstance(nonce, bytes)]

    def put_reply(self, request: str, sid: str, reply: bytes) -> None:
        """The log-in has its session: others of the same bytes get this answer. As unclaim() besides."""
        stored = RedisCommand(("SET", f"login:{request}", sid.encode() + b"\n" + reply, "EX", LOGIN_REPLY_SECONDS))
        send_together(self._client, stored, RedisCommand(("DEL", f"logging:{request}")))

    def claim(self, request: str, seconds: int, *more: RedisCommand) -> LoginClaim:
        """The first of several equal log-ins that come at the same time has the claim. `more` goes along."""
        claimed = RedisCommand(("SET", f"logging:{request}", b"1", "NX", "EX", seconds), bool)
        first, reply, *told = send_together(self._client, claimed, RedisCommand(("GET", f"login:{request}"), _reply), *more)
        return LoginClaim(first, reply, told)

    def unclaim(self, request: str) -> None:
        guarded(lambda: self._client.delete(f"logging:{request}"))


def _reply(found: bytes | None) -> tuple[str, bytes] | None:
    if found is None:
        return None
    sid, _, reply = found.partition(b"\n")
    return sid.decode(), reply
