"""What the generator says, second by second: the processes' lines joined. Knows nothing of processes."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

COUNTS = ("requests", "failed", "sent", "received", "logins")
WAKES = ("wake", "wake_xmpp", "wake_sms")
# A log-in whole, to the last subscription, is made of requests that are counted by themselves.
NO_REQUEST = frozenset({"logged in"})
# Normal: all but a few are on line (some are just logging in anew), and the requests of the last seconds did well.
NORMAL_SECONDS, NORMAL_ONLINE, NORMAL_P95_MS = 4, 0.995, 500.0

Histogram = Counter[float]  # {upper bound in ms: how many}


def percentile_of(times: Histogram, part: float) -> float:
    """The upper bound below which `part` (0 to 1) of the times lie, 0 where there are none."""
    wanted, passed = part * sum(times.values()), 0
    for bound in sorted(times):
        passed += times[bound]
        if passed >= wanted:
            return bound
    return 0.0


@dataclass
class Second:
    """What all processes have said of one second. `online` and `lines` are of each process."""

    counts: Counter[str] = field(default_factory=Counter)
    latency: defaultdict[str, Histogram] = field(default_factory=lambda: defaultdict(Counter))
    wakes: defaultdict[str, Histogram] = field(default_factory=lambda: defaultdict(Counter))
    online: dict[str, int] = field(default_factory=dict)

    @property
    def requests(self) -> Histogram:
        found: Histogram = Counter()
        for kind, times in self.latency.items():
            if kind not in NO_REQUEST:
                found += times
        return found


class Watch:
    """The seconds of a run. `began` and the times of lines are of one clock."""

    def __init__(self, phones: int, began: float) -> None:
        self.phones, self.began = phones, began
        self.seconds: defaultdict[int, Second] = defaultdict(Second)
        self.logged_out: dict[str, int] = {}
        self.connections: dict[str, int] = {}
        self._online: dict[str, int] = {}

    def begin(self, began: float) -> None:
        """Begins anew: what was before was no part of it."""
        self.began = began
        self.seconds.clear()

    def hear(self, name: str, line: dict[str, Any]) -> None:
        second = self.seconds[int(line["at"] - self.began)]
        second.counts.update({each: line[each] for each in COUNTS})
        for kind, times in line["latency"].items():
            second.latency[kind].update(_histogram(times))
        for kind in WAKES:
            second.wakes[kind].update(_histogram(line[kind]))
        # Some are between a log-out and a log-in that their users wanted.
        self._online[name] = line["online"] + line["moving"]
        self.logged_out[name] = line["logged_out"]
        self.connections[name] = line.get("connections", 0)
        second.online = dict(self._online)

    @property
    def nearly_all(self) -> int:
        return min(int(self.phones * NORMAL_ONLINE), self.phones - 2)

    @property
    def online(self) -> int:
        return sum(self._online.values())

    @property
    def ended(self) -> int:
        """Sessions that the server has ended."""
        return sum(self.logged_out.values())

    def between(self, begin: float, end: float) -> list[Second]:
        return [self.seconds[each] for each in sorted(self.seconds) if begin <= each < end]

    def total(self, name: str, begin: float, end: float) -> int:
        return sum(each.counts[name] for each in self.between(begin, end))

    def requests(self, begin: float, end: float) -> Histogram:
        return _sum(each.requests for each in self.between(begin, end))

    def kinds(self, begin: float, end: float) -> dict[str, Histogram]:
        names = sorted({kind for each in self.between(begin, end) for kind in each.latency})
        return {kind: _sum(each.latency[kind] for each in self.between(begin, end) if kind in each.latency) for kind in names}

    def wakes(self, kind: str, begin: float, end: float) -> Histogram:
        return _sum(each.wakes[kind] for each in self.between(begin, end))

    def first_with(self, phones: int, begin: float) -> float | None:
        """The second, from `begin` on, in which so many were on line."""
        for number in sorted(self.seconds):
            if number >= begin and sum(self.seconds[number].online.values()) >= phones:
                return float(number)
        return None

    def normal(self, now: float) -> bool:
        """Whether all is well in the last whole seconds before `now`."""
        begin, end = int(now) - NORMAL_SECONDS, int(now)
        seconds = self.between(begin, end)
        if len(seconds) < NORMAL_SECONDS - 1 or any(each.counts["failed"] for each in seconds):
            return False
        least = min(sum(each.online.values()) for each in seconds)
        return least >= self.nearly_all and percentile_of(self.requests(begin, end), 0.95) <= NORMAL_P95_MS


def _histogram(times: dict[str, int]) -> Histogram:
    return Counter({float(bound): count for bound, count in times.items()})


def _sum(parts: Iterable[Histogram]) -> Histogram:
    found: Histogram = Counter()
    for each in parts:
        found.update(each)
    return found


def share_below(times: Histogram, bound: float) -> float:
    """The part of the times that is at most `bound`."""
    bounds = sorted(times)
    return sum(times[each] for each in bounds[: bisect_right(bounds, bound)]) / max(sum(times.values()), 1)
