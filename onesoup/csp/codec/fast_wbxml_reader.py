"""WBXML to a message without the element tree between them: most of what a request costs otherwise.

Only what phones commonly send is read here. For anything odd (a literal name, a second opinion about the version, a value that
is none, a limit passed, broken bytes) `decode` gives None, and the way over the tree decides. What `decode` gives is what that
way gives.
"""

from __future__ import annotations

from typing import Any, NoReturn

from onesoup.csp.codec import fast_frames, fast_shells
from onesoup.csp.codec.envelope import MAX_ID_LENGTH, Message, Mode, SessionType, Transaction
from onesoup.csp.codec.fast_fields import (
    ALL_COUNT,
    CHILDREN_OF_CLASS,
    CLASSES_WITH_TEXT,
    KIND_ELEMENT,
    KIND_FLAG,
    KIND_NUMBER,
    KIND_TEXT,
    KIND_TRUTH,
    NO_CHILDREN,
    TRUTHS,
    ChildPage,
    LeftToTree,
    learn_children,
)
from onesoup.csp.codec.fast_frames import WBXML_VERSIONS
from onesoup.csp.codec.fast_texts import EXT_T_0, UNCOUNTED_TEXT, ReferencedTexts, read_pieces
from onesoup.wire import tokens
from onesoup.wire.datatypes import decode_utf8, legal_text, normal_value
from onesoup.wire.document import Encoding
from onesoup.wire.limits import MAX_DOCUMENT_BYTES, MAX_ELEMENT_DEPTH, MAX_ELEMENTS
from onesoup.wire.names import NAMESPACED_ELEMENTS, version_of_namespace
from onesoup.wire.tokens import END, ENTITY, HAS_CONTENT, OPAQUE, STR_I, STR_T, SWITCH_PAGE
from onesoup.wire.wbxml_input import WbxmlInput


def decode(data: bytes) -> Message | None:
    """The message, or None where the tree has to decide."""
    if len(data) > MAX_DOCUMENT_BYTES:
        return None
    try:
        version, pos, strings = tokens.VERSION_OF_HEADER.get(data[:4]), 4, b""
        if version is None:
            version, pos, strings = _header(data)
        elif (frame := fast_frames.FRAME_PATTERNS[version].match(data, 4)) is not None:
            content = fast_shells.Content()
            named = frame.start(1) > 0
            end = _read(data, version, frame.end(), strings, content, named, fast_frames.FRAME_ELEMENTS, fast_frames.FRAME_DEPTH)
            if data[end:] == fast_frames.FRAME_TAIL and content.primitive is not None:
                return fast_frames.message_in_frame(version, frame, content.primitive)
        root = fast_shells.Root()
        pos, named = _start(data, pos, version)
        _read(data, version, pos, strings, root, named)
        return _message(root, version)
    except (IndexError, ValueError, LeftToTree):
        return None


def _header(data: bytes) -> tuple[str, int, bytes]:
    """Of a header that few phones write: with a string table, say. One that leaves the character set to HTTP is for the tree."""
    reader = WbxmlInput(data, charset="us-ascii")
    pos = reader.header()
    if reader.version not in WBXML_VERSIONS or reader.charset != "utf-8":
        raise LeftToTree
    return reader.version, pos, reader.strings


