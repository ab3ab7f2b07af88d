"""The end of a session in Redis: undelivered messages, both ways, go to the account, and the session's records are removed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from prometheus_client import Counter

from onesoup.csp import copies
from onesoup.csp.history_events import EndReason, UndeliveredReason
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.observability import history_notes
from onesoup.store import records
from onesoup.store.redis.commands import send_together
from onesoup.store.session.session_values import NewSession
from workers.holder.session.outbox import WHOLE_OUTBOX
from workers.holder.session.rooms.joining import keep_joins
from workers.holder.session.services import HolderServices
from workers.holder.session.undelivered import undelivered_messages

# What a code says of the end where nobody has said more.
_REASONS: dict[int, EndReason] = {
    StatusCode.SESSION_EXPIRED: EndReason.EXPIRED,
    StatusCode.INVALID_SESSION: EndReason.LOGOUT,
}

EXPIRED_TOTAL = Counter("onesoup_expired_total", "Sessions, log-ins and reports that expired", ["kind"])


def close_session(
    services: HolderServices, sid: str, session: Session, shard: int, fence: int, code: int, reason: EndReason | None = None
) -> None:
    """Ends a session with this code. StoreDown, Fenced. `reason`: for the history, where the code does not say it.

    The mark of the end comes first: from then on no worker accepts anything that would be lost with the session."""
    store, jid = services.feed, session.jid
    told, items, commands, clients, kept = send_together(
        services.client,
        store.end_command(sid, fence, code),
        store.items.undelivered_command(sid),
        store.outbox.lrange_command(sid, WHOLE_OUTBOX),
        services.clients.all_command(jid),
        services.offline.waits_command(jid),
    )
    if code == StatusCode.SESSION_EXPIRED:
        EXPIRED_TOTAL.labels("session").inc()
    if code != StatusCode.INVALID_SESSION:
        keep_joins(services.feed, services.groups, sid)
    others = [other for other in clients.values() if other != sid]
    left = {id_: records.lasting(stored) for id_, stored in items.items()}
    left = unread_items(services, jid, left, [sid, *others])
    unsent = undelivered_messages(commands)
    services.offline.keep(jid, left | unsent)
    if others or kept or left or unsent:
        services.had.keep(jid, store.delivered_copies([sid]))
    services.quotas.leave(session.domain, sid)
    send_together(
        services.client,
        store.delete_command(sid),
        services.clients.drop_command(jid, session.resource, sid),
        services.shards.remove_command(shard, sid),
    )
    history_notes.note_end(jid, sid, reason or _REASONS.get(told or code, EndReason.ENDED), session.handset, len(left))
    if unsent:
        history_notes.note_undelivered(jid, UndeliveredReason.NOT_SENT, "the session ended before", len(unsent))


def copy_session(services: HolderServices, old: str, jid: str, fence: int, sid: str, record: NewSession) -> None:
    """Session `old` of the account ends, and `sid` begins with its caches and with what waits in it, both ways."""
    store = services.feed
    record = replace(record, salted=store.records.salted_password(old))
    # Nothing is accepted for the old session any more when it is copied.
    store.end(old, fence, StatusCode.FORCED_LOGOUT)
    left = unread_items(services, jid, store.items.undelivered(old), services.clients.all(jid).values())
    store.create(sid, record, records.in_order(left).items())
    store.copy(old, sid)


def unread_items(services: HolderServices, jid: str, items: Mapping[str, bytes], sids: Iterable[str]) -> dict[str, bytes]:
    """Of items in their stored form, those that no phone of the account has read, in these sessions or in one that is over.
    Each is there once."""
    names = {id_: records.copy_of(stored) for id_, stored in items.items()}
    if not any(names.values()):
        return dict(items)
    old = copies.copies_of_items(names, [*services.feed.delivered_copies(sids), *services.had.all(jid)])
    return {id_: stored for id_, stored in items.items() if id_ not in old}
