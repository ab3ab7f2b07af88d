"""WV-CSP-Message: sessions and transactions around a primitive (messages.md 1). Values only.

The place of the Poll flag differs by version: in 1.1 it closes the TransactionDescriptor, later it is a child of Session.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from onesoup.csp.codec.binding import read_boolean, read_primitive, write_node
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element

# A phone's own ids are at most 50 characters (wire.md 6); beyond this a value is a mistake or an attack.
MAX_ID_LENGTH = 100


class Mode(StrEnum):
    REQUEST = "Request"
    RESPONSE = "Response"


class SessionType(StrEnum):
    INBAND = "Inband"
    OUTBAND = "Outband"


@dataclass(slots=True)
class Unknown(Primitive):
    """A primitive that no table has. It is answered with 501."""

    name: str


@dataclass(slots=True)
class Transaction:
    """`id` is None when the element was absent, "" when it was empty; both occur in polls."""

    mode: Mode
    id: str | None
    content: Primitive
    # In how many segments the content comes, when this is the first of them (CSP 1.3).
    segments: int | None = None


@dataclass(slots=True)
class Message:
    """One CSP document. `session_id` is None outside a session. `poll` None leaves the flag out."""

    version: str
    encoding: Encoding
    transactions: list[Transaction] = field(default_factory=list)
    session_id: str | None = None
    session_type: SessionType = SessionType.OUTBAND
    poll: bool | None = None
    cir: bool | None = None
    doctype: bool = False


def message_from_document(document: Document) -> Message:
    """The message in a document. CspError(400) when it has no session or no transaction to answer."""
    session = document.root.find("Session")
    if document.root.name != "WV-CSP-Message" or session is None:
        raise CspError(StatusCode.BAD_REQUEST, "no WV-CSP-Message with a Session")
    message = Message(version=document.version, encoding=document.encoding, doctype=document.doctype)
    message.session_type, message.session_id = _descriptor(session)
    message.poll, message.cir = _flag(session, "Poll"), _flag(session, "CIR")
    for element in session.children:
        if element.name == "Transaction":
            transaction, poll = _transaction(element)
            message.transactions.append(transaction)
            message.poll = message.poll if poll is None else poll
    if not message.transactions:
        raise CspError(StatusCode.BAD_REQUEST, "no Transaction")
    return message


def salvage_ids(root: Element | None) -> tuple[str | None, str | None]:
    """SessionID and TransactionID from a document that broke off, so that the phone can be told."""
    found: dict[str, str] = {}
    for element in _walk(root):
        if element.name in ("SessionID", "TransactionID") and 0 < len(element.text) <= MAX_ID_LENGTH:
            found.setdefault(element.name, element.text)
    return found.get("SessionID"), found.get("TransactionID")


def _walk(root: Element | None) -> Iterator[Element]:
    waiting = [] if root is None else [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(reversed(element.children))


def _descriptor(session: Element) -> tuple[SessionType, str | None]:
    descriptor = session.find("SessionDescriptor")
    if descriptor is None:
        return SessionType.OUTBAND, None
    session_id = descriptor.findtext("SessionID") or None
    if session_id is not None and len(session_id) > MAX_ID_LENGTH:
        raise CspError(StatusCode.INVALID_SESSION, "SessionID too long")
    inband = (descriptor.findtext("SessionType") or "").lower() == "inband" or session_id is not None
    return (SessionType.INBAND if inband else SessionType.OUTBAND), session_id


def _flag(parent: Element, name: str) -> bool | None:
    element = parent.find(name)
    return None if element is None else read_boolean(element)


def _transaction(element: Element) -> tuple[Transaction, bool | None]:
    descriptor, content = element.find("TransactionDescriptor"), element.find("TransactionContent")
    mode, transaction_id, poll = Mode.REQUEST, None, None
    if descriptor is not None:
        if (descriptor.findtext("TransactionMode") or "").lower() == "response":
            mode = Mode.RESPONSE
        named = descriptor.find("TransactionID")
        transaction_id = None if named is None else named.text
        poll = _flag(descriptor, "Poll")
    if transaction_id is not None and len(transaction_id) > MAX_ID_LENGTH:
        raise CspError(StatusCode.BAD_REQUEST, "TransactionID too long")
    try:
        primitive = _primitive(content)
    except CspError as error:
        primitive = Malformed(error)
    return Transaction(mode, transaction_id, primitive, _segments(descriptor)), poll


def _segments(descriptor: Element | None) -> int | None:
    info = descriptor.find("SegmentInfo") if descriptor is not None else None
    count = info.findtext("SegmentCount") if info is not None else ""
    return int(count) if count.isascii() and count.isdigit() and len(count) < 6 else None


@dataclass(slots=True)
class Malformed(Primitive):
    """A primitive with a value that cannot be read. It is answered with the error's code; the others go on."""

    error: CspError


def _primitive(content: Element | None) -> Primitive:
    if content is None or not content.children:
        return Malformed(CspError(StatusCode.BAD_REQUEST, "TransactionContent holds no primitive"))
    element = content.children[0]
    return read_primitive(element) or Unknown(element.name)


def document_from_message(message: Message) -> Document:
    """The document of a message, each flag where its version has it."""
    old = message.version in ("1.0", "1.1")
    version = "1.1" if message.version == "1.0" else message.version
    descriptor = [Element("SessionType", message.session_type)]
    if message.session_id is not None:
        descriptor.append(Element("SessionID", message.session_id))
    session = [Element("SessionDescriptor", "", descriptor)]
    session += [_write_transaction(each, version, message.poll if old else None) for each in message.transactions]
    if not old:
        session += [
            Element(name, "T" if flag else "F")
            for name, flag in (("Poll", message.poll), ("CIR", message.cir))
            if flag is not None
        ]
    root = Element("WV-CSP-Message", "", [Element("Session", "", session)])
    return Document(root, version, message.encoding, message.doctype)


def _write_transaction(transaction: Transaction, version: str, poll: bool | None) -> Element:
    descriptor = [Element("TransactionMode", transaction.mode)]
    if transaction.id is not None:
        descriptor.append(Element("TransactionID", transaction.id))
    if poll is not None:
        descriptor.append(Element("Poll", "T" if poll else "F"))
    if transaction.segments is not None:
        descriptor.append(Element("SegmentInfo", "", [Element("SegmentCount", str(transaction.segments))]))
    content = Element("TransactionContent", "", [write_node(transaction.content, version)])
    return Element("Transaction", "", [Element("TransactionDescriptor", "", descriptor), content])
