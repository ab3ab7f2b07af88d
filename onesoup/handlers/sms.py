"""CSP over SMS: takes the parts of one CSP message, returns the SMS of its answer. The carrier hook receives, sends and
collects parts; `onesoup.wire.sms.key` tells which parts belong together."""

from collections.abc import Iterable
from dataclasses import replace

import structlog

from onesoup.csp.codec import envelope
from onesoup.csp.errors import CspError
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.handlers.unreadable import unreadable_answer
from onesoup.wire import codec, sms
from onesoup.wire.document import Document
from onesoup.wire.errors import WireError

log = structlog.get_logger()


def answer_sms(exchange: Exchange, parts: Iterable[bytes], peer: Peer, octets: int = sms.MAX_SMS_BYTES) -> list[bytes]:
    """The answer as SMS of at most `octets` bytes each; [] without an answer or an addressee. `peer` has no host: a log-in
    without a domain gets the configured one."""
    body = b""
    document: Document | None = None
    try:
        body = sms.join(parts)
        document = codec.decode(body)
        message = envelope.message_from_document(document)
    except (WireError, CspError) as error:
        log.info("unreadable", reason=str(error)[:200], octets=len(body), type="sms")
        partial = document.root if document is not None else getattr(error, "partial", None)
        refused = unreadable_answer(body, error, partial)
        return [] if refused is None else _parts(codec.encode(envelope.document_from_message(refused)), octets)
    reply = exchange.run(message, body, replace(peer, room=sms.room(octets)))
    return _parts(reply, octets) if reply else []


def _parts(reply: bytes, octets: int) -> list[bytes]:
    try:
        return sms.split(reply, octets)
    except WireError as error:
        # More than 26 parts. The phone asks again or polls, and items that it did not acknowledge come again.
        log.warning("sms-too-long", octets=len(reply), reason=str(error))
        return []
