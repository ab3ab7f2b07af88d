"""The processes of the stack: two XMPP servers, Redis, two gateways behind one socket, four holders, two CIR processes behind
another socket. What a supervisor does to them is done here: a process that was killed starts again after a second."""

import http.client
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.parts import REPOSITORY
from bench.scale.accounts import wait_for_accounts, write_accounts
from bench.scale.handed import PORT_VARIABLE, SOCKET_VARIABLE
from bench.scale.town import DOMAINS, POLL_SECONDS, Town
from onesoup.demo import certs
from onesoup.demo.ejabberd import Ejabberd
from onesoup.demo.process import Process
from onesoup.demo.servers import Neighbour, Prosody, server_names
from onesoup.demo.stack import Stack
from onesoup.runtime.ports import free_port
from onesoup.settings import ENV_PREFIX
from onesoup.store.account.keyring import KeyRing

GATEWAYS, HOLDERS, CIRS = ("web-1", "web-2"), ("holder-1", "holder-2", "holder-3", "holder-4"), ("cir-1", "cir-2")
# RestartSec of the units.
SUPERVISOR_SECONDS = 1.0
START_SECONDS = 180.0
LISTEN_BACKLOG = 4096
METRICS_SECONDS = 5.0
OPEN_STREAMS = re.compile(r'^onesoup_xmpp_streams\{state="open"\} (\S+)$', re.MULTILINE)
# Until holders that have just started have spread the shards; many log-ins meanwhile would be moved with them.
SPREAD_SECONDS, MANY_PHONES = 25.0, 1000
# What an operator of this size sets; all else is as it comes. Each is explained in docs/scale.md.
SCALE_SETTINGS = {
    "web_workers": "1",
    "worker_connections": "15000",
    "poll_hold": "0",
    "server_poll_min": str(POLL_SECONDS),
    "stcp_per_address": "5000",
    "number_headers": "X-MSISDN",
    "sms_gateway": "json",
    "sms_password": "scale-secret",
    "sms_prefixes": "+1555",
    "sms_gap": "1",
    "sms_per_hour": "1000",
    "sms_per_day": "1000",
    "sms_user_per_day": "10000",
    "sms_total_per_day": "10000000",
    "sms_rate": "1000",
}
# Prosody: hashed passwords, as servers have them; a collector that waits until memory has doubled, since as it comes it takes two
# thirds of the CPU of a log-in (the generational one takes as little, and then stops everything for seconds); no archive of
# messages, since its file store is not made for one.
PROSODY_OPTIONS = """authentication = "internal_hashed"
gc = { mode = "incremental", threshold = 200, speed = 400 }
modules_disabled = { "mam" }
"""
# Hashed passwords, as with Prosody.
EJABBERD_OPTIONS = "auth_password_format: scram\n"
XMPP_SERVERS = ("prosody", "ejabberd")


