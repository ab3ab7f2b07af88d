"""Bridges to other networks, as components of a Prosody: slidge with its own pretended network, biboumi with an IRC server."""

import os
import random
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path

from onesoup.demo.process import Process, ProcessError
from onesoup.demo.prosody_files import lua_text
from onesoup.demo.servers import REPOSITORY, Server, connects

SECRET = "of-the-bridge"
# What tools/setup networks has made.
SLIDGE = REPOSITORY / ".run" / "slidge"
PROGRAMS = REPOSITORY / "tests" / "networks" / "programs"
PRIVILEGE = Path("/usr/lib/prosody/modules/mod_privilege")
IRC_PORT = 6667


def find_slidge() -> Path:
    """The Python that has slidge."""
    python = SLIDGE / "venv" / "bin" / "python"
    if not (SLIDGE / "stamp").exists() or not python.exists():
        raise ProcessError("no slidge; `tools/setup networks` installs it")
    return python


def find_program(name: str) -> str:
    place = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if place is None:
        raise ProcessError(f"no {name}; `tools/setup networks` as root installs it")
    return place


def privileges(components: Iterable[str]) -> str:
    """Options of Prosody that let these components manage the rosters and bookmarks of its users (XEP-0356)."""
    pubsub = '["http://jabber.org/protocol/pubsub"] = "both"; ["http://jabber.org/protocol/pubsub#owner"] = "set"'
    rights = f'roster = "both"; message = "outgoing"; iq = {{ {pubsub} }}'
    return "privileged_entities = { " + "; ".join(f"[{lua_text(each)}] = {{ {rights} }}" for each in components) + " }"


def component(name: str, privileged: bool = False) -> str:
    """The section of Prosody's configuration for a component."""
    modules = '\n  modules_enabled = { "privilege" }' if privileged else ""
    return f'Component "{name}"\n  component_secret = "{SECRET}"{modules}\n'


def component_port(port: int) -> str:
    """The line of Prosody's global section with the port of its components, in the place of ours that has none."""
    return f"s2s_ports = {{}}; https_ports = {{}}; component_ports = {{ {port} }}"


class Bridge(Server):
    """A component that says in its log that it is connected."""

    ready = ""

    def answers(self) -> bool:
        return self.ready in self.process.output()


class Slidge(Bridge):
    """slidge with its pretended network, for the users of the domain of its name."""

    ready = "Slidge has successfully started"

    def __init__(self, directory: Path, name: str, port: int) -> None:
        domain = name.partition(".")[2]
        argv = [str(find_slidge()), str(PROGRAMS / "superduper_with_pictures.py"), "--jid", name, "--secret", SECRET]
        argv += ["--server", "127.0.0.1", "--port", str(port), "--home-dir", str(directory / name)]
        argv += ["--upload-service", f"upload.{domain}", "--user-jid-validator", f".*@{domain}"]
        self.port = port
        env = os.environ | {
            "PYTHONPATH": str(SLIDGE / "source"),
            "PYTHONUNBUFFERED": "1",
            "SLIDGE_CONF_DIR": str(directory / "no-config"),
        }
        self.process = Process(name, argv, env, directory / f"{name}.log")


class Biboumi(Bridge):
    ready = "Authenticated with the XMPP server"

    def __init__(self, directory: Path, name: str, port: int) -> None:
        self.port = port
        config = directory / "biboumi.cfg"
        lines = [f"hostname={name}", f"password={SECRET}", "xmpp_server_ip=127.0.0.1", f"port={port}", "log_level=1"]
        config.write_text("\n".join([*lines, f"db_name={directory / 'biboumi.sqlite'}"]) + "\n", encoding="ascii")
        self.process = Process("biboumi", [find_program("biboumi"), str(config)], os.environ, directory / "biboumi.log")


class Ngircd(Server):
    """A small IRC server. Clients that are told a name only, as biboumi is, want the usual port, so it has a loopback address of
    its own."""

    def __init__(self, directory: Path) -> None:
        self.port = IRC_PORT
        self.host = next(each for each in iter(_loopback_address, "") if not connects(each, IRC_PORT))
        config = directory / "ngircd.conf"
        config.write_text(
            f"[Global]\nName = irc.test\nInfo = test\nListen = {self.host}\nPorts = {IRC_PORT}\n"
            "[Options]\nDNS = no\nIdent = no\nPAM = no\n[Limits]\nMaxConnectionsIP = 0\n",
            encoding="ascii",
        )
        argv = [find_program("ngircd"), "-n", "-f", str(config)]
        self.process = Process("ngircd", argv, os.environ, directory / "ngircd.log")

    def answers(self) -> bool:
        return connects(self.host, self.port)


def _loopback_address() -> str:
    return ".".join(["127", *(str(random.randint(16, 250)) for _ in range(3))])


class IrcUser:
    """Somebody who sits in a channel with an IRC client."""

    def __init__(self, server: Ngircd, nick: str, channel: str) -> None:
        self.nick, self.channel = nick, channel
        self._link = socket.create_connection((server.host, server.port), timeout=60)
        self._lines = self._link.makefile("rb")
        self._send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.until(" 001 ")
        self._send(f"JOIN {channel}")
        self.until(" 366 ")

    def says(self, text: str, to: str = "") -> None:
        self._send(f"PRIVMSG {to or self.channel} :{text}")

    def until(self, part: str) -> str:
        """The next line with this in it. TimeoutError when none comes."""
        while line := self._lines.readline().decode():
            if line.startswith("PING"):
                self._send(line.replace("PING", "PONG", 1).rstrip())
            if part in line:
                return line.rstrip()
        raise ProcessError("the IRC server has gone")

    def close(self) -> None:
        self._lines.close()
        self._link.close()

    def _send(self, *lines: str) -> None:
        self._link.sendall("".join(f"{line}\r\n" for line in lines).encode())
