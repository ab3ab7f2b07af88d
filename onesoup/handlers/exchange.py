"""One POST: the messages in it are run in order, and at most one server transaction goes back (flows.md 15).

Order of the checks: Login-Request needs no session; everything else needs one that lives. A repeated request gets the
stored bytes and acts once. What the phone has answered is done before the next item is handed out."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import structlog

from onesoup.csp import presence
from onesoup.csp.elements import (
    GetSPInfoRequest,
    LoginRequest,
    LoginResponse,
    MessageDelivered,
    PollingRequest,
    Presence,
    PresenceNotificationRequest,
    Primitive,
    Result,
    WVCSPVersionDiscoveryRequest,
)
from onesoup.csp.envelope import Malformed, Message, Mode, SessionType, Transaction, Unknown, write_message
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.messages import new_message
from onesoup.handlers import access, basic, contacts, messages, records
from onesoup.handlers import presence as presence_handlers
from onesoup.handlers.context import Context, Peer, Services, status
from onesoup.store.errors import NoSession, StoreDown
from onesoup.store.inbox import Item, Nothing
from onesoup.wire import codec

log = structlog.get_logger()

HANDLERS: dict[type[Primitive], Callable[[Context, Any], Primitive]] = {
    **basic.HANDLERS,
    **contacts.HANDLERS,
    **presence_handlers.HANDLERS,
    **messages.HANDLERS,
}
EMPTY = b""
HARD_HOLD = 10.0


class Exchange:
    """Answers messages of phones. Holds nothing between two of them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def run(self, message: Message, raw: bytes, peer: Peer) -> bytes:
        """The octets of the answer, b"" for none. Never raises for anything that a phone or a server can cause."""
        try:
            return self._run(message, raw, peer)
        except NoSession as error:
            return self._refuse(message, error.code, "")
        except CspError as error:
            return self._refuse(message, error.code, error.description)
        except BackendError as error:
            return self._refuse(message, error.code, error.description)
        except StoreDown as error:
            log.warning("store-down", reason=str(error), primitive=_names(message))
            return self._refuse(message, 503, "try again later")

    def _run(self, message: Message, raw: bytes, peer: Peer) -> bytes:
        first = message.transactions[0]
        if isinstance(first.content, LoginRequest) and first.mode is Mode.REQUEST:
            return self._login(message, first, first.content, raw, peer)
        if isinstance(first.content, WVCSPVersionDiscoveryRequest):
            return self._encode(message, [Transaction(Mode.RESPONSE, first.id, basic.discovery(first.content))])
        if message.session_id is None:
            if isinstance(first.content, GetSPInfoRequest):
                return self._encode(
                    message, [Transaction(Mode.RESPONSE, first.id, basic.sp_info(first.content, message.version))]
                )
            raise NoSession(604)
        if message.version == "1.0":
            raise CspError(505, "version not supported")
        if all(each.mode is Mode.RESPONSE for each in message.transactions):
            return self._answers(message, message.session_id)
        if len(message.transactions) == 1 and isinstance(first.content, PollingRequest):
            return self._poll(message, message.session_id)
        return self._requests(message, message.session_id, raw, peer)

    # --- log-in ---

    def _login(self, message: Message, transaction: Transaction, request: LoginRequest, raw: bytes, peer: Peer) -> bytes:
        """A repeated log-in gets the stored answer while the session that it made lives (flows.md 15)."""
        if message.version == "1.0":
            raise CspError(505, "version not supported")
        logins, digest = self._services.logins, _digest(raw)
        deadline = time.monotonic() + self._services.policy.deadline
        while not logins.claim(digest, seconds=round(self._services.policy.deadline) + 2):
            # The same octets are being served now: the phone's connection broke and it came again.
            if time.monotonic() > deadline:
                raise BackendError(504, "the first try is still running")
            time.sleep(0.1)
        try:
            stored = logins.reply(digest)
            if stored is not None and self._lives(stored[0]):
                return stored[1]
            outcome = access.login(self._services, request, transaction.id, message.version, peer)
            reply = self._encode(message, [Transaction(Mode.RESPONSE, transaction.id, outcome.response)])
            if outcome.sid is not None:
                logins.put_reply(digest, outcome.sid, reply)
            return reply
        finally:
            logins.unclaim(digest)

    def _lives(self, sid: str) -> bool:
        try:
            self._services.sessions.open(sid, None, "", [], touch=False)
        except NoSession:
            return False
        return True

    # --- polls and answers ---

    def _poll(self, message: Message, sid: str) -> bytes:
        services = self._services
        hold = min(services.policy.poll_hold, HARD_HOLD)
        if hold <= 0 or services.draining():
            return self._item(message, services.inbox.take(sid))
        with services.replies.expect(f"poll {sid}") as expected:
            item = services.inbox.take(sid, hold=services.replies.channel)
            if item is Nothing.WILL_WAKE and expected.wait(hold) is not None:
                item = services.inbox.take(sid)
        return self._item(message, item)

    def _answers(self, message: Message, sid: str) -> bytes:
        """Each answer closes its item; the reply to the last one may carry the next item."""
        *before, last = message.transactions
        for transaction in before:
            self._answered(sid, transaction, only=True)
        return self._item(message, self._answered(sid, last, only=False))

    def _answered(self, sid: str, transaction: Transaction, only: bool) -> Item | Nothing:
        content = transaction.content
        message_id = (content.message_id or "") if isinstance(content, MessageDelivered) else ""
        return self._services.inbox.take(sid, answered=transaction.id or "", message_id=message_id, only_answer=only)

    def _item(self, message: Message, item: Item | Nothing) -> bytes:
        if isinstance(item, Nothing):
            return EMPTY
        return self._encode(message, [Transaction(Mode.REQUEST, item.tid, _primitive(item))], poll=True if item.more else None)

    # --- requests ---

    def _requests(self, message: Message, sid: str, raw: bytes, peer: Peer) -> bytes:
        services, digest, first_id = self._services, _digest(raw), message.transactions[0].id
        opened = services.sessions.open(sid, first_id, digest, ("r", "caps"))
        if opened.reply is not None:
            return opened.reply
        record, caps = opened.fields
        if record is None:
            raise NoSession(604)
        ctx = Context(
            services=services,
            sid=sid,
            session=records.unpack_session(record),
            version=message.version,
            peer=peer,
            caps=records.unpack_caps(caps),
            deadline=time.monotonic() + services.policy.deadline,
        )
        answers = []
        for transaction in message.transactions:
            if transaction.mode is Mode.RESPONSE or isinstance(transaction.content, MessageDelivered):
                self._answered(sid, transaction, only=True)
            if transaction.mode is Mode.REQUEST and not isinstance(transaction.content, PollingRequest):
                answers.append(Transaction(Mode.RESPONSE, transaction.id, handle(ctx, transaction.content)))
        waiting = opened.waiting > 0 or bool(ctx.effects.dirty)
        reply = self._encode(message, answers, poll=True if waiting and ctx.effects.end is None else None) if answers else EMPTY
        return services.sessions.commit(sid, first_id, digest, reply, ctx.effects)

    # --- answers in the phone's own encoding ---

    def _encode(self, message: Message, transactions: list[Transaction], poll: bool | None = None) -> bytes:
        answer = Message(
            version=message.version,
            encoding=message.encoding,
            transactions=transactions,
            session_id=message.session_id,
            session_type=message.session_type,
            poll=poll,
            doctype=message.doctype,
        )
        return codec.encode(write_message(answer))

    def _refuse(self, message: Message, code: int, description: str) -> bytes:
        """Status in the place of any answer; each transaction of the request gets one, an answer of the phone none."""
        asked = [each for each in message.transactions if each.mode is Mode.REQUEST] or message.transactions[:1]
        if message.session_id is not None:
            message.session_type = SessionType.INBAND
        answers = [Transaction(Mode.RESPONSE, each.id, _refusal(each.content, code, description)) for each in asked]
        return self._encode(message, answers)


