"""The figures that docs/scaling.md is made from: bench/figures.json, one line for each.

"measured" says with which command and commit, "estimated" why nobody has measured it, "assumed" what phones do, "planned" what an
operator decides, "scale" what the big run (`make scale`) has found. A run's JSON renews what is measured; see `take`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.parts import REPOSITORY

FIGURES_FILE = REPOSITORY / "bench" / "figures.json"

# What a unit is in seconds of CPU, KB, or itself.
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "KB": 1.0, "MB": 1024.0, "bytes": 1.0}

# Section -> name -> what is known of the figure.
Document = dict[str, dict[str, dict[str, Any]]]


def load(path: Path = FIGURES_FILE) -> Document:
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    return document


def dump(document: Document) -> str:
    """One line a figure, so that a change of one shows as one."""
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {_section(rows)}" for name, rows in document.items()) + "\n}\n"


def _section(rows: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in rows.items())
    return f"{{\n{lines}\n }}" if rows else "{}"


def values(document: Document) -> dict[str, float]:
    """All that the sums need by name: CPU and times in seconds, memory in KB, the rest as it stands."""
    names = ("measured", "estimated", "assumed", "planned")
    return {
        name: row["value"] * UNITS.get(row.get("unit", ""), 1.0) for section in names for name, row in document[section].items()
    }


def take(document: Document, run: Mapping[str, Any], commit: str, date: str, command: str) -> list[str]:
    """Puts the figures of a run in the place of those that came from the same part and figure; and all that the big run has
    measured, under its names. The names of what was renewed. `run` is a file of bench/out."""
    renewed = []
    source = {"commit": commit, "date": date, "command": command}
    found = dict(_figures_of(run))
    for name, row in document["measured"].items():
        if (value := found.get(tuple(row["from"]))) is not None:
            row |= {"value": _digits(value), **source}
            renewed.append(name)
    for each in run.get("figures", ()):
        if each["part"] == "scale":
            row = {"value": _digits(each["value"]["median"]), "unit": each["unit"], "note": each["note"]}
            document["scale"][each["name"]] = row | source
            renewed.append(each["name"])
    return renewed


def _figures_of(run: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], float]]:
    """(part, figure) or (part, figure, "anchor") of a run of bench, (case, figure) of one of chaos."""
    for each in run.get("figures", ()):
        yield (each["part"], each["name"]), each["value"]["median"]
        if each["anchor"]:
            yield (each["part"], each["name"], "anchor"), each["anchor"]["median"]
    for case, record in run.get("cases", {}).items():
        for each in record.get("figures", ()):
            yield (case, each["name"]), each["value"]


def _digits(value: float) -> float:
    """Three digits that count, as a table shows them."""
    return float(f"{value:.3g}")
