"""Answers that are longer than the phone's parser takes, in parts (CSP 1.3, SGMNT). Only for a phone that has asked for
segments in its Service-Request; any other is told 432.

No page of the protocol says how a part looks. Here the first one comes as the answer, with SegmentCount in its descriptor; the
others with GetSegment-Request, counted from 1. Put together, the parts are the answer's primitive as XML, in either encoding."""

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

# What stands around a part, in octets, generously; and what a part must hold at least for the split to be worth it.
FRAME, LEAST = 900, 100
MOST_PARTS = 500


def wanted(request: ServiceRequest) -> bool:
    """Whether the phone has named SGMNT itself. Whole features stand for what their phones do not know."""
    features = request.functions.wvcsp_feat if request.functions else None
    service = features.fundamental_feat.service_func if features and features.fundamental_feat else None
    return bool(service and service.sgmnt)


def most(ctx: Context) -> int:
    """The octets of the longest answer that the phone reads in segments; 0 where it does not. Markup is escaped in them, which
    makes less than twice as much of it."""
    able = ctx.segmented and ctx.version == "1.3" and ctx.encoding in ANY_TREE
    room = ctx.caps.parser - FRAME
    return room * MOST_PARTS // 2 if able and room >= LEAST else 0


def split(ctx: Context, message: Message, answers: Sequence[Transaction], waiting: bool) -> bytes | None:
    """The first part as the answer, the others kept; None when the phone is not for that."""
    if len(answers) != 1 or not ctx.segmented or ctx.version != "1.3":
        return None
    if message.encoding not in ANY_TREE:
        return None  # plain text has parts of its own
    (answer,) = answers
    room = ctx.caps.parser - FRAME
    if not answer.id or room < LEAST or isinstance(answer.content, GetSegmentResponse):
        return None
    parts = cut(xmltext.write_element(binding.write_node(answer.content, ctx.version)), room)
    if len(parts) > MOST_PARTS:
        return None
    if not ctx.services.segments.put(ctx.sid, answer.id, parts):
        return None
    first = Transaction(answer.mode, answer.id, GetSegmentResponse(segment_content=parts[0]), segments=len(parts))
    return write_message(transactions.reply_message(message, [first], poll=waiting))


def cut(text: str, room: int) -> list[str]:
    """Parts of at most so many octets, counted as they stand in an XML document."""
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
