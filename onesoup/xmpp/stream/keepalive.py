"""Which streams are asked for a sign of life, and which are given up. Knows no socket and no clock: time is an argument.

A server process that is stuck, or a way to it that swallows everything, takes all streams to that address with it. So one of
them is asked every `PROBE_SECONDS` for all of them: the one that was silent for the longest time. When its answer is late all
the others are asked. Thus a dead server is found out in less than a minute, at a price that does not grow with the streams.

What the server says on one stream proves that stream and no other: behind one address there may be several machines, and a
firewall forgets connections one by one. Each stream is therefore asked by itself too, but seldom, since what it waits for by
itself shows its death earlier (`expect`), and since the kernel's own probes (onesoup.xmpp.stream.tcp) find peers that are gone.
"""

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable, Hashable
from typing import NamedTuple, Protocol

# One stream of each address is asked this often; the others are when it has not answered so much later.
SERVER_PROBE_SECONDS = 25.0
LATE_PROBE_SECONDS = 4.0
# A stream that says nothing for so long after it was asked is gone: as long as a minute in all allows. A server that only pauses
# should find its streams where they were.
SILENT_STREAM_SECONDS = 20.0
# When a stream is asked that owes an answer to a stanza or a request.
OWED_ANSWER_SECONDS = 15.0
# Each stream is asked after so much silence. Servers want no sign of life, and the kernel's probes show dead peers and keep
# firewalls awake. This is for relays, which answer those themselves, and of which many close after an hour without data.
QUIET_STREAM_SECONDS = 3000.0
# So many of one address are asked in one turn. With a turn a second five seconds ask 5,000 streams.
MAX_PROBES_A_TURN = 1000
PROBE_TURN_SECONDS = 1.0
# Answers that are waited for; of more than these the oldest are forgotten.
MAX_EXPECTED_ANSWERS = 50_000
# After a turn that came this late, no stream is given up for a while.
LATE_TURN_SECONDS = 5.0


class Watched(Protocol):
    """A stream: when it was last heard of, whether it is open, the address of its server; and what the
    caller of `turn` does with the streams that it gets."""

    heard: float
    target: Hashable

    @property
    def open(self) -> bool: ...

    def probe(self) -> None: ...

    def give_up(self) -> None: ...


class KeepaliveTurn(NamedTuple):
    """What to do now: streams to ask, and streams that are dead."""

    ask: list[Watched]
    silent: list[Watched]


