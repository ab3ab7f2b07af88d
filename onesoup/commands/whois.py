"""`onesoup whois`: whose digest stands in the log (`ONESOUP_LOG_USERS=digest`), and which one a user has."""

from collections.abc import Iterator

import click
import redis

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, fail, open_store
from onesoup.commands.sessions import session_filter
from onesoup.operators.living import living_sessions
from onesoup.settings import Settings
from onesoup.store.account.keyring import KeyRing, KeyRingError


@click.command()
@click.argument("who")
@click.option("--json", "as_object", is_flag=True, help="Print one JSON object per line.")
def whois(who: str, as_object: bool) -> None:
    """Find the user behind WHO, a digest from the log such as u-3f9c0a1b2c3d. If WHO is a user, show the digest.

    A user is found by a session, or by an account that has logged in with a stored password. Exit status 1: nobody is found.
    """
    from onesoup.observability.user_digest import USER_DIGEST, user_digest

    with open_store() as (settings, client):
        ring = _ring(settings)
        if USER_DIGEST.fullmatch(who):
            found = {user: who for user in sorted(set(_known_users(client, ring))) if user_digest(ring, user) == who}
            if not found:
                fail(f"no account and no session has the digest {who}")
            note_action(client, "whois", ",".join(found))
        else:
            user = session_filter(who, None, settings.domain)
            found = {user: user_digest(ring, user)}
    for user, digest in found.items():
        click.echo(as_json({"user": user, "digest": digest}) if as_object else f"{digest} {user}")


def _ring(settings: Settings) -> KeyRing:
    if not settings.keys_file:
        fail("keys_file is not set: the digests of users come from its keys")
    try:
        return KeyRing.load(settings.keys_file)
    except KeyRingError as error:
        fail(f"keys_file: {error}; the digests of users come from its keys")


def _known_users(client: redis.Redis, ring: KeyRing) -> Iterator[str]:
    """Log-ins with a link, the accounts that they are linked to, and the users of living sessions."""
    from onesoup.store.account.accounts import Accounts

    accounts = Accounts(client, ring)
    for login in accounts.logins():
        yield login
        try:
            link = accounts.find(login)
        except KeyRingError:  # it lacks that key; the log-in itself is known all the same
            continue
        if link is not None:
            yield link.jid
    yield from (row.user for _, row in living_sessions(client))
