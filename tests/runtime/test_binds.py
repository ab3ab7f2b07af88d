"""Roles listen at addresses of both families."""

import socket
import sys
from pathlib import Path

import pytest

from onesoup.demo.process import Process
from onesoup.demo.servers import RedisServer, connects
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="needs IPv6")
@pytest.mark.parametrize(("role", "setting"), [("web", "HTTP_PORT"), ("cir", "STCP_PORT")])
def test_a_role_listens_at_an_address_of_ipv6(role: str, setting: str, redis_server: RedisServer, tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "keys")
    port = free_port("::1")
    mine = {"REDIS_URL": redis_server.url, "KEYS_FILE": str(tmp_path / "keys"), "DATA": str(tmp_path), "WEB_WORKERS": "1"}
    mine |= {"BIND": "::1", "ADMIN_BIND": "::1", "ADMIN_PORT": str(free_port("::1")), setting: str(port)}
    environ = {f"ONESOUP_{name}": value for name, value in mine.items()}
    process = Process(role, [str(Path(sys.prefix, "bin", "onesoup")), role], environ, tmp_path / f"{role}.log")
    process.start()
    try:
        process.wait_until(lambda: connects("::1", port), seconds=60)
        process.wait_until(lambda: connects("::1", int(mine["ADMIN_PORT"])), seconds=60)
    finally:
        process.stop()
