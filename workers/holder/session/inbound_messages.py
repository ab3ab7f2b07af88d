"""Inbound messages of people and servers: texts, links to pictures, receipts, bounces. For rooms see rooms.inbound."""

import re
import time

from xmpp.simplexml import Node

from onesoup.csp import copies, messages
from onesoup.csp.history_events import UndeliveredReason
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.observability import history_notes
from onesoup.runtime.ids import MESSAGE_ID_LENGTH, ordered_id
from onesoup.store import records
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.xmpp import bounces, commands, errors
from onesoup.xmpp import messages as xmpp_messages
from onesoup.xmpp.bounces import Bounce
from onesoup.xmpp.stream import stanzas
from workers.holder.session.inbound_batch import NO_GROUP, GroupPlace, InboundBatch, SentMessage, is_too_long, repeat_rule
from workers.holder.session.inbound_transports import InboundTransports
from workers.holder.session.interfaces import ContactFacts, RoomStanzas
from workers.holder.session.phone_texts import PhoneTexts

# The form of our message ids. It identifies the bounce of a message that was sent long ago, or by another holder.
_OWN_MESSAGE_ID = re.compile(rf"[2-7a-z]{{{MESSAGE_ID_LENGTH}}}(\.\d{{1,3}})?")
# How long a message waits for the picture that its link leads to.
PICTURE_WAIT_SECONDS = 30
# The longest stanza id for which a receipt is sent.
MAX_RECEIPT_ID_CHARS = 512


