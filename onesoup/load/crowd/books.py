"""The books of a crowd: what its people wrote and saw, for all processes together. Pure, but for the files.

Writer and reader may be of different processes, so each writes down what it did, and `joined` compares. What is lost, doubled or
repeated says `MessageFate`."""

import json
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from onesoup.load.ledger import RETURNED_PREFIX, MessageFate

_CROWD_TEXT = re.compile(r"((\S+)>(\S+) #\d+) (\d+\.\d+)")


@dataclass(slots=True)
class _Sight:
    """One id under which a message was seen."""

    first: float
    count: int = 0
    # The server has the reader's acknowledgement; and how often it came after that.
    closed: bool = False
    again: int = 0


def _reader(name: str) -> str:
    return name.partition(">")[2].partition(" ")[0]


class CrowdBooks:
    """The books of one process."""

    def __init__(self) -> None:
        self._number = 0
        self._written: dict[str, list[float]] = {}
        self._seen: dict[str, dict[str, _Sight]] = {}
        self._returned: set[str] = set()
        self._strays: list[str] = []

    def write(self, writer: str, reader: str, now: float) -> tuple[str, str]:
        """(name of the message, its text). The text names writer, reader and moment."""
        self._number += 1
        name = f"{writer}>{reader} #{self._number}"
        self._written[name] = [now, 0]
        return name, f"{name} {now:.4f}"

    def acknowledge(self, name: str) -> None:
        """The writer's server says that it has it."""
        self._written[name][1] = 1

    def see(self, reader: str, text: str, message_id: str, now: float) -> tuple[str, float, bool] | None:
        """`reader` has this text before it: name of the message, when it was written, whether it is seen for the first time. None
        for what is none of ours."""
        found = _CROWD_TEXT.fullmatch(text.removeprefix(RETURNED_PREFIX))
        if found is None:
            return None
        name = found[1]
        if text.startswith(RETURNED_PREFIX) and found[2] == reader:
            self._returned.add(name)
            return None
        if found[3] != reader:
            self._strays.append(f"{reader}: {name}")
            return None
        first = name not in self._seen
        sight = self._seen.setdefault(name, {}).setdefault(message_id, _Sight(now))
        sight.count += 1
        sight.again += sight.closed
        return name, float(found[4]), first

    def close(self, name: str, message_id: str) -> None:
        """The server has the reader's acknowledgement of this id."""
        sight = self._seen.get(name, {}).get(message_id)
        if sight is not None:
            sight.closed = True

    @property
    def strays(self) -> int:
        return len(self._strays)

    def missing(self, readers: Container[str]) -> int:
        """Messages to these readers that were acknowledged and are not there (yet)."""
        there = (name in self._seen or name in self._returned or _reader(name) not in readers for name in self._written)
        return sum(
            bool(acknowledged) for found, (_, acknowledged) in zip(there, self._written.values(), strict=True) if not found
        )

    def save(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as out:
            for name, (at, acknowledged) in self._written.items():
                out.write(json.dumps(["written", name, round(at, 4), acknowledged]) + "\n")
            for name, ids in self._seen.items():
                out.write(json.dumps(["seen", name, [[each.first, each.count, each.again] for each in ids.values()]]) + "\n")
            for kind, names in (("returned", sorted(self._returned)), ("stray", self._strays)):
                out.writelines(json.dumps([kind, name]) + "\n" for name in names)


@dataclass(slots=True)
class CrowdLetter(MessageFate):
    """One message, as both sides saw it. `written` is 0 for one that nobody wrote."""

    name: str
    written: float = 0.0
    stray: bool = False
    seen: float = 0.0


@dataclass(slots=True)
class CrowdTotals:
    """Letters in figures. `delays`: seconds from writing to reading, of those that were acknowledged."""

    written: int = 0
    acknowledged: int = 0
    arrived: int = 0
    lost: int = 0
    doubled: int = 0
    repeated: int = 0
    returned: int = 0
    strays: int = 0
    unacknowledged_arrived: int = 0
    delays: list[float] = field(default_factory=list)


def joined(ledgers: Iterable[Path]) -> list[CrowdLetter]:
    """The letters of all processes."""
    letters: dict[str, CrowdLetter] = {}
    for path in ledgers:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                kind, name, *rest = json.loads(line)
                _enter(letters.setdefault(name, CrowdLetter(name)), kind, rest)
    return list(letters.values())


def _enter(letter: CrowdLetter, kind: str, rest: list) -> None:  # type: ignore[type-arg]
    if kind == "written":
        letter.written, letter.acknowledged = rest[0], bool(rest[1])
    elif kind == "returned":
        letter.returned = True
    elif kind == "stray":
        letter.stray = True
    else:
        (ids,) = rest
        letter.ids, letter.seen = len(ids), min(each[0] for each in ids)
        letter.sights, letter.again = sum(each[1] for each in ids), sum(each[2] for each in ids)


def crowd_totals(letters: Iterable[CrowdLetter]) -> CrowdTotals:
    """Of these letters: of all, or of those that were written in one phase. A letter that nobody wrote is a stray."""
    total = CrowdTotals()
    for each in letters:
        total.written += each.written > 0
        total.strays += each.stray or not each.written
        total.acknowledged += each.acknowledged
        total.arrived += each.ids > 0
        total.lost += each.lost
        total.doubled += each.doubled
        total.repeated += each.repeated
        total.returned += each.returned
        total.unacknowledged_arrived += each.ids > 0 and not each.acknowledged
        if each.ids and each.acknowledged:
            total.delays.append(each.seen - each.written)
    return total
