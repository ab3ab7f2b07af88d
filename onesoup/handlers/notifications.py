"""Further requests of CSP 1.3: notifications, segments of long answers, and requests that XMPP has no counterpart for."""

from dataclasses import replace

from onesoup.csp import notices
from onesoup.csp.codec.generated_elements import (
    DropSegmentRequest,
    ExtendConversationRequest,
    ExtendedRequest,
    GetMapRequest,
    GetSegmentRequest,
    GetSegmentResponse,
    Primitive,
    SegmentID,
    SubscribeNotificationRequest,
    UnsubscribeNotificationRequest,
)
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers.context import Context
from onesoup.xmpp import commands


def subscribe_notifications(ctx: Context, request: SubscribeNotificationRequest) -> Primitive:
    return _want(ctx, {*ctx.session.notices, *notices.notice_types(request.notification_type_list)})


def unsubscribe_notifications(ctx: Context, request: UnsubscribeNotificationRequest) -> Primitive:
    return _want(ctx, set(ctx.session.notices) - set(notices.notice_types(request.notification_type_list)))


def _want(ctx: Context, types: set[str]) -> Primitive:
    names = sorted(types)
    ctx.session = replace(ctx.session, notices=tuple(names))
    ctx.effects.update.session = ctx.session
    ctx.send(commands.SetNotices(tuple(names)))
    return status(StatusCode.SUCCESSFUL)


# --- segments ---


def get_segment(ctx: Context, request: GetSegmentRequest) -> Primitive:
    """One segment of a long answer. 420 for an answer that is not kept, 402 for a segment that it does not have."""
    wanted = request.segment_id or SegmentID()
    segments = ctx.services.segments.get(ctx.sid, wanted.transaction_id or "")
    if segments is None:
        raise CspError(StatusCode.INVALID_TRANSACTION, "no such answer")
    number = wanted.segment_reference or 0
    if not 1 <= number <= len(segments):
        raise CspError(StatusCode.BAD_PARAMETER, "no such segment")
    return GetSegmentResponse(segment_content=segments[number - 1])


def drop_segment(ctx: Context, request: DropSegmentRequest) -> Primitive:
    wanted = request.segment_id or SegmentID()
    if not ctx.services.segments.drop(ctx.sid, wanted.transaction_id or ""):
        raise CspError(StatusCode.INVALID_TRANSACTION, "no such answer")
    return status(StatusCode.SUCCESSFUL)


# --- no counterpart ---


def refuse_map(_ctx: Context, _request: GetMapRequest) -> Primitive:
    """Maps are not supported."""
    return status(StatusCode.SERVICE_NOT_SUPPORTED, "there are no maps")


def refuse_extension(_ctx: Context, _request: ExtendedRequest | ExtendConversationRequest) -> Primitive:
    """Private extensions are not known here. A conversation cannot become a room without the other user's knowledge."""
    return status(StatusCode.NOT_IMPLEMENTED, "not implemented")


HANDLERS: Table = {
    SubscribeNotificationRequest: subscribe_notifications,
    UnsubscribeNotificationRequest: unsubscribe_notifications,
    GetSegmentRequest: get_segment,
    DropSegmentRequest: drop_segment,
    GetMapRequest: refuse_map,
    ExtendedRequest: refuse_extension,
    ExtendConversationRequest: refuse_extension,
}
