"""SMS as data channel: the short messages that make up one CSP message in, those that answer it out. Who brings and sends them,
and collects the parts, is the carrier hook's business; `onesoup.wire.sms.key` tells which parts belong together."""

from collections.abc import Iterable
from dataclasses import replace

import structlog

from onesoup.csp.codec.codec import UnreadableBody, read_message, write_message
from onesoup.handlers.context import Peer
from onesoup.handlers.dispatch import Exchange, unreadable
from onesoup.wire import sms
from onesoup.wire.errors import WireError

log = structlog.get_logger()


def answer(exchange: Exchange, parts: Iterable[bytes], peer: Peer, octets: int = sms.MAX_SMS_BYTES) -> list[bytes]:
    """What goes back as SMS of at most so many octets; nothing when there is nothing to say, or nobody to say it to. `peer` has
    no host: a user who logs in without a domain gets the configured one."""
    body = b""
    try:
        body = sms.join(parts)
        message = read_message(body)
    except (WireError, UnreadableBody) as error:
        log.info("unreadable", reason=str(error)[:200], octets=len(body), type="sms")
        refused = unreadable(error) if isinstance(error, UnreadableBody) else None
        return [] if refused is None else _parts(write_message(refused), octets)
    reply = exchange.run(message, body, replace(peer, room=sms.room(octets)))
    return _parts(reply, octets) if reply else []


def _parts(reply: bytes, octets: int) -> list[bytes]:
    try:
        return sms.split(reply, octets)
    except WireError as error:
        # More than 26 parts. The phone asks again or polls; what was not acknowledged comes again as well.
        log.warning("sms-too-long", octets=len(reply), reason=str(error))
        return []
