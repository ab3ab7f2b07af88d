"""Pictures that were made fit for phones, kept for all sessions under names that say which picture and which form it is. One
goes when nobody has asked for it for a while."""

from collections.abc import Iterable

import redis

from onesoup.store import keys
from onesoup.store.client import guarded

KEEP_SECONDS = 7 * 86_400


class ScaledPictures:
    """What was made once is not made again, by any holder."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def put(self, name: str, record: bytes) -> None:
        guarded(lambda: self._client.set(keys.picture(name), record, ex=KEEP_SECONDS))

    def has(self, name: str) -> bool:
        return bool(guarded(lambda: self._client.expire(keys.picture(name), KEEP_SECONDS)))

    def get(self, names: Iterable[str]) -> dict[str, bytes]:
        """The records of those that are there; they stay for longer now."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}

        def read() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for name in wanted:
                pipe.getex(keys.picture(name), ex=KEEP_SECONDS)
            return pipe.execute()

        found = guarded(read)
        return {name: record for name, record in zip(wanted, found, strict=True) if record is not None}
