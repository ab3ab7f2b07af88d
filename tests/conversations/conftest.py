"""One stack for all conversations; every play has accounts of its own, so that plays do not meet."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from onesoup.demo.stack import Stack
from onesoup.phone.conversation import hosting, script
from onesoup.phone.conversation.backend import XmppBackend
from onesoup.phone.conversation.friend_clients import FriendClients
from onesoup.phone.conversation.outcome import PlayOutcome
from onesoup.phone.conversation.player import Player
from onesoup.phone.conversation.script import ConversationScript, ScriptPerson
from tests.conftest import _made
from tests.support.secrets import keep_password, keep_secret, secret_text

_numbers = itertools.count(1)
# Plays mostly wait: for friends, for redelivery, for nothing to come.
AT_ONCE = 5

Play = Callable[..., PlayOutcome]
Cast = Callable[..., tuple[ConversationScript, list[ScriptPerson]]]


@pytest.fixture(scope="session")
def conversation_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Polls are held briefly, so that idle ones cost little; both an empty answer at once and a held one occur."""
    env = {"ONESOUP_POLL_HOLD": "0.2", "ONESOUP_REDELIVER_AFTER": "1", "ONESOUP_PRESENCE_GAP": "2"}
    with _made(tmp_path_factory.mktemp("conversations"), domain="example.org", env=env) as running:
        yield running


@pytest.fixture(scope="session")
def clients() -> Iterator[FriendClients]:
    with FriendClients() as running:
        yield running


@pytest.fixture(scope="session")
def fresh(conversation_stack: Stack) -> Cast:
    """A script with people that nobody else has, who have accounts; the script, and they."""

    def make(wanted: ConversationScript, linked: bool = True) -> tuple[ConversationScript, list[ScriptPerson]]:
        number = next(_numbers)
        mine = script.cast(wanted, {each.name: f"{each.name}{number}" for each in wanted.people()}, "example.org")
        people = hosting.people(mine, {each.user: secret_text() for each in mine.people()})
        for person in people:
            keep_password(person.user, person.password)
        hosting.prepare(conversation_stack, people, linked)
        return mine, people

    return make


@pytest.fixture(scope="session")
def play(conversation_stack: Stack, clients: FriendClients, fresh: Cast) -> Play:
    """Plays a script with fresh people."""

    def run(wanted: ConversationScript, linked: bool = True) -> PlayOutcome:
        mine, people = fresh(wanted, linked)
        backend = XmppBackend(
            clients,
            {person.user: person for person in people},
            people[0].user,
            ("127.0.0.1", conversation_stack.xmpp_port),
            conversation_stack.ca_file,
        )
        outcome = Player(mine, conversation_stack.url, people, backend).play()
        keep_secret(outcome.variables.get("sid") or secret_text())
        return outcome

    return run


@pytest.fixture(scope="session")
def plays(play: Play, request: pytest.FixtureRequest) -> Iterator[dict[str, Future[PlayOutcome]]]:
    """The outcomes of all plays of this run, by the id of the test. They run beside each other."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        items = [item for item in request.session.items if isinstance(item, pytest.Function) and "plays" in item.fixturenames]
        scripts = {item.nodeid: item.callspec.params.get("wanted") for item in items}
        yield {name: pool.submit(play, wanted) for name, wanted in scripts.items() if wanted is not None}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def outcome(plays: dict[str, Future[PlayOutcome]], request: pytest.FixtureRequest) -> PlayOutcome:
    """That of the script of this test."""
    return plays[request.node.nodeid].result()
