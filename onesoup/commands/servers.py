"""`onesoup servers`: what holders remember of XMPP servers, for an operator whose server has changed."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from onesoup.store.servers import SaslMechanisms


@click.group()
def servers() -> None:
    """Show or forget what is known of XMPP servers."""


def _known() -> "SaslMechanisms":  # imports inside: the command's help must not pay for Redis
    from onesoup.settings import SettingsError, load_settings
    from onesoup.store.redis.client import connect
    from onesoup.store.servers import SaslMechanisms

    try:
        return SaslMechanisms(connect(load_settings().redis_url))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@servers.command("show")
@click.argument("domain")
def show_servers(domain: str) -> None:
    """Show the strongest SASL mechanism that has worked at the servers of DOMAIN."""
    from onesoup.store.errors import StoreDown

    try:
        click.echo(_known().mechanism(domain.lower()) or "nothing is known")
    except StoreDown as error:
        raise click.ClickException(f"Redis: {error}") from None


@servers.command("forget")
@click.argument("domain")
def forget_server(domain: str) -> None:
    """Forget the strongest SASL mechanism of DOMAIN.

    Needed when a server that had SCRAM now offers only PLAIN, on purpose: until then log-ins to it are refused. Holders notice
    within an hour, or when they are restarted.
    """
    from onesoup.commands.audit import note_action_of
    from onesoup.settings import load_settings
    from onesoup.store.errors import StoreDown

    try:
        found = _known().forget(domain.lower())
        note_action_of(load_settings(), "servers forget", domain.lower())
    except StoreDown as error:
        raise click.ClickException(f"Redis: {error}") from None
    click.echo("forgotten" if found else "nothing was known")
