"""`onesoup sessions` and `onesoup kick`: lists sessions and ends them.

A session is named by the first digits of its id's hash, as in the logs: who has the id itself can act as the phone."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

import click
import redis

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, fail, json_option, open_store, redis_now_ms, short_span, text_table

SHARDS_IN_BATCH = 16  # shards in one round trip
_SESSION_ID = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session as an operator sees it. Times in seconds."""

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


def session_filter(user: str | None, domain: str | None, default: str) -> str:
    """What the JID of a session must be, or what it must end with; "" for all sessions."""
    from onesoup.csp.errors import CspError
    from onesoup.csp.text import addresses

    if domain and user:
        fail("--domain or --user, not both")
    try:
        if user:
            return addresses.to_jid(user, default)
        return f"@{addresses.normal_domain(domain)}" if domain else ""
    except CspError as error:
        fail(str(error))


def named_target(client: redis.Redis, who: str, default: str) -> tuple[str, str]:
    """(id of a living session, "") or ("", JID): what an operator means by WHO. A user may be called as a session id looks: then
    what is there decides, and what may be both is refused."""
    if not _SESSION_ID.fullmatch(who):
        return "", session_filter(who, None, default)
    jid = session_filter(who, None, default)
    rows = [row for _, row in living_sessions(client)]
    named = any(row.id == who for row in rows)
    if named and any(row.user == jid for row in rows):
        fail(f"{who} is a session, and {jid} is logged in too: which of them? Write {jid} for the user")
    return (who, "") if named else ("", jid)


def living_sessions(client: redis.Redis, who: str = "") -> Iterator[tuple[str, SessionRow]]:
    """(SessionID, row) of each living session whose user matches."""
    from onesoup.observability.logs import short
    from onesoup.store import keys
    from onesoup.store.session.gateway_side import GatewaySessionStore
    from onesoup.store.session.shards import Shards

    shards, sessions, now = Shards(client), GatewaySessionStore(client), redis_now_ms(client)
    for start in range(0, keys.SHARDS, SHARDS_IN_BATCH):
        numbers = range(start, start + SHARDS_IN_BATCH)
        holders = shards.holders(numbers)
        found = [(number, sid) for number, sids in zip(numbers, shards.sessions_of(numbers), strict=True) for sid in sids]
        for (number, sid), seen in zip(found, sessions.overview([sid for _, sid in found]), strict=True):
            if seen is None:
                continue
            session = seen.session
            if not (session.jid.endswith(who) if who.startswith("@") else session.jid == (who or session.jid)):
                continue
            yield (
                sid,
                SessionRow(
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
                    shard=number,
                    holder=holders[number - start][:8] or "none",
                ),
            )


@click.command()
@click.option("--user", help="Only this user: alice@example.org, or alice in the default domain.")
@click.option("--domain", help="Only users of this domain.")
@click.option("--limit", default=200, show_default=True, help="Most sessions to list; --json lists all. All are counted.")
@json_option
def sessions(user: str | None, domain: str | None, limit: int, lines: bool) -> None:
    """List sessions: user, phone, and what waits for them.

    \b
    onesoup sessions --user alice@example.org
    onesoup sessions --json | jq -r 'select(.outbox > 0).user'
    """
    with open_store() as (settings, client):
        who = session_filter(user, domain, settings.domain)
        if lines:
            for _, row in living_sessions(client, who):
                click.echo(as_json(asdict(row)))
            return
        rows = sorted((row for _, row in living_sessions(client, who)), key=lambda row: (row.user, row.idle))
    heads = ("id", "user", "handset", "csp", "enc", "wakes by", "since", "seen", "inbox", "outbox", "holder")
    if rows:
        click.echo(text_table(heads, [_cells(row) for row in rows[:limit]]))
    click.echo(f"{len(rows)} session{'' if len(rows) == 1 else 's'}" + (f", {limit} shown" if len(rows) > limit else ""))


def _cells(row: SessionRow) -> tuple[object, ...]:
    wakes = ",".join(row.wakes) + (" (on line)" if row.line else "")
    span = short_span(row.age * 1000), short_span(row.idle * 1000)
    return row.id, row.user, row.handset, row.csp, row.encoding, wakes or "-", *span, row.inbox, row.outbox, row.holder


@click.command()
@click.argument("who")
def kick(who: str) -> None:
    """End the sessions of WHO: a user, or the id of one session as `onesoup sessions` shows it.

    The phone gets status 601 and may log in again. Messages that wait for it are kept for its next log-in.
    """
    from onesoup.handlers.login.access import end_session
    from onesoup.store.errors import NoSession
    from onesoup.store.session.gateway_side import GatewaySessionStore

    with open_store() as (settings, client):
        one, jid = named_target(client, who, settings.domain)
        store, ended = GatewaySessionStore(client), []
        for sid, row in list(living_sessions(client, jid)):
            if one and row.id != one:
                continue
            with suppress(NoSession):
                end_session(store, sid)
                ended.append(row)
        if ended:
            note_action(client, "kick", ended[0].user, sessions=[row.id for row in ended])
    if not ended:
        fail(f"{jid} is not logged in" + (f", and there is no session {who}" if _SESSION_ID.fullmatch(who) else ""))
    click.echo(f"ended {len(ended)} session{'' if len(ended) == 1 else 's'} of {ended[0].user}")
