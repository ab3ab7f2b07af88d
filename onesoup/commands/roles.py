"""The commands `onesoup web | holder | cir | all`: check settings, key ring and Redis, then become the role.

What is wrong with these is one line of the log, or of plain text on a terminal, with exit status 1, or 3 when it is Redis that
does not answer.
"""

import fcntl
import importlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from onesoup.commands.exit_codes import FAILED, NO_REDIS

if TYPE_CHECKING:
    from onesoup.settings import Settings

# Redis may still be starting.
REDIS_PATIENCE_SECONDS = 5.0
# The one maxmemory-policy under which Redis evicts no keys when it is full. Inboxes are keys.
NOEVICTION = "noeviction"


@click.command()
def web() -> None:
    """Run the gateway: gunicorn with gevent workers that serve phones over HTTP."""
    settings, _ = _prepare("web")
    # The path must be known before prometheus_client is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(take_metrics_directory(metrics_directory(settings, os.environ)))
    os.execv(
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--config", str(_gunicorn_conf()), "workers.gateway:create_app()"],
    )


def metrics_directory(settings: "Settings", environ: Mapping[str, str]) -> Path:
    """Where the workers of a gateway keep their counters, in files that they map into memory. The RuntimeDirectory= of systemd is
    preferred, since it is no disk: where the disk below a mapped file is full, a process that writes dies by SIGBUS."""
    # systemd separates several directories by colons.
    runtime = environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(runtime or settings.data, "metrics", f"web-{settings.http_port}").absolute()


def take_metrics_directory(wanted: Path) -> Path:
    """Makes the wanted directory, empty: counters that are found there are of dead workers. Where another gateway that runs has
    it, one beside it, such as web-8080-2: a second one with this port, at another address, must not remove the first one's."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    beside = (wanted.with_name(f"{wanted.name}-{number}") for number in count(2))
    taken = next(each for each in chain([wanted], beside) if _lock(each))
    shutil.rmtree(taken, ignore_errors=True)
    taken.mkdir()
    return taken


def _lock(directory: Path) -> bool:
    """Whether it is ours from now on, until this process and what it becomes and starts have ended."""
    file = os.open(f"{directory}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    os.set_inheritable(file, True)
    with suppress(OSError):  # on a file system without locks, as if nobody had it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
    return True


@click.command()
def holder() -> None:
    """Run a holder, which keeps the XMPP streams of the sessions in its shards."""
    _run("holder", lambda settings: _imported("workers.holder").main(settings))


@click.command("all")
def all_roles() -> None:
    """Run gateway, holder and CIR in one process, for a small host.

    It takes half the memory of the three, one core at most, and starts again as a whole.
    """
    _run("all", _run_all)


class _CirGroup(click.Group):
    """Imports the sub-command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["send"]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name != "send":
            return None
        # Before anything that imports ssl or socket.
        from gevent import monkey

        monkey.patch_all()
        from cir.cli import send

        return send


@click.group(cls=_CirGroup, invoke_without_command=True)
@click.pass_context
def cir(ctx: click.Context) -> None:
    """Run the CIR process, which wakes phones when something waits for them.

    With the sub-command `send`, test its SMS gateway.
    """
    if ctx.invoked_subcommand is None:
        _run("cir", lambda settings: _imported("cir.process").main(settings))


def _run(role: str, main: "Callable[[Settings], int]") -> NoReturn:
    # Before anything that imports ssl or socket; the role's module does the same for those who start it otherwise.
    from gevent import monkey

    monkey.patch_all()
    settings, fail = _prepare(role)

    from onesoup.settings import SettingsError

    try:
        sys.exit(main(settings))
    except SettingsError as error:
        fail(str(error))


def _imported(module: str) -> Any:
    """A role's module, which must not be imported before the standard library is patched."""
    return importlib.import_module(module)


