"""Instant messages from the phone (flows.md 6, xmpp-mapping.md 6.1). One script stores the message in the outbox and the
answer: an answered message cannot be lost."""

import hashlib
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from xml.sax.saxutils import escape

from onesoup.csp import capabilities, copies, fitting, lists, messages
from onesoup.csp.codec.generated_elements import (
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
    SendMessageRequest,
    SendMessageResponse,
    SetDeliveryMethodRequest,
    Status,
)
from onesoup.csp.errors import CspError
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.transactions import Table, status
from onesoup.handlers import contacts, oversize
from onesoup.handlers.context import Context, spellings
from onesoup.handlers.groups import history, rooms
from onesoup.handlers.groups.messages import group_recipients
from onesoup.runtime.ids import MESSAGE_ID_LENGTH, ordered_id, token
from onesoup.store import records
from onesoup.store.bounds import MOST_OUT_BYTES
from onesoup.xmpp import commands

# XMPP servers close a client's stream when a stanza is above their limit, 256 KiB by default.
MAX_MESSAGE_BYTES = 200_000  # of UTF-8, XML escapes included
MAX_RECIPIENTS = 100
# Most bytes of one message in the outbox, which stores it once for each recipient.
MAX_COPIES_BYTES = MOST_OUT_BYTES // 2
MAX_MESSAGE_VALIDITY_SECONDS = 30 * 86_400
# How many groups may have a delivery method of their own.
MAX_GROUP_METHODS = 50


def send_message(ctx: Context, request: SendMessageRequest) -> Primitive:
    """200 with a MessageID; 201 names recipients that cannot be served; the common code when none can."""
    info = request.message_info or MessageInfo()
    recipient = info.recipient or Recipient()
    attached = messages.attachment(request)
    body = "" if attached else messages.message_content(request, ctx.session.quirks.unescape_content)
    to, details = _recipients(ctx, recipient)
    if not to:
        raise _refusal(details)
    _check_size(to, body)
    if attached:
        _check_upload(ctx, attached)
    result = Result(code=StatusCode.PARTIALLY_SUCCESSFUL if details else StatusCode.SUCCESSFUL, detailed_result=details)
    content = _digest(to, body, attached.data if attached else b"")
    if ctx.session.quirks.repeats_under_new_id and ctx.unsaid.startswith(content):
        ctx.effects.update.unsaid = ctx.unsaid
        return SendMessageResponse(result=result, message_id=ctx.unsaid[len(content) :].decode())
    message_id = token(MESSAGE_ID_LENGTH)
    if ctx.session.quirks.repeats_under_new_id:
        ctx.effects.update.unsaid = content + message_id.encode()
    stanzas = _stanza_ids(message_id, to)
    report = bool(request.delivery_report)
    valid = min(info.validity or 0, MAX_MESSAGE_VALIDITY_SECONDS) if report else 0
    if attached:
        ctx.send(commands.SendMedia(stanzas, attached.type, attached.name, attached.data, report, to))
    else:
        for stanza_id, jid in stanzas.items():
            ctx.send(commands.outgoing(stanza_id, jid, to[jid], body, report, messages.link(request), valid))
    # There are no reports for a message to a whole group.
    reports = {stanza_id: jid for stanza_id, jid in stanzas.items() if not to[jid] or "/" in jid}
    if report:
        ctx.effects.reports_wanted.update(reports)
        if valid:
            ctx.effects.report_within_ms.update(dict.fromkeys(reports, valid * 1000))
    return SendMessageResponse(result=result, message_id=message_id)


def _stanza_ids(message_id: str, to: Collection[str]) -> dict[str, str]:
    """One stanza for each recipient. Further recipients get ids derived from the one that the phone knows."""
    return {message_id if not number else f"{message_id}.{number}": jid for number, jid in enumerate(to)}


