"""`onesoup drain` with a process that runs: the port closes, readiness and doctor say why, and it lasts over a restart."""

import http.client
import json
import os
import socket

from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.runtime.ports import free_port
from onesoup.store.drains import Drain, Drains
from tests.commands.test_processes import ONESOUP, Host, Process, host

__all__ = ["host"]

HERE = socket.gethostname()


class Cir:
    """A CIR process at ports of its own."""

    def __init__(self, host: Host) -> None:
        self.stcp, self.admin = free_port(), free_port()
        ports = {"ONESOUP_STCP_PORT": str(self.stcp), "ONESOUP_ADMIN_PORT": str(self.admin)}
        env = host.env | ports | {"ONESOUP_DATA": str(host.dir / "cir")}
        self.process = Process("cir", [ONESOUP, "cir"], env, host.dir / "cir.log")
        host.running.append(self.process)

    def start(self, host: Host) -> None:
        self.process.start()
        self.process.wait_until(lambda: self.process.pid in host.known(), seconds=60)

    def is_open(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(60)
            return probe.connect_ex(("127.0.0.1", self.stcp)) == 0

    def ready(self) -> str:
        link = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=60)
        link.request("GET", "/readyz")
        answer = link.getresponse()
        said = json.loads(answer.read())["checks"].get("host", "")
        return f"{answer.status} {said}"


def command(host: Host, *words: str) -> tuple[int, str]:
    """In this process, which is quicker."""
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    ours = {name: value for name, value in host.env.items() if name.startswith("ONESOUP_")}
    done = CliRunner().invoke(main, words, env=clean | ours)
    return done.exit_code, done.output


def test_the_only_process_of_a_host_drains_by_force_and_comes_back(host: Host) -> None:
    cir = Cir(host)
    cir.start(host)
    assert cir.is_open()
    cir.process.wait_until(lambda: cir.ready() == "200 ok", seconds=60)  # it says that it lives before it hears news
    status, said = command(host, "drain")
    assert status == 1
    assert f"{HERE} has the last cir: no phone is woken" in said
    status, said = command(host, "drain", HERE, "--force", "--wait", "120")
    assert status == 0, said
    assert said.splitlines()[0] == f"{HERE} drains from now on"
    assert said.splitlines()[-1] == f"{HERE}: nothing is left, it may be stopped"
    assert not cir.is_open()
    assert cir.ready() == "503 draining"
    found = host.doctor(ONESOUP_KEYS_FILE=str(host.keys))
    assert (found["drain"]["grade"], found["drain"]["do"]) == ("note", f"onesoup drain {HERE} --end takes it back")
    assert found[f"cir-{cir.process.pid}, admin port {cir.admin}"]["says"] == "accepts nothing new: its host drains"

    cir.process.stop()
    cir.start(host)
    assert not cir.is_open(), "a restart does not end it"
    assert cir.ready() == "503 draining"
    assert command(host, "drain", "--end")[0] == 0
    cir.process.wait_until(cir.is_open, seconds=60)
    cir.process.wait_until(lambda: cir.ready() == "200 ok", seconds=60)
    assert [line.split()[3:5] for line in command(host, "audit")[1].splitlines()[1:]] == [["drain", "end"], ["drain", HERE]]


def test_what_scripts_see(redis_server, client):
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["drain", *words], env=clean | {"ONESOUP_REDIS_URL": redis_server.url})
        return done.exit_code, done.output

    assert run("--list") == (0, "no host drains\n")
    assert run("--list", "--json") == (0, "")
    assert run("one") == (1, "onesoup: no process says that it runs on one\n")
    assert run("one", "--end") == (1, "onesoup: one does not drain\n")
    Drains(client).begin(Drain("one", "root@two", 5))
    status, said = run("one", "--list", "--json")
    assert (status, json.loads(said)) == (
        0,
        {"host": "one", "by": "root@two", "at": "1970-01-01T00:00:05Z", "done": True, "processes": []},
    )
    assert run("two", "--list") == (0, "two does not drain\n")
