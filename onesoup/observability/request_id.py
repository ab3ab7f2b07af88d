"""The id of the request that this greenlet works on. Each log line has it as `request`, and it goes with commands and wake-ups to
other processes. Made only when somebody asks for it: most polls of a phone log nothing."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# What a proxy may send: nginx's $request_id, a UUID, or what others make of letters, digits and a few signs.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)
_OWN_BYTES = 8
# Before what a proxy sent, as long as nobody has asked for the id. No id begins with it.
_UNREAD = "?"
# "": no request. Each greenlet has its own.
_current: ContextVar[str] = ContextVar("request_id", default="")


def begin_request(given: str = "") -> None:
    """A request begins in this greenlet. `given`: its id, from somebody who is trusted; one that is no id does not count."""
    _current.set(_UNREAD + given)


def end_request() -> None:
    _current.set("")


def current_request() -> str:
    """The id of this greenlet's request, "" outside of one."""
    known = _current.get()
    if known[:1] == _UNREAD:
        known = known[1:] if _SAFE.fullmatch(known, 1) else secrets.token_hex(_OWN_BYTES)
        _current.set(known)
    return known


def continue_request(id: str) -> None:
    """This greenlet works from now on for a request that began elsewhere; "" for none."""
    _current.set(id if _SAFE.fullmatch(id) else "")


@contextmanager
def continued_request(id: str) -> Iterator[None]:
    """The block works for a request that began elsewhere; "" for none."""
    before = _current.get()
    continue_request(id)
    try:
        yield
    finally:
        _current.set(before)


def in_this_request(work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, to be run in another greenlet for the request of this one."""
    id = current_request()

    def run(*args: Any) -> Any:
        continue_request(id)
        return work(*args)

    return run
