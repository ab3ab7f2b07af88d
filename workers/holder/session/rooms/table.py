"""The rooms of a session: which are joined, which are being entered, and since when they are silent.

The record of a room in Redis is what another holder goes on from; the table has the same. Occupants are in Redis only."""

import math
import random
import time
from dataclasses import dataclass, field

from gevent.event import AsyncResult, Event
from xmpp.simplexml import Node

from onesoup.csp.groups import Room
from onesoup.store.bounds import MOST_ROOMS
from onesoup.xmpp import archive
from onesoup.xmpp.archive import ArchivedMessage
from onesoup.xmpp.rooms import RoomPresence
from workers.holder.session.store import SessionStore

# Silent rooms are not looked for more often than this.
MIN_SILENCE_CHECK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class JoinOutcome:
    """What became of a join: a CSP code, and why; of one that succeeded the nick, and whether the room is new."""

    code: int
    text: str = ""
    nick: str | None = None
    new: bool | None = None


@dataclass(slots=True)
class PendingJoin:
    """A join in progress. `result` is set when a command waits for it. `rejoin`: the room was joined before, with the occupants
    `old_nicks`."""

    room: Room
    result: AsyncResult | None = None
    rejoin: bool = False
    old_nicks: set[str] = field(default_factory=set)
    present_nicks: set[str] = field(default_factory=set)
    # The presence that has our nick, where the room has not said that it is ours.
    unconfirmed: RoomPresence | None = None
    tries: int = 0
    # Set when the room has let us in, or certainly does not.
    finished: Event = field(default_factory=Event)


@dataclass(slots=True)
class ArchiveQuery:
    """A query for messages from a room's archive, and what has come of them. `ids` are the archive's, of all that came."""

    room: str
    found: list[ArchivedMessage] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    received: Event = field(default_factory=Event)

    def take_message(self, stanza: Node) -> None:
        """Takes the next message."""
        name, kept = archive.read_archived_message(stanza, self.room)
        self.ids.add(name)
        if kept is not None:
            self.found.append(kept)
        self.received.set()

    def wait_for(self, last: str, until: float) -> None:
        """Waits for the message with the id `last`, at most until then, seconds of the monotonic clock.

        The reply to the query may be handled before the messages that came ahead of it."""
        while last and last not in self.ids and (left := until - time.monotonic()) > 0:
            self.received.clear()
            self.received.wait(left)


class RoomTable:
    """The rooms `joined` and `entering`, by bare JID. A room that is silent for `check_seconds` is asked whether we are still in
    it; 0 is never."""

    def __init__(self, store: SessionStore, check_seconds: float) -> None:
        self._store, self.check_seconds = store, check_seconds
        self.joined: dict[str, Room] = {}
        self.entering: dict[str, PendingJoin] = {}
        # Rooms that the phone is just destroying itself.
        self.destroying: set[str] = set()
        # By query id.
        self.archive_queries: dict[str, ArchiveQuery] = {}
        # When the last stanza came from a joined room, seconds of the monotonic clock.
        self._last_activity: dict[str, float] = {}

    def load(self) -> None:
        """Loads the rooms that an earlier holder had joined. Their silence began at a random time, so that they are not all asked
        together."""
        self.joined = self._store.joined_rooms()
        self._last_activity = {room: time.monotonic() - random.random() * self.check_seconds for room in self.joined}

    def find(self, room: str) -> Room | None:
        """The room, joined or being entered."""
        pending = self.entering.get(room)
        return pending.room if pending is not None else self.joined.get(room)

    @property
    def is_full(self) -> bool:
        """Whether no other room can be entered."""
        return len(self.joined) + len(self.entering) >= MOST_ROOMS

    def remove(self, room: str) -> None:
        """Removes a room, and ends wait_until_entered() for it."""
        self.joined.pop(room, None)
        self._last_activity.pop(room, None)
        pending = self.entering.pop(room, None)
        if pending is not None:
            pending.finished.set()

    def wait_until_entered(self, room: str, timeout: float) -> None:
        """Waits for a room that is just being entered again: it would refuse messages that come before."""
        pending = self.entering.get(room)
        if pending is not None:
            pending.finished.wait(timeout)

    # --- silence ---

    def note_activity(self, room: str, ago: float = 0.0) -> None:
        """A stanza came from a room so many seconds ago."""
        self._last_activity[room] = time.monotonic() - ago

    def silent_rooms(self) -> list[str]:
        """Joined rooms from which nothing has come for `check_seconds`."""
        return [room for room, left in self._seconds_left() if left <= 0]

    def seconds_until_silent(self) -> float:
        """Seconds until a room counts as silent; infinite for none."""
        return min((max(left, MIN_SILENCE_CHECK_SECONDS) for _, left in self._seconds_left()), default=math.inf)

    def _seconds_left(self) -> list[tuple[str, float]]:
        limit, now = self.check_seconds, time.monotonic()
        return [(room, self._last_activity.get(room, now) + limit - now) for room in self.joined] if limit else []
