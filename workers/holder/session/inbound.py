"""Reads the stanzas of one read from the stream into an InboundBatch: changes of the session, and answers to send.

The pure mapping in onesoup.xmpp says what a stanza means. Here each stanza is given to the part that knows its kind:
inbound_presence, inbound_messages, inbound_iq, or rooms."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import structlog
from xmpp.simplexml import Node

from onesoup.csp.text import addresses
from onesoup.store.session.contacts import ContactRecord
from onesoup.store.session.stream_changes import StreamChanges
from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.stream.events import TooBig
from workers.holder.session.inbound_batch import ContactChange, InboundBatch
from workers.holder.session.inbound_iq import InboundIq
from workers.holder.session.inbound_messages import InboundMessages
from workers.holder.session.inbound_presence import InboundPresence
from workers.holder.session.inbound_transports import InboundTransports
from workers.holder.session.interfaces import ContactFacts, RoomStanzas
from workers.holder.session.phone_texts import PhoneTexts

log = structlog.get_logger(__name__)


class InboundStanzas:
    """Reads stanzas for the session of `own`, a bare JID. `full` and `profile` are written by the session: whether too much waits
    for the phone, so that what people write is refused, and what others are told of the phone. `client_kinds` and `reserved` as
    in InboundPresence, `transport_contacts` as in InboundTransports."""

    __slots__ = ("_batch_class", "_iq", "_messages", "_own", "_presence", "_rooms", "full", "profile")

    def __init__(
        self,
        own: str,
        facts: ContactFacts,
        texts: PhoneTexts,
        rooms: RoomStanzas,
        client_kinds: Mapping[str, str] = MappingProxyType({}),
        batch_class: type[InboundBatch] = InboundBatch,
        reserved: frozenset[str] = frozenset(),
        transport_contacts: bool = True,
    ) -> None:
        self._own, self._rooms, self._batch_class = own, rooms, batch_class
        transports = InboundTransports(facts, transport_contacts)
        self._presence = InboundPresence(own, facts, texts, rooms, transports, client_kinds, reserved)
        self._messages = InboundMessages(own, facts, texts, rooms, transports)
        self._iq = InboundIq(own, facts, transports)
        self.profile, self.full = stanzas.DEFAULT_PHONE_PROFILE, False

    def read_stanzas(self, nodes: list[Node], repeated: bool = False) -> InboundBatch:
        """Reads the stanzas of one read; presence before the rest. `repeated`: they may have been read before, as the stream was
        resumed a moment ago."""
        batch = self._batch_class(repeated=repeated, full=self.full, profile=self.profile)
        if any(type(each) is TooBig for each in nodes):
            nodes = [each for each in nodes if not (isinstance(each, TooBig) and self._take_too_big(each, batch))]
        nodes = self._rooms.take_stanzas(nodes, batch)
        events = [
            each for each in nodes if each.getName() == "message" and each.getTag("event", namespace=namespaces.PUBSUB_EVENT)
        ]
        self._presence.read_presence([each for each in nodes if each.getName() == "presence"] + events, batch)
        for stanza in nodes:
            if stanza.getName() == "message" and not any(stanza is each for each in events):
                batch.attempt(stanza, partial(self._messages.read_message, stanza, batch), self._messages.read_plain_text)
            elif stanza.getName() == "iq":
                batch.attempt(stanza, partial(self._iq.read_iq, stanza, batch), self._iq.refuse_iq)
        return batch

    def apply_lookup(self, jid: str, stored: ContactRecord, change: ContactChange) -> InboundBatch:
        """Puts what was fetched of a contact into what is stored of it."""
        return self._presence.apply_lookup(jid, stored, change)

    def report_failure(self, recipient: str, stanza_id: str, code: int, reason: str) -> StreamChanges:
        """A message of the phone that was never sent: a report, and a text for the user."""
        return self._messages.report_failure(recipient, stanza_id, code, reason)

    def report_expired(self, overdue: list[tuple[str, str]]) -> StreamChanges:
        """Messages of the phone, (stanza id, recipient), whose receipt did not come while they were valid: a report each."""
        return self._messages.report_expired(overdue)

    # --- stanzas that were too big to read: only the attributes are known ---

    def _take_too_big(self, stanza: TooBig, batch: InboundBatch) -> bool:
        """Answers a stanza that is too big. False for presence and errors: their attributes are enough to read them."""
        kind, sender = stanza.getAttr("type") or "", stanza.getAttr("from") or ""
        log.warning("stanza-too-big", stanza=stanza.getName(), kind=kind)
        if stanza.getName() == "presence" or kind == "error":
            return False
        if kind == "groupchat":
            self._rooms.deliver_placeholder(sender, batch)
        elif stanza.getName() == "iq" and kind in ("get", "set"):
            batch.answers.append(stanzas.iq_error(stanza, "resource-constraint"))
        elif stanza.getName() == "message" and not self._is_forwarded(sender):
            batch.answers += stanzas.message_refusal(stanza, "this message is too long")
        return True

    def _is_forwarded(self, sender: str) -> bool:
        """Whether a message from this sender holds what somebody else wrote: a carbon, or a message from an archive."""
        jid = addresses.bare(sender)
        of_room = "/" not in sender and self._rooms.find(jid) is not None
        return jid in ("", self._own) or of_room
