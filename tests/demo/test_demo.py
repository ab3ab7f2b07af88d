"""`onesoup demo` as a person meets it: ready, wrong ports, Ctrl-C, a killed process, a killed supervisor."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from onesoup.observability import admin_server
from onesoup.runtime.ports import RANGE_VARIABLE, free_port
from tests.demo.test_servers import gone

ONESOUP = str(Path(sys.prefix, "bin", "onesoup"))


@pytest.fixture
def env(tmp_path):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ONESOUP_") or key == RANGE_VARIABLE}
    return clean | {
        "ONESOUP_DATA": str(tmp_path / "run"),
        "ONESOUP_HTTP_PORT": str(free_port()),
        "ONESOUP_STCP_PORT": str(free_port()),
        "ONESOUP_XMPP_PORT": str(free_port(count=3)),
        "ONESOUP_WEB_WORKERS": "1",
    }


class Demo:
    """A running demo and all it has printed."""

    def __init__(self, env, output: Path) -> None:
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen([ONESOUP, "demo"], env=env, stdout=file, stderr=file)

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def sees(self, words: str, seconds: float = 25.0) -> bool:
        end = time.monotonic() + seconds
        while words not in self.text():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"no {words!r} in:\n{self.text()}")
            time.sleep(0.05)
        return True

    def children(self) -> list[int]:
        """All processes below it."""
        parents = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found[1:]


@pytest.fixture
def demo(env, tmp_path):
    running = Demo(env, tmp_path / "output")
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def run(env) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ONESOUP, "demo"], env=env, capture_output=True, text=True, timeout=30, check=False)


def test_ready_line_and_table_and_ctrl_c_leaves_nothing(demo, env):
    assert demo.sees("to stop")
    lines = demo.text().splitlines()
    url = f"http://127.0.0.1:{env['ONESOUP_HTTP_PORT']}/"
    assert any(line.startswith("onesoup ready") and url in line for line in lines)
    for words in ("alice@localhost", "dave-secret", "wv:alice@localhost", f"127.0.0.1:{env['ONESOUP_STCP_PORT']}", "phone --url"):
        assert words in demo.text()
    told = {"PATH": os.environ["PATH"], "ONESOUP_CONFIG": str(Path(env["ONESOUP_DATA"], "onesoup.toml"))}
    asked = subprocess.run([ONESOUP, "sessions"], env=told, capture_output=True, text=True, timeout=30, check=False)
    assert (asked.stdout, asked.stderr) == ("0 sessions\n", "")
    children = demo.children()
    assert len(children) == 6  # redis, prosody, gunicorn and one worker, holder, cir
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(20) == 0
    assert all(gone(pid) for pid in children)


def test_killed_supervisor_leaves_nothing(demo):
    demo.sees("onesoup ready")
    children = demo.children()
    demo.process.kill()
    assert all(gone(pid, 15) for pid in children)


def test_process_that_dies_is_started_again(demo, env):
    demo.sees("to stop")
    before = admin_server.running_admin_ports(env["ONESOUP_DATA"])
    pid = next(int(key.removeprefix("holder-")) for key in before if key.startswith("holder-"))
    time.sleep(3.1)  # what ends sooner counts as a bad start
    os.kill(pid, signal.SIGKILL)
    demo.sees("holder ended with status -9; starting it again")
    end = time.monotonic() + 15
    while not any(key.startswith("holder-") for key in admin_server.running_admin_ports(env["ONESOUP_DATA"])):
        assert time.monotonic() < end, demo.text()
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("variable", "offset"),
    [
        ("ONESOUP_HTTP_PORT", 0),
        ("ONESOUP_STCP_PORT", 0),
        ("ONESOUP_XMPP_PORT", 0),
        ("ONESOUP_XMPP_PORT", 1),
        ("ONESOUP_REDIS_PORT", 0),
    ],
)
def test_occupied_port_is_an_error_that_names_its_variable(env, variable, offset):
    with socket.socket() as other:
        port = int(env.get(variable) or free_port())
        other.bind(("127.0.0.1", port + offset))
        other.listen()
        done = run(env | {variable: str(port)})
    assert done.returncode == 1
    assert variable in done.stderr
    assert f"port {port + offset}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_same_port_twice_and_bad_values_are_errors(env):
    assert "ONESOUP_STCP_PORT" in run(env | {"ONESOUP_STCP_PORT": env["ONESOUP_HTTP_PORT"]}).stderr
    for variable in ("ONESOUP_HTTP_PORT", "ONESOUP_XMPP_PORT", "ONESOUP_REDIS_PORT"):
        done = run(env | {variable: "soup"})
        assert (done.returncode, variable in done.stderr) == (1, True)


def test_second_demo_in_one_directory_is_refused(demo, env):
    demo.sees("onesoup ready")
    done = run(env | {"ONESOUP_HTTP_PORT": str(free_port())})
    assert done.returncode == 1
    assert "ONESOUP_DATA" in done.stderr


def test_role_without_redis_ends_with_one_line(env, tmp_path):
    env = env | {"ONESOUP_REDIS_URL": f"redis://:hunter2@127.0.0.1:{free_port()}/0", "ONESOUP_DATA": str(tmp_path)}
    done = subprocess.run([ONESOUP, "holder"], env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "ONESOUP_REDIS_URL" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_role_with_a_bad_setting_ends_with_one_line(env):
    done = subprocess.run(
        [ONESOUP, "web"], env=env | {"ONESOUP_POLL_HOLD": "30"}, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "ONESOUP_POLL_HOLD" in done.stderr
