"""Requests and their answers, out of bodies in a row; and their form on the way from a gateway to an operator. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from onesoup.captures.documents import CapturedBody, Direction
from onesoup.captures.redaction import Redactor
from onesoup.wire import codec, xmltext
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

# Requests that a server sends; every other request is a phone's.
SERVER_REQUESTS = frozenset(
    {
        "CancelInviteUser-Request",
        "DeliveryReport-Request",
        "Disconnect",
        "GroupChangeNotice",
        "Invite-Response",
        "InviteUser-Request",
        "LeaveGroup-Response",
        "MessageNotification",
        "NewMessage",
        "Notification-Request",
        "PresenceAuth-Request",
        "PresenceNotification-Request",
        "SystemMessage-Request",
    }
)
# What a phone answers a server's request with. A Status may come from either side.
_PHONE_ANSWERS = frozenset({"MessageDelivered", "SystemMessage-User"})


@dataclass(frozen=True)
class CapturedExchange:
    """What a phone sent, and what it got. `response` is None for an empty body."""

    request: Document
    response: Document | None = None
    request_type: str = ""  # Content-Types
    response_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    at: float = 0.0  # seconds since 1970
    sizes: tuple[int, int] = (0, 0)  # bytes of request and response


@dataclass(frozen=True)
class DocumentParts:
    """What every document has: the descriptor's fields and the primitive of its first transaction."""

    mode: str
    tid: str
    sid: str
    content: Element

    @property
    def code(self) -> str:
        """The code of its Result, "" without one."""
        result = self.content.find("Result")
        return result.findtext("Code") if result else ""


def parts_of(document: Document | None) -> DocumentParts | None:
    """None where there is no document, or one without a primitive."""
    session = document.root.find("Session") if document else None
    transaction = session.find("Transaction") if session else None
    content = transaction.find("TransactionContent") if transaction else None
    if session is None or transaction is None or content is None or not content.children:
        return None
    descriptor = transaction.find("TransactionDescriptor") or Element("")
    sid = (session.find("SessionDescriptor") or Element("")).findtext("SessionID")
    return DocumentParts(descriptor.findtext("TransactionMode"), descriptor.findtext("TransactionID"), sid, content.children[0])


def is_login(exchange: CapturedExchange) -> bool:
    parts = parts_of(exchange.request)
    return parts is not None and parts.content.name == "Login-Request"


def exchanges_of(bodies: Iterable[CapturedBody], problems: list[str]) -> Iterator[CapturedExchange]:
    """Pairs requests with responses, by their connection and their direction. What cannot be read is told in `problems`."""
    waiting: dict[str, CapturedExchange] = {}
    for body in bodies:
        try:
            document = codec.decode(body.data, body.content_type or None) if body.data else None
        except WireError as error:
            problems.append(f"{body.where or 'a document'}: {error}")
            continue
        before = waiting.pop(body.connection, None)
        if _is_response(body, document, before):
            if before is not None:
                yield replace(before, response=document, response_type=body.content_type, sizes=(before.sizes[0], len(body.data)))
            elif document is not None:
                problems.append(f"{body.where or 'a document'}: an answer without its request")
            continue
        if before is not None:
            yield before
        if document is not None:
            waiting[body.connection] = CapturedExchange(
                document, None, body.content_type, headers=dict(body.headers), at=body.at or 0.0, sizes=(len(body.data), 0)
            )
    yield from waiting.values()


def of_one_user(exchanges: Iterable[CapturedExchange], problems: list[str]) -> list[CapturedExchange]:
    """The exchanges of the user who logs in first. Those of others are left out, and told in `problems`."""
    mine: set[str] = set()
    user, found, others = "", [], 0
    for exchange in exchanges:
        request, response = parts_of(exchange.request), parts_of(exchange.response)
        if request is None:
            continue
        if is_login(exchange):
            named = request.content.findtext("UserID").lower()
            user = user or named
            if named == user and response is not None:
                mine.add(response.content.findtext("SessionID"))
            belongs = named == user
        else:
            belongs = not request.sid or not user or request.sid in mine
        found += [exchange] if belongs else []
        others += not belongs
    if others:
        problems.append(f"left out: {others} exchanges of other users or earlier sessions")
    return found


def _is_response(body: CapturedBody, document: Document | None, before: CapturedExchange | None) -> bool:
    """By its direction; where nobody knows it, by what it says."""
    if body.direction is not Direction.UNKNOWN:
        return body.direction is Direction.RESPONSE
    parts = parts_of(document)
    if parts is None:
        return True
    if parts.mode == "Request":
        return parts.content.name in SERVER_REQUESTS
    return parts.content.name not in _PHONE_ANSWERS and before is not None


def redacted(exchange: CapturedExchange, redactor: Redactor) -> CapturedExchange:
    """The same exchange, safe to pass on."""
    return replace(
        exchange,
        request=_redacted(exchange.request, redactor),
        response=_redacted(exchange.response, redactor) if exchange.response else None,
        request_type=redactor.client_fact(exchange.request_type),
        response_type=redactor.client_fact(exchange.response_type),
        headers=redactor.headers(exchange.headers),
    )


def _redacted(document: Document, redactor: Redactor) -> Document:
    return replace(document, root=redactor.redact(document.root))


def pack_exchange(exchange: CapturedExchange) -> bytes:
    """As JSON, with documents as XML."""
    return json.dumps(
        {
            "request": _packed(exchange.request),
            "response": _packed(exchange.response),
            "types": [exchange.request_type, exchange.response_type],
            "headers": exchange.headers,
            "at": exchange.at,
            "sizes": exchange.sizes,
        },
        ensure_ascii=False,
    ).encode()


def unpack_exchange(data: bytes) -> CapturedExchange:
    """What `pack_exchange` made. ValueError, KeyError for anything else."""
    told = json.loads(data)
    request = _unpacked(told["request"])
    if request is None:
        raise ValueError("an exchange without a request")
    sent, got = told["sizes"]
    asked, answered = told["types"]
    response = _unpacked(told["response"])
    return CapturedExchange(request, response, asked, answered, told["headers"], told["at"], (sent, got))


def _packed(document: Document | None) -> list[str] | None:
    return None if document is None else [xmltext.write_element(document.root), document.version, document.encoding.value]


def _unpacked(packed: list[str] | None) -> Document | None:
    if packed is None:
        return None
    text, version, encoding = packed
    return Document(xmltext.decode(text.encode())[0], version, Encoding(encoding))
