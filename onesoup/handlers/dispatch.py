"""Answers one message of a phone: log-in, poll, answers to the server's transactions, or requests (flows.md 15).

onesoup.csp.transactions decides which of these a message is; this module carries it out, with the stores. A repeated request
gets the stored bytes and acts once. Answers of the phone take effect before the next item is handed out."""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import structlog

from onesoup.csp import short_addresses, transactions
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Transaction
from onesoup.csp.codec.generated_elements import (
    GetNewPasswordRequest,
    GetSPInfoRequest,
    LogoutRequest,
    Primitive,
    RegistrationRequest,
    SystemMessageUser,
    WVCSPVersionDiscoveryRequest,
)
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.session import Capabilities
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Kind, answer_to, closed_by, status
from onesoup.handlers import (
    metrics,
    oversize,
    render,
    segments,
    session,
    system,
    wakeups,
)
from onesoup.handlers.context import Context, GatewayServices, Peer, contact_pictures
from onesoup.handlers.handler_table import handle_primitive
from onesoup.handlers.login import operator_limits, registration, throttle
from onesoup.handlers.login.access import end_session
from onesoup.handlers.login.repeats import login_once
from onesoup.handlers.provider import Provider
from onesoup.handlers.replies import EMPTY_REPLY, Reply, answer_code, encode_reply
from onesoup.handlers.request_notes import NO_NOTES, RequestNotes
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import NoSession, OutboxFull, StoreDown
from onesoup.store.session.gateway_side import StoredReply
from onesoup.store.session.inbox import InboxItem, NothingWaits
from onesoup.wire.document import Encoding

log = structlog.get_logger()

# Every phone's parser takes this much: its own limit need not be read.
ALWAYS_FITS_BYTES = 500
Hooks = list[Callable[[], None]]
MAX_HOLD_SECONDS = 10.0
# What a request has left for its answer when it has waited for the store.
LEAST_DEADLINE_SECONDS = 2.0


