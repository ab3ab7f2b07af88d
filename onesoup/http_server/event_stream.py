"""An answer that goes on: server-sent events (WHATWG HTML 9.2). The server gives each piece of it the time of a whole answer.

A browser that has closed the page is found out by writing to it, so whoever has no news says so now and then, with KEEP_ALIVE."""

import json
from collections.abc import Generator, Iterator
from typing import Any

EVENT_STREAM_TYPE = "text/event-stream; charset=utf-8"
KEEP_ALIVE = b":\n\n"


def packed_event(data: Any, name: str = "") -> bytes:
    """One event, with its data as JSON, which has no line end in it."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class EventStream:
    """The body of such an answer. When the browser has gone the server closes `pieces`, as it does at the end."""

    def __init__(self, pieces: Generator[bytes, None, None]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._pieces.close()
