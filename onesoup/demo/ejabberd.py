"""ejabberd as a private server of a test: its own directory, its own ports, loopback, no Erlang distribution.

It is the second server that XMPP code is tried against; the demo has Prosody. Debian's package is enough, installed and not
running. Without distribution no epmd is started, and any user may run it.
"""

import http.client
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from onesoup.demo import certs
from onesoup.demo.process import Process, ProcessError, write_private
from onesoup.demo.servers import Neighbour, Server, connects, server_names
from onesoup.runtime.ports import free_port

ERLANG_LIBRARIES = Path("/usr/lib")


def find_ejabberd() -> Path:
    """The directory of Erlang libraries in which Debian keeps ejabberd."""
    for beam in ERLANG_LIBRARIES.glob("*-linux-gnu*/ejabberd-*/ebin/ejabberd.beam"):
        if shutil.which("erl"):
            return beam.parents[2]
    raise ProcessError("no ejabberd; the Debian package of that name is enough")


class Ejabberd(Server):
    """ejabberd for one domain, with a certificate of its own authority. `port` speaks STARTTLS, `tls_port` direct TLS."""

    def __init__(
        self,
        directory: str | Path,
        domain: str = "localhost",
        port: int | None = None,
        *,
        s2s_port: int = 0,
        neighbour: tuple[str, Neighbour] | None = None,
        options: str = "",
    ) -> None:
        """`s2s_port` and `neighbour` as in Prosody: here one other server, and its domain. `options` are further lines for the
        top level of its configuration."""
        self.dir, self.domain = Path(directory).absolute(), domain
        self.port = port or free_port("127.0.0.1", 3)
        self._wanted: dict[str, tuple[str, Mapping[str, str]]] = {}
        self.ca_file, certificate, key = certs.ensure(self.dir / "certs", server_names(domain))
        both = self.dir / "certs" / "both.pem"
        write_private(both, "".join(each.read_text(encoding="ascii") for each in (key, certificate, self.ca_file)))
        config = self.dir / "ejabberd.yml"
        write_private(config, self._config(both, s2s_port, neighbour, options))
        env = os.environ | {
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(self.dir / "logs" / "ejabberd.log"),
            "ERL_LIBS": str(find_ejabberd()),
            "ERL_CRASH_DUMP": "/dev/null",
            "HOME": str(self.dir),
        }
        # Two schedulers do for a test, and start faster than one for each core of a big machine.
        argv = ["erl", "+S", "2:2", "+sbwt", "none", "-noinput", "-mnesia", "dir", f'"{self.dir / "mnesia"}"']
        if neighbour:
            env["ERL_INETRC"] = str(self._no_resolver())
            argv += ["-eval", _known_services(*neighbour)]
        argv += ["-s", "ejabberd"]
        self.process = Process("ejabberd", argv, env, self.dir / "ejabberd.log")

    @property
    def tls_port(self) -> int:
        return self.port + 1

    @property
    def url(self) -> str:
        """host:port, as a route names it."""
        return f"127.0.0.1:{self.port}"

    @property
    def web(self) -> str:
        """host:port of its web server, which takes uploads."""
        return f"127.0.0.1:{self.port + 2}"

    def answers(self) -> bool:
        if not all(connects("127.0.0.1", self.port + number) for number in range(3)):
            return False
        with suppress(OSError, ProcessError):
            self._call("status", {})
            for user, (password, roster) in list(self._wanted.items()):
                self._make(user, password, roster)
                del self._wanted[user]
            return True
        return False

    def add_account(self, user: str, password: str, roster: Mapping[str, str] | None = None) -> None:
        """An account with contacts {user or JID: name}, all subscribed both ways. Before the start it waits until then."""
        self._wanted[user] = (password, roster or {})
        if self.process.running:
            self.process.wait_until(self.answers)

    def _make(self, user: str, password: str, roster: Mapping[str, str]) -> None:
        with suppress(FileExistsError):
            self._call("register", {"user": user, "host": self.domain, "password": password})
        for contact, name in roster.items():
            name_there, _, host = contact.partition("@")
            item = {"localuser": user, "localhost": self.domain, "user": name_there, "host": host or self.domain}
            self._call("add_rosteritem", {**item, "nick": name, "group": "", "subs": "both"})

    def _call(self, command: str, arguments: Mapping[str, str]) -> None:
        """One command of its HTTP interface, which listens on loopback only."""
        link = http.client.HTTPConnection("127.0.0.1", self.port + 2, timeout=10)
        try:
            link.request("POST", f"/api/{command}", json.dumps(arguments), {"Content-Type": "application/json"})
            answer = link.getresponse()
            words = answer.read()
        except http.client.HTTPException as error:
            raise ProcessError(f"ejabberd: {command}: {error}") from None
        finally:
            link.close()
        if answer.status == 409:
            raise FileExistsError(command)
        if answer.status != 200:
            raise ProcessError(f"ejabberd: {command}: {answer.status} {words[:200]!r}")

    def _no_resolver(self) -> Path:
        """Erlang's own settings of names: it asks nobody."""
        path = self.dir / "names.erl"
        write_private(path, '{lookup, [dns]}.\n{resolv_conf, ""}.\n{hosts_file, ""}.\n{nameserver, {127, 0, 0, 1}, 9}.\n')
        return path

    def _federation(self, s2s_port: int, neighbour: tuple[str, Neighbour] | None) -> tuple[str, str]:
        """Lines for the list of what it listens to, and for the top level."""
        if neighbour is None:
            return "", ""
        return (
            f'  - {{ port: {s2s_port}, ip: "127.0.0.1", module: ejabberd_s2s_in, max_stanza_size: 524288 }}\n',
            f"s2s_use_starttls: required\ns2s_cafile: {json.dumps(str(neighbour[1].ca_file))}\n",
        )

    def _config(self, certificate: Path, s2s_port: int, neighbour: tuple[str, Neighbour] | None, options: str) -> str:
        quoted, (listened, federated) = json.dumps, self._federation(s2s_port, neighbour)
        return f"""# Written at each start.
hosts: [{quoted(self.domain)}]
loglevel: warning
certfiles: [{quoted(str(certificate))}]
ca_file: {quoted(str(self.ca_file))}
c2s_protocol_options: [no_sslv3, no_tlsv1, no_tlsv1_1]
disable_sasl_mechanisms: [digest-md5, x-oauth2]
auth_method: internal
listen:
  - {{ port: {self.port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls_required: true, max_stanza_size: 524288 }}
  - {{ port: {self.tls_port}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true, max_stanza_size: 524288 }}
  - {{ port: {self.port + 2}, ip: "127.0.0.1", module: ejabberd_http,
      request_handlers: {{ /api: mod_http_api, /upload: mod_http_upload, /http-bind: mod_bosh }} }}
{listened}{federated}api_permissions:
  loopback: {{ who: {{ ip: "127.0.0.1/8" }}, what: "*" }}
acl: {{ local: {{ user_regexp: "" }} }}
access_rules: {{ local: {{ allow: local }} }}
modules:
  mod_admin_extra: {{}}
  mod_blocking: {{}}
  mod_bosh: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_http_api: {{}}
  mod_http_upload: {{ put_url: "http://{self.web}/upload", docroot: {quoted(str(self.dir / "upload"))} }}
  mod_last: {{}}
  mod_mam: {{}}
  mod_muc: {{ host: {quoted("conference." + self.domain)}, default_room_options: {{ mam: true }} }}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_private: {{}}
  mod_pubsub: {{ plugins: [flat, pep] }}
  mod_roster: {{ versioning: true }}
  mod_stream_mgmt: {{ resend_on_timeout: if_offline, resume_timeout: 300 }}
  mod_vcard: {{ search: true }}
  mod_version: {{}}
{options}
"""


def _known_services(domain: str, neighbour: Neighbour) -> str:
    """Erlang that puts the SRV records of another server into the resolver's cache, for good: libc would ask for its address."""
    records = (
        f'inet_db:add_rr("_xmpp-server._tcp.{name}", in, srv, 1000000, {{0, 0, {neighbour.s2s_port}, "127.0.0.1"}})'
        for name in server_names(domain)
    )
    return ", ".join(records) + "."
