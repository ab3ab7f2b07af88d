"""TCP connections out of segments: each direction's bytes in order, whatever came twice, late, in other pieces or never."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onesoup.captures.frames import SYN, Segment

_WRAP = 2**32
# A SYN so many bytes before the first data of a direction has only come late; any other begins a new connection.
_LATE_SYN = 2**20


@dataclass(frozen=True, slots=True)
class StreamPiece:
    """The next bytes of a stream, or how many are missing there: then `data` is empty."""

    data: bytes
    missing: int
    packet: int
    at: float | None


class HalfConnection:
    """One direction. Sequence numbers are made to count on from the first one that was seen, past 2**32 and below it."""

    def __init__(self) -> None:
        self.syn: int | None = None
        self.start: int | None = None  # where the first byte is, if the SYN was seen
        self.segments: list[tuple[int, int, Segment]] = []
        self.base: int | None = None
        self.reached = 0
        self.lowest = 0

    def place(self, sequence: int) -> int:
        if self.base is None:
            self.base = sequence
        ahead = (sequence - self.base - self.reached) % _WRAP
        return self.reached + (ahead - _WRAP if ahead >= _WRAP // 2 else ahead)

    def is_new(self, segment: Segment) -> bool:
        """Whether this SYN begins another connection between the same two."""
        if self.syn is not None:
            return self.syn != segment.sequence
        return bool(self.segments) and not 0 <= self.lowest - self.place((segment.sequence + 1) % _WRAP) < _LATE_SYN

    def add(self, segment: Segment) -> None:
        sequence = segment.sequence
        if segment.flags & SYN:
            self.syn, sequence = sequence, (sequence + 1) % _WRAP
            self.start = self.place(sequence)
        if not segment.length:
            return
        place = self.place(sequence)
        self.lowest = min(self.lowest, place) if self.segments else place
        self.segments.append((place, segment.packet, segment))
        self.reached = max(self.reached, place)

    def pieces(self) -> Iterator[StreamPiece]:
        """What was recorded, in order. Of bytes that came twice the first is taken."""
        self.segments.sort(key=lambda each: each[:2])
        end = self.start
        last = 0  # where the payload of the last segment ends, recorded or not
        for place, packet, segment in self.segments:
            if end is None:
                end = place
            if place > end:
                yield StreamPiece(b"", place - end, packet, segment.at)
                end = place
            fresh = segment.data[end - place :]
            if fresh:
                yield StreamPiece(fresh, 0, packet, segment.at)
                end += len(fresh)
            last = max(last, place + segment.length)
        if end is not None and last > end:
            yield StreamPiece(b"", last - end, self.segments[-1][1], self.segments[-1][2].at)


class Connection:
    """Two directions, by the address that sends."""

    def __init__(self, one: str, other: str) -> None:
        self.halves = {one: HalfConnection(), other: HalfConnection()}


def connections(segments: Iterable[Segment]) -> list[tuple[str, Connection]]:
    """The connections, each with a name, in the order in which they begin."""
    open_now: dict[tuple[str, ...], Connection] = {}
    found: list[tuple[str, Connection]] = []
    for segment in segments:
        key = tuple(sorted((segment.source, segment.target)))
        connection = open_now.get(key)
        if connection is None or (segment.flags & SYN and connection.halves[segment.source].is_new(segment)):
            connection = open_now[key] = Connection(segment.source, segment.target)
            found.append((f"{len(found) + 1}: {segment.source} - {segment.target}", connection))
        connection.halves[segment.source].add(segment)
    return found