def _check_upload(ctx: Context, attached: messages.Attachment) -> None:
    """Refuses a file that is known not to be accepted: 415 where the server takes no files, 410 when it is too large. Right
    after a log-in that is not known yet: then the message is accepted, and may come back as not delivered."""
    if ctx.upload is None:
        return
    if not ctx.upload:
        raise CspError(StatusCode.UNSUPPORTED_MEDIA_TYPE, "the server takes no pictures")
    if len(attached.data) > ctx.upload:
        raise CspError(StatusCode.UNABLE_TO_DELIVER, "too large for the server")


def _check_size(to: Collection[str], body: str) -> None:
    """410 for a message that would break the stream or fill the outbox."""
    if len(escape(body).encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
        raise CspError(StatusCode.UNABLE_TO_DELIVER, "the message is too long")
    if len(to) > MAX_RECIPIENTS:
        raise CspError(StatusCode.UNABLE_TO_DELIVER, "too many recipients")
    if len(to) > 1 and len(body.encode("utf-8", "surrogatepass")) * len(to) > MAX_COPIES_BYTES:
        raise CspError(StatusCode.UNABLE_TO_DELIVER, "too long for so many recipients")


def _digest(to: Collection[str], body: str, data: bytes) -> bytes:
    text = "\0".join([*to, body]).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text + data, digest_size=16).hexdigest().encode()


def _refusal(details: list[DetailedResult]) -> CspError:
    codes = {each.code for each in details}
    if len(codes) == 1:
        return CspError(codes.pop() or StatusCode.BAD_PARAMETER, "no recipient can be served")
    return CspError(StatusCode.MULTIPLE_ERRORS if codes else StatusCode.BAD_PARAMETER, "no recipient")


def _recipients(ctx: Context, recipient: Recipient) -> tuple[dict[str, str], list[DetailedResult]]:
    """Bare JIDs without repeats, in order, and one DetailedResult for each code. For a group: the room, or room/nick, with its
    GroupID; "" for users."""
    to: dict[str, str] = {}
    details: list[DetailedResult] = []
    bad: dict[int, list[str]] = {}
    for user in recipient.user:
        try:
            jid = ctx.session.jid_of(user.user_id or "")
            to[jid] = ""
            if (user.user_id or "")[:3].lower() == "wv:":
                ctx.effects.spellings[jid] = (user.user_id or "").strip()
        except CspError as error:
            bad.setdefault(error.code, []).append(user.user_id or "")
    details += [DetailedResult(code=code, user_id=users) for code, users in bad.items()]
    unknown = []
    for text in recipient.contact_list:
        try:
            contact_list = contacts.find_list(ctx, text)
            to.update((item.jid, "") for item in lists.list_members(contact_list, ctx.roster().values()))
        except CspError:
            unknown.append(text)
    if unknown:
        details.append(
            DetailedResult(code=StatusCode.CONTACT_LIST_DOES_NOT_EXIST, contact_list=unknown if ctx.version != "1.1" else [])
        )
    if recipient.group:
        inside, failed = group_recipients(ctx, recipient.group)
        to.update(inside)
        details += failed
    return to, details


def message_delivered(ctx: Context, _request: MessageDelivered) -> Primitive:
    """MessageDelivered as a request, after GetMessage. It took effect when the request was opened."""
    return status(StatusCode.SUCCESSFUL)


# --- notify and get ---


def set_delivery_method(ctx: Context, request: SetDeliveryMethodRequest) -> Primitive:
    """P: messages are pushed; N: the phone is notified and fetches them. With a length, messages are cut to it, waiting ones
    too. With a group, for that group only."""
    method = (request.delivery_method or "").strip().upper()
    if method not in ("P", "N"):
        raise CspError(StatusCode.BAD_PARAMETER, "DeliveryMethod is P or N")
    length = request.accepted_content_length
    if request.group_id is not None:
        return _set_group_method(ctx, request.group_id, method, length)
    # The limit as agreed; this request's own way may allow less.
    caps = replace(ctx.services.sessions.records.capabilities(ctx.sid), delivery=method)
    if length:
        caps = replace(caps, accepted=capabilities.text_length(length, caps.parser), rich=length)
    ctx.effects.update.capabilities = caps
    ctx.effects.update.fetches_messages = method == "N"
    ctx.send(commands.ReloadCapabilities())
    cut_waiting_messages(ctx, caps)
    return status(StatusCode.SUCCESSFUL)


