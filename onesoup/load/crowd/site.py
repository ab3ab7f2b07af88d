"""What the phones of one process share."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from onesoup.load.crowd.books import CrowdBooks
from onesoup.load.crowd.clock import CrowdClock
from onesoup.load.crowd.figures import CrowdFigures
from onesoup.load.crowd.http_pool import HttpPool
from onesoup.load.crowd.plan import CrowdPlan


@dataclass
class CrowdSite:
    """Their plan and their means, and what becomes of it."""

    plan: CrowdPlan
    pool: HttpPool
    clock: CrowdClock
    # Called with the number of a phone whose session the server has ended.
    over: Callable[[int], None]
    figures: CrowdFigures = field(default_factory=CrowdFigures)
    books: CrowdBooks = field(default_factory=CrowdBooks)
    dice: random.Random = field(default_factory=random.Random)
    friends: frozenset[str] = frozenset()
    # When something came last, for who waits until nothing comes any more.
    last_message: float = 0.0
    # Whether phones write, and how many of their messages have no answer yet.
    writing: bool = False
    sending: int = 0
    # Phones between a log-out and the log-in that follows at once.
    moving: int = 0
