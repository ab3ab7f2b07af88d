"""The life of a process that has one role, or several in one event loop: started, ready, told to stop, drained."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import gevent
import redis
import structlog
from gevent.event import Event

from onesoup.http_server.wsgi import Application
from onesoup.observability import admin_server, tracing
from onesoup.observability.bugs import bugs_logged
from onesoup.observability.process_beat import ProcessBeat
from onesoup.runtime import systemd
from onesoup.runtime.garbage import settle_garbage_collector
from onesoup.runtime.usable_settings import go_on_after_hangup
from onesoup.settings import Settings, SettingsError
from onesoup.store.errors import StoreDown

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StartedRole:
    """A role that does its work. `checks` are for /readyz; `beat` makes what says in Redis that it lives, given the admin port's
    address; `stop` hands over what it has, within `drain_seconds`; `mounted` are further pages of the admin port."""

    client: redis.Redis
    checks: Sequence[admin_server.Check]
    beat: Callable[[tuple[str, int]], ProcessBeat]
    stop: Callable[[], None]
    mounted: Mapping[str, Application] = field(default_factory=dict)


RoleStart = Callable[[Settings], StartedRole]


def run_roles(settings: Settings, name: str, starts: Mapping[str, RoleStart]) -> int:
    """Runs until SIGTERM or SIGINT, and returns the exit status. Roles start in this order, and stop in it.

    `name` stands in logs and traces, and on the one admin port of the process; operators' commands see each role by itself.
    """
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopping.set)
    go_on_after_hangup(settings, stopping.set)
    settle_garbage_collector()
    roles = {role: _started(role, start, settings, alone=len(starts) == 1) for role, start in starts.items()}
    clients = [each.client for each in roles.values()]
    tracing.start_tracing(clients[0], name)
    mounted = {path: pages for each in roles.values() for path, pages in each.mounted.items()}
    port = admin_server.start_admin_server(settings, name, _checks(roles), mounted=mounted)
    place = (settings.admin_bind, port)
    beats = [each.beat(place).start() for each in roles.values()]
    systemd.notify_ready()
    stopping.wait()
    systemd.notify_stopping()
    stop_roles(roles)
    for beat in beats:
        beat.leave()
    return 0


def stop_roles(roles: Mapping[str, StartedRole]) -> None:
    """Each in its turn, also when one before it fails: the last one hands sessions over."""
    for name, role in roles.items():
        with bugs_logged(stopping=name):
            try:
                role.stop()
            except StoreDown as error:
                log.warning("store-down", reason=str(error), stopping=name)


def _started(role: str, start: RoleStart, settings: Settings, alone: bool) -> StartedRole:
    try:
        return start(settings)
    except SettingsError as error:
        raise error if alone else SettingsError(f"{role}: {error}") from None
    except Exception as error:
        log.error("start-failed", role=role, reason=type(error).__name__)
        raise


def _checks(roles: Mapping[str, StartedRole]) -> list[admin_server.Check]:
    """Those of all roles; where there are several, the names begin with the role."""
    if len(roles) == 1:
        return [check for each in roles.values() for check in each.checks]
    return [_named_check(f"{role}-{check.__name__}", check) for role, each in roles.items() for check in each.checks]


def _named_check(name: str, check: admin_server.Check) -> admin_server.Check:
    def checked() -> object:
        return check()

    checked.__name__ = name
    return checked
