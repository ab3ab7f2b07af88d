"""The command `onesoup announce`: a message of the operator to everybody who is logged in."""

import sys
import time
from collections.abc import Iterator

import click


@click.command()
@click.argument("text")
@click.option("--domain", help="Only users of this domain.")
@click.option("--user", help="Only this user: alice@example.org, or alice in the default domain.")
def announce(text: str, domain: str | None, user: str | None) -> None:
    """Tell TEXT to all users who are logged in: as SystemMessage where the phone knows that, else as a message of the server."""
    from gevent import monkey

    monkey.patch_all()
    from onesoup.csp.errors import CspError
    from onesoup.settings import SettingsError, load
    from onesoup.store.client import connect
    from onesoup.store.errors import StoreDown

    try:
        settings = load()
        wanted = _wanted(domain, user, settings.domain)
    except (SettingsError, CspError) as error:
        _fail(str(error))
    text = text.strip()
    if not text:
        _fail("there is no text")
    client = connect(settings.redis_url)
    try:
        told = sum(_tell_all(client, text, wanted))
    except StoreDown as error:
        _fail(f"Redis does not answer: {error}")
    finally:
        client.close()
    click.echo(f"told {told} session{'' if told == 1 else 's'}")


def _fail(reason: str):  # type: ignore[no-untyped-def]
    click.echo(f"onesoup announce: {reason}", err=True)
    sys.exit(1)


def _wanted(domain: str | None, user: str | None, default: str) -> str:
    """What the JID of a session must be, or end with; "" for everybody."""
    from onesoup.csp import addresses

    if domain and user:
        _fail("--domain or --user, not both")
    if user:
        return addresses.to_jid(user, default)
    return f"@{addresses.normal_domain(domain)}" if domain else ""


def _tell_all(client, text: str, wanted: str) -> Iterator[bool]:  # type: ignore[no-untyped-def]
    """For each session that is meant, whether it was told. Long texts come in parts, as messages do."""
    from onesoup.csp import messages
    from onesoup.handlers import records, system
    from onesoup.handlers.context import ordered_id
    from onesoup.store import keys
    from onesoup.store.announcements import Announcements
    from onesoup.store.leases import Shards
    from onesoup.store.sessions import Sessions

    shards, sessions, store = Shards(client), Sessions(client), Announcements(client)
    for shard in range(keys.SHARDS):
        for sid in shards.sessions(shard):
            record, caps = sessions.read(sid, ("r", "caps"))
            if record is None:
                continue
            session = records.unpack_session(record)
            if not (session.jid.endswith(wanted) if wanted.startswith("@") else session.jid == (wanted or session.jid)):
                continue
            parts = messages.split(text, records.unpack_caps(caps).accepted)
            yield all(system.tell(store, sid, session, ordered_id(time.time()), part) for part in parts)
