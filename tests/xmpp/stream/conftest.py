"""A real Prosody for the whole run, and streams that are closed after each test."""

from gevent import monkey

if not monkey.is_module_patched("socket"):
    monkey.patch_all()

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onesoup.demo import certs
from onesoup.demo.servers import Prosody
from onesoup.xmpp.stream import Options, Resolver, Tls
from tests.xmpp.stream.harness import Client
from tests.xmpp.stream.stub import Stub

HOSTS = ["localhost", "conference.localhost", "scram.localhost", "anon.localhost"]

# The strict case, and one for many streams without accounts.
MORE_HOSTS = """
VirtualHost "scram.localhost"
  authentication = "internal_hashed"
  disable_sasl_mechanisms = { "PLAIN" }
  c2s_require_encryption = true
VirtualHost "anon.localhost"
  authentication = "anonymous"
  modules_disabled = { "s2s"; "mam"; "offline"; "smacks" }
"""


def prosody_at(directory: Path) -> Prosody:
    certs.ensure(directory / "certs", HOSTS)
    server = Prosody(directory, more_hosts=MORE_HOSTS)
    for user in ("alice", "bob", "carol"):
        server.add_account(user, "secret")
    # internal_hashed takes a clear password up and hashes it at the first log-in.
    account = server.data / "scram%2elocalhost" / "accounts" / "alice.dat"
    account.parent.mkdir(parents=True, exist_ok=True)
    account.write_text('return { ["password"] = "secret"; };\n')
    return server


def options_for(server: Prosody, **more: object) -> Options:
    routes = dict.fromkeys([*HOSTS, "other.example"], ("127.0.0.1", server.port))
    return Options(tls=Tls(server.ca_file), resolver=Resolver(routes), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def prosody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with prosody_at(tmp_path_factory.mktemp("prosody")) as server:
        yield server


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Prosody]:
    """One of its own, for a test that kills it."""
    with prosody_at(tmp_path / "prosody") as server:
        yield server


@pytest.fixture
def options(prosody: Prosody) -> Options:
    return options_for(prosody)


@pytest.fixture
def client(options: Options) -> Iterator[Callable[..., Client]]:
    """Makes clients of the shared Prosody."""
    made: list[Client] = []

    def make(user: str = "alice", **more: object) -> Client:
        made.append(Client(user, **{"options": options, **more}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.stream.close(polite=False)


@pytest.fixture
def stub() -> Iterator[Callable[..., Stub]]:
    """Starts servers that misbehave."""
    made: list[Stub] = []

    def make(*args: object, **more: object) -> Stub:
        made.append(Stub(*args, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.stop()
