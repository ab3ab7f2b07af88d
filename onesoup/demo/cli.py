"""`onesoup demo`, which `make run` calls: everything on this machine, in the foreground, until Ctrl-C."""

import fcntl
import json
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import click

from onesoup.demo import accounts
from onesoup.demo.process import ProcessError, die_with_parent, write_private
from onesoup.demo.servers import reachable
from onesoup.demo.stack import ROLES, Stack
from onesoup.demo.supervisor import Log, Supervisor, ask_to_stop_by_interrupt
from onesoup.runtime.ports import is_free
from onesoup.settings import ENV_PREFIX, SettingsError, load_settings, settings_reference

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
    "REDIS_PORT",
}


@click.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="End when the calling process ends; make run wants it.")
def demo(with_parent: bool) -> None:
    """Run everything on this machine: Redis, an XMPP server with demo accounts, gateway, holder and CIR process."""
    if with_parent:
        die_with_parent(os.getppid())
    ask_to_stop_by_interrupt()
    try:
        with _data_directory(os.environ):
            _run(os.environ)
    except (SettingsError, ProcessError) as error:
        click.echo(f"onesoup demo: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)


def _run(environ: Mapping[str, str]) -> None:
    stack = _stack(environ)
    log = Log(sys.stdout)
    supervisor = Supervisor(stack, log)
    try:
        stack.start_servers()
        _write_settings(stack)
        log.skip(stack.all())  # Redis greets with warnings that concern no demo
        for role in ROLES:
            stack.launch(role)
        for role in ROLES:
            stack.wait(role)
            log.show(stack.all())
        log.plain(ready(stack))
        supervisor.watch()
    except KeyboardInterrupt:
        log.say("stopping")
    finally:
        supervisor.stop()


def _write_settings(stack: Stack) -> None:
    """Settings for a shell in which somebody tries the commands of an operator."""
    found = ((row["name"], stack.env.get(ENV_PREFIX + row["name"].upper())) for row in settings_reference())
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in found if value is not None)
    write_private(stack.dir / "onesoup.toml", "# Written anew at each start of the demo.\n" + "".join(lines))


def _stack(environ: Mapping[str, str]) -> Stack:
    settings = load_settings(environ)
    xmpp_port, redis_port = _port(environ, "XMPP_PORT", 5222), _port(environ, "REDIS_PORT", 0)
    _check_ports(
        [
            ("HTTP_PORT", settings.http_port, settings.bind, ""),
            ("STCP_PORT", settings.stcp_port, settings.stcp_bind, ""),
            ("XMPP_PORT", xmpp_port, settings.bind, ""),
            ("XMPP_PORT", xmpp_port + 1, settings.bind, f", which direct TLS takes beside {xmpp_port},"),
            ("XMPP_PORT", xmpp_port + 2, settings.bind, f", which shared files take beside {xmpp_port},"),
            ("REDIS_PORT", redis_port, "127.0.0.1", ""),
        ]
    )
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
        xmpp_port=xmpp_port,
        redis_port=redis_port,
        env={ENV_PREFIX + "LOG": "console", ENV_PREFIX + "ADMIN_PORT": "0"}
        | {ENV_PREFIX + "SERVICE_CONTACT": settings.service_contact}
        | passed,
    )


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


def _data_directory(environ: Mapping[str, str]) -> IO[str]:
    """Makes the directory and keeps a lock in it: two stacks in one would mix their sessions."""
    path = Path(environ.get(ENV_PREFIX + "DATA") or load_settings({}).data)
    try:
        # One that is there already may be anything, such as /tmp: its mode is the user's business.
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.fdopen(os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+")
    except OSError as error:
        raise SettingsError(f"{ENV_PREFIX}DATA={path}: {error.strerror}; example: {ENV_PREFIX}DATA=/tmp/onesoup") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise SettingsError(f"{ENV_PREFIX}DATA={path} is in use by another demo; example: {ENV_PREFIX}DATA={path}-2") from None
    return lock


def ready(stack: Stack) -> str:
    """What a person needs now: the line that says so, and the table."""
    host = stack.settings.public_host or _address(stack.bind)
    url = f"http://{host}{'' if stack.http_port == 80 else f':{stack.http_port}'}/"
    domain = stack.domain
    rows = [
        ("CSP URL", url),
        ("STCP", f"{host}:{stack.settings.public_stcp_port or stack.stcp_port}"),
        ("XMPP", f"{host}:{stack.xmpp_port} (STARTTLS), {host}:{stack.xmpp_port + 1} (direct TLS), domain {domain}"),
        ("XMPP CA file", str(stack.ca_file)),
        ("Redis", stack.redis_url),
        *((f"admin {name}", f"http://127.0.0.1:{stack.admin_port(name)}/readyz, /metrics") for name in stack.processes),
        ("state, logs", str(stack.dir)),
        ("", ""),
        *((f"{user}@{domain}", accounts.password(user)) for user in accounts.DEMO_USERS),
        ("", ""),
        ("phone passwords", f"{url}account (in a browser on this machine)"),
        ("into the phone", f"server {url}  user id wv:alice@{domain}  password {accounts.password('alice')}"),
        ("or in a terminal", f"{_command()} phone --url {url} --user alice --password {accounts.password('alice')}"),
        (
            "as its operator",
            f"ONESOUP_CONFIG={_near(stack.dir / 'onesoup.toml')} {_command()} doctor  (sessions, trace alice, kick alice ...)",
        ),
        ("to stop", "Ctrl-C"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join([f"onesoup ready: {url}", *(f"  {name:<{width}}  {text}".rstrip() for name, text in rows)])


def _command() -> str:
    """How this program is called from where the user stands."""
    return _near(Path(sys.prefix, "bin", "onesoup"))


def _near(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _address(bind: str) -> str:
    """A name for `bind` that also works elsewhere: where it is every address, the one that leads out of this machine."""
    if bind not in ("0.0.0.0", "::"):
        return bind
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks the routing table
        return str(probe.getsockname()[0])
    return reachable(bind)
