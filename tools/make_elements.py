#!/usr/bin/env python3
"""Writes onesoup/csp/codec/generated_elements.py from tables/schema.tsv: one small typed class for each CSP element that has
children.

usage: make_elements.py [--check]      --check writes nothing and exits with 1 when the module is not what the table says
"""

import csv
import keyword
import re
import subprocess
import sys
from pathlib import Path

from generated import write_or_check

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "onesoup" / "csp" / "codec" / "generated_elements.py"
VERSIONS = ("1.1", "1.2", "1.3")
KINDS = {"integer": "int", "boolean": "bool", "empty": "flag", "element": "element"}

# The envelope has its own reader and writer, onesoup/csp/codec/envelope.py.
ENVELOPE = {"WV-CSP-Message", "Session", "SessionDescriptor", "Transaction", "TransactionDescriptor", "TransactionContent"}

# What real clients send outside the schema: (parent, child, kind, many). Read everywhere, written when a caller sets it.
COMPAT = (
    ("NickName", "User", "element", False),  # COMPAT(Android): CreateList puts the UserID one level too deep
    ("User", "Property", "element", False),  # COMPAT(Android): UnsubscribePresence names a user by a Property
    ("InviteUser-Response", "User", "element", False),  # COMPAT(Android): a bare User in the place of Sender
    ("InviteUser-Response", "Group", "element", False),  # COMPAT(Android): likewise a bare Group
    ("UserMapping", "SName", "str", False),  # COMPAT(Android): wants the members flat, messages.md 13
    ("UserMapping", "UserID", "str", False),
    ("UserMapList", "UserMapping", "element", True),
)
# Elements that hold plain text in one version and children in another.
WITH_TEXT = {"AcceptedContentType", "ClientID", "Extended-Request", "Extended-Response"}


