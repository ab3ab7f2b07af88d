"""`onesoup phone play` against a server that runs, with its own accounts."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onesoup.demo.stack import Stack
from onesoup.phone.conversation import friend_clients, script
from onesoup.phone.play import play as command
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
    assert found.exit_code == 0, found.output
