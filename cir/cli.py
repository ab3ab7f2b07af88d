"""`onesoup cir send`: one wake-up by SMS to a number, or, with --dry-run, the bytes that would be sent."""

import secrets
import sys
import time
from typing import TYPE_CHECKING

import click

from onesoup.commands.audit import note_action_of
from onesoup.csp.text import numbers
from onesoup.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:  # the rest of cir is imported when the command runs: `onesoup --help` is quick without it
    from cir.sms.carrier import SmsGateway
    from cir.sms.job import SmsJob


@click.command()
@click.option("--to", required=True, metavar="NUMBER", help="The number, with + and country code.")
@click.option(
    "--method",
    type=click.Choice(["WAPSMS", "SSMS", "TEXT"]),
    default="WAPSMS",
    show_default=True,
    help="Form of the wake-up. TEXT is an ordinary SMS.",
)
@click.option(
    "--csp", "version", type=click.Choice(["1.1", "1.2", "1.3"]), default="1.2", show_default=True, help="Version to name."
)
@click.option("--cookie", default="wv:nokia.12345", show_default=True, help="Cookie of the phone's session.")
@click.option("--text", default="onesoup test", show_default=True, help="Words, for TEXT.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
def send(to: str, method: str, version: str, cookie: str, text: str, dry_run: bool) -> None:
    """Send one wake-up to NUMBER through the configured gateway, outside of every budget.

    A phone obeys a wake-up only if its session has this cookie. Any phone shows TEXT."""
    try:
        _send(load_settings(), to, method, version, cookie, text, dry_run)
    except (SettingsError, ValueError) as error:
        raise click.ClickException(str(error)) from None


def _send(settings: Settings, to: str, method: str, version: str, cookie: str, text: str, dry_run: bool) -> None:
    from cir.sms import carrier, job

    number = numbers.normal_number(to, settings.country_code)
    if not number:
        raise click.ClickException(f"{to} is no number; example: +15550100123")
    now = time.time()
    id_ = job.new_job_id(now)
    if method == job.TEXT_SMS:
        made = job.text_job(id_, number, text, now, settings.sms_validity)
    else:
        form, shape = settings.sms_form, settings.wap_content_type
        count = secrets.randbelow(256)
        made = job.wake_job(
            method, id_, number, version, cookie, now, count=count, content_type=shape, form=form, validity=settings.sms_validity
        )
    _show(made, settings)
    gateway = carrier.make_gateway(settings, b"")
    if gateway is None:
        click.echo("gateway  none is configured: ONESOUP_SMS_GATEWAY")
        if not dry_run:
            sys.exit(1)
        return
    click.echo(f"gateway  {settings.sms_gateway}")
    click.echo(gateway.carrier.render(made))
    if not dry_run:
        note_action_of(settings, "cir send", "", to=numbers.hidden_number(number), method=method)
        _hand_over(gateway, made)


def _show(made: "SmsJob", settings: Settings) -> None:
    from cir.sms import encoding

    click.echo(
        f"to       {made.number}"
        + ("" if numbers.number_allowed(made.number, settings.sms_prefixes) else "  (not in sms_prefixes)")
    )
    click.echo(f"method   {made.method}, data coding {made.dcs:#04x}")
    click.echo(f"header   {made.udh.hex(' ').upper()}")
    click.echo(f"payload  {made.payload.hex(' ').upper()}")
    click.echo(f"length   {len(made.udh) + len(made.payload)} of {encoding.MAX_SMS_BYTES} octets")
    click.echo(f"text     {made.text.decode()}")


def _hand_over(gateway: "SmsGateway", made: "SmsJob") -> None:
    gateway.carrier.start()
    try:
        result = gateway.submit(made)
    finally:
        gateway.carrier.stop()
    click.echo(
        f"result   {result.outcome.value}{' ' + result.id if result.id else ''}{' ' + result.reason if result.reason else ''}"
    )
    if not result.taken:
        sys.exit(1)