def _run_all(settings: "Settings") -> int:
    """All three roles. The one that takes shards starts last, and gives them back when the others need it no more."""
    from onesoup.runtime.role_process import run_roles

    gateway, cir_process, holder_process = map(_imported, ("workers.gateway.in_process", "cir.process", "workers.holder.process"))
    cir_process.check_sockets(settings, "http_port")
    return run_roles(
        settings, "all", {"web": gateway.start, "cir": partial(cir_process.start, alone=False), "holder": holder_process.start}
    )


def _prepare(role: str) -> "tuple[Settings, Callable[..., NoReturn]]":
    """(settings, fail): settings that work, with the log set up and Redis answering. Ends the process otherwise."""
    import structlog

    from onesoup.observability import logs, uncaught
    from onesoup.settings import SettingsError, changed_settings, load_settings, open_secrets
    from onesoup.store.account.keyring import KeyRing, KeyRingError

    def fail(reason: str, status: int = FAILED) -> NoReturn:
        uncaught.end_start(role, reason, status)

    uncaught.log_from_the_start(role)
    try:
        settings = load_settings()
        Path(settings.data).mkdir(parents=True, exist_ok=True)
    except SettingsError as error:
        fail(str(error))
    except OSError as error:
        fail(f"ONESOUP_DATA={settings.data}: {error.strerror}; example: ONESOUP_DATA=/var/lib/onesoup")
    logs.setup_logging(settings, role)
    try:
        if settings.keys_file:
            KeyRing.load(settings.keys_file)
    except KeyRingError as error:
        fail(f"ONESOUP_KEYS_FILE: {error}; example: ONESOUP_KEYS_FILE=/run/secrets/onesoup-keys")
    log = structlog.get_logger(__name__)
    log.info("starting", **changed_settings(settings))
    for name, path in open_secrets(settings).items():
        log.warning("secret-open-to-all", setting=name, path=path, do="chmod 600")
    _check_redis(settings.redis_url, fail)
    return settings, fail


def _check_redis(url: str, fail: Callable[..., NoReturn]) -> None:
    """Waits up to REDIS_PATIENCE_SECONDS for Redis. Refuses a maxmemory-policy that evicts keys."""
    import structlog
    from redis import RedisError

    from onesoup.settings import Settings, masked_settings, secret_texts, without_secrets
    from onesoup.store.redis.client import connect
    from onesoup.store.redis.topology import servers

    only = Settings(redis_url=url)
    shown, hidden = masked_settings(only)["redis_url"], secret_texts(only)
    give_up = time.monotonic() + REDIS_PATIENCE_SECONDS
    while True:
        try:
            redis = connect(url, max_connections=1)
            redis.ping()
            break
        except ValueError as error:
            fail(f"ONESOUP_REDIS_URL={shown}: {error}; example: ONESOUP_REDIS_URL=redis://127.0.0.1:6379/0")
        except RedisError as error:
            if time.monotonic() > give_up:
                fail(f"Redis at ONESOUP_REDIS_URL={shown} does not answer: {without_secrets(str(error), hidden)}", NO_REDIS)
            time.sleep(0.2)
    try:
        policies = {server.config_get("maxmemory-policy").get("maxmemory-policy", NOEVICTION) for server in servers(redis)}
    except RedisError:  # hosted ones forbid CONFIG
        structlog.get_logger(__name__).warning("redis policy unknown", wanted=NOEVICTION)
    else:
        for policy in policies - {NOEVICTION}:
            fail(f"Redis at {shown} has maxmemory-policy {policy} and would forget messages when full; set it to {NOEVICTION}")
    finally:
        redis.close()


def _gunicorn_conf() -> Path:
    """gunicorn.conf.py of the repository, or the copy that the wheel brings."""
    root = Path(__file__).resolve().parents[2]
    for place in (root / "gunicorn.conf.py", Path(sys.prefix, "share", "onesoup", "gunicorn.conf.py")):
        if place.is_file():
            return place
    raise click.ClickException("gunicorn.conf.py is missing from this installation")