def _set_group_method(ctx: Context, group: str, method: str, length: int | None) -> Primitive:
    name = group_name(ctx, group)
    kept = group_methods(ctx)
    kept.pop(name, None)
    kept[name] = (method, length or 0)
    ctx.effects.update.group_methods = dict(list(kept.items())[-MAX_GROUP_METHODS:])
    with suppress(CspError):  # one that is not joined has it when it is
        room = rooms.find_joined_room(ctx, group, rooms.joined_rooms(ctx))
        ctx.send(commands.ChangeRoomSettings(room, delivery=method, length=length or 0))
    return status(StatusCode.SUCCESSFUL)


def group_name(ctx: Context, group: str) -> str:
    """A group's address as one key: with the domain, in one form of a public group. 901 when it is no address of a group."""
    address = addresses.parse_address(group)
    if not address.user and not address.resource:
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "no group")
    parts = [addresses.fold(part) for part in (address.user, address.resource or "") if part]
    return "/".join(parts) + f"@{address.domain or ctx.session.domain}"


def group_methods(ctx: Context) -> dict[str, tuple[str, int]]:
    """Delivery method, P or N, and accepted length (0: as for others) of messages of single groups, by group_name()."""
    return ctx.services.sessions.records.group_methods(ctx.sid)


def cut_waiting_messages(ctx: Context, caps: Capabilities) -> None:
    """Cuts waiting messages that are longer than the phone accepts now into parts."""
    for text, payload in ctx.services.sessions.items.messages(ctx.sid):
        parts = fitting.text_parts(text, _spoken(ctx), caps)
        # A question is answered by its id: it is cut when it goes out, and keeps that.
        if len(parts) > 1 and not text.data and not records.unpack_event(payload).get("asks"):
            ids = [ordered_id(time.time()) for _ in parts]
            names = [copies.copy_part_name(text.copy)] * (len(parts) - 1) + [text.copy]
            ctx.effects.split_items[text.id] = [
                (id_, records.stored(text.sender, records.with_body(payload, part, id_), name))
                for id_, name, part in zip(ids, names, parts, strict=True)
            ]


def _spoken(ctx: Context) -> Session:
    """The session, with the version and the encoding of this request."""
    return replace(ctx.session, version=ctx.version, encoding=ctx.encoding.value)


def _waiting(ctx: Context) -> list[messages.Text]:
    """Messages that the phone has not acknowledged, in the form that it accepts, oldest first."""
    return sorted(
        (messages.fitting_text(each, ctx.caps) for each, _ in ctx.services.sessions.items.messages(ctx.sid)),
        key=lambda each: (each.time, each.id),
    )


def get_message(ctx: Context, request: GetMessageRequest) -> Primitive:
    """The content of one message, which stays until the phone acknowledges it. Of a message that is too long: the first part;
    the phone is notified of the others. 426 for an unknown one."""
    text = _named(ctx, request.message_id)
    spelled = spellings(ctx.services, ctx.sid, [text.sender]).get(text.sender)
    if (
        text.data
        and fitting.document_bytes_around(messages.new_message(text, ctx.session, spelled), ctx.version, ctx.encoding)
        > ctx.caps.parser
    ):
        text = replace(text, type="text/plain", data=b"")
    first, *others = [text.body] if text.data else fitting.text_parts(text, _spoken(ctx), ctx.caps, spelling=spelled)
    if others:
        stored = ctx.services.sessions.items.messages(ctx.sid)
        payload = next((payload for each, payload in stored if each.id == text.id), None)
        if payload is not None:
            ctx.effects.cut_items[text.id] = (payload, oversize.message_parts(payload, [first, *others]))
        text = replace(text, body=first)
    info = messages.message_info(text, ctx.session, spelled)
    return GetMessageResponse(message_info=info, content_data=messages.content_data(text))


