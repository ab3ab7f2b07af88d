"""The room stanzas of one read, while they are being read."""

from dataclasses import dataclass, field

from onesoup.store import records
from onesoup.store.session.rooms import StoredOccupant
from workers.holder.session.inbound_batch import InboundBatch
from workers.holder.session.rooms.notices import RoomNotice


@dataclass(slots=True)
class RoomBatch:
    """`occupants` has those of the stanzas that are known, by room/nick; it follows the changes."""

    batch: InboundBatch
    occupants: dict[str, StoredOccupant]
    notices: dict[str, RoomNotice] = field(default_factory=dict)

    def notice(self, room: str) -> RoomNotice:
        """The notice that collects the changes of a room."""
        return self.notices.setdefault(room, RoomNotice())

    def store_occupant(self, occupant: StoredOccupant) -> None:
        """The occupant has come, or has changed."""
        name = f"{occupant.room}/{occupant.nick}"
        self.occupants[name] = occupant
        self.batch.changes.occupants[name] = records.pack_occupant(occupant.jid, occupant.role, occupant.affiliation)

    def remove_occupant(self, name: str) -> None:
        """The occupant, room/nick, is not there any more."""
        self.occupants.pop(name, None)
        self.batch.changes.occupants[name] = b""

    def occupant_jid(self, name: str) -> str:
        """The bare JID of an occupant, room/nick; "" where the room hides it."""
        return jid_of(self.occupants.get(name))


def jid_of(occupant: StoredOccupant | None) -> str:
    """The bare JID of an occupant, "" for none."""
    return occupant.jid if occupant is not None else ""
