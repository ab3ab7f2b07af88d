"""What the phone is told of rooms: notices of who comes and goes and of changed properties, and the end of a membership."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery
from workers.holder.session.phone_texts import event_id

# People in one notice: one with everybody in it may be more than a phone reads.
MAX_PEOPLE_PER_NOTICE = 30


@dataclass(slots=True)
class RoomNotice:
    """What has changed in one room. `joined` and `left` are nick -> bare JID, "" where the room hides it; `about` are properties
    of the room, `own` those of the user."""

    joined: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)

    def add_joined(self, nick: str, jid: str) -> None:
        """An occupant has come. One that had left in the same read has not changed."""
        if self.left.pop(nick, None) is None:
            self.joined[nick] = jid

    def add_left(self, nick: str, jid: str) -> None:
        """An occupant has left. One that had come in the same read has not changed."""
        if self.joined.pop(nick, None) is None:
            self.left[nick] = jid

    def parts(self) -> Iterator[dict[str, Any]]:
        """The contents of the notices to send, as many as it takes."""
        joined, left = [list(each) for each in self.joined.items()], [list(each) for each in self.left.items()]
        about, own = self.about, self.own
        while joined or left or about or own:
            left_now = left[:MAX_PEOPLE_PER_NOTICE]
            joined_now = joined[: MAX_PEOPLE_PER_NOTICE - len(left_now)]
            yield {"joined": joined_now, "left": left_now, "about": about, "own": own}
            joined, left, about, own = joined[len(joined_now) :], left[len(left_now) :], {}, {}


def notice_item(room: str, gid: str, part: dict[str, Any]) -> Delivery:
    """Part of a RoomNotice for the phone."""
    return _event_item("notice", room, gid=gid, **part)


def properties_item(room: str, gid: str, properties: dict[str, str]) -> Delivery:
    """Tells the phone the new properties of a room."""
    return notice_item(room, gid, {"joined": [], "left": [], "about": properties, "own": {}})


def left_item(room: str, gid: str, code: int) -> Delivery:
    """Tells the phone that it is not in a room any more, and with `code` why."""
    return _event_item("left", room, gid=gid, code=code)


def _event_item(kind: str, room: str, **more: Any) -> Delivery:
    return Delivery(event_id(), room, records.pack_event(kind, room, int(time.time()), **more))