def _named(ctx: Context, message_id: str | None) -> messages.Text:
    """A waiting message, or one of the group history that was last listed. 426 when there is none."""
    text = next((each for each in _waiting(ctx) if each.id == message_id), None)
    text = text or history.remembered_message(ctx, message_id or "")
    if text is None:
        raise CspError(StatusCode.INVALID_MESSAGE_ID, "no such message")
    return text


def get_message_list(ctx: Context, request: GetMessageListRequest) -> Primitive:
    """Waiting messages, oldest first, as many as the phone can read; with a group, the group's history. Without content, which
    the phone fetches."""
    if request.group_id is not None:
        return _listed(ctx, *history.group_history(ctx, request.group_id, request.message_count))
    waiting = _waiting(ctx)
    total = len(waiting)
    if request.message_count is not None:
        waiting = waiting[: request.message_count]
    if not ctx.segmented:
        waiting = waiting[: max(ctx.caps.parser // history.MESSAGE_INFO_BYTES, 1)]
    return _listed(ctx, waiting, total)


def _listed(ctx: Context, texts: list[messages.Text], total: int) -> GetMessageListResponse:
    spelled = spellings(ctx.services, ctx.sid, [each.sender for each in texts])
    infos = [messages.message_info(each, ctx.session, spelled.get(each.sender)) for each in texts]
    if ctx.version == "1.3":
        return GetMessageListResponse(message_info_list=MessageInfoList(message_info=infos), message_total_count=total)
    return GetMessageListResponse(message_info=infos)


def reject_messages(ctx: Context, request: RejectMessageRequest) -> Primitive:
    """Removes messages that the phone does not want, without a receipt. 426 when none of them waits."""
    known = {each.id for each in _waiting(ctx)}
    unknown = [each for each in request.message_id if each not in known]
    if unknown and len(unknown) == len(request.message_id):
        raise CspError(StatusCode.INVALID_MESSAGE_ID, "no such message")
    ctx.effects.dropped_items.extend(each for each in request.message_id if each in known)
    if not unknown:
        return status(StatusCode.SUCCESSFUL)
    details = [DetailedResult(code=StatusCode.INVALID_MESSAGE_ID, message_id=unknown if ctx.version != "1.1" else [])]
    return Status(result=Result(code=StatusCode.PARTIALLY_SUCCESSFUL, detailed_result=details))


def forward_message(ctx: Context, request: ForwardMessageRequest) -> Primitive:
    """Sends a waiting message, or one of a group's history, to other users. It stays until it is acknowledged."""
    text = _named(ctx, request.message_id)
    to, details = _recipients(ctx, request.recipient or Recipient())
    if not to:
        raise _refusal(details)
    message_id = token(MESSAGE_ID_LENGTH)
    body = f"Fwd: {text.nick or text.group or ctx.session.spelled(text.sender)}\n{text.body}"
    _check_size(to, body)
    for stanza_id, jid in _stanza_ids(message_id, to).items():
        ctx.send(commands.outgoing(stanza_id, jid, to[jid], body, receipt=False))
    if ctx.version == "1.3" and not details:
        return ForwardMessageResponse(message_id=message_id)
    return Status(
        result=Result(code=StatusCode.PARTIALLY_SUCCESSFUL if details else StatusCode.SUCCESSFUL, detailed_result=details)
    )


HANDLERS: Table = {
    SendMessageRequest: send_message,
    MessageDelivered: message_delivered,
    SetDeliveryMethodRequest: set_delivery_method,
    GetMessageRequest: get_message,
    GetMessageListRequest: get_message_list,
    RejectMessageRequest: reject_messages,
    ForwardMessageRequest: forward_message,
}
