"""What stands in Redis of a session, field by field, for tests that look behind the store; and a session to be stored."""

from dataclasses import replace

from onesoup.csp.session import Session
from onesoup.observability.logs import short
from onesoup.store import keys, records
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Shards

SESSION = Session(jid="juliet@x", own="x", version="1.2", resource="r", client_id="IMEI:1", client_kind="URL", ttl=60)
RECORD = records.pack_session(SESSION)


def living_session(client, jid, sid, address="", number="", **session):
    """A session as a holder makes it, without a stream; the name that logs have for it. `address` and `number`: the phone's, as
    it has agreed on them."""
    record = records.pack_session(replace(SESSION, jid=jid, **session))
    HolderSessionStore(client).create(sid, NewSession(record, 1, 600_000))
    Shards(client).add(int(sid[:2], 16), sid)
    ClientSessions(client).put(jid, sid, sid)
    if address or number:
        client.hset(keys.session(sid), mapping={"addr": address, "num": number})
    return short(sid)


def fields(store, sid, names):
    """Fields of the session's hash; `store` has a client of Redis."""
    return store._client.hmget(keys.session(sid), names)


def whole(store, sid, name):
    """A hash of the session."""
    return store._client.hgetall(keys.of(sid, name)[0])


def values(store, sid, name, members):
    """Some fields of a hash of the session."""
    return store._client.hmget(keys.of(sid, name)[0], members)
