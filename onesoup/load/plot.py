"""A run as a picture: an SVG of a few panels over the same seconds. Knows numbers and names, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

PLOT_WIDTH, PANEL_HEIGHT, PLOT_LEFT, PANEL_GAP = 900, 130, 60, 34
CURVE_COLOURS = ("#1f6fb2", "#d1495b", "#3c8d5a", "#8a5fb0", "#c98a1b")


@dataclass(frozen=True)
class Panel:
    """Lines over one axis, which begins at 0."""

    title: str
    lines: dict[str, Sequence[float]]


def svg(title: str, panels: Sequence[Panel], marks: Sequence[tuple[float, str]] = (), step: int = 1) -> str:
    """`marks` are (second, what), drawn through all panels. `step`: the seconds of one value."""
    values = max((len(line) for panel in panels for line in panel.lines.values()), default=1)
    seconds = (values - 1) * step + 1
    height = 40 + len(panels) * (PANEL_HEIGHT + PANEL_GAP) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PLOT_WIDTH} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{PLOT_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{PLOT_LEFT}" y="22" font-size="14">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, 48 + number * (PANEL_HEIGHT + PANEL_GAP), seconds, step)
    bottom = 48 + len(panels) * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP
    parts += [_second(each, seconds, bottom) for each in _ticks(seconds)]
    for at, what in marks:
        x = _x(at, seconds)
        parts.append(f'<line x1="{x}" y1="40" x2="{x}" y2="{bottom}" stroke="#888" stroke-dasharray="3 3"/>')
        parts.append(f'<text x="{x + 2}" y="38" fill="#555" font-size="9">{escape(what)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, top: int, seconds: int, step: int) -> list[str]:
    most = max((value for line in panel.lines.values() for value in line), default=0) or 1
    found = [
        f'<rect x="{PLOT_LEFT}" y="{top}" width="{PLOT_WIDTH - PLOT_LEFT - 10}" height="{PANEL_HEIGHT}" '
        'fill="none" stroke="#ccc"/>',
        f'<text x="{PLOT_LEFT - 4}" y="{top + 8}" text-anchor="end">{most:.0f}</text>',
        f'<text x="{PLOT_LEFT - 4}" y="{top + PANEL_HEIGHT}" text-anchor="end">0</text>',
        f'<text x="{PLOT_LEFT + 4}" y="{top - 4}">{escape(panel.title)}</text>',
    ]
    for number, (name, values) in enumerate(panel.lines.items()):
        colour = CURVE_COLOURS[number % len(CURVE_COLOURS)]
        points = " ".join(
            f"{_x(at * step, seconds)},{round(top + PANEL_HEIGHT * (1 - value / most), 1)}" for at, value in enumerate(values)
        )
        found.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
        found.append(f'<text x="{PLOT_LEFT + 250 + 110 * number}" y="{top - 4}" fill="{colour}">{escape(name)}</text>')
    return found


def _x(second: float, seconds: int) -> float:
    return round(PLOT_LEFT + (PLOT_WIDTH - PLOT_LEFT - 10) * second / max(seconds - 1, 1), 1)


def _ticks(seconds: int) -> range:
    step = next((each for each in (5, 10, 20, 30, 60, 120, 300, 600) if seconds / each <= 15), 3600)
    return range(0, seconds, step)


def _second(second: int, seconds: int, bottom: int) -> str:
    return f'<text x="{_x(second, seconds)}" y="{bottom + 14}" text-anchor="middle">{second} s</text>'
