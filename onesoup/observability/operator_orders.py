"""What operators have ordered and each process follows: whom it does not serve, and whether its host is taken out of service.

A process keeps a copy, and no request asks Redis for it. A change is told by pub/sub, and looked for each quarter of a minute.
While Redis is away the copy stays as it was; a process that starts then has none, and can open no session either."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import gevent
import redis
import structlog
from gevent.lock import BoundedSemaphore
from prometheus_client import Counter

from onesoup.runtime import scheduler
from onesoup.store.blocks import BlockList, OperatorBlock, OperatorBlocks
from onesoup.store.drains import Drain, Drains
from onesoup.store.errors import StoreDown
from onesoup.store.keys import ORDERS_CHANNEL

log = structlog.get_logger()

BLOCKED = Counter("onesoup_blocked_total", "Requests refused because an operator has blocked the sender", ["kind"])

# Besides what pub/sub tells at once.
LOOK_FOR_ORDERS_SECONDS = 5 * scheduler.TASK_SECONDS
# One block writes so often that it has refused somebody; others are counted meanwhile.
SAY_BLOCKED_SECONDS = 60.0


@dataclass(slots=True)
class _Said:
    at: float
    more: int = 0


class OperatorOrders:
    """`blocks` and `drain` are for others to read; `on_change` is called after each change of either."""

    channel = ORDERS_CHANNEL

    def __init__(self, client: redis.Redis, host: str = "") -> None:
        self._blocks, self._drains = OperatorBlocks(client), Drains(client)
        self.host = host or socket.gethostname()
        self.blocks = BlockList()
        self.drain: Drain | None = None
        self.on_change: Callable[[], None] = lambda: None
        self._said: dict[str, _Said] = {}
        self._known = False
        # One look at a time: the one that has read first would else put back what was before.
        self._looking, self._asked = BoundedSemaphore(), False

    @property
    def draining(self) -> bool:
        return self.drain is not None

    def says_draining(self) -> bool:
        """For /readyz: a process that has just started asks first."""
        if not self._known:
            self.look()
        return self.draining

    def start(self) -> None:
        """Reads the orders from now on, at once for the first time."""
        scheduler.every(LOOK_FOR_ORDERS_SECONDS, self.look).by(0.0)

    def heard(self) -> None:
        """They may have changed. Returns at once."""
        if not self._asked:
            self._asked = True
            gevent.spawn(self.look)

    def look(self) -> None:
        with self._looking:
            self._asked = False
            self._look()

    def _look(self) -> None:
        try:
            blocks, drain = scheduler.run_together(self._blocks.all, lambda: self._drains.of(self.host))
        except (StoreDown, redis.RedisError):
            return  # the copy stays; that Redis is away others say
        self._known = True
        if tuple(blocks) == self.blocks.all and drain == self.drain:
            return
        if (drain is None) != (self.drain is None):
            log.warning("draining" if drain else "drain-ended", host=self.host)
        self.blocks, self.drain = BlockList(blocks), drain
        self.on_change()

    def now_blocked(self, jids: tuple[str, ...], handset: str) -> OperatorBlock | None:
        """As Redis has it at this moment. StoreDown."""
        return self._blocks.holds_now(jids, handset, time.time())

    def admits(self, address: str) -> bool:
        """Whether an address may connect. A refusal is counted and logged."""
        found = self.blocks.of_address(address, time.time())
        if found is not None:
            self.refused(found)
        return found is None

    def refused(self, block: OperatorBlock) -> None:
        """Counts and logs that somebody was refused. Of many in a row the log has the first, then the number each minute."""
        BLOCKED.labels(block.kind.value).inc()
        now, said = time.monotonic(), self._said.get(block.id)
        if said is not None and now < said.at + SAY_BLOCKED_SECONDS:
            said.more += 1
            return
        if len(self._said) > len(self.blocks.all):
            self._said = {each.id: self._said[each.id] for each in self.blocks.all if each.id in self._said}
        left_out = {"left_out": said.more} if said is not None and said.more else {}
        self._said[block.id] = _Said(now)
        log.info("blocked", block=block.id, kind=block.kind.value, **left_out)
