"""A stream with a memory, for tests: what came in, what was acknowledged, how it ended."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import gevent
from xmpp.protocol import Message, Presence
from xmpp.simplexml import Node

from onesoup.xmpp.stream import Options, Stream, StreamFailure

_numbers = itertools.count(1)


def eventually(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits until it holds; fails with its last value."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        gevent.sleep(0.01)


def chat(to: str, body: str) -> Message:
    return Message(to=to, body=body, typ="chat")


class Client:
    """`handle` replaces the keeping of stanzas where a test wants it."""

    def __init__(
        self,
        user: str,
        *,
        options: Options,
        domain: str = "localhost",
        password: str = "secret",
        resource: str = "",
        resume: Mapping[str, Any] | None = None,
        handle: Callable[[list[Node]], None] | None = None,
    ) -> None:
        self.address = f"{user}@{domain}"
        self.batches: list[list[Node]] = []
        self.h: list[int] = []
        self.acked: list[Any] = []
        self.failure: StreamFailure | None = None
        self.ended = False
        self._handle = handle
        self.stream = Stream(
            domain,
            user,
            password,
            resource or f"r{next(_numbers)}",
            options=options,
            on_stanzas=self._take,
            on_acked=self.acked.extend,
            prefix=f"p{next(_numbers)}",
            resume=resume,
        )

    def _take(self, stanzas: list[Node]) -> None:
        self.h.append(self.stream.h_next)
        if self._handle:
            self._handle(stanzas)
        self.batches.append(stanzas)

    def connect(self, within: float = 60.0) -> "Client":
        self.stream.connect(within)
        self.stream.read_on(self._ended)
        return self

    def online(self) -> "Client":
        self.connect()
        self.stream.send(Presence())
        self.wait_for(lambda: self.stanzas("presence"))
        return self

    def _ended(self, failure: StreamFailure | None) -> None:
        self.failure, self.ended = failure, True

    def stanzas(self, name: str) -> list[Node]:
        return [stanza for batch in self.batches for stanza in batch if stanza.name == name]

    @property
    def texts(self) -> list[str]:
        return [message.getTagData("body") for message in self.stanzas("message") if message.getTag("body")]

    def wait_for(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        eventually(condition, seconds)

    def end(self, seconds: float = 60.0) -> StreamFailure | None:
        """How it ended."""
        eventually(lambda: self.ended, seconds)
        return self.failure

    def lose_connection(self) -> dict[str, Any]:
        """As a crash or a dead link would: no closing tag. Returns what is needed to resume."""
        state = self.stream.state()
        assert state is not None
        self.stream.close(polite=False)
        return state
