"""`onesoup demo`, which `make run` calls: everything on this machine, in the foreground, until Ctrl-C. Its subcommands are for
the owner of a demo that runs."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from onesoup.commands.common import as_json, json_option
from onesoup.demo import accounts, running
from onesoup.demo.process import ProcessError, die_with_parent
from onesoup.demo.reach import is_open, phone_url
from onesoup.demo.ready import Greeting, qr_code, ready, ready_two
from onesoup.demo.running import NoDemo, RunningDemo
from onesoup.demo.servers import LOOPBACK
from onesoup.demo.stack import ROLES, Federation, Stack
from onesoup.demo.supervisor import Log, Supervisor, ask_to_stop_by_interrupt
from onesoup.demo.two_operators import TwoOperators
from onesoup.runtime.ports import is_free
from onesoup.settings import ENV_PREFIX, Settings, SettingsError, load_settings
from onesoup.settings.masking import setting_text
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.page_links import new_link

# What the roles may be told besides what the demo decides: any setting that is not one of these.
DEMO_SETTINGS = {
    "REDIS_URL",
    "KEYS_FILE",
    "DATA",
    "XMPP_ROUTES",
    "XMPP_CA",
    "ADMIN_PORT",
    "ADMIN_BIND",
    "XMPP_PORT",
    "S2S_PORT",
    "REDIS_PORT",
    "FEDERATION",
}
# How a demo differs from a service, unless somebody sets it otherwise.
DEMO_DEFAULTS = {
    "LOG": "console",
    "ADMIN_PORT": "0",
    # What was said in the lobby before.
    "GROUP_HISTORY": "5",
    "BROWSER_PHONE": "true",
    # A phone that wants news sooner than after ten seconds gets them: few phones are here, and people look at them.
    "SERVER_POLL_MIN": "2",
}


@click.group(invoke_without_command=True)
@click.option("--with-parent", is_flag=True, hidden=True, help="End when the calling process ends; make run wants it.")
@click.option(
    "--federation",
    is_flag=True,
    envvar=ENV_PREFIX + "FEDERATION",
    help="Let XMPP clients and servers from everywhere reach the demo's XMPP server; else this machine alone can. Needs a domain "
    f"that they find ({ENV_PREFIX}DOMAIN). {ENV_PREFIX}FEDERATION=true means the same.",
)
@click.pass_context
def demo(context: click.Context, with_parent: bool, federation: bool) -> None:
    """Run everything on this machine: Redis, an XMPP server with demo accounts, gateway, holder and CIR process.

    With ONESOUP_BIND other than loopback, or with ONESOUP_PUBLIC_HOST, others can reach it: its passwords are random then.
    """
    if context.invoked_subcommand:
        return
    if with_parent:
        die_with_parent(os.getppid())
    ask_to_stop_by_interrupt()
    try:
        with running.lock(os.environ):
            _run(os.environ, federation)
    except (SettingsError, ProcessError) as error:
        click.echo(f"onesoup demo: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)


@demo.command(short_help="Run two operators whose phones reach each other.")
@click.option("--with-parent", is_flag=True, hidden=True, help="End when the calling process ends; make federation wants it.")
def two(with_parent: bool) -> None:
    """Run two operators on this machine, until Ctrl-C.

    Each has an XMPP server, a Redis, a gateway, a holder and a CIR process of its own. Their XMPP servers federate: phones of
    the one reach phones of the other."""
    if with_parent:
        die_with_parent(os.getppid())
    ask_to_stop_by_interrupt()
    try:
        _run_two(load_settings(os.environ))
    except (SettingsError, ProcessError) as error:
        click.echo(f"onesoup demo two: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)


def _run_two(settings: Settings) -> None:
    directory = Path(settings.data, "two").absolute()
    ports = (settings.http_port, settings.http_port + 1)
    _check_ports([("HTTP_PORT", port, LOOPBACK[0], "") for port in ports])
    env = {ENV_PREFIX + name: value for name, value in DEMO_DEFAULTS.items()}
    env |= {ENV_PREFIX + "REFUSALS_AT_SERVER": "0"}  # both servers are our own
    operators = TwoOperators(directory, ports, env=env)
    log = Log(sys.stdout, operators.label)
    supervisor = Supervisor(operators, log)
    try:
        log.skip(operators.all())
        operators.up()
        log.skip(operators.all())
        log.plain(ready_two(operators))
        supervisor.watch()
    except KeyboardInterrupt:
        log.say("stopping")
    finally:
        supervisor.stop()


@demo.command(short_help="Show the accounts and their passwords.")
@json_option
def passwords(lines: bool) -> None:
    """Show the accounts of the demo that runs here, and their passwords."""
    found = _found()
    for user, password in found.passwords().items():
        jid = f"{user}@{found.settings.domain}"
        click.echo(as_json({"jid": jid, "password": password}) if lines else f"{jid}\t{password}")


@demo.command(short_help="Print a new link to the account page.")
def link() -> None:
    """Print a new link to the account page of the demo that runs here. It works once, for 15 minutes, from any machine."""
    found = _found()
    if not found.settings.account_page:
        raise click.ClickException(f"this demo has no account page: {ENV_PREFIX}ACCOUNT_PAGE=false")
    if not found.settings.account_link:
        click.echo(f"{found.url}account\nNo link is needed: open that on this machine, or over HTTPS.")
        return
    try:
        click.echo(_link(found.settings, found.url))
    except KeyRingError as error:
        raise click.ClickException(str(error)) from None


def _found() -> RunningDemo:
    try:
        return running.find(os.environ)
    except (NoDemo, SettingsError) as error:
        raise click.ClickException(str(error)) from None


def _link(settings: Settings, url: str) -> str:
    return f"{url}account/link?key={new_link(KeyRing.load(settings.keys_file), time.time())}"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What the environment asks for. `is_open`: others reach the gateway."""

    settings: Settings
    xmpp_port: int
    redis_port: int
    is_open: bool
    federation: Federation | None

    @property
    def is_private(self) -> bool:
        """Whether this machine's users alone reach it: then passwords may be simple."""
        return not self.is_open and self.federation is None


