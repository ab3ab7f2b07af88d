"""One session that a holder holds: its stream from beginning to end, and what comes in.

One greenlet reads the stream and makes it anew when it breaks. The record in Redis is the truth; what is kept here can be
lost at any time.
"""

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import gevent
import structlog
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from prometheus_client import Counter
from xmpp.simplexml import Node

from onesoup.csp import capabilities, copies, fitting, notices
from onesoup.csp.blocking import Rules
from onesoup.csp.lists import Item
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.observability import tracing
from onesoup.observability.logs import short
from onesoup.runtime.ids import token
from onesoup.store import records
from onesoup.store.account.accounts import (
    ATTRIBUTE_LISTS,
    PENDING_REQUESTS,
    TOLD_ONCE,
    USER_TARGET,
    ClientSessions,
    DeliveredCopies,
    Lists,
    OfflineInbox,
)
from onesoup.store.account.blocks import BlockLists
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.holder_side import CUTS, ContactRecord, Delivery, HolderSessionStore, SessionStatus, StreamChanges
from onesoup.store.session.shards import Shards
from onesoup.xmpp import errors
from onesoup.xmpp.blocking import BLOCKING, read_items
from onesoup.xmpp.stream import Options, Stream, StreamFailure, stanzas
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.schedule import DeadlineQueue
from workers.holder.server_memory import ConnectPace
from workers.holder.session.contact_lookups import Library, Lookups
from workers.holder.session.expiry import SessionExpiry
from workers.holder.session.inbound import Change, InboundStanzas, Roster, Written, offline
from workers.holder.session.inbox_limit import InboxLimit
from workers.holder.session.outbox import ALL, Outbox, returned
from workers.holder.session.own_presence import OwnPresence
from workers.holder.session.publishing import Publisher
from workers.holder.session.queries import SessionQueries
from workers.holder.session.rooms.commands import RoomCommands, keep_joins
from workers.holder.session.rooms.table import Rooms
from workers.holder.session.state import Phase, SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

DISCONNECTS = Counter("onesoup_xmpp_disconnects_total", "Streams that ended by themselves", ["reason"])
EXPIRED_TOTAL = Counter("onesoup_expired_total", "What nobody came for, or answered, in time", ["kind"])

CONNECT_SECONDS = 7.0
ROSTER_SECONDS = 5.0
BACKOFF_FIRST, BACKOFF_MOST = 1.0, 30.0
# The flood of first presences is told together.
FLOOD_MS = 300
# Reads from the stream that wait for the session to be made.
MAX_EARLY = 50
# Of the note with which a stranger asks for presence.
MAX_NOTE = 200
# Contacts who are asked how they are after an unblock.
MAX_PROBES = 1000
# Domains in Punycode whose spelling is remembered.
MAX_DOMAINS = 50
# How long contacts that were seen before a fresh stream may stay silent on it.
REFRESH_SECONDS = 10.0
STORE_PATIENCE = 20.0
# How long a new log-in of the handset waits for an attempt of its last session to connect again.
ATTEMPT_SECONDS = 3.0
# A phone that has asked for nothing for so long is idle: the server may collect presence for it.
IDLE_MS = 60_000
# COMPAT(Prosody 0.12): <inactive/> in the moment in which a resumption sends what was missed holds up the message behind it.
SETTLED_SECONDS = 10.0
# Stream errors that say "less of that", and how long we keep away; after so many in a row the session ends.
ENOUGH = {"policy-violation", "resource-constraint"}
ENOUGH_SECONDS, ENOUGH_TIMES = 30.0, 3
# A stream that has lived longer was not ended over the same thing again.
ENOUGH_AFTER = 600.0
_SIZE = re.compile("big|large|long|size", re.IGNORECASE)
# Stream errors over something that we wrote.
OURS = {"not-well-formed", "invalid-xml", "bad-format", "restricted-xml", "bad-namespace-prefix", "invalid-namespace"}
# Changes of the block and grant lists are told; this is for what gets lost without a sign.
RULES_SECONDS = 600.0
# So long after a resumption a server may still be sending what it does not know that we have.
AGAIN_SECONDS = 30.0
# The feature of a server that keeps messages for who is offline (XEP-0160).
OFFLINE = "msgoffline"


