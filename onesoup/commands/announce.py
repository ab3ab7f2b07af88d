"""`onesoup announce`: sends a message of the operator to all logged-in users."""

import time
from collections.abc import Iterator

import click

from onesoup.commands.audit import note_action
from onesoup.commands.common import fail, open_store
from onesoup.commands.sessions import session_filter


@click.command()
@click.argument("text")
@click.option("--domain", help="Only users of this domain.")
@click.option("--user", help="Only this user: alice@example.org, or alice in the default domain.")
def announce(text: str, domain: str | None, user: str | None) -> None:
    """Send TEXT to all logged-in users.

    A phone that knows SystemMessage gets one, any other a message from the server.
    """
    text = text.strip()
    if not text:
        fail("there is no text")
    with open_store() as (settings, client):
        whom = session_filter(user, domain, settings.domain)
        told = sum(_tell_all(client, text, whom))
        note_action(client, "announce", whom, letters=len(text), told=told)
    if not told:
        fail("nobody was told: nobody of these is logged in")
    click.echo(f"told {told} session{'' if told == 1 else 's'}")


def _tell_all(client, text: str, who: str) -> Iterator[bool]:  # type: ignore[no-untyped-def]
    """For each matching session, whether it got the announcement. Long texts are sent in parts, as messages are."""
    from onesoup.csp import fitting, messages
    from onesoup.handlers import system
    from onesoup.runtime.ids import ordered_id
    from onesoup.store import keys
    from onesoup.store.announcements import Announcements
    from onesoup.store.session.gateway_side import GatewaySessionStore
    from onesoup.store.session.shards import Shards

    shards, sessions, store = Shards(client), GatewaySessionStore(client), Announcements(client)
    for shard in range(keys.SHARDS):
        for sid in shards.sessions(shard):
            found = sessions.records.described(sid)
            if found is None:
                continue
            session = found.session
            if not (session.jid.endswith(who) if who.startswith("@") else session.jid == (who or session.jid)):
                continue
            whole = messages.Text("0" * 18, session.domain, text, int(time.time()))
            parts = fitting.text_parts(whole, session, found.capabilities)
            yield all(system.queue_announcement(store, sid, session, ordered_id(time.time()), part) for part in parts)
