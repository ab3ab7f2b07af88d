"""One POST: the messages in it are run in order, and at most one server transaction goes back (flows.md 15).

What a message asks for is decided by onesoup.csp.transactions; here it is done, with the stores. A repeated request gets the
stored bytes and acts once. What the phone has answered is done before the next item is handed out."""

import hashlib
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import structlog

from onesoup.csp import transactions
from onesoup.csp.codec import envelope, fast_wbxml
from onesoup.csp.codec.envelope import Malformed, Message, Mode, SessionType, Transaction, Unknown
from onesoup.csp.codec.generated_elements import (
    GetNewPasswordRequest,
    GetSPInfoRequest,
    LoginRequest,
    LogoutRequest,
    Primitive,
    RegistrationRequest,
    SystemMessageUser,
    WVCSPVersionDiscoveryRequest,
)
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.session import Capabilities
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Kind, answered, closes, status
from onesoup.handlers import (
    authorization,
    blocking,
    contacts,
    messages,
    metrics,
    notifications,
    oversize,
    profile,
    render,
    search,
    segments,
    session,
    system,
    wakeups,
)
from onesoup.handlers import presence as presence_handlers
from onesoup.handlers.context import Context, GatewayServices, Peer, pictures
from onesoup.handlers.groups import groups, invitations, members, properties
from onesoup.handlers.login import access, registration, throttle
from onesoup.handlers.provider import Provider
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import NoSession, OutboxFull, StoreDown
from onesoup.store.session.gateway_side import StoredReply
from onesoup.store.session.inbox import InboxItem, NothingWaits
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

log = structlog.get_logger()

HANDLERS: transactions.Table = {
    **session.HANDLERS,
    **contacts.HANDLERS,
    **presence_handlers.HANDLERS,
    **authorization.HANDLERS,
    **blocking.HANDLERS,
    **groups.HANDLERS,
    **invitations.HANDLERS,
    **members.HANDLERS,
    **properties.HANDLERS,
    **messages.HANDLERS,
    **search.HANDLERS,
    **profile.HANDLERS,
    **system.HANDLERS,
    **notifications.HANDLERS,
}
EMPTY = b""
# No phone's parser takes less, so nobody has to look what this one's takes.
ALWAYS_FITS = 500
Hooks = list[Callable[[], None]]
# The octets of an answer, and what it says of the first request in the message.
Replied = tuple[bytes, int]
HARD_HOLD = 10.0


