"""Instant messages from the phone (flows.md 6, xmpp-mapping.md 6.1). The answer goes out once the message is in the outbox,
in the same script; from then on it cannot be lost."""

from onesoup.csp import lists, messages
from onesoup.csp.elements import (
    DetailedResult,
    MessageDelivered,
    MessageInfo,
    Primitive,
    Recipient,
    Result,
    ScreenName,
    SendMessageRequest,
    SendMessageResponse,
)
from onesoup.csp.errors import CspError
from onesoup.csp.transactions import status
from onesoup.handlers import contacts
from onesoup.handlers.context import Context, token
from onesoup.xmpp import commands

ID_LENGTH = 16


def send(ctx: Context, request: SendMessageRequest) -> Primitive:
    """200 with a MessageID; 201 names the recipients that cannot be served; the single common code when none can."""
    info = request.message_info or MessageInfo()
    recipient = info.recipient or Recipient()
    body = messages.content(request, ctx.session.quirks.unescape_content)
    to, details = _recipients(ctx, recipient)
    if not to:
        raise _refusal(details)
    message_id = token(ID_LENGTH)
    for number, jid in enumerate(to):
        # One stanza each; every further recipient gets an id of its own, derived from the one that the phone knows.
        stanza_id = message_id if not number else f"{message_id}.{number}"
        ctx.send(commands.message(stanza_id, jid, body, bool(request.delivery_report)))
    result = Result(code=201 if details else 200, detailed_result=details)
    return SendMessageResponse(result=result, message_id=message_id)


def _refusal(details: list[DetailedResult]) -> CspError:
    codes = {each.code for each in details}
    if len(codes) == 1:
        return CspError(codes.pop() or 402, "no recipient can be served")
    return CspError(900 if codes else 402, "no recipient")


def _recipients(ctx: Context, recipient: Recipient) -> tuple[list[str], list[DetailedResult]]:
    """Bare JIDs without repeats, in order, and one DetailedResult for each code."""
    to: dict[str, None] = {}
    details: list[DetailedResult] = []
    bad: dict[int, list[str]] = {}
    for user in recipient.user:
        try:
            jid = ctx.session.jid_of(user.user_id or "")
            to[jid] = None
            if (user.user_id or "")[:3].lower() == "wv:":
                ctx.effects.spell[jid] = (user.user_id or "").strip()
        except CspError as error:
            bad.setdefault(error.code, []).append(user.user_id or "")
    details += [DetailedResult(code=code, user_id=users) for code, users in bad.items()]
    unknown = []
    for text in recipient.contact_list:
        try:
            contact_list = contacts.find(ctx, text)
            to.update((item.jid, None) for item in lists.members(contact_list, ctx.roster().values()))
        except CspError:
            unknown.append(text)
    if unknown:
        details.append(DetailedResult(code=700, contact_list=unknown if ctx.version != "1.1" else []))
    if recipient.group:
        # Rooms are not joined yet in this version of onesoup, and who has not joined cannot write.
        names = [each.group_id for each in recipient.group if each.group_id]
        screens = [each.screen_name for each in recipient.group if isinstance(each.screen_name, ScreenName)]
        details.append(DetailedResult(code=808, group_id=names, screen_name=screens))
    return list(to), details


def delivered(ctx: Context, _request: MessageDelivered) -> Primitive:
    """In Request mode, after GetMessage: what it acknowledges was done when the request was opened."""
    return status(200)


HANDLERS = {SendMessageRequest: send, MessageDelivered: delivered}
