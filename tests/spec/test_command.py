"""`onesoup spec`, called as people call it."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from onesoup.runtime.ports import free_port
from tests.spec.faults import closing
from tests.spec.test_wrong_servers import two_people
from tests.spec.wrong_server import WrongServer, served
from tests.support.world import World

COMMAND = Path(sys.executable).parent / "onesoup"


class Command:
    """Runs it with two people of this test, against the shared stack unless another URL is given."""

    def __init__(self, world: World) -> None:
        self.url, self._people = world.stack.url, two_people(world)

    def __call__(self, *arguments: object, url: str = "") -> subprocess.CompletedProcess[str]:
        alice, bob = self._people
        people = ("--user", alice.user, "--password", alice.password, "--user2", bob.user, "--password2", bob.password)
        words = [COMMAND, "spec", "--url", url or self.url, *people, *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)

    @property
    def secrets(self) -> list[str]:
        return [each.password for each in self._people]


@pytest.fixture
def called(world: World) -> Command:
    return Command(world)


def test_all_forms_of_the_result_tell_the_same_and_no_password(called: Command, tmp_path: Path) -> None:
    files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "html")}
    options = [word for name, file in files.items() for word in (f"--{name}", file)]
    with served(WrongServer(called.url, closing)) as wrong:
        done = called("--only", "session.login", "--only", "transport.keep-alive", "--csp", "1.2", *options, url=wrong)
    assert done.returncode == 0, done.stdout + done.stderr  # what fails is not what a phone needs to chat
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "FAILED transport.keep-alive in 1.2 XML, 1.2 WBXML" in done.stdout
    report = json.loads(files["json"].read_text())
    failed = {row["case"] for row in report["results"] if row["outcome"] == "failed"}
    assert failed == {"transport.keep-alive"}
    assert report["levels"] == {"a phone can chat": True, "complete 1.1": None, "complete 1.2": False, "complete 1.3": None}
    suites = ElementTree.parse(files["junit"]).getroot()
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [("CSP 1.2 XML", "1"), ("CSP 1.2 WBXML", "1")]
    page = files["html"].read_text()
    assert "transport.keep-alive" in page
    everything = done.stdout + done.stderr + page + files["json"].read_text() + files["junit"].read_text()
    assert not [secret for secret in called.secrets if secret in everything]


def test_the_level_that_was_asked_decides(called: Command) -> None:
    assert called("--only", "session.keep-alive", "--csp", "1.2", "--encoding", "xml", "--level", "1.2").returncode == 0
    assert called("--only", "session.keep-alive", "--csp", "1.2", "--encoding", "xml", "--level", "1.3").returncode == 1


def test_a_wrong_password_is_said(called: Command) -> None:
    done = called("--password", "wrong", "--only", "lists.get", "--csp", "1.1", "--encoding", "wbxml")
    assert done.returncode == 1
    assert "nobody can log in" in done.stdout


def test_a_mistake_in_the_call_is_a_usage_error(called: Command) -> None:
    assert called("--only", "no.such.case").returncode == 2
    assert subprocess.run([COMMAND, "spec"], capture_output=True, timeout=60, check=False).returncode == 2


def test_a_server_that_is_not_there_is_told_apart(called: Command) -> None:
    done = called(url=f"http://127.0.0.1:{free_port()}/")
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr


def test_a_server_that_answers_nonsense_ends_in_time(called: Command) -> None:
    """Whatever it is connected to, the runner ends, and blames the server."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def nonsense() -> None:
            while True:
                try:
                    link, _ = server.accept()
                except OSError:
                    return
                with link:
                    link.recv(65536)
                    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: minus one\r\n\r\n\xff\xfe")

        threading.Thread(target=nonsense, daemon=True).start()
        done = called("--only", "session.login.plain", "--only", "hostile", url=f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr


def test_the_list_names_every_case_in_80_columns() -> None:
    done = subprocess.run([COMMAND, "spec", "--list"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "session.login.plain" in done.stdout.splitlines()
