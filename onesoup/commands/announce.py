"""`onesoup announce`: sends a message of the operator to all logged-in users."""

import click

from onesoup.commands.audit import operator
from onesoup.commands.common import fail, open_store


@click.command()
@click.argument("text")
@click.option("--domain", help="Only users of this domain.")
@click.option("--user", help="Only this user: alice@example.org, or alice in the default domain.")
def announce(text: str, domain: str | None, user: str | None) -> None:
    """Send TEXT to all logged-in users.

    A phone that knows SystemMessage gets one. Any other phone gets a message from the server.
    """
    from onesoup.operators import announce as deeds
    from onesoup.operators.operator import OperatorError

    with open_store() as (settings, client):
        try:
            told = deeds.announce(operator(settings, client), text, user, domain)
        except OperatorError as error:
            fail(str(error))
    if not told:
        fail("nobody was told: nobody of these is logged in")
    click.echo(f"told {told} session{'' if told == 1 else 's'}")
