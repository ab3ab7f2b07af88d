"""What happened second by second: counts and times, as a table, as CSV. Pure: times are arguments."""

import csv
import io
import math
from collections import Counter, defaultdict
from collections.abc import Iterable


def percentile(values: Iterable[float], part: float) -> float:
    """The value below which `part` (0 to 1) of the values lie; of few values the next higher one. NaN of none."""
    found = sorted(values)
    return found[min(int(part * len(found)), len(found) - 1)] if found else math.nan


SERIES_COUNTS = ("requests", "failed", "http_5xx", "sent", "received")
SERIES_COLUMNS = ("second", *SERIES_COUNTS, "p50_ms", "p95_ms", "p99_ms")
# The server holds some answers back on purpose, and a log-in is several requests: their times are told apart from the others'.
HELD_POLL_KIND, LOGIN_REQUEST_KIND = "held poll", "log-in"
KINDS_APART = {HELD_POLL_KIND, LOGIN_REQUEST_KIND}


class Series:
    """One run. Seconds count from its begin."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._times: defaultdict[int, list[float]] = defaultdict(list)
        self._kinds: defaultdict[str, list[float]] = defaultdict(list)
        self.failures: Counter[str] = Counter()
        # (second of the answer, time that it took), good or not, without KINDS_APART.
        self.waits: list[tuple[float, float]] = []
        # (second, what): faults and the like.
        self.marks: list[tuple[float, str]] = []

    def answered(self, kind: str, planned: float, now: float) -> None:
        """A request whose time had come at `planned` has its answer: waiting for one's turn counts as time of the server."""
        self._kinds[kind].append(now - planned)
        self.count("requests", now)
        if kind not in KINDS_APART:
            self._times[int(now - self.began)].append(now - planned)
            self.waits.append((now - self.began, now - planned))

    def failed(self, kind: str, why: str, planned: float, now: float) -> None:
        if kind not in KINDS_APART:
            self.waits.append((now - self.began, now - planned))
        self.count("requests", now)
        self.count("failed", now)
        self.failures[f"{kind}: {why}"] += 1

    def count(self, what: str, now: float) -> None:
        self._counts[int(now - self.began)][what] += 1

    def mark(self, what: str, now: float) -> None:
        self.marks.append((now - self.began, what))

    def total(self, what: str) -> int:
        return sum(each[what] for each in self._counts.values())

    def last(self, what: str, now: float, seconds: int) -> float:
        """The rate over the last so many whole seconds."""
        here = int(now - self.began)
        return sum(self._counts[second][what] for second in range(here - seconds, here)) / seconds

    @property
    def times(self) -> list[float]:
        """Seconds of the answers of all kinds but KINDS_APART."""
        return [each for values in self._times.values() for each in values]

    def by_kind(self) -> dict[str, list[float]]:
        return dict(sorted(self._kinds.items()))

    def rows(self) -> list[tuple[float, ...]]:
        """One row a second, without gaps, in the order of SERIES_COLUMNS; times in ms."""
        last = max(self._counts, default=-1)
        return [self._row(second) for second in range(last + 1)]

    def _row(self, second: int) -> tuple[float, ...]:
        times, counts = self._times.get(second, []), self._counts.get(second, Counter())
        shown = [round(percentile(times, part) * 1000, 1) if times else 0.0 for part in (0.5, 0.95, 0.99)]
        return (second, *(counts[name] for name in SERIES_COUNTS), *shown)

    def csv(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(SERIES_COLUMNS)
        writer.writerows(self.rows())
        return out.getvalue()