def rows(name: str) -> list[dict[str, str]]:
    with open(ROOT / "tables" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def class_name(element: str) -> str:
    parts = re.split(r"[-_]", element)
    return "".join(part[:1].upper() + part[1:] for part in parts)


def attribute(element: str) -> str:
    name = element.replace("-", "_").replace("vCard", "Vcard").replace("PresenceSubList", "Presence_Sub_List")
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()
    return name + "_" if keyword.iskeyword(name) else name


class Spec:
    """One element: its fields in the order of all versions together, and the order each version asks for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[str, tuple[str, bool]] = {}
        self.order: dict[str, list[tuple[int, str]]] = {version: [] for version in VERSIONS}

    def add(self, child: str, kind: str, many: bool, positions: dict[str, int]) -> None:
        old_kind, old_many = self.fields.get(child, (kind, many))
        kind = "element" if "element" in (kind, old_kind) else kind
        self.fields[child] = (kind, many or old_many)
        for version, position in positions.items():
            self.order[version].append((position, child))

    def orders(self) -> dict[str, list[str]]:
        """Each version's own order; fields that it does not know come last, for whoever sets them on purpose."""
        result = {}
        for version, known in self.order.items():
            names = [child for _, child in sorted(known)]
            result[version] = names + [child for child in self.fields if child not in names]
        return result


def specs() -> dict[str, Spec]:
    found: dict[str, Spec] = {}
    for row in rows("schema.tsv"):
        parent = row["parent"]
        if parent in ENVELOPE:
            continue
        spec = found.setdefault(parent, Spec(parent))
        if row["child"] in ("(none)", "(text)"):
            continue
        many = row["card"] in "*+" or row["group"] in ("choice*", "choice+")
        if row["group"] == "choice" and row["card"] == "1":
            many = False
        kind = KINDS.get(row["type"], "str")
        spec.add(row["child"], kind, many, {version: int(row["pos"]) for version in row["versions"].split(",")})
    for parent, child, kind, many in COMPAT:
        found[parent].add(child, kind, many, {})
    return {name: spec for name, spec in found.items() if spec.fields or name in primitives() or name in WITH_TEXT}


def primitives() -> list[str]:
    return [row["primitive"] for row in rows("primitives.tsv")]


def annotation(child: str, kind: str, many: bool) -> tuple[str, str]:
    base = {"int": "int", "bool": "bool", "flag": "bool", "str": "str", "element": class_name(child)}[kind]
    if kind == "flag":
        return "bool", "False"
    if many:
        return f"list[{base}] | None", "None"
    return f"{base} | None", "None"


def class_body(name: str, spec: Spec, all_specs: dict[str, Spec]) -> list[str]:
    """Slots and an initialiser."""
    parameters, body = [], []
    for child, (kind, many) in spec.fields.items():
        kind = "str" if kind == "element" and child not in all_specs else kind
        type_, default = annotation(child, kind, many)
        parameters.append(f"{attribute(child)}: {type_} = {default}")
        value = f"[] if {attribute(child)} is None else {attribute(child)}" if many else attribute(child)
        body.append(f"        self.{attribute(child)} = {value}")
    slots = [attribute(child) for child in spec.fields]
    if name in WITH_TEXT:
        parameters.append("text: str | None = None")
        body.append("        self.text = text")
        slots.append("text")
    if not slots:
        return ["    __slots__ = ()"]
    return [f"    __slots__ = {tuple(slots)!r}", "", f"    def __init__(self, {', '.join(parameters)}) -> None:", *body]


def render() -> str:
    names = primitives()
    out = [
        '"""CSP elements as typed values, from tables/schema.tsv. Written by tools/make_elements.py: change that, not this.',
        "",
        "A field is None when the element was absent, [] when a repeated one was. ORDER gives, for each class and version, the",
        "order in which the children are written. Plain classes: every process imports them all, and 226 dataclasses cost three",
        "times the start-up time.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import ClassVar",
        "",
        "from onesoup.csp.codec.node import Node as Node",
        "from onesoup.csp.codec.node import Primitive as Primitive",
        "",
    ]
    all_specs = specs()
    for name, spec in all_specs.items():
        out += ["", f"class {class_name(name)}({'Primitive' if name in names else 'Node'}):"]
        out += [f'    NAME: ClassVar[str] = "{name}"']
        out += class_body(name, spec, all_specs)
        out.append("")
    out += ["", "", "# class -> ((attribute, element name, kind, many), ...); kind is str, int, bool, flag or a class"]
    out += ["FIELDS: dict[type[Node], tuple[tuple[str, str, str | type[Node], bool], ...]] = {"]
    for name, spec in all_specs.items():
        out.append(f"    {class_name(name)}: (")
        for child, (kind, many) in spec.fields.items():
            kind = "str" if kind == "element" and child not in all_specs else kind
            shown = class_name(child) if kind == "element" else f'"{kind}"'
            out.append(f'        ("{attribute(child)}", "{child}", {shown}, {many}),')
        out.append("    ),")
    out += ["}", "", "# class -> version -> indices into FIELDS in the order of that version's schema"]
    out += ["ORDER: dict[type[Node], dict[str, tuple[int, ...]]] = {"]
    for name, spec in all_specs.items():
        index = {child: number for number, child in enumerate(spec.fields)}
        orders = {version: tuple(index[child] for child in names_) for version, names_ in spec.orders().items()}
        out.append(f"    {class_name(name)}: {orders!r},")
    out += ["}", "", "PRIMITIVES: dict[str, type[Primitive]] = {"]
    out += [f'    "{name}": {class_name(name)},' for name in names]
    out += ["}", ""]
    return formatted("\n".join(out))


def formatted(source: str) -> str:
    ruff = Path(sys.executable).parent / "ruff"
    return subprocess.run(
        [ruff, "format", "--stdin-filename", str(TARGET), "-"], input=source, capture_output=True, text=True, check=True
    ).stdout


def files() -> dict[Path, str]:
    return {TARGET: render()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