def _run(environ: Mapping[str, str], federated: bool) -> None:
    plan = _plan(environ, federated)
    passwords, new = accounts.simple_passwords(), False
    if not plan.is_private:
        passwords, new = accounts.random_passwords(Path(plan.settings.data))
    stack = _stack(plan, passwords, environ)
    log = Log(sys.stdout)
    supervisor = Supervisor(stack, log)
    try:
        stack.start_servers()
        url = phone_url(stack.settings)
        running.write_settings(stack.dir, stack.env)
        running.write_state(stack.dir, url, not plan.is_private)
        log.skip(stack.all())  # Redis greets with warnings that concern no demo
        for role in ROLES:
            stack.launch(role)
        for role in ROLES:
            stack.wait(role)
            log.show(stack.all())
        link = _link(stack.settings, url) if stack.settings.account_page and stack.settings.account_link else ""
        log.plain(ready(stack, Greeting(url, plan.is_open, new, federated, link)))
        if plan.is_open and (picture := qr_code(url, sys.stdout)):
            log.plain(picture)
        supervisor.watch()
    except KeyboardInterrupt:
        log.say("stopping")
    finally:
        supervisor.stop()


def _plan(environ: Mapping[str, str], federated: bool) -> DemoPlan:
    settings = load_settings(environ)
    xmpp_port, redis_port = _port(environ, "XMPP_PORT", 5222), _port(environ, "REDIS_PORT", 0)
    federation = _federation(environ, settings) if federated else None
    xmpp_bind = federation.bind if federation else "127.0.0.1"
    _check_ports(
        [
            ("HTTP_PORT", settings.http_port, settings.bind, ""),
            ("STCP_PORT", settings.stcp_port, settings.stcp_bind, ""),
            ("XMPP_PORT", xmpp_port, xmpp_bind, ""),
            ("XMPP_PORT", xmpp_port + 1, xmpp_bind, f", which direct TLS takes beside {xmpp_port},"),
            ("XMPP_PORT", xmpp_port + 2, xmpp_bind, f", which shared files take beside {xmpp_port},"),
            ("S2S_PORT", federation.s2s_port if federation else 0, xmpp_bind, ""),
            ("REDIS_PORT", redis_port, "127.0.0.1", ""),
        ]
    )
    return DemoPlan(settings, xmpp_port, redis_port, is_open(settings), federation)


