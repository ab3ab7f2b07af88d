"""In and out of rooms, and what else workers want of XMPP servers: commands that somebody waits for, each in a greenlet of its
own, so that nobody's message waits behind a slow room."""

import time
from collections.abc import Callable
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import gevent
import structlog
from gevent.event import AsyncResult
from gevent.pool import Group
from xmpp.simplexml import Node

from onesoup.csp.errors import BackendError
from onesoup.csp.groups import Room
from onesoup.csp.messages import timestamp
from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.bounds import MOST_ROOMS
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.holder_side import Delivery, StreamChanges
from onesoup.xmpp import archive, room_service, rooms, xml
from onesoup.xmpp.rooms import RoomReply, RoomRequest
from onesoup.xmpp.stream import Stream, StreamFailure, stanzas
from workers.holder.session.rooms.table import PendingJoin, Reading, changed, left

if TYPE_CHECKING:
    from workers.holder.session.session import HolderServices, XmppSession

log = structlog.get_logger()

REQUEST_SECONDS = 6.0
JOIN_SECONDS = 7.0
# A room that was joined before the stream broke has so long to let us in again.
AGAIN_SECONDS = 30.0
# A room service that goes down is given so long before somebody knocks.
RESTART_SECONDS = 2.0
# A room that cannot be reached is asked again after this part of the time after which a silent one is asked.
AGAIN_SHARE = 0.3
# What is said before an answer is looked at behind it at most so long.
LATE_SECONDS = 2.0
# How long the phone has to join by itself what it was invited into.
ACCEPTED_SECONDS = 30.0
# The nick may still be taken by what the server believes of our last stream.
RETRIES = (1.0, 2.0, 4.0, 8.0)
CHANGEABLE = ("notice", "private", "delivery", "length")
EVERYTHING = (StreamFailure, StoreDown, Fenced, NoSession, BackendError)


