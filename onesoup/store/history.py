"""What happened to an account, a phone number or a client address in the last hours, for operators: log-ins, failures, ends of
sessions, wake-ups, undelivered messages.

Redis knows account names here, as elsewhere, and nothing else: numbers and addresses are keyed digests, events are sealed. What
needs no password stands in keys of its own, `history-failed`. Of a name that has logged in before there is one such key; of all
other names, and of addresses, there is a limited number, so that made-up names push out only each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import redis

from onesoup.csp.history_events import (
    HISTORY_KEPT,
    MAX_HISTORY_REASON,
    MAX_HISTORY_TEXT,
    HistoryEvent,
    HistoryKind,
    history_sameness,
)
from onesoup.runtime.networks import network_of
from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.counted_events import CountedEvent, CountedEvents, EventBatch
from onesoup.store.redis.client import guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

HISTORY_VERSION = 1
# Hashes that are limited in number: of addresses with log-ins, of addresses with failures, of names that no account has.
ADDRESS_INDEX, STRANGER_INDEX, NAME_INDEX = "history-addresses", "history-strangers", "history-names"
_MOST_KEYS = {
    ADDRESS_INDEX: bounds.MOST_HISTORY_ADDRESSES,
    STRANGER_INDEX: bounds.MOST_HISTORY_STRANGERS,
    NAME_INDEX: bounds.MOST_HISTORY_NAMES,
}
_PARTS = {
    HistoryKind.LOGIN: "i",
    HistoryKind.END: "e",
    HistoryKind.WAKE: "w",
    HistoryKind.UNDELIVERED: "u",
    HistoryKind.FAILURE: "s",
}
_KEYS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class HistoryNote:
    """An event to keep. `place`: the digest of the network that a log-in came from, as LoginLimits has it; `login`: the name
    that was logged in with, where that is not the account itself."""

    event: HistoryEvent
    place: str = ""
    login: str = ""


class History:
    """`seconds`: how long events are kept."""

    def __init__(self, client: redis.Redis, ring: KeyRing, seconds: int) -> None:
        self._client, self._ring, self._seconds = client, ring, seconds
        self._events = CountedEvents(client, bounds.MOST_HISTORY_EVENTS, seconds, "history")
        self._failures = CountedEvents(client, bounds.MOST_HISTORY_FAILURES, seconds, "history_failed")
        self._made_up = CountedEvents(client, bounds.MOST_MADE_UP_FAILURES, seconds, "history_made_up")

    # --- writing ---

    def add(self, notes: Iterable[HistoryNote], now: int) -> None:
        """Adds events. One that is too long is left out."""
        proved: dict[str, list[CountedEvent]] = {}
        failed: dict[str, list[CountedEvent]] = {}
        for note in notes:
            for who in self._names(note):
                if (stored := self._stored(who, note)) is not None:
                    (proved if note.event.proved else failed).setdefault(who, []).append(stored)
        self._events.add([EventBatch(_key(who), some) for who, some in proved.items()], now)
        self._touch(ADDRESS_INDEX, [who for who in proved if _is_address(who)], now)
        if accounts := [who for who in proved if "@" in who]:  # their failures do not go any more
            guarded(lambda: self._client.zrem(NAME_INDEX, *accounts))
        self._add_failures(failed, now)

    def _add_failures(self, failed: dict[str, list[CountedEvent]], now: int) -> None:
        """Of a name it is known to Redis alone whether an account has it."""
        # On a cluster the keys of a name that begins with a brace are of two slots.
        accounts = [who for who in failed if "@" in who and not who.startswith("}")]
        batches = [EventBatch(_failed_key(who), failed[who], keys.account(who, "known")) for who in accounts]
        known = self._failures.add(batches, now)
        others = failed.keys() - {who for who, stored in zip(accounts, known, strict=True) if stored}
        places = [who for who in others if _is_address(who)]
        names = [who for who in others if not _is_address(who)]
        self._failures.add([EventBatch(_failed_key(who), failed[who]) for who in places], now)
        self._made_up.add([EventBatch(_failed_key(who), failed[who]) for who in names], now)
        self._touch(STRANGER_INDEX, places, now)
        self._touch(NAME_INDEX, names, now)

    def _touch(self, index: str, names: Sequence[str], now: int) -> None:
        name_key = _key if index == ADDRESS_INDEX else _failed_key
        for gone in self._events.touch(index, names, _MOST_KEYS[index], now):
            guarded(lambda gone=gone: self._client.delete(name_key(gone)))  # type: ignore[misc]

    def _names(self, note: HistoryNote) -> list[str]:
        """Under which names an event is kept. An address has log-ins and failures only."""
        event = note.event
        names = [name for name in dict.fromkeys((event.user, note.login)) if _is_account(name)]
        names += [self._of_number(event.number)] if event.number else []
        logins = event.kind in (HistoryKind.LOGIN, HistoryKind.FAILURE)
        return names + ([self._of_address(event.address)] if event.address and logins else [])

    def _stored(self, who: str, note: HistoryNote) -> CountedEvent | None:
        event = _cut(note.event)
        fields = {name: getattr(event, name) or None for name in HISTORY_KEPT}
        record = self._ring.seal(pack(HISTORY_VERSION, fields), _purpose(who))
        if len(record) > bounds.HISTORY_EVENT_BYTES:
            return None
        name = self._ring.digest(repr(history_sameness(event)), "history-event").hex()[:16]
        return CountedEvent(_PARTS[HistoryKind(event.kind)] + name, event.first, event.last, event.times, record, note.place)

    # --- reading ---

    def of_account(self, jid: str, now: int) -> list[HistoryEvent]:
        """What happened to an account, and failures of its name; the newest first."""
        return self._of(jid, now)

    def of_number(self, number: str, now: int) -> list[HistoryEvent]:
        return self._of(self._of_number(number), now)

    def of_address(self, address: str, now: int) -> list[HistoryEvent]:
        """Log-ins and failures from an address; for IPv6 from its network of 64 bits."""
        return self._of(self._of_address(address), now)

    def _of(self, who: str, now: int) -> list[HistoryEvent]:
        found = [
            event
            for key in (_key(who), _failed_key(who))
            for stored in self._events.of(key).values()
            if (event := self._opened(who, stored)) is not None and event.last > now - self._seconds
        ]
        return sorted(found, key=lambda event: -event.last)

    def _opened(self, who: str, stored: CountedEvent) -> HistoryEvent | None:
        """None for what another version has written, or another key ring."""
        try:
            return _event(stored, self._ring.open(stored.record, _purpose(who)))
        except (KeyRingError, BadRecord):
            return None

    # --- forgetting ---

    def forget(self, jid: str, now: int) -> int:
        """Removes all events of an account, under its numbers and at addresses too. How many there were."""
        mine = self._of(jid, now)
        count = len(mine)
        for key in (_key(jid), _failed_key(jid)):
            guarded(lambda key=key: self._client.delete(key))  # type: ignore[misc]
        guarded(lambda: self._client.zrem(NAME_INDEX, jid))
        numbers = {self._of_number(event.number) for event in mine if event.number}
        for who in numbers | {self._of_address(event.address) for event in mine if event.address} | self._listed():
            count += self._forget_at(who, jid)
        return count

    def _listed(self) -> set[str]:
        """All addresses, and numbers of no account, that have events."""
        found: set[bytes] = set()
        for index in _MOST_KEYS:
            found.update(guarded(lambda index=index: self._client.zrange(index, 0, -1)))  # type: ignore[misc]
        return {name.decode() for name in found if b"@" not in name}

    def _forget_at(self, who: str, jid: str) -> int:
        count = 0
        for key in (_key(who), _failed_key(who)):
            stored = self._events.of(key).items()
            mine = [name for name, each in stored if (event := self._opened(who, each)) is not None and event.user == jid]
            if mine:
                count += int(guarded(lambda key=key, mine=mine: self._client.hdel(key, *mine)))  # type: ignore[misc]
        return count

    def _of_number(self, number: str) -> str:
        return "n" + self._ring.digest(number, "history-number").hex()[:31]

    def _of_address(self, address: str) -> str:
        return "a" + self._ring.digest(network_of(address, 32, 64), "history-address").hex()[:31]


def _cut(event: HistoryEvent) -> HistoryEvent:
    """Texts that are too long are cut; a name that is an account's stays whole. Half a surrogate pair becomes a question mark."""
    cut: dict[str, Any] = {}
    for name in ("user", "address", "number", "handset", "detail", "reason", "request"):
        most = MAX_HISTORY_REASON if name == "reason" else bounds.HIT_BYTES if name == "user" else MAX_HISTORY_TEXT
        text = getattr(event, name)
        if len(text) > most or not text.isprintable():
            cut[name] = text[:most].encode("utf-8", "replace").decode()
    return replace(event, **cut) if cut else event


@reader
def _event(stored: CountedEvent, record: bytes) -> HistoryEvent:
    fields = unpack(record, HISTORY_VERSION)
    known = {name: fields[name] for name in HISTORY_KEPT if name in fields}
    return HistoryEvent(first=stored.first, last=stored.last, times=stored.times, **known)


def _is_account(name: str) -> bool:
    return "@" in name and name.isprintable() and len(name) <= bounds.HIT_BYTES


def _is_address(who: str) -> bool:
    return who.startswith("a") and "@" not in who


def _purpose(who: str) -> str:
    return f"history:{who}"


def _key(who: str) -> str:
    return keys.account(who, "history")


def _failed_key(who: str) -> str:
    return keys.account(who, "history-failed")
