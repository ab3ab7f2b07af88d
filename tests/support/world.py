"""Who and what a story is about: people with accounts, their phones, their friends on ordinary XMPP clients."""

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from onesoup.csp.codec.envelope import Transaction
from onesoup.csp.codec.generated_elements import NewMessage
from onesoup.demo.stack import ROLES, Stack
from onesoup.phone.engine import Phone
from onesoup.phone.errors import Refused
from onesoup.phone.messages import ReceivedMessage
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.wire.document import ANY_TREE
from tests.support.peer import WITHIN, Peer, Peers
from tests.support.secrets import keep_password, keep_secret, secret_text

T = TypeVar("T")
_numbers = itertools.count(1)

MATRIX = [(version, encoding) for version in ("1.1", "1.2", "1.3") for encoding in ANY_TREE]


@dataclass(frozen=True)
class Person:
    """An XMPP account. `wv` is how phones write it."""

    name: str
    user: str
    password: str
    domain: str

    @property
    def jid(self) -> str:
        return f"{self.user}@{self.domain}"

    @property
    def wv(self) -> str:
        return f"wv:{self.jid}"


class StoryPhone(Phone):
    """A phone whose session ids count as secrets, and that can wait."""

    def login(self, inband: bool = False) -> Any:
        response = super().login(inband)
        keep_secret(response.session_id or "")
        return response

    def start(self) -> Self:
        """Again where the answer was that it is too late: on a machine that is busy with something else it may be."""
        for _ in range(2):
            try:
                return super().start()
            except Refused as refused:
                if refused.code not in (503, 504):
                    raise
        return super().start()

    def until(self, wanted: Callable[[], T], within: float = WITHIN) -> T:
        """Polls and answers until a condition holds; its value."""
        end = time.monotonic() + within
        while not (value := wanted()):
            assert time.monotonic() < end, f"not within {within:g} s; inbox {self.inbox}, presences {self.presences}"
            began = time.monotonic()
            if not self.run_once() and time.monotonic() - began < 0.05:
                time.sleep(0.05)  # the server does not hold this phone's polls
        return value

    def handed(self, within: float = WITHIN) -> Transaction:
        """The next message that the server hands out, not answered. Everything else is answered on the way."""
        end = time.monotonic() + within
        while True:
            transaction = self.poll()
            while transaction is not None and not isinstance(transaction.content, NewMessage):
                transaction = self.answer(transaction)
            if transaction is not None:
                return transaction
            assert time.monotonic() < end, f"no message within {within:g} s"
            if self.stcp:
                time.sleep(0.05)  # polls of this phone are not held

    def hears(self, text: str, within: float = WITHIN) -> ReceivedMessage:
        """The message with this text, by polling."""
        return self.until(lambda: next((each for each in self.inbox if each.text == text), None), within)  # type: ignore[return-value]

    def sees(self, person: Person, within: float = WITHIN, **wanted: object) -> Any:
        """Presence of a contact that is as wanted, by notifications."""

        def shown() -> object:
            found = self.presences.get(person.wv)
            return found if found and all(getattr(found, name) == value for name, value in wanted.items()) else None

        return self.until(shown, within)

    def until_good(self, ask: Callable[[], T], within: float = WITHIN) -> T:
        """Asks until the server can answer again."""
        end = time.monotonic() + within
        while True:
            try:
                return ask()
            except Refused as refused:
                if refused.code not in (503, 504) or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def said(self) -> list[str]:
        return [each.text for each in self.inbox]


class World:
    """A running stack, seen by a story. Every story has people of its own, so that stories do not meet."""

    def __init__(self, stack: Stack, peers: Peers) -> None:
        self.stack, self.peers = stack, peers
        self._phones: list[StoryPhone] = []
        self._online: list[Peer] = []

    def cast(self, *names: str, strangers: bool = False, linked: bool = True) -> list[Person]:
        """Accounts for these names, all in each other's rosters unless they are strangers, and linked for digest log-in."""
        number = next(_numbers)
        people = [self._person(name, number) for name in names]
        for person in people:
            friends = {} if strangers else {each.user: each.name for each in people if each is not person}
            self.stack.prosody.add_account(person.user, person.password, friends)
        if linked:
            self._link(people)
        return people

    def _person(self, name: str, number: int) -> Person:
        person = Person(name.title(), f"{name}{number}", secret_text(), self.stack.domain)
        keep_password(person.user, person.password)
        return person

    def _link(self, people: Iterable[Person]) -> None:
        client = connect(self.stack.redis.url)
        try:
            store = Accounts(client, KeyRing.load(self.stack.keys_file))
            for person in people:
                store.link(person.jid, person.jid, person.password, person.password)
        finally:
            client.close()

    def link(self, person: Person, phone_password: str) -> None:
        """Gives the person a phone password that is not the XMPP one."""
        client = connect(self.stack.redis.url)
        try:
            store = Accounts(client, KeyRing.load(self.stack.keys_file))
            store.link(person.jid, person.jid, person.password, phone_password)
        finally:
            client.close()

    def phone(self, person: Person, **options: Any) -> StoryPhone:
        """A phone that has done nothing yet."""
        password = options.pop("password", person.password)
        url = options.pop("url", self.stack.url)
        phone = StoryPhone(url, options.pop("user", person.jid), password, **options)
        self._phones.append(phone)
        return phone

    def waits(self, phone: StoryPhone, text: str, within: float = 60.0) -> None:
        """Returns when a message with this text waits for the phone; the phone does nothing meanwhile."""
        end, client = time.monotonic() + within, connect(self.stack.redis.url)
        feed = HolderSessionStore(client)
        while not any(text.encode() in stored for stored in feed.items.undelivered(phone.session_id or "").values()):
            assert time.monotonic() < end, f"no message waits within {within:g} s"
            time.sleep(0.05)
        client.close()

    def online(self, person: Person, **presence: str) -> Peer:
        """The person on an ordinary XMPP client, available."""
        address = ("127.0.0.1", self.stack.xmpp_port)
        peer = self.peers.connect(f"{person.jid}/desk", person.password, address, self.stack.ca_file)
        self._online.append(peer)
        peer.presence(**presence)
        peer.forget_absences()
        return peer

    def mend(self) -> None:
        """Every part runs once."""
        stack = self.stack
        for server in (stack.redis, stack.prosody):
            if not server.process.running:
                server.start()
        for name in set(stack.processes) - set(ROLES):
            stack.processes.pop(name).kill()
        for role in ROLES:
            stack.launch(role)
        stack.wait()

    def kill_workers(self) -> None:
        """SIGKILL for every gateway worker. The master starts new ones; connections wait in the queue until then."""
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

    def workers(self) -> set[int]:
        """The process ids of the gateway's workers."""
        master = self.stack.processes["web"].pid
        return {int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()}

    def close(self) -> None:
        """Connections go; sessions of phones run out."""
        for phone in self._phones:
            phone.close()
        for peer in self._online:
            peer.end()
