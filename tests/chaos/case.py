"""What a case is, and how one is run: its field, its fault, the books afterwards."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from onesoup.load.run import LoadResult
from tests.chaos.field import Field, Span
from tests.chaos.field import field as field_of
from tests.chaos.figures import Figure, just, most

STEADY = 6.0
AFTER = 5.0


@dataclass(frozen=True)
class Case:
    """One row of the table. `work` does the damage and says what it measured; `options` are those of `field.field`.

    `loses`: the case is one of the two in which acknowledged messages may be lost. `alone`: it makes its own field, and may add a
    table of its own, in Markdown."""

    name: str
    fault: str
    expected: str
    work: Callable[..., Any]
    options: dict[str, Any] = field(default_factory=dict)
    loses: bool = False
    alone: bool = False


class Skipped(Exception):
    """The case needs something that is not here."""


CASES: dict[str, Case] = {}


def case(number: int | str, fault: str, expected: str, *, loses: bool = False, alone: bool = False, **options: Any) -> Any:
    """Enters a function as a case, F{number} unless it has a name of its own."""
    name = f"F{number}" if isinstance(number, int) else number

    def enter(work: Callable[..., Any]) -> Callable[..., Any]:
        CASES[name] = Case(name, fault, expected, work, options, loses, alone)
        return work

    return enter


def order(name: str) -> tuple[str, int]:
    """F1, F2, ... F20, L2, ..."""
    return name[0], int(name[1:])


def run(
    wanted: Case, tell: Callable[[str], None], phones: int | None = None, minutes: float = 0.0, every: float = 0.0
) -> dict[str, Any]:
    """The case's record, for the table and the JSON file."""
    began = time.monotonic()
    record: dict[str, Any] = {"case": wanted.name, "fault": wanted.fault, "expected": wanted.expected}
    with tempfile.TemporaryDirectory(prefix="onesoup-chaos-") as name:
        directory = Path(name)
        try:
            figures, result, table = _run(wanted, directory, tell, phones, Span(minutes, every))
        except Skipped as reason:
            return record | {"skipped": str(reason)}
        except Exception as error:
            _show_logs(directory, tell)
            return record | {"error": f"{type(error).__name__}: {error}", "took": round(time.monotonic() - began)}
        bugs = _bugs(directory)
        figures += [most("log lines about bugs of onesoup", len(bugs), 0)]
        if bugs or any(each.good is False for each in figures):
            for line in bugs[:2]:
                tell(line[:4000])
    record |= {"figures": [asdict(each) | {"verdict": each.verdict} for each in figures]}
    record |= {"load": result.as_json() if result else {}, "took": round(time.monotonic() - began)}
    return record | ({"table": table} if table else {})


def _run(
    wanted: Case, directory: Path, tell: Callable[[str], None], phones: int | None, span: Span
) -> tuple[list[Figure], LoadResult | None, str]:
    if wanted.alone:
        found = wanted.work(directory, tell)
        return (found[0], None, found[1]) if isinstance(found, tuple) else (found, None, "")
    options = dict(wanted.options)
    if phones:
        options["phones"] = phones
    if callable(options.get("redis_server")):
        options["redis_server"] = options["redis_server"](directory)
    with field_of(directory, tell, span=span, **options) as here:
        here.work(STEADY)
        figures = wanted.work(here)
        here.work(AFTER)
    result = here.run.result()
    tell(result.table())
    return [*figures, *books(result, wanted.loses)], result, ""


def books(result: LoadResult, loses: bool = False) -> list[Figure]:
    """The figures that every case has."""
    total, directions = result.ledger.total(), result.ledger.directions()
    out = directions.get("phone to XMPP")
    found = [
        just("acknowledged messages", total.acknowledged),
        just("acknowledged messages lost", total.lost) if loses else most("acknowledged messages lost", total.lost, 0),
        most("sent twice, under two ids", total.doubled, 0),
        just("repeated to phones, same MessageID", sum(each.repeated for name, each in directions.items() if "to phone" in name)),
        just("arrived at the next log-in", result.next_login),
        just("returned to the writer as not delivered", total.returned),
        most("HTTP 5xx", result.http_5xx, 0),
        just("failed requests (CSP code, or no answer)", result.series.total("failed")),
    ]
    if out is not None:
        found.insert(3, most("sent twice to XMPP", out.repeated, 0))
    return found


def _bugs(directory: Path) -> list[str]:
    """What the product itself calls a bug, and what nobody caught."""
    found = []
    for path in sorted(directory.glob("logs/*.log*")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines):
            if '"event": "bug"' in line or "Error handling request" in line:
                found.append(f"{path.name}: {line}")
            elif line.startswith("Traceback"):
                found.append(f"{path.name}: " + "\n".join(lines[number : number + 40]))
    return found


def _show_logs(directory: Path, tell: Callable[[str], None]) -> None:
    for path in sorted(directory.glob("logs/*.log")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]:
            tell(f"{path.name}: {line[:400]}")


__all__ = ["CASES", "Case", "Field", "Skipped", "books", "case", "order", "run"]
