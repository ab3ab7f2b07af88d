"""SIGHUP to each role as its own process: a bad setting ends nothing, and the log says what is wrong."""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from onesoup.demo.process import Process
from onesoup.demo.servers import RedisServer, connects
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing

WITHIN = 60.0


class Role:
    """A process of a role that reads its settings from a file."""

    def __init__(self, role: str, directory: Path, redis_url: str) -> None:
        self.role, self.file, self.keys = role, directory / "onesoup.toml", directory / "keys"
        self.http_port = free_port()
        KeyRing.create(self.keys)
        self.usual = {"redis_url": redis_url, "keys_file": str(self.keys), "data": str(directory), "web_workers": 1}
        self.usual |= {"http_port": self.http_port, "stcp_port": free_port(), "admin_port": free_port()}
        self.write()
        env = {"PATH": "/usr/bin:/bin", "ONESOUP_CONFIG": str(self.file)}
        self.process = Process(role, [str(Path(sys.prefix, "bin", "onesoup")), role], env, directory / "log")

    def write(self, **more: str | int) -> None:
        self.file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in (self.usual | more).items()))

    def says(self, word: str, within: float = WITHIN) -> None:
        self.process.wait_until(lambda: word in self.process.output(), within)

    def hang_up(self) -> None:
        self.process.signal(signal.SIGHUP)

    def workers(self) -> set[int]:
        """Of a gateway."""
        master = self.process.pid
        return {int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()}

    def serves(self) -> bool:
        return connects("127.0.0.1", self.http_port)


@pytest.fixture(scope="module")
def redis_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def role(redis_here: RedisServer, tmp_path: Path) -> Iterator[Callable[[str], Role]]:
    with ExitStack() as ending:

        def start(name: str) -> Role:
            made = Role(name, tmp_path, redis_here.url)
            ending.callback(made.process.kill)
            made.process.start()
            made.says("admin port")
            return made

        yield start


def test_a_gateway_goes_on_with_its_workers_whatever_is_wrong(role: Callable[[str], Role]) -> None:
    gateway = role("web")
    gateway.process.wait_until(lambda: len(gateway.workers()) == 1 and gateway.serves(), WITHIN)
    before = gateway.workers()
    wrong: list[tuple[dict[str, str | int], str]] = [
        ({"http_port": 99999}, "http_port"),
        ({"ttl_min": 7000, "ttl_max": 200}, "ttl_min"),
        ({"provider_logo": "/nowhere.png"}, "/nowhere.png"),
        ({"xmpp_ca": "/nowhere.pem"}, "/nowhere.pem"),
        ({"[": 1}, "onesoup.toml"),
    ]
    for count, (values, word) in enumerate(wrong, 1):
        gateway.write(**values)
        gateway.hang_up()
        gateway.process.wait_until(lambda count=count: gateway.process.output().count("reload-refused") == count, WITHIN)
        assert word in gateway.process.output().rpartition("reload-refused")[2]
    gateway.write()
    gateway.keys.write_text("nonsense\n")
    gateway.hang_up()
    gateway.process.wait_until(lambda: gateway.process.output().count("reload-refused") == len(wrong) + 1, WITHIN)
    assert gateway.workers() == before
    assert gateway.serves()

    # What is right again is taken over by new workers, but for the ports, which the master holds: one is taken by others here.
    gateway.keys.unlink()
    KeyRing.create(gateway.keys)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        gateway.write(web_workers=2, http_port=taken, admin_port=taken)
        gateway.hang_up()
        gateway.process.wait_until(lambda: len(gateway.workers()) == 2 and not gateway.workers() & before, WITHIN)
    gateway.says("restart-needed")
    assert "http_port" in gateway.process.output().rpartition("restart-needed")[2]
    assert gateway.serves()


def test_a_worker_dies_while_the_files_are_wrong_and_the_gateway_lives(role: Callable[[str], Role]) -> None:
    """Settings count from a reload on; without its key ring a new worker tries again until the file is right."""
    gateway = role("web")
    gateway.process.wait_until(lambda: len(gateway.workers()) == 1 and gateway.serves(), WITHIN)
    before = gateway.workers()
    gateway.write(http_port=99999)
    os.kill(*before, signal.SIGKILL)
    gateway.process.wait_until(lambda: gateway.process.output().count("admin port") == 2, WITHIN)
    gateway.keys.write_text("nonsense\n")
    os.kill(*gateway.workers(), signal.SIGKILL)
    gateway.says("worker-failed")
    gateway.keys.unlink()
    KeyRing.create(gateway.keys)
    gateway.process.wait_until(lambda: gateway.process.output().count("admin port") == 3, WITHIN)
    assert gateway.serves()


@pytest.mark.parametrize("name", ["holder", "cir", "all"])
def test_processes_without_a_master_say_what_a_restart_would_bring_and_go_on(name: str, role: Callable[[str], Role]) -> None:
    process = role(name)
    process.write(ttl_min=7000, ttl_max=200)
    process.hang_up()
    process.says("reload-refused")
    assert "ttl_min" in process.process.output().rpartition("reload-refused")[2]
    process.write(ttl_max=4000)
    process.hang_up()
    process.says("restart-needed")
    assert "ttl_max" in process.process.output().rpartition("restart-needed")[2]
    process.keys.write_text("nonsense\n")
    process.hang_up()
    process.process.wait_until(lambda: process.process.output().count("reload-refused") == 2, WITHIN)
    os.kill(process.process.pid, 0)
