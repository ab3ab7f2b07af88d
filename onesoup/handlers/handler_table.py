"""Which handler answers which primitive. Every module of handlers has a part of the table in its own `HANDLERS`."""

import structlog

from onesoup.csp import transactions
from onesoup.csp.codec.envelope import Malformed, Unknown
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import status
from onesoup.handlers import (
    authorization,
    blocking,
    contacts,
    messages,
    notifications,
    presence,
    profile,
    search,
    session,
    system,
)
from onesoup.handlers.context import Context
from onesoup.handlers.groups import affiliations, groups, invitations, properties

log = structlog.get_logger()

PRIMITIVE_HANDLERS: transactions.Table = {
    **session.HANDLERS,
    **contacts.HANDLERS,
    **presence.HANDLERS,
    **authorization.HANDLERS,
    **blocking.HANDLERS,
    **groups.HANDLERS,
    **invitations.HANDLERS,
    **affiliations.HANDLERS,
    **properties.HANDLERS,
    **messages.HANDLERS,
    **search.HANDLERS,
    **profile.HANDLERS,
    **system.HANDLERS,
    **notifications.HANDLERS,
}


def handle_primitive(ctx: Context, content: Primitive) -> Primitive:
    """The answer of one primitive. A refusal is an answer that changes nothing; the other transactions of the message go on."""
    if isinstance(content, Malformed):
        return status(content.error.code, content.error.description)
    handler = PRIMITIVE_HANDLERS.get(type(content))
    if handler is None:
        name = content.name if isinstance(content, Unknown) else content.NAME
        log.info("not-implemented", primitive=name[:60])
        return status(StatusCode.NOT_IMPLEMENTED, "not implemented")
    before = ctx.effects.copy()
    try:
        return handler(ctx, content)
    except (CspError, BackendError) as error:
        ctx.effects = before
        return status(error.code, error.description)
