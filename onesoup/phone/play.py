"""`onesoup phone play`: a written conversation against a server, step by step, with a readable difference where it fails."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from onesoup.captures import columns
from onesoup.demo.process import ProcessError
from onesoup.demo.stack import Stack
from onesoup.phone.conversation import friend_clients, hosting, report, script
from onesoup.phone.conversation.backend import XmppBackend
from onesoup.phone.conversation.friend_clients import BackendFailed
from onesoup.phone.conversation.outcome import StepOutcome
from onesoup.phone.conversation.phones import PhoneFriends
from onesoup.phone.conversation.player import Player
from onesoup.phone.conversation.script import ConversationScript, ScriptError, ScriptPerson
from onesoup.phone.errors import PhoneError
from onesoup.wire.document import Encoding


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--url", help="CSP URL of the server.")
@click.option("--stack", "own_stack", is_flag=True, help="Start a server of its own, with the accounts and rosters of the file.")
@click.option("--encoding", type=click.Choice(["xml", "wbxml", "pts"]), help="[default: the file's]")
@click.option("--csp", "version", help="Another CSP version, where the file allows it.")
@click.option("--alternative", help="Play this alternative of the file.")
@click.option("--domain", help="The server's domain, instead of the file's.")
@click.option("--user", "users", multiple=True, metavar="NAME=USER", help="An account of the server for a name in the file.")
@click.option(
    "--password",
    "passwords",
    multiple=True,
    metavar="[NAME=]PASSWORD",
    help="Passwords of the accounts, if they differ from the file's. {} stands for the user.",
)
@click.option(
    "--xmpp", "xmpp_address", metavar="HOST:PORT", help="The XMPP server, for friends.  [default: host of the URL:5222]"
)
@click.option("--xmpp-ca", type=click.Path(exists=True, dir_okay=False), help="Its certificate authority.")
@click.option("--slow", is_flag=True, help="Also play steps that wait for minutes.")
def play(
    file: str,
    url: str | None,
    own_stack: bool,
    encoding: str | None,
    version: str | None,
    alternative: str | None,
    domain: str | None,
    users: Sequence[str],
    passwords: Sequence[str],
    xmpp_address: str | None,
    xmpp_ca: str | None,
    slow: bool,
) -> None:
    """Play a conversation file: each request as a real phone sends it, each answer checked."""
    try:
        if bool(url) == own_stack:
            raise ScriptError("one of --url and --stack is needed")
        wanted = _wanted(file, encoding, version, alternative, domain, _pairs(users))
        with ExitStack() as opened:
            if own_stack:
                people = hosting.people(wanted, {})
                stack = opened.enter_context(_stack(wanted, people))
                url, address = stack.url, ("127.0.0.1", stack.xmpp_port)
                xmpp_ca = str(stack.ca_file)
            else:
                people = hosting.people(wanted, _passwords(wanted.people(), passwords))
                address = _address(url or "", xmpp_address)
            ca = Path(xmpp_ca) if xmpp_ca else None
            passed = _play(wanted, url or "", people, address, ca, slow, opened)
    except (ScriptError, PhoneError, ProcessError, BackendFailed) as error:
        click.echo(f"onesoup phone play: {error}", err=True)
        sys.exit(2)
    sys.exit(0 if passed else 1)


def _wanted(
    file: str,
    encoding: str | None,
    version: str | None,
    alternative: str | None,
    domain: str | None,
    users: Mapping[str, str],
) -> ConversationScript:
    wanted = script.load(file)
    if version:
        wanted = script.in_version(wanted, version)
    if encoding:
        wanted = script.in_encoding(wanted, Encoding(encoding))
    if alternative:
        wanted = script.with_alternative(wanted, alternative)
    return script.cast(wanted, users, domain or wanted.domain)


def _play(
    wanted: ConversationScript,
    url: str,
    people: Sequence[ScriptPerson],
    address: tuple[str, int],
    ca: Path | None,
    slow: bool,
    opened: ExitStack,
) -> bool:
    """Plays and prints; whether it passed."""
    by_name = {person.user: person for person in people}
    backend: XmppBackend | PhoneFriends
    if friend_clients.available():
        clients = opened.enter_context(friend_clients.FriendClients())
        backend = XmppBackend(clients, by_name, people[0].user, address, ca)
    else:
        click.echo(f"{friend_clients.MISSING}. Until then friends are phones, and some steps cannot be played.")
        backend = PhoneFriends(url, by_name)

    def show(step: StepOutcome) -> None:
        for line in (report.line(step), *report.said(step), *report.details(step)):
            click.echo(line)

    player = Player(wanted, url, people, backend, slow=slow, on_step=show)
    click.echo(f"{wanted.name}: CSP {wanted.version}, {wanted.encoding.upper()}, against {url}")
    click.echo(columns.heads())
    outcome = player.play()
    for sentence in outcome.unchecked:
        click.echo(f"  not checked here: {sentence}")
    click.echo(report.summary(outcome))
    return outcome.passed


@contextmanager
def _stack(wanted: ConversationScript, people: Sequence[ScriptPerson]) -> Iterator[Stack]:
    """A server for the domain of the script, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="onesoup-play-") as directory:
        # Its people are those of the file, and not those of the demo, who have the same names and other passwords.
        stack = Stack(directory, domain=wanted.domain, passwords={person.user: person.password for person in people})
        for person in people:
            stack.prosody.add_account(person.user, person.password, person.roster)
        with stack:
            hosting.prepare(stack, people)
            yield stack


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise ScriptError(f"{text!r} is not NAME=USER")
    return {text.partition("=")[0]: text.partition("=")[2] for text in texts}


def _passwords(people: Sequence[ScriptPerson], texts: Sequence[str]) -> dict[str, str]:
    """{user: password}: one for all, or NAME=PASSWORD for single ones."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, password = text.partition("=")
        if equals and name in (person.user for person in people):
            found[name] = password
        else:
            found |= {person.user: text.replace("{}", person.user) for person in people if person.user not in found}
    return found


def _address(url: str, given: str | None) -> tuple[str, int]:
    host, _, port = (given or f"{urlsplit(url).hostname}:5222").rpartition(":")
    if not host or not port.isdigit():
        raise ScriptError(f"{given!r} is not HOST:PORT")
    return host, int(port)
