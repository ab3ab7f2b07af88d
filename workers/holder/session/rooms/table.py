"""The rooms of one held session: which are joined, and what their stanzas mean for the phone. What is sent to rooms is the
business of workers.holder.session.rooms.commands.

The record of a room in Redis is what a successor goes on from; what is kept here is the same. Occupants are in Redis only."""

import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from gevent.event import AsyncResult, Event
from xmpp.simplexml import Node

from onesoup.csp.groups import Room
from onesoup.csp.invitations import INVITATION_STANZA_PREFIX
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.session.holder_side import Delivery
from onesoup.xmpp import archive, bounces, messages, rooms
from onesoup.xmpp.archive import ArchivedMessage
from onesoup.xmpp.rooms import RoomPresence
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.xml import Xml
from workers.holder.session.inbound import Where, said_at, too_long
from workers.holder.session.rooms.invitations import Invitations

if TYPE_CHECKING:
    from workers.holder.session.inbound import InboundBatch, InboundStanzas
    from workers.holder.session.session import HolderServices, XmppSession

MAX_TOPIC = 500
# Silent rooms are not looked for more often.
LOOK_SECONDS = 1.0
# A phone that is away for long is not told of everybody who comes and goes in a busy room.
MAX_WAITING = 100
# People in one notice.
MAX_TOLD = 30
# Status codes of a room whose configuration has changed.
CONFIGURED = frozenset({104, 172, 173, 174})
TOLD = {
    StatusCode.GROUP_IS_NOT_JOINED: "you are not in this group any more",
    StatusCode.INSUFFICIENT_GROUP_PRIVILEGES: "you may not speak in this group",
    StatusCode.GROUP_WITHOUT_PRIVATE_MESSAGES: "no private messages here",
}
NOBODY = "nobody of that name is here"
UNREAD = "[a message that was too long]"


@dataclass(slots=True)
class PendingJoin:
    """A room on whose threshold we stand. `result`: whoever waits; `again`: it was joined before, with the occupants `old`."""

    room: Room
    result: AsyncResult | None = None
    again: bool = False
    old: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    # The presence that has our nick, where the room has not said that it is ours.
    likely: RoomPresence | None = None
    tries: int = 0
    # Set when we are in, or know that we will not be.
    over: Event = field(default_factory=Event)


@dataclass(slots=True)
class Reading:
    """What comes out of a room's archive for one question."""

    room: str
    found: list[ArchivedMessage] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    more: Event = field(default_factory=Event)

    def take(self, stanza: Node) -> None:
        name, kept = archive.read_archived(stanza, self.room)
        self.ids.add(name)
        if kept is not None:
            self.found.append(kept)
        self.more.set()

    def wait(self, last: str, until: float) -> None:
        """The answer may be read before what came in front of it has been looked at. `until` by the monotonic clock."""
        while last and last not in self.ids and (left := until - time.monotonic()) > 0:
            self.more.clear()
            self.more.wait(left)


@dataclass(frozen=True, slots=True)
class Line:
    """Something that somebody says in a room: `private`, to this phone alone. `seen` and `said` as in a Delivery."""

    jid: str
    nick: str
    room: Room
    text: str
    seen: str = ""
    when: int | None = None
    said: str = ""
    private: bool = False


@dataclass(slots=True)
class Notice:
    """What has changed in one room, nick -> bare JID or "" for people."""

    joined: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)

    def comes(self, nick: str, jid: str) -> None:
        if self.left.pop(nick, None) is None:
            self.joined[nick] = jid

    def goes(self, nick: str, jid: str) -> None:
        if self.joined.pop(nick, None) is None:
            self.left[nick] = jid

    def parts(self) -> Iterator[dict[str, Any]]:
        """What goes to the phone, in as many notices as it takes: one with everybody in it may be more than a phone reads."""
        joined, left = [list(each) for each in self.joined.items()], [list(each) for each in self.left.items()]
        about, own = self.about, self.own
        while joined or left or about or own:
            gone = left[:MAX_TOLD]
            came = joined[: MAX_TOLD - len(gone)]
            yield {"joined": came, "left": gone, "about": about, "own": own}
            joined, left, about, own = joined[len(came) :], left[len(gone) :], {}, {}


@dataclass(slots=True)
class RoomTurn:
    """The room stanzas of one read."""

    done: "InboundBatch"
    intake: "InboundStanzas"
    known: dict[str, bytes | None]
    notices: dict[str, Notice] = field(default_factory=dict)

    def notice(self, room: str) -> Notice:
        return self.notices.setdefault(room, Notice())

    def occupant(self, name: str, record: bytes) -> None:
        """Stores an occupant, b"" removes it."""
        self.known[name] = record or None
        self.done.changes.occupants[name] = record


