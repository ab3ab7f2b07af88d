"""Tells `onesoup doctor` whether numbers can be made up: when a trusted proxy seems to pass on what phones write into headers for
numbers, each sign of each proxy now and then; and what number a request of its own seemed to have."""

import time
from collections.abc import Callable

import redis
import structlog

from onesoup.csp.text.stated_numbers import StatedNumber
from onesoup.handlers.context import Peer
from onesoup.store.errors import StoreDown
from onesoup.store.number_doubts import NumberDoubts
from onesoup.store.number_probes import PROBE_AGENT, NumberProbes

log = structlog.get_logger()

DOUBT_EVERY_SECONDS = 600.0
MOST_DOUBTS = 64


class DoubtNotes:
    """Called with a proxy's address and a number that is not believed."""

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = NumberDoubts(client), clock
        self._told: dict[tuple[str, str], float] = {}

    def __call__(self, proxy: str, stated: StatedNumber) -> None:
        key, now = (proxy, stated.sign), self._clock()
        if now - self._told.get(key, -DOUBT_EVERY_SECONDS) < DOUBT_EVERY_SECONDS:
            return
        if len(self._told) >= MOST_DOUBTS:
            self._told.clear()
        self._told[key] = now
        log.warning("number-refused", proxy=proxy, sign=stated.sign, header=stated.header)
        try:
            self._store.note(proxy, stated.sign, stated.header)
        except StoreDown as error:
            del self._told[key]
            log.warning("store-down", reason=str(error))


def answer_probe(probes: NumberProbes, peer: Peer) -> None:
    """For a request of the doctor, and nothing for any other."""
    if not peer.user_agent.startswith(PROBE_AGENT):
        return
    try:
        probes.answer(peer.user_agent.removeprefix(PROBE_AGENT), peer.number)
    except StoreDown as error:
        log.warning("store-down", reason=str(error))