class Exchange:
    """Answers messages of phones. Keeps no state between two messages."""

    def __init__(self, services: GatewayServices, notes: RequestNotes = NO_NOTES) -> None:
        self._services, self._notes = services, notes

    def run(self, message: Message, raw: bytes, peer: Peer, written: Hooks | None = None) -> bytes:
        """The bytes of the reply, b"" for none. Never raises for anything that a phone or a server can cause. Adds to `written`
        what must be called once the reply has been written to the phone's connection."""
        try:
            reply, code = self._run(message, raw, peer, [] if written is None else written, time.monotonic())
        except Exception as error:
            code, description = self._refusal(message, peer, error)
            reply = write_message(transactions.refuse_message(message, code, description))
        metrics.count_request(message, code)
        self._notes.answered(message, len(raw), peer, code)
        return reply

    def _refusal(self, message: Message, peer: Peer, error: Exception) -> tuple[int, str]:
        """The code and the description with which every request of the message is refused."""
        if isinstance(error, NoSession):
            if error.code == StatusCode.INVALID_SESSION:
                self._unknown_session(peer)
            return error.code, ""
        if isinstance(error, CspError | BackendError):
            return error.code, error.description
        if isinstance(error, OutboxFull):
            log.warning("outbox-full", sid=short(message.session_id or ""), primitive=_names(message))
            return StatusCode.SERVICE_UNAVAILABLE, "try again later"
        if isinstance(error, TooMuch):
            log.warning("too-much", sid=short(message.session_id or ""), primitive=_names(message))
            return StatusCode.MESSAGE_QUEUE_IS_FULL, "too much is kept for you already"
        if isinstance(error, StoreDown):
            log.warning("store-down", reason=str(error), primitive=_names(message))
            return StatusCode.SERVICE_UNAVAILABLE, "try again later"
        # A bug, or a record that cannot be read. Any HTTP status but 200 would cost the phone its session.
        log_bug(error, primitive=_names(message))
        return StatusCode.INTERNAL_ERROR, "internal error"

    def _run(self, message: Message, raw: bytes, peer: Peer, written: Hooks, began: float) -> Reply:
        kind = transactions.classify(message)
        if kind is Kind.LOGIN:
            return login_once(self._services, message, raw, peer)
        if kind is Kind.OUTSIDE:
            return self._outside(message, raw, peer)
        while True:
            try:
                return self._inband(kind, message, raw, peer, written, began)
            except StoreDown as error:
                written.clear()
                # Tried anew as if the phone had sent it again: what the first try has done is not done twice.
                if not self._services.patience.wait(error, began):
                    raise

    def _inband(self, kind: Kind, message: Message, raw: bytes, peer: Peer, written: Hooks, began: float) -> Reply:
        assert message.session_id is not None
        if self._services.orders.blocks.has_agents:
            self._end_of_blocked_agent(message.session_id, peer)
        try:
            if kind is Kind.POLL:
                return self._poll(message, message.session_id, peer, began), StatusCode.SUCCESSFUL
            if kind is Kind.ANSWERS:
                return self._answers(message, message.session_id, peer, raw), StatusCode.SUCCESSFUL
            return self._requests(message, message.session_id, raw, peer, written, began)
        except NoSession:
            new = self._services.sessions.moved_to(message.session_id)
            if new is None or (kind is Kind.REQUESTS and not new):
                raise
            return self._moved(kind, message, new, raw, peer, written, began)

    def _moved(self, kind: Kind, message: Message, new: str, raw: bytes, peer: Peer, written: Hooks, began: float) -> Reply:
        """A message of the session before, sent before the phone got the session `new`, "" while that is being made. Polls stay
        empty; acknowledgements and requests count for the new session; a log-out does not end it."""
        if kind is Kind.REQUESTS and not any(isinstance(each.content, LogoutRequest) for each in message.transactions):
            return self._requests(message, new, raw, peer, written, began)
        if kind is Kind.REQUESTS:
            goodbye = session.logout_answer(message.version)
            return encode_reply(
                message, [answer_to(each, goodbye) for each in transactions.to_answer(message)]
            ), StatusCode.SUCCESSFUL
        for transaction in message.transactions if kind is Kind.ANSWERS and new else ():
            if read := closed_by(transaction).message_id:
                with suppress(NoSession):
                    self._closed(read, self._services.inbox.take(new, message_id=read, only_answer=True, address=peer.address))
        return EMPTY_REPLY, StatusCode.SUCCESSFUL

    def _end_of_blocked_agent(self, sid: str, peer: Peer) -> None:
        """Which User-Agent a session has only its requests say: the first one after a block ends it."""
        block = operator_limits.blocked_agent(self._services, peer)
        if block is not None:
            self._services.orders.refused(block)
            with suppress(NoSession):
                end_session(self._services.sessions, sid)

    def _unknown_session(self, peer: Peer) -> None:
        with suppress(StoreDown):
            throttle.note_unknown_session(self._services, peer)

    def _outside(self, message: Message, raw: bytes, peer: Peer) -> Reply:
        first = message.transactions[0]
        if isinstance(first.content, RegistrationRequest):
            answer: Primitive = registration.register_account(self._services, first.content, _digest(raw), peer)
        elif isinstance(first.content, GetNewPasswordRequest):
            answer = registration.refuse_new_password(first.content)
        else:
            answer = _outside(first.content, message.version, self._services.policy.provider)
        return encode_reply(message, [answer_to(first, answer)]), answer_code(answer)

    # --- polls and answers ---

    def _poll(self, message: Message, sid: str, peer: Peer, began: float) -> bytes:
        services = self._services
        hold = min(services.policy.poll_hold, began + MAX_HOLD_SECONDS - time.monotonic())
        if hold <= 0 or services.draining():
            return self._item(message, sid, peer, services.inbox.poll(sid, short=_short(message), address=peer.address))
        with services.replies.expect(f"poll {sid}") as expected:
            channel = services.replies.channel
            item = services.inbox.poll(sid, hold=channel, short=_short(message), address=peer.address)
            if isinstance(item, NothingWaits) and item.wait:
                # An unanswered item may become due for redelivery before anything new arrives.
                wait = min(item.wait, hold)
                with metrics.HELD_POLLS.track_inprogress():
                    news = expected.wait(wait)
                if news is not None or wait < hold:
                    item = services.inbox.take(sid, short=_short(message))
        return self._item(message, sid, peer, item)

    def _answers(self, message: Message, sid: str, peer: Peer, raw: bytes) -> bytes:
        """Each answer closes its item. The reply to the last one may carry the next item."""
        for transaction in message.transactions:
            if isinstance(transaction.content, SystemMessageUser):
                self._decided(transaction, sid, _digest(raw))
        *before, last = message.transactions
        for transaction in before:
            self._close(sid, transaction, peer)
        closed = closed_by(last)
        item = self._services.inbox.take(
            sid, answered=closed.tid, message_id=closed.message_id, short=_short(message), address=peer.address
        )
        self._closed(closed.message_id, item)
        return self._item(message, sid, peer, item)

    def _decided(self, transaction: Transaction, sid: str, digest: str) -> None:
        """Carries out an answer to a system message, which may be more than an acknowledgement. An answer to nothing counts as
        one."""
        assert isinstance(transaction.content, SystemMessageUser)
        opened = self._services.sessions.open(sid, transaction.id, digest)
        if isinstance(opened, StoredReply):
            return
        with suppress(CspError):
            effects = system.system_message_effects(self._services, sid, opened.session, transaction.content)
            self._services.sessions.commit(sid, transaction.id, digest, EMPTY_REPLY, effects)

    def _close(self, sid: str, transaction: Transaction, peer: Peer) -> None:
        closed = closed_by(transaction)
        done = self._services.inbox.take(
            sid, answered=closed.tid, message_id=closed.message_id, only_answer=True, address=peer.address
        )
        self._closed(closed.message_id, done)

    def _closed(self, message_id: str, taken: InboxItem | NothingWaits) -> None:
        if taken.closed is not None:
            metrics.observe_delivery(message_id, taken.closed)

    def _item(self, message: Message, sid: str, peer: Peer, item: InboxItem | NothingWaits) -> bytes:
        if isinstance(item, NothingWaits):
            return EMPTY_REPLY
        if item.repeated:
            metrics.count_redelivery(item.id)
        reply = self._written(message, item, partial(contact_pictures, self._services))
        if len(reply) > ALWAYS_FITS_BYTES and len(reply) > (room := min(records.unpack_caps(item.caps).parser, peer.room)):
            reply = oversize.ItemFitter(self._services, sid, item, message, room).reply(reply)
        if item.aliases:
            self._services.aliases.keep(records.known_session(item.record).jid, item.aliases)
        return reply

    def _written(self, message: Message, item: InboxItem, images: Callable[[Iterable[str]], render.Pictures]) -> bytes:
        return oversize.encode_item(message, item, self._services.policy.plain_emoji, images)

    # --- requests ---

    def _deadline(self, began: float) -> float:
        """Until when a request may wait for XMPP that came at `began` and may have waited for the store."""
        whole = self._services.policy.deadline
        return max(began + whole, time.monotonic() + min(whole, LEAST_DEADLINE_SECONDS))

    def _requests(self, message: Message, sid: str, raw: bytes, peer: Peer, written: Hooks, began: float) -> Reply:
        services, digest, first_id = self._services, _digest(raw), message.transactions[0].id
        opened = services.sessions.open(sid, first_id, digest, address=peer.address)
        if isinstance(opened, StoredReply):
            metrics.DUPLICATES.labels("request").inc()
            return opened.reply, StatusCode.SUCCESSFUL
        ctx = Context(
            services=services,
            sid=sid,
            session=opened.session,
            version=message.version,
            peer=peer,
            caps=_within(opened.capabilities, peer),
            unsaid=opened.unsaid,
            upload=opened.upload_limit,
            encoding=message.encoding,
            segmented=opened.reads_segments,
            deadline=self._deadline(began),
        )
        for transaction in message.transactions:
            if closed_by(transaction):
                self._close(sid, transaction, peer)
        answers = self._handled(ctx, transactions.to_answer(message))
        waiting = (opened.waiting > 0 or bool(ctx.effects.presence_due or ctx.effects.told)) and ctx.effects.end_code is None
        # Plain text syntax has no CIR flag.
        cir = (
            None
            if _short(message) or not answers
            else wakeups.cir_flag(ctx, opened.has_line, opened.no_line_since_ms, time.time())
        )
        reply = encode_reply(message, answers, poll=waiting, cir=cir) if answers else EMPTY_REPLY
        if len(reply) > ctx.caps.parser:
            reply = (
                segments.split_answer(ctx, message, answers, waiting)
                or oversize.shortened_answer(ctx, message, answers, waiting)
                or EMPTY_REPLY
            )
        if answers and not reply:
            refused = [
                answer_to(each, status(StatusCode.RESPONSE_TOO_LARGE, "response too large"))
                for each in transactions.to_answer(message)
            ]
            reply = encode_reply(message, refused, poll=waiting)
        if opened.unsaid and ctx.effects.update.unsaid is None:
            ctx.effects.update.unsaid = b""  # the phone has gone on to something else
        elif ctx.effects.update.unsaid:
            written.append(partial(services.sessions.forget_unsaid, sid))
        code = answer_code(answers[0].content) if answers else StatusCode.SUCCESSFUL
        if not ctx.effects and all(type(each.content) in transactions.REPEATABLE_PRIMITIVES for each in message.transactions):
            return reply, code
        return services.sessions.commit(sid, first_id, digest, reply, ctx.effects), code

    def _handled(self, ctx: Context, requests: Sequence[Transaction]) -> list[Transaction]:
        """The answers to requests of a session, with short addresses both ways where the handset needs them."""
        session, aliases = ctx.session, self._services.aliases
        known = aliases.find(session.jid, short_addresses.aliases_in([each.content for each in requests], session))
        for each in requests if known else ():
            short_addresses.lengthen(each.content, session, known)
        answers = [answer_to(each, handle_primitive(ctx, each.content)) for each in requests]
        made: dict[str, str] = {}
        for each in answers:
            made |= short_addresses.shorten(each.content, session)
        aliases.keep(session.jid, {**known, **made})
        return answers


def _outside(content: Primitive, version: str, provider: Provider) -> Primitive:
    if isinstance(content, WVCSPVersionDiscoveryRequest):
        return session.discover_versions(content)
    assert isinstance(content, GetSPInfoRequest)
    return session.sp_info_answer(content, version, provider)


def _within(caps: Capabilities, peer: Peer) -> Capabilities:
    """The phone's capabilities, with the limit of the way on which the answer goes back."""
    return caps if caps.parser <= peer.room else replace(caps, parser=peer.room)


def _short(message: Message) -> bool:
    """Whether the phone can only send small numbers as TransactionID."""
    return message.encoding is Encoding.PTS


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _names(message: Message) -> str:
    return ",".join(type(each.content).__name__ for each in message.transactions[:4])