@dataclass(slots=True)
class HolderServices:
    """What all sessions of a holder share."""

    client: Any
    feed: HolderSessionStore
    clients: ClientSessions
    offline: OfflineInbox
    had: DeliveredCopies
    handsets: HandsetMemory
    lists: Lists
    blocks: BlockLists
    groups: GroupStore
    invites: InvitationStore
    shards: Shards
    library: Library
    options: Options
    connecting: BoundedSemaphore
    pace: ConnectPace
    pictures: PictureTransfer
    # When the holder looks at which session.
    agenda: DeadlineQueue["XmppSession"]
    later: Callable[[str, float], None]
    gone: Callable[["XmppSession"], None]
    # Seconds of silence after which a room is asked whether we are in it, 0 for never.
    room_check: float

    def close_session(self, sid: str, session: Session, shard: int, fence: int, code: int) -> None:
        """The session is over: what waits, both ways, goes to the account, and its records go.

        The mark of the end comes first: from then on no worker accepts anything that would be lost with the session."""
        self.feed.end(sid, fence, code)
        if code == StatusCode.SESSION_EXPIRED:
            EXPIRED_TOTAL.labels("session").inc()
        if code != StatusCode.INVALID_SESSION:
            keep_joins(self, sid)
        others = [other for other in self.clients.all(session.jid).values() if other != sid]
        left = {id_: records.lasting(stored) for id_, stored in self.feed.undelivered(sid).items()}
        left = self.news(session.jid, left, [sid, *others])
        self.offline.keep(session.jid, left | returned(self.feed.commands(sid, ALL)))
        if others or self.offline.waits(session.jid):
            self.had.keep(session.jid, self.feed.had([sid]))
        self.feed.forget(sid)
        self.clients.drop(session.jid, session.resource, sid)
        self.shards.remove(shard, sid)

    def news(self, jid: str, items: Mapping[str, bytes], sids: Iterable[str]) -> dict[str, bytes]:
        """Of items in their stored form, those that no phone of the account has read, in these sessions or in one that is
        over, each once."""
        names = {id_: records.copy_of(stored) for id_, stored in items.items()}
        if not any(names.values()):
            return dict(items)
        old = copies.of(names, [*self.feed.had(sids), *self.had.all(jid)])
        return {id_: stored for id_, stored in items.items() if id_ not in old}


