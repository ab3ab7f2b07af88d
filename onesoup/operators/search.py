"""Finds sessions by whatever an operator was told: an address of the user in any spelling, a part of it, a phone number, the
address of a phone, the name of a session in logs. Bounded in time and in what it gives, whatever was asked."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import redis

from onesoup.csp.errors import CspError
from onesoup.csp.text import addresses, numbers
from onesoup.operators.living import SESSIONS_IN_BATCH, SHARDS_IN_BATCH, SessionRow, all_sids, rows_of, session_named, user_sids
from onesoup.operators.operator import Operator, OperatorError
from onesoup.operators.whom import looks_like_session
from onesoup.runtime.networks import parse_address
from onesoup.store import keys
from onesoup.store.session.gateway_side import GatewaySessionStore, SessionPlace
from onesoup.store.session.shards import Shards

MAX_SEARCH_LETTERS = 200
# Of a name, fewer letters would mean everybody.
MIN_PART_LETTERS = 2
SEARCH_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class FoundSessions:
    """`user` is the bare JID that the words are, logged in or not, "" where they are none. `more`: others match too; `late`: the
    time was over before all sessions had been looked at."""

    rows: tuple[SessionRow, ...]
    user: str
    more: bool
    late: bool


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions of all; `after` names where the next page begins, None on the last one."""

    rows: tuple[SessionRow, ...]
    after: tuple[int, int] | None


def search_sessions(operator: Operator, words: str, most: int, seconds: float = SEARCH_SECONDS) -> FoundSessions:
    """At most so many sessions. What the words are exactly comes first."""
    words = words.strip()
    if not words or len(words) > MAX_SEARCH_LETTERS:
        raise OperatorError(f"write 1 to {MAX_SEARCH_LETTERS} letters or digits to search for")
    end, client, user = time.monotonic() + seconds, operator.client, _user(words, operator.domain)
    found = dict.fromkeys(_exact(client, words, user))
    late = False
    if not (found and "@" in words):
        for sid in _matching(client, _matcher(words, operator.country), end):
            late = sid is None
            if sid is None or found.setdefault(sid) or len(found) > most:
                break
    rows = tuple(row for _, row in rows_of(client, list(found)[:most]))
    return FoundSessions(rows, user, len(found) > most, late)


def listed_sessions(client: redis.Redis, after: tuple[int, int], most: int) -> SessionPage:
    """The sessions of a page, shard by shard. `after`: how many shards, and how many sessions of the next one, come before."""
    shards, (first, skipped), found = Shards(client), after, list[tuple[int, int, str]]()
    for start in range(first, keys.SHARDS, SHARDS_IN_BATCH):
        batch = range(start, min(start + SHARDS_IN_BATCH, keys.SHARDS))
        for shard, sids in zip(batch, shards.sessions_of(batch), strict=True):
            skip = skipped if shard == first else 0
            found.extend((shard, place, sid) for place, sid in enumerate(sorted(sids)) if place >= skip)
        if len(found) > most:
            break
    rows = tuple(row for _, row in rows_of(client, [sid for _, _, sid in found[:most]]))
    return SessionPage(rows, found[most][:2] if len(found) > most else None)


def _user(words: str, domain: str) -> str:
    """The account that the words name, as far as they are an address; "" for what no phone could log in as."""
    with suppress(CspError):
        return addresses.to_jid(words, domain)
    return ""


def _exact(client: redis.Redis, words: str, user: str) -> Iterator[str]:
    if looks_like_session(words) and (sid := session_named(client, words)):
        yield sid
    if user:
        yield from user_sids(client, user)


def _matcher(words: str, country: str) -> Callable[[SessionPlace], bool]:
    """Whether a session is one that the words may mean."""
    number, address = numbers.normal_number(words, country), str(parse_address(words) or "")
    part = addresses.fold(words.removeprefix("wv:"))

    def matches(place: SessionPlace) -> bool:
        by_number, by_address = number and place.number == number, address and place.address == address
        return bool(by_number or by_address) or (len(part) >= MIN_PART_LETTERS and part in place.jid)

    return matches


def _matching(client: redis.Redis, matches: Callable[[SessionPlace], bool], end: float) -> Iterator[str | None]:
    """SessionIDs, and None when the time is over: then not all were looked at."""
    store, waiting = GatewaySessionStore(client), list[str]()
    for sid in all_sids(client):
        waiting.append(sid)
        if len(waiting) == SESSIONS_IN_BATCH:
            yield from _of(store, waiting, matches)
            waiting.clear()
            if time.monotonic() >= end:
                yield None
                return
    yield from _of(store, waiting, matches)


def _of(store: GatewaySessionStore, sids: list[str], matches: Callable[[SessionPlace], bool]) -> Iterator[str]:
    for sid, place in zip(sids, store.places(sids), strict=True):
        if place is not None and matches(place):
            yield sid
