"""Which primitives work, in which version and encoding, and what shows it. Read from the sources of a checkout: the tables, the
handlers, the conversations of `scripts/` and the tests. Nothing is run, so that the same sources always say the same."""

import ast
import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click

from onesoup.commands.common import as_json, json_option
from onesoup.csp.codec.generated_elements import PRIMITIVES, LoginRequest, MessageDelivered, PollingRequest, Status
from onesoup.csp.transactions import SESSIONLESS_PRIMITIVES
from onesoup.handlers.handler_table import PRIMITIVE_HANDLERS
from onesoup.wire.generated.pts import TRANSACTIONS
from onesoup.wire.generated.tags import TAGS

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("1.1", "1.2", "1.3")
XML, WBXML, PTS = "x", "w", "p"

# What the exchange itself does, without a handler.
EXCHANGE = (LoginRequest, PollingRequest, MessageDelivered, Status, *SESSIONLESS_PRIMITIVES)
# Where answers and server transactions are made.
MAKERS = ("onesoup/handlers", "onesoup/csp", "onesoup/xmpp", "workers")
# What the table says of what there is no reason to send.
NEVER = "never sent: "
CLASSES = {cls.__name__: name for name, cls in PRIMITIVES.items()}

_OPENED = re.compile(r"<([A-Za-z][\w.-]*)[\s/>]")
_PTS_EXAMPLE = re.compile(r"\bWV(1[123])([A-Z]{2})\d* ?(?:SI=\S+ )?(?:Primitive=([\w-]+))?")

LEGEND = """\
- **Version columns.** A letter means that this encoding can carry the primitive: x XML, w WBXML, p plain text syntax. A capital
  letter means that a test shows it: a conversation of `scripts/` that is played through the whole stack, or for P an example in
  `tests/wire/test_pts.py`. Property tests show for all primitives that they survive every encoding
  (`tests/csp/codec/test_binding.py`, `tests/wire/test_pts.py`).
- **tests** is the number of modules of `tests/handlers` and `tests/stories` that name the primitive.
- **handled** is the module that serves the request, or makes what the server sends. *never* means that XMPP has nothing like it,
  so the server has no reason to send it. **no** would mean that nothing serves the primitive: a test checks that there is none.
"""


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def table() -> str:
    """The table in Markdown. OSError where there are no sources."""
    found = primitives()
    heads = list(found[0])
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    lines += [f"| {' | '.join(str(cell or '') for cell in each.values())} |" for each in found]
    return "\n".join(lines) + "\n"


def primitives() -> list[dict[str, object]]:
    """A row for each primitive, by the heads of the table. OSError where there are no sources."""
    mapped = {row["primitive"]: row["mapped_to"] for row in rows("mapping.tsv")}
    tested, named = {*_played(), *_written()}, _named()
    found: list[dict[str, object]] = []
    for row in rows("primitives.tsv"):
        name = row["primitive"]
        cells = {version: _cell(name, version, row["versions"], tested) for version in VERSIONS}
        to = mapped.get(name) or "answer"
        told = {"handled": _handled(row, to), "tests": named.get(name, 0), "mapped to": to}
        found.append({"primitive": name, "from": _side(row["direction"]), **cells, **told})
    return found


def _side(direction: str) -> str:
    return direction.partition("->")[0]


def _cell(name: str, version: str, versions: str, tested: set[tuple[str, str, str]]) -> str:
    known = versions.split(",")
    if version not in known and set(known) & set(VERSIONS):
        return ""
    token = {name, "BlockUser-Request" if name == "BlockEntity-Request" else name} & set(TAGS[version].values())
    encodings = [XML, *((WBXML,) if token else ()), PTS]
    return " ".join(each.upper() if (name, version, each) in tested else each for each in encodings)


def _handled(row: dict[str, str], mapped_to: str) -> str:
    """Who serves or makes the primitive. What goes both ways needs one of them."""
    name, cls = row["primitive"], PRIMITIVES[row["primitive"]]
    if row["direction"] != "server->client":
        if handler := PRIMITIVE_HANDLERS.get(cls):
            return handler.__module__.removeprefix("onesoup.")
        if cls in EXCHANGE:
            return "handlers.exchange"
    if row["direction"] != "client->server" and (maker := _makers().get(name)):
        return maker
    return "never" if mapped_to.startswith(NEVER) else "**no**"


@cache
def _makers() -> dict[str, str]:
    """The first module that calls the class of each primitive."""
    found: dict[str, str] = {}
    for path in _modules(*MAKERS):
        if path.name == "generated_elements.py":
            continue
        for name in _called(path):
            found.setdefault(name, ".".join(path.relative_to(ROOT).with_suffix("").parts).removeprefix("onesoup."))
    return found


def _called(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and (name := _name(node.func)) in CLASSES:
            yield CLASSES[name]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _named() -> dict[str, int]:
    """How many test modules name the class of each primitive."""
    count: dict[str, int] = {}
    for path in _modules("tests/handlers", "tests/stories"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute))
        for name in {CLASSES[_name(node)] for node in nodes if _name(node) in CLASSES}:
            count[name] = count.get(name, 0) + 1
    return count


def _modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _played() -> Iterator[tuple[str, str, str]]:
    """What conversations send and expect: they are played in each version and each encoding that they name."""
    from onesoup.phone.conversation import script

    for path in sorted((ROOT / "scripts").glob("*.yaml")):
        loaded = script.load(path)
        steps = [
            step for each in (loaded.data, *loaded.alternatives.values()) for step in each["steps"] if "known_gap" not in step
        ]
        for name in {name for step in steps for name in _primitives(step)}:
            yield from ((name, version, each[0]) for version in loaded.versions for each in loaded.encodings)


def _primitives(value: Any) -> Iterator[str]:
    """The primitives in a step: elements of what is sent, names of what is expected."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _primitives(each)
    elif isinstance(value, str):
        yield from _known([value, *_OPENED.findall(value)])


def _known(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if name in PRIMITIVES)


def _written() -> Iterator[tuple[str, str, str]]:
    """The examples of plain text syntax."""
    text = (ROOT / "tests" / "wire" / "test_pts.py").read_text(encoding="utf-8")
    for version, code, named in _PTS_EXAMPLE.findall(text):
        name = TRANSACTIONS.get(code) or named
        if name in PRIMITIVES:
            yield name, f"{version[0]}.{version[1]}", PTS


@click.command()
@json_option
def command(lines: bool) -> None:
    """Show which primitives work, in which version and encoding, and which test proves it. Reads the sources of a checkout."""
    try:
        if lines:
            for each in primitives():
                click.echo(as_json(each))
        else:
            click.echo(LEGEND + "\n" + table(), nl=False)
    except OSError as error:
        raise click.ClickException(f"no sources of a checkout here: {error}") from None
