"""What stands in Redis of a session, field by field, for tests that look behind the store; and a session to be stored."""

from onesoup.csp.session import Session
from onesoup.store import keys, records

SESSION = Session(jid="juliet@x", own="x", version="1.2", resource="r", client_id="IMEI:1", client_kind="URL", ttl=60)
RECORD = records.pack_session(SESSION)


def fields(store, sid, names):
    """Fields of the session's hash; `store` has a client of Redis."""
    return store._client.hmget(keys.session(sid), names)


def whole(store, sid, name):
    """A hash of the session."""
    return store._client.hgetall(keys.of(sid, name)[0])


def values(store, sid, name, members):
    """Some fields of a hash of the session."""
    return store._client.hmget(keys.of(sid, name)[0], members)
