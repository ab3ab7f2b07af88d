"""What every part is given: how much to measure, where to work, and whom to tell how far it is."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onesoup.load.text import wrapped

# How long the consequences of log-ins last: quiet time before a measurement.
LOGIN_REST_SECONDS = 3.2
REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Scale:
    """How much is measured. The smoke test runs `QUICK`, which says nothing about speed."""

    rounds: int = 5
    # Codec: seconds a measurement of one document in one direction, and how many documents.
    codec_seconds: float = 0.003
    documents: int = 10_000
    # Polls: seconds a measurement, sessions, connections.
    poll_seconds: float = 2.0
    sessions: int = 1000
    connections: int = 16
    sizes: tuple[int, ...] = (1000, 10_000, 100_000)
    # Log-ins of a round, and phones at the same time.
    logins: int = 150
    phones: int = 10
    # Idle sessions of each kind.
    idle: int = 300
    idle_with_contacts: int = 200
    messages: int = 200
    # Streams: stanzas and log-ins of a round, idle streams of ours and of the far bigger others.
    stanzas: int = 2000
    stream_logins: int = 30
    streams: int = 1000
    slix_streams: int = 50
    # Phones that rest, and seconds in which they are watched; phones of each side of scaling.
    resting: int = 3000
    rest: float = 240.0
    crew: int = 40
    # Sessions of the holder that is killed.
    taken_over: int = 1000
    # Phones that are woken at a steady rate, and idle lines of the listener.
    wakes: int = 300
    lines: int = 10_000
    # Seconds for each rate of the ramp; a crowd of idle lines, and how long it is watched.
    ramp_seconds: float = 5.0
    crowd: int = 5000
    crowd_seconds: float = 20.0
    # Seconds: until everything that a log-in starts has ended, and for which polls are held.
    settle: float = 6.0
    hold: float = 5.0
    # Profile: requests.
    profiled: int = 5000


FULL = Scale()
QUICK = Scale(
    rounds=1,
    codec_seconds=0.0001,
    documents=12,
    poll_seconds=0.2,
    sessions=20,
    connections=4,
    sizes=(20, 50),
    logins=6,
    phones=3,
    idle=6,
    idle_with_contacts=3,
    messages=5,
    stanzas=100,
    stream_logins=2,
    streams=5,
    slix_streams=2,
    resting=3,
    rest=1.0,
    crew=4,
    taken_over=5,
    wakes=5,
    lines=50,
    ramp_seconds=0.4,
    crowd=50,
    crowd_seconds=0.5,
    settle=0.2,
    hold=1.0,
    profiled=500,
)


def say(text: str) -> None:
    """Progress, apart from the results."""
    print("\n".join(wrapped(text, "    ")), file=sys.stderr, flush=True)


@contextmanager
def workplace() -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="onesoup-bench-") as name:
        yield Path(name)
