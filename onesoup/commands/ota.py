"""`onesoup ota`: settings for a phone's chat client, shown, written to a file, or sent by SMS. Phone passwords are piped in: as
arguments every user of the machine could read them."""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onesoup.commands.audit import note_action_of
from onesoup.csp.text import numbers
from onesoup.handlers.settings_ota import new_pin
from onesoup.provisioning import push, wbxml, wv_settings
from onesoup.provisioning.documents import CHAT, MAX_PROVISIONED_USER_ID, PRESENCE, AccessPoint, ImpsSettings, document, to_xml
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Security, Signature, sign
from onesoup.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:  # cir is imported when a command runs: `onesoup --help` is quick without it
    from cir.sms.carrier import SmsGateway
    from cir.sms.job import SmsJob

HEX_BYTES_PER_LINE = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options of both commands say. Without `pin` and `imsi` a new PIN is made."""

    user: str
    url: str
    name: str
    apn: str
    apn_user: str
    apn_password: str
    services: tuple[str, ...]
    pin: str
    imsi: str
    piped: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A document, what it is made of, and its signature; `pin` is what its user types, "" for nothing."""

    settings: ImpsSettings
    document: bytes
    signature: Signature
    pin: str

    @property
    def unit(self) -> bytes:
        return push.push_unit(self.document, self.signature)


_OPTIONS = (
    click.option(
        "--user", required=True, metavar="USER@DOMAIN", help="User who logs in. wv: is added if the result is not too long."
    ),
    click.option("--url", default="", help="Server address for phones. Default: http://, ONESOUP_PUBLIC_HOST and /."),
    click.option("--name", default="onesoup", show_default=True, help="Name that the phone shows for the settings."),
    click.option("--apn", default="", help="Internet access point (APN). Default: one that the phone already has."),
    click.option("--apn-user", default="", help="User name at the access point."),
    click.option("--apn-password", default="", help="Password at the access point."),
    click.option(
        "--service",
        "services",
        multiple=True,
        type=click.Choice([CHAT, PRESENCE]),
        default=(CHAT, PRESENCE),
        help="IM: chat client; PR: presence client of S60. Default: both.",
    ),
    click.option("--pin", default="", help="PIN that the phone asks for, 4 to 16 digits. Default: a new one."),
    click.option("--netwpin", "imsi", default="", metavar="IMSI", help="Sign with the IMSI, or with both if --pin is given."),
    click.option("--password-stdin", "piped", is_flag=True, help="Read the phone password from a line of input."),
)


