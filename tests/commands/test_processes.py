"""`onesoup doctor` and `accounts rotate` with processes that run as the systemd units start them: each with a data directory of
its own and a copy of the key file that was made at its start (LoadCredential)."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from onesoup.commands.accounts import ROTATE_WAIT_SECONDS
from onesoup.demo.process import Process
from onesoup.demo.servers import RedisServer
from onesoup.runtime.ports import free_port
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.processes import PROCESS_TTL_MS, ProcessRecord, ProcessRegistry
from tests.support.keys import add_key

ONESOUP = str(Path(sys.prefix, "bin", "onesoup"))
ALICE = "alice@example.org"


class Host:
    """Processes on this host, and the commands of its operator."""

    def __init__(self, directory: Path, server: RedisServer, client: redis.Redis) -> None:
        self.dir, self.client = directory, client
        self.keys = directory / "keys"
        KeyRing.create(self.keys)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")}
        self.env = clean | {
            "ONESOUP_REDIS_URL": server.url,
            "ONESOUP_DOMAIN": "example.org",
            "ONESOUP_DATA": str(directory / "mine"),
        }
        self.running: list[Process] = []

    def start(self, keys: Path, name: str) -> Process:
        """A CIR process with this key file. Returns when it has said that it lives, and hears news as well."""
        more = {
            "ONESOUP_KEYS_FILE": str(keys),
            "ONESOUP_DATA": str(self.dir / name),
            "ONESOUP_STCP_PORT": str(free_port()),
            "ONESOUP_ADMIN_PORT": str(admin := free_port()),
        }
        process = Process("cir", [ONESOUP, "cir"], self.env | more, self.dir / f"{name}.log")
        process.start()
        self.running.append(process)
        process.wait_until(lambda: process.pid in self.known() and _is_ready(admin), seconds=60)
        return process

    def copy(self) -> Path:
        """What systemd makes of the file at the start of a unit."""
        copy = self.dir / f"credential-{len(self.running)}"
        shutil.copy(self.keys, copy)
        copy.chmod(0o400)
        return copy

    def until_known(self, process: Process, kid: str) -> None:
        """Waits until a process has said that it knows a key."""

        def said() -> bool:
            records = [each.record for each in ProcessRegistry(self.client).all()]
            return any(each.pid == process.pid and kid in each.key_ids for each in records)

        process.wait_until(said, seconds=120)

    def known(self) -> set[int]:
        return {each.record.pid for each in ProcessRegistry(self.client).all()}

    def command(self, *words: str, **more: str) -> tuple[int, str]:
        done = subprocess.run([ONESOUP, *words], env=self.env | more, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    def rotate(self, *words: str) -> tuple[int, str]:
        return self.command("accounts", "rotate", *words, ONESOUP_KEYS_FILE=str(self.keys))

    def doctor(self, **more: str) -> dict[str, dict[str, str]]:
        _, said = self.command("doctor", "--json", **more)
        return {row["what"]: row for row in (json.loads(line) for line in said.splitlines() if line.startswith("{"))}


def _is_ready(admin: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", admin, timeout=60)
    link.request("GET", "/readyz")
    status = link.getresponse().status
    link.close()
    return status == 200


@pytest.fixture
def host(tmp_path: Path, redis_server: RedisServer, client: redis.Redis) -> Iterator[Host]:
    made = Host(tmp_path, redis_server, client)
    yield made
    for process in made.running:
        process.kill()


def test_a_new_key_waits_until_every_process_knows_it(host: Host, client: redis.Redis) -> None:
    """One process follows the file, another has a copy from its start: sealed anew, its users would be locked out."""
    Accounts(client, KeyRing.load(host.keys)).link(ALICE, ALICE, "xmpp", "phone")
    follower, frozen = host.start(host.keys, "follower"), host.start(host.copy(), "frozen")
    status, said = host.rotate("--new-key", "--wait", "1")
    assert status == 1
    assert f"cir {frozen.pid} on {socket.gethostname()}" in said
    assert "Nothing was sealed with it" in said
    assert [line.partition(":")[0] for line in host.keys.read_text().split()] == ["k1", "k2"]
    assert Accounts(client, KeyRing([*_read(host.copy())][:1])).find(ALICE) is not None, "k1 still opens it"

    frozen.stop()
    assert frozen.pid not in host.known(), "it has said that it ends"
    again = host.start(host.copy(), "frozen-again")
    host.until_known(follower, "k2")
    status, said = host.rotate("--new-key", "--wait", "5")
    assert (status, said.splitlines()[:2]) == (0, ["new key: k2", "sealed anew: 1 links, 0 sessions"])
    behind = next(line for line in said.splitlines() if "with an older key seal until they are started again" in line)
    assert f"cir {again.pid} on" in behind  # on a busy machine the follower may be named too: it follows later
    assert [line.partition(":")[0] for line in host.keys.read_text().split()] == ["k2", "k1"]
    only_new = KeyRing([*_read(host.keys)][:1])
    found = Accounts(client, only_new).find(ALICE)
    assert found is not None
    assert found.password == "xmpp"


def test_a_killed_process_of_another_host_is_waited_out(host: Host, client: redis.Redis) -> None:
    """A container that was started anew while Redis was away could not say that it ends."""
    KeyRing.load(host.keys)
    registry = ProcessRegistry(client)
    killed = ProcessRecord("web", "another-host", 8, 8, ("127.0.0.1", "9471"), "1", ("k0:old",), 0)
    registry.tell(killed)
    argv = [ONESOUP, "accounts", "rotate", "--new-key"]
    env = host.env | {"ONESOUP_KEYS_FILE": str(host.keys)}
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as rotating:
        assert rotating.stderr is not None
        assert "for web 8 on another-host" in rotating.stderr.readline()
        registry.leave(killed)  # as when it runs out
        rotating.communicate(timeout=120)
    assert rotating.returncode == 0
    assert ROTATE_WAIT_SECONDS > PROCESS_TTL_MS / 1000


def _read(path: Path) -> Iterator[tuple[str, bytes]]:
    import base64

    for line in path.read_text().split():
        kid, _, text = line.partition(":")
        yield kid, base64.b64decode(text)


def test_a_rotation_to_the_key_on_top_is_refused_too_while_one_lacks_it(host: Host) -> None:
    frozen = host.start(host.copy(), "frozen")
    add_key(host.keys)
    status, said = host.rotate("--wait", "0")
    assert status == 1
    assert f"k2 of {host.keys} is not known to cir {frozen.pid}" in said
    found = host.doctor(ONESOUP_KEYS_FILE=str(host.keys))
    assert found["key ring"]["grade"] == "FAIL"
    assert f"cir {frozen.pid}" in found["key ring"]["says"]


def test_a_process_that_was_killed_holds_up_nothing(host: Host) -> None:
    frozen = host.start(host.copy(), "frozen")
    frozen.kill()
    assert frozen.pid in host.known(), "nobody has said that it ended"
    assert host.rotate("--new-key")[0] == 0


def test_the_doctor_finds_processes_whose_keys_and_data_it_does_not_know(host: Host, client: redis.Redis) -> None:
    """As on a host that was set up by the systemd recipe: the command has neither the key file nor a data directory of theirs."""
    one, two = host.start(host.copy(), "one"), host.start(host.copy(), "two")
    record = next(each.record for each in ProcessRegistry(client).all())
    there = replace(record, host="two.example.org", role="holder", pid=4711, unit=4711)
    ProcessRegistry(client).tell(there)
    found = host.doctor()
    assert found["key ring"]["grade"] == "ok", found["key ring"]
    mine = {name: row for name, row in found.items() if name.startswith("cir-")}
    assert {name.partition(",")[0] for name in mine} == {f"cir-{one.pid}", f"cir-{two.pid}"}
    assert {row["grade"] for row in mine.values()} == {"ok"}
    assert found["host two.example.org"]["says"].startswith("holder 4711, heard ")

    ProcessRegistry(client).tell(replace(there, keys=("k1:00000000",), version="0.0.1"))
    found = host.doctor()
    assert found["key ring"]["grade"] == "FAIL", "another k1: what one seals, the other cannot open"
    assert "holder 4711 on two.example.org" in str([row for row in found.values() if row["what"] == "key ring"])
    assert "0.0.1" in found["processes"]["says"]


def test_a_worker_of_a_gateway_is_named_with_its_master() -> None:
    assert ProcessRecord("web", "h", 8, 7, (), "1", (), 0).shown == "web 7 on h, worker 8"
