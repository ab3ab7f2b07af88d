"""What was said in a group, as a phone was last told of it: it fetches by MessageID what it wants to read."""

from collections.abc import Iterable

import redis

from onesoup.csp.messages import Text
from onesoup.store import bounds, keys, records
from onesoup.store.redis.client import guarded

HISTORY_MS = 600_000


class GroupHistories:
    """hist:{sid}, a hash: MessageID -> message. For ten minutes after the list of a group's messages was asked for."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def put(self, sid: str, texts: Iterable[Text]) -> None:
        """Instead of what was there. `texts` are oldest first; of what is too much the newest stay."""
        found = {each.id: records.pack_text(each) for each in texts}
        (key,) = keys.of(sid, "hist")
        kept, room = dict[str, bytes](), bounds.MOST_HISTORY_BYTES
        for name, record in reversed(list(found.items())):
            room -= len(name) + len(record)
            if room < 0:
                break
            kept[name] = record

        def write() -> None:
            pipe = self._client.pipeline(transaction=True)
            pipe.delete(key)
            if kept:
                pipe.hset(key, mapping=kept)  # type: ignore[arg-type]
                pipe.pexpire(key, HISTORY_MS)
            pipe.execute()

        guarded(write)

    def get(self, sid: str, message_id: str) -> Text | None:
        (key,) = keys.of(sid, "hist")
        record = guarded(lambda: self._client.hget(key, message_id))
        return None if record is None else records.unpack_text(record)
