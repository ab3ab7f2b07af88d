"""The commands of one held session: read in place from its outbox, run in order, removed when the server has what they meant.

One greenlet runs them, and only while there are any."""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gevent
import structlog
from gevent.event import Event
from xmpp.simplexml import Node

from onesoup.csp.lists import Item
from onesoup.csp.messages import Text
from onesoup.csp.places import Place
from onesoup.csp.session import Capabilities
from onesoup.csp.status import StatusCode
from onesoup.observability import tracing
from onesoup.observability.logs import short
from onesoup.runtime.ids import ordered_id
from onesoup.store import records
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.redis.channels import send_reply
from onesoup.store.session.gateway_side import UNKNOWN_PRESENCE_MS
from onesoup.store.session.holder_side import StreamChanges
from onesoup.xmpp import bounces, commands, errors, rooms, xml
from onesoup.xmpp.stream import StreamFailure, covers, stanzas
from onesoup.xmpp.stream.errors import BACKLOG
from workers.holder.picture_transfer import NotSent
from workers.holder.session.inbound import Written
from workers.holder.session.rooms import commands as doors

if TYPE_CHECKING:
    from workers.holder.session.session import HolderServices, XmppSession

log = structlog.get_logger()

REQUEST_SECONDS = 6.0
ACK_SECONDS = 3.0
# Octets of a stanza (RFC 6120 section 13.12).
ANY_SERVER_TAKES = 10_000
# So long a message waits for a room that is just being entered again.
ROOM_SECONDS = 10.0
# Phones that publish nothing themselves are shown as available so long after Service-Response (xmpp-mapping.md 2).
SOON_SECONDS = 3.0
BATCH = 100
# What a phone has said to people: it leaves before the phone does.
SAID = frozenset({"message", "groupchat", "media"})
# More than any outbox holds.
ALL = 100_000
# Sent messages whose bounce would be told to the phone.
REMEMBERED = 50
UPLOAD_TRIES, UPLOAD_AGAIN = 3, 2.0
FETCH_MOST = 30.0


