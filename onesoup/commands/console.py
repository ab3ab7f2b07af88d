"""`onesoup console`: where the operators' console is, and the token with which one logs in."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import redis

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, fail, open_store
from onesoup.operators.processes import is_here, running_processes
from onesoup.settings import Settings

if TYPE_CHECKING:
    from onesoup.store.console_access import ConsoleAccess, ConsoleRole

LOOPBACKS = ("127.0.0.1", "::1", "0.0.0.0", "::")
NO_GATEWAY = "No gateway runs that serves it: start `onesoup web`."


@click.command()
@click.option("--read-only", is_flag=True, help="Show the read-only token: a log-in with it can look, and change nothing.")
@click.option("--new-token", is_flag=True, help="Make a new token. Log-ins with the old token end.")
@click.option("--end", is_flag=True, help="Log out all browsers.")
@click.option("--json", "lines", is_flag=True, help="Print one JSON object.")
def console(read_only: bool, new_token: bool, end: bool, lines: bool) -> None:
    """Show where the console is, and the token for logging in.

    The console is a web page on the admin port of each gateway. That port is reached on its own host only, unless settings say
    otherwise; from elsewhere through ssh.
    """
    from onesoup.store.console_access import ConsoleAccess, ConsoleRole

    role = ConsoleRole.READER if read_only else ConsoleRole.OPERATOR
    with open_store() as (settings, client):
        access = ConsoleAccess(client)
        if end:
            _end(client, access, lines)
            return
        token = _token(settings, client, access, role, new_token)
        access.forget_tries()  # who was shut out after wrong tokens has looked it up
        places = list(_places(settings, client))
    if lines:
        click.echo(as_json({"urls": [each.url for each in places], "role": role.value, "token": token}))
        return
    for each in places:
        click.echo(f"{each.url}{f'   after: {each.tunnel}' if each.tunnel else ''}")
    click.echo(f"token: {token}" if places else f"token: {token}\n{NO_GATEWAY}")


def _end(client: redis.Redis, access: "ConsoleAccess", lines: bool) -> None:
    count = access.end_all()
    note_action(client, "console end", sessions=count)
    click.echo(as_json({"ended": count}) if lines else f"ended {count} session{'' if count == 1 else 's'}")


def _token(settings: Settings, client: redis.Redis, access: "ConsoleAccess", role: "ConsoleRole", new: bool) -> str:
    """The role's token, which is made where there is none. Without the key ring a new one can be made, and the present one not
    shown."""
    from onesoup.store.account.keyring import KeyRing, KeyRingError

    ring, why = None, "keys_file is not set"
    try:
        ring = KeyRing.load(settings.keys_file) if settings.keys_file else None
    except KeyRingError as error:
        why = str(error)
    if not new and ring is not None:
        try:
            return access.ensure_token(ring, role, time.time()) or access.shown_token(ring, role)
        except KeyRingError as error:
            why = str(error)
    if not new and access.token(role) is not None:
        fail(f"the token cannot be shown here: {why}. With the key file of the gateway it can; --new-token makes another one")
    token = access.new_token(ring, role, time.time())
    note_action(client, "console new-token", role.value)
    return token


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a browser finds the console, and the command that leads there from another host."""

    url: str
    tunnel: str = ""


def _places(settings: Settings, client: redis.Redis) -> Iterator[_Place]:
    """Those of all gateways, those of this host first."""
    for name in settings.console_hosts:
        yield _Place(f"https://{name}/console")
    gateways = {}
    for each in running_processes(client):
        if each.record.role == "web" and len(each.record.admin) == 2:
            gateways[each.record.host, each.record.unit] = each.record
    for record in sorted(gateways.values(), key=lambda each: (not is_here(each), each.name)):
        host, port = record.admin
        tunnel = "" if is_here(record) else f"ssh -L {port}:{host if host in LOOPBACKS[:2] else '127.0.0.1'}:{port} {record.host}"
        yield _Place(f"http://localhost:{port}/console", tunnel)
