"""Segments of answers that are longer than the phone's parser accepts (CSP 1.3, SGMNT), for phones that have asked for them in
Service-Request; others get 432.

No page of the protocol says how a segment looks. Here the first one is the answer, with SegmentCount in its descriptor; the
others come with GetSegment-Request, counted from 1. Joined, they are the answer's primitive as XML, in either encoding."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from onesoup.csp import transactions
from onesoup.csp.codec import binding
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Transaction
from onesoup.csp.codec.generated_elements import GetSegmentResponse, ServiceRequest
from onesoup.handlers.context import Context
from onesoup.wire import xmltext
from onesoup.wire.document import ANY_TREE

# Bytes around a segment, rounded up, and the least that a segment must hold.
SEGMENT_FRAME_BYTES, MIN_SEGMENT_BYTES = 900, 100
MAX_SEGMENTS = 500


def wants_segments(request: ServiceRequest) -> bool:
    """Whether the phone has named SGMNT itself. A whole feature does not count: its phones may not know segments."""
    features = request.functions.wvcsp_feat if request.functions else None
    service = features.fundamental_feat.service_func if features and features.fundamental_feat else None
    return bool(service and service.sgmnt)


def max_segmented_bytes(ctx: Context) -> int:
    """Bytes of the longest answer that the phone reads in segments; 0 without them. Segments escape markup, which makes the
    answer less than twice as long."""
    able = ctx.segmented and ctx.version == "1.3" and ctx.encoding in ANY_TREE
    room = ctx.caps.parser - SEGMENT_FRAME_BYTES
    return room * MAX_SEGMENTS // 2 if able and room >= MIN_SEGMENT_BYTES else 0


def split_answer(ctx: Context, message: Message, answers: Sequence[Transaction], waiting: bool) -> bytes | None:
    """The first segment as the answer; the others are kept. None when the phone does not read segments."""
    if len(answers) != 1 or not ctx.segmented or ctx.version != "1.3":
        return None
    if message.encoding not in ANY_TREE:
        return None  # plain text has parts of its own
    (answer,) = answers
    room = ctx.caps.parser - SEGMENT_FRAME_BYTES
    if not answer.id or room < MIN_SEGMENT_BYTES or isinstance(answer.content, GetSegmentResponse):
        return None
    parts = cut_text(xmltext.write_element(binding.write_node(answer.content, ctx.version)), room)
    if len(parts) > MAX_SEGMENTS:
        return None
    if not ctx.services.segments.put(ctx.sid, answer.id, parts):
        return None
    first = Transaction(answer.mode, answer.id, GetSegmentResponse(segment_content=parts[0]), segments=len(parts))
    return write_message(transactions.reply_message(message, [first], poll=waiting))


def cut_text(text: str, room: int) -> list[str]:
    """Parts of at most `room` bytes each, counted as they stand in an XML document."""
    parts: list[str] = []
    part: list[str] = []
    size = 0
    for char in text:
        octets = len(escape(char).encode("utf-8", "replace"))
        if part and size + octets > room:
            parts.append("".join(part))
            part, size = [], 0
        part.append(char)
        size += octets
    return [*parts, "".join(part)]
