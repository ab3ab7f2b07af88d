"""Living sessions as operators see them: all, those of a user, those of a domain. They are read piece by piece."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import redis

from onesoup.csp import access, handsets
from onesoup.csp.session import Session
from onesoup.csp.text import numbers
from onesoup.observability.logs import short
from onesoup.operators.processes import HOLDER_LETTERS
from onesoup.store import keys
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.redis.topology import servers
from onesoup.store.session.gateway_side import GatewaySessionStore, SessionOverview
from onesoup.store.session.shards import Shards

SHARDS_IN_BATCH = 16  # shards in one round trip
# Sessions that are read in one round trip: others in the process have their turn in between.
SESSIONS_IN_BATCH = 250
_UNKNOWN = handsets.Handset().name
MAX_SHOWN_CLIENT_ID = 40


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session. Times in seconds. `handset`: the family in the quirk table; `phone`: the same, or what a phone of no known
    family says of itself; `wakes`: bearers that were agreed on; `line`: it has an STCP line now; `via`: how its phone
    was last told to come, "" after a poll; `number`: the last digits of the phone's number, "" where none is known; `address`:
    the phone's, "" where it need not be known."""

    id: str
    user: str
    handset: str
    csp: str
    encoding: str
    wakes: tuple[str, ...]
    line: bool
    age: int
    idle: int
    inbox: int
    outbox: int
    shard: int
    holder: str
    via: str = ""
    address: str = ""
    number: str = ""
    phone: str = ""


def redis_now_ms(client: redis.Redis) -> int:
    """The time of Redis in ms, by which sessions expire."""
    seconds, micros = servers(client)[0].time()
    return int(seconds) * 1000 + int(micros) // 1000


def living_sessions(client: redis.Redis, who: str = "") -> Iterator[tuple[str, SessionRow]]:
    """(SessionID, row) of each living session of a bare JID, of "@domain", or of everybody."""
    for sids in sid_batches(client, who):
        for sid, row in rows_of(client, sids):
            if is_meant(row.user, who):
                yield sid, row


def all_sids(client: redis.Redis, who: str = "") -> Iterator[str]:
    """Every SessionID that may be of a living session of whom `who` means; others may be among them."""
    for sids in sid_batches(client, who):
        yield from sids


def user_sids(client: redis.Redis, jid: str) -> list[str]:
    """The SessionIDs of a user's living sessions."""
    sids = list(ClientSessions(client).all(jid).values())
    found = GatewaySessionStore(client).overview(sids)
    return [sid for sid, seen in zip(sids, found, strict=True) if seen is not None]


def session_named(client: redis.Redis, name: str) -> str:
    """The SessionID of a living session that logs call so, "" for none."""
    store = GatewaySessionStore(client)
    return next((sid for sid in all_sids(client) if short(sid) == name and store.lives(sid)), "")


def rows_of(client: redis.Redis, sids: Sequence[str]) -> Iterator[tuple[str, SessionRow]]:
    """(SessionID, row) of those that live."""
    now, shards = redis_now_ms(client), sorted({shard_of_session(sid) for sid in sids})
    holders = dict(zip(shards, Shards(client).holders(shards), strict=True))
    for sid, seen in zip(sids, GatewaySessionStore(client).overview(sids), strict=True):
        if seen is not None:
            shard = shard_of_session(sid)
            yield sid, _row(sid, seen, now, shard, holders[shard])


def shard_of_session(sid: str) -> int:
    """A SessionID begins with its shard."""
    return int(sid[:2], 16)


def is_meant(jid: str, who: str) -> bool:
    return jid.endswith(who) if who.startswith("@") else jid == (who or jid)


def sid_batches(client: redis.Redis, who: str = "") -> Iterator[list[str]]:
    """As `all_sids`, some at a time."""
    if who and not who.startswith("@"):
        yield user_sids(client, who)
        return
    shards = Shards(client)
    for start in range(0, keys.SHARDS, SHARDS_IN_BATCH):
        found = [sid for sids in shards.sessions_of(range(start, start + SHARDS_IN_BATCH)) for sid in sids]
        yield from (found[n : n + SESSIONS_IN_BATCH] for n in range(0, len(found), SESSIONS_IN_BATCH))


def _row(sid: str, seen: SessionOverview, now: int, shard: int, holder: str) -> SessionRow:
    session = seen.session
    return SessionRow(
        id=short(sid),
        user=session.jid,
        handset=session.handset,
        csp=session.version,
        encoding=session.encoding or "?",
        wakes=seen.capabilities.methods,
        line=seen.has_line,
        age=max(int(time.time()) - session.began, 0) if session.began else 0,
        idle=max(now - seen.last_heard_ms, 0) // 1000,
        inbox=seen.inbox,
        outbox=seen.outbox,
        shard=shard,
        holder=holder[:HOLDER_LETTERS] or "none",
        via=seen.via,
        address=seen.address,
        number=numbers.hidden_number(seen.number),
        phone=phone_name(session),
    )


def phone_name(session: Session) -> str:
    """What an operator calls a phone: its family, else how its User-Agent begins, as in the log; where it gave none,
    "unknown", with its ClientID if that shows nothing private."""
    if session.handset != _UNKNOWN or session.agent:
        return session.agent or session.handset
    told = session.client_id
    if not told or session.client_kind != "URL" or access.is_private(told):
        return session.handset
    return f"{session.handset} ({told[:MAX_SHOWN_CLIENT_ID]})"
