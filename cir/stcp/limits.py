"""Limits the connections and HELOs of one address (cir.md 11.1). Values; time is an argument.

Everything follows from the connections that an address may have: 200 allow 10 HELOs and half as many wrong ids, as the
protocol page wants for a lone attacker; behind a carrier's NAT there are many phones, and its operator raises that number."""

from collections import deque
from collections.abc import Container
from dataclasses import dataclass, field

HELO_WINDOW_SECONDS, WRONG_ID_WINDOW_SECONDS, ADDRESS_BLOCK_SECONDS = 60.0, 600.0, 600.0


@dataclass(slots=True)
class _Source:
    connections: int = 0
    helos: deque[float] = field(default_factory=deque)
    wrong: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0


class ConnectionLimits:
    """The addresses that have connections, or had some lately."""

    def __init__(self, most: int, per_address: int, exempt: Container[str] = ()) -> None:
        self._most, self._per_address, self._exempt = most, per_address, exempt
        self._helos, self._wrong = max(per_address // 20, 1), max(per_address // 40, 1)
        self._sources: dict[str, _Source] = {}
        self.connections = self.unbound = 0

    def enter(self, address: str, now: float) -> str:
        """Why a connection is not taken, or "". A taken one must `leave`."""
        source = self._sources.setdefault(address, _Source())
        if self.connections >= self._most:
            return "listener full"
        if self.unbound >= max(self._most // 10, 1):
            return "too many without HELO"
        if address not in self._exempt:
            if now < source.blocked_until:
                return "blocked"
            if source.connections >= self._per_address:
                return "too many from one address"
        source.connections += 1
        self.connections += 1
        self.unbound += 1
        return ""

    def leave(self, address: str, bound: bool) -> None:
        self.connections -= 1
        self.unbound -= not bound
        source = self._sources.get(address)
        if source is not None:
            source.connections -= 1
            if not source.connections and not source.helos and not source.wrong and not source.blocked_until:
                del self._sources[address]

    def helo(self, address: str, now: float) -> bool:
        """Whether this address may say HELO now."""
        source = self._sources.get(address)
        if source is None or address in self._exempt:
            return True
        _forget(source.helos, now - HELO_WINDOW_SECONDS)
        source.helos.append(now)
        return len(source.helos) <= self._helos

    def wrong(self, address: str, now: float) -> None:
        """A HELO with an id that never was a session."""
        source = self._sources.setdefault(address, _Source())
        _forget(source.wrong, now - WRONG_ID_WINDOW_SECONDS)
        source.wrong.append(now)
        if len(source.wrong) >= self._wrong:
            source.blocked_until = now + ADDRESS_BLOCK_SECONDS

    def sweep(self, now: float) -> None:
        """Forgets addresses that nothing is remembered of any more."""
        for address, source in list(self._sources.items()):
            _forget(source.helos, now - HELO_WINDOW_SECONDS)
            _forget(source.wrong, now - WRONG_ID_WINDOW_SECONDS)
            if not source.connections and not source.helos and not source.wrong and now >= source.blocked_until:
                del self._sources[address]


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
