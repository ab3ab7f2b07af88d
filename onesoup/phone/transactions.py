"""Requests of one phone: TransactionIDs, posts, and the checks that hold for every answer."""

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Self

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    AgreedCapabilityList,
    CapabilityList,
    Disconnect,
    LoginResponse,
    Primitive,
    Result,
    Status,
)
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.phone import checks, http
from onesoup.phone.errors import PhoneError, Refused, SessionOver
from onesoup.phone.profiles import HandsetProfile
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError

# Any answer with one of these ends the session on real phones.
SESSION_OVER_CODES = frozenset({StatusCode.SESSION_EXPIRED, StatusCode.FORCED_LOGOUT, StatusCode.INVALID_SESSION})

# Called with "sent" or "received" and the bytes of a document.
Trace = Callable[[str, bytes], None]


class PhoneTransactions:
    """Posts requests for one handset and one account, and checks each answer. Knows no single request."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        profile: HandsetProfile,
        version: str,
        encoding: Encoding,
        client_id: str | None,
        cookie: str | None,
        headers: Mapping[str, str] | None,
        trace: Trace | None,
    ) -> None:
        self.profile, self.url, self.user, self.password = profile, url, user, password
        self.version, self.encoding = version, encoding
        self.client_id = client_id or profile.client_id
        self.cookie = cookie or profile.cookie.format(secrets.randbelow(10**9))
        self.trace = trace
        self.content_type = codec.media_type(version, encoding)
        self.session_id: str | None = None
        self.agreed: CapabilityList | AgreedCapabilityList | None = None
        # The server's Poll flag since the last poll, and the CIR flag of its last answer.
        self.more = False
        self.cir_flag: bool | None = None
        # The bytes of the last request and of its answer.
        self.last = b""
        self.last_reply = b""
        # TransactionIDs that the server has used in this session.
        self._server_tids: set[str] = set()
        self._http = http.PhoneHttpClient(url, profile.user_agent, profile.timeout, headers)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        # An acknowledgement that has begun gets there before the log-out.
        self._answering = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes connections. The session stays open on the server, as for a phone without coverage."""
        self._http.close()

    @property
    def stcp(self) -> tuple[str, int] | None:
        """Where the agreed STCP line is, None when none was agreed."""
        agreed = self.agreed
        if agreed is None or "STCP" not in agreed.supported_cir_method:
            return None
        return agreed.tcp_address or "", agreed.tcp_port or 3171

    @property
    def address(self) -> str:
        return self.user if self.user.lower().startswith("wv:") else f"wv:{self.user}"

    def request(
        self,
        primitive: Primitive,
        *,
        tid: str | None = None,
        outband: bool = False,
        timeout: float | None = None,
        ending: bool = False,
    ) -> Primitive:
        """The server's answer, whatever its code. SessionOver when it ends the session, unless `ending` expects that."""
        tid = self._next_tid() if tid is None else tid
        answer = self._post_checked(self._message([Transaction(Mode.REQUEST, tid, primitive)], outband), timeout)
        if answer is None:
            raise PhoneError(f"empty answer to {primitive.NAME}: Android counts the request as failed")
        transaction = answer.transactions[0]
        if not ending:
            self._raise_if_session_over(transaction.content)
        if transaction.mode is not Mode.RESPONSE:
            raise PhoneError(f"{transaction.content.NAME} in mode Request in answer to {primitive.NAME}: Android hangs")
        if transaction.id != tid:
            raise PhoneError(f"TransactionID {transaction.id!r} in answer to {tid!r}: the phone waits on")
        named = getattr(primitive, "client_id", None) is not None
        checks.primitive(transaction.content, self.version, self.profile, named)
        return transaction.content

    def post(self, message: Message, timeout: float | None = None) -> tuple[int, Message | None]:
        """HTTP status and message of the answer, unchecked but readable."""
        reply = self.raw(encode_message(message), self.content_type, timeout)
        return reply.status, decode_reply(reply) if reply.status == 200 and reply.body else None

    def raw(self, octets: bytes, content_type: str | None = None, timeout: float | None = None) -> http.HttpReply:
        """Posts any bytes. All requests of the phone end here; tests use it for hostile input."""
        content_type = self.content_type if content_type is None else content_type
        self.last = octets
        if self.trace:
            self.trace("sent", octets)
        reply = self._http.post(octets, content_type, timeout, self.profile.resends)
        self.last_reply = reply.body
        if self.trace:
            self.trace("received", reply.body)
        return reply

    def resend(self, octets: bytes | None = None) -> http.HttpReply:
        """Posts the same bytes again, as S60 does when a connection breaks. Without argument: the last request."""
        return self.raw(self.last if octets is None else octets)

    def message(self, primitive: Primitive, tid: str | None = None) -> Message:
        """A request of this phone as a message, not sent."""
        return self._message([Transaction(Mode.REQUEST, self._next_tid() if tid is None else tid, primitive)])

    def _message(self, transactions: list[Transaction], outband: bool = False) -> Message:
        session_id = None if outband else self.session_id
        return Message(
            version=self.version,
            encoding=self.encoding,
            transactions=transactions,
            session_id=session_id,
            session_type=SessionType.INBAND if session_id else SessionType.OUTBAND,
        )

    def _post_checked(self, message: Message, timeout: float | None = None) -> Message | None:
        """Posts and checks all that holds for every answer. None for an empty one."""
        reply = self.raw(encode_message(message), self.content_type, timeout)
        checks.reply(reply, self.content_type)
        if self.agreed is not None:
            checks.size(reply, self.profile)
        if not reply.body:
            return None
        answer = decode_reply(reply, lambda document: checks.document(document, self.version, self.encoding))
        checks.session_id(answer.session_id, message.session_id)
        self.more = self.more or bool(answer.poll)
        self.cir_flag = answer.cir
        return answer

    def _raise_if_session_over(self, content: Primitive) -> None:
        result = getattr(content, "result", None)
        code = result.code if result is not None else None
        if isinstance(content, Disconnect) or (code in SESSION_OVER_CODES and not isinstance(content, LoginResponse)):
            self.session_id = None
            raise SessionOver(code or 200, (result.description if result else "") or "", content.NAME)

    def _require_success(self, answer: Primitive, what: str) -> None:
        """200, and for a Status without Result too: Android takes that for success."""
        result = getattr(answer, "result", None)
        if result is not None and result.code != StatusCode.SUCCESSFUL:
            raise refusal(result, what)

    def _unexpected_answer(self, answer: Primitive, what: str) -> PhoneError:
        if isinstance(answer, Status):
            return refusal(answer.result, what)
        return PhoneError(f"{answer.NAME} in answer to {what}-Request")

    def _next_tid(self) -> str:
        number = next(self._numbers)
        last = self.profile.tid_last
        if self.encoding is Encoding.PTS:
            return str((number - 1) % 999 + 1)
        return self.profile.tid.format((number - 1) % last + 1 if last else number)


def encode_message(message: Message) -> bytes:
    return codec.encode(envelope.document_from_message(message))


def decode_reply(reply: http.HttpReply, check: Callable[..., None] | None = None) -> Message:
    """The message in an answer. PhoneError when it cannot be read."""
    try:
        document = codec.decode(reply.body, reply.headers.get("content-type"))
        if check is not None:
            check(document)
        return envelope.message_from_document(document)
    except (WireError, CspError) as error:
        raise PhoneError(f"the answer cannot be read: {error}") from None


def refusal(result: Result | None, what: str) -> PhoneError:
    if result is None or result.code is None:
        return PhoneError(f"{what}: an answer without a code")
    return Refused(result.code, result.description or "", what)
