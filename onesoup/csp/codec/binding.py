"""Element tree <-> typed elements. Knows the shape from elements.py and nothing of what the elements mean.

Reading is liberal: any order, unknown children skipped, children of other versions taken. Writing is strict: the order
of the version's schema. A value that is no number or no boolean raises CspError(402) with the path of the element.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from onesoup.csp.codec.generated_elements import FIELDS, ORDER, PRIMITIVES, Node, Primitive
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.wire.tree import Element

TRUE = frozenset({"t", "true", "1", "y", "yes"})
FALSE = frozenset({"f", "false", "0", "n", "no"})
MAX_INTEGER = 2**32 - 1

# COMPAT(Symbian): its tables spell the 1.1 name; both names are one token.
PRIMITIVE_ALIASES = {"BlockUser-Request": "BlockEntity-Request"}


def read_integer(element: Element) -> int | None:
    """The number in an element; None when it is empty. Decimal, 0 to 4294967295 (wire.md 5)."""
    text = element.text.strip()
    if not text:
        return None
    # Cut behind the zeros in front: no number of more than ten digits is small enough.
    if text.isascii() and text.isdigit() and (value := int(text.lstrip("0")[:11] or "0")) <= MAX_INTEGER:
        return value
    raise CspError(StatusCode.BAD_PARAMETER, f"{element.name} is not a number")


def read_boolean(element: Element) -> bool | None:
    """The truth of an element; None when it is empty, which means unchanged or unknown."""
    text = element.text
    if text == "T":
        return True
    if text == "F":
        return False
    text = text.strip().lower()
    if not text:
        return None
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise CspError(StatusCode.BAD_PARAMETER, f"{element.name} is neither T nor F")


def _string(element: Element) -> str:
    return element.text


def _flag(element: Element) -> bool:
    return True


_CONVERT: dict[str, Callable[[Element], Any]] = {"str": _string, "int": read_integer, "bool": read_boolean, "flag": _flag}


def _reader(kind: str | type[Node]) -> Callable[[Element], Any]:
    if isinstance(kind, str):
        return _CONVERT[kind]
    return lambda element: read_node(element, kind)


# class -> child name -> (attribute, reader, repeated)
_READ: dict[type[Node], dict[str, tuple[str, Callable[[Element], Any], bool]]] = {
    cls: {name: (attribute, _reader(kind), many) for attribute, name, kind, many in fields} for cls, fields in FIELDS.items()
}
_HAS_TEXT = frozenset(cls for cls in FIELDS if "text" in cls.__slots__)


NodeT = TypeVar("NodeT", bound=Node)


def read_node(element: Element, cls: type[NodeT]) -> NodeT:
    """The typed form of `element`. Of a child that may stand once and came twice, the last counts."""
    table = _READ[cls]
    values: dict[str, Any] = {}
    for child in element.children:
        entry = table.get(child.name)
        if entry is None:
            continue
        attribute, convert, many = entry
        value = convert(child)
        if not many:
            values[attribute] = value
        elif value is not None:  # one of several that is empty says nothing
            values.setdefault(attribute, []).append(value)
    if cls in _HAS_TEXT and element.text:
        values["text"] = element.text
    return cls(**values)


def read_primitive(element: Element) -> Primitive | None:
    """The typed primitive, or None when no such primitive is known."""
    cls = PRIMITIVES.get(PRIMITIVE_ALIASES.get(element.name, element.name))
    if element.name == "Search-Request":
        element = _one_pair_each(element)
    return None if cls is None else read_node(element, cls)


def _one_pair_each(request: Element) -> Element:
    """1.3 lets several criteria stand in one SearchPairList (messages.md 14); each gets a list of its own here."""
    children: list[Element] = []
    for child in request.children:
        if child.name != "SearchPairList" or sum(each.name == "SearchElement" for each in child.children) < 2:
            children.append(child)
            continue
        for part in child.children:
            if part.name == "SearchElement":
                children.append(Element("SearchPairList", "", [part]))
            elif children and children[-1].name == "SearchPairList":
                children[-1] = Element("SearchPairList", "", [*children[-1].children, part])
    return Element(request.name, request.text, children)


def _plan(cls: type[Node], version: str) -> tuple[tuple[str, str, str, bool], ...]:
    fields = FIELDS[cls]
    plan = []
    for index in ORDER[cls][version]:
        attribute, name, kind, many = fields[index]
        plan.append((attribute, name, kind if isinstance(kind, str) else "element", many))
    return tuple(plan)


_WRITE = {(cls, version): _plan(cls, version) for cls in FIELDS for version in ("1.1", "1.2", "1.3")}


def write_node(node: Node, version: str) -> Element:
    """The element of a typed value; children in the order of that version's schema, absent fields left out."""
    children: list[Element] = []
    for attribute, name, kind, many in _WRITE[type(node), version]:
        value = getattr(node, attribute)
        if value is None or (value is False and kind == "flag"):
            continue
        for item in value if many else (value,):
            children.append(_leaf(name, kind, item, version))
    text = getattr(node, "text", None) or ""
    return Element(node.NAME, text, children or ())


def _leaf(name: str, kind: str, value: Any, version: str) -> Element:
    if kind == "element":
        return write_node(value, version)
    if kind == "bool":
        return Element(name, "T" if value else "F")
    if kind == "flag":
        return Element(name)
    return Element(name, str(value))
