"""Requests of one phone that wait for each other, as scripts: a generator that asks, and gets the answer."""

from collections import deque
from collections.abc import Callable, Generator
from typing import Protocol

from onesoup.load.crowd.answers import CrowdAnswer

# Kind of the request, its planned time, its body.
Ask = tuple[str, float, bytes]
Script = Generator[Ask, CrowdAnswer, None]


class LanePhone(Protocol):
    """What a lane needs of its phone."""

    @property
    def sid(self) -> bytes: ...

    def post(self, body: bytes, finished: Callable[[int, bytes], None]) -> None: ...

    def heard(self, kind: str, planned: float, sid: bytes, status: int, body: bytes) -> CrowdAnswer: ...


class CrowdLane:
    """Requests of a phone that wait for each other."""

    __slots__ = ("_asked", "_phone", "_script", "_sid", "_waiting")

    def __init__(self, phone: LanePhone) -> None:
        self._phone = phone
        self._script: Script | None = None
        self._waiting: deque[Script] | None = None
        self._asked: Ask = ("", 0.0, b"")
        # The session in which it was asked.
        self._sid = b""

    @property
    def free(self) -> bool:
        return self._script is None

    def begin(self, script: Script) -> None:
        if self._script is None:
            self._script = script
            self._advance(None)
        else:
            self._waiting = self._waiting or deque()
            self._waiting.append(script)

    def _advance(self, answer: CrowdAnswer | None) -> None:
        assert self._script is not None
        try:
            self._asked = self._script.send(answer)  # type: ignore[arg-type]  # None begins it
        except StopIteration:
            self._script = None
            if self._waiting:
                self.begin(self._waiting.popleft())
            return
        self._sid = self._phone.sid
        self._phone.post(self._asked[2], self._finished)

    def _finished(self, status: int, body: bytes) -> None:
        kind, planned, _ = self._asked
        self._advance(self._phone.heard(kind, planned, self._sid, status, body))