def _federation(environ: Mapping[str, str], settings: Settings) -> Federation:
    if "." not in settings.domain:
        raise SettingsError(
            f"{ENV_PREFIX}FEDERATION needs a domain under which other servers find this machine, not {settings.domain}; "
            f"example: {ENV_PREFIX}DOMAIN=imps.example.org"
        )
    bind = "0.0.0.0" if settings.bind in LOOPBACK else settings.bind
    return Federation(bind, settings.domain, _port(environ, "S2S_PORT", 5269))


def _stack(plan: DemoPlan, passwords: Mapping[str, str], environ: Mapping[str, str]) -> Stack:
    settings = plan.settings
    own = dict(DEMO_DEFAULTS)
    if plan.is_open and not settings.trusted_proxies:  # which can have HTTPS
        own["ACCOUNT_LINK"] = "true"
    if plan.is_private:  # and its passwords are known to everybody
        own["BROWSER_PHONE_ACCOUNTS"] = setting_text(passwords)
    if set(settings.allowed_domains) == {settings.domain}:
        # The XMPP server is our own and bans nobody: one stranger with wrong passwords must not lock its domain.
        own["REFUSALS_AT_SERVER"] = "0"
    passed = {
        key: value
        for key, value in environ.items()
        if key == "WEB_CONCURRENCY" or (key.startswith(ENV_PREFIX) and key.removeprefix(ENV_PREFIX) not in DEMO_SETTINGS)
    }
    return Stack(
        settings.data,
        domain=settings.domain,
        bind=settings.bind,
        http_port=settings.http_port,
        stcp_port=settings.stcp_port,
        xmpp_port=plan.xmpp_port,
        redis_port=plan.redis_port,
        federation=plan.federation,
        companions=True,
        websocket=True,
        passwords=passwords,
        more_routes=_routes(settings),
        more_ca=_more_ca(settings),
        env={ENV_PREFIX + name: value for name, value in own.items()}
        | {ENV_PREFIX + "SERVICE_CONTACT": settings.service_contact}
        | passed,
    )


def _routes(settings: Settings) -> str:
    """Where other XMPP servers are, for users who have accounts there."""
    found = settings.xmpp_routes.items()
    return ",".join(f"{domain}={host}:{port}" for domain, (host, port) in found if domain != settings.domain)


def _more_ca(settings: Settings) -> str:
    path = settings.xmpp_ca
    if path and not os.access(path, os.R_OK):
        raise SettingsError(f"{ENV_PREFIX}XMPP_CA={path}: cannot be read; example: {ENV_PREFIX}XMPP_CA=/etc/onesoup/ca.pem")
    return path


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(ENV_PREFIX + name) or str(default)
    if not text.isdigit() or not (0 < int(text) < 65535 or int(text) == default):
        raise SettingsError(f"{ENV_PREFIX}{name}={text!r}: must be a port number; example: {ENV_PREFIX}{name}={default or 6380}")
    return int(text)


def _check_ports(wanted: list[tuple[str, int, str, str]]) -> None:
    """All of them before anything starts, so that the first error is the only one."""
    seen: dict[int, str] = {}
    for name, port, host, why in wanted:
        if not port:
            continue
        variable = ENV_PREFIX + name
        if port in seen:
            raise SettingsError(f"{variable}: port {port}{why} is taken by {seen[port]} as well; choose another")
        seen[port] = variable
        try:
            free = is_free(port, host)
        except PermissionError:
            raise SettingsError(f"{variable}: port {port} needs root; choose one above 1023") from None
        if not free:
            raise SettingsError(f"{variable}: port {port}{why} is in use on {host}; example: {variable}={port + 10000}")
