"""`onesoup phone`: a phone in the terminal."""

import sys
from typing import Any, NoReturn, TextIO

import click

from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, Unreachable
from onesoup.phone.profiles import PROFILES, HandsetProfile
from onesoup.phone.subcommands import WithSubcommands
from onesoup.phone.terminal.refusals import login_refusal
from onesoup.phone.terminal.terminal import Terminal
from onesoup.wire.document import Encoding

WAYS = {"plain": "plain", "md5": "MD5", "sha": "SHA"}


def profile_rows() -> list[tuple[str, str]]:
    """(name, what it plays and what that rests on) of each handset."""
    return [(profile.name, _about(profile)) for profile in PROFILES.values()]


def _about(profile: HandsetProfile) -> str:
    grade = "assumed" if profile.assumed else "tested"
    speaks = f"CSP {profile.version}, {profile.encoding.upper()}"
    return f"{profile.title}: {speaks}; {grade} ({profile.rests_on})"


class PhoneCommand(WithSubcommands):
    """Lists the handsets below its options."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Profiles"):
            formatter.write_dl(profile_rows())
        super().format_epilog(ctx, formatter)


def _show_profiles(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        formatter = ctx.make_formatter()
        formatter.write_dl(profile_rows())
        formatter.write("\ntested: follows such phones, their code or what they sent.\n")
        formatter.write("assumed: nobody has shown us what such a phone sends; a capture is welcome.\n")
        click.echo(formatter.getvalue(), nl=False)
        ctx.exit()


@click.command(cls=PhoneCommand)
@click.option("--url", default="http://127.0.0.1:8080/", show_default=True, help="The server, as a phone has it.")
@click.option("--user", help="User id: alice, alice@example.org or wv:alice@example.org. If missing, you are asked.")
@click.option("--password", help="If missing, you are asked and it is not shown. Piped input: its first line.")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    metavar="NAME",
    default="generic",
    show_default=True,
    help="The handset to play.",
)
@click.option(
    "--profiles", is_flag=True, is_eager=True, expose_value=False, callback=_show_profiles, help="Show the handsets, and exit."
)
@click.option("--csp", "version", type=click.Choice(["1.1", "1.2", "1.3"]), help="Another version.  [default: the handset's own]")
@click.option(
    "--encoding", type=click.Choice(["wbxml", "xml", "pts"]), help="Another form of documents.  [default: the handset's own]"
)
@click.option("--wbxml", "encoding", flag_value="wbxml", help="The same as --encoding wbxml.")
@click.option("--xml", "encoding", flag_value="xml", help="The same as --encoding xml.")
@click.option(
    "--way", type=click.Choice(list(WAYS)), help="Log in with the password itself, or a digest.  [default: the handset's own]"
)
@click.option("--stcp/--no-stcp", default=True, help="Use a wake-up line over TCP, if handset and server can.  [default: stcp]")
@click.option("--raw", is_flag=True, help="Show each document as XML; passwords are hidden.")
def phone(
    url: str,
    user: str | None,
    password: str | None,
    profile: str,
    version: str | None,
    encoding: str | None,
    way: str | None,
    stcp: bool,
    raw: bool,
) -> None:
    """Use a phone in the terminal: log in, see friends, talk."""
    for stream in (sys.stdin, sys.stdout):
        _forgive(stream)
    user, password = user or _asked("User"), password or _asked("Password", hidden=True)
    url = url if "://" in url else f"http://{url}"
    handset = PROFILES[profile]
    # The terminal can be woken over TCP only. A handset with nothing but other ways polls.
    cir = ("STCP",) if stcp and (not handset.cir or "STCP" in handset.cir) else ()
    options: dict[str, Any] = {"version": version, "encoding": encoding and Encoding(encoding), "way": way and WAYS[way]}
    try:
        opened = Phone(url, user, password, profile=handset, cir=cir, **options)
    except PhoneError as error:
        _fail(str(error))
    try:
        with opened:
            ended = Terminal(opened, sys.stdin, sys.stdout, raw).run()
    except Refused as error:
        _fail(login_refusal(error, digest=bool(opened.way)))
    except Unreachable as error:
        _fail(f"{url} cannot be reached: {error}")
    except PhoneError as error:
        _fail(f"{url} does not answer as an IMPS server does: {error}")
    except KeyboardInterrupt:  # before there was a session, or once more while it was ended
        sys.exit(130)
    sys.exit(ended)


def _asked(what: str, hidden: bool = False) -> str:
    """What the user types, or the next line of piped input."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=hidden))
    return sys.stdin.readline().rstrip("\r\n") or _fail(f"no {what.lower()} given")


def _forgive(stream: TextIO) -> None:
    """What cannot be read or shown in the user's locale becomes a question mark, not an error."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")


def _fail(reason: str) -> NoReturn:
    click.echo(f"onesoup phone: {reason}", err=True)
    sys.exit(1)
