"""Polls by sight. Most of what a phone ever sends is Polling-Request, the same octets but for SessionID and TransactionID.

What was read once the long way is kept as the octets around the two ids. A body with the same ones around ids of plain letters
and digits means the same, in WBXML and in XML.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from onesoup.csp.codec.envelope import MAX_ID_LENGTH, Message, Mode, SessionType, Transaction, message_from_document
from onesoup.csp.codec.generated_elements import PollingRequest
from onesoup.csp.errors import CspError
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError

# Handsets differ in these octets, phones of one model do not.
MAX_POLL_SHAPES = 16
# No poll is longer; what is shorter and none has cost a comparison.
MAX_POLL_BYTES = 1000

# What stands before an id and behind it.
_MARKS = {Encoding.WBXML: (b"\x03", b"\0"), Encoding.XML: (b">", b"<")}
_CONTENT = PollingRequest()
# Letters and digits of ASCII mean themselves in every encoding that is taken.
_ID = rb"([0-9A-Za-z]{1,%d})" % MAX_ID_LENGTH
_PLAIN = re.compile(_ID)


class _Shape(NamedTuple):
    """The octets of a poll, its ids as groups, and what else is in it. Without a second group there is no TransactionID but
    that of `like`."""

    octets: re.Pattern[bytes]
    like: Message
    mode: Mode


class KnownPolls:
    """The shapes that a worker has met."""

    def __init__(self) -> None:
        self._shapes: list[_Shape] = []

    def match(self, body: bytes) -> Message | None:
        """The poll in a body of a known shape."""
        if len(body) > MAX_POLL_BYTES:
            return None
        for octets, like, mode in self._shapes:
            found = octets.fullmatch(body)
            if found is not None:
                sid, *tid = found.groups()
                asked = Transaction(mode, tid[0].decode() if tid else like.transactions[0].id, _CONTENT)
                return Message(
                    like.version, like.encoding, [asked], sid.decode(), SessionType.INBAND, like.poll, like.cir, like.doctype
                )
        return None

    def learn(self, body: bytes, message: Message) -> None:
        """Keeps the shape of a poll that was read the long way, and leaves any other message alone."""
        if len(message.transactions) == 1 and message.transactions[0].content == _CONTENT and len(body) <= MAX_POLL_BYTES:
            octets = _octets(body, message)
            if octets is not None:
                self._shapes = [_Shape(octets, message, message.transactions[0].mode), *self._shapes[: MAX_POLL_SHAPES - 1]]


def _octets(body: bytes, message: Message) -> re.Pattern[bytes] | None:
    marks, transaction = _MARKS.get(message.encoding), message.transactions[0]
    if marks is None or message.session_id is None or message.session_type is not SessionType.INBAND or transaction.segments:
        return None
    around = []
    for text in (message.session_id, transaction.id):
        if text:
            opening, closing = marks
            id_ = text.encode()
            parts = body.split(opening + id_ + closing)
            if _PLAIN.fullmatch(id_) is None or len(parts) != 2:  # it stands there once
                return None
            around.append(parts[0] + opening)
            body = closing + parts[1]
    if not _are_the_ids([*around, body], message):
        return None
    return re.compile(_ID.join(map(re.escape, [*around, body])), re.DOTALL)


def _are_the_ids(around: list[bytes], message: Message) -> bool:
    """Whether other ids in the places that were found are the ids of the message: another element, a comment or a blob may
    hold the same text, while the id itself is written in another way."""
    transaction = message.transactions[0]
    sid, tid = (text and _other(text) for text in (message.session_id, transaction.id))
    like = replace(message, session_id=sid, transactions=[replace(transaction, id=tid)])
    ids = [text.encode() for text in (sid, tid) if text]
    changed = b"".join(map(b"".join, zip(around, [*ids, b""], strict=True)))
    try:
        return message_from_document(codec.decode(changed)) == like
    except (WireError, CspError):
        return False


def _other(text: str) -> str:
    """An id of another length, which is as good."""
    return text + "x" if len(text) < MAX_ID_LENGTH else text[:-1]
