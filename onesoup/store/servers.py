"""What holders remember of XMPP servers, by domain: sasl:{domain}, the strongest SASL mechanism that worked there; xmpp:{domain},
when a stream was last made, and why one was last not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import guarded

# A server that nobody has logged in to for so long may begin anew.
MECHANISM_MS = 90 * 86_400_000
SERVER_STATE_SECONDS = 7 * 86_400
SERVER_STATE_VERSION = 1


class SaslMechanisms:
    """sasl:{domain}, a string, for 90 days after the last log-in."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def mechanism(self, domain: str) -> str:
        """The mechanism that is remembered for the domain, empty for none."""
        found = guarded(lambda: self._client.get(keys.account(domain, "sasl")))
        return found.decode("ascii", "replace") if isinstance(found, bytes) else ""

    def remember(self, domain: str, mechanism: str) -> None:
        if len(domain.encode()) > bounds.DOMAIN_BYTES:
            return
        guarded(lambda: self._client.set(keys.account(domain, "sasl"), mechanism, px=MECHANISM_MS))

    def forget(self, domain: str) -> bool:
        """Whatever the domain's server offers next is taken for its best. False when nothing was remembered."""
        return bool(guarded(lambda: self._client.delete(keys.account(domain, "sasl"))))


@dataclass(frozen=True, slots=True)
class XmppServerState:
    """When an XMPP server last took a stream, and when it last did not: seconds since 1970, 0 for never. `kind` and `condition`
    of that failure are those of onesoup.xmpp.stream.errors."""

    worked: int = 0
    failed: int = 0
    kind: str = ""
    condition: str = ""

    @property
    def is_away(self) -> bool:
        """Whether the last try failed."""
        return self.failed > self.worked


class XmppServerStates:
    """xmpp:{domain}, a hash: "ok" and "failed", two records, for a week. Whoever writes limits how often."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def note(self, domain: str, now: int, kind: str = "", condition: str = "") -> None:
        """A try at the domain's server: it worked, or failed for this reason."""
        if len(domain.encode()) > bounds.DOMAIN_BYTES:
            return
        key = keys.account(domain, "xmpp")
        state = XmppServerState(failed=now, kind=kind[:20], condition=condition[:60]) if kind else XmppServerState(now)
        record = msgpack.pack(SERVER_STATE_VERSION, asdict(state))

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.hset(key, "failed" if kind else "ok", record)
            pipe.expire(key, SERVER_STATE_SECONDS)
            pipe.execute()

        guarded(write)

    def of(self, domains: Sequence[str]) -> list[XmppServerState]:
        def read() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for domain in domains:
                pipe.hmget(keys.account(domain, "xmpp"), ["ok", "failed"])
            found: list[list[bytes | None]] = pipe.execute()
            return found

        return [_both(*(_readable_state(each) for each in pair)) for pair in guarded(read)]


def _both(ok: XmppServerState, failed: XmppServerState) -> XmppServerState:
    return XmppServerState(ok.worked, failed.failed, failed.kind, failed.condition)


def _readable_state(record: bytes | None) -> XmppServerState:
    """Nothing is known where another release has written it."""
    try:
        return _state(record) if record else XmppServerState()
    except msgpack.BadRecord:
        return XmppServerState()


@msgpack.reader
def _state(record: bytes) -> XmppServerState:
    found = msgpack.unpack(record, SERVER_STATE_VERSION)
    return XmppServerState(found["worked"], found["failed"], found.get("kind", ""), found.get("condition", ""))