class Site:
    """Up while it is a context. `roles` are the sampled processes, by role."""

    def __init__(self, directory: Path, town: Town, server: str = "prosody") -> None:
        self.dir, self.town = directory, town
        self.sms_port = free_port()
        self.xmpp = [*self._servers(server)]
        self.sockets = [_listener() for _ in range(2)]
        self.stack = Stack(
            directory,
            domain=DOMAINS[0],
            prosody=self.xmpp[0],
            http_port=self.sockets[0].getsockname()[1],
            stcp_port=self.sockets[1].getsockname()[1],
            more_ca=str(self.xmpp[1].ca_file),
            env=self._settings(),
        )

    def _servers(self, kind: str) -> Iterator[Prosody | Ejabberd]:
        places = {domain: (self.dir / f"xmpp-{number}", free_port()) for number, domain in enumerate(DOMAINS, 1)}
        for domain, (place, port) in places.items():
            ((other, (there, its_port)),) = [(name, each) for name, each in places.items() if name != domain]
            neighbour = Neighbour(its_port, certs.ensure(there / "certs", server_names(other))[0])
            if kind == "prosody":
                yield Prosody(place, domain, s2s_port=port, neighbours={other: neighbour}, options=PROSODY_OPTIONS)
            else:
                yield Ejabberd(place, domain, s2s_port=port, neighbour=(other, neighbour), options=EJABBERD_OPTIONS)

    def _settings(self) -> dict[str, str]:
        settings = SCALE_SETTINGS | {
            "domains": ",".join(DOMAINS),
            "xmpp_own": ",".join(DOMAINS),
            "xmpp_routes": ",".join(f"{each.domain}=tls://127.0.0.1:{each.tls_port}" for each in self.xmpp),
            # The generator's connections carry many phones, as a carrier's WAP gateway does, which states their numbers too.
            "trusted_proxies": "127.0.0.0/8",
            "sms_url": f"http://127.0.0.1:{self.sms_port}/sms",
        }
        return {ENV_PREFIX + name.upper(): value for name, value in settings.items()} | {"PYTHONPATH": str(REPOSITORY)}

    @property
    def ca_file(self) -> Path:
        """The authorities of both XMPP servers."""
        return Path(self.stack.settings.xmpp_ca)

    # --- up and down ---

    @contextmanager
    def running(self) -> Iterator["Site"]:
        with ExitStack() as ending:
            ending.callback(self.kill_all)
            write_accounts(self.town, self.xmpp)
            KeyRing.create(self.stack.keys_file)
            self.stack.redis.process.start()
            for server in self.xmpp:
                server.process.start()
            for server in self.xmpp:
                server.start()
            wait_for_accounts(self.xmpp)
            self.stack.redis.start()
            for name in (*GATEWAYS, *HOLDERS, *CIRS):
                self._prepared(name).start()
            self.stack.wait(seconds=START_SECONDS)
            time.sleep(SPREAD_SECONDS if self.town.phones >= MANY_PHONES else 0)
            yield self

    def kill_all(self) -> None:
        self.stack.kill_all()
        for server in self.xmpp:
            server.kill()
        for each in self.sockets:
            each.close()

    def _prepared(self, name: str) -> Process:
        role = name.partition("-")[0]
        process = self.stack.prepared(role, name)
        if role in ("web", "cir"):
            handed = self.sockets[role == "cir"].fileno()
            process.argv = [sys.executable, "-m", "bench.scale.handed", role]
            process.env[SOCKET_VARIABLE] = str(handed)
            if role == "web":
                process.env.setdefault(PORT_VARIABLE, str(free_port()))
            process.pass_fds = (handed,)
        return process

    # --- who runs ---

    def roles(self) -> dict[str, list[int]]:
        """{role: process ids} of all that is ours to measure."""
        found: dict[str, list[int]] = {"gateways": [], "holders": [], "CIR": []}
        for names, role in ((GATEWAYS, "gateways"), (HOLDERS, "holders"), (CIRS, "CIR")):
            found[role] = [self.stack.processes[name].pid for name in names if self.stack.processes[name].running]
        redis = self.stack.redis.process
        found["Redis"] = [redis.pid] if redis.running else []
        found["XMPP"] = [each.process.pid for each in self.xmpp if each.process.running]
        return found

    def open_streams(self) -> int:
        """How many XMPP streams the holders have, as their metrics say."""
        return sum(map(self._streams_of, HOLDERS))

    def _streams_of(self, name: str) -> int:
        """0 for one that does not answer."""
        with suppress(OSError, http.client.HTTPException):
            link = http.client.HTTPConnection("127.0.0.1", self.stack.admin_port(name), timeout=METRICS_SECONDS)
            link.request("GET", "/metrics")
            found = OPEN_STREAMS.search(link.getresponse().read().decode())
            link.close()
            return int(float(found[1])) if found else 0
        return 0

    # --- what happens to it ---

    def kill(self, name: str) -> None:
        """kill -9; the supervisor starts it again. Returns when it does its work."""
        process = self.stack.redis.process if name == "redis" else self.stack.processes[name]
        os.kill(process.pid, signal.SIGKILL)
        process.finish(START_SECONDS)
        time.sleep(SUPERVISOR_SECONDS)
        process.start()
        if name == "redis":
            process.wait_until(self.stack.redis.answers, START_SECONDS)
        else:
            self.stack.wait(name, seconds=START_SECONDS)

    def restart(self, name: str) -> None:
        """SIGTERM, and a new one; returns when it does its work."""
        process = self.stack.processes[name]
        process.stop()
        process.start()
        self.stack.wait(name, seconds=START_SECONDS)


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", free_port()))
    listener.listen(LISTEN_BACKLOG)
    return listener