class Watch:
    """All streams of a process. `turn` is called when `next` says; what needs no look costs nothing."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        """`chance` gives numbers from 0 to 1."""
        self._chance = chance
        # Hears of each time at which a turn is wanted.
        self.told: Callable[[float], object] = lambda _when: None
        self._targets: dict[Hashable, _Target] = {}
        self._agenda: list[tuple[float, int, _Target]] = []
        self._numbers = itertools.count()
        self._expected: deque[tuple[float, Watched]] = deque(maxlen=MAX_EXPECTED_ANSWERS)
        self._patient_until = 0.0

    def __len__(self) -> int:
        """How many streams there are."""
        return sum(map(len, self._targets.values()))

    def add(self, stream: Watched, now: float) -> None:
        """A new stream. Streams that come together are not asked together later."""
        target = self._targets.get(stream.target)
        if target is None:
            target = self._targets[stream.target] = _Target(stream.target, now, self._numbers)
            self._due(target, now + SERVER_PROBE_SECONDS)
        stream.target = target.address  # one object for all
        target.rest(stream, now - QUIET_STREAM_SECONDS * self._chance(), math.inf)

    def remove(self, stream: Watched) -> None:
        """It has ended. Nothing of it is kept."""
        target = self._targets.get(stream.target)
        if target is not None:
            target.forget(stream)

    def expect(self, stream: Watched, now: float) -> None:
        """Something was sent that the server answers at once: if it says nothing at all now, it is asked outright."""
        self._expected.append((now, stream))
        self.told(self._expected[0][0] + OWED_ANSWER_SECONDS)

    def next(self) -> float:
        """When the next turn is wanted."""
        owed = self._expected[0][0] + OWED_ANSWER_SECONDS if self._expected else math.inf
        return min(owed, self._agenda[0][0] if self._agenda else math.inf)

    def turn(self, now: float) -> KeepaliveTurn:
        """Streams that are asked here count as asked: the caller sees to it."""
        if now - self.next() > LATE_TURN_SECONDS:  # answers may have come that were not read yet
            self._patient_until = now + SILENT_STREAM_SECONDS
        found = KeepaliveTurn([], [])
        while self._expected and self._expected[0][0] + OWED_ANSWER_SECONDS <= now:
            at, stream = self._expected.popleft()
            target = self._targets.get(stream.target)
            if target is not None and stream.open and stream.heard < at:
                target.ask(stream, now, found)
                self._due(target, now + PROBE_TURN_SECONDS)
        while self._agenda and self._agenda[0][0] <= now:
            when, _, target = heapq.heappop(self._agenda)
            if when != target.due:
                continue
            target.due = math.inf
            later = target.turn(now, now < self._patient_until, found)
            if later is None:
                del self._targets[target.address]
            else:
                self._due(target, later)
        return found

    def _due(self, target: "_Target", when: float) -> None:
        if when < target.due:
            target.due = when
            heapq.heappush(self._agenda, (when, next(self._numbers), target))
            self.told(when)


class _Target:
    """The streams to one address: each is at rest, or was asked."""

    __slots__ = ("_asked", "_asked_at", "_heap", "_numbers", "_places", "_resting", "_suspects", "address", "due")

    def __init__(self, address: Hashable, now: float, numbers: "itertools.count[int]") -> None:
        self.address, self._numbers = address, numbers
        self.due = math.inf
        # Those at rest by the number of their place, with the time of the last look at them; the places, the longest silent one
        # in front. What a stream says shows when its place comes to the front. A place without a stream is none any more.
        self._resting: dict[int, tuple[Watched, float]] = {}
        self._places: dict[Watched, int] = {}
        self._heap: list[tuple[float, int]] = []
        self._asked: dict[Watched, float] = {}  # in the order of time
        self._asked_at = now
        # The others, from the moment at which an answer is late.
        self._suspects: deque[tuple[float, Watched]] = deque()

    def __len__(self) -> int:
        return len(self._places) + len(self._asked)

    def rest(self, stream: Watched, since: float, looked_at: float) -> None:
        """It is asked after so much silence. Looked at in infinity: whatever it says, once."""
        number = self._places[stream] = next(self._numbers)
        self._resting[number] = stream, looked_at
        heapq.heappush(self._heap, (since, number))
        if len(self._heap) > 2 * len(self._places) + MAX_PROBES_A_TURN:
            self._heap = [place for place in self._heap if place[1] in self._resting]
            heapq.heapify(self._heap)

    def forget(self, stream: Watched) -> None:
        self._asked.pop(stream, None)
        number = self._places.pop(stream, None)
        if number is not None:
            del self._resting[number]

    def ask(self, stream: Watched, now: float, found: KeepaliveTurn) -> None:
        if stream not in self._asked:
            self.forget(stream)
            self._asked[stream] = self._asked_at = now
            found.ask.append(stream)

    def turn(self, now: float, patient: bool, found: KeepaliveTurn) -> float | None:
        """When to look again; None when no stream is left."""
        self._hear(now, patient, found)
        self._question(now, found)
        first = self._first()
        if self._asked or self._suspects:
            return now + PROBE_TURN_SECONDS
        if first is None:
            return None
        return max(max(self._asked_at, first[0]) + SERVER_PROBE_SECONDS, now + PROBE_TURN_SECONDS)

    def _hear(self, now: float, patient: bool, found: KeepaliveTurn) -> None:
        """What became of those that were asked."""
        late = 0.0
        for stream, at in list(self._asked.items()):
            if not stream.open:
                del self._asked[stream]
            elif stream.heard >= at:
                del self._asked[stream]
                self.rest(stream, stream.heard, stream.heard)
            elif now >= at + SILENT_STREAM_SECONDS and not patient:
                del self._asked[stream]
                found.silent.append(stream)
            elif now >= at + LATE_PROBE_SECONDS:
                late = late or at
        if late and not self._suspects:
            self._suspects.extend((late, stream) for stream in self._places if stream.heard < late)

    def _question(self, now: float, found: KeepaliveTurn) -> None:
        most = len(found.ask) + MAX_PROBES_A_TURN
        while self._suspects and len(found.ask) < most:
            since, stream = self._suspects.popleft()
            if stream.heard < since and stream in self._places:
                self.ask(stream, now, found)
        if now < self._asked_at + SERVER_PROBE_SECONDS:
            return
        silence = SERVER_PROBE_SECONDS
        while (first := self._first()) is not None and now >= first[0] + silence and len(found.ask) < most:
            self.ask(first[1], now, found)
            silence = QUIET_STREAM_SECONDS  # one is enough for all; those whose own time has come go along, for one awakening

    def _first(self) -> tuple[float, Watched] | None:
        """The longest silent one, and since when; it stays where it is. Those that have said something go to the place that they
        should have by now."""
        while self._heap:
            since, number = self._heap[0]
            stream, looked_at = self._resting.get(number, (None, 0.0))
            if stream is None:
                heapq.heappop(self._heap)
            elif not stream.open:
                heapq.heappop(self._heap)
                self.forget(stream)
            elif stream.heard > looked_at:
                self._resting[number] = stream, stream.heard
                heapq.heapreplace(self._heap, (stream.heard, number))
            else:
                return since, stream
        return None
