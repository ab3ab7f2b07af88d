"""Rate limit of one connection, for bytes or requests of its peer. Pure: time is an argument."""


class Pace:
    """Token bucket. A peer may spend `burst` at once, and `rate` a second after that."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst, self._left, self._at = rate, burst, burst, 0.0

    def spend(self, amount: float, now: float) -> float:
        """Takes `amount` from the budget. Returns the seconds to wait before more is read, 0.0 when none."""
        left = min(self._burst, self._left + (now - self._at) * self._rate) - amount
        self._left, self._at = left, now
        return -left / self._rate if left < 0 else 0.0
