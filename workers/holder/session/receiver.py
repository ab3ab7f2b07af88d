"""What is done with the stanzas of one read: they become changes, which are stored together with the count of handled stanzas.

What a stanza means is decided in inbound.py."""

from collections.abc import Callable
from contextlib import suppress

import structlog
from xmpp.simplexml import Node

from onesoup.observability import tracing
from onesoup.observability.logs import short
from onesoup.store.errors import StoreDown
from onesoup.store.session.stream_changes import StreamChanges
from workers.holder.session.contact_lookups import ContactLookups
from workers.holder.session.contact_refresh import StaleContacts
from workers.holder.session.inbound import InboundStanzas
from workers.holder.session.inbound_batch import ContactChange, InboundBatch
from workers.holder.session.inbox_limit import InboxLimit
from workers.holder.session.interfaces import ChangeWriter, OwnPresenceView, ReceivedStanzas
from workers.holder.session.spelling import DomainSpelling
from workers.holder.session.state import SessionState
from workers.holder.session.store import SessionStore

log = structlog.get_logger()

# The presences that follow the phone's own are told to it together, after so many ms.
PRESENCE_GATHERING_MS = 300
# Reads whose changes wait for the session's record.
MAX_EARLY_READS = 50


class StanzaReceiver:
    """Of one session."""

    def __init__(
        self,
        state: SessionState,
        store: SessionStore,
        changes: ChangeWriter,
        inbound: InboundStanzas,
        *,
        spelling: DomainSpelling,
        stale: StaleContacts,
        own_presence: OwnPresenceView,
        lookups: ContactLookups,
        wake_outbox: Callable[[], None],
    ) -> None:
        self._state, self._store, self._changes, self._inbound = state, store, changes, inbound
        self._spelling, self._stale, self._own_presence = spelling, stale, own_presence
        self._lookups, self._wake_outbox = lookups, wake_outbox
        self._limit = InboxLimit(store.inbox_load)
        self._early: list[StreamChanges] = []

    def receive(self, received: ReceivedStanzas) -> None:
        """StoreDown when the changes cannot be stored; then the server sends the stanzas again."""
        _trace(self._state, received.nodes)
        self._spelling.note(received.nodes)
        with self._state.lock:
            self._check_limit()
            done = self._inbound.read_stanzas(received.nodes, repeated=received.repeated)
            self._stale.seen(done.seen, done.unreachable)
            self._store_batch(done, received.handled)
        if any(each.job for each in done.changes.items):
            self._wake_outbox()
        # Together: when the phone shows new abilities to a thousand contacts, their server asks for each of them what they are.
        received.reply(*done.answers)
        self._lookups.add(done.lookups)
        for call in done.after:
            call()

    def _check_limit(self) -> None:
        """Whether messages are accepted, or refused because too many wait for the phone."""
        with suppress(StoreDown):  # storing waits for Redis; this need not
            full = self._limit.full()
            if full and not self._inbound.full:
                log.warning("inbox-full", sid=short(self._state.sid))
            self._inbound.full = full

    def _store_batch(self, done: InboundBatch, handled: int | None) -> None:
        changes = done.changes
        if changes.presence and not self._own_presence.settled:
            changes.notbefore = PRESENCE_GATHERING_MS
        changes.handled_count = handled
        self._limit.add(changes.items)
        if not changes or (changes.only_fields and self._state.closing):
            return  # whoever ends the session instead of us may get it again: there is nothing in it
        if self._state.recorded:
            self._changes.store(changes)
            return
        # The session is just being made: these changes are stored when it has its record.
        self._early.append(changes)
        if len(self._early) > MAX_EARLY_READS:
            raise StoreDown("too much before the session was there")

    @property
    def waits_for_record(self) -> bool:
        """Whether something came that is to be stored as soon as the session has its record; counters alone are none."""
        return not all(changes.only_fields for changes in self._early)

    def store_early(self) -> bool:
        """The session has its record now: stores what came before, and returns whether there was anything. The caller has the
        session's lock, and stores the state of the stream behind it."""
        early, self._early = [changes for changes in self._early if not changes.only_fields], []
        for changes in early:
            self._changes.store(changes)
        return bool(early)

    def inbox_grew(self) -> None:
        """The phone has items that did not come over this stream: those that waited for the account, or came to an earlier
        holder."""
        self._limit.ask_again()


class ContactLearner:
    """Stores what was fetched of a contact, and has the phone told of it."""

    def __init__(self, state: SessionState, store: SessionStore, changes: ChangeWriter, inbound: InboundStanzas) -> None:
        self._state, self._store, self._changes, self._inbound = state, store, changes, inbound

    def learn(self, jid: str, change: ContactChange) -> None:
        """`change` makes the new facts of the old ones."""
        with self._state.lock:
            if not self._state.closing:
                self._changes.store(self._inbound.apply_lookup(jid, self._store.contacts([jid])[jid], change).changes)


def _trace(state: SessionState, nodes: list[Node]) -> None:
    if not tracing.follows(state.sid, state.session.jid):
        return
    for node in nodes:
        attributes = {"type": node.getAttr("type"), "sender": node.getAttr("from"), "id": node.getAttr("id")}
        tracing.tell_session("stanza-in", state.sid, name=node.name, **attributes)