def _refusal(content: Primitive, code: int, description: str) -> Primitive:
    """A log-in is refused in a Login-Response: S60 takes no Status in the first phase."""
    if isinstance(content, LoginRequest):
        return LoginResponse(client_id=content.client_id, result=Result(code=code, description=description or None))
    return status(code, description or None)


def handle(ctx: Context, content: Primitive) -> Primitive:
    """The answer of one primitive. A refusal is an answer; the other transactions of the message go on."""
    if isinstance(content, Malformed):
        return status(content.error.code, content.error.description)
    handler = HANDLERS.get(type(content))
    if handler is None:
        name = content.name if isinstance(content, Unknown) else content.NAME
        log.info("not-implemented", primitive=name[:60])
        return status(501, "not implemented")
    try:
        return handler(ctx, content)
    except CspError as error:
        return status(error.code, error.description)


def _primitive(item: Item) -> Primitive:
    session = records.unpack_session(item.record)
    if item.payload is not None:
        return new_message(records.unpack_text(item.payload), session, item.spelling)
    told = []
    for contact in item.contacts:
        wishes, sees = records.unpack_wishes(contact.subscription)
        shown = records.unpack_shown(contact.presence) or (presence.OFFLINE if sees else presence.UNKNOWN)
        told.append(
            Presence(
                user_id=session.spelled(contact.jid, contact.spelling),
                presence_sub_list=[presence.notification(shown, wishes)],
            )
        )
    return PresenceNotificationRequest(presence=told)


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _names(message: Message) -> str:
    return ",".join(type(each.content).__name__ for each in message.transactions[:4])
