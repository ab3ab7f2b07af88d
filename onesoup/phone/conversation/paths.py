"""Element paths of conversation files, by local names: `Result/Code`, `*[1]`, `//Code[1]`, `Property[Name=Default]/Value`,
`X[not(*)]`, `ContactList[text()=../DefaultContactList]`, `/WV-CSP-Message/Session/Poll`. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from onesoup.wire.tree import Element


@dataclass(eq=False)
class PathNode:
    """An element that knows its parent."""

    name: str
    text: str
    parent: "PathNode | None" = None
    children: list["PathNode"] = field(default_factory=list)

    def walk(self) -> Iterator["PathNode"]:
        """Itself and all below, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def first(self, path: str) -> "PathNode | None":
        return next(iter(find(self, path)), None)

    def value(self, path: str) -> str | None:
        """The text of the first match, None when nothing matches."""
        found = self.first(path)
        return None if found is None else found.text


def of_element(element: Element, parent: PathNode | None = None) -> PathNode:
    node = PathNode(element.name, element.text, parent)
    node.children = [of_element(child, node) for child in element.children]
    return node


class PathError(ValueError):
    """The path cannot be read."""


_STEP = re.compile(r"(//|/)?((?:[A-Za-z_][\w.-]*|\*|\.\.|\.))((?:\[[^\]]*\])*)")
_PREDICATE = re.compile(r"\[([^\]]*)\]")


def find(start: PathNode, path: str) -> list[PathNode]:
    """The nodes that a path names, in document order. A leading / starts at the root element, // looks anywhere below."""
    place, nodes = 0, [start]
    absolute = path.startswith("/") and not path.startswith("//")
    if absolute:
        while nodes[0].parent is not None:
            nodes = [nodes[0].parent]
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise PathError(f"path {path!r}: cannot read {path[place:]!r}")
        deep, name = found[1] == "//", found[2]
        if absolute and place == 0:
            nodes = [node for node in nodes if name in (node.name, "*")] or _children(nodes, name)
        else:
            nodes = _below(nodes, name) if deep else _children(nodes, name)
        for predicate in _PREDICATE.findall(found[3]):
            nodes = _filtered(nodes, predicate.strip(), deep)
        place = found.end()
    return nodes


def _below(nodes: list[PathNode], name: str) -> list[PathNode]:
    return [each for node in nodes for each in node.walk() if each is not node and name in (each.name, "*")]


def _children(nodes: list[PathNode], name: str) -> list[PathNode]:
    if name == "..":
        return [node.parent for node in nodes if node.parent is not None]
    if name == ".":
        return nodes
    return [child for node in nodes for child in node.children if name in (child.name, "*")]


def _filtered(nodes: list[PathNode], predicate: str, deep: bool) -> list[PathNode]:
    if predicate.isdigit():
        number = int(predicate) - 1
        if deep:  # "the first of all", which is what the files mean by //Code[1]
            return nodes[number : number + 1]
        return [node for node in nodes if _place(node, nodes) == number]
    return [node for node in nodes if _holds(node, predicate)]


def _place(node: PathNode, nodes: list[PathNode]) -> int:
    """Which of the matches below the same parent it is, from 0."""
    return [each for each in nodes if each.parent is node.parent].index(node)


def _holds(node: PathNode, predicate: str) -> bool:
    if predicate.startswith("not(") and predicate.endswith(")"):
        return not _holds(node, predicate[4:-1])
    left, equals, right = predicate.partition("=")
    values = [node.text] if left == "text()" else [each.text for each in find(node, left)]
    if not equals:
        return bool(values)
    if right.startswith(("..", "/")):
        return any(each.text in values for each in find(node, right))
    return right.strip("'\"") in values
