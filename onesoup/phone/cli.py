"""`onesoup phone`: a phone in the terminal."""

import sys

import click

from onesoup.csp.status import StatusCode
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, Unreachable
from onesoup.phone.profiles import PROFILES
from onesoup.phone.subcommands import WithSubcommands
from onesoup.phone.terminal.terminal import Terminal
from onesoup.wire.document import Encoding

LOGIN_REFUSALS: dict[int, str] = {
    StatusCode.INVALID_PASSWORD: "wrong user or password",
    StatusCode.FORBIDDEN: "the account is closed",
    StatusCode.SERVICE_UNAVAILABLE: "the server is busy or its XMPP server is away; try again later",
    StatusCode.TIMEOUT: "the XMPP server does not answer; try again later",
    StatusCode.VERSION_NOT_SUPPORTED: "the server does not speak this CSP version; try --csp",
    StatusCode.DOMAIN_NOT_SUPPORTED: "the server does not serve that domain",
    StatusCode.UNKNOWN_USER: "no such user",
    StatusCode.NO_DIGEST_SCHEME: "the server takes none of these ways to log in; try --way plain",
}


@click.command(cls=WithSubcommands)
@click.option("--url", default="http://127.0.0.1:8080/", show_default=True, help="CSP URL of the server.")
@click.option("--user", prompt=True, help="User id: alice, alice@example.org or wv:alice@example.org.")
@click.option("--password", prompt=True, hide_input=True, help="Asked for when missing.")
@click.option("--csp", "version", type=click.Choice(["1.1", "1.2", "1.3"]), default="1.2", show_default=True)
@click.option("--encoding", type=click.Choice(["wbxml", "xml", "pts"]), default="wbxml", show_default=True, help="Of documents.")
@click.option("--wbxml", "encoding", flag_value="wbxml", help="The same as --encoding wbxml.")
@click.option("--xml", "encoding", flag_value="xml", help="The same as --encoding xml.")
@click.option(
    "--way",
    type=click.Choice(["plain", "md5", "sha"]),
    help="How to log in: the password itself, or a digest.  [default: the handset's own]",
)
@click.option("--profile", type=click.Choice(list(PROFILES)), default="generic", show_default=True, help="The handset to play.")
@click.option("--stcp/--no-stcp", default=True, help="Be woken over TCP where the server agrees.  [default: stcp]")
@click.option("--raw", is_flag=True, help="Show each document as XML; passwords are hidden.")
def phone(
    url: str, user: str, password: str, version: str, encoding: str, way: str | None, profile: str, stcp: bool, raw: bool
) -> None:
    """A phone in the terminal: log in, see contacts, talk."""
    try:
        handset = Phone(
            url,
            user,
            password,
            version=version,
            encoding=Encoding(encoding),
            way=way and {"plain": "plain", "md5": "MD5", "sha": "SHA"}[way],
            profile=profile,
            cir=("STCP",) if stcp else (),
        )
        with handset:
            terminal = Terminal(handset, sys.stdin, sys.stdout, raw)
            ended = terminal.run()
    except Refused as error:
        _fail(f"{LOGIN_REFUSALS.get(error.code, error.description or 'refused')} ({error.code})")
    except Unreachable as error:
        _fail(f"{url} cannot be reached: {error}")
    except PhoneError as error:
        _fail(f"{url}: {error}")
    except KeyboardInterrupt:  # before there was a session to end
        sys.exit(130)
    sys.exit(ended)


def _fail(reason: str) -> None:
    click.echo(f"onesoup phone: {reason}", err=True)
    sys.exit(1)
