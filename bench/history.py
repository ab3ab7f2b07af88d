"""Which commit cost what: bench/history.jsonl has one line for each figure and commit. Lines are appended, never changed."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.parts import REPOSITORY
from bench.report import Figure, Spread

HISTORY_FILE = REPOSITORY / "bench" / "history.jsonl"


class Uncommitted(Exception):
    """The files are not those of any commit: a figure of them could not be measured again."""


def commit(repository: Path = REPOSITORY) -> str:
    """The commit of the files, shortened; Uncommitted when a file differs from it, the history apart."""
    if changed := [line[3:] for line in _git(repository, "status", "--porcelain") if not line.endswith(HISTORY_FILE.name)]:
        raise Uncommitted(", ".join(changed[:5]))
    return _git(repository, "rev-parse", "--short=10", "HEAD")[0]


def _git(repository: Path, *argv: str) -> list[str]:
    done = subprocess.run(["git", *argv], cwd=repository, capture_output=True, text=True)
    if done.returncode:
        raise Uncommitted(done.stderr.strip() or "git does not answer")
    return done.stdout.splitlines()


def lines(figures: Sequence[Figure], machine: Mapping[str, str], commit: str, date: str) -> list[str]:
    """One line of JSON for each figure, with its keys in the same order."""
    kernel = ".".join(machine["kernel"].split(".")[:2])
    about = f"{machine['cpu']}, {machine['cores']} cores, Linux {kernel}, Python {machine['python']}"
    return [json.dumps({"commit": commit, "date": date, "machine": about} | _figure(each)) for each in figures]


def _figure(figure: Figure) -> dict[str, Any]:
    anchor = {"name": figure.anchor_name, "value": _digits(figure.anchor.median)} if figure.anchor else None
    return {
        "part": figure.part,
        "figure": figure.name,
        "value": _digits(figure.value.median),
        "unit": figure.unit,
        "spread": _extremes(figure.value),
        "rounds": figure.value.rounds,
        "anchor": anchor,
        "ratio": _digits(figure.ratio.median) if figure.ratio else None,
        "ratio_spread": _extremes(figure.ratio) if figure.ratio else None,
    }


def _extremes(spread: Spread) -> list[float]:
    return [_digits(spread.low), _digits(spread.high)]


def _digits(value: float) -> float:
    """Four digits that count: more would be noise."""
    return float(f"{value:.4g}")


def append(found: Sequence[str], path: Path = HISTORY_FILE) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in found)
