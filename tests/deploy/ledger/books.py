"""What was written, acknowledged and seen, and what phones met on the way, phase by phase. Pure: times are arguments. What is
lost, doubled or repeated says `MessageFate`."""

import re
from collections import Counter
from dataclasses import dataclass, field

from onesoup.load.ledger import RETURNED_PREFIX, MessageFate

_TEXT = re.compile(r"\S+>\S+ #\d+")


@dataclass
class Letter(MessageFate):
    """One message."""

    reader: str
    phase: str
    written: float
    # Ids under which it was seen, and when that was first.
    names: set[str] = field(default_factory=set)
    seen: float = 0.0
    # Ids of which the server has the reader's acknowledgement.
    closed: set[str] = field(default_factory=set)

    def see(self, message_id: str, now: float) -> None:
        self.seen = self.seen or now
        self.names.add(message_id)
        self.ids, self.sights = len(self.names), self.sights + 1
        self.again += message_id in self.closed


@dataclass
class Phase:
    """What phones met during one fault."""

    name: str
    began: float
    ended: float = 0.0
    # Failures by what the phone saw, such as "HTTP 502" or "CSP 503".
    failures: Counter[str] = field(default_factory=Counter)
    # Log-ins of newcomers, and how those failed that did not succeed.
    logins: int = 0
    refused_logins: Counter[str] = field(default_factory=Counter)
    # Lines for wake-ups that were dialled again.
    redialled: int = 0
    # Seconds: the longest time in which no phone had a good answer, and the slowest answer to a message.
    gap: float = 0.0
    slowest: float = 0.0


@dataclass
class Row:
    """One phase in figures."""

    fault: str
    seconds: float
    written: int
    acknowledged: int
    lost: int
    doubled: int
    repeated: int
    returned: int
    failures: dict[str, int]
    logins: int
    refused_logins: dict[str, int]
    redialled: int
    gap: float
    slowest: float
    slowest_delivery: float


class Books:
    """The books of one run."""

    def __init__(self) -> None:
        self.letters: dict[str, Letter] = {}
        self.phases: list[Phase] = []
        # Texts that nobody has written, or that came to somebody else.
        self.strays: list[str] = []
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._last_good = 0.0

    @property
    def phase(self) -> Phase:
        return self.phases[-1]

    def begin(self, name: str, now: float) -> Phase:
        """A new phase. What is written and met from here on is its."""
        self.end(now)
        self.phases.append(Phase(name, now))
        self._last_good = now
        return self.phase

    def end(self, now: float) -> None:
        if self.phases and not self.phase.ended:
            self.phase.gap = max(self.phase.gap, now - self._last_good)
            self.phase.ended = now

    # --- messages ---

    def write(self, writer: str, reader: str, now: float) -> str:
        """The text of the next message."""
        self._numbers[writer, reader] += 1
        text = f"{writer}>{reader} #{self._numbers[writer, reader]}"
        self.letters[text] = Letter(reader, self.phase.name, now)
        return text

    def acknowledge(self, text: str) -> None:
        """The writer's server says that it has it."""
        self.letters[text].acknowledged = True

    def see(self, reader: str, text: str, message_id: str, now: float) -> None:
        """`reader` has this text before it. Whatever is no text of ours, such as a greeting, does not count."""
        if not _TEXT.fullmatch(own := text.removeprefix(RETURNED_PREFIX)):
            return
        letter = self.letters.get(own)
        if letter is not None and text != own and own.startswith(f"{reader}>"):
            letter.returned = True
        elif letter is None or letter.reader != reader or text != own:
            self.strays.append(f"{reader}: {text}")
        else:
            letter.see(message_id, now)

    def close(self, text: str, message_id: str) -> None:
        """The server has the reader's acknowledgement of this id."""
        if letter := self.letters.get(text):
            letter.closed.add(message_id)

    def missing(self, before: float | None = None) -> list[str]:
        """Acknowledged and not there yet; only those that were written before a moment."""
        return [text for text, each in self.letters.items() if each.lost and (before is None or each.written < before)]

    # --- what phones meet ---

    def good(self, now: float) -> None:
        """A phone has an answer that says what it should."""
        self.phase.gap = max(self.phase.gap, now - self._last_good)
        self._last_good = now

    def taken(self, seconds: float) -> None:
        """How long the answer to a message took, retries included."""
        self.phase.slowest = max(self.phase.slowest, seconds)

    # --- the result ---

    def rows(self) -> list[Row]:
        return [self._row(each) for each in self.phases]

    def _row(self, phase: Phase) -> Row:
        own = [each for each in self.letters.values() if each.phase == phase.name]
        return Row(
            fault=phase.name,
            seconds=phase.ended - phase.began,
            written=len(own),
            acknowledged=sum(each.acknowledged for each in own),
            lost=sum(each.lost for each in own),
            doubled=sum(each.doubled for each in own),
            repeated=sum(each.repeated for each in own),
            returned=sum(each.returned for each in own),
            failures=dict(phase.failures),
            logins=phase.logins,
            refused_logins=dict(phase.refused_logins),
            redialled=phase.redialled,
            gap=phase.gap,
            slowest=phase.slowest,
            slowest_delivery=max((each.seen - each.written for each in own if each.ids and each.acknowledged), default=0.0),
        )