def _settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have, as one argument `asked`."""

    def gather(**given: Any) -> None:
        asked = Asked(**{name: given.pop(name) for name in Asked.__slots__})
        try:
            command(asked, load_settings(), **given)
        except (ProvisioningError, SettingsError) as error:
            raise click.ClickException(str(error)) from None

    gather.__doc__ = command.__doc__
    for option in reversed(_OPTIONS):
        gather = option(gather)
    return gather


@click.group()
def ota() -> None:
    """Show or send settings for a phone's chat client (OMA Client Provisioning).

    The phone configures itself. Its user only types a PIN."""


@ota.command("show")
@click.option("--wv", is_flag=True, help="Make a WVSettings document instead. Experimental: no phone has checked it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the document to this file (FILE.prov).")
@_settings_options
def show_settings(asked: Asked, settings: Settings, wv: bool, out: Path | None) -> None:
    """Show a settings document: text, bytes, signature, SMS. Sends nothing."""
    made = _signed(asked, settings)
    data = wv_settings.encode(made.settings) if wv else made.document
    if wv:
        click.echo("WVSettings, experimental: unsigned, and no SMS, since the port is not known.")
    else:
        click.echo(to_xml(document(made.settings)))
    click.echo(f"document {len(data)} bytes")
    _hex(data)
    if not wv:
        _show_signature(made)
        _show_messages(made)
    if out is not None:
        _write(out, data)


@ota.command("send")
@click.option("--to", required=True, metavar="NUMBER", help="The number, with + and country code.")
@click.option("--dry-run/--no-dry-run", default=True, show_default=True, help="Only show what would be sent.")
@_settings_options
def send_settings(asked: Asked, settings: Settings, to: str, dry_run: bool) -> None:
    """Send settings to NUMBER by SMS, outside of every budget.

    Shows what would go out; --no-dry-run sends it through the configured gateway. Each document is several SMS, and whether
    NUMBER belongs to USER is for you to know."""
    from cir.sms import carrier, job

    number = numbers.normal_number(to, settings.country_code)
    if not number:
        raise click.ClickException(f"{to} is no number; example: +15550100123")
    made = _signed(asked, settings)
    now = time.time()
    reference, until = secrets.randbelow(256), now + job.HAND_OVER_SECONDS
    parts = job.settings_jobs(made.unit, number, reference, now, until, settings.sms_validity)
    gateway = carrier.make_gateway(settings, b"")
    if gateway is None:
        raise click.ClickException("no SMS gateway is configured: ONESOUP_SMS_GATEWAY")
    if job.SETTINGS_SMS not in gateway.carrier.methods:
        raise click.ClickException(_unable(settings.sms_gateway))
    allowed = "" if numbers.number_allowed(number, settings.sms_prefixes) else "  (not in sms_prefixes)"
    click.echo(f"to       {number}{allowed}\ngateway  {settings.sms_gateway}, outside of every budget")
    _show_signature(made)
    if dry_run:
        _show_requests(gateway, parts)
    else:
        note_action_of(settings, "ota send", _user_id(asked.user), to=numbers.hidden_number(number), parts=len(parts))
        _hand_over(gateway, parts)


def _unable(kind: str) -> str:
    if kind == "url":
        return "sms_url has no place for binary data: it needs {udh} or {udh_hex}, and {payload} or {payload_hex}"
    return f"a gateway of kind {kind} cannot carry settings; kannel-sendsms, json, smpp and url can"


def _signed(asked: Asked, settings: Settings) -> Signed:
    password = sys.stdin.readline().rstrip("\r\n") if asked.piped else ""
    if asked.piped and not password:
        raise click.ClickException("--password-stdin: no password came in")
    if asked.apn_user and not asked.apn:
        raise click.ClickException("--apn-user needs --apn")
    url = asked.url or (f"http://{settings.public_host}/" if settings.public_host else "")
    if not url:
        raise click.ClickException("no server address; example: --url http://imps.example.org/")
    wanted = ImpsSettings(
        url=url,
        user_id=_user_id(asked.user),
        password=password,
        name=asked.name,
        access_point=AccessPoint(asked.apn, user=asked.apn_user, password=asked.apn_password) if asked.apn else None,
        services=asked.services,
    )
    pin = asked.pin or ("" if asked.imsi else new_pin())
    security = (Security.USERNETWPIN if pin else Security.NETWPIN) if asked.imsi else Security.USERPIN
    data = wbxml.encode(document(wanted))
    return Signed(wanted, data, sign(data, security, pin, asked.imsi), pin)


def _user_id(user: str) -> str:
    full = user if user.startswith("wv:") else f"wv:{user}"
    return full if len(full) <= MAX_PROVISIONED_USER_ID else user


def _show_signature(made: Signed) -> None:
    click.echo(f"signed   {made.signature.security.name}, MAC {made.signature.mac}")
    if made.pin:
        click.echo(f"PIN      {made.pin}  (the phone asks for it; do not tell it by SMS)")


def _show_messages(made: Signed) -> None:
    parts = list(push.messages(made.unit, secrets.randbelow(256)))
    click.echo(f"SMS      {len(parts)}, to port {push.PORT}")
    for number, (header, data) in enumerate(parts, 1):
        click.echo(f"SMS {number} of {len(parts)}, header {header.hex(' ').upper()}")
        _hex(data)


def _show_requests(gateway: "SmsGateway", parts: "list[SmsJob]") -> None:
    for part in parts:
        click.echo(f"\nSMS {part.part} of {part.parts}: {len(part.udh) + len(part.payload)} bytes")
        click.echo(gateway.carrier.render(part))
    click.echo("\nNothing was sent; --no-dry-run sends it.")


def _hand_over(gateway: "SmsGateway", parts: "list[SmsJob]") -> None:
    """Stops at the first message that the gateway has not taken: the others are worth nothing without it."""
    gateway.carrier.start()
    try:
        for part in parts:
            result = gateway.submit(part)
            words = " ".join(filter(None, (result.outcome.value, result.id, result.reason)))
            click.echo(f"SMS {part.part} of {part.parts}: {words}")
            if not result.taken:
                raise click.ClickException("the gateway did not take all of it; the phone drops what has come")
    finally:
        gateway.carrier.stop()


def _write(out: Path, data: bytes) -> None:
    try:
        out.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from None
    click.echo(f"written  {out}")


def _hex(data: bytes) -> None:
    for line in _lines(data):
        click.echo(f"  {line}")


def _lines(data: bytes) -> Iterator[str]:
    return (data[at : at + HEX_BYTES_PER_LINE].hex() for at in range(0, len(data), HEX_BYTES_PER_LINE))
