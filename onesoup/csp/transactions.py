"""Transaction rules: what a message asks for, what an answer of the phone closes, and how answers are put together
(flows.md 5 and 15, messages.md 1). Values in, values out; who holds the session is somebody else's business."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    GetNewPasswordRequest,
    GetSPInfoRequest,
    KeepAliveRequest,
    LoginRequest,
    LoginResponse,
    MessageDelivered,
    PollingRequest,
    Primitive,
    RegistrationRequest,
    Result,
    Status,
    WVCSPVersionDiscoveryRequest,
)
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode

MAX_DESCRIPTION = 200


class Kind(Enum):
    """What becomes of a message."""

    LOGIN = auto()  # needs no session, even when it comes inside an old one
    OUTSIDE = auto()  # answered without a session
    POLL = auto()  # the next server transaction, or an empty body
    ANSWERS = auto()  # the phone answers server transactions; the reply is free for the next one
    REQUESTS = auto()  # answered in order, in one message


# Primitives that are answered without a session. The first has a form inside a session too; then it counts as a request.
SESSIONLESS_PRIMITIVES: dict[type[Primitive], bool] = {
    GetSPInfoRequest: False,
    WVCSPVersionDiscoveryRequest: True,
    RegistrationRequest: True,
    GetNewPasswordRequest: True,
}


# Primitives that change nothing and may run twice: their answers are not kept.
REPEATABLE_PRIMITIVES: frozenset[type[Primitive]] = frozenset({KeepAliveRequest})


def classify(message: Message) -> Kind:
    """The kind of a message, by its first transaction. 604 when it needs a session and names none, 505 for CSP 1.0, which
    is read only so that it can be refused."""
    first = message.transactions[0]
    if message.version == "1.0":
        raise CspError(StatusCode.VERSION_NOT_SUPPORTED, "version not supported")
    if isinstance(first.content, LoginRequest) and first.mode is Mode.REQUEST:
        return Kind.LOGIN
    always = SESSIONLESS_PRIMITIVES.get(type(first.content))
    if always or (always is not None and message.session_id is None):
        return Kind.OUTSIDE
    if message.session_id is None:
        raise CspError(StatusCode.INVALID_SESSION, "no session")
    if len(message.transactions) == 1 and isinstance(first.content, PollingRequest):
        return Kind.POLL
    # A poll beside an answer asks for no more than the reply to an answer may hold anyway.
    return Kind.REQUESTS if to_answer(message) else Kind.ANSWERS


@dataclass(frozen=True, slots=True)
class Closed:
    """What the phone has answered: the server's TransactionID, and the MessageID when it has got a message."""

    tid: str = ""
    message_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.tid or self.message_id)


def closed_by(transaction: Transaction) -> Closed:
    """What a transaction closes. A MessageDelivered counts by its MessageID in either mode, even under an id that is not
    known (flows.md 15); a request of the phone closes nothing else."""
    content = transaction.content
    message_id = (content.message_id or "") if isinstance(content, MessageDelivered) else ""
    return Closed((transaction.id or "") if transaction.mode is Mode.RESPONSE else "", message_id)


def to_answer(message: Message) -> list[Transaction]:
    """The transactions that get an answer of their own: requests, but no polls inside a longer message."""
    return [each for each in message.transactions if each.mode is Mode.REQUEST and not isinstance(each.content, PollingRequest)]


def answer_to(transaction: Transaction, content: Primitive) -> Transaction:
    """The answer to a request: its own TransactionID, byte for byte, absent when it was absent."""
    return Transaction(Mode.RESPONSE, transaction.id, content)


def reply_message(message: Message, transactions: Sequence[Transaction], poll: bool = False, cir: bool | None = None) -> Message:
    """A message back: version, encoding and session descriptor of the request. `poll`: more waits; never F, a stuck flag
    would make a loop. `cir` is for a phone whose STCP line is missing, and None for any other."""
    return Message(
        version=message.version,
        encoding=message.encoding,
        transactions=list(transactions),
        session_id=message.session_id,
        session_type=message.session_type,
        poll=True if poll else None,
        cir=cir,
        doctype=message.doctype,
    )


def status(code: int, description: str | None = None) -> Status:
    return Status(result=Result(code=code, description=description[:MAX_DESCRIPTION] if description else None))


def refusal(content: Primitive, code: int, description: str = "") -> Primitive:
    """The answer when a request came to nothing. A log-in is refused in a Login-Response: S60 takes no Status there."""
    if isinstance(content, LoginRequest):
        return LoginResponse(client_id=content.client_id, result=status(code, description).result)
    return status(code, description)


def refuse_message(message: Message, code: int, description: str = "") -> Message:
    """Every request of the message is refused. A message that only answers gets one Status: 600, 601 and 604 must be told
    in any case, or the phone believes that it is logged in."""
    asked = [each for each in message.transactions if each.mode is Mode.REQUEST] or message.transactions[:1]
    refused = reply_message(message, [answer_to(each, refusal(each.content, code, description)) for each in asked])
    if message.session_id is not None:
        refused.session_type = SessionType.INBAND
    return refused


# Handlers by primitive: the shape of the table that the dispatcher goes by.
Table = dict[type[Primitive], Callable[..., Primitive]]
