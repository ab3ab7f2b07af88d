"""`onesoup phone play` against a server that runs, with its own accounts."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onesoup.captures.conversation_writer import write_conversation
from onesoup.captures.exchanges import exchanges_of
from onesoup.demo.stack import Stack
from onesoup.phone.conversation import friend_clients, script
from onesoup.phone.play import play as command
from tests.captures.test_conversation_writer import LOGIN, STATUS, answer, bodies, document, inside
from tests.conversations.conftest import Cast

RAZR = Path(__file__).resolve().parents[2] / "scripts" / "motorola-razr.yaml"


def run(stack: Stack, fresh: Cast, *more: str) -> Result:
    """Plays the Razr's conversation with the accounts of this test."""
    loaded = script.load(RAZR)
    _, people = fresh(loaded)
    words = [str(RAZR), "--url", stack.url, "--xmpp", f"127.0.0.1:{stack.xmpp_port}", "--xmpp-ca", str(stack.ca_file)]
    for person, given in zip(people, loaded.people(), strict=True):
        words += ["--user", f"{given.name}={person.user}", "--password", f"{person.user}={person.password}"]
    return CliRunner().invoke(command, [*words, *more])


@pytest.mark.parametrize("encoding", ["xml", "wbxml"])
def test_other_accounts_and_either_encoding(conversation_stack: Stack, fresh: Cast, encoding: str) -> None:
    found = run(conversation_stack, fresh, "--encoding", encoding)
    assert found.exit_code == 0, found.output
    assert f"CSP 1.1, {encoding.upper()}" in found.output
    assert "15 of 15 steps good" in found.output


def test_without_slixmpp_friends_are_phones(conversation_stack: Stack, fresh: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(friend_clients, "available", lambda: False)
    found = run(conversation_stack, fresh)
    assert "friends are phones" in found.output
    assert "make setup" in found.output
    assert found.exit_code == 0, found.output


def joins_the_lobby(file: Path) -> Path:
    """A phone without domain in its user ID, a room whose address has one, and a user as a demo has one, too."""
    screen = inside(ScreenName=inside(SName="Al", GroupID="wv:/lobby@localhost"))
    group = inside(GroupID="wv:/lobby@localhost")
    wanted = inside(JoinedRequest="F", SubscribeNotification="F")
    join = document(inside(**{"JoinGroup-Request": group + screen + wanted}), "2")
    pairs = [
        (LOGIN[0].replace(b"wv:alice@example.org", b"alice"), LOGIN[1]),
        (join, answer("<JoinGroup-Response/>", "2")),
        (document("<Logout-Request/>", "3"), answer(STATUS, "3")),
    ]
    written = write_conversation(exchanges_of(bodies(pairs), []), "A phone", "made up")
    file.write_text(written.text(), encoding="utf-8")
    return file


def test_a_stack_of_its_own_has_the_accounts_and_the_rooms_of_the_file(tmp_path: Path) -> None:
    found = CliRunner().invoke(command, [str(joins_the_lobby(tmp_path / "lobby.yaml")), "--stack"])
    assert found.exit_code == 0, found.output
    assert "3 of 3 steps good" in found.output


def test_a_friend_who_cannot_log_in_is_a_plain_message(conversation_stack: Stack, tmp_path: Path) -> None:
    file = joins_the_lobby(tmp_path / "lobby.yaml")
    words = [str(file), "--url", conversation_stack.url, "--domain", "example.org", "--password", "{}-not-it"]
    xmpp = ["--xmpp", f"127.0.0.1:{conversation_stack.xmpp_port}", "--xmpp-ca", str(conversation_stack.ca_file)]
    found = CliRunner().invoke(command, [*words, *xmpp])
    assert (found.exit_code, type(found.exception)) == (2, SystemExit)
    assert "cannot log in to the XMPP server" in found.output