class XmppSession:
    """A session of this holder. `fence` is the number of the lease under which it is held."""

    def __init__(
        self,
        shared: HolderServices,
        sid: str,
        session: Session,
        password: str,
        check: bytes,
        fence: int,
        shard: int,
        caps: Capabilities,
    ) -> None:
        self._shared, self.state = shared, SessionState(sid, session, fence, shard)
        self.kept_in = SessionStore(self.state, shared.feed)
        self._password, self.check = password, check
        self.stream: Stream | None = None
        self.lifetime = SessionExpiry()
        self._wanted = math.inf
        self._rested = False
        self._idle = self._taken_over = False
        self._refusals = 0
        self._since = 0.0  # when the stream was made
        self._stale: set[str] = set()
        # Domain -> how those who live there write it, in Punycode.
        self._domains: dict[str, str] = {}
        self._first_roster: Roster | None = None
        self._upload: StreamChanges | None = None
        self._early: list[StreamChanges] = []
        self._rules: Rules | None = None
        self._rules_until = 0.0
        self.ended = Event()
        self._attempt = BoundedSemaphore(1)
        self.rooms, self.doors = Rooms(self, shared), RoomCommands(self, shared)
        self._limit = InboxLimit(lambda: self._shared.feed.load(self.sid))
        self.intake = InboundStanzas(
            session.jid, self, caps.accepted, kinds=shared.library.kinds, rooms=self.rooms, phone=session.resource
        )
        self.accept(caps)
        self.showing = OwnPresence(self, shared)
        self.outbox = Outbox(self, shared)
        self.lookups = Lookups(self, shared.library)
        self.publisher = Publisher(self)
        self.directory = SessionQueries(self)

    @property
    def sid(self) -> str:
        return self.state.sid

    @property
    def session(self) -> Session:
        return self.state.session

    @property
    def fence(self) -> int:
        return self.state.fence

    @property
    def shard(self) -> int:
        return self.state.shard

    @property
    def lock(self) -> BoundedSemaphore:
        return self.state.lock

    @property
    def closing(self) -> bool:
        return self.state.closing

    @property
    def ready(self) -> bool:
        return self.state.recorded

    def accept(self, caps: Capabilities) -> None:
        """What the phone takes, as it has said."""
        self.bearers = caps.methods
        # The session is asked for anew: it changes when the phone logs in again.
        self.intake.cut = lambda text, most: fitting.parts(text, self.session, caps, most)
        self.intake.accept(caps.accepted, self._shared.pictures.fetches and bool(capabilities.pictures(caps)))

    # --- what the intake looks up ---

    @property
    def feed(self) -> HolderSessionStore:
        return self._shared.feed

    def kept(self, jids: list[str]) -> dict[str, ContactRecord]:
        return self._shared.feed.kept(self.sid, jids)

    def caps(self) -> Capabilities:
        """What the phone takes, as far as it has said so."""
        return records.unpack_caps(self._shared.feed.read(self.sid, "caps"))

    def item(self, jid: str) -> Item | None:
        record = self._shared.feed.item(self.sid, jid)
        return records.unpack_item(jid, record) if record else None

    def spellings(self, jid: str) -> list[str]:
        """A bare JID as our server has it, and the other ways to write it: servers take a domain in Punycode for another."""
        if jid.isascii():
            return [jid]
        local, _, domain = jid.rpartition("@")
        item = self.item(jid)
        first = item.spelled if item is not None and item.spelled else f"{local}@{self._domains.get(domain, domain)}"
        return list(dict.fromkeys([first, jid, f"{local}@{addresses.ascii_domain(domain)}"]))

    def spelled(self, jid: str) -> str:
        return self.spellings(jid)[0]

    def _note_domains(self, batch: list[Node]) -> None:
        """How those who say something write their domains."""
        for node in batch:
            sender = node.getAttr("from") or ""
            if "xn--" in sender:
                domain = addresses.domain_of(sender)
                self._domains[domain] = sender.partition("/")[0].rpartition("@")[2]
                if len(self._domains) > MAX_DOMAINS:
                    del self._domains[next(iter(self._domains))]

    def granted(self, jid: str) -> bool:
        """By an attribute list that names this user. The default list approves nobody."""
        return self._shared.lists.has(self.session.jid, USER_TARGET + jid, ATTRIBUTE_LISTS)

    def written(self, stanza_id: str) -> Written | None:
        return self.outbox.written(stanza_id)

    def waits(self, jid: str) -> bool:
        return self._shared.lists.has(self.session.jid, jid, PENDING_REQUESTS)

    def refuses(self, jid: str) -> bool:
        """By the block and grant lists of the account, which another phone may change: see rules_changed()."""
        return self._known_rules().refuse(jid)

    def blocks(self, jid: str) -> bool:
        return self._known_rules().blocks(jid)

    def _known_rules(self) -> Rules:
        now = time.monotonic()
        while self._rules is None or now >= self._rules_until:
            self._rules_until = now + RULES_SECONDS
            found = self._shared.blocks.rules(self.session.jid)
            if self._rules_until > 0:  # nothing was changed while Redis was asked
                self._rules = found
        return self._rules

    def refuses_in(self, room: str, nick: str, jid: str, private: bool = False) -> bool:
        """As refuses(), of somebody in a room. Whoever joins a room hears it, whatever the grant list says."""
        return self._known_rules().refuse_in(room, nick, jid, private)

    def topic(self, room: str) -> str:
        """What a room was about when a phone was last in it, "" for what is not known."""
        try:
            return self._shared.groups.topic(room)
        except StoreDown:
            return ""

    def wants_notices(self, types: list[str]) -> None:
        """What the phone is told of by Notification-Request from now on."""
        self.state.session = replace(self.session, notices=tuple(types))

    def lists_changed(self, items: Mapping[str, Item | None]) -> list[str]:
        """What the phone asked for itself is no news to it."""
        if notices.LISTS not in self.session.notices:
            return []
        others = {jid: item for jid, item in items.items() if jid and jid not in self.outbox.changing}
        known = {jid: self.item(jid) for jid in others}
        stored = {name: records.unpack_list(name, record) for name, record in self._shared.lists.all(self.session.jid).items()}
        _, cuts = records.unpack_cuts(self._shared.feed.read(self.sid, CUTS))
        return notices.changed_lists(stored, [(known[jid], item) for jid, item in others.items()], cuts)

    def rules_changed(self) -> None:
        """The block and grant lists are read again with the next stanza."""
        self._rules, self._rules_until = None, 0.0

    def blocked(self, kind: str, jids: list[str]) -> None:
        """A push of the server; an unblock of nobody means everybody (XEP-0191)."""
        jid, blocks = self.session.jid, self._shared.blocks
        if kind == "block":
            blocks.confirm(jid, jids)
        elif jids:
            blocks.lift(jid, jids)
        else:
            jids = sorted(self._known_rules().blocked)
            blocks.sync(jid, ())
        self.rules_changed()
        if kind == "unblock" and self.stream is not None:
            gevent.spawn(self._refresh, self.stream, jids[:MAX_PROBES])

    def _refresh(self, stream: Stream, jids: list[str]) -> None:
        """Nothing was heard of these while they were blocked: their servers are asked how they are now (RFC 6121 section 4.3).
        Who does not answer is not there."""
        try:
            roster = self._shared.feed.hash(self.sid, "ros")
            seen = [jid for jid in jids if jid in roster and records.unpack_item(jid, roster[jid]).sees]
            probes = [stanzas.to("probe", self.spelled(jid)) for jid in seen]
        except StoreDown as error:
            log.info("refresh-waits", sid=short(self.sid), reason=type(error).__name__)
            return
        self._stale |= set(seen)
        self.send(*probes, stream=stream)
        gevent.spawn_later(REFRESH_SECONDS, self._sweep_stale, stream)

    def wrote_to(self, jid: str) -> bool:
        return self.outbox.wrote_to(jid)

    def asks(self, jid: str, note: str) -> None:
        """Kept for a phone that reads it later. Strangers do not fill Redis: above a number the rest stay with the server."""
        with suppress(TooMuch):
            self._shared.lists.put(self.session.jid, {jid: records.pack_plain(note[:MAX_NOTE])}, PENDING_REQUESTS)

    # --- the stream ---

    def connect(self, resume: Mapping[str, Any] | None = None) -> None:
        """A stream with roster, or StreamFailure. The reader runs from then on. Whatever goes wrong, no stream stays open that
        nobody holds: it would acknowledge messages that nobody will ever see."""
        local, _, domain = self.session.jid.rpartition("@")
        stream = Stream(
            domain,
            local,
            self._password,
            self.session.resource,
            options=self._shared.options,
            on_stanzas=lambda batch: self._stanzas(stream, batch),
            on_acked=self.outbox.acked,
            prefix=f"{self.fence:x}{token(4)}",
            resume=resume,
        )
        with self._shared.connecting:
            stream.connect(CONNECT_SECONDS)
        gevent.spawn(self._read, stream)
        try:
            if not stream.resumed:
                self._settle(stream)
            if self._taken_over:
                self.outbox.settle(stream.confirmed)
                self._taken_over = False
            elif self.ready and not stream.resumed:
                self._shared.feed.unsent(self.sid)
            if self.closing or not stream.open:
                raise StreamFailure("closed", "eof")
        except BaseException:
            stream.close(polite=False)
            raise
        self.outbox.resume(key for key, _ in stream.unacked)
        self.stream, self._idle, self._since = stream, False, time.monotonic()
        if not stream.resumed:
            gevent.spawn(self.doors.find_service)
            self.doors.enter_all_again()
        if self.ready:
            self._note_stream(stream)
            self.outbox.kick()
            self.showing.expect()
            self.check_by(self._since + SETTLED_SECONDS)  # the server has not heard from this stream that the phone is idle

    def _settle(self, stream: Stream) -> None:
        """What a new stream needs before the phone hears of it: roster, carbons, and the presence of before."""
        roster = Roster()
        result = stream.request_list(stanzas.roster_get(), ROSTER_SECONDS, roster.add)
        if result.getAttr("type") == "result" and result.getTag("query", namespace=stanzas.ROSTER) is not None:
            self._replace_roster(roster)
        if not stream.carbons:
            gevent.spawn(self._carbons, stream)
        gevent.spawn(self._blocklist, stream)
        gevent.spawn(self._note_upload, stream)
        if stream.bind2 and self._shared.options.past.stores(self.session.domain) is None:
            gevent.spawn(self._note_offline, stream)
        if not self._shared.lists.all(self.session.jid):
            self._restore_lists(stream)
        if self.showing.now is not None:
            self._stale = set(self._shared.feed.known(self.sid, "res"))
            stream.send(stanzas.presence(self.showing.now))
            gevent.spawn_later(REFRESH_SECONDS, self._sweep_stale, stream)

    def _restore_lists(self, stream: Stream) -> None:
        """A Redis that knows nothing of the account's lists gets what the server has kept of them."""
        try:
            kept = stanzas.lists_in(stream.request(stanzas.lists_get(), ROSTER_SECONDS))
            self._shared.lists.put(self.session.jid, {token: record for token, record in kept.items() if records.is_list(record)})
        except (StreamFailure, TooMuch):
            return  # a server without private storage, or too slow: the lists begin anew from the roster

    def _carbons(self, stream: Stream) -> None:
        try:
            stream.request(stanzas.carbons(), ROSTER_SECONDS)
        except StreamFailure:
            return  # without carbons messages still come, to whoever has the highest priority

    def _blocklist(self, stream: Stream) -> None:
        """What other clients of the account have blocked; from now on the server pushes changes."""
        try:
            result = stream.request(stanzas.blocklist(), ROSTER_SECONDS)
        except StreamFailure:
            return
        found = result.getTag("blocklist", namespace=BLOCKING)
        if result.getAttr("type") == "result" and found is not None:
            with suppress(StoreDown):
                self._shared.blocks.sync(self.session.jid, read_items(found))
            self.rules_changed()

    def _note_offline(self, stream: Stream) -> None:
        """Whether messages wait at the server for who is offline: Bind 2 would throw them away (docs/adr/0004)."""
        try:
            found = stanzas.features_in(stream.request(stanzas.disco(self.session.domain), ROSTER_SECONDS))
        except StreamFailure:
            return  # another log-in asks again
        if found:  # no error, that is
            self._shared.options.past.learn(self.session.domain, OFFLINE in found)

    def _note_upload(self, stream: Stream) -> None:
        """Whether the server takes files: the phone is told at once when it sends one in vain."""
        service = self._shared.pictures.service(stream, self.session.domain)
        if service is None or self.closing:
            return
        self._upload = StreamChanges(fields={"upload": service.limit})
        if self.ready:
            self.store(self._upload)

    def _replace_roster(self, roster: Roster) -> None:
        if not self.ready:
            self._first_roster = roster
            return
        gone = sorted(set(self._shared.feed.known(self.sid, "ros")) - set(roster.items))
        self._shared.feed.replace_roster(self.sid, self.fence, roster.items, gone, [])

    def _left_out(self, roster: Roster) -> list[Delivery]:
        """What the user hears, once, of contacts that are too many."""
        jid, lists = self.session.jid, self._shared.lists
        if not roster.left or lists.has(jid, "roster", TOLD_ONCE):
            return []
        lists.put(jid, {"roster": b"1"}, TOLD_ONCE)
        return [roster.told(jid)]

    def begin(self) -> None:
        """The session has its record in Redis: from now on what comes in is stored."""
        self.state.enter(Phase.LIVE)
        if self._first_roster is not None:
            roster = self._first_roster
            self._shared.feed.replace_roster(self.sid, self.fence, roster.items, (), self._left_out(roster))
            self._first_roster = None
        with self.lock:
            early, self._early = self._early, []
            fields = dict(self._upload.fields) if self._upload is not None else {}
            for changes in early:
                fields |= changes.fields
                if changes.only_fields:  # counters, mostly: the last one counts
                    continue
                changes.fields, fields = fields, {}
                self.store(changes)
            if self.stream is not None:
                self._note_stream(self.stream, fields)
        self.outbox.kick()
        self.showing.expect()

    def took_in(self) -> None:
        """The session has items that it had not before: those that waited for the account."""
        self._limit.ask_again()

    def _sweep_stale(self, stream: Stream) -> None:
        """Contacts that were there before the stream broke and did not show up again have gone meanwhile."""
        if self.stream is not stream or not stream.open or not self._stale:
            return
        gone, self._stale = sorted(self._stale), set()
        self.store(offline(gone))

    def _read(self, stream: Stream) -> None:
        """Reads until the end; then makes the stream anew, or ends the session when that cannot help."""
        try:
            stream.run()
            return
        except StreamFailure as failure:
            reason = failure
        if self.closing or self.stream is not stream:
            return  # one that never came into use is the business of who connected it
        DISCONNECTS.labels(reason.kind).inc()
        log.info("stream-ended", sid=short(self.sid), kind=reason.kind, condition=reason.condition)
        if reason.kind == "stream" and reason.condition in errors.FINAL:
            self.end(StatusCode.FORCED_LOGOUT, polite=False)
            return
        if self.ready:
            self._recover(stream, reason)

    def _recover(self, stream: Stream, reason: StreamFailure) -> None:
        """The stream is gone, the session is not."""
        state, wait = stream.state(), 0.1
        if reason.kind == "stream" and reason.condition in OURS:
            state = None  # resumed, it would begin with the same stanza
            self._give_up_first()
        if reason.kind == "stream" and reason.condition in ENOUGH:
            guilty = self._give_up_largest() if _too_large(reason) else None
            if guilty is not None:
                self.reconnect(_without(state, guilty), wait)
                return
            again = time.monotonic() - self._since < ENOUGH_AFTER
            self._refusals = self._refusals + 1 if again else 1
            if self._refusals >= ENOUGH_TIMES:
                self.end(StatusCode.FORCED_LOGOUT, polite=False)
                return
            wait = ENOUGH_SECONDS
        self.reconnect(state, wait)

    def _give_up_first(self) -> None:
        try:
            self.outbox.give_up_first()
        except (StoreDown, Fenced, NoSession) as error:
            log.warning("state-not-stored", sid=short(self.sid), reason=type(error).__name__)

    def _give_up_largest(self) -> bytes | None:
        try:
            return self.outbox.give_up_largest()
        except (StoreDown, Fenced, NoSession) as error:
            log.warning("state-not-stored", sid=short(self.sid), reason=type(error).__name__)
            return None

    def reconnect(self, resume: Mapping[str, Any] | None, wait: float = 0.1) -> None:
        """Tries until it works, the session is over, or the credentials are no longer good. The first try comes at once; if that
        fails the server is away, and when it comes back not all at the same moment come with it."""
        failed = False
        while not self.closing:
            gevent.sleep(wait * random.uniform(0.5, 1.0))
            if failed:
                gevent.sleep(self._shared.pace.wait(self.session.domain, time.monotonic()))
            if self.closing:
                return
            try:
                with self._attempt:
                    if self.closing:
                        return
                    self.connect(resume)
                log.info("stream-again", sid=short(self.sid), resumed=bool(self.stream and self.stream.resumed))
                return
            except StreamFailure as failure:
                code = errors.login_code(failure.kind, failure.condition)
                log.info("reconnect-failed", sid=short(self.sid), kind=failure.kind, condition=failure.condition)
                if code in (StatusCode.FORBIDDEN, StatusCode.INVALID_PASSWORD) and failure.kind == "auth":
                    self.end(StatusCode.FORCED_LOGOUT, polite=False)
                    return
            except StoreDown:
                log.warning("store-down", sid=short(self.sid))
            except (Fenced, NoSession):
                self.drop()
                return
            failed, wait = True, min(max(wait * 2, BACKOFF_FIRST), BACKOFF_MOST)

    @contextmanager
    def still(self) -> Iterator[None]:
        """No attempt to connect begins meanwhile, and one that runs gets a moment to end: of two streams with one resource the
        server closes one, and it may be the newer."""
        held = self._attempt.acquire(timeout=ATTEMPT_SECONDS)
        try:
            yield
        finally:
            if held:
                self._attempt.release()

    # --- what comes in ---

    def _stanzas(self, stream: Stream, batch: list[Node]) -> None:
        """All stanzas of one read, stored together with the counter that acknowledges them."""
        if tracing.follows(self.sid):
            for node in batch:
                tracing.tell_session(
                    "stanza-in",
                    self.sid,
                    name=node.name,
                    type=node.getAttr("type"),
                    sender=node.getAttr("from"),
                    id=node.getAttr("id"),
                )
        self._note_domains(batch)
        with self.lock:
            self._look_at_limit()
            done = self.intake.read(batch, again=stream.resumed and time.monotonic() < stream.since + AGAIN_SECONDS)
            self._stale -= done.seen
            if done.changes.presence and not self.showing.settled:
                done.changes.notbefore = FLOOD_MS
            if stream.managed:
                done.changes.fields["h"] = stream.h_next
            self._limit.add(done.changes.items)
            if done.changes and self.ready:
                self.store(done.changes)
            elif done.changes:
                # The session is just being made. What comes in meanwhile is stored when it is there.
                self._early.append(done.changes)
                if len(self._early) > MAX_EARLY:
                    raise StoreDown("too much before the session was there")
        if any(each.job for each in done.changes.items):
            self.outbox.kick()
        # Together: when we show new abilities to a thousand contacts, their server asks for each of them what they are.
        self.send(*done.answers, stream=stream)
        self.lookups.add(done.looks)
        for call in done.after:
            call()

    def _look_at_limit(self) -> None:
        """Whether what people write is taken."""
        with suppress(StoreDown):  # storing waits for Redis; this need not
            full = self._limit.full()
            if full and not self.intake.full:
                log.warning("inbox-full", sid=short(self.sid))
            self.intake.full = full

    def learn(self, jid: str, change: Change) -> None:
        """Something was fetched of a contact: it is put to what is kept of it, and the phone hears of it."""
        with self.lock:
            if not self.closing:
                self.store(self.intake.learned(jid, self.kept([jid])[jid], change).changes)

    def store(self, changes: StreamChanges) -> None:
        """Waits for a Redis that is away: what is not stored is not acknowledged, so the server keeps it."""
        give_up = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                later = self._shared.feed.store(self.sid, self.fence, changes)
                break
            except StoreDown:
                if time.monotonic() > give_up:
                    raise
                gevent.sleep(0.5)
            except (Fenced, NoSession):
                self.drop()
                return
        if later >= 0:
            self._shared.later(self.sid, later / 1000)

    def check_by(self, when: float) -> None:
        """The holder looks at this session then at the latest, and again later."""
        self._wanted = min(self._wanted, when)
        self._shared.agenda.by(self, when)

    def check_now(self) -> None:
        """The holder looks at this session with its next turn."""
        self._shared.agenda.put(self, 0.0)

    def check_in(self, seconds: float) -> None:
        """It has looked; nothing is due for so long, but for what somebody else waits for."""
        now = time.monotonic()
        if self._wanted <= now:
            self._wanted = math.inf
        self._shared.agenda.put(self, min(now + seconds, self._wanted))

    def rest(self, seconds: float) -> float:
        """How long a session at rest is left alone. The first time it is any part of that: sessions that began together are not
        looked at together for ever."""
        first, self._rested = not self._rested, True
        return seconds * random.random() if first else seconds

    def report_overdue(self) -> None:
        """The phone hears of messages that nobody confirmed while they were valid."""
        overdue = self._shared.feed.overdue(self.sid)
        if overdue:
            EXPIRED_TOTAL.labels("report").inc(len(overdue))
            self.store(self.intake.expired(overdue))

    def send(self, *nodes: Node, stream: Stream | None = None) -> None:
        """Stanzas that nobody waits for; lost with the stream."""
        stream = stream or self.stream
        try:
            if stream is not None and nodes:
                stream.send(*nodes)
        except StreamFailure as failure:
            log.debug("send-failed", sid=short(self.sid), kind=failure.kind)

    # --- how busy the phone is ---

    def concerns(self, seen: SessionStatus) -> bool:
        """Whether there is something to do about what was seen: it may wait for Redis or the server."""
        return seen.valid == 0 or (seen.quiet >= IDLE_MS and not self._idle) or bool(self.rooms.silent())

    def quiet(self, ms: int) -> None:
        """The phone was last there so long ago (-1: it can be woken at any time). An idle one lets the server collect."""
        if ms < IDLE_MS or self._idle or self.stream is None or not self.stream.open:
            return
        if time.monotonic() - self._since < SETTLED_SECONDS:
            self.check_by(self._since + SETTLED_SECONDS)
            return
        if self._shared.feed.idle(self.sid, self.fence, IDLE_MS):
            self._hint(active=False)

    def awake(self) -> None:
        """The phone has asked for something. Whoever says so tells other sessions too: it does not wait for this one's server."""
        if self._idle:
            self._idle = False
            gevent.spawn(self._hint, active=True)
            self.check_by(time.monotonic() + IDLE_MS / 1000 + 0.5)

    def polled(self) -> None:
        """The phone polls for the first time: it wants what waits at the server."""
        gevent.spawn(self.showing.go_online_by_itself)

    def _hint(self, active: bool) -> None:
        self._idle = not active
        try:
            if self.stream is not None:
                self.stream.hint(active)
        except StreamFailure as failure:
            log.debug("send-failed", sid=short(self.sid), kind=failure.kind)

    # --- the end ---

    def end(self, code: int, polite: bool, sid: str | None = None) -> None:
        """The session is over: undelivered messages go to the account, the stream closes, the records go. With `sid`, only if
        that is still the session: the phone may have logged in again meanwhile."""
        with self.lock:  # not while a new session is taking over: it would be the one that ends
            if self.closing or (sid is not None and sid != self.sid):
                return
            self.state.enter(Phase.ENDING)
        shared = self._shared
        log.info("session-ended", sid=short(self.sid), code=code)
        if polite:
            self.outbox.flush()
        self._close(polite)
        try:
            with self.lock:
                shared.close_session(self.sid, self.session, self.shard, self.fence, code)
        except (StoreDown, Fenced) as error:
            # The next sweep of the shard finds the session and ends it.
            log.warning("end-unfinished", sid=short(self.sid), reason=type(error).__name__)
        if self.state.phase is Phase.ENDING:
            self.state.enter(Phase.ENDED)
        self.ended.set()
        shared.gone(self)

    def _close(self, polite: bool) -> None:
        if self.stream is None:
            return
        if polite:
            self.send(stanzas.unavailable())
        self.stream.close(polite=polite)

    def drop(self) -> None:
        """Lets go without a word: another holder has the session, or will have it."""
        if self.state.phase is Phase.ENDED:
            return
        self.state.enter(Phase.RELEASED)
        if self.stream is not None:
            self.stream.close(polite=False)
        self.ended.set()
        self._shared.gone(self)

    def hand_over(self) -> None:
        """Before a clean stop: the state of the stream is stored, so that the next holder resumes it."""
        self.state.enter(Phase.RELEASED)
        with self.lock:
            if self.stream is not None:
                self.stream.close(polite=False)
                self._note_stream(self.stream)
        self._shared.gone(self)

    def _note_stream(self, stream: Stream, more: Mapping[str, bytes | str | int] = MappingProxyType({})) -> None:
        """Keeps what a successor needs to resume, and more fields of the session with it. Sent stanzas are in the outbox; only
        the names of them are kept here."""
        fields = dict(more)
        state = stream.state() if self.ready else None
        if state is not None:
            kept = {name: value for name, value in state.items() if name != "unacked"}
            kept["unacked"] = [[number, key, data] for number, key, data in state.get("unacked", ())]
            fields |= {"sm": records.pack_plain(kept), "h": state["h_in"]}
        if not fields:
            return
        try:
            self._shared.feed.store(self.sid, self.fence, StreamChanges(fields=fields))
        except (StoreDown, Fenced, NoSession) as error:
            log.warning("state-not-stored", sid=short(self.sid), reason=type(error).__name__)

    # --- a new session on the same stream ---

    def move(self, sid: str, session: Session, fields: Mapping[str, Any]) -> bool:
        """The phone has logged in again: its new session takes over the stream, the caches and what waits. False when this
        session is just ending."""
        shared = self._shared
        with self.lock:
            if self.closing:
                return False
            old, same = self.sid, self.session.cookie == session.cookie
            # Nothing is accepted for the old session any more when it is copied.
            shared.feed.end(old, self.fence, StatusCode.FORCED_LOGOUT)
            left = shared.news(session.jid, shared.feed.undelivered(old), shared.clients.all(session.jid).values())
            shared.feed.create(sid, fields, records.in_order(left).items())
            shared.feed.copy(old, sid)
            self.state.sid, self.state.session = sid, session
            self.check_now()
            shared.feed.forget(old)
            shared.shards.remove(self.shard, old)
        if not same:
            self.doors.leave_all()
        self.outbox.kick()
        return True

    def adopt(self, shown: bytes | None) -> None:
        """What an earlier holder published counts as published, and what it sent may have arrived."""
        self._taken_over = True
        self.showing.adopt(records.unpack_plain(shown, None))


def _too_large(reason: StreamFailure) -> bool:
    """Whether a server says that it ends the stream over the size of a stanza, or does not say over what."""
    return not reason.text or _SIZE.search(reason.text) is not None


def _without(state: dict[str, Any] | None, stanza: bytes) -> dict[str, Any] | None:
    """The state of a stream that does not begin with this stanza again when it is resumed."""
    return state and {**state, "unacked": [each for each in state["unacked"] if each[2] is not stanza]}
