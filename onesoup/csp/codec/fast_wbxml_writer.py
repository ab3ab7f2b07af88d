"""A message to WBXML without the element tree between them. Writes the same bytes as the way over the tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from onesoup.csp.codec.envelope import Message, Transaction
from onesoup.csp.codec.fast_fields import FORM_OF_KIND, KIND_ELEMENT, KIND_FLAG, KIND_NUMBER, KIND_TEXT, KIND_TRUTH, LeftToTree
from onesoup.csp.codec.fast_frames import WBXML_VERSIONS
from onesoup.csp.codec.generated_elements import FIELDS, ORDER, Node
from onesoup.wire import tokens
from onesoup.wire.datatypes import legal_text
from onesoup.wire.document import Encoding
from onesoup.wire.tokens import END, STR_I, SWITCH_PAGE, Form
from onesoup.wire.wbxml_writer import opaque_integer

_Writer = tuple[str, int, bool, Form, Any]  # attribute, form, whether many, how the element is written, its class
_Made = tuple[Form, tuple[_Writer, ...]]
_MADE: dict[str, dict[type[Any], _Made]] = {version: {} for version in WBXML_VERSIONS}

_END_OCTET = bytes((END,))
_STRING = bytes((STR_I,))
_STRING_END = bytes((0, END))
_SWITCHES = [bytes((SWITCH_PAGE, page)) for page in range(256)]


def encode(message: Message) -> bytes | None:
    """The octets of a message, or None where the tree has to write it."""
    if message.encoding is not Encoding.WBXML or message.version not in WBXML_VERSIONS:
        return None
    try:
        return b"".join(_message_octets(message))
    except LeftToTree:
        return None


def _message_octets(message: Message) -> list[bytes]:
    version, old = message.version, message.version == "1.1"
    forms = _SHELL_FORMS[version]
    out = [
        tokens.DOCUMENT_HEADERS[version],
        b"\0",
        forms["WV-CSP-Message"].open,
        forms["Session"].open,
        forms["SessionDescriptor"].open,
    ]
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
        raise LeftToTree
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
        if value is None or (value is False and kind == KIND_FLAG):
            continue
        for item in value if many else (value,):
            if kind == KIND_ELEMENT:
                if type(item) is not own:
                    raise LeftToTree
                page = _element(item, version, page, out)
                continue
            if child.page != page:
                page = child.page
                out.append(_SWITCHES[page])
            if kind == KIND_TEXT:
                text = item
            elif kind == KIND_NUMBER:
                text = str(item)
            elif kind == KIND_TRUTH:
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
    octets = texts.get(text) if texts is not None else opaque_integer(text) if form.integer else None
    if octets is not None:
        out += (form.open, octets)
        return
    if not text.isprintable():
        text = legal_text(text)
    out += (form.open, _STRING, text.encode(), _STRING_END)


def _plan(cls: type[Any], version: str) -> tuple[_Writer, ...]:
    """The children of an element in the order of its schema."""
    fields: Iterable[Any] = (FIELDS[cls][index] for index in ORDER[cls][version])
    return tuple(
        (attribute, FORM_OF_KIND[kind] if isinstance(kind, str) else KIND_ELEMENT, many, _own(name, version), kind)
        for attribute, name, kind, many in fields
    )


def _own(name: str, version: str) -> Form:
    """How an element is written, _Odd where its name has no token."""
    form = tokens.ELEMENT_FORMS[version].get(name)
    if form is None:
        raise LeftToTree
    return form


def _made(cls: type[Any], version: str) -> _Made:
    """Plan and form of a class, kept."""
    if cls not in FIELDS:  # an unknown primitive, or one that could not be read
        raise LeftToTree
    _MADE[version][cls] = made = (_own(cls.NAME, version), _plan(cls, version))
    return made


_SHELLS = (
    *("WV-CSP-Message", "Session", "SessionDescriptor", "SessionType", "SessionID", "Transaction", "TransactionDescriptor"),
    *("TransactionMode", "TransactionID", "TransactionContent", "Poll", "CIR"),
)

# All of them are on code page 0, but for CIR.
_SHELL_FORMS = {version: {name: _own(name, version) for name in _SHELLS} for version in WBXML_VERSIONS}
