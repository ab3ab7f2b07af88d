"""What all rings share: patched sockets, a private Redis, a whole stack, and a look through every log at the end."""

from gevent import monkey

if not monkey.is_module_patched("socket"):
    monkey.patch_all()

import gc
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from onesoup.demo.ejabberd import Ejabberd, find_ejabberd
from onesoup.demo.process import ProcessError
from onesoup.demo.servers import RedisServer
from onesoup.demo.stack import Stack
from tests.support import secrets
from tests.support.browser import Browser, missing
from tests.support.peer import Peers
from tests.support.untrusted import Untrusted
from tests.support.world import World

# The same examples in every run, however slow the machine is. New ones are for whoever looks for faults:
# `pytest --hypothesis-profile=search tests/wire`.
settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("search", settings.get_profile("suite"), derandomize=False, max_examples=2000)
settings.load_profile("suite")

# Short, so that stories about time take little of it.
TIMES = {
    "ONESOUP_WEB_WORKERS": "2",
    "ONESOUP_REDELIVER_AFTER": "1.5",
    "ONESOUP_POLL_HOLD": "3",
    "ONESOUP_SERVER_POLL_MIN": "2",
    "ONESOUP_PRESENCE_GAP": "1.5",
    "ONESOUP_PUBLISH_LOCATION": "true",
    "ONESOUP_PUBLISH_CONTACT_INFO": "true",
    "ONESOUP_LEASE_TTL": "4",
    "ONESOUP_LEASE_RENEW": "1",
    "ONESOUP_DRAIN_SECONDS": "5",
    # Stories have many people with wrong passwords, all at one address and at one server.
    "ONESOUP_REFUSALS_OF_ADDRESS": "100000",
    "ONESOUP_REFUSALS_AT_SERVER": "0",
    # An nginx of a story speaks from this address, and states numbers.
    "ONESOUP_TRUSTED_PROXIES": "127.0.0.2",
    "ONESOUP_NUMBER_HEADERS": "X-MSISDN",
    "ONESOUP_BROWSER_PHONE": "true",
    # More lines in which a secret could stand.
    "ONESOUP_LOG_LEVEL": "debug",
}

# Prosody brings no directory of its users; this one is ours, and reads their vCards. And no server forgets its guests on demand.
PLUGINS = Path(__file__).parent / "support" / "prosody"
PROSODY = {
    "options": f'plugin_paths = {{ "{PLUGINS}" }}',
    "more_hosts": 'Component "people.localhost" "onesoup_people"\n  people_host = "localhost"\n'
    'Component "forgetful.example" "muc"\n  restrict_room_creation = false\n  modules_enabled = { "onesoup_forget" }',
}

_stacks: list[Stack] = []


def pytest_collection() -> None:
    """Thousands of tests are collected, and stay until the end: to look through them again and again for garbage is a third of
    the CPU time of collecting them."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def _made(directory: Path, **more: object) -> Stack:
    env = TIMES | dict(more.pop("env", {}))  # type: ignore[call-overload]
    more.setdefault("prosody_more", PROSODY)
    stack = Stack(directory, env=env, **more)  # type: ignore[arg-type]
    _stacks.append(stack)
    return stack


@pytest.fixture(scope="session", autouse=True)
def no_secret_in_any_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Everything that any process of any stack has written goes into one file, which holds no password, no message text
    and no SessionID of the whole run."""
    yield
    if not _stacks:
        return
    log = tmp_path_factory.mktemp("output") / "suite.log"
    with log.open("w", encoding="utf-8") as out:
        for stack in _stacks:
            for process in stack.all():
                for path in sorted(process.log.parent.glob(process.log.name + "*")):
                    out.write(path.read_text(encoding="utf-8", errors="replace"))
    text = log.read_text(encoding="utf-8")
    assert text, "the stack has logged nothing at all"
    found = secrets.found_in(text)
    if found:
        lines = (line[:300] for line in text.splitlines() if secrets.found_in(line))
        pytest.fail(f"{len(found)} secrets in {log}; first lines: {list(itertools.islice(lines, 3))}")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of the run's own."""
    # A disk that is busy makes Redis wait for its file, and nothing is restarted here.
    with RedisServer(tmp_path_factory.mktemp("redis"), appendonly=False) as server:
        yield server


