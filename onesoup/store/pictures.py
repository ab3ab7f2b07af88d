"""Pictures that were made fit for phones, kept for all sessions under names that say which picture and which form it is. One
goes when nobody has asked for it for a while."""

from collections.abc import Iterable

import redis

from onesoup.csp.presence import Picture
from onesoup.store import bounds, keys, records
from onesoup.store.redis.client import guarded

PICTURE_SECONDS = 7 * 86_400


class ScaledPictures:
    """What was made once is not made again, by any holder. Keys, for a week after they were last asked for:

    pic:{name}  string, a picture;  pics:{jid}  list, names of the pictures of one contact, newest first"""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def put(self, name: str, record: bytes, owner: str) -> None:
        """A packed picture of the contact `owner`, a bare JID. Of one contact's pictures only the newest stay: anybody can change
        theirs every second."""
        made = keys.account(owner, "pics")

        def write() -> list[bytes]:
            pipe = self._client.pipeline(transaction=False)
            pipe.set(keys.picture(name), record, ex=PICTURE_SECONDS)
            pipe.lpush(made, name)
            pipe.expire(made, PICTURE_SECONDS)
            pipe.lrange(made, bounds.MOST_PICTURES, -1)
            pipe.ltrim(made, 0, bounds.MOST_PICTURES - 1)
            return list(pipe.execute()[3])

        for old in guarded(write):
            if old != name.encode():
                guarded(lambda old=old: self._client.delete(keys.picture(old.decode())))  # type: ignore[misc]

    def has(self, name: str) -> bool:
        return bool(guarded(lambda: self._client.expire(keys.picture(name), PICTURE_SECONDS)))

    def get(self, names: Iterable[str]) -> dict[str, Picture]:
        """Those that are there; they stay for longer now."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}

        def read() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for name in wanted:
                pipe.getex(keys.picture(name), ex=PICTURE_SECONDS)
            return pipe.execute()

        found = guarded(read)
        return {name: records.unpack_picture(record) for name, record in zip(wanted, found, strict=True) if record is not None}
