"""`onesoup demo` as a person meets it: ready, wrong ports, Ctrl-C, a killed process, a killed supervisor."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import urllib3

from onesoup.demo.accounts import DEMO_USERS
from onesoup.demo.prosody_files import ProsodyFiles
from onesoup.demo.reach import phone_host
from onesoup.demo.servers import Prosody, connects
from onesoup.observability import admin_server
from onesoup.phone.engine import Phone
from onesoup.phone.errors import Refused
from onesoup.runtime.ports import RANGE_VARIABLE, free_port
from onesoup.settings import load_settings
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

    def sees(self, words: str, seconds: float = 120.0) -> bool:
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
def demo_for(tmp_path):
    """A factory of demos, each with settings of its own."""
    started = []

    def start(env) -> Demo:
        started.append(Demo(env, tmp_path / f"output-{len(started)}"))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture
def demo(demo_for, env):
    return demo_for(env)


def call(env, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """A command beside the demo."""
    return subprocess.run([ONESOUP, *words], env=env, input=typed, capture_output=True, text=True, timeout=120, check=False)


def run(env) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ONESOUP, "demo"], env=env, capture_output=True, text=True, timeout=120, check=False)


def test_ready_line_and_table_and_ctrl_c_leaves_nothing(demo, env):
    assert demo.sees("to stop")
    lines = demo.text().splitlines()
    url = f"http://127.0.0.1:{env['ONESOUP_HTTP_PORT']}/"
    assert any(line.startswith("onesoup ready") and url in line for line in lines)
    for words in ("alice@localhost", "dave-secret", "wv:alice@localhost", f"127.0.0.1:{env['ONESOUP_STCP_PORT']}", "phone --url"):
        assert words in demo.text()
    assert f"{url}demo" in demo.text()
    assert '"password": "alice-secret"' in urllib3.request("GET", f"{url}demo").data.decode()
    wall = urllib3.request("GET", f"{url}demo/wall").data.decode()
    assert f'"ws://127.0.0.1:{int(env["ONESOUP_XMPP_PORT"]) + 2}/xmpp-websocket"' in wall
    told = {"PATH": os.environ["PATH"], "ONESOUP_CONFIG": str(Path(env["ONESOUP_DATA"], "onesoup.toml"))}
    asked = subprocess.run([ONESOUP, "sessions"], env=told, capture_output=True, text=True, timeout=120, check=False)
    assert (asked.stdout, asked.stderr) == ("0 sessions\n", "")
    children = demo.children()
    assert len(children) == 6  # redis, prosody, gunicorn and one worker, holder, cir
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(60) == 0
    assert all(gone(pid) for pid in children)


def logs_in(env, user: str, password: str) -> bool:
    url = f"http://127.0.0.1:{env['ONESOUP_HTTP_PORT']}/"
    phone = Phone(url, user, password)
    for last in (False, False, True):
        try:
            phone.login()
        except Refused as refused:
            if refused.code == 409:
                return False
            if last or refused.code not in (503, 504):  # a busy machine may be too late once
                raise
        else:
            phone.logout()
            return True
    raise AssertionError


def test_what_others_can_reach_has_random_passwords_and_no_xmpp_port(demo_for, env):
    """Begun where a demo for this machine alone has run before, whose passwords everybody knows."""
    env = env | {"ONESOUP_BIND": "0.0.0.0"}
    ProsodyFiles(Path(env["ONESOUP_DATA"], "prosody", "data"), "localhost").add_account("alice", "alice-secret")
    first = demo_for(env)
    first.sees("to stop")
    kept = Path(env["ONESOUP_DATA"], "passwords")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    passwords = dict(line.split("\t") for line in call(env, "demo", "passwords").stdout.splitlines())
    assert set(passwords) == {f"{user}@localhost" for user in DEMO_USERS}
    assert all(re.fullmatch("[adgjmptw]{12}", each) for each in passwords.values())
    assert all(each in first.text() for each in passwords.values())
    assert not logs_in(env, "alice", "alice-secret")
    assert logs_in(env, "alice", passwords["alice@localhost"])
    outside = phone_host(load_settings(env)).name
    if outside != "127.0.0.1":
        assert connects(outside, int(env["ONESOUP_HTTP_PORT"]))
        assert [port for port in range(3) if connects(outside, int(env["ONESOUP_XMPP_PORT"]) + port)] == []
        told = first.text().partition("Into the phone:")[2].partition("Accounts")[0]
        assert outside in told
        assert "127.0.0.1" not in told
    link = re.search(r"http\S+(/account/link\?key=\S+)", first.text()).group(1)
    site = f"http://{outside}:{env['ONESOUP_HTTP_PORT']}"
    page = urllib3.request("GET", f"{site}/demo")
    assert (page.status, '"accounts": []' in page.data.decode()) == (200, True)
    if outside != "127.0.0.1":
        assert urllib3.request("GET", f"{site}/account").status == 403
    opened = urllib3.request("GET", site + link, redirect=False)
    assert (opened.status, opened.headers["location"]) == (303, "/account")
    cookie = {"Cookie": opened.headers["set-cookie"].partition(";")[0]}
    assert urllib3.request("GET", f"{site}/account", headers=cookie).status == 200
    assert urllib3.request("GET", site + link).status == 403

    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(60) == 0
    second = demo_for(env)
    second.sees("to stop")
    assert not any(each in second.text() for each in passwords.values())
    assert logs_in(env, "alice", passwords["alice@localhost"])


def test_accounts_of_a_demo_are_made_while_it_runs(demo, env):
    demo.sees("to stop")
    made = call(env, "accounts", "new", "zoe")
    password = re.search("^password  ([adgjmptw]{12})$", made.stdout, re.MULTILINE).group(1)
    assert "user ID   wv:zoe@localhost" in made.stdout
    assert logs_in(env, "zoe", password)
    again = call(env, "accounts", "new", "Zoe@localhost")
    assert (again.returncode, "already" in again.stderr) == (1, True)
    assert logs_in(env, "zoe", password)
    assert call(env, "accounts", "new", "max", "--password-stdin", typed="geheim77\n").returncode == 0
    assert logs_in(env, "max", "geheim77")
    for name in ("x@example.org", "../x", "echo"):
        refused = call(env, "accounts", "new", name)
        assert (refused.returncode, refused.stdout) == (1, "")
    assert call(env, "accounts", "new", "ben", "--password-stdin", typed="\n").returncode == 1
    assert "No link is needed" in call(env, "demo", "link").stdout
    assert "alice-secret" in call(env, "demo", "passwords").stdout


def test_where_no_demo_runs_its_commands_say_so_and_what_other_servers_want(env):
    made = call(env, "accounts", "new", "zoe")
    assert made.returncode == 1
    for words in ("no demo runs in", "prosodyctl adduser zoe@", "ejabberdctl register zoe", "ONESOUP_DOMAINS"):
        assert words in made.stderr
    for command in ("link", "passwords"):
        told = call(env, "demo", command)
        assert (told.returncode, "no demo runs in" in told.stderr) == (1, True)


def test_federation_wants_a_domain_that_others_find(env):
    told = run(env | {"ONESOUP_FEDERATION": "true"})
    assert (told.returncode, "ONESOUP_DOMAIN=" in told.stderr) == (1, True)


def test_no_domain_is_locked_at_a_demo(demo, env):
    demo.sees("to stop")
    for number in range(4):
        for user in DEMO_USERS:
            assert not logs_in(env, user, f"wrong {number}")
    assert logs_in(env, "alice", "alice-secret")


def test_killed_supervisor_leaves_nothing(demo):
    demo.sees("onesoup ready")
    children = demo.children()
    demo.process.kill()
    assert all(gone(pid) for pid in children)


def test_process_that_dies_is_started_again(demo, env):
    demo.sees("to stop")
    before = admin_server.running_admin_ports(env["ONESOUP_DATA"])
    pid = next(int(key.removeprefix("holder-")) for key in before if key.startswith("holder-"))
    time.sleep(3.1)  # what ends sooner counts as a bad start
    os.kill(pid, signal.SIGKILL)
    demo.sees("holder ended with status -9; starting it again")
    end = time.monotonic() + 60
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
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier server may linger there
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
    done = subprocess.run([ONESOUP, "holder"], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert "ONESOUP_REDIS_URL" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_role_with_a_bad_setting_ends_with_one_line(env):
    done = subprocess.run(
        [ONESOUP, "web"], env=env | {"ONESOUP_POLL_HOLD": "30"}, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "ONESOUP_POLL_HOLD" in done.stderr


def test_accounts_of_another_server_log_in_at_the_demo(demo_for, env, tmp_path):
    """A server that DNS does not name, with a certificate of its own authority. Its own bans are respected: the limit stays."""
    with Prosody(tmp_path / "other", "example.net") as other:
        other.add_account("romeo", "montague")
        more = {
            "ONESOUP_DOMAINS": "localhost,example.net",
            "ONESOUP_XMPP_ROUTES": f"example.net={other.url}",
            "ONESOUP_XMPP_CA": str(other.ca_file),
        }
        demo_for(env | more).sees("to stop")
        assert logs_in(env, "wv:romeo@example.net", "montague")
        assert logs_in(env, "alice", "alice-secret")
    settings = Path(env["ONESOUP_DATA"], "onesoup.toml").read_text()
    assert "refusals_at_server" not in settings
