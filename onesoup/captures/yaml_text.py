"""Writes YAML of dictionaries, lists and texts, as conversation files have them: several lines as a block, others on one line.

The subset is small, so that a recording needs no further library; the files are read by any YAML reader."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z$][A-Za-z0-9 ,./${}_()-]*[A-Za-z0-9)}]|[A-Za-z]")
# Words that YAML takes for something else than a text.
_WORDS = frozenset({"y", "n", "t", "f", "yes", "no", "on", "off", "true", "false", "null"})
# What a reader of YAML takes for the end of a line, or refuses.
_BREAKS = {ord(char): f"\\u{ord(char):04x}" for char in "\x7f\x85\u2028\u2029\ufeff\ufffe\uffff"}


def write_yaml(data: Mapping[str, Any]) -> str:
    return "\n".join(_mapping(data, "")) + "\n"


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{_scalar(str(key))}:", value, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent + "  ")
    elif isinstance(value, list) and value:
        yield head
        yield from _items(value, indent)
    elif isinstance(value, str) and _is_block(value):
        yield f"{head} |"
        yield from (f"{indent}  {line}" for line in value.rstrip("\n").split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _items(items: Sequence[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, indent + "  ")
            yield f"{indent}- {first.strip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(item)}"


def _is_block(text: str) -> bool:
    """Whether it is a text of several lines that a block can hold."""
    return text.endswith("\n") and text[0] not in " \n" and not any(ord(char) in _BREAKS or char in "\t\r" for char in text)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and "  " not in value:
            return value
        return json.dumps(value, ensure_ascii=False).translate(_BREAKS)
    return json.dumps(value)
