"""Why a log-in failed, in words for operators. The phone is told less: a wrong user and a wrong password look alike to it."""

from collections.abc import Mapping
from typing import Any

import redis

from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import NoSession, StoreDown

# --- found by the gateway ---

NOT_LINKED = "no phone password is stored for this user, and the phone sent a digest"
WRONG_DIGEST = "wrong phone password (digest)"
NO_PASSWORD = "the phone sent no password"
LONG_PASSWORD = "the password is longer than the maximum"
NO_NONCE = "the nonce of the first phase has expired or was used, or is another phone's"
NO_KNOWN_DIGEST = "the phone offers no digest that is known here"
WRONG_BEFORE = "wrong password, as before: the XMPP server was not asked again"
CLOSED_BEFORE = "the account is disabled at the XMPP server: it was not asked again"
MANY_CHALLENGES = "throttled: too many first phases from this address"
NOTHING_TO_RESUME = "no such session of this phone is left to resume, and no password was sent"
NO_REPLY_CHANNEL = "this gateway's subscription at Redis is not up"
NO_TIME_LEFT = "no time was left to ask a holder"
SHARD_QUEUE_FULL = "too many log-ins wait for the holder of this shard"
NO_HOLDER = "no holder took the log-in in time: does one run that owns shard {shard:02x}?"
SERVER_SLOW = "a holder took the log-in, but the XMPP server did not answer it in time"
NO_SLOT = "too many log-ins with unknown passwords try this XMPP server at once"
FIRST_TRY_RUNS = "the phone sent the same log-in again, and the first is still running"

# --- found by the holder ---

WORDS_OF_KIND = {
    "auth": "the XMPP server refused user or password",
    "bind": "the XMPP server opened no session",
    "bug": "a mistake in the holder, see its log",
    "closed": "the XMPP server closed the connection",
    "dns": "the XMPP server was not found",
    "keys": "the holder cannot decrypt the password: it lacks a key of the key ring",
    "late": "the holder took the log-in too late",
    "no-answer": "the XMPP server did not answer in time",
    "no-mechanism": "no SASL mechanism is known to both sides",
    "not-owner": "the shard was going to another holder",
    "protocol": "the XMPP server broke the protocol",
    "redis": "the holder could not use Redis",
    "refused": "no connection to the XMPP server",
    "stream": "the XMPP server ended the stream",
    "timeout": "the XMPP server did not answer in time",
    "tls": "TLS with the XMPP server failed",
}
# What a holder of the version before answers has no kind.
_OTHERWISE = "the XMPP side refused the log-in"


def holder_reason(answer: Mapping[str, Any]) -> str:
    """Why a holder refused: words, then the kind and condition that its own log line has."""
    kind, condition = str(answer.get("kind", "")), str(answer.get("condition", ""))
    words = WORDS_OF_KIND.get(kind) or str(answer.get("text") or _OTHERWISE)
    machine = "/".join(filter(None, (kind, condition)))
    return f"{words} ({machine})" if machine else words


def failure_of(error: Exception) -> tuple[int, str]:
    """The code with which a log-in is refused, and the reason for the log."""
    if isinstance(error, CspError | BackendError):
        return error.code, error.reason
    if isinstance(error, StoreDown | redis.RedisError):
        return StatusCode.SERVICE_UNAVAILABLE, f"Redis: {error if isinstance(error, StoreDown) else type(error).__name__}"
    if isinstance(error, TooMuch):
        return StatusCode.MESSAGE_QUEUE_IS_FULL, "too much is stored for this user already"
    if isinstance(error, NoSession):
        return error.code, "the new session ended while it was opened"
    return StatusCode.INTERNAL_ERROR, f"a mistake in the gateway, see its log ({type(error).__name__})"
