"""Figures, the table of them, and the JSON file. Knows nothing about how they were measured."""

import html
import json
import math
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from onesoup.load.text import LINE_CHARACTERS, wrapped

OUTPUT_FOLDER = Path(__file__).resolve().parent / "out"


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, with their extremes."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1], len(found))

    @classmethod
    def once(cls, value: float) -> "Spread":
        return cls(value, value, value, 1)


@dataclass(frozen=True)
class Figure:
    """One line of the table. `goal` is the highest good value of `ratio` when there is an anchor, else of `value`."""

    part: str
    name: str
    unit: str
    value: Spread
    anchor: Spread | None = None
    anchor_name: str = ""
    ratio: Spread | None = None
    goal: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        judged = self.ratio or self.value
        return "pass" if judged.median <= self.goal else "MISS"


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of the values lie, rounded up to one of them."""
    found = sorted(values)
    return found[min(int(part * len(found)), len(found) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """All figures, two lines each: name and verdict, then values. No line is longer than LINE_CHARACTERS."""
    return "\n".join(line for figure in figures for line in _lines(figure))


def _lines(figure: Figure) -> list[str]:
    name = f"{figure.part}: {figure.name}"
    first = [name] if len(name) <= LINE_CHARACTERS - 5 else wrapped(f"{name} {figure.verdict}")
    if len(first) == 1:
        first[0] = f"{name:<{LINE_CHARACTERS - 4}}{figure.verdict:>4}".rstrip()
    more = [_values(figure), *([figure.note] if figure.note else [])]
    return first + [line for text in more for line in wrapped(f"    {text}", "    ")]


def save(name: str, machine: dict[str, str], figures: Sequence[Figure], out: Path = OUTPUT_FOLDER) -> Path:
    """Writes bench/out/<name>.json, and the plot beside it; returns the path of the first."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) | {"verdict": figure.verdict} for figure in figures]
    path = out / f"{name}.json"
    taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    path.with_suffix(".svg").write_text(plot(figures), encoding="utf-8")
    path.write_text(json.dumps({"taken": taken, "machine": machine, "figures": rows}, indent=1) + "\n", encoding="utf-8")
    return path


def plot(figures: Sequence[Figure]) -> str:
    """An SVG with a bar for each figure that has a goal: how much of what is allowed it takes. Logarithmic, the goal at 1."""
    judged = [figure for figure in figures if figure.goal is not None and figure.goal > 0]
    height, left, scale, top = 18, 560, 90, 24
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="960" height="{top + height * len(judged) + 8}" font-family="sans-serif" '
        'font-size="11"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{left}" y="14" text-anchor="middle">the goal</text>',
    ]
    for number, figure in enumerate(judged):
        share = max((figure.ratio or figure.value).median / float(figure.goal or 1), 0.01)
        y, end = top + number * height, left + math.log2(share) * scale / 2
        colour = "#2a7" if figure.verdict == "pass" else "#c43"
        begin, width = min(left, end), max(abs(end - left), 1.0)
        rows.append(f'<text x="8" y="{y + 12}">{html.escape(f"{figure.part}: {figure.name}"[:66])}</text>')
        rows.append(f'<rect x="{begin:.0f}" y="{y + 2}" width="{width:.0f}" height="{height - 5}" fill="{colour}"/>')
        rows.append(f'<text x="{max(left, end) + 6:.0f}" y="{y + 12}">{share:.2f}</text>')
    bottom = top + height * len(judged)
    return "\n".join([*rows, f'<path d="M{left} {top - 6}V{bottom}" stroke="#000"/>', "</svg>", ""])


def _values(figure: Figure) -> str:
    value, anchor, ratio = figure.value, figure.anchor, figure.ratio
    parts = [f"{short(value.median)} {figure.unit}".rstrip()]
    if value.rounds > 1:
        parts[0] += f" ({short(value.low)}-{short(value.high)}, n {value.rounds})"
    if anchor:
        parts.append(f"{figure.anchor_name} {short(anchor.median)}")
    if ratio:
        parts.append(f"ratio {ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})")
    if figure.goal is not None:
        parts.append(f"goal <= {short(figure.goal)}")
    return "; ".join(parts)


def short(value: float) -> str:
    """Three digits that count, and no more."""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"
