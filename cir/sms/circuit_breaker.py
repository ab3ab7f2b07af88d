"""A circuit breaker for one gateway (cir.md 12.2). Values; time is an argument."""

from collections import deque
from dataclasses import dataclass, field

MAX_FAILURES_IN_A_ROW = 5
FAILURE_WINDOW_SECONDS, MIN_MESSAGES_JUDGED, MAX_FAILURE_RATIO = 30.0, 20, 0.5
FIRST_OPEN_SECONDS, MAX_OPEN_SECONDS = 30.0, 300.0
# How soon the outcome of a probe is known.
GATEWAY_PROBE_SECONDS = 5.0


@dataclass(slots=True)
class CircuitBreaker:
    """Opens after failures in a row, or when half of many fail. Then one message is a probe: it closes the circuit, or keeps
    it open for twice as long."""

    failures: int = 0
    open_until: float = 0.0
    opened: bool = False
    probing: bool = False
    _wait: float = FIRST_OPEN_SECONDS
    _recent: deque[tuple[float, bool]] = field(default_factory=deque)

    def healthy(self, now: float) -> bool:
        """Whether messages get through, as far as is known. With an open circuit no phone is offered SMS."""
        return not self.opened

    def wait(self, now: float) -> float:
        """Seconds until a message may be tried; 0 is now."""
        if not self.opened:
            return 0.0
        return GATEWAY_PROBE_SECONDS if self.probing else max(self.open_until - now, 0.0)

    def allow(self, now: float) -> bool:
        """Whether a message may be tried now. While the circuit is open, one at a time after its time."""
        if not self.opened:
            return True
        if now < self.open_until or self.probing:
            return False
        self.probing = True
        return True

    def good(self, now: float) -> None:
        self.failures, self.opened, self.probing, self._wait = 0, False, False, FIRST_OPEN_SECONDS
        self._recent.append((now, True))

    def bad(self, now: float) -> None:
        self.failures += 1
        self._recent.append((now, False))
        if self.opened:
            self._open(now, min(self._wait * 2, MAX_OPEN_SECONDS))
        elif self.failures >= MAX_FAILURES_IN_A_ROW or self._half(now):
            self._open(now, FIRST_OPEN_SECONDS)

    def trip(self, now: float) -> None:
        """The gateway does not know us: opens at once, since nothing will get through until the configuration is corrected."""
        self._open(now, min(self._wait * 2, MAX_OPEN_SECONDS) if self.opened else FIRST_OPEN_SECONDS)

    def _open(self, now: float, seconds: float) -> None:
        self.opened, self.probing, self._wait, self.open_until = True, False, seconds, now + seconds
        self._recent.clear()

    def _half(self, now: float) -> bool:
        while self._recent and self._recent[0][0] < now - FAILURE_WINDOW_SECONDS:
            self._recent.popleft()
        failed = sum(not good for _, good in self._recent)
        return len(self._recent) >= MIN_MESSAGES_JUDGED and failed > MAX_FAILURE_RATIO * len(self._recent)
