"""What one process of a crowd measures, second by second. Pure: times are arguments."""

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import Any

from onesoup.load.crowd.plan import SMS_BEARER

# Upper bounds of the classes of times, ms: each a fifth above the one below, the limits that are asked for among them.
TIME_CLASSES = tuple(sorted({*(round(1.2**step, 1 if step < 13 else 0) for step in range(60)), 250.0, 1000.0}))
CROWD_COUNTS = ("requests", "failed", "sent", "received", "presence", "repeated_requests", "logins")


class TimeClasses:
    """How many times were how long."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def enter(self, seconds: float) -> None:
        self._counts[bisect_left(TIME_CLASSES, seconds * 1000)] += 1

    def taken(self) -> dict[str, int]:
        """{upper bound in ms: count}; what was entered before is forgotten."""
        found, self._counts = self._counts, Counter()
        return {f"{TIME_CLASSES[min(place, len(TIME_CLASSES) - 1)]:g}": count for place, count in sorted(found.items())}


class CrowdFigures:
    """Counts and times since they were last taken, and what failed since the beginning."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.latency: defaultdict[str, TimeClasses] = defaultdict(TimeClasses)
        # Seconds from writing to the call: WVCI on the line, of all writers and of XMPP friends alone, and SMS_BEARER.
        self.calls = {"wake": TimeClasses(), "wake_xmpp": TimeClasses(), "wake_sms": TimeClasses()}
        # Sessions that the server has ended, ever.
        self.logged_out = 0

    def answered(self, kind: str, seconds: float) -> None:
        self.latency[kind].enter(seconds)
        self.counts["requests"] += 1

    def failed(self, kind: str, why: str) -> None:
        self.counts["failed"] += 1
        self.failures[f"{kind}: {why}"] += 1

    def woken(self, bearer: str, seconds: float, by_xmpp: bool) -> None:
        self.calls["wake_sms" if bearer == SMS_BEARER else "wake"].enter(seconds)
        if by_xmpp and bearer != SMS_BEARER:
            self.calls["wake_xmpp"].enter(seconds)

    def taken(self) -> dict[str, Any]:
        found, self.counts = self.counts, Counter()
        latency = {kind: times for kind, each in self.latency.items() if (times := each.taken())}
        return {name: found[name] for name in CROWD_COUNTS} | {
            "latency": latency,
            "logged_out": self.logged_out,
            **{name: each.taken() for name, each in self.calls.items()},
        }
