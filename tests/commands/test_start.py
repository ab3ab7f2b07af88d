"""What the roles say when they cannot start, or break: one JSON object for each event, on both outputs."""

import json
import os
import pty
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onesoup.demo.servers import RedisServer
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing

ROLES = ("web", "holder", "cir")
SECONDS = 240
ROOT = Path(__file__).resolve().parents[2]
RUN = "from onesoup.commands.main import main; main()"
# A role whose start breaks by a mistake in the code. gunicorn stands in for `onesoup web`, which becomes gunicorn.
BROKEN = {
    "web": """
import workers.gateway.app as app
def broken(*_): raise RuntimeError("provoked")
app.Exchange = broken
import sys
sys.argv = ["gunicorn", "--config", "gunicorn.conf.py", "workers.gateway:create_app()"]
from gunicorn.app.wsgiapp import run
run()
""",
    "holder": """
from gevent import monkey; monkey.patch_all()
import workers.holder.process as process
def broken(*_): raise RuntimeError("provoked")
process.Holder.start = broken
"""
    + RUN,
    "cir": """
from gevent import monkey; monkey.patch_all()
import cir.process as process
def broken(*_): raise RuntimeError("provoked")
process.Cir = broken
"""
    + RUN,
}
# Everything that Python, gevent and libraries print by themselves.
PRINTED = """
import atexit, sys, threading, warnings
from gevent import monkey; monkey.patch_all()
import gevent
from onesoup.observability import uncaught
uncaught.log_from_the_start("holder")

def broken(secret="hunter2"):
    raise ValueError("provoked")

class Finalized:
    def __del__(self):
        broken()

warnings.warn("old\\nand slow", DeprecationWarning)
gevent.spawn(broken, "hunter2").join()
gevent.get_hub().loop.run_callback(broken)
gevent.sleep(0)
thread = threading.Thread(target=broken)
thread.start()
thread.join()
Finalized()
atexit.register(broken)
print("a library\\nprints", file=sys.stderr)
broken()
"""


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("start")
    KeyRing.create(directory / "keys")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")}
    own = {
        "REDIS_URL": redis_server.url,
        "KEYS_FILE": directory / "keys",
        "DATA": directory / "data",
        "BIND": "127.0.0.1",
        "WEB_WORKERS": 1,
    }
    ports = {name: free_port() for name in ("HTTP_PORT", "STCP_PORT")}
    return clean | {f"ONESOUP_{name}": str(value) for name, value in (own | ports).items()}


def start(code: str, env: dict[str, str], *words: str) -> tuple[int, list[dict[str, object]]]:
    """The exit status, and the lines of both outputs, each of which must be a JSON object."""
    argv = [sys.executable, "-c", code, *words]
    done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.returncode, [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]


def start_all(env: dict[str, str], code: dict[str, str] | None = None) -> dict[str, tuple[int, list[dict[str, object]]]]:
    """All roles at once."""
    with ThreadPoolExecutor() as pool:
        jobs = {role: pool.submit(start, (code or {}).get(role, RUN), env, role) for role in ROLES}
        return {role: job.result() for role, job in jobs.items()}


def test_a_setting_that_cannot_be_used_is_one_event(env):
    for role, (status, lines) in start_all(env | {"ONESOUP_POLL_HOLD": "30"}).items():
        (line,) = lines
        assert (status, line["event"], line["level"], line["role"]) == (1, "start-failed", "critical", role)
        assert "ONESOUP_POLL_HOLD" in str(line["reason"])


def test_a_port_that_is_taken_is_an_event(env):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = {"ONESOUP_ADMIN_PORT": str(other.getsockname()[1])}
        for role, (status, lines) in start_all(env | taken).items():
            assert (status, lines[-1]["event"], lines[-1]["role"]) == (1, "start-failed", role)
            assert f"ONESOUP_ADMIN_PORT={taken['ONESOUP_ADMIN_PORT']}" in str(lines[-1]["reason"])


def test_a_mistake_in_the_code_is_an_event_with_its_traceback(env):
    for role, (status, lines) in start_all(env, BROKEN).items():
        assert status != 0
        (told,) = [line for line in lines if "exception" in line]
        assert (told["level"] in ("critical", "error"), told["role"]) == (True, role)
        assert str(told["exception"]).startswith("Traceback")
        assert str(told["exception"]).endswith("RuntimeError: provoked")


def test_what_nobody_catches_is_one_event_each(env):
    status, lines = start(PRINTED, env)
    assert status == 1
    (warning,) = [line for line in lines if "DeprecationWarning: old\nand slow" in str(line["event"])]
    lines.remove(warning)
    seen = [(line["event"], str(line.get("where", line.get("line", "")))) for line in lines]
    assert sorted(seen) == [
        ("bug", "finalizer"),
        ("bug", "finalizer"),
        ("bug", "greenlet"),
        ("bug", "greenlet"),
        ("bug", "thread"),
        ("crashed", ""),
        ("printed", "a library"),
        ("printed", "prints"),
    ]
    assert all(str(line["exception"]).endswith("ValueError: provoked") for line in lines if line["event"] in ("bug", "crashed"))
    assert "hunter2" not in json.dumps(lines)


def test_a_log_for_people_stays_plain(env):
    env = env | {"ONESOUP_LOG": "console", "ONESOUP_POLL_HOLD": "30"}
    argv = [sys.executable, "-c", RUN, "holder"]
    done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("onesoup holder: ONESOUP_POLL_HOLD")


def test_somebody_at_a_terminal_reads_plain_text(env):
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", RUN, "holder"]
    with subprocess.Popen(argv, env=env | {"ONESOUP_POLL_HOLD": "30"}, cwd=ROOT, stdout=theirs, stderr=theirs) as process:
        process.wait(SECONDS)
    os.close(theirs)
    assert os.read(ours, 65536).startswith(b"onesoup holder: ONESOUP_POLL_HOLD")
    os.close(ours)
