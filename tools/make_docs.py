#!/usr/bin/env python3
"""Writes the parts of docs/ that come from the code, such as handsets, phones and modules. usage: make_docs.py [--check]"""

import ast
import re
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from generated import write_or_check

from onesoup import coverage
from onesoup.csp.handsets import HANDSETS, Handset, Row
from onesoup.guide.phones import BASES, Family, Field, PhoneProblem, ServerValues, guide
from onesoup.spec.areas import AREAS
from onesoup.spec.case import SPEC_VERSIONS, Case
from onesoup.store import bounds

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CODE = ("onesoup", "workers", "cir")


def families() -> str:
    rows = ["| family | known by | quirks | conversation | rests on |", "| --- | --- | --- | --- | --- |"]
    for row in HANDSETS:
        quirks = ", ".join(f"`{each.name}`" for each in fields(Handset) if each.metadata and getattr(row.handset, each.name))
        basis = "assumed profile" if row.assumed else "what such clients send"
        rows.append(f"| {row.handset.name} | {_sign(row)} | {quirks or 'none'} | `scripts/{row.story}.yaml` | {basis} |")
    return "\n".join(rows) + "\n"


def _sign(row: Row) -> str:
    signs = {"ClientID": row.client_id, "User-Agent": row.user_agent, "TransactionID": row.transaction_id}
    return " and ".join(f"{name} begins `{text}`" for name, text in signs.items() if text)


def quirks() -> str:
    rows = ["| quirk | what is done, and why | proved by |", "| --- | --- | --- |"]
    for each in fields(Handset):
        if each.metadata:
            rows.append(f"| `{each.name}` | {each.metadata['help']} | `{each.metadata['proof']}` |")
    return "\n".join(rows) + "\n"


class ExampleValues(ServerValues):
    """As docs/phones.md calls the pages of a running server, and where it says more of them."""

    @property
    def page(self) -> str:
        return "the server's page"

    @property
    def access_page(self) -> str:
        return "[How to make an access point](#how-to-make-an-access-point)"

    @property
    def account_page(self) -> str:
        return "[the account page](accounts.md#the-page-account), `/account` of your server"


# Whose values stand in the page; the pages of a running server have its own.
EXAMPLE = ExampleValues("http://imps.example.org/", "example.org", "onesoup@example.org")


AFTER_LOGIN = (
    "Over plain HTTP the account page opens only on the server's own machine. In a demo, `onesoup demo link` prints a link that",
    "opens it from elsewhere.",
    "",
    f"When the phone is logged in, write `help` to `{EXAMPLE.helper}`: [it answers](service-contact.md), also when nobody else",
    "is there.",
)


def phone_families() -> str:
    """Of which family a model is, with a link to each."""
    told = ["Search this page for your model, then follow the link to its family.", ""]
    told += [f"- [{family.name}](#{_anchor(family.name)}): {family.models}" for family in guide().families]
    return "\n".join([*told, "", f"Not there? {guide().unlisted}"]) + "\n"


