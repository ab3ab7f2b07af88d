"""`onesoup guard show | clear`: who has to wait after wrong passwords, and letting them in again."""

import ipaddress
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click
import redis

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, fail, json_option, open_store, text_table
from onesoup.commands.sessions import session_filter
from onesoup.settings import Settings

if TYPE_CHECKING:
    from onesoup.store.account.guard_state import GuardCount, GuardState


@click.group()
def guard() -> None:
    """Show or end the waits that wrong passwords have caused (docs/accounts.md, "Guessing")."""


@guard.command("show")
@click.argument("who", required=False)
@json_option
def show_guard(who: str | None, lines: bool) -> None:
    """Show failed log-ins that count now: those of WHO (an XMPP domain, a user or a client address), or all.

    Redis has only digests of addresses, so other addresses than WHO are shown as digests.
    """
    with open_store() as (settings, client):
        state = _state(settings, client)
        rows = _of(state, settings, who) if who else list(_all(state, settings))
    if lines:
        for each in rows:
            click.echo(as_json(asdict(each) | {"closed": each.closed}))
    elif rows:
        click.echo(text_table(("what", "name", "failures", "limit", "state"), [_cells(each) for each in rows]))
    else:
        click.echo("nobody has failed")


@guard.command("clear")
@click.argument("who")
def clear_guard(who: str) -> None:
    """Forget the failed log-ins of WHO: an XMPP domain, a client address, or a user, such as alice@example.org.

    A wrong password is still remembered as wrong for ten minutes.

    \b
    onesoup guard clear example.org
    onesoup guard clear 192.0.2.7
    """
    with open_store() as (settings, client):
        state = _state(settings, client)
        if _is_address(who):
            name, cleared = who, state.clear_address(_digest(settings, who))
        elif _is_domain(settings, who):
            name = who.lower()
            cleared = state.clear_domain(name)
        else:
            name = session_filter(who, None, settings.domain)
            cleared = state.clear_account(name)
        if cleared:
            note_action(client, "guard clear", name)
    if not cleared:
        fail(f"{name}: nothing was counted")
    click.echo(f"{name}: its failures are forgotten")


def _state(settings: Settings, client: redis.Redis) -> "GuardState":
    from onesoup.handlers.login.throttle import login_policy
    from onesoup.store.account.guard_state import GuardState

    return GuardState(client, login_policy(settings))


def _of(state: "GuardState", settings: Settings, who: str) -> list["GuardCount"]:
    if _is_address(who):
        digest = _digest(settings, who)
        at_domains = (each for name in state.domains() for each in state.addresses_at(name))
        found = [state.address(digest), *(each for each in at_domains if each.name.startswith(digest))]
        return [replace(each, name=each.name.replace(digest, who, 1)) for each in found]
    if _is_domain(settings, who):
        return [state.domain(who.lower()), *state.addresses_at(who.lower())]
    return [state.account(session_filter(who, None, settings.domain))]


def _all(state: "GuardState", settings: Settings) -> Iterable["GuardCount"]:
    listed = filter(settings.allowed_domains.listed, settings.allowed_domains)
    for name in sorted({*listed, *state.domains()}):
        yield state.domain(name)
        yield from state.addresses_at(name)
    yield from state.addresses()
    yield from state.accounts()


def _is_domain(settings: Settings, text: str) -> bool:
    """Whether WHO is a domain and no user: alice is a user of the default domain, whatever else is without a dot."""
    return settings.allowed_domains.listed(text.lower()) or ("." in text and "@" not in text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _digest(settings: Settings, address: str) -> str:
    from onesoup.handlers.login.throttle import address_digest
    from onesoup.store.account.keyring import KeyRing, KeyRingError

    try:
        return address_digest(KeyRing.load(settings.keys_file), address)
    except KeyRingError as error:
        fail(f"keys_file: {error}; addresses are known by digests that need it")


def _cells(each: "GuardCount") -> tuple[object, ...]:
    from onesoup.handlers.login.throttle import minutes

    return each.kind, each.name, each.failures, each.limit or "-", f"closed for {minutes(each.wait)}" if each.closed else "open"
