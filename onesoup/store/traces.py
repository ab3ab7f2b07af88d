"""The users whom operators trace now. Every process looks with each of its beats, so nobody pays who is not followed."""

import time
from collections.abc import Iterable

import redis

from onesoup.store.redis.client import guarded

TRACES_KEY = "traces"
# A trace whose operator is gone ends by itself.
TRACE_SECONDS = 10.0


def channel(name: str) -> str:
    """Where events of a session, by the hash of its id, or of an account are published."""
    return f"trace:{name}"


class Traces:
    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def watch(self, names: Iterable[str]) -> None:
        """These are followed for a few seconds more: hashes of session ids, and bare JIDs."""
        until = time.time() + TRACE_SECONDS
        wanted = dict.fromkeys(names, until)

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.zadd(TRACES_KEY, wanted)
            pipe.expire(TRACES_KEY, 3600)
            pipe.zremrangebyscore(TRACES_KEY, "-inf", time.time() - 3600)
            pipe.execute()

        if wanted:
            guarded(write)

    def watched(self) -> frozenset[str]:
        found = guarded(lambda: self._client.zrangebyscore(TRACES_KEY, time.time(), "+inf"))
        return frozenset(name.decode() for name in found)

    def tell(self, name: str, event: bytes) -> None:
        guarded(lambda: self._client.publish(channel(name), event))
