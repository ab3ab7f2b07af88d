"""A real wapbox of Kannel, with the configuration that comes with onesoup, at a loopback address of its own: its UDP ports cannot
be chosen."""

import os
import random
import re
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Self

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port
from tests.support.wsp import CONNECTIONLESS, SESSIONS

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "wap"
PATHS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
PROGRAMS = ("bearerbox", "wapbox", "nginx")


def missing() -> list[str]:
    return [name for name in PROGRAMS if not shutil.which(name, path=PATHS)]


def program(name: str) -> str:
    return shutil.which(name, path=PATHS) or name


def version() -> str:
    """Of wapbox: 1.4.5."""
    said = subprocess.run([program("wapbox"), "--version"], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"version `([0-9.]+)'", said.stdout + said.stderr)
    return found[1] if found else ""


def replaced(text: str, values: dict[str, str]) -> str:
    """The text with each of these in it replaced; each must be there."""
    for shipped, ours in values.items():
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    return text


class Wapbox:
    """bearerbox and wapbox. All URLs of phones are fetched from `port` here."""

    def __init__(self, directory: Path, port: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.address = _free_address()
        self._bearer_port, self._admin_port = free_port(), free_port()
        values = {
            "admin-port = 13000": f"admin-port = {self._admin_port}",
            "wapbox-port = 13002": f"wapbox-port = {self._bearer_port}",
            "192.0.2.9": self.address,
            "127.0.0.1:8110": f"127.0.0.1:{port}",
        }
        conf = directory / "kannel.conf"
        conf.write_text(replaced((SHIPPED / "kannel.conf").read_text(), values))
        self._bearerbox, self._wapbox = (
            Process(name, [program(name), "-v", level, str(conf)], os.environ, directory / f"{name}.log")
            for name, level in (("bearerbox", "1"), ("wapbox", "1"))
        )

    def __enter__(self) -> Self:
        self._bearerbox.start()
        self._bearerbox.wait_until(lambda: connects("127.0.0.1", self._bearer_port))
        self._wapbox.start()
        self._wapbox.wait_until(self._joined)
        return self

    def _joined(self) -> bool:
        """Whether bearerbox has its wapbox."""
        url = f"http://127.0.0.1:{self._admin_port}/status.txt?password=change-me"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return "wapbox, IP" in answer.read().decode("latin-1")

    def __exit__(self, *_: object) -> None:
        self._wapbox.kill()
        self._bearerbox.kill()


def _free_address() -> str:
    """An address of this machine where nobody listens on wapbox's ports."""
    for _ in range(100):
        address = f"127.{random.randint(2, 254)}.{random.randint(1, 254)}.{random.randint(2, 254)}"
        if all(_is_free(address, port) for port in (CONNECTIONLESS, SESSIONS)):
            return address
    raise OSError("no loopback address with free WAP ports")


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
