"""`onesoup sessions` and `onesoup kick`: lists sessions and ends them."""

import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from onesoup.commands.audit import operator
from onesoup.commands.common import as_json, fail, json_option, open_store, short_span, text_table

if TYPE_CHECKING:
    from onesoup.operators.living import SessionRow
    from onesoup.operators.operator import Operator

# Of what a phone says of itself, in the table. --json has it all.
MOST_PHONE_LETTERS = 40


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
@click.option(
    "--find", "words", help="Only matching sessions: a part of a name, a phone number, a phone's address, or a session's id."
)
@click.option(
    "--limit", default=200, show_default=True, help="Most sessions to list; --json lists all. The count is of all sessions."
)
@json_option
def sessions(user: str | None, domain: str | None, words: str | None, limit: int, lines: bool) -> None:
    """List sessions: user, phone, and what waits for them.

    \b
    onesoup sessions --user alice@example.org
    onesoup sessions --json | jq -r 'select(.outbox > 0).user'
    """
    with open_store() as (settings, client):
        found = _meant(operator(settings, client), user, domain, words)
        if lines:
            for row in found:
                click.echo(as_json(asdict(row)))
            return
        rows = sorted(found, key=lambda row: (row.user, row.idle))
    heads = ("id", "user", "handset", "csp", "enc", "wakes by", "since", "seen", "inbox", "outbox", "holder")
    if rows:
        click.echo(text_table(heads, [_cells(row) for row in rows[:limit]]))
    click.echo(f"{len(rows)} session{'' if len(rows) == 1 else 's'}" + (f", {limit} shown" if len(rows) > limit else ""))


def _meant(who: "Operator", user: str | None, domain: str | None, words: str | None) -> Iterator["SessionRow"]:
    from onesoup.operators.living import living_sessions
    from onesoup.operators.operator import OperatorError
    from onesoup.operators.search import search_sessions

    if words is None:
        return (row for _, row in living_sessions(who.client, session_filter(user, domain, who.domain)))
    if user or domain:
        fail("--find, --user or --domain")
    try:
        return iter(search_sessions(who, words, sys.maxsize, seconds=math.inf).rows)
    except OperatorError as error:
        fail(str(error))


def _cells(row: "SessionRow") -> tuple[object, ...]:
    wakes = ",".join(row.wakes) + (" (on line)" if row.line else "")
    span = short_span(row.age * 1000), short_span(row.idle * 1000)
    phone = row.phone[:MOST_PHONE_LETTERS]
    return row.id, row.user, phone, row.csp, row.encoding, wakes or "-", *span, row.inbox, row.outbox, row.holder


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
