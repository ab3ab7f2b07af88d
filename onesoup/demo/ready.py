"""What a person reads when the demo is ready: what to type into a phone, how to try alone, who can reach what. 80 columns."""

import io
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import segno

from onesoup.demo import accounts
from onesoup.demo.reach import phone_host
from onesoup.demo.running import CONFIG
from onesoup.demo.stack import Stack
from onesoup.demo.two_operators import NORTH, SOUTH, TwoOperators
from onesoup.settings import ENV_PREFIX, Settings

WIDTH = 80
# Of labels.
LABEL = 12
QR_BORDER = 2
# White on black, whatever the colours of the terminal are.
_QR_COLOURS, _NO_COLOURS = "\x1b[97;40m", "\x1b[0m"

_PASSWORDS_KEPT = "as before; {} demo passwords shows it"
_GUESSED = "{} is a guess: this machine's own address. If phones must use another, set ONESOUP_PUBLIC_HOST to it. {}"
_FIRST = (
    "open the server's address in the phone's own browser: it shows whether the phone gets through. If not: do this machine and "
    "its provider let ports {} and {} in?"
)
_NEAR = "It is a private address: phones in the same network reach it, phones of a mobile operator do not."


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the table needs to know beside the stack. `url` is for phones. `is_open`: others reach the gateway; `federated`: they
    reach the XMPP server. `new_passwords`: nobody has seen them yet. `link` opens the account page of an open demo, else ""."""

    url: str
    is_open: bool
    new_passwords: bool
    federated: bool
    link: str = ""

    @property
    def known_passwords(self) -> bool:
        """Whether they are the simple ones."""
        return not self.is_open and not self.federated

    @property
    def shows_passwords(self) -> bool:
        """Random ones are shown once."""
        return self.new_passwords or self.known_passwords


def ready(stack: Stack, greeting: Greeting) -> str:
    """The line that says so, and the table."""
    lines = [f"onesoup ready: {greeting.url}"]
    for rows in (_phone, _people, _places, _next):
        lines += ["", *(line for label, text in rows(stack, greeting) for line in _row(label, text))]
    return "\n".join(lines)


def ready_two(operators: TwoOperators) -> str:
    """The same for two operators: who is where, and what to try first."""
    lines = ["onesoup ready: two operators, whose phones reach each other"]
    for each, stack in zip((NORTH, SOUTH), operators.stacks, strict=True):
        lines += ["", *_row(each.name.title(), f"{stack.url} for phones of {stack.domain}")]
        lines += _row("accounts", "; ".join(f"{user}, password {word}" for user, word in stack.passwords.items()))
    lines += ["", *_row("to try", "Alice of the north and Bob of the south are contacts. In two more terminals:")]
    for stack, user in ((operators.north, "alice"), (operators.south, "bob")):
        lines += _row("", f"    {command()} phone --url {stack.url} \\")
        lines += _row("", f"        --user {user} --password {stack.passwords[user]}")
    lines += ["", *_row("state, logs", near(operators.north.dir.parent)), *_row("to stop", "Ctrl-C")]
    return "\n".join(lines)


def qr_code(url: str, out: TextIO) -> str:
    """The address as a picture for cameras, "" where there is no terminal or it is too narrow."""
    if not out.isatty():
        return ""
    drawn = io.StringIO()
    code = segno.make(url, error="l", micro=False)
    code.terminal(drawn, border=QR_BORDER, compact=True)
    if code.symbol_size(border=QR_BORDER)[0] + 2 > shutil.get_terminal_size().columns:
        return ""
    lines = drawn.getvalue().rstrip("\n").splitlines()
    return "\n".join([f"  {url} as a QR code:", *(f"  {_QR_COLOURS}{line}{_NO_COLOURS}" for line in lines)])


def _row(label: str, text: str) -> list[str]:
    """Lines of a label and what stands beside it; without a label the text is shown as it is."""
    if not label:
        return [f"  {text}"]
    lines = textwrap.wrap(text, WIDTH - LABEL - 2, break_long_words=False, break_on_hyphens=False)
    return [f"  {name:<{LABEL}}{line}" for name, line in zip((label, *[""] * len(lines)), lines, strict=False)]


def _phone(stack: Stack, greeting: Greeting) -> Iterator[tuple[str, str]]:
    yield "", "Into the phone:"
    yield "server", greeting.url
    yield "user ID", f"wv:alice@{stack.domain}"
    yield "password", stack.passwords["alice"] if greeting.shows_passwords else _PASSWORDS_KEPT.format(owner_command(stack))
    if greeting.shows_passwords:
        yield "", "It is the XMPP password and the phone password: good for every phone."
    if not greeting.is_open:
        yield "", "The address is good on this machine only. To let phones in, start it so:"
        yield "", "    ONESOUP_BIND=0.0.0.0 make run"
        return
    host = phone_host(stack.settings)
    if host.guessed:
        yield "address", _GUESSED.format(host.name, _NEAR if host.near else "")
    elif host.near:
        yield "address", _NEAR
    yield "first", _FIRST.format(stack.http_port, stack.stcp_port)


def _people(stack: Stack, greeting: Greeting) -> Iterator[tuple[str, str]]:
    yield "", f"Accounts, each with @{stack.domain} behind the name:"
    if not greeting.shows_passwords:
        yield "names", f"{', '.join(stack.passwords)}; {owner_command(stack)} demo passwords"
    else:
        yield from stack.passwords.items()
    if greeting.known_passwords:
        yield "", "Everybody knows these passwords: they are for this machine alone."
    elif greeting.shows_passwords:
        yield "kept in", f"{near(stack.dir / accounts.PASSWORD_FILE)}; {owner_command(stack)} demo passwords"
    yield "one more", f"{owner_command(stack)} accounts new zoe"
    yield "alone?", f"write to wv:{accounts.ECHO}@{stack.domain}, it answers; join the group wv:/{accounts.LOBBY}@{stack.domain}"


def _places(stack: Stack, greeting: Greeting) -> Iterator[tuple[str, str]]:
    yield "open to", _open_to(stack, greeting)
    host = phone_host(stack.settings).name
    yield "wake-up", f"{host}:{stack.settings.public_stcp_port or stack.stcp_port} (STCP; phones are told)"
    place = stack.domain if greeting.federated else "127.0.0.1"
    yield "XMPP", f"{place}:{stack.xmpp_port} (STARTTLS), {place}:{stack.xmpp_port + 1} (direct TLS), domain {stack.domain}"
    yield "XMPP CA", near(stack.ca_file)
    yield "Redis", stack.redis_url
    ports = ", ".join(f"{name} {stack.admin_port(name)}" for name in stack.processes)
    yield "admin", f"/readyz and /metrics at 127.0.0.1: {ports}"
    yield "state, logs", near(stack.dir)


def _open_to(stack: Stack, greeting: Greeting) -> str:
    """In one line: what can be reached, and by whom."""
    ports = [f"{stack.http_port} (phones)", f"{stack.stcp_port} (wake-up)"] if greeting.is_open else []
    ports += [f"{stack.xmpp_port} (XMPP)"] if greeting.federated else []
    return f"everybody: {', '.join(ports)}; the rest: this machine" if ports else "this machine only"


def _next(stack: Stack, greeting: Greeting) -> Iterator[tuple[str, str]]:
    if greeting.link:
        yield "", "Phone passwords, settings, what a phone sends: a link, for 15 minutes."
        yield "", greeting.link
        yield "another", f"{owner_command(stack)} demo link"
        yield "careful", "what is typed there can be read on the way: use no password that you use elsewhere"
    elif greeting.is_open:
        yield "account", f"https://{phone_host(stack.settings).name}/account, through your proxy: a password for the phone"
    else:
        yield "account", f"{greeting.url}account chooses a password for the phone"
    password = stack.passwords["alice"] if greeting.shows_passwords else "PASSWORD"
    if stack.settings.browser_phone:
        yield "no phone?", f"{greeting.url}demo is one in the browser; {greeting.url}demo/wall shows two"
    yield "", "A phone in a second terminal:"
    yield "", f"    {command()} phone --url {greeting.url} \\"
    yield "", f"        --user alice --password {password}"
    yield "", "As its operator (also: sessions, record --new, trace alice, kick alice):"
    yield "", f"    ONESOUP_CONFIG={near(stack.dir / CONFIG)} {command()} doctor"
    yield "to stop", "Ctrl-C"


def command() -> str:
    """How this program is called from where the user stands."""
    return near(Path(sys.prefix, "bin", "onesoup"))


def owner_command(stack: Stack) -> str:
    """As `command`, for what looks for the demo in its data directory."""
    default = Path(Settings().data).absolute()
    return command() if stack.dir == default else f"{ENV_PREFIX}DATA={near(stack.dir)} {command()}"


def near(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
