"""Polls by sight. Most of what a phone ever sends is Polling-Request, the same octets but for SessionID and TransactionID.

What was read once the long way is kept as the octets around the two ids. A body with the same ones around ids of plain letters
and digits means the same, in WBXML and in XML.
"""

from typing import NamedTuple

from onesoup.csp.elements import PollingRequest
from onesoup.csp.envelope import MAX_ID, Message, SessionType, Transaction
from onesoup.wire.document import Encoding

# Handsets differ in these octets, phones of one model do not.
MOST_SHAPES = 16
# No poll is longer; what is shorter and none has cost a comparison.
MAX_POLL = 1000

# What stands before an id and behind it.
_MARKS = {Encoding.WBXML: (b"\x03", b"\0"), Encoding.XML: (b">", b"<")}
_CONTENT = PollingRequest()


class _Shape(NamedTuple):
    """The octets before the SessionID, up to the TransactionID, and the rest. Without a TransactionID `middle` is the rest."""

    before: bytes
    middle: bytes
    rest: bytes | None
    mark: bytes
    like: Message


class Polls:
    """The shapes that a worker has met."""

    def __init__(self) -> None:
        self._shapes: list[_Shape] = []

    def read(self, body: bytes) -> Message | None:
        """The poll in a body of a known shape."""
        if len(body) > MAX_POLL:
            return None
        for shape in self._shapes:
            before, middle, rest, mark, like = shape
            if not body.startswith(before):
                continue
            end = body.find(mark, len(before))
            sid, tid = body[len(before) : end], None
            if rest is None:
                if body[end:] != middle:
                    continue
            else:
                if not body.startswith(middle, end):
                    continue
                start = end + len(middle)
                end = body.find(mark, start)
                if body[end:] != rest:
                    continue
                tid = body[start:end]
            if _plain(sid) and (tid is None or _plain(tid)):
                return _poll(like, sid.decode(), like.transactions[0].id if tid is None else tid.decode())
        return None

    def learn(self, body: bytes, message: Message) -> None:
        """Keeps the shape of a poll that was read the long way, and leaves any other message alone."""
        if len(message.transactions) == 1 and message.transactions[0].content == _CONTENT and len(body) <= MAX_POLL:
            shape = _shape(body, message)
            if shape is not None:
                self._shapes = [shape, *self._shapes[: MOST_SHAPES - 1]]


def _plain(octets: bytes) -> bool:
    """Letters and digits of ASCII, which mean themselves in every encoding that is taken."""
    return octets.isalnum() and len(octets) <= MAX_ID


def _poll(like: Message, sid: str, tid: str | None) -> Message:
    mode = like.transactions[0].mode
    content = Transaction(mode, tid, _CONTENT)
    return Message(
        like.version, like.encoding, [content], sid, SessionType.INBAND, poll=like.poll, cir=like.cir, doctype=like.doctype
    )


def _shape(body: bytes, message: Message) -> _Shape | None:
    marks = _MARKS.get(message.encoding)
    transaction = message.transactions[0]
    if marks is None or message.session_id is None or message.session_type is not SessionType.INBAND or transaction.segments:
        return None
    opening, closing = marks
    sid, tid = (f"{value}".encode() for value in (message.session_id, transaction.id or ""))
    head = _around(body, opening, sid, closing)
    if head is None:
        return None
    before, behind = head
    if not tid:
        return _Shape(before, behind, None, closing, message)
    tail = _around(behind, opening, tid, closing)
    return None if tail is None else _Shape(before, tail[0], tail[1], closing, message)


def _around(octets: bytes, opening: bytes, text: bytes, closing: bytes) -> tuple[bytes, bytes] | None:
    """What stands before a text and behind it, its marks included; None unless it stands there once."""
    whole = opening + text + closing
    if not _plain(text) or octets.count(whole) != 1:
        return None
    at = octets.index(whole)
    return octets[: at + len(opening)], octets[at + len(opening) + len(text) :]
