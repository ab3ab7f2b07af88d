"""The last resort for items and answers that are longer than the phone's parser accepts, which shows when they are encoded.

Server transactions are sent in parts, without loss; answers lose what does not fit. The phone may have lowered its limit after a
message was stored."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from onesoup.csp import fitting, transactions
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Mode, Transaction, document_from_message
from onesoup.csp.text.emoji import readable
from onesoup.handlers import render
from onesoup.handlers.context import Context, GatewayServices
from onesoup.runtime.ids import ordered_id
from onesoup.store import records
from onesoup.store.session.inbox import InboxItem

log = structlog.get_logger()


def encode_item(
    message: Message, item: InboxItem, plain_emoji: bool, images: Callable[[Iterable[str]], render.Pictures]
) -> bytes:
    """The bytes of an item, as the phone gets it with the answer to this message."""
    return write_message(_reply(message, item, plain_emoji, images))


def _reply(message: Message, item: InboxItem, plain_emoji: bool, images: Callable[[Iterable[str]], render.Pictures]) -> Message:
    content = render.item_primitive(item, message.version, plain_emoji, images)
    return transactions.reply_message(message, [Transaction(Mode.REQUEST, item.tid, content)], poll=item.more)


def shortened_answer(ctx: Context, message: Message, answers: Sequence[Transaction], waiting: bool) -> bytes | None:
    """The answer with its texts and lists shortened; None when that is not enough."""
    log.info("answer-cut", primitives=",".join(type(each.content).__name__ for each in answers[:4]))
    return fitting.shortened_document(
        document_from_message(transactions.reply_message(message, answers, poll=waiting)), ctx.caps.parser
    )


@dataclass(slots=True)
class ItemFitter:
    """Makes one item fit that is too long for the phone."""

    services: GatewayServices
    sid: str
    item: InboxItem
    message: Message
    room: int

    def reply(self, octets: bytes) -> bytes:
        """The bytes of the item in a form that fits. `octets`, which are too long, when there is none."""
        if self.item.payload is None:
            found = self._presence()
        elif records.unpack_event(self.item.payload)["k"] in ("text", "announce"):
            found = self._text(self.item.payload)
        else:
            found = None
        if found is not None and len(found) <= self.room:
            return found
        return self._shortened() or octets

    def _written(self) -> bytes:
        return encode_item(self.message, self.item, self.services.policy.plain_emoji, lambda _: {})

    def _shortened(self) -> bytes | None:
        document = document_from_message(_reply(self.message, self.item, self.services.policy.plain_emoji, lambda _: {}))
        return fitting.shortened_document(document, self.room)

    def _presence(self) -> bytes:
        """Presence without pictures, which matter less, and with fewer contacts. The others are sent another time."""
        contacts = self.item.contacts
        octets = self._written()
        while len(octets) > self.room and len(self.item.contacts) > 1:
            most = len(self.item.contacts) * self.room // len(octets)
            self.item.contacts = contacts[: max(min(most, len(self.item.contacts) - 1), 1)]
            octets = self._written()
        left = [each.jid for each in contacts[len(self.item.contacts) :]]
        if left:
            self.services.inbox.later(self.sid, self.item, left)
            self.item.more = True
            octets = self._written()
        return octets

    def _text(self, payload: bytes) -> bytes:
        """The first part of a text; the others follow. A picture becomes the text that describes it."""
        session = records.unpack_session(self.item.record)
        caps = replace(records.unpack_caps(self.item.caps), parser=self.room)
        text = replace(records.text_of(records.unpack_event(payload)), type="text/plain", data=b"")
        if self.services.policy.plain_emoji:
            text = replace(text, body=readable(text.body))
        session = replace(session, encoding=self.message.encoding.value, version=self.message.version)
        parts = fitting.text_parts(text, session, caps, spelling=self.item.spelling)
        first, *others = message_parts(payload, parts)
        self.services.inbox.cut(self.sid, self.item, [first, *others])
        self.item.payload, self.item.more = first[1], self.item.more or bool(others)
        return self._written()


def message_parts(payload: bytes, parts: Sequence[str]) -> list[tuple[str, bytes]]:
    """(id, payload) of each part of a message or an announcement. The first keeps the id."""
    first = records.with_body(payload, parts[0])
    ids = [ordered_id(time.time()) for _ in parts[1:]]
    more = [(id_, records.with_body(payload, part, id_)) for id_, part in zip(ids, parts[1:], strict=True)]
    return [(records.unpack_event(first)["id"], first), *more]
