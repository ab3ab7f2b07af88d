"""CSP over SMS: takes the parts of one CSP message, returns the SMS of its answer. The carrier hook receives, sends and
collects parts; `onesoup.wire.sms.key` tells which parts belong together."""

from collections.abc import Iterable
from dataclasses import replace

import structlog

from onesoup.csp.codec.codec import UnreadableBody, read_message, write_message
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.handlers.unreadable import unreadable_answer
from onesoup.wire import sms
from onesoup.wire.errors import WireError

log = structlog.get_logger()


def answer_sms(exchange: Exchange, parts: Iterable[bytes], peer: Peer, octets: int = sms.MAX_CSP_SMS_BYTES) -> list[bytes]:
    """The answer as SMS of at most `octets` bytes each; [] without an answer or an addressee. `peer` has no host: a log-in
    without a domain gets the configured one."""
    body = b""
    try:
        body = sms.join(parts)
        message = read_message(body)
    except (WireError, UnreadableBody) as error:
        log.info("unreadable", reason=str(error)[:200], octets=len(body), type="sms")
        refused = unreadable_answer(error) if isinstance(error, UnreadableBody) else None
        return [] if refused is None else _parts(write_message(refused), octets)
    reply = exchange.run(message, body, replace(peer, room=sms.room(octets)))
    return _parts(reply, octets) if reply else []


def _parts(reply: bytes, octets: int) -> list[bytes]:
    try:
        return sms.split(reply, octets)
    except WireError as error:
        # More than 26 parts. The phone asks again or polls, and items that it did not acknowledge come again.
        log.warning("sms-too-long", octets=len(reply), reason=str(error))
        return []
