"""`onesoup block` and `onesoup unblock`: shuts out users, addresses, domains and handsets, and lets them in again."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from onesoup.commands.audit import operator
from onesoup.commands.common import as_json, fail, json_option, open_store, text_table
from onesoup.runtime.times import iso_time, utc_text


@click.group()
def block() -> None:
    """Block a user, an address, a domain or a handset, for a time or until you end it; list the blocks.

    Phones that are shut out cannot log in: they get status 403 and the number of the block. To a blocked address nothing is
    answered but HTTP 403.
    """


def _options(add: Callable[..., None]) -> Callable[..., None]:
    add = click.option("--reason", required=True, help="Why: for the list and the audit log. Phones are not told.")(add)
    return click.option("--for", "span", default="", metavar="SPAN", help="30m, 12h, 2d, 1w. Default: until you end it.")(add)


_keep_option = click.option("--keep-sessions", "keep", is_flag=True, help="Do not end existing sessions.")


@block.command("user")
@click.argument("user")
@_options
@_keep_option
def block_user(user: str, **how: Any) -> None:
    """Block USER: alice@example.org, or alice in the default domain. Ends the user's sessions."""
    _block("user", user, **how)


@block.command("address")
@click.argument("address")
@_options
def block_address(address: str, **how: Any) -> None:
    """Block ADDRESS: 192.0.2.7, 192.0.2.0/24, 2001:db8::/48. Lines to the CIR processes end; requests get HTTP 403.

    Sessions of phones there are not ended: they run out unless the phone comes from another address.
    """
    _block("address", address, **how)


@block.command("domain")
@click.argument("domain")
@_options
@_keep_option
def block_domain(domain: str, **how: Any) -> None:
    """Block the users of DOMAIN. Ends their sessions."""
    _block("domain", domain, **how)


@block.command("handset")
@click.argument("handset")
@_options
@_keep_option
def block_handset(handset: str, **how: Any) -> None:
    """Block HANDSET: a name as `onesoup sessions` shows it, such as s60, or how a User-Agent begins. Ends its sessions.

    Those of a User-Agent end with the next request of each.
    """
    _block("handset", handset, **how)


@block.command("list")
@json_option
def list_blocks(lines: bool) -> None:
    """List the blocks: who is blocked, since when, until when, by whom, why. Times are UTC."""
    from onesoup.operators.blocks import standing_blocks

    with open_store() as (settings, client):
        found = standing_blocks(operator(settings, client))
    if lines:
        for each in found:
            times = {"at": iso_time(each.at), "until": iso_time(each.until) if each.until else None}
            click.echo(as_json({"id": each.id, **asdict(each), **times}))
    elif found:
        rows = [(each.id, each.what, each.name, _clock(each.until), _clock(each.at), each.by, each.reason) for each in found]
        click.echo(text_table(("number", "what", "name", "until (UTC)", "since (UTC)", "by", "reason"), rows))
    else:
        click.echo("nobody is blocked")


@click.command()
@click.argument("who")
def unblock(who: str) -> None:
    """End the block of WHO: a user, an address, a domain, a handset, or the number of a block."""
    from onesoup.operators.blocks import end_block
    from onesoup.operators.operator import OperatorError

    with open_store() as (settings, client):
        try:
            ended = end_block(operator(settings, client), who)
        except OperatorError as error:
            fail(f"{error}; `onesoup block list` shows who is")
    for each in ended:
        click.echo(f"{each.what} {each.name} is not blocked any more")


block.add_command(unblock, "end")


def _block(what: str, name: str, span: str, reason: str, keep: bool = False) -> None:
    from onesoup.operators.blocks import put_block, span_seconds
    from onesoup.operators.operator import OperatorError
    from onesoup.runtime.networks import Nets

    with open_store() as (settings, client):
        try:
            seconds = span_seconds(span) if span else 0
            made = put_block(operator(settings, client), what, name, reason, seconds, keep, Nets(settings.trusted_proxies))
        except OperatorError as error:
            fail(str(error))
    put = made.block
    until = f"until {_clock(put.until)} UTC" if put.until else f"until `onesoup unblock {put.id}`"
    click.echo(f"{put.what} {put.name} is blocked {until}; its number is {put.id}")
    click.echo(made.said_of_sessions)


def _clock(at: int) -> str:
    return utc_text(at, "%Y-%m-%d %H:%M") if at else "-"
