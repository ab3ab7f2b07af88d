"""Plots of the last day as SVG, made of a series of 1,440 numbers. Colours are those of the style sheet; what a plot says is
there as text too."""

import time
from dataclasses import dataclass

from markupsafe import Markup

from onesoup.runtime.times import utc_text

BIN_MINUTES = 5
DAY_PLOT_WIDTH, DAY_PLOT_TOP, DAY_PLOT_BOTTOM, DAY_PLOT_MARGIN = 288, 6, 62, 6
DAY_PLOT_HEIGHT = 80
# Marks at full hours; those at every sixth go up, and have their time.
LONG_MARK_HOURS = 6


@dataclass(frozen=True, slots=True)
class DayPlot:
    """A series of the last day: title, figures in words, and the drawing. `until`: its last minute, counted from 1970."""

    title: str
    numbers: tuple[int, ...]
    until: int

    @property
    def last(self) -> int:
        return self.numbers[-1]

    @property
    def most(self) -> int:
        return max(self.numbers)

    @property
    def words(self) -> str:
        """What is to be seen, for whoever does not see it."""
        if not self.most:
            return "none in the last day"
        at = self.until - len(self.numbers) + 1 + self.numbers.index(self.most)
        return f"now {self.last:,}, most {self.most:,} at {_clock(at)}"

    @property
    def drawing(self) -> Markup:
        bins = _bins(self.numbers)
        top = max(bins) or 1
        points = " ".join(
            f"L{DAY_PLOT_MARGIN + n} {DAY_PLOT_BOTTOM - (DAY_PLOT_BOTTOM - DAY_PLOT_TOP) * value / top:.1f}"
            for n, value in enumerate(bins)
        )
        area = f"M{DAY_PLOT_MARGIN} {DAY_PLOT_BOTTOM} {points} L{DAY_PLOT_MARGIN + len(bins) - 1} {DAY_PLOT_BOTTOM}Z"
        width = DAY_PLOT_WIDTH + 2 * DAY_PLOT_MARGIN
        label = Markup.escape(f"{self.title}, the last 24 hours: {self.words}")
        return Markup(
            f'<svg class="plot" role="img" aria-label="{label}" viewBox="0 0 {width} {DAY_PLOT_HEIGHT}">'
            f'{_marks(self.until)}<path class="area" d="{area}"/></svg>'
        )


def _bins(numbers: tuple[int, ...]) -> list[float]:
    """Means of five minutes."""
    return [sum(numbers[n : n + BIN_MINUTES]) / BIN_MINUTES for n in range(0, len(numbers), BIN_MINUTES)]


def _marks(until: int) -> str:
    """The line below, and the full hours in UTC."""
    drawn = [f'<path class="axis" d="M{DAY_PLOT_MARGIN} {DAY_PLOT_BOTTOM}H{DAY_PLOT_MARGIN + DAY_PLOT_WIDTH}"/>']
    for minutes_ago in range(24 * 60):
        at = time.gmtime((until - minutes_ago) * 60)
        if at.tm_min:
            continue
        x = DAY_PLOT_MARGIN + DAY_PLOT_WIDTH - minutes_ago / BIN_MINUTES
        if at.tm_hour % LONG_MARK_HOURS:
            drawn.append(f'<path class="axis" d="M{x:.1f} {DAY_PLOT_BOTTOM}v3"/>')
        else:
            drawn.append(f'<path class="hour" d="M{x:.1f} {DAY_PLOT_TOP}V{DAY_PLOT_BOTTOM + 4}"/>')
            anchor = "start" if x < 2 * DAY_PLOT_MARGIN else "end" if x > DAY_PLOT_WIDTH else "middle"
            drawn.append(f'<text x="{x:.1f}" y="{DAY_PLOT_HEIGHT - 4}" text-anchor="{anchor}">{at.tm_hour:02}:00</text>')
    return "".join(drawn)


def _clock(minute: int) -> str:
    return utc_text(minute * 60, "%H:%M UTC")
