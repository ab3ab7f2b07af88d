"""The id of the request that this greenlet works on: each log line has it as `request`, and it goes with commands and wake-ups to
other processes. Made only when somebody asks for it: most polls of a phone log nothing."""

import re
import secrets
from contextvars import ContextVar

# What a proxy may send: nginx's $request_id, a UUID, or what others make of letters, digits and a few signs.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)
_OWN_BYTES = 8
# None: no request. "": a request that has no id yet.
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def begin_request(given: str = "") -> None:
    """A request begins in this greenlet. `given`: its id, from somebody who is trusted; one that is no id does not count."""
    _current.set(given if given and _SAFE.fullmatch(given) else "")


def current_request() -> str:
    """The id of this greenlet's request, "" outside of one."""
    known = _current.get()
    if known == "":
        known = secrets.token_hex(_OWN_BYTES)
        _current.set(known)
    return known or ""