class Exchange:
    """Answers messages of phones. Holds nothing between two of them."""

    def __init__(self, services: GatewayServices) -> None:
        self._services = services

    def run(self, message: Message, raw: bytes, peer: Peer, written: Hooks | None = None) -> bytes:
        """The octets of the answer, b"" for none. Never raises for anything that a phone or a server can cause. What is put
        into `written` wants to be called when the answer has been written to the phone's connection."""
        try:
            reply, code = self._run(message, raw, peer, [] if written is None else written)
            metrics.requested(message, code)
            return reply
        except NoSession as error:
            code, description = error.code, ""
            if code == StatusCode.INVALID_SESSION:
                self._stray(peer)
        except (CspError, BackendError) as error:
            code, description = error.code, error.description
        except OutboxFull:
            log.warning("outbox-full", sid=short(message.session_id or ""), primitive=_names(message))
            code, description = StatusCode.SERVICE_UNAVAILABLE, "try again later"
        except TooMuch:
            log.warning("too-much", sid=short(message.session_id or ""), primitive=_names(message))
            code, description = StatusCode.MESSAGE_QUEUE_IS_FULL, "too much is kept for you already"
        except StoreDown as error:
            log.warning("store-down", reason=str(error), primitive=_names(message))
            code, description = StatusCode.SERVICE_UNAVAILABLE, "try again later"
        except Exception as error:
            # A bug of ours, or a record that cannot be read. Any HTTP status but 200 would cost the phone its session.
            log.exception("bug", kind=type(error).__name__, primitive=_names(message))
            code, description = StatusCode.INTERNAL_ERROR, "internal error"
        metrics.requested(message, code)
        return _encode(transactions.refuse(message, code, description))

    def _run(self, message: Message, raw: bytes, peer: Peer, written: Hooks) -> Replied:
        kind = transactions.classify(message)
        if kind is Kind.LOGIN:
            return self._login(message, raw, peer)
        if kind is Kind.OUTSIDE:
            return self._outside(message, raw, peer)
        assert message.session_id is not None
        try:
            if kind is Kind.POLL:
                return self._poll(message, message.session_id, peer), StatusCode.SUCCESSFUL
            if kind is Kind.ANSWERS:
                return self._answers(message, message.session_id, peer, raw), StatusCode.SUCCESSFUL
            return self._requests(message, message.session_id, raw, peer, written)
        except NoSession:
            new = self._services.sessions.moved_to(message.session_id)
            if new is None or (kind is Kind.REQUESTS and not new):
                raise
            return self._moved(kind, message, new, raw, peer, written)

    def _moved(self, kind: Kind, message: Message, new: str, raw: bytes, peer: Peer, written: Hooks) -> Replied:
        """What a phone had on its way when it was given the session `new`, "" for one that is just being made: polls are empty,
        what it has read and what it asks for counts for the new session, and it does not log out of that."""
        if kind is Kind.REQUESTS and not any(isinstance(each.content, LogoutRequest) for each in message.transactions):
            return self._requests(message, new, raw, peer, written)
        if kind is Kind.REQUESTS:
            goodbye = session.logged_out(message.version)
            return _encode(
                transactions.reply(message, [answered(each, goodbye) for each in transactions.to_answer(message)])
            ), StatusCode.SUCCESSFUL
        for transaction in message.transactions if kind is Kind.ANSWERS and new else ():
            if read := closes(transaction).message_id:
                with suppress(NoSession):
                    self._closed(read, self._services.inbox.take(new, message_id=read, only_answer=True, address=peer.address))
        return EMPTY, StatusCode.SUCCESSFUL

    def _stray(self, peer: Peer) -> None:
        with suppress(StoreDown):
            throttle.stray(self._services, peer)

    def _outside(self, message: Message, raw: bytes, peer: Peer) -> Replied:
        first = message.transactions[0]
        if isinstance(first.content, RegistrationRequest):
            answer: Primitive = registration.register(self._services, first.content, _digest(raw), peer)
        elif isinstance(first.content, GetNewPasswordRequest):
            answer = registration.new_password(first.content)
        else:
            answer = _outside(first.content, message.version, self._services.policy.provider)
        return _encode(transactions.reply(message, [answered(first, answer)])), _code(answer)

    # --- log-in ---

    def _login(self, message: Message, raw: bytes, peer: Peer) -> Replied:
        """A repeated log-in gets the stored answer while the session that it made lives (flows.md 15)."""
        # Keyed: the octets hold a password, and the rest of them can be guessed.
        logins, digest = self._services.logins, self._services.ring.digest(raw.decode("latin-1"), "login").hex()
        deadline = time.monotonic() + self._services.policy.deadline
        while not logins.claim(digest, seconds=round(self._services.policy.deadline) + 2):
            # The same octets are being served now: the phone's connection broke and it came again.
            if time.monotonic() > deadline:
                raise BackendError(StatusCode.TIMEOUT, "the first try is still running")
            time.sleep(0.1)
        try:
            stored = logins.reply(digest)
            if stored is not None and self._lives(stored[0]):
                metrics.DUPLICATES.labels("login").inc()
                return stored[1], StatusCode.SUCCESSFUL
            transaction = message.transactions[0]
            assert isinstance(transaction.content, LoginRequest)
            outcome = access.login(
                self._services,
                transaction.content,
                transaction.id,
                message.version,
                peer,
                deadline,
                message.session_id,
                message.encoding.value,
            )
            reply = _encode(transactions.reply(message, [answered(transaction, outcome.response)]))
            if outcome.sid is not None:
                logins.put_reply(digest, outcome.sid, reply)
            return reply, _code(outcome.response)
        finally:
            logins.unclaim(digest)

    def _lives(self, sid: str) -> bool:
        return self._services.sessions.lives(sid)

    # --- polls and answers ---

    def _poll(self, message: Message, sid: str, peer: Peer) -> bytes:
        services = self._services
        hold = min(services.policy.poll_hold, HARD_HOLD)
        if hold <= 0 or services.draining():
            return self._item(message, sid, peer, services.inbox.poll(sid, short=_short(message), address=peer.address))
        with services.replies.expect(f"poll {sid}") as expected:
            channel = services.replies.channel
            item = services.inbox.poll(sid, hold=channel, short=_short(message), address=peer.address)
            if isinstance(item, NothingWaits) and item.wait:
                # An item that the phone has left without an answer may be overdue before anything new wakes us.
                wait = min(item.wait, hold)
                with metrics.HELD.track_inprogress():
                    news = expected.wait(wait)
                if news is not None or wait < hold:
                    item = services.inbox.take(sid, short=_short(message))
        return self._item(message, sid, peer, item)

    def _answers(self, message: Message, sid: str, peer: Peer, raw: bytes) -> bytes:
        """Each answer closes its item; the reply to the last one may carry the next item."""
        for transaction in message.transactions:
            if isinstance(transaction.content, SystemMessageUser):
                self._decided(transaction, sid, _digest(raw))
        *before, last = message.transactions
        for transaction in before:
            self._close(sid, transaction, peer)
        closed = closes(last)
        item = self._services.inbox.take(
            sid, answered=closed.tid, message_id=closed.message_id, short=_short(message), address=peer.address
        )
        self._closed(closed.message_id, item)
        return self._item(message, sid, peer, item)

    def _decided(self, transaction: Transaction, sid: str, digest: str) -> None:
        """A system message may be answered by more than an acknowledgement. An answer to nothing counts as one."""
        assert isinstance(transaction.content, SystemMessageUser)
        opened = self._services.sessions.open(sid, transaction.id, digest)
        if isinstance(opened, StoredReply):
            return
        with suppress(CspError):
            effects = system.decided(self._services, sid, opened.session, transaction.content)
            self._services.sessions.commit(sid, transaction.id, digest, EMPTY, effects)

    def _close(self, sid: str, transaction: Transaction, peer: Peer) -> None:
        closed = closes(transaction)
        done = self._services.inbox.take(
            sid, answered=closed.tid, message_id=closed.message_id, only_answer=True, address=peer.address
        )
        self._closed(closed.message_id, done)

    def _closed(self, message_id: str, taken: InboxItem | NothingWaits) -> None:
        if taken.closed is not None:
            metrics.delivered(message_id, taken.closed)

    def _item(self, message: Message, sid: str, peer: Peer, item: InboxItem | NothingWaits) -> bytes:
        if isinstance(item, NothingWaits):
            return EMPTY
        if item.repeated:
            metrics.again(item.id)
        reply = self._written(message, item, partial(pictures, self._services))
        if len(reply) > ALWAYS_FITS and len(reply) > (room := min(records.unpack_caps(item.caps).parser, peer.room)):
            return oversize.Fitter(self._services, sid, item, message, room).reply(reply)
        return reply

    def _written(self, message: Message, item: InboxItem, images: Callable[[Iterable[str]], render.Pictures]) -> bytes:
        return oversize.written(message, item, self._services.policy.plain_emoji, images)

    # --- requests ---

    def _requests(self, message: Message, sid: str, raw: bytes, peer: Peer, written: Hooks) -> Replied:
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
            deadline=time.monotonic() + services.policy.deadline,
        )
        for transaction in message.transactions:
            if closes(transaction):
                self._close(sid, transaction, peer)
        answers = [answered(each, handle(ctx, each.content)) for each in transactions.to_answer(message)]
        waiting = (opened.waiting > 0 or bool(ctx.effects.presence_due)) and ctx.effects.end_code is None
        # Plain text syntax cannot say it.
        cir = None if _short(message) or not answers else wakeups.flag(ctx, opened.has_line, opened.no_line_since_ms, time.time())
        reply = _encode(transactions.reply(message, answers, poll=waiting, cir=cir)) if answers else EMPTY
        if len(reply) > ctx.caps.parser:
            reply = segments.split(ctx, message, answers, waiting) or oversize.answer(ctx, message, answers, waiting) or EMPTY
        if answers and not reply:
            refused = [
                answered(each, status(StatusCode.RESPONSE_TOO_LARGE, "response too large"))
                for each in transactions.to_answer(message)
            ]
            reply = _encode(transactions.reply(message, refused, poll=waiting))
        if opened.unsaid and ctx.effects.update.unsaid is None:
            ctx.effects.update.unsaid = b""  # the phone has gone on to something else
        elif ctx.effects.update.unsaid:
            written.append(partial(services.sessions.forget_unsaid, sid))
        code = _code(answers[0].content) if answers else StatusCode.SUCCESSFUL
        if not ctx.effects and all(type(each.content) in transactions.REPEATABLE for each in message.transactions):
            return reply, code
        return services.sessions.commit(sid, first_id, digest, reply, ctx.effects), code


