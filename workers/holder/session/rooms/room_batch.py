"""The room stanzas of one read, while they are being read."""

from dataclasses import dataclass, field

from onesoup.store import records
from workers.holder.session.inbound_batch import InboundBatch
from workers.holder.session.rooms.notices import RoomNotice


@dataclass(slots=True)
class RoomBatch:
    """`occupants` has the records of those who occur in the stanzas, by room/nick; it follows the changes."""

    batch: InboundBatch
    occupants: dict[str, bytes | None]
    notices: dict[str, RoomNotice] = field(default_factory=dict)

    def notice(self, room: str) -> RoomNotice:
        """The notice that collects the changes of a room."""
        return self.notices.setdefault(room, RoomNotice())

    def store_occupant(self, name: str, record: bytes) -> None:
        """Stores the record of an occupant, room/nick; b"" removes it."""
        self.occupants[name] = record or None
        self.batch.changes.occupants[name] = record

    def occupant_jid(self, name: str) -> str:
        """The bare JID of an occupant, room/nick; "" where the room hides it."""
        return jid_of(self.occupants.get(name))


def jid_of(record: bytes | None) -> str:
    """The bare JID in the record of an occupant, "" for none."""
    return records.unpack_occupant(record)[0] if record else ""