class InboundMessages:
    """Reads messages for the session of `own`, a bare JID."""

    __slots__ = ("_facts", "_own", "_rooms", "_texts", "_transports")

    def __init__(
        self, own: str, facts: ContactFacts, texts: PhoneTexts, rooms: RoomStanzas, transports: InboundTransports
    ) -> None:
        self._own, self._facts, self._texts, self._rooms, self._transports = own, facts, texts, rooms, transports

    def read_message(self, stanza: Node, batch: InboundBatch) -> None:
        """Reads a text, a receipt, a bounce or contacts of a transport; anything else is ignored."""
        if self._transports.take_exchange(stanza, batch):
            return  # its text, if any, is for clients that do not know the exchange
        incoming = xmpp_messages.read_message(stanza, self._own, batch.profile.language)
        if incoming is not None:
            self._take_text(incoming, stanza, batch)
            return
        receipt_for = xmpp_messages.read_receipt(stanza)
        if receipt_for is not None:
            self._texts.report(batch, *receipt_for, code=StatusCode.SUCCESSFUL)
            return
        bounce = bounces.read_bounce(stanza)
        if bounce is not None:
            self._take_bounce(bounce, batch)

    def read_plain_text(self, stanza: Node, batch: InboundBatch) -> None:
        """Reads the bare text of a message of which something else could not be read."""
        incoming = xmpp_messages.read_plainly(stanza, self._own)
        if incoming is not None:
            self._take_text(incoming, stanza, batch)

    # --- texts ---

    def _take_text(self, incoming: xmpp_messages.InboundMessage, stanza: Node, batch: InboundBatch) -> None:
        if self._facts.refuses(incoming.sender):
            return
        if batch.full or is_too_long(incoming.body):
            batch.answers += stanzas.message_refusal(stanza)
            history_notes.note_undelivered(self._own, UndeliveredReason.FULL if batch.full else UndeliveredReason.TOO_LONG)
            return
        self._deliver_incoming(incoming, batch)

    def _deliver_incoming(self, incoming: xmpp_messages.InboundMessage, batch: InboundBatch) -> None:
        receipt = b""
        trusted = bool(incoming.receipt or incoming.url) and self._may_see_phone(incoming.sender)
        if incoming.receipt and trusted and len(incoming.receipt) <= MAX_RECEIPT_ID_CHARS:
            receipt = commands.pack(commands.SendReceipt(incoming.sender_full, incoming.receipt))
        # The owner of a link's server sees that it was fetched: that the phone is there.
        if incoming.url and trusted and self._texts.pictures and len(incoming.url.encode()) <= self._texts.accepted:
            self._deliver_picture_link(incoming, receipt, batch)
            return
        said = repeat_rule(incoming.time, incoming.copied or batch.repeated)
        self._texts.deliver(batch, incoming.sender, incoming.body, incoming.time, incoming.seen, receipt, said=said)

    def _deliver_picture_link(self, incoming: xmpp_messages.InboundMessage, receipt: bytes, batch: InboundBatch) -> None:
        """The words beside the link are delivered at once; the link waits until its picture was fetched."""
        sender, url, when, seen = incoming.sender, incoming.url, incoming.time, incoming.seen
        said = repeat_rule(when, incoming.copied or batch.repeated)
        words = incoming.body.replace(url, "", 1).strip()
        copy = self._texts.copy_name(sender, NO_GROUP, seen, incoming.body)
        if words:
            words_seen = seen and f"{seen} words"
            self._texts.deliver(batch, sender, words, when, words_seen, b"", said=said, copy=copies.copy_part_name(copy))
        now = int(time.time())
        text = messages.Text(ordered_id(time.time()), sender, url, now if when is None else min(when, now), copy=copy)
        job = commands.pack(commands.FetchPicture(text.id, sender, url, now + PICTURE_WAIT_SECONDS))
        payload = records.pack_text(text)
        batch.changes.items.append(Delivery(text.id, sender, payload, receipt, seen, job=job, copy=copy, said=said))

    def _may_see_phone(self, jid: str) -> bool:
        """Whether this contact may learn that the user's phone is there (XEP-0184 section 8)."""
        item = self._facts.item(jid)
        return (item is not None and item.subscription in ("from", "both")) or self._facts.wrote_to(jid)

    # --- what became of the phone's own messages ---

    def _take_bounce(self, bounce: Bounce, batch: InboundBatch) -> None:
        """A message of the phone did not arrive. The phone was answered 200, so it gets a text that says otherwise."""
        sender, sent = addresses.bare(bounce.sender), self._facts.written(bounce.id)
        if sent is None:
            # Sent long ago, or by another holder; or invented by the sender, who may as well write to the user.
            if batch.full or not _OWN_MESSAGE_ID.fullmatch(bounce.id) or not sender or self._facts.refuses(sender):
                return
            sent = SentMessage(sender)
        elif sender not in (addresses.bare(sent.to), self._own, addresses.domain_of(self._own), ""):
            return  # it did not go to this sender
        # A transport that was written to itself has answered: its bot waited too long for a word of the user, or of its network.
        if bounce.condition == bounces.SERVER_UNREACHABLE and "@" in sent.to:
            batch.unreachable.add(addresses.domain_of(sent.to))
        why = bounces.bounce_reason(bounce.condition)
        history_notes.note_undelivered(self._own, UndeliveredReason.BOUNCED, why)
        self._texts.report(batch, sent.to, bounce.id, errors.bounce_code(bounce.condition))
        text = bounces.bounce_text(why, bounce.text, sent.words or bounce.words)
        self._deliver_bounce(batch, sent.to, bounce.id, text)

    def report_failure(self, recipient: str, stanza_id: str, code: int, reason: str) -> StreamChanges:
        """A message of the phone that was never sent: a report, and a text for the user."""
        batch = InboundBatch()
        history_notes.note_undelivered(self._own, UndeliveredReason.NOT_SENT, reason)
        self._texts.report(batch, recipient, stanza_id, code)
        self._deliver_bounce(batch, recipient, stanza_id, bounces.bounce_text(reason))
        return batch.changes

    def report_expired(self, overdue: list[tuple[str, str]]) -> StreamChanges:
        """Messages of the phone, (stanza id, recipient), whose receipt did not come while they were valid: a report each."""
        batch = InboundBatch()
        for stanza_id, recipient in overdue:
            self._texts.report(batch, recipient, stanza_id, StatusCode.MESSAGE_HAS_EXPIRED)
        return batch.changes

    def _deliver_bounce(self, batch: InboundBatch, recipient: str, stanza_id: str, text: str) -> None:
        jid, _, nick = recipient.partition("/")
        room = self._rooms.find(jid)
        place = GroupPlace(room.gid, nick, bool(nick)) if room is not None else NO_GROUP
        self._texts.deliver(batch, jid, text, None, f"b {recipient} {stanza_id}", b"", place)