def handle(ctx: Context, content: Primitive) -> Primitive:
    """The answer of one primitive. A refusal is an answer that changes nothing; the other transactions of the message go on."""
    if isinstance(content, Malformed):
        return status(content.error.code, content.error.description)
    handler = HANDLERS.get(type(content))
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


def unreadable(body: bytes, error: WireError | CspError, partial: Element | None) -> Message | None:
    """The answer to a document that could not be read: a Status under its own ids, None when it shows no TransactionID."""
    sid, transaction_id = envelope.salvage(partial)
    if transaction_id is None:
        return None
    told = error.code if isinstance(error, CspError) else error.status
    version = getattr(error, "version", None) or _version(partial)
    return Message(
        version=version if version in session.SPOKEN else session.SPOKEN[-1],
        encoding=codec.detect(body),
        transactions=[Transaction(Mode.RESPONSE, transaction_id, status(told, str(error)))],
        session_id=sid,
        session_type=SessionType.INBAND if sid else SessionType.OUTBAND,
    )


def _version(partial: Element | None) -> str:
    uri = (partial.attrs or {}).get("xmlns", "") if partial is not None else ""
    return next((version for version in session.SPOKEN if uri.endswith(version)), "1.2")


def _outside(content: Primitive, version: str, provider: Provider) -> Primitive:
    if isinstance(content, WVCSPVersionDiscoveryRequest):
        return session.discovery(content)
    assert isinstance(content, GetSPInfoRequest)
    return session.sp_info(content, version, provider)


def _within(caps: Capabilities, peer: Peer) -> Capabilities:
    """What the phone takes by the way on which the answer goes back."""
    return caps if caps.parser <= peer.room else replace(caps, parser=peer.room)


def _short(message: Message) -> bool:
    """Whether the phone can say no other TransactionID than a small number."""
    return message.encoding is Encoding.PTS


def _code(answer: Primitive) -> int:
    """What an answer says of its request; one that carries no result is a good one."""
    result = getattr(answer, "result", None)
    return (result.code if result is not None else None) or StatusCode.SUCCESSFUL


def _encode(message: Message) -> bytes:
    return fast_wbxml.encode(message)


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _names(message: Message) -> str:
    return ",".join(type(each.content).__name__ for each in message.transactions[:4])
