"""XML as plain values: what a holder and a worker pass each other where neither wants to know the other's library."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Xml:
    """An element. `ns` is its namespace, "" for that of its parent; `text` all text that stands directly in it."""

    name: str
    ns: str = ""
    attrs: dict[str, str] = field(default_factory=dict)
    children: "list[Xml]" = field(default_factory=list)
    text: str = ""

    def get(self, name: str) -> str:
        return self.attrs.get(name, "")

    def all(self, name: str, ns: str = "") -> "Iterator[Xml]":
        """The children of that name, of any namespace where none is given."""
        return (child for child in self.children if child.name == name and (not ns or child.ns == ns))

    def find(self, name: str, ns: str = "") -> "Xml | None":
        return next(self.all(name, ns), None)

    def text_of(self, name: str, ns: str = "") -> str:
        found = self.find(name, ns)
        return found.text.strip() if found is not None else ""

    def plain(self) -> list[Any]:
        """For a record."""
        return [self.name, self.ns, self.attrs, [child.plain() for child in self.children], self.text]


def from_plain(plain: list[Any]) -> Xml:
    name, ns, attrs, children, text = plain
    return Xml(name, ns, dict(attrs), [from_plain(child) for child in children], text)


def leaf(name: str, text: str) -> Xml:
    return Xml(name, text=text)
