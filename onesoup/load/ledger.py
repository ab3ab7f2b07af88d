"""The ledger: which messages were sent, acknowledged, received, and how often. Pure: times are arguments.

Every writer numbers its messages to every reader, and the text says so: `load3>friend1 #17`. After a run the books are
compared. Acknowledged and never received is lost; that is the one figure which has to be 0.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import asdict, dataclass, field

_TEXT = re.compile(r"(\S+)>(\S+) #(\d+)")

# What stands before a message that comes back to its writer, whose session ended before it could leave.
RETURNED_PREFIX = "not delivered: "

# Writer, reader, number.
Entry = tuple[str, str, int]


def text_of(entry: Entry) -> str:
    writer, reader, number = entry
    return f"{writer}>{reader} #{number}"


def entry_of(text: str) -> Entry | None:
    """None for a text that is no entry: a greeting of the operator, a message that came back."""
    found = _TEXT.fullmatch(text)
    return (found[1], found[2], int(found[3])) if found else None


@dataclass(slots=True, kw_only=True)
class MessageFate:
    """What became of one message, in the words of every load test.

    It is *lost* when its writer was told that it is taken and its reader never saw it, nor did it come back. It is *doubled* when
    the reader saw it under two ids, or again after the server had the reader's acknowledgement. The same id again before that is
    a *repeat*: a phone and its user see that it is the same."""

    acknowledged: bool = False
    returned: bool = False
    # Under how many ids it was seen; how often in all; how often after the server had the reader's acknowledgement of that id.
    ids: int = 0
    sights: int = 0
    again: int = 0

    @property
    def lost(self) -> bool:
        return self.acknowledged and not self.ids and not self.returned

    @property
    def doubled(self) -> int:
        return max(self.ids - 1, 0) + self.again

    @property
    def repeated(self) -> int:
        return max(self.sights - self.ids - self.again, 0)


@dataclass
class LedgerAccount:
    """What became of the messages of one direction."""

    sent: int = 0
    acknowledged: int = 0
    # Acknowledged messages that arrived, each once however often it came.
    received: int = 0
    lost: int = 0
    # Came back to the writer, who so knows that it did not arrive.
    returned: int = 0
    # The same message with the same id again: allowed after a fault, a phone or its user sees that it is the same.
    repeated: int = 0
    # The same message under another id: it was sent twice. Never allowed.
    doubled: int = 0
    # Came behind a later one of the same writer to the same reader.
    out_of_order: int = 0
    # Not acknowledged and yet received: the writer was told of a failure, or nothing.
    unacknowledged_arrived: int = 0
    # Seconds from writing to reading, of those that were acknowledged.
    delays: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        return {name: value for name, value in asdict(self).items() if name != "delays"}


class Ledger:
    """The books of one run."""

    def __init__(self, direction: Callable[[str, str], str]) -> None:
        """`direction(writer, reader)` names the direction that both belong to."""
        self._direction = direction
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._sent: dict[Entry, float] = {}
        self._acknowledged: set[Entry] = set()
        # entry -> ids with which it came, in order; and when it came first.
        self._received: dict[Entry, list[str]] = {}
        self._arrived: dict[Entry, float] = {}
        self._highest: dict[tuple[str, str], int] = {}
        self._late: set[Entry] = set()
        self._returned: set[Entry] = set()
        # Received entries that were never written: a message of another run, or made up.
        self.unknown = 0

    def write(self, writer: str, reader: str, now: float) -> Entry:
        """The next message; it counts as sent from here on."""
        self._numbers[writer, reader] += 1
        entry = (writer, reader, self._numbers[writer, reader])
        self._sent[entry] = now
        return entry

    def acknowledge(self, entry: Entry) -> None:
        self._acknowledged.add(entry)

    def receive(self, reader: str, text: str, message_id: str, now: float) -> Entry | None:
        """`reader` has this text before it. The entry, None when it is none of ours."""
        entry = entry_of(text.removeprefix(RETURNED_PREFIX))
        if entry is None:
            return None
        if text.startswith(RETURNED_PREFIX):
            if entry[0] == reader and entry in self._sent:
                self._returned.add(entry)
            return None
        if entry not in self._sent or entry[1] != reader:
            self.unknown += 1
            return None
        if entry not in self._received:
            self._arrived[entry] = now
            if entry[2] < self._highest.get(entry[:2], 0):
                self._late.add(entry)
            self._highest[entry[:2]] = max(entry[2], self._highest.get(entry[:2], 0))
        self._received.setdefault(entry, []).append(message_id)
        return entry

    def missing(self) -> list[Entry]:
        """Acknowledged, not there (yet), and not come back."""
        return sorted(self._acknowledged - self._received.keys() - self._returned)

    def directions(self) -> dict[str, LedgerAccount]:
        """The books compared, direction by direction."""
        found: defaultdict[str, LedgerAccount] = defaultdict(LedgerAccount)
        for entry, at in self._sent.items():
            self._enter(found[self._direction(entry[0], entry[1])], entry, at)
        return dict(sorted(found.items()))

    def _enter(self, account: LedgerAccount, entry: Entry, at: float) -> None:
        came, acknowledged, returned = self._received.get(entry, []), entry in self._acknowledged, entry in self._returned
        fate = MessageFate(acknowledged=acknowledged, returned=returned, ids=len(set(came)), sights=len(came))
        account.sent += 1
        account.acknowledged += acknowledged
        account.received += acknowledged and bool(came)
        account.lost += fate.lost
        account.returned += not came and returned
        account.unacknowledged_arrived += bool(came) and not acknowledged
        account.doubled += fate.doubled
        account.repeated += fate.repeated
        account.out_of_order += entry in self._late
        if came and acknowledged:
            account.delays.append(self._arrived[entry] - at)

    def total(self) -> LedgerAccount:
        """All directions together."""
        whole = LedgerAccount()
        for account in self.directions().values():
            for name, value in account.figures().items():
                setattr(whole, name, getattr(whole, name) + value)
            whole.delays += account.delays
        return whole

    def twice(self) -> Iterator[tuple[Entry, list[str]]]:
        """Entries that were received more than once, with their ids."""
        return ((entry, ids) for entry, ids in self._received.items() if len(ids) > 1)

    def delays_to(self, readers: Container[str]) -> list[float]:
        """Seconds from writing to reading, of acknowledged messages to these."""
        there = ((entry, self._arrived[entry]) for entry in self._acknowledged & self._arrived.keys())
        return [at - self._sent[entry] for entry, at in there if entry[1] in readers]

    @property
    def written(self) -> int:
        return len(self._sent)

    @property
    def arrived(self) -> int:
        return len(self._received)
