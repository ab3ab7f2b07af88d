"""Keyed digests of users for the log (`ONESOUP_LOG_USERS=digest`): `u-` and 12 digits. Every process of a service makes the same
ones, from the key ring; `onesoup whois` knows whose they are. A new key changes none: they come from the oldest key."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from onesoup.settings import SECRET_MASK
from onesoup.store.account.keyring import KeyRing, KeyRingError

USER_DIGEST = re.compile(r"u-[0-9a-f]{12}")
# What stands for a user while the key ring cannot be read: the process says why, and ends.
UNKNOWN_USER_DIGEST = "u-unknown"
# Fields that hold a user: a bare or full JID, or what somebody typed where one was wanted.
USER_NAMES = frozenset({"account", "contact", "from", "jid", "login", "owner", "room", "to", "user", "users", "whom"})
# Addresses in other texts: reasons, errors, tracebacks.
_ADDRESS = re.compile(r"(?<![^\s\"'<>()\[\]{},;=|:/])[^\s\"'<>()\[\]{},;=|:/@]{1,1023}@[^\s\"'<>()\[\]{},;=|:/@]{1,253}")
# The most of a text that is looked through.
_MAX_TEXT = 20_000
_DIGITS = 12
_PURPOSE = "log-user"

DigestOf = Callable[[str], str]


def user_digest(ring: KeyRing, user: str) -> str:
    """What the log calls a user: of a JID without its resource."""
    name = user.partition("/")[0] if "@" in user else user
    return f"u-{ring.digest(name, _PURPOSE).hex()[:_DIGITS]}"


def users_hider(keys_file: str) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """A processor of structlog that puts digests in the place of users. Reads the key ring with the first line that names one."""
    ring: KeyRing | None = None

    @lru_cache(maxsize=1000)
    def cached(user: str) -> str:
        assert ring is not None
        return user_digest(ring, user)

    def digest(user: str) -> str:
        nonlocal ring
        try:
            ring = ring or KeyRing.load(keys_file)
        except KeyRingError:
            return UNKNOWN_USER_DIGEST
        return cached(user)

    return lambda _logger, _method, event: users_hidden(event, digest)


def users_hidden(event: MutableMapping[str, Any], digest: DigestOf) -> MutableMapping[str, Any]:
    """A line with a digest for each user, at any depth."""
    for name, value in event.items():
        event[name] = _hidden(name, value, digest)
    return event


def _hidden(name: str, value: Any, digest: DigestOf) -> Any:
    if isinstance(value, str):
        if name.lower() in USER_NAMES:
            return value if not value or USER_DIGEST.fullmatch(value) else digest(value)
        return _without_addresses(value, digest)
    if isinstance(value, Mapping):
        return {key: _hidden(str(key), inner, digest) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(name, inner, digest) for inner in value]
    return value if value is None or isinstance(value, int | float) else _without_addresses(str(value), digest)


def _without_addresses(text: str, digest: DigestOf) -> str:
    if "@" not in text:
        return text
    hidden = _ADDRESS.sub(lambda found: _digest_of_address(found[0], digest), text[:_MAX_TEXT])
    return hidden + ("…" if len(text) > _MAX_TEXT else "")


def _digest_of_address(text: str, digest: DigestOf) -> str:
    """A masked password stands before the @ of a URL: that is no user."""
    return text if text.startswith(SECRET_MASK) else digest(text.rstrip("."))