def _anchor(heading: str) -> str:
    """The name that GitHub and the site give to a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def phones() -> str:
    """What all phones share, the families, then what to do about a phone that does not get through."""
    told = [*_fields(guide().fields), "", *AFTER_LOGIN]
    for family in guide().families:
        told += ["", *_family(family)]
    for part in guide().helps:
        told += ["", f"## {EXAMPLE.fill(part.title)}", ""]
        told += "\n\n".join(map(EXAMPLE.fill, part.text)).split("\n")
    return "\n".join(told) + "\n"


def _family(family: Family) -> list[str]:
    basis = family.basis
    told = [f"## {family.name}", "", f"{family.models}.", ""]
    told += [f"- Speaks {family.protocol}: {basis.protocol.words}.", f"- Access point: {EXAMPLE.fill(family.access)}"]
    told += [f"- Settings over the air: {EXAMPLE.fill(family.ota)} ({basis.ota.words})", f"- Menus: {basis.menu.words}."]
    told += ["", "| to | go to |", "| --- | --- |"]
    for menu in family.menus:
        known = f" ({BASES[menu.basis]})" if menu.basis else ""
        told.append(f"| {menu.goal} | {EXAMPLE.fill(menu.path)}{known} |")
    told += ["", *_fields(family.fields), "", "| the phone shows | because | do | known |", "| --- | --- | --- | --- |"]
    return told + [row for problem in family.problems for row in _problem(problem)]


def _fields(shown: tuple[Field, ...]) -> list[str]:
    rows = ["| field | what goes into it |", "| --- | --- |"]
    for field in shown:
        typed = f"`{EXAMPLE.fill(field.type)}` " if field.type else ""
        rows.append(f"| {field.label} | {(typed + EXAMPLE.fill(field.told)).strip()} |")
    return rows


def _problem(problem: PhoneProblem) -> list[str]:
    shows = f'"{problem.shows}"' if problem.exact else problem.shows
    rows = []
    for cause in problem.causes:
        codes = f" ({', '.join(map(str, cause.codes))})" if cause.codes else ""
        rows.append(f"| {shows} | {EXAMPLE.fill(cause.why)}{codes} | {EXAMPLE.fill(cause.do)} | {BASES[problem.basis]} |")
    return rows


def spec_cases() -> str:
    """The cases of the conformance runner, by area."""
    rows: list[str] = []
    for area in AREAS:
        rows += ["", f"### {area.title}", "", "| case | what the server must do | rests on | level | what goes wrong otherwise |"]
        rows += ["| --- " * 5 + "|", *(_spec_case(case) for case in area.cases)]
    return "\n".join(rows).lstrip("\n") + "\n"


def _spec_case(case: Case) -> str:
    only = "" if case.versions == SPEC_VERSIONS else f" (CSP {', '.join(case.versions)})"
    only += f" ({case.encodings[0].upper()})" if len(case.encodings) == 1 else ""
    page = f"[{case.page} {case.section}](protocol/{case.page}), {case.support}"
    return f"| `{case.id}` | {case.asks}{only} | {page} | {case.level} | {case.breaks} |"


def redis_keys() -> str:
    rows = ["| key | who makes it grow | length of each part, bytes | count, memory | expiry | above that |", "| --- " * 6 + "|"]
    for row in bounds.KEY_BOUNDS:
        rows.append(f"| `{row.key}` | {row.made_by} | {row.lengths} | {row.count} | {row.expiry} | {row.above} |")
    return "\n".join(rows) + "\n"


def modules() -> str:
    """Each module by package: the first sentence of its docstring, and the public names that it defines."""
    rows: list[str] = []
    package = Path()
    for path in sorted((each for top in CODE for each in (ROOT / top).rglob("*.py")), key=lambda each: (each.parent, each.name)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
        if path.name == "__init__.py" or not told:
            continue
        if path.parent != package:
            package = path.parent
            rows += ["", f"## `{package.relative_to(ROOT)}`", "", "| module | what it does | names in it |"]
            rows += ["| --- | --- | --- |"]
        found = (each.name for each in tree.body if isinstance(each, ast.ClassDef | ast.FunctionDef))
        names = ", ".join(f"`{name}`" for name in found if not name.startswith("_"))
        rows.append(f"| `{path.name}` | {_first_sentence(told)} | {'made from a table' if 'generated' in path.name else names} |")
    return "\n".join(rows) + "\n"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", text)[0].replace("|", "\\|")


# page, name of the table in it, what writes the table
TABLES: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("handsets.md", "families", families),
    ("handsets.md", "quirks", quirks),
    ("phones.md", "families", phone_families),
    ("phones.md", "phones", phones),
    ("coverage.md", "legend", lambda: coverage.LEGEND),
    ("coverage.md", "coverage", coverage.table),
    ("redis-keys.md", "keys", redis_keys),
    ("modules.md", "modules", modules),
    ("spec.md", "cases", spec_cases),
)


def filled(text: str, name: str, table: str) -> str:
    begin, end = f"<!-- {name}: written by tools/make_docs.py -->\n", f"<!-- end of {name} -->\n"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return head + begin + table + end + tail


def files() -> dict[Path, str]:
    made: dict[Path, str] = {}
    for page, name, make in TABLES:
        path = DOCS / page
        text = made[path] if path in made else path.read_text(encoding="utf-8")
        made[path] = filled(text, name, make())
    return made


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
