"""The checks of a step against an answer. Each says what was expected and what came. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from onesoup.phone.conversation.paths import PathNode, find


@dataclass(frozen=True)
class Failure:
    """One condition that does not hold."""

    what: str  # the path, or the name of the rule
    expected: str
    came: str
    why: str = ""


Op = Callable[[list[str], Any], bool]


def _matches(texts: list[str], pattern: Any) -> bool:
    return all(re.search(str(pattern), text) for text in texts or [""])


def _is_in(texts: list[str], values: Any) -> bool:
    """A missing element counts as an empty text: a list that allows the empty text allows its absence."""
    return all(text in [str(each) for each in values] for text in texts or [""])


# op -> (holds for these texts, what was expected in words)
CHECK_OPERATIONS: dict[str, tuple[Op, str]] = {
    "equals": (lambda texts, value: all(text == str(value) for text in texts or [""]), "{}"),
    "in": (_is_in, "one of {}"),
    "present": (lambda texts, _: bool(texts), "the element"),
    "absent": (lambda texts, _: not texts, "no such element"),
    "nonempty": (lambda texts, _: bool(texts) and all(texts), "a text"),
    "max_len": (lambda texts, value: all(len(text) <= int(value) for text in texts), "at most {} characters"),
    "matches": (_matches, "a text that matches {}"),
    "only_from": (lambda texts, value: all(text in [str(each) for each in value] for text in texts), "nothing but {}"),
    "int": (lambda texts, _: bool(texts) and all(text.isascii() and text.isdigit() for text in texts), "a decimal number"),
    "count": (lambda texts, value: len(texts) == int(value), "{} of it"),
    "min_count": (lambda texts, value: len(texts) >= int(value), "at least {} of it"),
}


def check(primitive: PathNode, wanted: Mapping[str, Any], fill: Callable[[Any], Any]) -> Failure | None:
    """One check of a file; `fill` puts the values of variables in. A check that cannot be read fails as well."""
    path, op = str(wanted.get("path")), str(wanted.get("op"))
    if op not in CHECK_OPERATIONS:
        return Failure(path, f"an operation that exists, not {op!r}", "")
    value = fill(wanted.get("value"))
    texts = [node.text for node in find(primitive, str(fill(path)))]
    holds, words = CHECK_OPERATIONS[op]
    if holds(texts, value):
        return None
    return Failure(path, words.format(_shown(value)), _came(texts), str(wanted.get("why") or ""))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(repr(str(each)) for each in value)
    return repr(value) if isinstance(value, str) else str(value)


def _came(texts: list[str]) -> str:
    return ", ".join(repr(text) for text in texts) if texts else "nothing"