class Outbox:
    """Runs the commands of `held`. What is in flight was sent and not yet acknowledged; it is not sent again on this stream."""

    def __init__(self, held: "XmppSession", shared: "HolderServices") -> None:
        self._held, self._shared = held, shared
        self._in_flight: set[bytes] = set()
        # Acknowledged by the server, but still in Redis while that is away: sending them again would double them.
        self._finished: list[bytes] = []
        # In this process only, and few of them: a bounce is told with the first words.
        self._sent: dict[str, Written] = {}
        # Commands that take their time beside the others; their greenlets end by themselves.
        self._aside: set[bytes] = set()
        self._tries: dict[bytes, int] = {}
        # Contacts whose roster item is just being changed on the phone's wish.
        self.changing: set[str] = set()
        self._acked = Event()
        # `full`: the stream takes no more until the server has acknowledged some.
        self._busy = self._again = self._full = False

    def resume(self, unacked: Iterable[Any]) -> None:
        """A new stream: only what it carries itself is in flight. The rest is run again, with the same ids."""
        self._in_flight = {key for key in unacked if isinstance(key, bytes)} | set(self._finished)

    def kick(self) -> None:
        """Something waits in the outbox."""
        if self._busy:
            self._again = True
        elif not self._held.closing:
            self._busy = True
            gevent.spawn(self._work)

    def _work(self) -> None:
        try:
            while True:
                self._again = self._full = False
                self._remove_finished()
                more = self._run_commands()
                if not (self._again or more) or self._held.closing:
                    return
        except StoreDown as error:
            log.warning("store-down", sid=short(self._held.sid), reason=str(error))
            gevent.spawn_later(1.0, self.kick)
        except (Fenced, NoSession):
            self._held.drop()
        except StreamFailure as failure:
            log.info("commands-wait", sid=short(self._held.sid), kind=failure.kind)
            if failure.kind == BACKLOG:
                # The next acknowledgement makes room; of one for what is no command nobody is told here.
                self._full = True
                gevent.spawn_later(1.0, self.kick)
        finally:
            self._busy = False
            if self._again and not self._held.closing:
                self.kick()

    def _run_commands(self) -> bool:
        """Runs what waits, in order. True when there may be more."""
        # Taken before the read: an acknowledgement may come while Redis answers with a command that was sent before.
        sent = self._in_flight | self._aside
        waiting = self._shared.feed.commands(self._held.sid, BATCH + len(sent))
        waiting = [stored for stored in waiting if stored not in sent and stored not in self._aside]
        for stored in waiting:
            if self._held.closing:
                return False
            if self._held.stream is None or not self._held.stream.open:
                self._refuse_askers(waiting)
                return False
            self._run(stored)
        return len(waiting) >= BATCH

    def _refuse_askers(self, waiting: list[bytes]) -> None:
        """Without a stream whoever waits for the server is told so, and the command is taken back."""
        for stored in waiting:
            command = records.unpack_command(stored)
            if "reply" in command:
                self._done(stored)
                self._answer(command, records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "no connection to the server"))

    def _run(self, stored: bytes) -> None:
        command = records.unpack_command(stored)
        name = command.get("op", "")
        runner = _COMMANDS.get(name)
        if runner is None:
            log.warning("unknown-command", op=name)
            self._done(stored)
            return
        if tracing.watched:
            to = command.get("to")
            tracing.tell_session("command", self._held.sid, op=name, to=list(to.values()) if isinstance(to, dict) else to)
        runner(self, stored, command)

    def _transmit(self, stored: bytes, *nodes: Node | bytes) -> None:
        """Sends; the command leaves the outbox when the server has acknowledged the last stanza."""
        assert self._held.stream is not None
        self._in_flight.add(stored)
        try:
            self._held.stream.send(*nodes, key=stored, before=lambda number: self._note(stored, number))
        except (StreamFailure, StoreDown, Fenced, NoSession):
            if stored not in self._finished:
                self._in_flight.discard(stored)
            raise

    def _note(self, stored: bytes, number: int) -> None:
        self._shared.feed.sending(self._held.sid, self._held.fence, stored, number)

    def settle(self, confirmed: int | None) -> None:
        """A stream of an earlier holder was taken up: what its server says it had got leaves the outbox unsent."""
        sid, feed = self._held.sid, self._shared.feed
        if confirmed is not None:
            for stored, number in feed.in_flight(sid, feed.commands(sid, ALL)).items():
                if covers(confirmed, number):
                    self._done(stored)
        feed.unsent(sid)

    def give_up_first(self) -> None:
        """The server closed the stream over something we wrote, most likely the oldest that it has not acknowledged. Sending
        that again would end every stream to come; the phone is told."""
        stream = self._held.stream
        keys = [key for key, _ in stream.unacked if isinstance(key, bytes)] if stream is not None else []
        if keys:
            self._give_back(keys[0])

    def give_up_largest(self) -> bytes | None:
        """As give_up_first(), where the server said that it was too large: the largest, as it went out. None where all are so
        small that every server takes them."""
        stream = self._held.stream
        unacked = stream.unacked if stream is not None else []
        key, data = max(unacked, key=lambda each: len(each[1]), default=(None, b""))
        if len(data) <= ANY_SERVER_TAKES:
            return None
        if isinstance(key, bytes):
            self._give_back(key)
        return data

    def _give_back(self, stored: bytes) -> None:
        log.error("stanza-refused", sid=short(self._held.sid), op=records.unpack_command(stored).get("op"))
        self._shared.feed.take_in(self._held.sid, self._held.fence, returned([stored]))
        self._done(stored)

    def acked(self, keys: list[bytes]) -> None:
        """The server has these: they leave the outbox."""
        self._finished.extend(keys)
        try:
            self._remove_finished()
        except StoreDown:
            gevent.spawn_later(1.0, self.kick)
        self._acked.set()
        if self._full:
            self.kick()

    def _remove_finished(self) -> None:
        # Under the lock: a new log-in may be copying the outbox to another session just now.
        with self._held.lock:
            while self._finished:
                self._done(self._finished[0])
                self._in_flight.discard(self._finished.pop(0))

    def _done(self, stored: bytes) -> None:
        self._shared.feed.done(self._held.sid, stored)

    def _answer(self, command: Mapping[str, Any], payload: bytes) -> None:
        if command.get("reply"):
            send_reply(self._shared.client, command["reply"], command["reply_name"], payload)

    def written(self, stanza_id: str) -> Written | None:
        """The message of this id, if the phone sent it a short while ago."""
        return self._sent.get(stanza_id)

    def wrote_to(self, jid: str) -> bool:
        return any(jid == each.to for each in self._sent.values())

    def _remember(self, command: dict[str, Any]) -> None:
        self._sent[command["id"]] = Written(command["to"], bounces.first_words(command["body"]))
        if len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]

    def _message(self, stored: bytes, command: dict[str, Any]) -> None:
        if command.get("gid"):
            self._held.rooms.settled(rooms.split(command["to"])[0], ROOM_SECONDS)
        self._remember(command)
        if command.get("valid"):
            self._held.check_by(time.monotonic() + command["valid"] + 0.5)
        if not command.get("gid"):
            command = {**command, "to": self._held.spelled(command["to"])}
        self._transmit(stored, stanzas.message_octets(command, self._held.intake.profile.language))

    def _groupchat(self, stored: bytes, command: dict[str, Any]) -> None:
        self._held.rooms.settled(command["to"], ROOM_SECONDS)
        self._remember(command)
        self._transmit(stored, stanzas.groupchat(command))

    def _stanza(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.node(xml.from_plain(command["tree"])))

    def _asked(self, stored: bytes, command: dict[str, Any]) -> None:
        """Somebody waits for what a server says; nobody's message waits with him."""
        self._done(stored)
        gevent.spawn(self._answer_later, command)

    def _answer_later(self, command: dict[str, Any]) -> None:
        payload = self._held.doors.answer(command)
        try:
            self._answer(command, payload)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._held.sid), reason=str(error))

    def _receipt(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.receipt(command))

    def _presence(self, stored: bytes, command: dict[str, Any]) -> None:
        self._held.showing.show(command)
        self._done(stored)

    def _online(self, stored: bytes, command: dict[str, Any]) -> None:
        self._held.showing.interested(command.get("interests", False), command.get("asked", ()))
        self._shared.later(self._held.sid, UNKNOWN_PRESENCE_MS / 1000)
        self._done(stored)

    def _soon(self, stored: bytes, _command: dict[str, Any]) -> None:
        """The command stays until everybody sees the phone: should the session go to another holder before, that one shows it."""
        self._held.doors.enter_by_itself()
        if self._held.showing.now is not None:
            self._done(stored)
        elif stored not in self._aside:
            self._aside.add(stored)
            gevent.spawn_later(SOON_SECONDS, self._shown_by_itself, stored)

    def _shown_by_itself(self, stored: bytes) -> None:
        shown = self._held.showing.go_online_by_itself()
        self._aside.discard(stored)
        if shown:
            self.acked([stored])

    def _limits(self, stored: bytes, _command: dict[str, Any]) -> None:
        self._held.accept(self._caps())
        self._done(stored)

    def _caps(self) -> Capabilities:
        return records.unpack_caps(self._shared.feed.read(self._held.sid, "caps"))

    # --- what takes its time ---

    def _begin(self, stored: bytes, command: dict[str, Any]) -> None:
        """Pictures go beside the other commands: a slow web server holds up no text."""
        self._aside.add(stored)
        gevent.spawn(self._picture, stored, command)

    def _picture(self, stored: bytes, command: dict[str, Any]) -> None:
        """Runs one command; whatever keeps it from being done, it stays in the outbox and is tried again."""
        wait = 0.0
        try:
            wait = (self._upload if command["op"] == "media" else self._fetch)(stored, command)
        except StoreDown as error:
            log.warning("store-down", sid=short(self._held.sid), reason=str(error))
            wait = 1.0
        except StreamFailure as failure:
            log.info("commands-wait", sid=short(self._held.sid), kind=failure.kind)
            wait = 1.0
        except (Fenced, NoSession):
            return
        except Exception as error:
            # It would break again for ever: the phone gets the link, or is told.
            log.exception("bug", kind=type(error).__name__)
            self._abandon(stored, command)
        finally:
            if wait:
                gevent.sleep(wait)
            self._aside.discard(stored)
        self.kick()

    def _upload(self, stored: bytes, command: dict[str, Any]) -> float:
        """The octets go to the server, and their address takes their place in the outbox: from then on the message is as any
        other, and what is sent again after a crash is the same address under the same id. Returns when to try again."""
        stream, session = self._held.stream, self._held.session
        if stream is None or self._held.closing:
            return 0.0
        try:
            url = self._shared.pictures.upload(stream, session.domain, command["type"], command["name"], command["data"])
        except NotSent as failure:
            tries = self._tries[stored] = self._tries.get(stored, 0) + 1
            log.info("upload-failed", sid=short(self._held.sid), reason=failure.reason, tries=tries)
            if failure.again and tries < UPLOAD_TRIES:
                return UPLOAD_AGAIN * tries
            self._give_up(stored, command, failure)
            return 0.0
        messages = [
            records.pack_command(
                commands.outgoing(stanza_id, jid, command.get("gids", {}).get(jid, ""), url, command["receipt"], url)
            )
            for stanza_id, jid in command["to"].items()
        ]
        with self._held.lock:
            self._shared.feed.replace(self._held.sid, self._held.fence, stored, messages)
        self._tries.pop(stored, None)
        return 0.0

    def _abandon(self, stored: bytes, command: dict[str, Any]) -> None:
        if command["op"] == "media":
            self._give_up(stored, command, NotSent(StatusCode.INTERNAL_ERROR, "internal error"))
        else:
            self._shared.feed.reveal(self._held.sid, self._held.fence, command["item"], b"", stored)

    def _give_up(self, stored: bytes, command: dict[str, Any], failure: NotSent) -> None:
        for stanza_id, jid in command["to"].items():
            changes = self._held.intake.failed(jid, stanza_id, failure.code, failure.reason)
            self._shared.feed.store(self._held.sid, self._held.fence, changes)
        self._tries.pop(stored, None)
        self._done(stored)

    def _fetch(self, stored: bytes, command: dict[str, Any]) -> float:
        """A link becomes the picture that it leads to, or stays what it is; then the phone is told."""
        found, left = None, command["until"] - time.time()
        if not self._held.closing:
            found = self._shared.pictures.fetch(command["url"], self._caps(), min(left, FETCH_MOST))
        item = b""
        if found is not None:
            kept = self._shared.feed.waiting(self._held.sid, command["item"])
            if kept is not None:
                item = records.pack_stored(replace(records.unpack_stored(kept), type=found[0], data=found[1]))
        log.info("picture", sid=short(self._held.sid), found=found is not None, octets=len(found[1]) if found else 0)
        with self._held.lock:
            self._shared.feed.reveal(self._held.sid, self._held.fence, command["item"], item, stored)
        return 0.0

    def _mood(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.publish_mood(self._new_id(), command["value"]))

    def _nick(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.publish_nick(self._new_id(), command["value"]))

    def _place(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.publish_place(self._new_id(), Place(*command["value"])))

    def _avatar(self, stored: bytes, command: dict[str, Any]) -> None:
        self._beside(stored, self._held.publisher.picture, command["data"])

    def _card(self, stored: bytes, command: dict[str, Any]) -> None:
        self._beside(stored, self._held.publisher.details, command["text"])

    def _look(self, stored: bytes, command: dict[str, Any]) -> None:
        self._beside(stored, self._look_up, command)

    def _look_up(self, command: dict[str, Any]) -> None:
        cards, pictures = self._held.lookups.together(command["cards"], command["pictures"], command["within"])
        self._answer(command, records.pack_answer(StatusCode.SUCCESSFUL, cards=cards, pictures=pictures))

    def _beside(self, stored: bytes, work: Callable[[Any], None], value: Any) -> None:
        """Work that waits for the server, in a greenlet of its own: what comes behind it does not wait. The command leaves the
        outbox when it is done; one that the stream broke is done again."""

        def run() -> None:
            try:
                work(value)
            except (StreamFailure, StoreDown, Fenced, NoSession) as error:
                log.info("command-waits", sid=short(self._held.sid), reason=type(error).__name__)
                self._in_flight.discard(stored)
                if self._held.stream is not None and self._held.stream.open and not isinstance(error, StoreDown):
                    self.acked([stored])  # it failed on a stream that lives: it would fail again
                return
            except Exception as error:
                log.exception("bug", kind=type(error).__name__)
            self.acked([stored])

        self._in_flight.add(stored)
        gevent.spawn(run)

    def _lists(self, stored: bytes, _command: dict[str, Any]) -> None:
        """A copy of the list metadata for the server, so that it outlives Redis."""
        entries = self._shared.lists.all(self._held.session.jid)
        self._transmit(stored, stanzas.lists_set(self._new_id(), entries))

    def _block(self, stored: bytes, command: dict[str, Any]) -> None:
        self._held.rules_changed()
        jids = [each for jid in command["jids"] for each in (self._held.spellings(jid) if "/" not in jid else [jid])]
        self._transmit(stored, stanzas.block(self._new_id(), command["op"], jids))

    def _question(self, stored: bytes, command: dict[str, Any]) -> None:
        """Something that others have to answer: what is behind it in the outbox does not wait for them."""
        self._done(stored)
        gevent.spawn(lambda: self._answer(command, self._held.directory.answer(command)))

    def _notices(self, stored: bytes, command: dict[str, Any]) -> None:
        self._held.wants_notices(command["types"])
        self._done(stored)

    def _new_id(self) -> str:
        assert self._held.stream is not None
        return self._held.stream.new_id()

    def _directed(self, stored: bytes, command: dict[str, Any]) -> None:
        self._transmit(stored, stanzas.to(command["kind"], self._held.spelled(command["jid"])))

    def _roster(self, stored: bytes, command: dict[str, Any]) -> None:
        """Sets or removes a roster item, and stores the change before the phone hears of it: it reads what it wrote."""
        removing = command["op"] == "unroster"
        self.changing.add(command["jid"])
        try:
            result = self._removed(command["jid"]) if removing else self._set(command)
        except StreamFailure as failure:
            unanswered = StatusCode.TIMEOUT if failure.kind == "no-answer" else StatusCode.SERVICE_UNAVAILABLE
            self._done(stored)
            self._answer(command, records.pack_answer(unanswered, "the server did not answer"))
            return
        finally:
            self.changing.discard(command["jid"])
        code: int = StatusCode.SUCCESSFUL
        reason = ""
        if result.getAttr("type") == "error":
            reason = stanzas.condition(result)
            code = StatusCode.SUCCESSFUL if removing and reason == "item-not-found" else errors.roster_code(reason)
        if code == StatusCode.SUCCESSFUL:
            self._write_through(command, removing)
        self._done(stored)
        self._answer(command, records.pack_answer(code, reason))

    def _set(self, command: dict[str, Any]) -> Node:
        assert self._held.stream is not None
        named = {**command, "jid": self._held.spelled(command["jid"])}
        return self._held.stream.request(stanzas.roster_set(named), REQUEST_SECONDS)

    def _removed(self, jid: str) -> Node:
        """The server's answer to the removal of an item, under whatever spellings it has it: the first that says something
        else than that there is none."""
        stream = self._held.stream
        assert stream is not None
        answers = [stream.request(stanzas.roster_remove(each), REQUEST_SECONDS) for each in self._held.spellings(jid)]
        refused = (each for each in answers if each.getAttr("type") == "error" and stanzas.condition(each) != "item-not-found")
        return next(refused, answers[0])

    def _write_through(self, command: dict[str, Any], removing: bool) -> None:
        """The server's push says the same, but may come after the result."""
        jid = command["jid"]
        if removing:
            changes = StreamChanges(unroster=[jid])
        else:
            record = self._shared.feed.item(self._held.sid, jid)
            item = records.unpack_item(jid, record) if record else Item(jid)
            item = replace(item, name=command.get("name") or "", groups=tuple(command.get("groups", ())))
            changes = StreamChanges(roster={jid: records.pack_item(item)})
        self._shared.feed.store(self._held.sid, self._held.fence, changes)

    def _logout(self, stored: bytes, _command: dict[str, Any]) -> None:
        sid = self._held.sid
        if self._shared.feed.state(sid)[0] is None:
            self._done(stored)  # it was said to the session before this one
            return
        # Asked of the store: a picture that has just been uploaded is a message now, which the last read did not show.
        ahead = itertools.takewhile(lambda each: each != stored, self._shared.feed.commands(sid, ALL))
        if any(records.unpack_command(each).get("op") in SAID for each in ahead if each not in self._in_flight):
            return  # said again when the last picture has left
        self._held.end(StatusCode.INVALID_SESSION, polite=True, sid=sid)

    def flush(self) -> None:
        """What is on its way to the server gets a moment to be acknowledged."""
        give_up = time.monotonic() + ACK_SECONDS
        while self._in_flight and self._held.stream is not None and self._held.stream.open and time.monotonic() < give_up:
            self._acked.clear()
            self._acked.wait(max(give_up - time.monotonic(), 0.0))