@pytest.fixture(scope="session")
def ejabberd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ejabberd]:
    """The other server that XMPP code must work with, where it is installed."""
    try:
        find_ejabberd()
    except ProcessError as error:
        pytest.skip(str(error))
    with Ejabberd(tmp_path_factory.mktemp("ejabberd")) as server:
        yield server


@pytest.fixture(scope="session")
def ejabberd_stack(tmp_path_factory: pytest.TempPathFactory, ejabberd: Ejabberd) -> Iterator[Stack]:
    """The whole of onesoup with ejabberd in the place of Prosody."""
    with _made(tmp_path_factory.mktemp("second"), prosody=ejabberd) as running:
        yield running


@pytest.fixture(params=["prosody", "ejabberd"])
def either(request: pytest.FixtureRequest, peers: Peers) -> Iterator[World]:
    """A story that is told with each XMPP server."""
    here = World(request.getfixturevalue("stack" if request.param == "prosody" else "ejabberd_stack"), peers)
    yield here
    here.close()


@pytest.fixture(scope="session")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Untrusted]:
    """XMPP servers that the shared stack must refuse."""
    servers = Untrusted(tmp_path_factory.mktemp("untrusted"))
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, untrusted: Untrusted) -> Iterator[Stack]:
    """The whole of onesoup with two gateway workers, for stories that break nothing that others need."""
    made = _made(tmp_path_factory.mktemp("stack"))
    untrusted.join(made)
    with made as running:
        yield running


@pytest.fixture
def fresh_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """A factory of stacks for stories that kill things. `env` overrides the short times."""
    made: list[Stack] = []

    def make(**more: object) -> Stack:
        stack = _made(tmp_path_factory.mktemp("fresh"), **more)
        made.append(stack)
        return stack.__enter__()

    yield make
    for stack in made:
        stack.down()


@pytest.fixture(scope="session")
def noted_stacks() -> Callable[[Stack], None]:
    """Whose logs are looked through as well: stacks that a story made itself."""
    return _stacks.append


@pytest.fixture(scope="session")
def made_stack() -> Callable[..., Stack]:
    """How a stack of a module's own is made: `made_stack(directory, env=...)`, to be entered."""
    return _made


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    """The process in which ordinary XMPP clients run."""
    with Peers(tmp_path_factory.mktemp("peers") / "log") as running:
        yield running


@pytest.fixture
def world(stack: Stack, peers: Peers) -> Iterator[World]:
    """The shared stack with people of this story only."""
    here = World(stack, peers)
    yield here
    here.close()


@pytest.fixture
def host_in_nepal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of this host is a quarter of an hour beside everybody else's."""
    monkeypatch.setenv("TZ", "NPT-5:45")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; tests/support/browser.py says what it can do."""
    if reason := missing():
        pytest.skip(reason)
    with Browser() as running:
        yield running


@pytest.fixture(scope="session")
def breakable_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One more stack, for all stories that kill its parts."""
    env = {"ONESOUP_LEASE_TTL": "2", "ONESOUP_LEASE_RENEW": "0.5", "ONESOUP_ANSWER_DEADLINE": "5", "ONESOUP_ROOM_CHECK": "2"}
    with _made(tmp_path_factory.mktemp("breakable"), env=env) as running:
        yield running


@pytest.fixture
def breakable(breakable_stack: Stack, peers: Peers) -> Iterator[World]:
    """That stack, whole again after whatever the last story did to it."""
    here = World(breakable_stack, peers)
    here.mend()
    yield here
    here.close()