class Rooms:
    """`joined` and `entering` by the bare JID of the room."""

    def __init__(self, held: "XmppSession", shared: "HolderServices") -> None:
        self._held, self._shared = held, shared
        self.joined: dict[str, Room] = {}
        self.entering: dict[str, PendingJoin] = {}
        # Rooms whose end the phone has asked for itself.
        self.ending: set[str] = set()
        # When something last came from a joined room, by the monotonic clock.
        self._heard: dict[str, float] = {}
        # Questions for what rooms have kept, by their names.
        self.readings: dict[str, Reading] = {}
        self.invitations = Invitations(held, shared)

    def load(self) -> None:
        """What an earlier holder had joined."""
        found = self._shared.feed.hash(self._held.sid, "rooms")
        self.joined = {room: records.unpack_room(record) for room, record in found.items()}
        # At any time since: what a holder has taken over it need not ask all at once.
        self._heard = {room: time.monotonic() - random.random() * self._shared.room_check for room in self.joined}

    def find(self, room: str) -> Room | None:
        entry = self.entering.get(room)
        return entry.room if entry is not None else self.joined.get(room)

    # --- rooms that are silent ---

    def heard(self, room: str, ago: float = 0.0) -> None:
        """Something came from a room so long ago."""
        self._heard[room] = time.monotonic() - ago

    def silent(self) -> list[str]:
        """Joined rooms from which nothing has come for long."""
        return [room for room, left in self._left() if left <= 0]

    def until_silent(self) -> float:
        """Seconds until there is one."""
        return min((max(left, LOOK_SECONDS) for _, left in self._left()), default=math.inf)

    def _left(self) -> list[tuple[str, float]]:
        most, now = self._shared.room_check, time.monotonic()
        return [(room, self._heard.get(room, now) + most - now) for room in self.joined] if most else []

    # --- what comes in ---

    def read(self, batch: list[Node], done: "InboundBatch", intake: "InboundStanzas") -> list[Node]:
        """Takes the stanzas of rooms in; the others are returned."""
        rest, taken = [], []
        for stanza in batch:
            tree = stanzas.stanza_to_xml(stanza) if self._may_be_ours(stanza) else None
            if tree is not None and self._is_ours(tree):
                taken.append((stanza, tree))
            else:
                rest.append(stanza)
        if taken:
            names = {name for _, tree in taken if "/" in (name := _occupant(tree.get("from")))}
            turn = RoomTurn(done, intake, dict(self._shared.feed.occupants(self._held.sid, sorted(names))))
            for stanza, tree in taken:
                intake.attempt(done, stanza, partial(self._take, stanza, tree, turn), partial(self._plainly, turn))
            self._tell(turn)
        return rest

    def _may_be_ours(self, stanza: Node) -> bool:
        """Without a closer look: most stanzas have nothing to do with rooms."""
        if stanza.getName() not in ("presence", "message"):
            return False
        return (
            stanza.getAttr("type") == "groupchat"
            or any(child.getName() == "x" for child in stanza.getChildren() if child)
            or (stanza.getAttr("id") or "").startswith(INVITATION_STANZA_PREFIX)
            or bool(self.joined or self.entering)
        )

    def _is_ours(self, tree: Xml) -> bool:
        if self.find(addresses.bare(tree.get("from"))) is not None or tree.get("type") == "groupchat":
            return True
        return rooms.of_room(tree) if tree.name == "presence" else self.invitations.is_one(tree)

    def _take(self, stanza: Node, tree: Xml, turn: RoomTurn) -> None:
        room = addresses.bare(tree.get("from"))
        if room in self.joined:
            self.heard(room)
        if tree.name == "presence":
            self._presence(rooms.read_presence(tree), turn)
        elif not self.invitations.take(stanza, tree, turn.done):
            self._message(stanza, tree, turn)

    # --- presence ---

    def _presence(self, seen: RoomPresence, turn: RoomTurn) -> None:
        room = self.find(seen.room)
        if room is None or self._held.closing:
            return  # one that was left; or all are, with the session, and the next one may want to be in them again
        if not seen.nick and not seen.error:
            return  # COMPAT(ejabberd): a room shows itself, with its picture; it is nobody who is there
        entry = self.entering.get(seen.room)
        # Before we are in, somebody else may have the nick that we asked for, and the room gives us another.
        own = 110 in seen.codes or (seen.nick == room.nick and entry is None)
        if seen.error:
            if entry is not None:
                self._refused(seen, entry, turn)
        elif seen.available and own:
            self._own(seen, room, entry, turn)
        elif seen.available:
            self._here(seen, entry, turn)
        elif own:
            self._out(seen, room, entry, turn)
        else:
            self._gone(seen, entry, turn)

    def _own(self, seen: RoomPresence, room: Room, entry: PendingJoin | None, turn: RoomTurn) -> None:
        """We are in, or what we may do has changed. The room may have given another nick."""
        before = rooms.level(room.role, room.affiliation)
        room.nick, room.role, room.affiliation = seen.nick or room.nick, seen.role, seen.affiliation
        turn.occupant(f"{seen.room}/{room.nick}", records.pack_occupant(self._held.session.jid, seen.role, seen.affiliation))
        if entry is not None:
            self._entered(seen, entry, turn)
        elif seen.level != before:
            turn.notice(seen.room).own["PrivilegeLevel"] = seen.level
        turn.done.changes.rooms[seen.room] = records.pack_room(room)

    def _entered(self, seen: RoomPresence, entry: PendingJoin, turn: RoomTurn) -> None:
        """Everybody who is there has been told of before."""
        room = entry.room
        if entry.result is None and 201 in seen.codes:
            # It was not there any more, and we have just made another one of that name.
            turn.done.after.append(partial(self._held.doors.lose, seen.room, entry, StatusCode.GROUP_DOES_NOT_EXIST))
            return
        self.entering.pop(seen.room, None)
        self.joined[seen.room] = room
        entry.over.set()
        self.heard(seen.room)
        self._held.check_by(time.monotonic() + self.until_silent())
        room.at = room.at or int(time.time())
        for nick in entry.old - entry.seen - {room.nick}:
            name = f"{seen.room}/{nick}"
            turn.notice(seen.room).goes(nick, _jid(turn.known.get(name)))
            turn.occupant(name, b"")
        if entry.result is not None:
            answer = {"code": StatusCode.SUCCESSFUL, "nick": room.nick, "new": 201 in seen.codes}
            turn.done.after.append(partial(entry.result.set, answer))

    def _here(self, seen: RoomPresence, entry: PendingJoin | None, turn: RoomTurn) -> None:
        name = f"{seen.room}/{seen.nick}"
        new = turn.known.get(name) is None
        turn.occupant(name, records.pack_occupant(seen.jid, seen.role, seen.affiliation))
        if entry is not None:
            entry.seen.add(seen.nick)
            if seen.nick == entry.room.nick:
                entry.likely = seen
                return
            new = entry.again and seen.nick not in entry.old
        if new:
            turn.notice(seen.room).comes(seen.nick, seen.jid)
            if seen.jid:
                self.invitations.came(seen.room, seen.jid, turn.done)

    def _gone(self, seen: RoomPresence, entry: PendingJoin | None, turn: RoomTurn) -> None:
        name = f"{seen.room}/{seen.nick}"
        known = turn.known.get(name)
        turn.occupant(name, b"")
        if entry is not None and entry.likely is not None and entry.likely.nick == seen.nick:
            entry.likely = None
        if seen.new_nick:
            jid = seen.jid or _jid(known)
            turn.occupant(f"{seen.room}/{seen.new_nick}", records.pack_occupant(jid, seen.role, seen.affiliation))
            turn.notice(seen.room).goes(seen.nick, jid)
            turn.notice(seen.room).comes(seen.new_nick, jid)
        elif known is not None and entry is None:
            turn.notice(seen.room).goes(seen.nick, seen.jid or _jid(known))

    def _out(self, seen: RoomPresence, room: Room, entry: PendingJoin | None, turn: RoomTurn) -> None:
        """We are out, or go by another nick."""
        if seen.new_nick:
            turn.occupant(f"{seen.room}/{seen.nick}", b"")
            room.nick = seen.new_nick
            turn.done.changes.rooms[seen.room] = records.pack_room(room)
            return
        code = rooms.removed(seen)
        if code == StatusCode.SERVICE_UNAVAILABLE and entry is None and seen.room not in self.ending:
            # The service goes down, or has lost us on the way: we come back, and only when that fails the phone is told.
            turn.done.after.append(partial(self._held.doors.enter_again, seen.room))
            return
        self.forget(seen.room)
        turn.notices.pop(seen.room, None)
        turn.done.changes.rooms[seen.room] = b""
        if entry is not None and entry.result is not None:
            turn.done.after.append(partial(entry.result.set, {"code": code, "text": "not let in"}))
        elif seen.room not in self.ending:
            turn.done.changes.items.append(_event("left", seen.room, gid=room.gid, code=code))
        if seen.destroyed:
            turn.done.after.append(partial(self._held.doors.ended, seen.room))

    def _refused(self, seen: RoomPresence, entry: PendingJoin, turn: RoomTurn) -> None:
        """The room does not let us in. Whoever waits is told; a room that was joined before is lost, which the phone is told."""
        if entry.result is None and self._held.doors.try_again(seen.room, entry, seen.error):
            return
        self.forget(seen.room)
        turn.done.changes.rooms[seen.room] = b""
        code = rooms.join_code(seen.error)
        if entry.result is not None:
            turn.done.after.append(partial(entry.result.set, {"code": code, "text": seen.error}))
        else:
            turn.done.changes.items.append(_event("left", seen.room, gid=entry.room.gid, code=code))

    def forget(self, room: str) -> None:
        self.joined.pop(room, None)
        self._heard.pop(room, None)
        entry = self.entering.pop(room, None)
        if entry is not None:
            entry.over.set()

    def settled(self, room: str, within: float) -> None:
        """Waits for a room that is just being entered again: it would throw back what is said before."""
        entry = self.entering.get(room)
        if entry is not None:
            entry.over.wait(within)

    # --- messages ---

    def _message(self, stanza: Node, tree: Xml, turn: RoomTurn) -> None:
        jid, nick = rooms.split(tree.get("from"))
        room = self.find(jid)
        if room is None:
            return  # from a room that was left
        if (query := archive.query_of(stanza)) is not None:
            reading = self.readings.get(query)
            if reading is not None and reading.room == jid and not nick:
                reading.take(stanza)
            return
        entry = self.entering.get(jid)
        if entry is not None and entry.likely is not None and tree.get("type") == "groupchat":
            # COMPAT(rooms older than XEP-0045 1.21): there is no other sign that we are in.
            self._own(entry.likely, room, entry, turn)
        if tree.get("type") == "error":
            self._bounced(jid, nick, room, stanza, turn)
        elif tree.get("type") == "groupchat":
            self._said(jid, nick, room, stanza, tree, turn)
        elif nick:
            self._whispered(jid, nick, room, stanza, turn)

    def _said(self, jid: str, nick: str, room: Room, stanza: Node, tree: Xml, turn: RoomTurn) -> None:
        """A message to everybody, a new topic, or news of the room itself."""
        if not nick and rooms.codes(tree) & CONFIGURED:
            turn.done.after.append(partial(self._held.doors.look_again, jid))
        if rooms.is_topic(tree):
            topic = messages.text_in(stanza, "subject", turn.intake.profile.language)
            self._topic(jid, room, topic.strip()[:MAX_TOPIC], turn)
            return
        text = messages.body_of(stanza, "groupchat", turn.intake.profile.language)
        when, kept = self._times(jid, stanza)
        seen = messages.name_of(stanza, f"{jid}/{nick}", text, jid)
        line = Line(jid, nick, room, text, seen, when, said_at(kept, turn.done.again))
        if self._line(line, _jid(turn.known.get(f"{jid}/{nick}")), turn.intake, turn.done):
            room.at = max(room.at, when or int(time.time()))
            turn.done.changes.rooms[jid] = records.pack_room(room)

    def _line(self, line: Line, who: str, intake: "InboundStanzas", done: "InboundBatch") -> bool:
        """Whether a line goes to the phone. `who`: the bare JID of whoever says it, where the room shows it."""
        own = not line.private and line.nick == line.room.nick  # COMPAT(all): phones show their own line themselves
        unwanted = line.private and not line.room.private
        if not line.text or own or unwanted or intake.full:  # a room has a history
            return False
        if self._held.refuses_in(line.jid, line.nick, who, private=line.private):
            return False
        where, text = _where(line.room, line.nick, line.private), UNREAD if too_long(line.text) else line.text
        intake.deliver(done, line.jid, text, line.when, line.seen, b"", where, line.said)
        return True

    def _times(self, jid: str, stanza: Node) -> tuple[int | None, int | None]:
        """Since when a message of this room was kept: as far as that is believed, and as anybody says. Whoever a stamp names, the
        message comes from its room; and anybody in there could have written the stamp."""
        own, kept = self._held.session.jid, messages.delay_stamps(stanza)
        believed = messages.believed_stamp(kept, jid, addresses.domain_of(jid), own, addresses.domain_of(own))
        return believed, messages.oldest(kept)

    def unread(self, sender: str, done: "InboundBatch", intake: "InboundStanzas") -> None:
        """Somebody has written more to everybody than we read: the phone hears that there was something."""
        self._bare_line(sender, UNREAD, done, intake)

    def _plainly(self, turn: RoomTurn, stanza: Node, done: "InboundBatch") -> None:
        """What could be read of a message that something in it made us fail at."""
        kind, text = stanza.getAttr("type"), messages.text_in(stanza, "body")
        if stanza.getName() == "message" and kind != "error" and text.strip():
            self._bare_line(stanza.getAttr("from") or "", text, done, turn.intake, private=kind != "groupchat")

    def _bare_line(self, sender: str, text: str, done: "InboundBatch", intake: "InboundStanzas", private: bool = False) -> None:
        jid, nick = rooms.split(sender)
        room, name = self.find(jid), f"{jid}/{nick}"
        if room is not None:
            who = _jid(self._shared.feed.occupants(self._held.sid, [name]).get(name))
            self._line(Line(jid, nick, room, text, private=private), who, intake, done)

    def _topic(self, jid: str, room: Room, topic: str, turn: RoomTurn) -> None:
        """The first one after entering is how it is, not a change."""
        if room.topic is not None and room.topic != topic:
            turn.notice(jid).about["Topic"] = topic
        room.topic = topic
        turn.done.after.append(partial(self._held.doors.note_topic, jid, topic))
        turn.done.changes.rooms[jid] = records.pack_room(room)

    def _whispered(self, jid: str, nick: str, room: Room, stanza: Node, turn: RoomTurn) -> None:
        """For this phone alone. A receipt names the message that the phone has written to this one."""
        receipt = messages.read_receipt(stanza)
        if receipt is not None:
            turn.intake.report(turn.done, f"{jid}/{nick}", receipt[1], code=StatusCode.SUCCESSFUL)
            return
        text = messages.body_of(stanza, "chat", turn.intake.profile.language)
        if text and (turn.intake.full or too_long(text)):
            turn.done.answers += stanzas.message_refusal(stanza)
            return
        own, name = self._held.session.jid, f"{jid}/{nick}"
        when, kept = self._times(jid, stanza)
        seen = messages.name_of(stanza, name, text, own)
        line = Line(jid, nick, room, text, seen, when, said_at(kept, turn.done.again), private=True)
        self._line(line, _jid(turn.known.get(name)), turn.intake, turn.done)

    def _bounced(self, jid: str, nick: str, room: Room, stanza: Node, turn: RoomTurn) -> None:
        """What the phone wrote did not get through. It was told 200, so now it is told otherwise."""
        bounce = bounces.read_bounce(stanza)
        to = f"{jid}/{nick}" if nick else jid
        written = self._held.written(bounce.id) if bounce is not None else None
        if bounce is None or written is None or written.to != to:
            return
        codes = rooms.TO_ONE if nick else rooms.TO_ALL
        code = codes.get(bounce.condition, StatusCode.UNABLE_TO_DELIVER)
        turn.intake.report(turn.done, to, bounce.id, code)
        reason = TOLD.get(code) or (
            NOBODY if nick and code == StatusCode.UNKNOWN_USER else bounces.bounce_reason(bounce.condition)
        )
        text = bounces.bounce_text(reason, bounce.text, written.words or bounce.words)
        turn.intake.deliver(turn.done, jid, text, None, f"b {to} {bounce.id}", b"", _where(room, nick, private=bool(nick)))
        if code == StatusCode.GROUP_IS_NOT_JOINED:
            turn.done.after.append(partial(self._held.doors.enter_again, jid))

    # --- what the phone is told ---

    def _tell(self, turn: RoomTurn) -> None:
        for jid, notice in turn.notices.items():
            room = self.find(jid)
            parts = list(notice.parts())
            if parts and room is not None and room.notice and self._shared.feed.waiting_items(self._held.sid) < MAX_WAITING:
                turn.done.changes.items += [_event("notice", jid, gid=room.gid, **part) for part in parts]


def _event(kind: str, jid: str, **more: Any) -> Delivery:
    return Delivery(f"e-{token(16)}", jid, records.pack_event(kind, jid, int(time.time()), **more))


def left(room: str, gid: str, code: int) -> Delivery:
    """The phone is told that it is in a room no more."""
    return _event("left", room, gid=gid, code=code)


def changed(room: str, gid: str, about: dict[str, str]) -> Delivery:
    """The phone is told of new properties of a room."""
    return _event("notice", room, gid=gid, joined=[], left=[], about=about, own={})


def _occupant(sender: str) -> str:
    """room/nick with the room as it is kept."""
    room, nick = rooms.split(sender)
    return f"{room}/{nick}" if nick else room


def _jid(record: bytes | None) -> str:
    return records.unpack_occupant(record)[0] if record else ""


def _where(room: Room, nick: str, private: bool) -> Where:
    return Where(room.gid, nick, private, room.delivery, room.length)
