"""What all typed elements have in common: fields in slots, compared and shown by value."""

from typing import Any, ClassVar, Self


class Node:
    """An element with children. NAME is its name on the wire."""

    __slots__: tuple[str, ...] = ()
    NAME: ClassVar[str]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ((name, getattr(self, name)) for name in self.__slots__)
        shown = ", ".join(f"{name}={value!r}" for name, value in fields if value is not None and value != [])
        return f"{type(self).__name__}({shown})"

    def copy(self, **changes: Any) -> Self:
        """A shallow copy with some fields changed."""
        return type(self)(**{name: getattr(self, name) for name in self.__slots__} | changes)


class Primitive(Node):
    """The one child of TransactionContent: what a transaction asks or answers."""

    __slots__: tuple[str, ...] = ()
