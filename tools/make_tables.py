#!/usr/bin/env python3
"""Writes onesoup/wire/generated/*.py from tables/*.tsv, so that starting a process parses no TSV; and the same tables, with the
rules of onesoup/wire that are data, as a module for the phone in the browser.

`tools/make_tables.py` writes the modules; with `--check` it exits 1 if a module differs from what the TSV files say.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from generated import write_or_check

ROOT = Path(__file__).resolve().parent.parent
TSV = ROOT / "tables"
OUT = ROOT / "onesoup" / "wire" / "generated"
SCRIPT = ROOT / "workers" / "gateway" / "web" / "browser_phone" / "wire" / "tables.js"
VERSIONS = ("1.0", "1.1", "1.2", "1.3")
LINE = 130  # ruff's line-length in pyproject.toml: the modules must be format-clean as written

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (TSV / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def of_version(table: list[Row], version: str) -> Iterator[Row]:
    return (row for row in table if version in row["csp_versions"].split(","))


class Hex(int):
    """A number that the modules show in hexadecimal, as the specification does."""


def literal(value: object) -> str:
    if isinstance(value, Hex):
        return f"0x{value:04X}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)  # an empty table is {}


def lines_of(prefix: str, value: object, indent: int, end: str) -> Iterator[str]:
    """The assignment or entry `prefix value end`, broken over lines the way ruff format breaks it."""
    pad = " " * indent
    if isinstance(value, Mapping) and value:
        yield f"{pad}{prefix}{{"
        for key, item in value.items():
            yield from lines_of(f"{literal(key)}: ", item, indent + 4, ",")
        yield f"{pad}}}{end}"
    elif isinstance(value, tuple) and len(pad + prefix + literal(value) + end) > LINE:
        yield f"{pad}{prefix}("
        for item in value:
            yield from lines_of("", item, indent + 4, ",")
        yield f"{pad}){end}"
    else:
        yield f"{pad}{prefix}{literal(value)}{end}"


def module(source: str, about: str, **tables: tuple[str, object]) -> str:
    lines = [f'"""From tables/{source}; written by tools/make_tables.py. {about}"""']
    for name, (annotation, value) in tables.items():
        lines += ["", *lines_of(f"{name}: {annotation} = ", value, 0, "")]
    return "\n".join(lines) + "\n"


def tags() -> str:
    table = rows("wbxml-tags.tsv")
    found: dict[object, object] = {}
    for version in VERSIONS:
        names: dict[Hex, str] = {}
        for row in of_version(table, version):
            names.setdefault(Hex(int(row["page"] + row["token"], 16)), row["element"])
        found[version] = names
    return module("wbxml-tags.tsv", "Page and token to element.", TAGS=("dict[str, dict[int, str]]", found))


def attrs() -> str:
    table = [row for row in rows("wbxml-attrs.tsv") if row["kind"] == "attr-start"]
    found: dict[object, object] = {}
    for version in VERSIONS:
        found[version] = {
            Hex(int(row["page"] + row["token"], 16)): (row["attribute"], row["value_or_prefix"], row["on_element"])
            for row in of_version(table, version)
        }
    return module(
        "wbxml-attrs.tsv",
        "Page and token to attribute, start of its value, element.",
        ATTRS=("dict[str, dict[int, tuple[str, str, str]]]", found),
    )


def values() -> str:
    table = rows("wbxml-values.tsv")
    found: dict[object, object] = {}
    for version in VERSIONS:
        strings: dict[Hex, str] = {}
        for row in of_version(table, version):
            strings.setdefault(Hex(int(row["token"], 16)), row["string"])
        found[version] = strings
    return module("wbxml-values.tsv", "EXT_T_0 number to text.", VALUES=("dict[str, dict[int, str]]", found))


def datatypes() -> str:
    table = rows("datatypes.tsv")
    kinds = {row["element"]: row["datatype"] for row in table}
    enums = {row["element"]: tuple(row["values"].split()) for row in table if row["datatype"] == "enum"}
    return module(
        "datatypes.tsv",
        "An element in no table is a string or a container.",
        DATATYPES=("dict[str, str]", kinds),
        ENUMS=("dict[str, tuple[str, ...]]", enums),
    )


def split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def doctypes() -> str:
    table = {row["csp_version"]: row for row in rows("doctypes.tsv")}
    return module(
        "doctypes.tsv",
        "How each version names itself.",
        PUBLIC_IDS=("dict[str, str]", {v: row["xml_public_id"] for v, row in table.items()}),
        OTHER_PUBLIC_IDS=("dict[str, tuple[str, ...]]", {v: split(row["other_xml_public_ids"]) for v, row in table.items()}),
        SYSTEM_IDS=("dict[str, str]", {v: row["system_id"] for v, row in table.items()}),
        WBXML_PUBLIC_IDS=("dict[str, int]", {v: Hex(int(row["wbxml_public_ids"], 16)) for v, row in table.items()}),
        NAMESPACES=(
            "dict[str, dict[str, str]]",
            {
                v: {"WV-CSP-Message": row["ns_csp"], "TransactionContent": row["ns_trc"], "PresenceSubList": row["ns_pa"]}
                for v, row in table.items()
            },
        ),
        XML_TYPES=("dict[str, str]", {v: row["http_type_xml"] for v, row in table.items()}),
        WBXML_TYPES=("dict[str, str]", {v: row["http_type_wbxml"] for v, row in table.items()}),
        OTHER_TYPES=("dict[str, tuple[str, ...]]", {v: split(row["accept_types"]) for v, row in table.items()}),
        PTS_TYPES=("dict[str, str]", {v: row["http_type_other"] for v, row in table.items()}),
    )


def pts() -> str:
    table = rows("pts.tsv")

    def of_kind(*kinds: str) -> list[Row]:
        return [row for row in table if row["kind"] in kinds]

    def words(kind: str) -> dict[object, object]:
        return {row["code"]: row["name"] for row in of_kind(kind)}

    values: dict[object, dict[object, object]] = {}
    for row in of_kind("value"):
        values.setdefault(row["scope"], {})[row["code"]] = row["name"]
    parts: dict[object, object] = {}
    for row in of_kind("presence"):
        if row["scope"]:
            parts[row["scope"]] = (*parts.get(row["scope"], ()), row["name"])  # type: ignore[misc]
    parameters: dict[object, object] = {}
    for row in of_kind("parameter"):
        entry = (row["name"], tuple(row["scope"].split()), tuple(filter(None, row["csp_versions"].split(","))))
        parameters[row["code"]] = (*parameters.get(row["code"], ()), entry)  # type: ignore[misc]
    valued = tuple(row["parent"] for row in rows("schema.tsv") if row["child"] == "PresenceValue")
    return module(
        "pts.tsv",
        "The words of the plain text syntax.",
        TRANSACTIONS=("dict[str, str]", {row["code"]: row["name"] for row in of_kind("request", "closed")}),
        CLOSED=("tuple[str, ...]", tuple(row["name"] for row in of_kind("closed"))),
        PARAMETERS=("dict[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]]", parameters),
        CAPABILITIES=("dict[str, str]", words("capability")),
        SERVICES=("dict[str, str]", words("service")),
        PRESENCE=("dict[str, str]", words("presence")),
        PARTS=("dict[str, tuple[str, ...]]", parts),
        VALUED=("tuple[str, ...]", tuple(dict.fromkeys(valued))),
        PROPERTIES=("dict[str, str]", words("property")),
        VALUES=("dict[str, dict[str, str]]", values),
    )


# Of doctypes: a page tells documents apart by their bytes, and has no plain text syntax.
NOT_IN_PAGES = frozenset({"OTHER_TYPES", "PTS_TYPES"})


def script() -> str:
    """All tables of the codec in JavaScript."""
    # Only now: these modules are built of those that this program writes.
    from onesoup.wire import datatypes, limits, names, tokens
    from onesoup.wire.generated import attrs, doctypes, tags, values
    from onesoup.wire.generated.datatypes import DATATYPES

    tables: dict[str, object] = {
        "TAGS": tags.TAGS,
        "VALUES": values.VALUES,
        "ATTRIBUTE_STARTS": {number: [name, prefix] for number, (name, prefix, _) in attrs.ATTRS["1.3"].items()},
        "DATATYPES": DATATYPES,
        **{name: value for name, value in vars(doctypes).items() if name.isupper() and name not in NOT_IN_PAGES},
        "NAME_ALIASES": names.NAME_ALIASES,
        "TEXT_INTEGERS": sorted(tokens.TEXT_INTEGERS),
        "TOKEN_ELEMENTS": sorted(tokens.TOKEN_ELEMENTS),
        "BOOLEAN_TEXTS": datatypes.BOOLEAN_TEXTS,
        "CHARSETS": tokens.CHARSETS,
        "CHARSETS_OF_HTTP": tokens.CHARSETS_OF_HTTP,
        "LIMITS": {name: value for name, value in vars(limits).items() if name.isupper()},
    }
    lines = ["// From tables/*.tsv and onesoup/wire; written by tools/make_tables.py. What a name means is said there."]
    for name, value in tables.items():
        lines += ["", f"export const {name} =", *(_wrapped(value)), ";"]
    return "\n".join(lines) + "\n"


def _wrapped(value: object) -> Iterator[str]:
    """A value as JSON, which JavaScript reads as it is: an inner table begins on a line of its own."""
    if isinstance(value, Mapping) and any(isinstance(item, Mapping) for item in value.values()):
        yield "{"
        for key, item in value.items():
            yield f"{_json(str(key))}:"
            *rest, last = _wrapped(item)
            yield from (*rest, f"{last},")
        yield "}"
    elif isinstance(value, Mapping):
        yield from ("{", *_filled(f"{_json(str(key))}: {_json(item)}," for key, item in value.items()), "}")
    elif isinstance(value, list):
        yield from ("[", *_filled(f"{_json(item)}," for item in value), "]")
    else:
        yield _json(value)


def _filled(entries: Iterable[str]) -> Iterator[str]:
    """As many entries on each line as it takes. None is broken: there are strings with blanks."""
    line = ""
    for entry in entries:
        if line and len(line) + 1 + len(entry) > LINE:
            yield line
            line = ""
        line = f"{line} {entry}".lstrip()
    yield line


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


MODULES: dict[str, Callable[[], str]] = {
    "tags.py": tags,
    "attrs.py": attrs,
    "values.py": values,
    "datatypes.py": datatypes,
    "doctypes.py": doctypes,
    "pts.py": pts,
}


def files() -> dict[Path, str]:
    return {**{OUT / name: make() for name, make in MODULES.items()}, SCRIPT: script()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
