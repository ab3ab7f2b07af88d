"""A whole onesoup on one machine, for the demo and for tests: Redis, Prosody, gateway, holder and CIR as processes.

    with Stack(tmp_path) as stack:
        httpx.post(stack.url, ...)
        stack.kill("holder")
        stack.start("holder")
        print(stack.logs("holder"))

Every port is a free one unless it is given. A role may run more than once: `stack.start("holder", "holder-2")`.
"""

import http.client
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self

from onesoup.demo import accounts
from onesoup.demo.ejabberd import Ejabberd
from onesoup.demo.process import Process, make_private, write_private
from onesoup.demo.servers import Prosody, RedisServer, connects, reachable
from onesoup.observability import admin_server
from onesoup.runtime.ids import token
from onesoup.runtime.ports import free_port
from onesoup.settings import ENV_PREFIX, Settings, load_settings
from onesoup.store.account.keyring import KeyRing

ROLES = ("web", "holder", "cir")


@dataclass(frozen=True, slots=True)
class Federation:
    """How a Prosody of a stack is reached by others: clients and servers of the whole network."""

    bind: str
    public_host: str
    s2s_port: int


class Stack:
    """The set of processes. Nothing runs before `up` (or `with`); `down` leaves nothing behind."""

    def __init__(
        self,
        directory: str | Path,
        *,
        domain: str = "localhost",
        bind: str = "127.0.0.1",
        http_port: int = 0,
        stcp_port: int = 0,
        xmpp_port: int = 0,
        redis_port: int = 0,
        federation: Federation | None = None,
        companions: bool = False,
        websocket: bool = False,
        passwords: Mapping[str, str] | None = None,
        rosters: Mapping[str, Mapping[str, str]] | None = None,
        more_routes: str = "",
        more_ca: str = "",
        env: Mapping[str, str] | None = None,
        redis: RedisServer | None = None,
        prosody: Prosody | Ejabberd | None = None,
        prosody_more: Mapping[str, Any] | None = None,
    ) -> None:
        """`env` are further ONESOUP_ variables for the roles; those of our own environment do not reach them. `prosody_more`:
        options and more_hosts of a Prosody of our own, which listens on loopback whatever `bind` is, unless `federation` says
        otherwise. `companions`: with the echo user and the lobby. `websocket`: the gateway's pages, opened on this machine, may
        speak XMPP with our Prosody, unless that is federated. `passwords` are those of the demo accounts, else simple ones;
        `rosters` their contacts {user: {user or JID: name}}, else each other.
        `more_routes` and `more_ca`, as in the settings, are for XMPP servers beside our own.

        Servers that are handed in are the caller's: never started or stopped here.
        """
        self.dir, self.domain, self.bind = Path(directory).absolute(), domain, bind
        self.http_port = http_port or free_port(bind)
        self.stcp_port = stcp_port or free_port(bind)
        self._own = [server is None for server in (redis, prosody)]
        self.redis = redis or RedisServer(self.dir / "redis", redis_port)
        self.passwords = dict(passwords or accounts.simple_passwords())
        self._rosters = rosters
        self.companions = {"echo": accounts.ECHO, "lobby": accounts.LOBBY} if companions else {}
        self._websocket = websocket
        self.prosody = prosody or self._own_prosody(xmpp_port, federation, prosody_more or {})
        make_private(self.dir / "logs")
        self.keys_file = self.dir / "keys"
        self._more_routes, self._more_ca = more_routes, more_ca
        self.env = self._environment(env or {})
        self.settings: Settings = load_settings(self.env)
        self.processes: dict[str, Process] = {}

    @property
    def url(self) -> str:
        return f"http://{reachable(self.bind)}:{self.http_port}/"

    @property
    def stcp(self) -> tuple[str, int]:
        return reachable(self.bind), self.stcp_port

    @property
    def xmpp_port(self) -> int:
        """STARTTLS; direct TLS is one higher."""
        return self.prosody.port

    @property
    def redis_url(self) -> str:
        return self.redis.url

    @property
    def ca_file(self) -> Path:
        return self.prosody.ca_file

    def up(self) -> Self:
        """Starts everything and returns when everything answers. Raises ProcessError when something does not."""
        self.start_servers()
        for role in ROLES:
            self.launch(role)
        self.wait()
        return self

    def start_servers(self) -> None:
        """Redis and Prosody with the demo accounts, linked in the account store."""
        KeyRing.create(self.keys_file)
        if self._own[1]:
            self.prosody.process.start()
        if self._own[0]:
            self.redis.start()
        self._make_accounts()
        accounts.link(self.settings, self.passwords)
        if self._own[1]:
            self.prosody.start()

    def down(self) -> None:
        """All roles at once, then the servers that they need until the end."""
        self._end([process for process in self.processes.values() if process.running])
        if self._own[1]:
            self.prosody.stop()
        if self._own[0]:
            self.redis.stop()

    def kill_all(self) -> None:
        """SIGKILL for everything that was started here."""
        for process in self.all():
            process.kill()

    def all(self) -> list[Process]:
        """Every process started here, servers first."""
        servers = [self.redis.process, self.prosody.process]
        return [server for server, own in zip(servers, self._own, strict=True) if own] + list(self.processes.values())

    def start(self, role: str, name: str | None = None, env: Mapping[str, str] | None = None) -> Process:
        """Starts one process of a role, or starts it again, and returns when it answers."""
        process = self.launch(role, name, env)
        self.wait(process.name)
        return process

    def launch(self, role: str, name: str | None = None, env: Mapping[str, str] | None = None) -> Process:
        """As `start`, without the waiting."""
        process = self.prepared(role, name, env)
        process.start()
        return process

    def prepared(self, role: str, name: str | None = None, env: Mapping[str, str] | None = None) -> Process:
        """The process of that name, new where there is none yet or `env` is given; not started here."""
        name = name or role
        if name not in self.processes or env is not None:
            argv = [str(Path(sys.prefix, "bin", "onesoup")), role]
            own = {"ONESOUP_ADMIN_PORT": str(free_port())}  # the usual ones may be another stack's
            environ = own | self.env | dict(env or {})
            self.processes[name] = Process(name, argv, environ, self.dir / "logs" / f"{name}.log")
        return self.processes[name]

    def stop(self, name: str) -> None:
        """SIGTERM: it hands its work over and ends."""
        self.processes[name].stop()

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would; for the gateway, master and workers at once."""
        self.processes[name].kill()

    def logs(self, name: str) -> str:
        """All that a process has written so far, over its restarts."""
        servers = {"redis": self.redis.process, "prosody": self.prosody.process}
        return (servers.get(name) or self.processes[name]).output()

    def wait(self, *names: str, seconds: float = 60.0) -> None:
        """Returns when these processes (default: all roles) do their work."""
        for name in names or tuple(self.processes):
            process = self.processes[name]
            process.wait_until(self._answers(process), seconds)

    def admin_port(self, name: str) -> int:
        """The admin port of a role's process, 0 while it has none."""
        process = self.processes[name]
        return admin_server.running_admin_ports(self.dir).get(f"{process.argv[-1]}-{process.pid}", 0)

    def __enter__(self) -> Self:
        try:
            return self.up()
        except BaseException:
            self.kill_all()
            raise

    def __exit__(self, *_: object) -> None:
        self.down()

    def _own_prosody(self, port: int, federation: Federation | None, more: Mapping[str, Any]) -> Prosody:
        bind, public_host, s2s_port = ("127.0.0.1", "", 0) if federation is None else astuple(federation)
        options = {"bind": bind, "public_host": public_host, **more}
        origins = _loopback_origins(self.http_port) if self._websocket else ()
        return Prosody(
            self.dir / "prosody",
            self.domain,
            port,
            s2s_port=s2s_port,
            companions=self.companions,
            websocket_origins=origins,
            **options,
        )

    def _make_accounts(self) -> None:
        """The passwords are those of now, whatever an earlier start has left behind in a server of ours."""
        echo = {accounts.ECHO: accounts.ECHO.title()} if self.companions else {}
        for user, password in self.passwords.items():
            roster = accounts.roster(user) if self._rosters is None else dict(self._rosters.get(user, {}))
            self.prosody.add_account(user, password, roster | echo)
            if self._own[1] and isinstance(self.prosody, Prosody):
                self.prosody.files.set_password(user, password)
        if echo:
            self.prosody.add_account(accounts.ECHO, token(16))  # nobody logs in to it; the name is taken

    def _answers(self, process: Process) -> Callable[[], bool]:
        role, host = process.argv[-1], reachable(self.bind)

        def ready() -> bool:
            port = self.admin_port(process.name)
            return bool(port) and _status("127.0.0.1", port, "/readyz") == 200

        def web() -> bool:
            return connects(host, int(process.env["ONESOUP_HTTP_PORT"])) and ready()

        def cir() -> bool:
            return connects(host, int(process.env["ONESOUP_STCP_PORT"])) and ready()

        return {"web": web, "cir": cir, "all": lambda: web() and cir()}.get(role, ready)

    def _end(self, processes: list[Process]) -> None:
        for process in processes:
            process.signal(15)
        for process in processes:
            process.finish(process.stop_seconds)

    def _authorities(self) -> Path:
        """The certificate of our server's authority, with others where there are some."""
        if not self._more_ca:
            return self.prosody.ca_file
        both = self.dir / "ca.pem"
        write_private(both, "\n".join(Path(each).read_text(encoding="ascii") for each in (self.prosody.ca_file, self._more_ca)))
        return both

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(ENV_PREFIX)}
        clean.pop("WEB_CONCURRENCY", None)
        clean["PYTHONUNBUFFERED"] = "1"
        ours = {
            "redis_url": self.redis.url,
            "keys_file": str(self.keys_file),
            "data": str(self.dir),
            "bind": self.bind,
            "http_port": str(self.http_port),
            "stcp_port": str(self.stcp_port),
            "domain": self.domain,
            "xmpp_routes": ",".join(filter(None, [f"{self.domain}={self.prosody.url}", self._more_routes])),
            "xmpp_ca": str(self._authorities()),
            "media_hosts": self.prosody.web,
            "fetch_pictures": "true",
            "browser_phone_xmpp": self.prosody.websocket_url if isinstance(self.prosody, Prosody) else "",
            # It would greet each phone of a measurement. The demo and its own tests switch it on.
            "service_contact": "",
        }
        return clean | {ENV_PREFIX + name.upper(): value for name, value in ours.items()} | dict(more)


def _loopback_origins(port: int) -> list[str]:
    """How browsers of this machine name the pages of a server at this port."""
    place = "" if port == 80 else f":{port}"
    return [f"http://{host}{place}" for host in ("127.0.0.1", "localhost", "[::1]")]


def _status(host: str, port: int, path: str) -> int:
    """The HTTP status of one GET, 0 when there was no answer."""
    link = http.client.HTTPConnection(host, port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        link.request("GET", path)
        return link.getresponse().status
    link.close()
    return 0
