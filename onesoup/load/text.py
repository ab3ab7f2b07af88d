"""Tables and texts for a terminal of 80 columns."""

import math
import textwrap
from collections.abc import Sequence

LINE_CHARACTERS = 80


def wrapped(text: str, indent: str = "") -> list[str]:
    """A text as lines of at most LINE_CHARACTERS. Lines behind the first one are indented."""
    return textwrap.wrap(text, LINE_CHARACTERS, subsequent_indent=indent, break_on_hyphens=False)


def columns(rows: Sequence[Sequence[object]]) -> str:
    """Rows as lines. The first row is the head; cells behind the first are right-aligned."""
    texts = [[_short(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in texts) for place in range(len(texts[0]))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )

    return "\n".join(
        [line(texts[0]).rstrip(), "  ".join("-" * width for width in widths), *(line(row).rstrip() for row in texts[1:])]
    )


def _short(cell: object) -> str:
    if isinstance(cell, float):
        return "-" if math.isnan(cell) else f"{cell:.1f}" if cell < 100 else f"{cell:.0f}"
    return str(cell)
