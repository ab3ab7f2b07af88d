"""`onesoup servers`: what holders remember of XMPP servers, for an operator whose server has changed."""

import click

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, fail, json_option, open_store


@click.group()
def servers() -> None:
    """Show or forget what is known of XMPP servers."""


@servers.command("show")
@click.argument("domain")
@json_option
def show_servers(domain: str, lines: bool) -> None:
    """Show the strongest SASL mechanism that has worked at the servers of DOMAIN."""
    from onesoup.store.servers import SaslMechanisms

    domain = domain.lower()
    with open_store() as (_, client):
        mechanism = SaslMechanisms(client).mechanism(domain)
    if not mechanism:
        fail(f"{domain}: nothing is known")
    click.echo(as_json({"domain": domain, "mechanism": mechanism}) if lines else mechanism)


@servers.command("forget")
@click.argument("domain")
def forget_server(domain: str) -> None:
    """Forget the strongest SASL mechanism of DOMAIN.

    Needed when a server that had SCRAM now offers only PLAIN, on purpose: until then log-ins to it are refused. Holders notice
    within an hour, or when they are restarted.
    """
    from onesoup.store.servers import SaslMechanisms

    domain = domain.lower()
    with open_store() as (_, client):
        found = SaslMechanisms(client).forget(domain)
        if found:
            note_action(client, "servers forget", domain)
    if not found:
        fail(f"{domain}: nothing was known")
    click.echo("forgotten")
