"""The state that all parts of a session share: the phone's session, the lease under which it is held, and its phase."""

from dataclasses import dataclass, field
from enum import Enum

from gevent.lock import BoundedSemaphore

from onesoup.csp.session import Session


class Phase(Enum):
    """The life of a session in this holder. TRANSITIONS has the phases that may follow each."""

    OPENING = "opening"  # a log-in or a takeover is under way; the session has no record in Redis yet, or none of ours
    LIVE = "live"  # the record is there: what the stream brings is stored
    ENDING = "ending"  # the session is over; messages go to the account, the records are removed
    ENDED = "ended"  # its records are removed
    RELEASED = "released"  # another holder has the session, or will have it


TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.OPENING: frozenset({Phase.LIVE, Phase.ENDING, Phase.RELEASED}),
    Phase.LIVE: frozenset({Phase.ENDING, Phase.RELEASED}),
    # Another holder may take over a session that is being ended here: then the other one ends it.
    Phase.ENDING: frozenset({Phase.ENDED, Phase.RELEASED}),
    Phase.ENDED: frozenset(),
    Phase.RELEASED: frozenset({Phase.RELEASED}),
}


class WrongPhase(Exception):
    """A session cannot go from its phase to the one asked for: a mistake in our code."""


@dataclass(slots=True)
class SessionState:
    """Written by XmppSession alone; read by its parts. `sid` and `session` change when the phone logs in again on the same
    stream; `fence` is the number of the lease under which the session is held."""

    sid: str
    session: Session
    fence: int
    shard: int
    phase: Phase = Phase.OPENING
    # Whether the session has had a record in Redis. From then on, also while it ends, what the stream brings is stored.
    recorded: bool = False
    # Held while the session's records are copied, moved or removed.
    lock: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(1))

    @property
    def closing(self) -> bool:
        """Whether the session is over in this holder, or just being ended."""
        return self.phase not in (Phase.OPENING, Phase.LIVE)

    def enter(self, phase: Phase) -> None:
        """WrongPhase when TRANSITIONS does not allow it."""
        if phase not in TRANSITIONS[self.phase]:
            raise WrongPhase(f"{self.phase.value} -> {phase.value}")
        self.phase = phase
        self.recorded = self.recorded or phase is Phase.LIVE
