"""One session of a phone in its holder: builds the parts, and owns the life of the session from its beginning to its end.

What is kept in memory can be lost at any time: Redis has the truth.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gevent
import structlog
from gevent.event import Event

from onesoup.csp import capabilities, fitting
from onesoup.csp.history_events import EndReason, UndeliveredReason
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.observability import history_notes
from onesoup.observability.logs import short
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.redis.commands import RedisCommand
from onesoup.store.redis.refusals import error_name
from onesoup.store.session.session_values import NewSession, SessionStatus
from onesoup.xmpp.stream import PasswordProof, Stream, stanzas
from workers.holder.session.block_rules import BlockRules
from workers.holder.session.change_writer import SessionChangeWriter
from workers.holder.session.connection import SessionConnection
from workers.holder.session.contact_facts import SessionContactFacts
from workers.holder.session.contact_lookups import ContactLookups
from workers.holder.session.contact_refresh import StaleContacts
from workers.holder.session.ending import EXPIRED_TOTAL, close_session, copy_session
from workers.holder.session.expiry import SessionExpiry
from workers.holder.session.idle import IdleIndicator
from workers.holder.session.inbound import InboundStanzas
from workers.holder.session.interfaces import ReceivedStanzas, StreamListener
from workers.holder.session.own_presence import OwnPresence
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.publishing import Publisher
from workers.holder.session.queries import SessionQueries
from workers.holder.session.receiver import ContactLearner, StanzaReceiver
from workers.holder.session.rooms.session_rooms import SessionRooms
from workers.holder.session.scheduling import SessionSchedule
from workers.holder.session.services import HolderServices
from workers.holder.session.session_commands import SessionCommands
from workers.holder.session.spelling import DomainSpelling
from workers.holder.session.state import Phase, SessionState
from workers.holder.session.store import SessionStore
from workers.holder.session.stream_setup import StreamSetup

log = structlog.get_logger()


class XmppSession(StreamListener):
    """A session that this holder serves."""

    def __init__(
        self,
        services: HolderServices,
        sid: str,
        session: Session,
        password: str,
        password_digest: bytes,
        fence: int,
        shard: int,
        caps: Capabilities,
    ) -> None:
        self._services, self.password_digest = services, password_digest
        self.state = SessionState(sid, session, fence, shard)
        self.lifetime, self.ended = SessionExpiry(), Event()
        # Whether the stream that is being made continues one of an earlier holder.
        self._adopted = False
        self._build_connection(password)
        self.commands = SessionCommands(self.state, self._store, self.connection, self._spelling, self.rules, services)
        self._build_presence()
        self._build_inbound(caps)
        self._build_queries()
        self._build_outbox()
        self._build_receiver()

    # --- its parts ---

    def _build_connection(self, password: str) -> None:
        services = self._services
        self._store = SessionStore(self.state, services.feed)
        self._changes = SessionChangeWriter(self.state, self._store, services.later, self.drop)
        self.connection = SessionConnection(
            self.state,
            password,
            self,
            check_owner=self._store.check_owner,
            options=services.options,
            connecting=services.connecting,
            reconnecting=services.reconnecting,
            pace=services.pace,
        )
        self.schedule = SessionSchedule(self, services.agenda)
        self.idle = IdleIndicator(self._store, self.connection, self.schedule)
        self._spelling = DomainSpelling(self._store)
        self._stale = StaleContacts(self.state, self._store, self.connection, self._spelling, self._changes)
        self.rules = BlockRules(self.state, services.blocks, self._stale.unblocked, services.reserved(self.session.jid))

    def _build_inbound(self, caps: Capabilities) -> None:
        services, session, cache = self._services, self.session, self._services.lookup_cache
        facts = SessionContactFacts(
            self.state, self._store, services.lists, self.rules, self.commands.sent, self.commands.roster.changing
        )
        self.texts = PhoneTexts(caps.accepted, session.resource, session.domain)
        self.rooms = SessionRooms(
            self.state,
            self._store,
            self.connection,
            changes=self._changes,
            scheduler=self.schedule,
            own_presence=self.own_presence,
            texts=self.texts,
            rules=self.rules,
            sent_message=self.commands.sent.find,
            groups=services.groups,
            invites=services.invites,
            check_seconds=services.room_check,
        )
        reserved = services.reserved(session.jid)
        self.inbound = InboundStanzas(
            session.jid,
            facts,
            self.texts,
            self.rooms.inbound,
            cache.kinds,
            reserved=reserved,
            transport_contacts=services.transport_contacts,
        )
        self.accept(caps)
        learner = ContactLearner(self.state, self._store, self._changes, self.inbound)
        self.lookups = ContactLookups(self.state, self._store, self.connection, self._spelling, cache, learner.learn)

    def _build_presence(self) -> None:
        self.own_presence = OwnPresence(
            self.state,
            self._store,
            self.connection,
            handsets=self._services.handsets,
            lists=self._services.lists,
            broadcast=lambda presence: self.rooms.joining.show_presence(presence),
            profile_changed=self._describe_phone,
            interests_changed=lambda: self.lookups.review(),
        )

    def _build_queries(self) -> None:
        self.publisher = Publisher(self.state, self.connection, self.own_presence.picture)
        self.queries = SessionQueries(
            self.state,
            self.connection,
            services=self._services.service_cache,
            groups=self._services.groups,
            card_lock=self.publisher.card_lock,
        )

    def _build_outbox(self) -> None:
        self.outbox = self.commands.make_outbox(
            self,
            self.schedule,
            self.rooms,
            self.inbound,
            self.own_presence,
            self.publisher,
            self.queries,
            self.lookups,
        )

    def _build_receiver(self) -> None:
        self._receiver = StanzaReceiver(
            self.state,
            self._store,
            self._changes,
            self.inbound,
            spelling=self._spelling,
            stale=self._stale,
            own_presence=self.own_presence,
            lookups=self.lookups,
            wake_outbox=self.outbox.wake,
        )
        self._setup = StreamSetup(
            self.state,
            self._store,
            self._changes,
            self.rules,
            self._stale,
            self.own_presence,
            lists=self._services.lists,
            pictures=self._services.pictures,
            options=self._services.options,
        )

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
    def closing(self) -> bool:
        return self.state.closing

    @property
    def connected(self) -> bool:
        """Whether there is a stream on which something can be sent."""
        return self.connection.open

    # --- what the phone has said of itself ---

    def accept(self, caps: Capabilities) -> None:
        """What the phone takes."""
        self.bearers = caps.methods
        # Asks for the session with each text: it changes when the phone logs in again.
        self.texts.cut = lambda text, most: fitting.text_parts(text, self.session, caps, most)
        self.texts.set_limits(caps.accepted, self._services.pictures.fetches and bool(capabilities.accepted_picture_types(caps)))

    def wants_notices(self, types: list[str]) -> None:
        """What the phone is notified of from now on (Notification-Request)."""
        self.state.session = replace(self.session, notices=tuple(types))

    def _describe_phone(self, profile: stanzas.PhoneProfile) -> None:
        self.inbound.profile = profile

    # --- the stream ---

    def stream_opened(self, stream: Stream) -> None:
        """Prepares a new stream. After a takeover, the outbox learns what the server got from the earlier holder."""
        if not stream.resumed:
            self._setup.prepare(stream)
        if self._adopted:
            self.outbox.settle(stream.confirmed)
            self._adopted = False
        elif self.state.recorded and not stream.resumed:
            self._store.forget_numbers()

    def stream_ready(self, fresh: bool) -> None:
        """The stream is in use: what waited for it goes on."""
        self.outbox.resume(key for key, _ in self.connection.unacked)
        self.idle.stream_began()
        if fresh:
            gevent.spawn(self.rooms.checks.find_service)
            self.rooms.joining.rejoin_all()
        if self.state.recorded:
            self._note_stream()
            self.outbox.wake()
            self.own_presence.expect()
            self.idle.check_when_settled()

    def stanzas_received(self, received: ReceivedStanzas) -> None:
        self._receiver.receive(received)

    def stanzas_acknowledged(self, keys: list[bytes]) -> None:
        self.outbox.acked(keys)

    def give_up_stanza(self, largest: bool) -> bytes | None:
        """The server closed the stream over a stanza: it goes back to the phone. Returns the bytes of the largest, if that was
        asked for."""
        try:
            if largest:
                return self.outbox.give_up_largest()
            self.outbox.give_up_first()
        except (StoreDown, Fenced, NoSession) as error:
            log.warning("state-not-stored", sid=short(self.sid), reason=error_name(error))
        return None

    def stream_lost(self) -> None:
        self.end(StatusCode.FORCED_LOGOUT, polite=False, reason=EndReason.STREAM)

    def session_taken(self) -> None:
        self.drop()

    def _note_stream(self) -> None:
        """Stores what a successor needs to resume the stream."""
        try:
            self._store.write_stream(self.connection.resumption() if self.state.recorded else None)
        except (StoreDown, Fenced, NoSession) as error:
            log.warning("state-not-stored", sid=short(self.sid), reason=error_name(error))

    # --- what the holder asks of it ---

    def connect(self, has_lists: bool) -> PasswordProof | None:
        """The first stream, or StreamFailure. `has_lists`: contact lists of the account are kept here. Returns as
        Stream.connect()."""
        self._setup.has_lists = has_lists
        return self.connection.connect()

    def concerns(self, seen: SessionStatus) -> bool:
        """Whether there is something to do about what the check has seen; it may have to wait for Redis or the server."""
        return seen.valid == 0 or self.idle.concerns(seen.quiet) or bool(self.rooms.table.silent_rooms())

    def report_overdue(self) -> None:
        """Tells the phone of messages that nobody confirmed while they were valid."""
        overdue = self._store.overdue_messages()
        if overdue:
            EXPIRED_TOTAL.labels("report").inc(len(overdue))
            history_notes.note_undelivered(self.session.jid, UndeliveredReason.EXPIRED, messages=len(overdue))
            self._changes.store(self.inbound.report_expired(overdue))

    def polled(self) -> None:
        """The phone polls for the first time: it wants the messages that wait at the server."""
        gevent.spawn(self.own_presence.go_online_by_itself)

    def took_in(self) -> None:
        """The session got the messages that waited for the account."""
        self._receiver.inbox_grew()

    # --- its life ---

    def begin(self, record: NewSession, before: RedisCommand, *more: RedisCommand) -> list[Any]:
        """Makes the session's record in Redis, with all that its stream has brought: from then on what it brings is stored.
        `before` and `more` go along; the answers to `more`."""
        with self.state.lock:
            early, first = self._receiver.waits_for_record, self._setup.first_changes()
            # Counters must not say of what is stored later that it was handled.
            answers = self._store.create(record, first, None if early else self.connection.resumption(), before, more)
            self.state.enter(Phase.LIVE)
            self._setup.store_rest(first)
            if self._receiver.store_early():
                self._note_stream()
        self.outbox.wake()
        self.own_presence.expect()
        return answers

    def adopt(self, shown: dict[str, Any] | None, stream_state: Mapping[str, Any] | None) -> None:
        """The session was another holder's: its stream can be resumed, the presence that it published counts, and what it sent
        may have arrived."""
        self._adopted = True
        self.connection.go_on_with(stream_state)
        self._receiver.inbox_grew()
        self.own_presence.adopt(shown)

    def move(self, sid: str, session: Session, record: NewSession) -> bool:
        """The phone has logged in again: its new session takes over the stream, the caches and what waits. False when this
        session is just ending."""
        services = self._services
        with self.state.lock:
            if self.closing:
                return False
            old, same = self.sid, self.session.cookie == session.cookie
            copy_session(services, old, session.jid, self.fence, sid, record)
            self.state.sid, self.state.session = sid, session
            self.schedule.check_now()
            services.feed.delete_records(old)
            services.shards.remove(self.shard, old)
        history_notes.note_end(session.jid, old, EndReason.REPLACED, session.handset)
        if not same:
            self.rooms.joining.leave_all()
        self.outbox.wake()
        return True

    def end(self, code: int, polite: bool, sid: str | None = None, reason: EndReason | None = None) -> None:
        """The session is over: undelivered messages go to the account; stream and records go. `sid`: only if it is still that."""
        with self.state.lock:  # not while a new session is taking over: it would be the one that ends
            if self.closing or (sid is not None and sid != self.sid):
                return
            self.state.enter(Phase.ENDING)
        log.info("session-ended", sid=short(self.sid), code=code)
        if polite:
            self.outbox.flush()
            self.connection.send(stanzas.unavailable())
        self.connection.close(polite)
        try:
            with self.state.lock:
                close_session(self._services, self.sid, self.session, self.shard, self.fence, code, reason)
        except (StoreDown, Fenced) as error:
            # The next sweep of the shard finds the session and ends it.
            log.warning("end-unfinished", sid=short(self.sid), reason=error_name(error))
        if self.state.phase is Phase.ENDING:
            self.state.enter(Phase.ENDED)
        self.ended.set()
        self._services.gone(self)

    def drop(self) -> None:
        """Lets the session go, and says nothing to the server: another holder has it, or will have it."""
        if self.state.phase is Phase.ENDED:
            return
        self.state.enter(Phase.RELEASED)
        self.connection.close(polite=False)
        self.ended.set()
        self._services.gone(self)

    def hand_over(self) -> None:
        """Before a clean stop: stores the state of the stream, so that the next holder resumes it."""
        self.state.enter(Phase.RELEASED)
        with self.state.lock:
            if self.connection.stream is not None:
                self.connection.close(polite=False)
                self._note_stream()
        self._services.gone(self)
