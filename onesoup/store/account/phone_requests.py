"""What phones did in the last day, for their owners: events by account and by network address, and how sessions poll.

Redis knows neither accounts nor addresses here: names of keys are keyed digests. Strangers can make events of any account and
from any address, so each key has two parts, and what took a password is never pushed out by what did not. The number of keys is
limited too: the ones that were written longest ago go."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis

from onesoup.csp.phone_events import COUNTED, KEPT, PhoneEvent, sameness
from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.counted_events import CountedEvent, CountedEvents, EventBatch
from onesoup.store.redis.client import guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

VERSION = 1
DAY_SECONDS = 86_400
# Every phone or address with events, and when it was last written.
INDEX = "phones-seen"
# Sessions whose polls somebody wants to see.
POLLS_LOOKED_AT = "polls-looked-at"
POLLS_LOOK_SECONDS = 30
POLLS_SECONDS = 60
MOST_ADDED = 64

_MOST = {"p": bounds.MOST_PROVED_EVENTS, "s": bounds.MOST_STRANGE_EVENTS}


@dataclass(frozen=True, slots=True)
class SessionPolls:
    """How often a session has polled, and when last, in seconds since 1970 (0 for never); how many items it was handed more than
    once, since it has not acknowledged them."""

    count: int = 0
    last: int = 0
    unanswered: int = 0


class PhoneRequests:
    def __init__(self, client: redis.Redis, ring: KeyRing, most_phones: int = bounds.MOST_PHONES) -> None:
        self._client, self._ring, self._most = client, ring, most_phones
        self._events = CountedEvents(client, _MOST, DAY_SECONDS, "phones")

    def of_account(self, jid: str) -> str:
        """The name of an account here."""
        return "u" + self._ring.digest(jid, "phone-account").hex()[:31]

    def of_address(self, address: str) -> str:
        """The name of a network address here. `address` may be a digest already."""
        return "n" + self._ring.digest(address, "phone-address").hex()[:31]

    # --- events ---

    def add(self, events: Mapping[str, Sequence[PhoneEvent]], now: int) -> None:
        """Adds events of phones, by the names of `of_account` and `of_address`. Those that are too many or too long are left
        out."""
        batches = [EventBatch(_key(who), list(filter(None, map(_counted, some[:MOST_ADDED])))) for who, some in events.items()]
        if not batches:
            return
        self._events.add(batches, now)
        for name in self._events.touch(INDEX, list(events), self._most, now):
            guarded(lambda name=name: self._client.delete(_key(name)))  # type: ignore[misc]

    def of(self, who: str, now: int) -> list[PhoneEvent]:
        """The events of a phone in the last day, the newest first."""
        events = []
        for stored in self._events.of(_key(who)).values():
            try:
                events.append(_event(stored))
            except BadRecord:
                continue
        return sorted((each for each in events if each.last > now - DAY_SECONDS), key=lambda each: -each.last)

    # --- polls, which are counted in processes and told here only while somebody looks ---

    def look_at(self, sids: Sequence[str], now: int) -> None:
        """Processes tell how these sessions poll, for half a minute from now."""

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.zadd(POLLS_LOOKED_AT, dict.fromkeys(sids, now + POLLS_LOOK_SECONDS))
            pipe.zremrangebyscore(POLLS_LOOKED_AT, "-inf", now)
            pipe.expire(POLLS_LOOKED_AT, POLLS_LOOK_SECONDS)
            pipe.execute()

        if sids:
            guarded(write)

    def looked_at(self, now: int) -> list[str]:
        return [sid.decode() for sid in guarded(lambda: self._client.zrangebyscore(POLLS_LOOKED_AT, now, "+inf"))]

    def tell_polls(self, process: str, polls: Mapping[str, tuple[int, int]]) -> None:
        """What one process has counted: by session, how many polls, and when the last one was."""

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            for sid, (count, last) in polls.items():
                (key,) = keys.of(sid, "polls")
                pipe.hset(key, process, f"{count} {last}")
                pipe.expire(key, POLLS_SECONDS)
            pipe.execute()

        if polls:
            guarded(write)

    def polls(self, sids: Sequence[str]) -> list[SessionPolls]:
        def read() -> list[list[bytes]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                for key in keys.of(sid, "polls", "try"):
                    pipe.hvals(key)
            return pipe.execute()

        found = guarded(read) if sids else []
        return [_polls(told, tries) for told, tries in zip(found[::2], found[1::2], strict=True)]


def recent_events(client: redis.Redis, since: int, most: int) -> list[PhoneEvent]:
    """The events after `since` of the phones and addresses that were written last, so many at most. Needs no key ring: it says of
    nobody who it is."""
    stored = CountedEvents(client, _MOST, DAY_SECONDS, "phones")
    names = guarded(lambda: client.zrevrangebyscore(INDEX, "+inf", since, start=0, num=most))
    events = []
    for name in names:
        for each in stored.of(_key(name.decode("ascii", "replace"))).values():
            try:
                events.append(_event(each))
            except BadRecord:
                continue
    return [each for each in events if each.last > since]


def _polls(told: list[bytes], tries: list[bytes]) -> SessionPolls:
    counts = [(int(count), int(last)) for count, _, last in (each.partition(b" ") for each in told)]
    return SessionPolls(sum(count for count, _ in counts), max((last for _, last in counts), default=0), len(tries))


def _counted(event: PhoneEvent) -> CountedEvent | None:
    """The event as it is stored; None for one that is too long."""
    record = pack(VERSION, {name: getattr(event, name) or None for name in (*KEPT, "octets")})
    if len(record) > bounds.PHONE_EVENT_BYTES:
        return None
    name = hashlib.blake2b(repr(sameness(event)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return CountedEvent(("p" if event.proved else "s") + name, event.first, event.last, event.times, record)


@reader
def _event(stored: CountedEvent) -> PhoneEvent:
    fields = unpack(stored.record, VERSION)
    known = {name: fields[name] for name in (*KEPT, "octets") if name in fields and name not in COUNTED[:3]}
    offered = tuple(known.pop("offered", ()))
    return PhoneEvent(first=stored.first, last=stored.last, times=stored.times, offered=offered, **known)


def _key(who: str) -> str:
    return keys.account(who, "phone")
