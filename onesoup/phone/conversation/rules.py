"""The conditions that a file puts under `always`: what must hold for every answer, whatever the step. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from onesoup.phone.conversation.checks import Failure
from onesoup.phone.conversation.wire import Answer
from onesoup.wire.datatypes import BOOLEAN, INTEGER, KIND_OF_ELEMENT
from onesoup.wire.document import Encoding
from onesoup.wire.generated.doctypes import NAMESPACES, WBXML_PUBLIC_IDS

# Texts that people write may have blanks at their ends; values of the protocol have none.
FREE_TEXT = frozenset({"ContentData", "PresenceValue", "Name", "Value", "SName", "Description"})
MAX_ID = 50


@dataclass
class State:
    """What the conversation knows so far."""

    version: str
    encoding: Encoding
    content_type: str
    sid: str | None = None
    client_tids: set[str] = field(default_factory=set)
    server_tids: set[str] = field(default_factory=set)


Rule = Callable[[Answer, State], Failure | None]


def _status(answer: Answer, _: State) -> Failure | None:
    if answer.status != 200:
        return Failure("HTTP status", "200", str(answer.status))
    if not answer.body and answer.headers.get("content-length") != "0":
        return Failure("HTTP headers", "Content-Length: 0 with an empty body", str(answer.headers.get("content-length")))
    return None


def _kind(answer: Answer, state: State) -> Failure | None:
    """Encoding, content type, version and namespaces of the request."""
    if not answer.body:
        return None
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != state.content_type.partition(";")[0].strip().lower():
        return Failure("Content-Type", state.content_type, kind)
    if answer.error:
        return Failure("the body", f"a document in {state.encoding}", answer.error)
    if answer.encoding is not state.encoding:
        return Failure("encoding", str(state.encoding), str(answer.encoding))
    if answer.version != state.version:
        return Failure("CSP version", state.version, answer.version)
    for name, uri in answer.namespaces.items():
        if uri != NAMESPACES[state.version].get(name):
            return Failure(f"namespace of {name}", NAMESPACES[state.version].get(name, "none"), uri)
    return None


def _one_transaction(answer: Answer, _: State) -> Failure | None:
    if answer.root is None:
        return None
    session = answer.root.first("Session")
    count = len([each for each in session.children if each.name == "Transaction"]) if session else 0
    return None if count == 1 else Failure("Transaction elements", "exactly one", str(count))


def _session_id(answer: Answer, state: State) -> Failure | None:
    found = answer.root.value("Session/SessionDescriptor/SessionID") if answer.root else None
    if found is None or state.sid is None:
        return None
    if found != state.sid:
        return Failure("SessionID", repr(state.sid), repr(found))
    return None if len(found) <= MAX_ID else Failure("SessionID", f"at most {MAX_ID} characters", repr(found))


def _server_request(answer: Answer, state: State) -> Failure | None:
    """Remembers the id that it has seen: the same answer must not be shown to it twice."""
    if answer.content is None or answer.descriptor("TransactionMode") == "Response":
        return None
    mode, tid = answer.descriptor("TransactionMode"), answer.descriptor("TransactionID") or ""
    if mode != "Request":
        return Failure("TransactionMode", "Request or Response", repr(mode))
    if not tid or len(tid) > MAX_ID:
        return Failure("TransactionID of the server", f"1 to {MAX_ID} characters", repr(tid))
    if tid in state.client_tids:
        return Failure("TransactionID of the server", "none of the client's", repr(tid))
    if tid in state.server_tids:
        return Failure("TransactionID of the server", "one never used before", repr(tid))
    state.server_tids.add(tid)
    return None


def _no_space(answer: Answer, _: State) -> Failure | None:
    for node in answer.root.walk() if answer.root else ():
        if not node.children and node.text != node.text.strip() and node.name not in FREE_TEXT:
            return Failure(node.name, "no white space around the value", repr(node.text))
    return None


def _wbxml_header(answer: Answer, state: State) -> Failure | None:
    """Version 1.3, the public id of the CSP version, charset UTF-8, as octets."""
    if not answer.body or state.encoding is not Encoding.WBXML:
        return None
    wanted = bytes((3, WBXML_PUBLIC_IDS[state.version], 106))
    return None if answer.body[:3] == wanted else Failure("WBXML header", wanted.hex(" "), answer.body[:3].hex(" "))


def _boolean_tokens(answer: Answer, state: State) -> Failure | None:
    """As many inline T and F as there are texts T and F that are no truth values, and not one more."""
    if answer.root is None or state.encoding is not Encoding.WBXML:
        return None
    texts = sum(node.text in ("T", "F") and KIND_OF_ELEMENT.get(node.name) != BOOLEAN for node in answer.root.walk())
    inline = answer.body.count(b"\x03T\0") + answer.body.count(b"\x03F\0")
    return None if inline <= texts else Failure("truth values", "value tokens", f"{inline - texts} inline texts")


def _numbers(answer: Answer, _: State) -> Failure | None:
    for node in answer.root.walk() if answer.root else ():
        if KIND_OF_ELEMENT.get(node.name) == INTEGER and node.text and not (node.text.isascii() and node.text.isdigit()):
            return Failure(node.name, "a number", repr(node.text))
    return None


# How the sentence of a file begins -> the rule.
RULES: dict[str, Rule] = {
    "HTTP status 200": _status,
    "response Content-Type and encoding equal the request's": _kind,
    "exactly one Transaction": _one_transaction,
    "SessionID, when present": _session_id,
    "a server request has TransactionMode Request": _server_request,
    "no white space around values": _no_space,
    "WBXML header": _wbxml_header,
    "booleans as value tokens": _boolean_tokens,
    "numbers opaque big-endian or decimal text": _numbers,
}


def known(sentences: Iterable[str]) -> tuple[list[Rule], list[str]]:
    """The rules behind these sentences, and the sentences that stand for none."""
    found, other = [], []
    for sentence in sentences:
        rule = next((rule for start, rule in RULES.items() if sentence.startswith(start)), None)
        if rule is None:
            other.append(sentence)
        else:
            found.append(rule)
    return found, other
