"""The command `onesoup servers`: what holders remember of XMPP servers, for an operator whose server has changed."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from onesoup.store.servers import SaslMechanisms


@click.group()
def servers() -> None:
    """What is remembered of XMPP servers."""


def _known() -> "SaslMechanisms":  # imports inside: the command's help must not pay for Redis
    from onesoup.settings.settings import SettingsError, load
    from onesoup.store.redis.client import connect
    from onesoup.store.servers import SaslMechanisms

    try:
        return SaslMechanisms(connect(load().redis_url))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@servers.command()
@click.argument("domain")
def show(domain: str) -> None:
    """The strongest SASL mechanism that worked at the servers of DOMAIN."""
    from onesoup.store.errors import StoreDown

    try:
        click.echo(_known().mechanism(domain.lower()) or "nothing is known")
    except StoreDown as error:
        raise click.ClickException(f"Redis: {error}") from None


@servers.command()
@click.argument("domain")
def forget(domain: str) -> None:
    """Takes whatever the servers of DOMAIN offer next for their best.

    Needed where a server that had SCRAM has only PLAIN now, on purpose: log-ins are refused until then. Holders notice within
    an hour, or when they are restarted.
    """
    from onesoup.store.errors import StoreDown

    try:
        found = _known().forget(domain.lower())
    except StoreDown as error:
        raise click.ClickException(f"Redis: {error}") from None
    click.echo("forgotten" if found else "nothing was known")
