"""The element tree that both codecs read into and write from. It knows nothing about CSP."""

from __future__ import annotations

from collections.abc import Sequence


class Element:
    """One element: its name, its text or its children (never both once decoded), its attributes if it has any.

    `children` is a list when there are any and the shared empty tuple for leaves, which most elements are.
    """

    __slots__ = ("attrs", "children", "name", "text")

    def __init__(
        self,
        name: str,
        text: str = "",
        children: Sequence[Element] = (),
        attrs: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.text = text
        self.children = children
        self.attrs = attrs

    def find(self, name: str) -> Element | None:
        """The first child of that name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def findtext(self, name: str, default: str = "") -> str:
        """The text of the first child of that name."""
        child = self.find(name)
        return default if child is None else child.text

    def __eq__(self, other: object) -> bool:
        """Structural; no recursion, so that a tree that somebody built too deep fails a test and not the interpreter."""
        if not isinstance(other, Element):
            return NotImplemented
        pairs: list[tuple[Element, Element]] = [(self, other)]
        while pairs:
            mine, theirs = pairs.pop()
            if mine.name != theirs.name or mine.text != theirs.text or len(mine.children) != len(theirs.children):
                return False
            if (mine.attrs or None) != (theirs.attrs or None):
                return False
            pairs.extend(zip(mine.children, theirs.children, strict=True))
        return True

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        parts = [repr(self.name)]
        if self.text:
            parts.append(repr(self.text))
        if self.children:
            parts.append(f"children={list(self.children)!r}")
        if self.attrs:
            parts.append(f"attrs={self.attrs!r}")
        return f"Element({', '.join(parts)})"
