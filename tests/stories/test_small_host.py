"""`onesoup all`: a small host runs gateway, holder and CIR in one process, which takes little memory and may be killed."""

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from onesoup.demo.stack import Stack
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.runtime.ports import free_port
from tests.stories.test_operating import command, objects
from tests.support.peer import Peers
from tests.support.secrets import secret_text
from tests.support.world import World

# Where the three roles as processes of their own take 170.
MIB_AT_REST = 90


class SmallStack(NamedTuple):
    """A stack, and the memory of its process when it had just started."""

    stack: Stack
    mib_at_rest: float


@pytest.fixture(scope="module")
def small_stack(made_stack: Callable[..., Stack], stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    """A Redis and one process; the XMPP server is that of all stories."""
    made = made_stack(tmp_path_factory.mktemp("small"), prosody=stack.prosody)
    made.start_servers()
    try:
        made.start("all")
        yield SmallStack(made, memory_mib(made.processes["all"].pid))
    finally:
        made.down()


@pytest.fixture
def small(small_stack: SmallStack, peers: Peers) -> Iterator[World]:
    here = World(small_stack.stack, peers)
    here.stack.start("all")
    yield here
    here.close()


def page(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return str(answer.read().decode())


def memory_mib(pid: int) -> float:
    """What the process alone takes, and its share of what it has in common with others (PSS)."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


def test_at_rest_it_takes_half_the_memory_of_three_processes(small_stack: SmallStack) -> None:
    print(f"onesoup all takes {small_stack.mib_at_rest:.1f} MiB")
    assert small_stack.mib_at_rest <= MIB_AT_REST


def test_operators_see_each_role_and_one_admin_port(small: World) -> None:
    process = small.stack.processes["all"]
    found = objects(command(small, "doctor", "--json", "--domain", small.stack.domain))
    ours = {str(each["what"]): each["grade"] for each in found if f"-{process.pid}" in str(each["what"])}
    port = small.stack.admin_port("all")
    assert f":{port}/console" in process.log.read_text(), "where the console is"
    assert ours == {f"{role}-{process.pid}, admin port {port}": "ok" for role in ("web", "holder", "cir")}
    checks = json.loads(page(port, "/readyz"))["checks"]
    wanted = {"web-redis", "web-not_draining", "cir-redis", "cir-subscribed", "holder-redis", "holder-owns_shards"}
    assert set(checks) >= wanted
    counted = page(port, "/metrics")
    for name in ("onesoup_poll_held", "onesoup_leases_held", "onesoup_cir_connections"):
        assert f"\n{name}" in counted


def test_a_phone_talks_and_is_woken_and_neither_a_kill_nor_a_restart_loses_or_doubles_anything(small: World) -> None:
    alice, bob = small.cast("alice", "bob")
    there = small.online(bob)
    phone = small.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)
    sent = [secret_text("out ") for _ in range(3)]
    came = [secret_text("back ") for _ in range(4)]
    phone.send(bob.wv, sent[0])
    there.message(body=sent[0])
    assert phone.stcp is not None
    with PhoneStcpLine(*phone.stcp, phone.session_id or "", phone.cookie) as line:
        there.send(alice.jid, came[0])
        assert line.wait(60)
        phone.hears(came[0])

        there.send(alice.jid, came[1])
        small.waits(phone, came[1])
        phone.send(bob.wv, sent[1])
        small.stack.kill("all")
    there.send(alice.jid, came[2])
    small.stack.start("all")
    for text in came[1:3]:
        phone.hears(text, within=90)
    there.message(body=sent[1], within=90)

    process = small.stack.processes["all"]
    while phone.run_once():
        pass
    with ThreadPoolExecutor(1) as aside:
        held = aside.submit(phone.poll)
        process.wait_until(lambda: "onesoup_poll_held 1.0" in page(small.stack.admin_port("all"), "/metrics") or held.done())
        process.signal(signal.SIGTERM)
        held.result(60)  # answered, whatever with: a connection that is cut off raises
    assert process.finish(60) == 0, process.last_lines()
    there.send(alice.jid, came[3])
    small.stack.start("all")
    phone.hears(came[3], within=90)
    phone.send(bob.wv, sent[2])
    there.message(body=sent[2], within=90)
    assert there.bodies() == sent
    assert phone.said() == came


def test_a_role_that_cannot_start_is_named_and_the_process_ends(small: World) -> None:
    """Nobody has to guess which of the three it was; systemd starts it again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name, role in (("ONESOUP_HTTP_PORT", "web"), ("ONESOUP_STCP_PORT", "cir")):
            env = small.stack.env | {
                "ONESOUP_HTTP_PORT": str(free_port()),
                "ONESOUP_STCP_PORT": str(free_port()),
                name: str(port),
            }
            done = subprocess.run(
                small.stack.processes["all"].argv, env=env, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 1
            assert f"{role}: {name}={port}" in done.stderr