class RoomCommands:
    """The rooms of `held`, seen from outside."""

    def __init__(self, held: "XmppSession", shared: "HolderServices") -> None:
        self._held, self._shared = held, shared

    # --- for whoever waits ---

    def answer(self, command: dict[str, Any]) -> bytes:
        """The answer to a command. Whatever happens, there is one."""
        try:
            return _COMMANDS[command["op"]](self, command)
        except StreamFailure as failure:
            return records.pack_answer(
                StatusCode.TIMEOUT if failure.kind == "no-answer" else StatusCode.SERVICE_UNAVAILABLE, "the server did not answer"
            )
        except (StoreDown, Fenced, NoSession):
            return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again later")
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
            return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error")

    def _iq(self, command: dict[str, Any]) -> bytes:
        reply = self._request(RoomRequest(command["to"], command["type"], xml.from_plain(command["tree"])))
        return records.pack_answer(StatusCode.SUCCESSFUL, error=reply.error, tree=reply.payload.plain())

    def _request(self, request: RoomRequest) -> RoomReply:
        stream = self._stream()
        attrs = {"type": request.type, **({"to": request.to} if request.to else {})}
        try:
            found = stanzas.stanza_to_xml(
                stream.request(Node("iq", attrs, [stanzas.xml_to_node(request.payload)]), REQUEST_SECONDS)
            )
        except StreamFailure as failure:
            if failure.kind != "no-answer":
                raise
            return RoomReply(error="remote-server-timeout")
        if found.get("type") == "error":
            return RoomReply(error=rooms.condition(found))
        return RoomReply(payload=next(iter(found.children), xml.Xml("query")))

    def query(self, *requests: RoomRequest) -> list[RoomReply]:
        """As Context.query, from here."""
        replies = Group().map(self._request_or_failure, requests)
        if failure := next((each for each in replies if isinstance(each, StreamFailure)), None):
            raise BackendError(StatusCode.TIMEOUT, failure.kind)
        return list(replies)

    def _request_or_failure(self, request: RoomRequest) -> RoomReply | StreamFailure:
        """What ends a greenlet by an exception is written to the log with all that led to it, and nobody wants that of a stream
        that has ended."""
        try:
            return self._request(request)
        except StreamFailure as failure:
            return failure

    def _stream(self) -> Stream:
        stream = self._held.stream
        if stream is None or not stream.open:
            raise StreamFailure("closed", "no-stream")
        return stream

    # --- in ---

    def _join(self, command: dict[str, Any]) -> bytes:
        """Waits until the room has let us in, or says why not."""
        jid, inside = command["room"], self._held.rooms
        room = inside.joined.get(jid)
        if room is not None:
            # The phone may name it otherwise now: messages of a group that it knows by another name are lost to it.
            self._settle(jid, room, gid=command["gid"], notice=bool(command.get("notice")))
            return records.pack_answer(StatusCode.SUCCESSFUL, nick=room.nick, new=False)
        entry = inside.entering.get(jid)
        if entry is None and len(inside.joined) + len(inside.entering) >= MOST_ROOMS:
            return records.pack_answer(StatusCode.MESSAGE_QUEUE_IS_FULL, "in too many groups")
        if entry is None:
            made = Room(
                command["gid"],
                command["nick"],
                bool(command.get("notice")),
                private=command.get("private", True),
                password=command.get("password", ""),
                about=command.get("about", {}),
                delivery=command.get("delivery", ""),
                length=command.get("length", 0),
            )
            entry = inside.entering[jid] = PendingJoin(made)
        else:
            entry.room.gid, entry.room.notice = command["gid"], bool(command.get("notice"))
        entry.result = entry.result or AsyncResult()
        try:
            self._enter(self._stream(), jid, entry.room, command.get("history", 0), command.get("characters", 0))
            result = entry.result.get(timeout=JOIN_SECONDS)
        except gevent.Timeout:
            self._leave_quietly(jid, entry.room)
            return records.pack_answer(StatusCode.TIMEOUT, "the room does not answer")
        except StreamFailure:
            inside.forget(jid)
            raise
        return records.pack_answer(result["code"], result.get("text", ""), nick=result.get("nick"), new=result.get("new"))

    def _join_later(self, command: dict[str, Any]) -> bytes:
        """The phone has accepted an invitation: it joins by itself, or we do it for it."""
        gevent.sleep(ACCEPTED_SECONDS)
        inside = self._held.rooms
        if inside.find(command["room"]) is None and not self._held.closing:
            self._enter_later(command["room"], Room(command["gid"], command["nick"], password=command["password"]))
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _enter(self, stream: Stream, jid: str, room: Room, history: int, characters: int, since: str = "") -> None:
        """Presence that enters shows what everybody sees of the phone."""
        presence = stanzas.xml_to_node(rooms.join(jid, room.nick, history, characters, room.password, since))
        for child in stanzas.presence(self._held.showing.now or {}).getChildren():
            presence.addChild(node=child)
        stream.send(presence)

    def _leave_quietly(self, jid: str, room: Room) -> None:
        self._held.rooms.forget(jid)
        self._held.send(stanzas.xml_to_node(rooms.leave(jid, room.nick)))

    def enter_all_again(self) -> None:
        """After a fresh stream. Whoever has gone or come meanwhile is told of when the room has shown who is there."""
        inside = self._held.rooms
        if not inside.joined and not inside.entering:
            return
        for jid in list(inside.joined):
            inside.entering[jid] = PendingJoin(inside.joined.pop(jid), again=True, old=self._present(jid))
        for jid, entry in inside.entering.items():
            self._start(jid, entry)

    def _start(self, jid: str, entry: PendingJoin) -> None:
        gevent.spawn(self._knock, jid, entry)
        gevent.spawn_later(AGAIN_SECONDS, self.lose, jid, entry, StatusCode.SERVICE_UNAVAILABLE)

    def _knock(self, jid: str, entry: PendingJoin) -> None:
        """Looks first: in XMPP whoever enters a room that is not there makes it. What was said meanwhile is asked for."""
        try:
            reply = self._request(rooms.ask_info(jid))
            if reply.error in ("item-not-found", "gone"):
                self.lose(jid, entry, StatusCode.GROUP_DOES_NOT_EXIST)
            elif self._held.rooms.entering.get(jid) is entry:
                since = _stamp(entry.room.at) if entry.room.at else ""
                self._enter(self._stream(), jid, entry.room, 0, self._held.intake.accepted if since else 0, since)
            log.debug("room-again", sid=short(self._held.sid), condition=reply.error)
        except EVERYTHING as failure:
            log.debug("room-waits", sid=short(self._held.sid), reason=type(failure).__name__)  # the next stream enters it

    def lose(self, jid: str, entry: PendingJoin, code: int) -> None:
        """A room that was joined and cannot be entered again is lost, which the phone is told."""
        if self._held.closing or self._held.rooms.entering.get(jid) is not entry or entry.result is not None:
            return
        if code == StatusCode.SERVICE_UNAVAILABLE and (self._held.stream is None or not self._held.stream.open):
            return  # the next stream tries again
        log.info("room-lost", sid=short(self._held.sid), code=code)
        self._leave_quietly(jid, entry.room)
        self._keep(StreamChanges(rooms={jid: b""}, items=[left(jid, entry.room.gid, code)]))

    def look_in(self) -> None:
        """Asks rooms from which nothing has come for long whether we are still in them (XEP-0410): one that has lost its guests,
        as when its server broke down, tells nobody. No phone has anything to do with it."""
        Group().map(self._look_in, self._held.rooms.silent())

    def _look_in(self, jid: str) -> None:
        inside = self._held.rooms
        room = inside.joined.get(jid)
        if room is None:
            return
        nick = room.nick
        inside.heard(jid, ago=self._shared.room_check * (1 - AGAIN_SHARE))  # when the answer says nothing
        try:
            still = rooms.still_inside(self._request(rooms.ask_oneself(jid, nick)).error)
        except StreamFailure:
            return  # the next stream enters it, or goes on
        if still:
            inside.heard(jid)
        elif still is False and inside.joined.get(jid) is room and room.nick == nick:
            log.info("room-has-lost-us", sid=short(self._held.sid))
            self.enter_again(jid)

    def enter_again(self, jid: str) -> None:
        """The room has lost us, as before or after its restart."""
        room = self._held.rooms.joined.pop(jid, None)
        if room is not None:
            entry = self._held.rooms.entering[jid] = PendingJoin(room, again=True, old=self._present(jid))
            gevent.spawn_later(RESTART_SECONDS, self._try_again, jid, entry)

    def _present(self, jid: str) -> set[str]:
        """Who was in a room, as far as the phone knows."""
        try:
            known = self._shared.feed.known(self._held.sid, "occ")
        except StoreDown:
            return set()
        return {name.partition("/")[2] for name in known if name.startswith(f"{jid}/")}

    def _enter_later(self, jid: str, room: Room) -> None:
        if len(self._held.rooms.joined) + len(self._held.rooms.entering) >= MOST_ROOMS:
            return
        entry = self._held.rooms.entering[jid] = PendingJoin(room)
        self._start(jid, entry)

    def try_again(self, jid: str, entry: PendingJoin, condition: str) -> bool:
        """Whether a refusal is not the last word: our own ghost may have the nick still."""
        if condition != "conflict" or entry.tries >= len(RETRIES):
            return False
        gevent.spawn_later(RETRIES[entry.tries], self._try_again, jid, entry)
        entry.tries += 1
        return True

    def _try_again(self, jid: str, entry: PendingJoin) -> None:
        if self._held.rooms.entering.get(jid) is entry and not self._held.closing:
            self._start(jid, entry)

    # --- sessions that follow each other ---

    def take_up(self) -> None:
        """The rooms of this handset's last session, when it is the same client going on: it has the same cookie."""
        session = self._held.session
        kept = records.unpack_plain(self._shared.groups.take_joins(session.jid, session.resource), {})
        if not kept or kept["cookie"] != session.cookie:
            return
        for jid, record in kept["rooms"].items():
            if self._held.rooms.find(jid) is None:
                self._enter_later(jid, records.unpack_room(record))

    def leave_all(self) -> None:
        """The phone has begun anew: it knows of no group."""
        inside = self._held.rooms
        gone = {jid: room for jid in (*inside.joined, *inside.entering) if (room := inside.find(jid)) is not None}
        for jid, room in gone.items():
            self._leave_quietly(jid, room)
        if gone:
            self._keep(StreamChanges(rooms=dict.fromkeys(gone, b"")))

    def enter_by_itself(self) -> None:
        """The rooms that the user wants to be in after each log-in. The phone asks which they are (GROUP_USER_ID_AUTOJOIN)."""
        session = self._held.session
        for jid, record in self._shared.groups.all(session.jid).items():
            kept = records.unpack_kept(record, "")
            if kept.auto and self._held.rooms.find(jid) is None:
                nick = kept.nick or session.jid.partition("@")[0]
                self._enter_later(jid, Room(kept.gid, nick, private=kept.private))

    def find_service(self) -> None:
        """Where the rooms of the own domain are: Service-Response depends on it."""
        domain = self._held.session.domain
        try:
            if self._shared.groups.service(domain) is None:
                self._shared.groups.keep_service(domain, room_service.find_room_service(self.query, domain))
        except EVERYTHING as error:
            log.debug("no-service-found", sid=short(self._held.sid), reason=type(error).__name__)

    # --- out, and changes ---

    def _leave(self, command: dict[str, Any]) -> bytes:
        """Only what is kept of the room: the presence that leaves is a stanza of its own, which the server gets in any case."""
        jid, inside = command["room"], self._held.rooms
        room = inside.find(jid)
        if room is None:
            return records.pack_answer(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        inside.forget(jid)
        self._store(StreamChanges(rooms={jid: b""}))
        return records.pack_answer(StatusCode.SUCCESSFUL, nick=room.nick)

    def _destroy(self, command: dict[str, Any]) -> bytes:
        ending = self._held.rooms.ending
        ending.add(command["room"])
        try:
            reply = self._request(rooms.destroy(command["room"]))
        finally:
            gevent.spawn_later(1.0, ending.discard, command["room"])
        return records.pack_answer(StatusCode.SUCCESSFUL, error=reply.error, tree=reply.payload.plain())

    def _history(self, command: dict[str, Any]) -> bytes:
        """What was said in a room; of people whom the phone does not want to hear, nothing."""
        jid, query, inside = command["room"], token(12), self._held.rooms
        if jid not in inside.joined:
            return records.pack_answer(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        reading = inside.readings[query] = Reading(jid)
        try:
            reply = self._request(archive.archive_query(jid, query, command["most"]))
            if not reply.error:
                reading.wait(archive.last_archive_id(reply.payload), time.monotonic() + LATE_SECONDS)
        finally:
            del inside.readings[query]
        found = [list(astuple(each)) for each in reading.found if not self._held.refuses_in(jid, each.nick, "")]
        return records.pack_answer(StatusCode.SUCCESSFUL, error=reply.error, found=found)

    def _change(self, command: dict[str, Any]) -> bytes:
        jid = command["room"]
        room = self._held.rooms.find(jid)
        if room is None:
            return records.pack_answer(StatusCode.GROUP_IS_NOT_JOINED, "not joined")
        self._settle(jid, room, **{name: command[name] for name in CHANGEABLE if name in command})
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _settle(self, jid: str, room: Room, **values: Any) -> None:
        for name, value in values.items():
            setattr(room, name, value)
        self._store_room(jid, room)

    def look_again(self, jid: str) -> None:
        """Somebody has changed the room: the phone is told what of it is different."""
        gevent.spawn(self._compare, jid)

    def _compare(self, jid: str) -> None:
        try:
            reply = self._request(rooms.ask_info(jid))
            room = self._held.rooms.find(jid)
            if room is None or reply.error:
                return
            now = room_service.told_properties(rooms.read_info(reply.payload))
            different = {name: value for name, value in now.items() if room.about.get(name) != value}
            if not different:
                return
            # Of a room that we have just made ourselves nothing was known, and everything is as the phone wished it.
            items = [changed(jid, room.gid, different)] if room.notice and room.about else []
            room.about = now
            self._store_room(jid, room, *items)
        except EVERYTHING as error:
            log.debug("room-not-read", sid=short(self._held.sid), reason=type(error).__name__)

    def show(self, presence: Node) -> None:
        """The phone shows itself differently: rooms are told by presence of their own."""
        for jid, room in self._held.rooms.joined.items():
            told = Node(node=presence)
            told.setAttr("to", f"{jid}/{room.nick}")
            self._held.send(told)

    def _keep(self, changes: StreamChanges) -> None:
        """As _store, where nobody waits for it."""
        try:
            self._store(changes)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._held.sid), reason=str(error))

    def note_topic(self, jid: str, topic: str) -> None:
        """So that those who are not in the room find it by its topic."""
        gevent.spawn(self._note_topic, jid, topic)

    def _note_topic(self, jid: str, topic: str) -> None:
        try:
            self._shared.groups.keep_topic(jid, topic)
        except StoreDown as error:
            log.debug("store-down", sid=short(self._held.sid), reason=str(error))

    def ended(self, jid: str) -> None:
        """A room is there no more: if the account has made it, it owns it no more."""
        try:
            self._shared.groups.remove(self._held.session.jid, jid)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._held.sid), reason=str(error))

    def _store_room(self, jid: str, room: Room, *items: Delivery) -> None:
        """The record as it is when its turn comes: what the room says meanwhile is in it, and one that was left has none."""
        with self._held.lock:
            if self._held.rooms.find(jid) is room:
                self._held.store(StreamChanges(rooms={jid: records.pack_room(room)}, items=list(items)))

    def _store(self, changes: StreamChanges) -> None:
        with self._held.lock:
            self._held.store(changes)


_COMMANDS: dict[str, Callable[[RoomCommands, dict[str, Any]], bytes]] = {
    "iq": RoomCommands._iq,
    "join": RoomCommands._join,
    "join-later": RoomCommands._join_later,
    "leave": RoomCommands._leave,
    "destroy": RoomCommands._destroy,
    "history": RoomCommands._history,
    "room": RoomCommands._change,
}
ASKED = tuple(_COMMANDS)


def keep_joins(shared: "HolderServices", sid: str) -> None:
    """What a session that ends had joined, for the next one of the same handset."""
    record = shared.feed.read(sid, "r")
    joined = shared.feed.hash(sid, "rooms")
    if record is not None and joined:
        session = records.unpack_session(record)
        kept = {"cookie": session.cookie, "rooms": joined}
        shared.groups.keep_joins(session.jid, session.resource, records.pack_plain(kept))


def _stamp(seconds: int) -> str:
    text = timestamp(seconds)
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[9:11]}:{text[11:13]}:{text[13:15]}Z"
