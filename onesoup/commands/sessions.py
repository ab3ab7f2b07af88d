"""`onesoup sessions` and `onesoup kick`: lists sessions and ends them."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from onesoup.commands.audit import operator
from onesoup.commands.common import as_json, fail, open_store, short_span, text_table

if TYPE_CHECKING:
    from onesoup.operators.living import SessionRow


def session_filter(user: str | None, domain: str | None, default: str) -> str:
    """What the JID of a session must be, or what it must end with; "" for all sessions. Ends the command for what is no name."""
    from onesoup.operators import whom
    from onesoup.operators.operator import OperatorError

    try:
        return whom.session_filter(user, domain, default)
    except OperatorError as error:
        fail(str(error))


@click.command()
@click.option("--user", help="Only this user: alice@example.org, or alice in the default domain.")
@click.option("--domain", help="Only users of this domain.")
@click.option("--limit", default=200, show_default=True, help="Most sessions to list. All are counted.")
@click.option("--json", "lines", is_flag=True, help="Print one JSON object per line, without a limit.")
def sessions(user: str | None, domain: str | None, limit: int, lines: bool) -> None:
    """List sessions: user, phone, and what waits for them."""
    from onesoup.operators.living import living_sessions

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


def _cells(row: "SessionRow") -> tuple[object, ...]:
    wakes = ",".join(row.wakes) + (" (on line)" if row.line else "")
    span = short_span(row.age * 1000), short_span(row.idle * 1000)
    return row.id, row.user, row.handset, row.csp, row.encoding, wakes or "-", *span, row.inbox, row.outbox, row.holder


@click.command()
@click.argument("who")
def kick(who: str) -> None:
    """End the sessions of WHO: a user, or the id of one session as `onesoup sessions` shows it.

    The phone gets status 601 and may log in again. Messages that wait for it are kept for its next log-in.
    """
    from onesoup.operators import kick as deeds
    from onesoup.operators.operator import OperatorError

    with open_store() as (settings, client):
        try:
            kicked = deeds.kick(operator(settings, client), who)
        except OperatorError as error:
            fail(str(error))
    click.echo(kicked.said)
