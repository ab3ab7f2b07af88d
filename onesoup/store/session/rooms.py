"""The rooms that a session is in, for both sides."""

from collections.abc import Sequence
from typing import NamedTuple

import redis

from onesoup.csp.groups import Room
from onesoup.store import keys, records
from onesoup.store.redis.client import guarded


class StoredOccupant(NamedTuple):
    """Somebody in a room. `jid` is bare, "" where the room hides it."""

    room: str
    nick: str
    jid: str
    role: str
    affiliation: str


class StoredRooms:
    """Reads the rooms of a session. Keys, hashes that live as long as the session:

    rooms:{sid}  joined rooms, by bare JID
    occ:{sid}    their occupants, by room/nick"""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def joined(self, sid: str) -> dict[str, Room]:
        """The joined rooms, by bare JID."""
        return {jid: records.unpack_room(record) for jid, record in self.joined_records(sid).items()}

    def joined_records(self, sid: str) -> dict[str, bytes]:
        """As joined(), packed."""
        found = guarded(lambda: self._client.hgetall(keys.of(sid, "rooms")[0]))
        return {jid.decode(): record for jid, record in found.items()}

    def occupants(self, sid: str) -> list[StoredOccupant]:
        """All occupants of all joined rooms."""
        found = guarded(lambda: self._client.hgetall(_occupants(sid)))
        return [_occupant(name.decode(), record) for name, record in found.items()]

    def occupant_names(self, sid: str) -> list[str]:
        """The names, room/nick, of all occupants."""
        return [name.decode() for name in guarded(lambda: self._client.hkeys(_occupants(sid)))]

    def named_occupants(self, sid: str, names: Sequence[str]) -> dict[str, StoredOccupant]:
        """Of these occupants, named room/nick, those who are there."""
        if not names:
            return {}
        values = guarded(lambda: self._client.hmget(_occupants(sid), list(names)))
        return {name: _occupant(name, record) for name, record in zip(names, values, strict=True) if record is not None}


def _occupants(sid: str) -> str:
    return keys.of(sid, "occ")[0]


def _occupant(name: str, record: bytes) -> StoredOccupant:
    room, _, nick = name.partition("/")
    return StoredOccupant(room, nick, *records.unpack_occupant(record))
