"""`onesoup record` against a stack that runs: what a phone does becomes a file that plays, and says nothing of its user."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path

import pytest
import yaml

from onesoup.captures.adding import captured_conversation
from onesoup.demo.stack import Stack
from onesoup.phone.conversation import report, script
from onesoup.phone.conversation.backend import XmppBackend
from onesoup.phone.conversation.friend_clients import FriendClients
from onesoup.phone.conversation.outcome import PlayOutcome
from onesoup.phone.conversation.script import ScriptPerson
from onesoup.phone.engine import Phone
from onesoup.store.recordings import Recordings
from onesoup.store.redis.client import connect
from tests.captures.packets import Talk, ok, pcap, post
from tests.conversations.conftest import Cast, Play
from tests.support.secrets import keep_secret, secret_text

# Generous: a machine that is busy with other things is slow.
WITHIN_SECONDS = 60
PEOPLE = {
    "csp_version": "1.2",
    "encoding": "xml",
    "steps": [],
    "given": {
        "accounts": {f"{name}@example.org": "secret" for name in ("alice", "bob", "dave")},
        "roster of alice": "bob@example.org (both)",
    },
}


class Recording:
    """The command, in a process of its own."""

    def __init__(self, stack: Stack, file: Path, *words: str) -> None:
        self.file, self._said = file, file.with_suffix(".out")
        with self._said.open("wb") as output:
            self._child = subprocess.Popen(
                [str(Path(sys.executable).with_name("onesoup")), "record", *words, "-o", str(file)],
                env=stack.env | {"PYTHONUNBUFFERED": "1", "PATH": os.environ["PATH"]},
                stdout=output,
                stderr=output,
            )
        self.until("recording ")
        self._until_all_gateways_record(stack)

    @staticmethod
    def _until_all_gateways_record(stack: Stack) -> None:
        """A gateway of a machine that is busy may be late."""
        client = connect(stack.redis.url)
        recordings, end = Recordings(client), time.monotonic() + WITHIN_SECONDS
        running = max(recordings.active(), key=lambda each: each.until)
        while recordings.gateways(running.id) < stack.settings.web_workers:
            assert time.monotonic() < end
            time.sleep(0.05)
        client.close()

    @property
    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def until(self, words: str) -> None:
        end = time.monotonic() + WITHIN_SECONDS
        while words not in self.said:
            assert time.monotonic() < end, self.said
            assert self._child.poll() is None, self.said
            time.sleep(0.05)

    def finish(self) -> str:
        self._child.terminate()
        assert self._child.wait(WITHIN_SECONDS) == 0, self.said
        return self.file.read_text(encoding="utf-8")

    def kill(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()


@pytest.fixture
def people(fresh: Cast) -> list[ScriptPerson]:
    return fresh(script.make("people", PEOPLE))[1]


@pytest.fixture
def friends(conversation_stack: Stack, clients: FriendClients, people: list[ScriptPerson]) -> XmppBackend:
    address = ("127.0.0.1", conversation_stack.xmpp_port)
    return XmppBackend(clients, {each.user: each for each in people}, people[0].user, address, conversation_stack.ca_file)


def an_evening(phone: Phone, alice: ScriptPerson, bob: ScriptPerson, dave: ScriptPerson, friends: XmppBackend) -> list[str]:
    """Log in, see a friend, talk, be asked, log out. What was said."""
    texts = [secret_text("How are you, "), secret_text("Fine, thanks ")]
    friends.act(f"{bob.user} is available")
    phone.start()
    phone.send(f"wv:{bob.jid}", texts[0])
    friends.expect(f"{bob.user} receives '{texts[0]}'")
    friends.act(f"{bob.user} sends '{texts[1]}' to {alice.user}")
    poll_until(phone, lambda: bool(phone.inbox))
    friends.act(f"{dave.user} is available; {dave.user} asks to see {alice.user}")
    poll_until(phone, lambda: any(type(each).__name__ == "PresenceAuthRequest" for each in phone.news))
    phone.logout()
    return texts


def poll_until(phone: Phone, done: Callable[[], bool]) -> None:
    end = time.monotonic() + WITHIN_SECONDS
    while not done():
        assert time.monotonic() < end
        phone.run_once()


@pytest.mark.parametrize("whom", ["user", "--new"])
def test_an_evening_becomes_a_conversation_that_plays(
    conversation_stack: Stack,
    people: list[ScriptPerson],
    friends: XmppBackend,
    play: Play,
    plays: dict[str, Future[PlayOutcome]],
    tmp_path: Path,
    whom: str,
) -> None:
    wait(plays.values())  # else the next phone that logs in is one of those
    alice, bob, dave = people
    packets = Talk().opened()

    def heard(way: str, data: bytes) -> None:
        packets.say(way == "sent", post(data) if way == "sent" else ok(data))

    recording = Recording(conversation_stack, tmp_path / "evening.yaml", alice.jid if whom == "user" else whom)
    try:
        with Phone(conversation_stack.url, alice.user, alice.password, profile="s60", cir=(), trace=heard) as phone:
            texts = an_evening(phone, alice, bob, dave, friends)
            keep_secret(phone.session_id or secret_text())
        recording.until("Logout-Request")
        text = recording.finish()
    finally:
        recording.kill()
        friends.close()
    for word in (alice.user, bob.user, dave.user, alice.password, *texts):
        assert word not in text
        assert word not in recording.said.partition("\n")[2]  # below the line that says who is recorded
    assert "-> NewMessage" in recording.said
    assert "NOK.S60" in text
    outcome = play(script.load(recording.file))
    assert outcome.passed, "\n" + report.whole(outcome)
    assert {"login", "new-message", "presence-auth"} <= {step.name for step in outcome.steps}
    sent_in = captured_conversation(pcap(packets.frames), "evening.pcap", "", b"another key")
    again = play(script.make("evening", yaml.safe_load(sent_in.text())))
    assert again.passed, "\n" + report.whole(again)
    assert [step.name for step in again.steps] == [step.name for step in outcome.steps]
    lines = [json.loads(line) for line in conversation_stack.logs("web").splitlines() if line.startswith("{")]
    assert [each["user"] for each in lines if each["event"] == "recording" and each["user"] == alice.jid] == [alice.jid]