def _read(
    data: bytes, version: str, pos: int, strings: bytes, node: Any, named: bool, count: int = 0, depth: int = 0
) -> int:  # one function, as in onesoup.wire.wbxml_reader, for the same reason
    """Reads the children of `node` from there on; gives the place behind its end. `named`: the version's namespace has been seen;
    `count` elements have been read already, and so many of them stand around the node."""
    find, known = data.find, CHILDREN_OF_CLASS[version]
    texts = tokens.ONE_BYTE_TEXTS[version]
    all_texts = ReferencedTexts(version, strings, MAX_DOCUMENT_BYTES - len(data) - UNCOUNTED_TEXT)
    cls: Any = type(node)
    pages = known[cls] if cls in known else learn_children(cls, version)
    number = 0  # count bounds both elements and page switches, as MAX_ELEMENTS does
    children = pages[0]
    deepest = MAX_ELEMENT_DEPTH - 2 - depth
    stack: list[tuple[Any, dict[int, ChildPage]]] = []
    while True:
        token = data[pos]
        pos += 1
        child = children.get(token)
        if child is None:
            if token == END:
                if not stack:
                    if count > MAX_ELEMENTS - 2:
                        raise LeftToTree
                    return pos
                node, pages = stack.pop()
            elif token == SWITCH_PAGE:
                number = data[pos]
                pos += 1
                count += 1
            else:
                raise LeftToTree
            children = pages.get(number, NO_CHILDREN)
            continue
        attribute, form, many, cls, kind, name = child
        count += 1
        if token > 0x7F:
            pos, named = _namespace(data, pos, version, named, name)
        value: Any
        text, content = "", token & HAS_CONTENT
        inside = content and form == KIND_ELEMENT and data[pos] not in _TEXT_TOKENS
        if content and not inside:
            following = data[pos]
            end = find(0, pos) if following == STR_I else -1
            if end > 0 and data[end + 1] == END:
                text = decode_utf8(data[pos + 1 : end])
                if not text.isprintable():
                    text = legal_text(text)
                pos = end + 2
            elif following == EXT_T_0 and data[pos + 2] == END and data[pos + 1] in texts:
                text = texts[data[pos + 1]]
                pos += 3
            else:
                text, pos = read_pieces(data, pos, kind, name, all_texts)
        if form == KIND_TEXT:
            value = normal_value(kind, text) if kind else text
        elif form == KIND_NUMBER:
            if text and not (text.isascii() and text.isdigit() and len(text) < 10):
                raise LeftToTree
            value = int(text) if text else None
        elif form == KIND_TRUTH:
            value = TRUTHS[text] if text in TRUTHS else _odd()
        elif form == KIND_FLAG:
            value = True
        else:
            value = cls()
            if text:
                if cls not in CLASSES_WITH_TEXT:
                    raise LeftToTree
                value.text = normal_value(kind, text) if kind else text
        if many == ALL_COUNT:
            if value is not None:
                getattr(node, attribute).append(value)
        elif many and (value is None or getattr(node, attribute) is not None):
            raise LeftToTree  # an empty one counts for the tree, which reads the first
        else:
            setattr(node, attribute, value)
        if inside:
            stack.append((node, pages))
            if len(stack) > deepest or count > MAX_ELEMENTS - 2:
                raise LeftToTree
            node = value
            pages = known[cls] if cls in known else learn_children(cls, version)
            children = pages.get(number, NO_CHILDREN)


_TEXT_TOKENS = frozenset((STR_I, STR_T, EXT_T_0, OPAQUE, ENTITY))


def _odd() -> NoReturn:
    raise LeftToTree


def _start(data: bytes, pos: int, version: str) -> tuple[int, bool]:
    """Where the children of the root begin, and whether it has told its version."""
    if data[pos : pos + 8] in _ROOTS[version]:
        return pos + 8, True
    token = data[pos]
    entry = tokens.TAG_PAGES[version][0][token]
    if entry is None or entry[0] != "WV-CSP-Message" or not token & HAS_CONTENT:
        raise LeftToTree
    return _namespace(data, pos + 1, version, False, "WV-CSP-Message") if token > 0x7F else (pos + 1, False)


# How nearly every document begins: the root with content and the namespace of the version that the header says.
_ROOTS = {version: frozenset((tokens.ELEMENT_FORMS[version]["WV-CSP-Message"].open,)) for version in WBXML_VERSIONS}


def _namespace(data: bytes, pos: int, version: str, named: bool, name: str) -> tuple[int, bool]:
    """Behind the attributes. The first namespace that tells a version must tell the one of the header."""
    uri = tokens.NAMESPACE_OCTETS.get(data[pos : pos + 7])
    if uri is None or name not in NAMESPACED_ELEMENTS:
        raise LeftToTree
    if not named and name != "PresenceSubList":
        if version_of_namespace(uri) != version:
            raise LeftToTree
        named = True
    return pos + 7, named


def _message(root: fast_shells.Root, version: str) -> Message:
    session = root.session
    if session is None:
        raise LeftToTree
    sid, kind = None, _OUTBAND
    if (descriptor := session.descriptor) is not None:
        sid = descriptor.session_id or None
        if sid is not None or (descriptor.session_type or "").lower() == "inband":
            kind = _INBAND
            if sid is not None and len(sid) > MAX_ID_LENGTH:
                raise LeftToTree
    poll, transactions = session.poll, []
    for each in session.transactions:
        descriptor, mode, tid = each.descriptor, _REQUEST, None
        if each.content is None or (primitive := each.content.primitive) is None:
            raise LeftToTree
        if descriptor is not None:
            tid = descriptor.transaction_id
            if tid is not None and len(tid) > MAX_ID_LENGTH:
                raise LeftToTree
            if descriptor.mode != "Request" and (descriptor.mode or "").lower() == "response":
                mode = _RESPONSE
            if descriptor.poll is not None:
                poll = descriptor.poll
        transactions.append(Transaction(mode, tid, primitive))
    if not transactions:
        raise LeftToTree
    return Message(version, _WBXML, transactions, sid, kind, poll, session.cir)


# Members of an enumeration are looked up at each mention.
_WBXML, _OUTBAND, _INBAND = Encoding.WBXML, SessionType.OUTBAND, SessionType.INBAND

_REQUEST, _RESPONSE = Mode.REQUEST, Mode.RESPONSE
