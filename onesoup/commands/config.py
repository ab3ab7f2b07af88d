"""`onesoup config show | check`: which settings are set, by which source, and whether they can work. Secrets are hidden."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from onesoup.commands.common import as_json, fail, json_option, settings_or_fail, text_table
from onesoup.commands.findings import FAIL_GRADE, NOTE_GRADE, OK_GRADE
from onesoup.settings import ENV_PREFIX, Settings, SettingsError, masked_settings, open_secrets, setting_origins
from onesoup.settings.declare import ANY_DOMAIN


@click.group()
def config() -> None:
    """Show and check the settings."""


@config.command("show")
@click.option("--all", "everything", is_flag=True, help="Show settings with their default value too.")
@json_option
def show_config(everything: bool, lines: bool) -> None:
    """Show settings that differ from their default, and the source of each.

    Secrets are shown as ***.
    """
    here = settings_or_fail()
    shown, found = masked_settings(here), setting_origins()
    if not everything:
        default = asdict(Settings())
        shown = {name: text for name, text in shown.items() if name in found or getattr(here, name) != default[name]}
    rows = [(name, text, found.get(name, "default")) for name, text in shown.items()]
    if lines:
        for row in rows:
            click.echo(as_json(dict(zip(("setting", "value", "from"), row, strict=True))))
    elif rows:
        click.echo(text_table(("setting", "value", "from"), rows))
    else:
        click.echo("every setting has its default value; --all shows them")


@config.command("check")
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@json_option
def check_config(file: str | None, lines: bool) -> None:
    """Check that processes can start with these settings.

    Reads the environment, and FILE as onesoup.toml if it is given. An environment file is checked by loading it first.

    \b
    onesoup config check /etc/onesoup/onesoup.toml && systemctl reload onesoup-web
    (set -a; . /etc/onesoup/onesoup.env; onesoup config check)
    """
    import os

    try:
        notes = notes_on(dict(os.environ) | ({"ONESOUP_CONFIG": file} if file else {}))
    except SettingsError as error:
        says = _is_environment(file) if file and _has_variables(file) else str(error)
        if lines:
            click.echo(as_json({"grade": FAIL_GRADE, "says": says}))
        fail(says)
    for note in notes:
        click.echo(as_json({"grade": NOTE_GRADE, "says": note}) if lines else f"note: {note}")
    good = "the settings can be used"
    click.echo(as_json({"grade": OK_GRADE, "says": good}) if lines else good)


def _has_variables(file: str) -> bool:
    """Whether it is an environment file, as units and shells read them."""
    from onesoup.commands.init_files import read_variables

    try:
        names = read_variables(Path(file).read_text())
    except (OSError, ValueError):
        return False
    return any(name.startswith(ENV_PREFIX) for name in names) and all(name.isupper() for name in names)


def _is_environment(file: str) -> str:
    load = f"set -a; . {shlex.quote(str(Path(file).absolute()))}"  # the shell looks for a name alone elsewhere
    return f"{file} is an environment file, not a TOML file; to check it: ({load}; onesoup config check)"


def notes_on(environ: Mapping[str, str]) -> list[str]:
    """What is seldom meant, in settings with which processes can start. SettingsError where they cannot."""
    from onesoup.handlers.provider import provider_of
    from onesoup.runtime.usable_settings import load_usable_settings

    here = load_usable_settings(environ)
    provider_of(here)
    return _doubts(here, environ)


def _doubts(here: Settings, environ: Mapping[str, str]) -> list[str]:
    """Settings that can be used, but are seldom meant."""
    doubts = [
        f"{name}={path} can be read by everybody on this host; chmod 600" for name, path in open_secrets(here, environ).items()
    ]
    if not here.keys_file:
        doubts.append(
            "keys_file is not set here: systemd units bring the key ring themselves; a process started by hand needs it"
        )
    if here.domain == "localhost":
        doubts.append("domain is localhost: log-ins without a domain will mean this machine")
    if here.bind != "127.0.0.1" and not here.public_host:
        doubts.append("public_host is empty: phones are told the Host of their own request")
    if here.sms_gateway and not here.sms_prefixes:
        doubts.append("sms_prefixes is empty: no SMS will be sent")
    if here.sms_gateway == "json" and not here.sms_password:
        doubts.append("sms_password is empty: signatures of requests and reports prove nothing")
    for name in ("xmpp_routes", "xmpp_own", "xmpp_insecure", "domain_sessions", "domain_logins"):
        for domain in getattr(here, name):
            if domain != ANY_DOMAIN and domain not in here.allowed_domains:
                doubts.append(f"{name} has {domain}, which is none of the domains that phones may log in to")
    if here.admin_bind not in ("127.0.0.1", "::1", "localhost"):
        doubts.append(f"admin_bind={here.admin_bind}: /metrics has no password; let a firewall keep strangers away")
    return doubts
