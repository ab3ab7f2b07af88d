"""What servers have told of their features, so that questions can go along with a stream header instead of waiting for them.

A memory of this process alone, and no more than a guess: its user compares what the server tells this time.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from xmpp.simplexml import Node

from onesoup.xmpp.stream import sasl2
from onesoup.xmpp.stream.parser import KnownElement

MAX_CACHED_SERVERS = 1000
# How long a server is asked step by step that did not bear it.
DOUBT_SECONDS = 3600.0
# As nearly every server writes it.
_BEGIN, _END = b"<stream:features>", b"</stream:features>"


@dataclass
class Told:
    """Features: as a server said them, and what they are in any order. `words` are empty where it said them otherwise."""

    features: Node
    words: bytes

    @cached_property
    def shape(self) -> str:
        return features_shape(self.features)

    @cached_property
    def ways(self) -> sasl2.Ways:
        return sasl2.login_ways(self.features)

    @property
    def ready(self) -> tuple[KnownElement, ...]:
        return ((self.words, self.features),) if self.words else ()


NOTHING_TOLD: Mapping[str, Told] = MappingProxyType({})


class Past:
    """By place: features at each moment of a log-in that succeeded. By domain: whether messages wait there for who is offline."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[Hashable, Mapping[str, Told]] = {}
        self._doubted: dict[Hashable, float] = {}
        self._stores: dict[str, tuple[float, bool]] = {}

    def recall(self, place: Hashable) -> Mapping[str, Told]:
        return self._told.get(place, NOTHING_TOLD)

    def keep(self, place: Hashable, told: Mapping[str, Told]) -> None:
        """Of a log-in that asked step by step, and came through."""
        if self._clock() < self._doubted.get(place, 0.0):
            return
        self._doubted.pop(place, None)
        if len(self._told) >= MAX_CACHED_SERVERS:
            self._told.clear()
        self._told[place] = dict(told)

    def doubt(self, place: Hashable) -> None:
        """What was remembered of it was wrong, or it does not bear to be asked along."""
        self._told.pop(place, None)
        if len(self._doubted) >= MAX_CACHED_SERVERS:
            self._doubted.clear()
        self._doubted[place] = self._clock() + DOUBT_SECONDS

    def stores(self, domain: str) -> bool | None:
        """Whether its server keeps messages for who is offline; None when that has to be asked."""
        until, found = self._stores.get(domain, (0.0, True))
        return found if self._clock() < until else None

    def learn(self, domain: str, stores: bool) -> None:
        if len(self._stores) >= MAX_CACHED_SERVERS:
            self._stores.clear()
        self._stores[domain] = (self._clock() + DOUBT_SECONDS, stores)


def features_told(features: Node, words: bytes) -> Told:
    """`words`: a document up to its features, or more."""
    begin, found, _ = words.rpartition(_END)
    at = begin.rfind(_BEGIN)
    return Told(features, words[at : len(begin) + len(found)] if found and at >= 0 else b"")


def features_shape(features: Node) -> str:
    """Equal for equal features, in any order."""
    kids = [features_shape(kid) for kid in features.kids if kid]
    kids.sort()
    attrs = " ".join(sorted(f"{name}={value!r}" for name, value in features.attrs.items()))
    return f"<{features.namespace} {features.name} {attrs}>{''.join(features.data).strip()}{''.join(kids)}</>"
