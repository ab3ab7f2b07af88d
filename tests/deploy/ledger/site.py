"""What an operator has put up: two of each role behind nginx, Redis with two replicas and three Sentinels, an XMPP server."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis
from redis.sentinel import Sentinel

from onesoup.demo.process import Process
from onesoup.demo.stack import Stack
from onesoup.runtime.ports import free_port
from tests.support.edge import Edge
from tests.support.topologies import SERVICE, Sentinels, recommended, recommended_silence

WEB_WORKERS = 2
ROLES = ("web", "holder", "cir")
NAMES = tuple(f"{role}-{number}" for role in ROLES for number in (1, 2))
# What takes longer than this on any machine has failed.
PATIENCE_SECONDS = 120.0
# RestartSec of the units.
SUPERVISOR_SECONDS = 1.0


def until(what: Callable[[], object], why: str, within: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + within
    while not what():
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:g} s: {why}")
        time.sleep(0.1)


class Site:
    """The processes, and what is done to them."""

    def __init__(self, stack: Stack, servers: Sentinels, edge: Edge) -> None:
        self.stack, self.servers, self.edge = stack, servers, edge

    def process(self, name: str) -> Process:
        return self.stack.processes[name]

    def workers(self, name: str) -> set[int]:
        """The process ids of a gateway's workers."""
        master = self.process(name).pid
        return set(map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split()))

    def start(self, name: str) -> None:
        """Returns when it does its work."""
        self.stack.start(name.partition("-")[0], name)

    def kill(self, name: str) -> None:
        """kill -9 of the main process; systemd clears away what is left of it, and starts it again."""
        process = self.process(name)
        os.kill(process.pid, signal.SIGKILL)
        process.finish(PATIENCE_SECONDS)
        time.sleep(SUPERVISOR_SECONDS)
        self.start(name)

    def kill_worker(self, name: str) -> None:
        """kill -9 of a gateway's worker; returns when another one is there."""
        before = self.workers(name)
        os.kill(max(before), signal.SIGKILL)
        until(lambda: len(self.workers(name)) == WEB_WORKERS and self.workers(name) != before, f"{name} replaces its worker")
        self.stack.wait(name)

    def reload(self, name: str) -> None:
        """As `systemctl reload` of a gateway; returns when all its workers are new."""
        before = self.workers(name)
        self.process(name).signal(signal.SIGHUP)
        until(lambda: len(self.workers(name)) == WEB_WORKERS and not self.workers(name) & before, f"{name} replaces its workers")
        self.stack.wait(name)

    def fail_over(self) -> float:
        """kill -9 of the Redis master; returns when another server is named by the Sentinels and takes writes. Seconds that that
        took, which is the doing of Redis alone."""
        dead, began = self.servers.master.port, time.monotonic()
        self.servers.master.process.kill()
        until(lambda: self._writable() not in (0, dead), "another master takes writes")
        return time.monotonic() - began

    def _writable(self) -> int:
        """The port of the master that a Sentinel names, 0 while it takes no writes."""
        hosts = [("127.0.0.1", each.port) for each in self.servers.watchers]
        try:
            port = int(Sentinel(hosts, socket_timeout=1.0).discover_master(SERVICE)[1])
            with redis.Redis(port=port, socket_timeout=1.0) as client:
                client.lpushx("no-such-list", "")
        except redis.RedisError:
            return 0
        return port


@contextmanager
def site(
    directory: Path, accounts: dict[str, dict[str, str]], password: str, prepare: Callable[[Process], object]
) -> Iterator[Site]:
    """Everything up. `accounts` are {user: contacts}; `prepare` is called with each process before its start."""
    with ExitStack() as ending:
        servers = Sentinels(directory / "redis", replicas=2, options=recommended("two or more"), silence=recommended_silence())
        ending.enter_context(servers)
        ports = {name: free_port() for name in NAMES if not name.startswith("holder")}
        edge = Edge(directory / "nginx", {"gateway": (ports["web-1"], ports["web-2"]), "STCP": (ports["cir-1"], ports["cir-2"])})
        more = {
            "ONESOUP_WEB_WORKERS": str(WEB_WORKERS),
            "ONESOUP_TRUSTED_PROXIES": "127.0.0.1",
            "ONESOUP_STCP_PROXY": "true",
            "ONESOUP_PUBLIC_HOST": "127.0.0.1",
            "ONESOUP_PUBLIC_STCP_PORT": str(edge.stcp),
            "ONESOUP_XMPP_OWN": "localhost",
            "ONESOUP_POLL_HOLD": "1.5",
            "ONESOUP_LOG_LEVEL": "info",
        }
        stack = Stack(directory, env=more, redis=servers)  # type: ignore[arg-type]
        ending.callback(stack.kill_all)
        for user, contacts in accounts.items():
            stack.prosody.add_account(user, password, contacts)
        stack.start_servers()
        for name in NAMES:
            role = name.partition("-")[0]
            setting = {"web": "ONESOUP_HTTP_PORT", "cir": "ONESOUP_STCP_PORT"}.get(role)
            own = {setting: str(ports[name])} if setting else {}
            process = stack.prepared(role, name, own)
            prepare(process)
            process.start()
        stack.wait()
        ending.callback(edge.kill)
        yield Site(stack, servers, edge.start())
