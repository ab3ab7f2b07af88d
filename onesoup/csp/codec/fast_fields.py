"""Tables of the fast ways: which child an element may have, and how it is read and written."""

from __future__ import annotations

from functools import cache
from typing import Any

from onesoup.csp.codec import fast_shells
from onesoup.csp.codec.binding import PRIMITIVE_ALIASES
from onesoup.csp.codec.fast_frames import WBXML_VERSIONS
from onesoup.csp.codec.generated_elements import FIELDS, PRIMITIVES, Node
from onesoup.wire import tokens
from onesoup.wire.datatypes import KIND_OF_ELEMENT
from onesoup.wire.names import CIR_ADDRESS


class LeftToTree(Exception):
    """The fast way does not read or write this document; the way over the tree does."""


# How a child is read and written.
KIND_TEXT, KIND_NUMBER, KIND_TRUTH, KIND_FLAG, KIND_ELEMENT = range(5)
LAST_COUNTS, ALL_COUNT, ONE_ALLOWED = range(3)  # of a SINGLE that came twice the last counts; a second ONCE is odd
TRUTHS = {"T": True, "F": False, "": None}
FORM_OF_KIND = {"str": KIND_TEXT, "int": KIND_NUMBER, "bool": KIND_TRUTH, "flag": KIND_FLAG}

# Attribute, form, count, class where it is an element.
_Field = tuple[str, int, int, type[Any]]

_NO_CLASS: type[Any] = Node


def _once(attribute: str, form: int = KIND_TEXT, cls: type[Any] = _NO_CLASS) -> _Field:
    return attribute, form, ONE_ALLOWED, cls


# Search-Request is not among them: the tree takes its criteria apart first.
_PRIMITIVES = {name: cls for name, cls in PRIMITIVES.items() if name != "Search-Request"}
_PRIMITIVES |= {alias: _PRIMITIVES[name] for alias, name in PRIMITIVE_ALIASES.items()}

_SHELL_FIELDS: dict[type[Any], dict[str, _Field]] = {
    fast_shells.Root: {"Session": _once("session", KIND_ELEMENT, fast_shells.SessionShell)},
    fast_shells.SessionShell: {
        "SessionDescriptor": _once("descriptor", KIND_ELEMENT, fast_shells.SessionDescriptor),
        "Transaction": ("transactions", KIND_ELEMENT, ALL_COUNT, fast_shells.TransactionShell),
        "Poll": _once("poll", KIND_TRUTH),
        "CIR": _once("cir", KIND_TRUTH),
    },
    fast_shells.SessionDescriptor: {"SessionType": _once("session_type"), "SessionID": _once("session_id")},
    fast_shells.TransactionShell: {
        "TransactionDescriptor": _once("descriptor", KIND_ELEMENT, fast_shells.TransactionDescriptor),
        "TransactionContent": _once("content", KIND_ELEMENT, fast_shells.Content),
    },
    fast_shells.TransactionDescriptor: {
        "TransactionMode": _once("mode"),
        "TransactionID": _once("transaction_id"),
        "Poll": _once("poll", KIND_TRUTH),
    },
    fast_shells.Content: {name: _once("primitive", KIND_ELEMENT, cls) for name, cls in _PRIMITIVES.items()},
}


def _fields(cls: type[Any]) -> dict[str, _Field]:
    if cls in _SHELL_FIELDS:
        return _SHELL_FIELDS[cls]
    found = {}
    for attribute, name, kind, many in FIELDS[cls]:
        count = ALL_COUNT if many else LAST_COUNTS
        form = FORM_OF_KIND[kind] if isinstance(kind, str) else KIND_ELEMENT
        found[name] = (attribute, form, count, _NO_CLASS if isinstance(kind, str) else kind)
    return found


# A child as its tag octet finds it: the field, the kind of its text, its name.
_Child = tuple[str, int, int, type[Any], int, str]

ChildPage = dict[int, _Child]

NO_CHILDREN: ChildPage = {}


def _children(cls: type[Any], version: str) -> dict[int, ChildPage]:
    """Code page -> tag octet, flags included -> child."""
    fields = _fields(cls)
    found: dict[int, ChildPage] = {}
    for number, page in tokens.TAG_PAGES[version].items():
        for octet, entry in enumerate(page):
            if entry is not None and (field := fields.get(entry[0])) is not None:
                found.setdefault(number, {})[octet] = (*field, entry[1], entry[0])
    return found


CHILDREN_OF_CLASS: dict[str, dict[type[Any], dict[int, ChildPage]]] = {version: {} for version in WBXML_VERSIONS}

CLASSES_WITH_TEXT = frozenset(cls for cls in FIELDS if "text" in cls.__slots__)


def learn_children(cls: type[Any], version: str) -> dict[int, ChildPage]:
    found = CHILDREN_OF_CLASS[version][cls] = _children(cls, version)
    return found


# The same of XML, where the name finds the child: the field and the kind of its text.
NamedChildren = dict[str, tuple[str, int, int, Any, int | None]]

LEAF: NamedChildren = {}


@cache
def children_by_name(cls: type[Any]) -> NamedChildren:
    """Without those whose name hangs on the version."""
    fields = _fields(cls).items()
    return {name: (*field, KIND_OF_ELEMENT.get(name)) for name, field in fields if name not in CIR_ADDRESS}
