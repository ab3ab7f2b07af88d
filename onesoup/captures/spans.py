"""A span: bytes of a document that belong together, and what they are. The spans of a document cover it without gaps."""

from __future__ import annotations

import json
from dataclasses import dataclass

# The kinds of spans. The phone in the browser uses the same words.
SPAN_KINDS = ("header", "page", "tag", "end", "text", "opaque", "token", "integer", "attribute")

# Which of them hold the value of an element.
VALUE_KINDS = frozenset(("text", "opaque", "token", "integer"))


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to `end`. `path`: the element and those around it, as in "WV-CSP-Message/Session"."""

    start: int
    end: int
    kind: str
    depth: int
    note: str  # for a person: "page 1", "Session", 'text "alice"'
    path: str

    @property
    def element(self) -> str:
        return self.path.rpartition("/")[2]


class SpanList:
    """Spans in the making: each begins where the one before it ended. `names` are the elements that are open."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.names: list[str] = []
        self.end = 0

    def add(self, end: int, kind: str, note: str, inside: bool = True) -> None:
        """The bytes up to `end`: `inside` of the open element, which is one deeper, or its tags."""
        if end > self.end:
            depth = len(self.names) - (not inside)
            self.spans.append(Span(self.end, end, kind, depth, printable(note), printable("/".join(self.names))))
            self.end = end

    def open(self, end: int, name: str) -> None:
        self.names.append(name)
        self.add(end, "tag", name, inside=False)

    def close(self, end: int) -> None:
        self.add(end, "end", f"end of {self.names[-1]}", inside=False)
        self.names.pop()


def quoted(text: str) -> str:
    """The text in quotes, on one line, with nothing in it that could drive a terminal."""
    return printable(json.dumps(text, ensure_ascii=False))


def printable(text: str) -> str:
    """The text with escapes for what is not printable."""
    return text if text.isprintable() else "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
