"""`onesoup audit`: what operators did with the commands that change something or look at users, and who they are."""

import getpass
import os
import socket
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import redis

from onesoup.commands.common import as_json, json_option, open_store, text_table
from onesoup.runtime.times import iso_time, utc_text
from onesoup.settings import Settings

if TYPE_CHECKING:
    from onesoup.operators.operator import Operator


def operator(settings: Settings, client: redis.Redis) -> "Operator":
    """Who runs this command, for what onesoup.operators does."""
    from onesoup.operators.operator import Operator

    return Operator(client, _operator(), settings.domain, settings.country_code)


def note_action(client: redis.Redis, what: str, whom: str = "", **more: object) -> None:
    """Keeps an action of the operator who runs this command. No passwords and no texts may be among `more`."""
    from onesoup.operators import operator as operators

    operators.note_action(client, _operator(), what, whom, **more)


def note_action_of(settings: Settings, what: str, whom: str = "", **more: object) -> None:
    """The same for a command that has no client, and works without Redis too: then it says that the action is not noted."""
    from onesoup.store.errors import StoreDown
    from onesoup.store.redis.client import connect

    try:
        client = connect(settings.redis_url, max_connections=1)
        note_action(client, what, whom, **more)
        client.close()
    except (StoreDown, redis.RedisError, ValueError):
        click.echo("onesoup: Redis does not answer, so `onesoup audit` will not show this", err=True)


def _operator() -> str:
    """alice(root)@host for an alice who became root by sudo."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        user = str(os.getuid())
    behind = os.environ.get("SUDO_USER", "")
    return f"{f'{behind}({user})' if behind and behind != user else user}@{socket.gethostname()}"


@click.command()
@click.option("--limit", default=50, show_default=True, help="Most actions to list, newest first.")
@json_option
def audit(limit: int, lines: bool) -> None:
    """List what operators did: sessions ended, users followed or recorded, announcements, accounts, keys. Times are UTC."""
    from onesoup.store.audit import AuditLog

    with open_store() as (_, client):
        found = AuditLog(client).last(limit)
    if lines:
        for each in found:
            click.echo(as_json(asdict(each) | {"at": iso_time(each.at)}))
    elif found:
        rows = [(utc_text(each.at), each.by, each.what, each.whom, each.more) for each in found]
        click.echo(text_table(("when (UTC)", "who", "what", "whom", "more"), rows))
    else:
        click.echo("nothing is noted")