def returned(commands: Iterable[bytes]) -> dict[str, bytes]:
    """Messages of the phone that never reached the server, as texts for its next log-in, id -> stored form."""
    items = {}
    for stored in commands:
        command = records.unpack_command(stored)
        lost = {}
        if command.get("op") in ("message", "groupchat"):
            lost = {command["to"]: command["body"]}
        elif command.get("op") == "media":
            lost = dict.fromkeys(command["to"].values(), command["name"])
        for jid, what in lost.items():
            text = _back(jid, command.get("gid") or command.get("gids", {}).get(jid, ""), f"not delivered: {what}")
            items[text.id] = records.pack_stored(text)
    return items


def _back(to: str, gid: str, body: str) -> Text:
    """What comes back to whoever wrote it, from whom it was meant for."""
    room, nick = rooms.split(to) if gid else (to, "")
    now = time.time()
    return Text(ordered_id(now), room, body, int(now), group=gid, nick=nick, private=bool(nick))


# op -> what runs it
_COMMANDS: dict[str, Callable[[Outbox, bytes, dict[str, Any]], None]] = {
    "message": Outbox._message,
    "media": Outbox._begin,
    "fetch": Outbox._begin,
    "groupchat": Outbox._groupchat,
    "stanza": Outbox._stanza,
    **dict.fromkeys(doors.ASKED, Outbox._asked),
    "receipt": Outbox._receipt,
    "presence": Outbox._presence,
    "online": Outbox._online,
    "soon": Outbox._soon,
    "limits": Outbox._limits,
    "directed": Outbox._directed,
    "lists": Outbox._lists,
    "block": Outbox._block,
    "unblock": Outbox._block,
    "mood": Outbox._mood,
    "nick": Outbox._nick,
    "place": Outbox._place,
    "avatar": Outbox._avatar,
    "card": Outbox._card,
    "look": Outbox._look,
    "roster": Outbox._roster,
    "unroster": Outbox._roster,
    "find": Outbox._question,
    "cards": Outbox._question,
    "change-card": Outbox._question,
    "rooms": Outbox._question,
    "info": Outbox._question,
    "notices": Outbox._notices,
    "logout": Outbox._logout,
}
