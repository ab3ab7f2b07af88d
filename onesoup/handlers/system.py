"""Messages of the operator to one session (xmpp-mapping.md 2): announcements, and terms of use at log-in with their answer."""

import time

import structlog

from onesoup.csp import announcements, copies
from onesoup.csp.codec.generated_elements import Primitive, SystemMessageUser
from onesoup.csp.errors import CspError
from onesoup.csp.history_events import EndReason
from onesoup.csp.messages import Text
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers.context import Context, GatewayServices
from onesoup.observability import history_notes
from onesoup.observability.logs import short
from onesoup.observability.request_id import current_request
from onesoup.store import records
from onesoup.store.announcements import Announcements
from onesoup.store.session.request_effects import RequestEffects
from onesoup.xmpp import commands


def queue_announcement(store: Announcements, sid: str, session: Session, message_id: str, text: str, asks: bool = False) -> bool:
    """Queues one announcement. False when the session is over."""
    now = time.time()
    # Every phone of the user gets a copy. Read on one phone, it disappears from the others.
    copy = copies.copy_name([session.domain, text], session.resource, now, numbered=asks)
    payload = records.pack_announcement(Text(message_id, session.domain, text, int(now)), asks)
    return store.tell(sid, message_id, records.stored(session.domain, payload, copy))


def tell_terms(services: GatewayServices, sid: str, session: Session) -> None:
    """Queues the terms for a user who has not accepted them. A phone that cannot answer gets them once."""
    text = services.policy.terms
    name = announcements.terms_id(text)
    if not text or services.lists.terms.has(session.jid, name):
        return
    asks = announcements.takes_system_messages(session)
    if queue_announcement(services.announcements, sid, session, name, text, asks) and not asks:
        services.lists.terms.note_told(session.jid, name)


def system_message_effects(services: GatewayServices, sid: str, session: Session, answer: SystemMessageUser) -> RequestEffects:
    """Effects of the phone's answer: terms are accepted, or the session ends. 402 for an option that does not exist, 426 for
    an unknown message; then nothing is done."""
    effects = RequestEffects()
    responses = answer.system_message_response_list.system_message_response if answer.system_message_response_list else []
    if not responses:
        raise CspError(StatusCode.BAD_PARAMETER, "no response")
    terms = announcements.terms_id(services.policy.terms) if services.policy.terms else ""
    waiting = services.sessions.items.waiting(sid, [each.system_message_id or "" for each in responses])
    for each, waits in zip(responses, waiting, strict=True):
        message_id, choice = each.system_message_id or "", each.chosen_option_id
        if message_id != terms and not waits:
            raise CspError(StatusCode.INVALID_MESSAGE_ID, "no such system message")
        if message_id == terms and choice not in announcements.ANSWER_OPTIONS:
            raise CspError(StatusCode.BAD_PARAMETER, "no such option")
        effects.dropped_items.append(message_id)
        if message_id == terms and choice == announcements.DECLINE:
            effects.end_code = StatusCode.FORCED_LOGOUT
    if effects.end_code is not None:
        log.info("terms-declined", sid=short(sid))
        history_notes.note_end(session.jid, sid, EndReason.TERMS)
        effects.commands.append(commands.pack(commands.of_request(commands.LogOut(), current_request())))
    elif terms in effects.dropped_items:
        services.lists.terms.note_accepted(session.jid, terms)
    return effects


log = structlog.get_logger()


def answer_system_message(ctx: Context, request: SystemMessageUser) -> Primitive:
    effects = system_message_effects(ctx.services, ctx.sid, ctx.session, request)
    ctx.effects.dropped_items.extend(effects.dropped_items)
    ctx.effects.commands.extend(effects.commands)
    ctx.effects.end_code = effects.end_code if effects.end_code is not None else ctx.effects.end_code
    return status(StatusCode.SUCCESSFUL)


HANDLERS: Table = {SystemMessageUser: answer_system_message}
