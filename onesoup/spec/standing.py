"""Rules for every answer of a server. Each looks at one exchange and says what is wrong with it, or nothing.

They are judged while the other cases run; the cases of the areas transport, encoding and session report what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onesoup.csp.codec.envelope import Mode
from onesoup.spec import wbxml_scan
from onesoup.spec.exchange import SpecExchange, name_of
from onesoup.wire.datatypes import BOOLEAN, KIND_OF_ELEMENT
from onesoup.wire.document import Document, Encoding
from onesoup.wire.generated.doctypes import NAMESPACES, WBXML_PUBLIC_IDS
from onesoup.wire.tree import Element

MAX_SERVER_ID = 50

Rule = Callable[[SpecExchange], str | None]


class StandingRules:
    """What was found in one column: for each rule its first finding, and with how many answers it was judged."""

    def __init__(self) -> None:
        self.findings: dict[str, tuple[str, SpecExchange]] = {}
        self.answers = 0

    def judge(self, exchange: SpecExchange) -> None:
        self.answers += 1
        for name, rule in STANDING_RULES.items():
            if name not in self.findings:
                problem = rule(exchange)
                if problem:
                    self.note(name, problem, exchange)

    def note(self, name: str, problem: str, exchange: SpecExchange) -> None:
        self.findings.setdefault(name, (problem, exchange))


def _status(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    return f"HTTP status {reply.status}" if reply and reply.status != 200 else None


def _length(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    return "no Content-Length" if reply and "content-length" not in reply.headers else None


def _chunked(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    return "a chunked answer" if reply and "transfer-encoding" in reply.headers else None


def _compressed(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    coding = reply.headers.get("content-encoding", "identity") if reply else "identity"
    return f"Content-Encoding {coding[:40]!r} that nobody asked for" if coding.lower() != "identity" else None


def _kept(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    closing = reply is not None and reply.headers.get("connection", "").lower() == "close"
    return "Connection: close in an answer" if closing else None


def _media_type(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    if reply is None or not reply.body:
        return None
    found = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    asked = exchange.content_type.partition(";")[0].strip().lower()
    return f"Content-Type {found[:60]!r} in answer to {asked!r}" if found != asked else None


def _readable(exchange: SpecExchange) -> str | None:
    reply = exchange.reply
    if reply is None or not reply.body or exchange.message is not None:
        return None
    return "a body that is no CSP document"


def _encoding(exchange: SpecExchange) -> str | None:
    found, asked = exchange.document, exchange.asked
    if found is None or asked is None or found.encoding is asked.encoding:
        return None
    return f"{found.encoding} in answer to {asked.encoding}"


def _version(exchange: SpecExchange) -> str | None:
    found, asked = exchange.document, exchange.asked
    if found is None or asked is None or found.version == asked.version:
        return None
    return f"CSP {found.version} in answer to CSP {asked.version}"


def _one_transaction(exchange: SpecExchange) -> str | None:
    message = exchange.message
    if message is None or len(message.transactions) == 1:
        return None
    return f"{len(message.transactions)} transactions in one answer"


def _flags(exchange: SpecExchange) -> str | None:
    """The Poll and CIR flags, where the version has them."""
    found = exchange.document
    session = found.root.find("Session") if found else None
    transaction = session.find("Transaction") if session else None
    if found is None or session is None or transaction is None:
        return None
    descriptor = transaction.find("TransactionDescriptor") or Element("TransactionDescriptor")
    if (session if found.version == "1.1" else descriptor).find("Poll") is not None:
        return f"Poll in the wrong place for CSP {found.version}"
    if found.version == "1.1" and session.find("CIR") is not None:
        return "a CIR flag in CSP 1.1, which has none"
    return None


_FREE_TEXT = frozenset({"ContentData", "PresenceValue", "Name", "Value", "Description", "DirectContent", "ContainedvCard"})


def _trimmed(exchange: SpecExchange) -> str | None:
    for element in _elements(exchange.document):
        if element.text != element.text.strip() and element.name not in _FREE_TEXT:
            return f"white space around the value of {element.name}"
    return None


def _unknown_elements(exchange: SpecExchange) -> str | None:
    for element in _elements(exchange.document):
        if element.name.startswith("unknown-"):
            return f"a tag that no table has: {element.name}"
    return None


def _elements(document: Document | None) -> Iterator[Element]:
    waiting = [document.root] if document else []
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(element.children)


def _namespaces(exchange: SpecExchange) -> str | None:
    found, reply = exchange.document, exchange.reply
    if found is None or reply is None or found.encoding is not Encoding.XML:
        return None
    for name in ("WV-CSP-Message", "TransactionContent"):
        if f'xmlns="{NAMESPACES[found.version][name]}"'.encode() not in reply.body.replace(b"'", b'"'):
            return f"{name} without the namespace of CSP {found.version}"
    return None


def _xml_start(exchange: SpecExchange) -> str | None:
    found, reply = exchange.document, exchange.reply
    if found is None or reply is None or found.encoding is not Encoding.XML:
        return None
    start = reply.body.removeprefix(b"\xef\xbb\xbf")[:1]
    return f"the XML begins with byte {start.hex()}, before its declaration" if start != b"<" else None


def _wbxml_header(exchange: SpecExchange) -> str | None:
    found, reply = exchange.document, exchange.reply
    if found is None or reply is None or found.encoding is not Encoding.WBXML:
        return None
    version, public_id, charset, _ = wbxml_scan.header(reply.body)
    wanted = WBXML_PUBLIC_IDS[found.version]
    if (version, public_id, charset) == (3, wanted, 106):
        return None
    return f"WBXML header {version:02X} {public_id:02X} {charset:02X}, not 03 {wanted:02X} 6A"


def _wbxml_booleans(exchange: SpecExchange) -> str | None:
    for token in _tokens(exchange):
        if token.kind in ("inline", "table") and KIND_OF_ELEMENT.get(token.element) == BOOLEAN:
            return f"{token.element} as text, not as a value token"
    return None


def _wbxml_strings(exchange: SpecExchange) -> str | None:
    for token in _tokens(exchange):
        if token.kind in ("table", "entity", "literal"):
            return f"a {token.kind} token in {token.element or 'the document'}"
        if token.kind == "opaque" and token.element == "ContentData":
            return "ContentData as opaque data"
    return None


def _tokens(exchange: SpecExchange) -> Iterator[wbxml_scan.WbxmlToken]:
    found, reply = exchange.document, exchange.reply
    if found is None or reply is None or found.encoding is not Encoding.WBXML:
        return
    try:
        yield from wbxml_scan.scan(reply.body, found.version)
    except (IndexError, ValueError):  # the codec reads what this short reader does not
        return


def _session_id(exchange: SpecExchange) -> str | None:
    message, asked = exchange.message, exchange.asked
    if message is None or asked is None or message.session_id == asked.session_id:
        return None
    return f"SessionID {message.session_id!r} in the descriptor, where the request has {asked.session_id!r}"


def _transaction_id(exchange: SpecExchange) -> str | None:
    found, wanted = _response(exchange)
    if found is None or found == wanted:
        return None
    return f"TransactionID {found!r} in answer to {wanted!r}"


def _response(exchange: SpecExchange) -> tuple[str | None, str | None]:
    """The TransactionIDs of the answer and of its request, where a request was answered."""
    message, asked = exchange.message, exchange.asked
    if message is None or asked is None or not asked.transactions or message.transactions[0].mode is not Mode.RESPONSE:
        return None, None
    return message.transactions[0].id or "", asked.transactions[0].id or ""


def _mode(exchange: SpecExchange) -> str | None:
    """A request gets an answer in mode Response. Polls and answers of the phone may bring a transaction of the server."""
    message, asked = exchange.message, exchange.asked
    if message is None or asked is None or asked.transactions[0].mode is Mode.RESPONSE:
        return None
    if name_of(asked.transactions[0].content) == "Polling-Request" or message.transactions[0].mode is Mode.RESPONSE:
        return None
    return f"{name_of(message.transactions[0].content)} in mode Request in answer to {name_of(asked.transactions[0].content)}"


def _server_tid(exchange: SpecExchange) -> str | None:
    message = exchange.message
    if message is None or message.transactions[0].mode is not Mode.REQUEST:
        return None
    tid = message.transactions[0].id
    if not tid:
        return "a server transaction without TransactionID"
    return f"a TransactionID of {len(tid)} characters" if len(tid) > MAX_SERVER_ID else None


def _result(exchange: SpecExchange) -> str | None:
    """A Status has a Result with a Code."""
    message = exchange.message
    content = message.transactions[0].content if message else None
    if content is None or name_of(content) != "Status":
        return None
    result = getattr(content, "result", None)
    return "a Status without Result and Code" if result is None or result.code is None else None


STANDING_RULES: dict[str, Rule] = {
    "transport.status": _status,
    "transport.content-length": _length,
    "transport.chunked": _chunked,
    "transport.compressed": _compressed,
    "transport.keep-alive": _kept,
    "transport.content-type": _media_type,
    "encoding.readable": _readable,
    "encoding.same": _encoding,
    "encoding.version": _version,
    "encoding.one-transaction": _one_transaction,
    "encoding.flags": _flags,
    "encoding.trimmed": _trimmed,
    "encoding.tags": _unknown_elements,
    "encoding.namespaces": _namespaces,
    "encoding.xml-start": _xml_start,
    "encoding.wbxml-header": _wbxml_header,
    "encoding.wbxml-booleans": _wbxml_booleans,
    "encoding.wbxml-strings": _wbxml_strings,
    "session.id-echo": _session_id,
    "session.transaction-id": _transaction_id,
    "session.mode": _mode,
    "session.server-transaction-id": _server_tid,
    "errors.status-result": _result,
}
