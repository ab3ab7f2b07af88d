"""A yardstick for the codec: the least that a table-driven WBXML reader and writer in plain Python does.

It trusts its input, checks no limit, knows UTF-8 only and no CSP 1.0; a node is [name, namespace, text, children].
"""

import csv
import struct
from collections.abc import Iterator

from bench.parts import REPOSITORY

Node = list  # [str, str, str, list[Node]]

_TABLES = REPOSITORY / "tables"
_VERSIONS = {0x10: "1.1", 0x11: "1.2", 0x12: "1.3"}
_PUBLIC = {version: number for number, version in _VERSIONS.items()}
_END, _STRING, _LITERAL, _VALUE, _TABLE, _OPAQUE = 1, 3, 4, 0x80, 0x83, 0xC3


def _rows(name: str, version: str) -> Iterator[dict[str, str]]:
    with (_TABLES / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if version in row["csp_versions"].split(","):
                yield row


class _Tables:
    """The tokens of one version, both ways; a tag's number is page * 256 + token."""

    def __init__(self, version: str) -> None:
        tags, values = list(_rows("wbxml-tags.tsv", version)), list(_rows("wbxml-values.tsv", version))
        starts = [row for row in _rows("wbxml-attrs.tsv", version) if row["kind"] == "attr-start"]
        self.name = {int(row["page"] + row["token"], 16): row["element"] for row in reversed(tags)}
        self.value = {int(row["token"], 16): row["string"] for row in reversed(values)}
        self.start = {int(row["token"], 16): row["value_or_prefix"] for row in reversed(starts)}
        self.tag = {row["element"]: int(row["page"] + row["token"], 16) for row in reversed(tags)}
        self.of_value = {text: token for token, text in self.value.items()}
        self.of_start = {text: token for token, text in self.start.items()}
        self.kind = {row["element"]: row["datatype"] for row in _rows("datatypes.tsv", version)}


_BY_VERSION = {version: _Tables(version) for version in _PUBLIC}


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while data[at] > 0x7F:
        value = (value | data[at] & 0x7F) << 7
        at += 1
    return value | data[at], at + 1


def decode(data: bytes) -> tuple[str, Node]:
    """The version and the root."""
    public, at = _number(data, 1)
    if public == 0:
        _, at = _number(data, at)
    _, at = _number(data, at)
    length, at = _number(data, at)
    strings, at = data[at : at + length], at + length
    version = _VERSIONS.get(public, "1.2")
    tables = _BY_VERSION[version]
    names, values, kinds = tables.name, tables.value, tables.kind
    page, node, open_nodes = 0, ["", "", "", []], []
    while True:
        token = data[at]
        at += 1
        if token == _END:
            node = open_nodes.pop()
            if not open_nodes:
                return version, node[3][0]
        elif token == _STRING:
            end = data.index(0, at)
            node[2] += data[at:end].decode()
            at = end + 1
        elif token == _VALUE:
            number, at = _number(data, at)
            node[2] += values[number]
        elif token == _OPAQUE:
            length, at = _number(data, at)
            node[2] += _opaque(data[at : at + length], kinds.get(node[0]))
            at += length
        elif token == _TABLE:
            start, at = _number(data, at)
            node[2] += strings[start : strings.index(0, start)].decode()
        elif token == 0:
            page, at = data[at] << 8, at + 1
        else:
            name = token & 0x3F
            if name == _LITERAL:
                start, at = _number(data, at)
                child = [strings[start : strings.index(0, start)].decode(), "", "", []]
            else:
                child = [names[page | name], "", "", []]
            node[3].append(child)
            if token & 0x80:
                child[1], at = _namespace(data, at, tables.start)
            if token & 0x40:
                open_nodes.append(node)
                node = child


def _namespace(data: bytes, at: int, starts: dict[int, str]) -> tuple[str, int]:
    """The value of the one attribute."""
    text, at = starts[data[at]], at + 1
    while data[at] != _END:
        end = data.index(0, at)
        text, at = text + data[at + 1 : end].decode(), end + 1
    return text, at + 1


def _opaque(octets: bytes, kind: str | None) -> str:
    if kind == "integer":
        return str(int.from_bytes(octets, "big"))
    if kind == "datetime" and len(octets) == 6:
        bits = int.from_bytes(octets[:5], "big") << 8
        parts = bits >> 34, bits >> 30 & 15, bits >> 25 & 31, bits >> 20 & 31, bits >> 14 & 63, bits >> 8 & 63
        return "{:04}{:02}{:02}T{:02}{:02}{:02}".format(*parts) + (chr(octets[5]) if octets[5] else "")
    return octets.decode()


def encode(version: str, root: Node) -> bytes:
    """The document, without a string table."""
    tables = _BY_VERSION[version]
    tags, values, starts, kinds = tables.tag, tables.of_value, tables.of_start, tables.kind
    out = bytearray((3, _PUBLIC[version], 106, 0))
    page, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        if node is None:
            out.append(_END)
            continue
        name, namespace, text, children = node
        tag = tags[name]
        if tag >> 8 != page:
            page = tag >> 8
            out += bytes((0, page))
        full = 0x40 if text or children else 0
        if namespace:
            out += bytes((tag & 0xFF | full | 0x80, starts[namespace[:-3]], _STRING))
            out += namespace[-3:].encode() + b"\0\1"
        else:
            out.append(tag & 0xFF | full)
        if children:
            waiting.append(None)
            waiting += children[::-1]
        elif text:
            kind = kinds.get(name)
            if kind == "integer" and text.isdigit():
                number = int(text)
                octets = struct.pack(">I", number).lstrip(b"\0") or b"\0"
                out += bytes((_OPAQUE, len(octets))) + octets
            elif text in values and kind in ("boolean", "enum"):
                out += bytes((_VALUE, values[text]))
            else:
                out.append(_STRING)
                out += text.encode()
                out.append(0)
            out.append(_END)
    return bytes(out)
