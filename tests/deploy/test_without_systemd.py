"""docs/install.md, "Without systemd and nginx": the commands of the page, in a directory of a user's own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from onesoup.demo.servers import RedisServer
from onesoup.runtime.ports import free_port
from tests.containers.install_page import PAGE, blocks

# The last wait lasts until the processes have ended: a signal ends the first.
SCRIPT = "set -e\ntrap : TERM\n{}\nset +e\nwait\nwait\n"
SECONDS = 240


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[str]:
    """Those of the page, with the ports of this test; Redis is one of their own, and no XMPP server runs."""
    (text,) = blocks(PAGE.read_text())["by-hand"]
    with RedisServer(tmp_path / "redis", appendonly=False) as server:
        places = {"redis://127.0.0.1:6379/0": server.url}
        places |= {place: f"{place[0]}{free_port()}" for place in (":5222", "=8080", "=3170")}
        for place, other in places.items():
            assert text.count(place) == 1, place
            text = text.replace(place, other)
        yield text


@pytest.fixture
def user(tmp_path: Path, commands: str) -> Iterator[dict[str, str]]:
    """The environment of somebody who has typed them."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")}
    env |= {"DOMAIN": "example.org", "HOST": "localhost"}
    env["PATH"] = f"{Path(sys.prefix, 'bin')}:{env['PATH']}"
    shell = subprocess.Popen(["bash", "-c", SCRIPT.format(commands)], cwd=tmp_path, env=env, start_new_session=True)
    try:
        yield env
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        try:
            shell.wait(SECONDS)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)


def doctor(directory: Path, env: dict[str, str]) -> dict[str, str]:
    """What it finds, as a user asks in another shell: what -> grade."""
    words = "set -a; . ./onesoup.env; set +a; onesoup doctor --json"
    done = subprocess.run(["bash", "-c", words], cwd=directory, env=env, capture_output=True, text=True, timeout=SECONDS)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {each["what"]: each["grade"] for each in found}


def test_the_commands_start_a_service_that_doctor_finds_well(tmp_path, user):
    """What it finds of this machine, such as its clock, does not matter here."""
    wanted = {"key ring", "holders", "CIR", "web-", "holder-", "cir-"}
    end = time.monotonic() + SECONDS
    while True:
        found = doctor(tmp_path, user) if (tmp_path / "cir.log").exists() else {}
        good = {name for name in wanted if any(what.startswith(name) and grade == "ok" for what, grade in found.items())}
        if good == wanted:
            break
        assert time.monotonic() < end, (found, [path.read_text()[-2000:] for path in tmp_path.glob("*.log")])
        time.sleep(0.5)
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "keys", tmp_path / "onesoup.env")} == {0}
