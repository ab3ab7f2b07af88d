"""Instant messages from the phone (flows.md 6, xmpp-mapping.md 6.1). The answer goes out once the message is in the outbox,
in the same script; from then on it cannot be lost."""

import hashlib
from dataclasses import replace
from xml.sax.saxutils import escape

from onesoup.csp import lists, messages
from onesoup.csp.elements import (
    DetailedResult,
    ForwardMessageRequest,
    ForwardMessageResponse,
    GetMessageListRequest,
    GetMessageListResponse,
    GetMessageRequest,
    GetMessageResponse,
    MessageDelivered,
    MessageInfo,
    MessageInfoList,
    Primitive,
    Recipient,
    RejectMessageRequest,
    Result,
    ScreenName,
    SendMessageRequest,
    SendMessageResponse,
    SetDeliveryMethodRequest,
    Status,
)
from onesoup.csp.errors import CspError
from onesoup.csp.transactions import status
from onesoup.handlers import contacts, records
from onesoup.handlers.context import Context, spellings, token
from onesoup.xmpp import commands

ID_LENGTH = 16
# XMPP servers close the stream of a client whose stanza is above their limit, 256 KiB where nobody set one.
MAX_BODY = 200_000  # octets of UTF-8 with what XML escapes
MAX_RECIPIENTS = 100


def send(ctx: Context, request: SendMessageRequest) -> Primitive:
    """200 with a MessageID; 201 names the recipients that cannot be served; the single common code when none can."""
    info = request.message_info or MessageInfo()
    recipient = info.recipient or Recipient()
    body = messages.content(request, ctx.session.quirks.unescape_content)
    to, details = _recipients(ctx, recipient)
    if not to:
        raise _refusal(details)
    _check_size(to, body)
    result = Result(code=201 if details else 200, detailed_result=details)
    content = _digest(to, body)
    if ctx.session.quirks.repeats_under_new_id and ctx.unsaid.startswith(content):
        ctx.effects.fields["unsaid"] = ctx.unsaid
        return SendMessageResponse(result=result, message_id=ctx.unsaid[len(content) :].decode())
    message_id = token(ID_LENGTH)
    if ctx.session.quirks.repeats_under_new_id:
        ctx.effects.fields["unsaid"] = content + message_id.encode()
    for number, jid in enumerate(to):
        # One stanza each; every further recipient gets an id of its own, derived from the one that the phone knows.
        stanza_id = message_id if not number else f"{message_id}.{number}"
        ctx.send(commands.message(stanza_id, jid, body, bool(request.delivery_report)))
        if request.delivery_report:
            ctx.effects.asked[stanza_id] = jid
    return SendMessageResponse(result=result, message_id=message_id)


def _check_size(to: list[str], body: str) -> None:
    """410 for what would break the stream, or fill the outbox, if it were accepted."""
    if len(escape(body).encode("utf-8", "surrogatepass")) > MAX_BODY:
        raise CspError(410, "the message is too long")
    if len(to) > MAX_RECIPIENTS:
        raise CspError(410, "too many recipients")


def _digest(to: list[str], body: str) -> bytes:
    text = "\0".join([*to, body]).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()


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


# --- notify and get ---


def set_method(ctx: Context, request: SetDeliveryMethodRequest) -> Primitive:
    """P: messages are pushed; N: the phone is told of them and fetches. For one group: kept, groups come later."""
    method = (request.delivery_method or "").strip().upper()
    if method not in ("P", "N"):
        raise CspError(402, "DeliveryMethod is P or N")
    if request.group_id is not None:
        return status(200)
    caps = replace(ctx.caps, delivery=method, accepted=request.accepted_content_length or ctx.caps.accepted)
    ctx.effects.fields["caps"] = records.pack_caps(caps)
    ctx.effects.fields["notify"] = "1" if method == "N" else ""
    ctx.send(commands.limits())
    return status(200)


def _waiting(ctx: Context) -> list[messages.Text]:
    """Messages that the phone has not acknowledged, oldest first."""
    found = []
    for id_, stored in ctx.services.sessions.hash(ctx.sid, "i").items():
        if id_[1:2] != b"-":
            found.append(records.unpack_text(stored.partition(b"\n")[2]))
    return sorted(found, key=lambda each: each.time)


def get_message(ctx: Context, request: GetMessageRequest) -> Primitive:
    """The content of one message; it stays until the phone acknowledges it. 426 for one that is not there."""
    for text in _waiting(ctx):
        if text.id == request.message_id:
            spelled = spellings(ctx.services, ctx.sid, [text.sender]).get(text.sender)
            return GetMessageResponse(message_info=messages.info(text, ctx.session, spelled), content_data=text.body)
    raise CspError(426, "no such message")


def get_list(ctx: Context, request: GetMessageListRequest) -> Primitive:
    """What waits for the phone, without the content. The history of a group is not kept: 821."""
    if request.group_id is not None:
        raise CspError(821, "no history")
    waiting = _waiting(ctx)
    total = len(waiting)
    if request.message_count is not None:
        waiting = waiting[: request.message_count]
    spelled = spellings(ctx.services, ctx.sid, [each.sender for each in waiting])
    infos = [messages.info(each, ctx.session, spelled.get(each.sender)) for each in waiting]
    if ctx.version == "1.3":
        return GetMessageListResponse(message_info_list=MessageInfoList(message_info=infos), message_total_count=total)
    return GetMessageListResponse(message_info=infos)


def reject(ctx: Context, request: RejectMessageRequest) -> Primitive:
    """The phone does not want these: they go without a receipt. 426 when none of them is there."""
    known = {each.id for each in _waiting(ctx)}
    unknown = [each for each in request.message_id if each not in known]
    if unknown and len(unknown) == len(request.message_id):
        raise CspError(426, "no such message")
    ctx.effects.dropped.extend(each for each in request.message_id if each in known)
    if not unknown:
        return status(200)
    details = [DetailedResult(code=426, message_id=unknown if ctx.version != "1.1" else [])]
    return Status(result=Result(code=201, detailed_result=details))


def forward(ctx: Context, request: ForwardMessageRequest) -> Primitive:
    """A message that waits, sent on to somebody else. It stays until it is acknowledged."""
    text = next((each for each in _waiting(ctx) if each.id == request.message_id), None)
    if text is None:
        raise CspError(426, "no such message")
    to, details = _recipients(ctx, request.recipient or Recipient())
    if not to:
        raise _refusal(details)
    message_id = token(ID_LENGTH)
    body = f"Fwd: {ctx.session.spelled(text.sender)}\n{text.body}"
    _check_size(to, body)
    for number, jid in enumerate(to):
        ctx.send(commands.message(message_id if not number else f"{message_id}.{number}", jid, body, receipt=False))
    if ctx.version == "1.3" and not details:
        return ForwardMessageResponse(message_id=message_id)
    return Status(result=Result(code=201 if details else 200, detailed_result=details))


HANDLERS = {
    SendMessageRequest: send,
    MessageDelivered: delivered,
    SetDeliveryMethodRequest: set_method,
    GetMessageRequest: get_message,
    GetMessageListRequest: get_list,
    RejectMessageRequest: reject,
    ForwardMessageRequest: forward,
}
