"""WBXML octets <-> messages without the element tree between them: most of what a request costs otherwise.

Only what phones commonly send is read here; for anything odd - a literal name, a second opinion about the version, a value that
is none, a limit passed, broken octets - `decode` gives None, and the way over the tree (onesoup.wire.codec,
onesoup.csp.codec.envelope) decides. What it gives is what that way gives. `encode` writes the same octets as that way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from onesoup.csp.codec import fast_frames, fast_shells
from onesoup.csp.codec.binding import ALIASES
from onesoup.csp.codec.envelope import MAX_ID_LENGTH, Message, Mode, SessionType, Transaction
from onesoup.csp.codec.fast_frames import VERSIONS
from onesoup.csp.codec.generated_elements import FIELDS, ORDER, PRIMITIVES, Node
from onesoup.wire import tokens, wbxml
from onesoup.wire.datatypes import DATETIME, INTEGER, STRING, datetime, legal, normal, utf8
from onesoup.wire.document import Encoding
from onesoup.wire.limits import MAX_DEPTH, MAX_ELEMENTS, MAX_ITEMS, MAX_TEXT
from onesoup.wire.names import version_of_namespace
from onesoup.wire.tokens import END, ENTITY, EXT_T, HAS_CONTENT, OPAQUE, STR_I, STR_T, SWITCH_PAGE, Form

_EXT_T_0 = EXT_T[0]


class _Odd(Exception):
    """The tree decides."""


# How a child is read and written.
_TEXT, _NUMBER, _TRUTH, _FLAG, _ELEMENT = range(5)
_SINGLE, _MANY, _ONCE = range(3)  # of a _SINGLE that came twice the last counts; a second _ONCE is odd
_FORMS = {"str": _TEXT, "int": _NUMBER, "bool": _TRUTH, "flag": _FLAG}

# Attribute, form, count, class where it is an element.
_Field = tuple[str, int, int, type[Any]]

_NO_CLASS: type[Any] = Node


def _once(attribute: str, form: int = _TEXT, cls: type[Any] = _NO_CLASS) -> _Field:
    return attribute, form, _ONCE, cls


# Search-Request is not among them: the tree takes its criteria apart first.
_PRIMITIVES = {name: cls for name, cls in PRIMITIVES.items() if name != "Search-Request"}
_PRIMITIVES |= {alias: _PRIMITIVES[name] for alias, name in ALIASES.items()}

_SHELL_FIELDS: dict[type[Any], dict[str, _Field]] = {
    fast_shells.Root: {"Session": _once("session", _ELEMENT, fast_shells.SessionShell)},
    fast_shells.SessionShell: {
        "SessionDescriptor": _once("descriptor", _ELEMENT, fast_shells.SessionDescriptor),
        "Transaction": ("transactions", _ELEMENT, _MANY, fast_shells.TransactionShell),
        "Poll": _once("poll", _TRUTH),
        "CIR": _once("cir", _TRUTH),
    },
    fast_shells.SessionDescriptor: {"SessionType": _once("session_type"), "SessionID": _once("session_id")},
    fast_shells.TransactionShell: {
        "TransactionDescriptor": _once("descriptor", _ELEMENT, fast_shells.TransactionDescriptor),
        "TransactionContent": _once("content", _ELEMENT, fast_shells.Content),
    },
    fast_shells.TransactionDescriptor: {
        "TransactionMode": _once("mode"),
        "TransactionID": _once("transaction_id"),
        "Poll": _once("poll", _TRUTH),
    },
    fast_shells.Content: {name: _once("primitive", _ELEMENT, cls) for name, cls in _PRIMITIVES.items()},
}


def _fields(cls: type[Any]) -> dict[str, _Field]:
    if cls in _SHELL_FIELDS:
        return _SHELL_FIELDS[cls]
    found = {}
    for attribute, name, kind, many in FIELDS[cls]:
        count = _MANY if many else _SINGLE
        form = _FORMS[kind] if isinstance(kind, str) else _ELEMENT
        found[name] = (attribute, form, count, _NO_CLASS if isinstance(kind, str) else kind)
    return found


# A child as its tag octet finds it: the field, the kind of its text, its name.
_Child = tuple[str, int, int, type[Any], int, str]
_Page = dict[int, _Child]
_NO_CHILDREN: _Page = {}


def _children(cls: type[Any], version: str) -> dict[int, _Page]:
    """Code page -> tag octet, flags included -> child."""
    fields = _fields(cls)
    found: dict[int, _Page] = {}
    for number, page in tokens.PAGES[version].items():
        for octet, entry in enumerate(page):
            if entry is not None and (field := fields.get(entry[0])) is not None:
                found.setdefault(number, {})[octet] = (*field, entry[1], entry[0])
    return found


_CHILDREN: dict[str, dict[type[Any], dict[int, _Page]]] = {version: {} for version in VERSIONS}
_HAS_TEXT = frozenset(cls for cls in FIELDS if "text" in cls.__slots__)


# ---- octets to a message


def decode(data: bytes) -> Message | None:
    """The message, or None where the tree has to decide."""
    if len(data) > MAX_TEXT:
        return None
    try:
        version, pos, strings = tokens.VERSION_OF_HEADER.get(data[:4]), 4, b""
        if version is None:
            version, pos, strings = _header(data)
        elif (frame := fast_frames.PATTERNS[version].match(data, 4)) is not None:
            content = fast_shells.Content()
            named = frame.start(1) > 0
            end = _read(data, version, frame.end(), strings, content, named, fast_frames.ELEMENTS, fast_frames.DEPTH)
            if data[end:] == fast_frames.TAIL and content.primitive is not None:
                return fast_frames.message(version, frame, content.primitive)
        root = fast_shells.Root()
        pos, named = _start(data, pos, version)
        _read(data, version, pos, strings, root, named)
        return _message(root, version)
    except (IndexError, ValueError, _Odd):
        return None


def _header(data: bytes) -> tuple[str, int, bytes]:
    """Of a header that few phones write: with a string table, say. One that leaves the character set to HTTP is for the tree."""
    reader = wbxml.Reader(data, charset="us-ascii")
    pos = reader.header()
    if reader.version not in VERSIONS or reader.charset != "utf-8":
        raise _Odd
    return reader.version, pos, reader.strings


def _read(
    data: bytes, version: str, pos: int, strings: bytes, node: Any, named: bool, count: int = 0, depth: int = 0
) -> int:  # one function, as in onesoup.wire.wbxml, for the same reason
    """Reads the children of `node` from there on; gives the place behind its end. `named`: the version's namespace has been seen;
    `count` elements have been read already, and so many of them stand around the node."""
    find, known = data.find, _CHILDREN[version]
    texts = tokens.SHORT_TEXTS[version]
    all_texts = _Texts(version, strings, MAX_TEXT - len(data) - _UNCOUNTED)
    cls: Any = type(node)
    pages = known[cls] if cls in known else _learn(cls, version)
    number = 0  # count bounds both elements and page switches, as MAX_ELEMENTS does
    children = pages[0]
    deepest = MAX_DEPTH - 2 - depth
    stack: list[tuple[Any, dict[int, _Page]]] = []
    while True:
        token = data[pos]
        pos += 1
        child = children.get(token)
        if child is None:
            if token == END:
                if not stack:
                    if count > MAX_ELEMENTS - 2:
                        raise _Odd
                    return pos
                node, pages = stack.pop()
            elif token == SWITCH_PAGE:
                number = data[pos]
                pos += 1
                count += 1
            else:
                raise _Odd
            children = pages.get(number, _NO_CHILDREN)
            continue
        attribute, form, many, cls, kind, name = child
        count += 1
        if token > 0x7F:
            pos, named = _namespace(data, pos, version, named, name)
        value: Any
        text, content = "", token & HAS_CONTENT
        inside = content and form == _ELEMENT and data[pos] not in _TEXT_TOKENS
        if content and not inside:
            following = data[pos]
            end = find(0, pos) if following == STR_I else -1
            if end > 0 and data[end + 1] == END:
                text = utf8(data[pos + 1 : end])
                if not text.isprintable():
                    text = legal(text)
                pos = end + 2
            elif following == _EXT_T_0 and data[pos + 2] == END and data[pos + 1] in texts:
                text = texts[data[pos + 1]]
                pos += 3
            else:
                text, pos = _pieces(data, pos, kind, name, all_texts)
        if form == _TEXT:
            value = normal(kind, text) if kind else text
        elif form == _NUMBER:
            if text and not (text.isascii() and text.isdigit() and len(text) < 10):
                raise _Odd
            value = int(text) if text else None
        elif form == _TRUTH:
            value = _TRUTHS[text] if text in _TRUTHS else _odd()
        elif form == _FLAG:
            value = True
        else:
            value = cls()
            if text:
                if cls not in _HAS_TEXT:
                    raise _Odd
                value.text = normal(kind, text) if kind else text
        if many == _MANY:
            if value is not None:
                getattr(node, attribute).append(value)
        elif many and (value is None or getattr(node, attribute) is not None):
            raise _Odd  # an empty one counts for the tree, which reads the first
        else:
            setattr(node, attribute, value)
        if inside:
            stack.append((node, pages))
            if len(stack) > deepest or count > MAX_ELEMENTS - 2:
                raise _Odd
            node = value
            pages = known[cls] if cls in known else _learn(cls, version)
            children = pages.get(number, _NO_CHILDREN)


_TRUTHS = {"T": True, "F": False, "": None}
_TEXT_TOKENS = frozenset((STR_I, STR_T, _EXT_T_0, OPAQUE, ENTITY))


def _odd() -> NoReturn:
    raise _Odd


def _learn(cls: type[Any], version: str) -> dict[int, _Page]:
    found = _CHILDREN[version][cls] = _children(cls, version)
    return found


class _Texts:
    """Texts that a document names by a number. `left`: how many bytes of them it may still have, since two bytes name any
    length; and how many pieces of text there may be."""

    def __init__(self, version: str, strings: bytes, left: int) -> None:
        self._values, self._strings, self._left = tokens.TEXTS[version], strings, left
        self._pieces = MAX_ITEMS

    def piece(self) -> None:
        self._pieces -= 1
        if self._pieces < 0:
            raise _Odd

    def in_table(self, index: int) -> str:
        if index >= len(self._strings):
            raise _Odd
        end = self._strings.find(0, index)
        octets = self._strings[index : end if end >= 0 else None]
        self._spend(len(octets))
        return utf8(octets)

    def value(self, number: int) -> str:
        if number not in self._values or number == tokens.HISTORY:
            raise _Odd
        text = self._values[number]
        self._spend(len(text))
        return text

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise _Odd


# Value tokens that stand alone in their element are not counted here, as they are by the tree: so much they may make, and so
# much less is left for the others.
_UNCOUNTED = MAX_ELEMENTS * max(len(text) for texts in tokens.SHORT_TEXTS.values() for text in texts.values())


def _pieces(data: bytes, pos: int, kind: int, name: str, texts: _Texts) -> tuple[str, int]:
    """Text that comes as opaque data or in several items, and where it ends."""
    pieces: list[str] = []
    for _ in range(_MOST_PIECES):
        token = data[pos]
        if token == END:
            text = "".join(pieces)
            return text if text.isprintable() else legal(text), pos + 1
        texts.piece()
        if token == STR_I:
            end = data.index(0, pos)
            pieces.append(utf8(data[pos + 1 : end]))
            pos = end + 1
        elif token == _EXT_T_0:
            number, pos = _number(data, pos + 1)
            pieces.append(texts.value(number))
        elif token == STR_T:
            number, pos = _number(data, pos + 1)
            pieces.append(texts.in_table(number))
        elif token == ENTITY:
            code, pos = _number(data, pos + 1)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise _Odd
            pieces.append(chr(code))
        elif token == OPAQUE:
            length, start = _number(data, pos + 1)
            pos = start + length
            pieces.append(_opaque(data[start:pos], kind, name))
        else:
            raise _Odd
    raise _Odd


# More is for the limits of the tree to judge.
_MOST_PIECES = 50


def _number(data: bytes, pos: int) -> tuple[int, int]:
    """mb_u_int32 of at most three octets."""
    value = 0
    for at in range(pos, pos + 3):
        value = value << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            return value, at + 1
    raise _Odd


def _opaque(octets: bytes, kind: int, name: str) -> str:
    if kind == INTEGER and len(octets) <= 4:
        return str(int.from_bytes(octets, "big"))
    if kind == DATETIME and len(octets) == 6:
        return datetime(octets)
    if kind == STRING and name != "DirectContent":
        return utf8(octets)
    raise _Odd


def _start(data: bytes, pos: int, version: str) -> tuple[int, bool]:
    """Where the children of the root begin, and whether it has told its version."""
    if data[pos : pos + 8] in _ROOTS[version]:
        return pos + 8, True
    token = data[pos]
    entry = tokens.PAGES[version][0][token]
    if entry is None or entry[0] != "WV-CSP-Message" or not token & HAS_CONTENT:
        raise _Odd
    return _namespace(data, pos + 1, version, False, "WV-CSP-Message") if token > 0x7F else (pos + 1, False)


# How nearly every document begins: the root with content and the namespace of the version that the header says.
_ROOTS = {version: frozenset((tokens.FORMS[version]["WV-CSP-Message"].open,)) for version in VERSIONS}


def _namespace(data: bytes, pos: int, version: str, named: bool, name: str) -> tuple[int, bool]:
    """Behind the attributes. The first namespace that tells a version must tell the one of the header."""
    uri = tokens.NAMESPACE_OCTETS.get(data[pos : pos + 7])
    if uri is None or name not in wbxml.NAMESPACED:
        raise _Odd
    if not named and name != "PresenceSubList":
        if version_of_namespace(uri) != version:
            raise _Odd
        named = True
    return pos + 7, named


def _message(root: fast_shells.Root, version: str) -> Message:
    session = root.session
    if session is None:
        raise _Odd
    sid, kind = None, _OUTBAND
    if (descriptor := session.descriptor) is not None:
        sid = descriptor.session_id or None
        if sid is not None or (descriptor.session_type or "").lower() == "inband":
            kind = _INBAND
            if sid is not None and len(sid) > MAX_ID_LENGTH:
                raise _Odd
    poll, transactions = session.poll, []
    for each in session.transactions:
        descriptor, mode, tid = each.descriptor, _REQUEST, None
        if each.content is None or (primitive := each.content.primitive) is None:
            raise _Odd
        if descriptor is not None:
            tid = descriptor.transaction_id
            if tid is not None and len(tid) > MAX_ID_LENGTH:
                raise _Odd
            if descriptor.mode != "Request" and (descriptor.mode or "").lower() == "response":
                mode = _RESPONSE
            if descriptor.poll is not None:
                poll = descriptor.poll
        transactions.append(Transaction(mode, tid, primitive))
    if not transactions:
        raise _Odd
    return Message(version, _WBXML, transactions, sid, kind, poll, session.cir)


# Members of an enumeration are looked up at each mention.
_WBXML, _OUTBAND, _INBAND = Encoding.WBXML, SessionType.OUTBAND, SessionType.INBAND
_REQUEST, _RESPONSE = Mode.REQUEST, Mode.RESPONSE


# ---- a message to octets

_Writer = tuple[str, int, bool, Form, Any]  # attribute, form, whether many, how the element is written, its class
_Made = tuple[Form, tuple[_Writer, ...]]
_MADE: dict[str, dict[type[Any], _Made]] = {version: {} for version in VERSIONS}
_END_OCTET = bytes((END,))
_STRING = bytes((STR_I,))
_STRING_END = bytes((0, END))
_SWITCHES = [bytes((SWITCH_PAGE, page)) for page in range(256)]


def encode(message: Message) -> bytes | None:
    """The octets of a message, or None where the tree has to write it."""
    if message.encoding is not Encoding.WBXML or message.version not in VERSIONS:
        return None
    try:
        return b"".join(_message_octets(message))
    except _Odd:
        return None


def _message_octets(message: Message) -> list[bytes]:
    version, old = message.version, message.version == "1.1"
    forms = _SHELL_FORMS[version]
    out = [tokens.HEADERS[version], b"\0", forms["WV-CSP-Message"].open, forms["Session"].open, forms["SessionDescriptor"].open]
    _text(forms["SessionType"], message.session_type.value, out)
    if message.session_id is not None:
        _text(forms["SessionID"], message.session_id, out)
    out.append(_END_OCTET)
    page = 0
    for each in message.transactions:
        if page:
            out.append(_SWITCHES[0])
        page = _transaction_octets(each, version, forms, message.poll if old else None, out)
    for name, flag in (("Poll", message.poll), ("CIR", message.cir)) if not old else ():
        if flag is None:
            continue
        if forms[name].page != page:
            page = forms[name].page
            out.append(_SWITCHES[page])
        _text(forms[name], "T" if flag else "F", out)
    out += (_END_OCTET, _END_OCTET)
    return out


def _transaction_octets(
    transaction: Transaction, version: str, forms: dict[str, Form], poll: bool | None, out: list[bytes]
) -> int:
    if transaction.segments is not None:
        raise _Odd
    out += (forms["Transaction"].open, forms["TransactionDescriptor"].open)
    _text(forms["TransactionMode"], transaction.mode.value, out)
    if transaction.id is not None:
        _text(forms["TransactionID"], transaction.id, out)
    if poll is not None:
        _text(forms["Poll"], "T" if poll else "F", out)
    out += (_END_OCTET, forms["TransactionContent"].open)
    page = _element(transaction.content, version, 0, out)
    out += (_END_OCTET, _END_OCTET)
    return page


def _element(node: Node, version: str, page: int, out: list[bytes]) -> int:
    """Writes one typed element; gives the code page that is on afterwards."""
    cls = type(node)
    form, plan = _MADE[version].get(cls) or _made(cls, version)
    if form.page != page:
        page = form.page
        out.append(_SWITCHES[page])
    place = len(out)
    out.append(form.open)
    for attribute, kind, many, child, own in plan:
        value = getattr(node, attribute)
        if value is None or (value is False and kind == _FLAG):
            continue
        for item in value if many else (value,):
            if kind == _ELEMENT:
                if type(item) is not own:
                    raise _Odd
                page = _element(item, version, page, out)
                continue
            if child.page != page:
                page = child.page
                out.append(_SWITCHES[page])
            if kind == _TEXT:
                text = item
            elif kind == _NUMBER:
                text = str(item)
            elif kind == _TRUTH:
                text = "T" if item else "F"
            else:
                out.append(child.empty)
                continue
            _text(child, text, out)
    if len(out) > place + 1:
        out.append(_END_OCTET)
        return page
    text = getattr(node, "text", None) or ""
    out.pop()
    _text(form, text, out)
    return page


def _text(form: Form, text: str, out: list[bytes]) -> None:
    if not text:
        out.append(form.empty)
        return
    texts = form.texts
    octets = texts.get(text) if texts is not None else wbxml.integer_octets(text) if form.integer else None
    if octets is not None:
        out += (form.open, octets)
        return
    if not text.isprintable():
        text = legal(text)
    out += (form.open, _STRING, text.encode(), _STRING_END)


def _plan(cls: type[Any], version: str) -> tuple[_Writer, ...]:
    """The children of an element in the order of its schema."""
    fields: Iterable[Any] = (FIELDS[cls][index] for index in ORDER[cls][version])
    return tuple(
        (attribute, _FORMS[kind] if isinstance(kind, str) else _ELEMENT, many, _own(name, version), kind)
        for attribute, name, kind, many in fields
    )


def _own(name: str, version: str) -> Form:
    """How an element is written, _Odd where its name has no token."""
    form = tokens.FORMS[version].get(name)
    if form is None:
        raise _Odd
    return form


def _made(cls: type[Any], version: str) -> _Made:
    """Plan and form of a class, kept."""
    if cls not in FIELDS:  # a primitive that nobody knows, or that could not be read
        raise _Odd
    _MADE[version][cls] = made = (_own(cls.NAME, version), _plan(cls, version))
    return made


_SHELLS = (
    *("WV-CSP-Message", "Session", "SessionDescriptor", "SessionType", "SessionID", "Transaction", "TransactionDescriptor"),
    *("TransactionMode", "TransactionID", "TransactionContent", "Poll", "CIR"),
)
# All of them are on code page 0, but for CIR.
_SHELL_FORMS = {version: {name: _own(name, version) for name in _SHELLS} for version in VERSIONS}
