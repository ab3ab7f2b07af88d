"""Phones and XMPP clients that write to each other at a steady pace, and enter in the books what they see.

Phones retry as real ones do (docs/protocol/flows.md 1.3): S60 sends the same bytes again when a connection breaks, Android comes
after five seconds with a new TransactionID. Both take any HTTP status but 200, and any CSP code but 200, for a failure. Every
such thing is entered, whether a retry mends it or not."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import gevent
from gevent.lock import RLock

from onesoup.csp.codec.envelope import Transaction
from onesoup.csp.codec.generated_elements import NewMessage
from onesoup.load.friend import Friend
from onesoup.phone import http
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, Unreachable
from onesoup.phone.messages import ReceivedMessage
from onesoup.phone.profiles import PROFILES
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.wire.document import Encoding
from tests.deploy.ledger.books import Books

PASSWORD = "ledger-secret"
DOMAIN = "localhost"
# Phones with a line look by themselves now and then, since a wake-up may be lost; the others ask again soon after each answer.
LOOK_SECONDS, PAUSE_SECONDS = 5.0, 0.3
REDIAL_SECONDS = 0.5
AFTER_FAILURE_SECONDS = 1.0
NEWCOMER_SECONDS = 0.5


@dataclass(frozen=True)
class Model:
    """A kind of phone. `resends`: how often the same bytes go out again; `retries`: waits before the request is made anew."""

    profile: str
    version: str
    encoding: Encoding
    line: bool = False
    keeps: bool = True
    resends: int = 0
    retries: tuple[float, ...] = ()


ANDROID_RETRIES = (5.0, 10.0, 20.0)
MODELS = (
    Model("s60", "1.2", Encoding.WBXML, resends=3),
    Model("razr", "1.1", Encoding.XML),
    Model("android", "1.2", Encoding.WBXML, line=True, retries=ANDROID_RETRIES),
    Model("generic", "1.3", Encoding.XML, line=True),
    Model("sony-ericsson", "1.1", Encoding.WBXML, keeps=False),
)


class LedgerPhone(Phone):
    """A phone that enters every failure, and every message that the server knows it to have."""

    def __init__(self, url: str, name: str, model: Model, books: Books, failures: Callable[[], Counter[str]]) -> None:
        """`failures` is where what it meets now is entered."""
        profile = replace(PROFILES[model.profile], resends=0, timeout=45.0, poll_timeout=20.0)
        super().__init__(
            url,
            f"{name}@{DOMAIN}",
            PASSWORD,
            version=model.version,
            encoding=model.encoding,
            client_id=f"ledger-{name}",
            profile=profile,
            way="plain",
            cir=["STCP"] if model.line else [],
            headers=None if model.keeps else {"Connection": "close"},
        )
        self.name, self.model, self.books, self._failures = name, model, books, failures
        self.on_message = self._hears
        self._turn = RLock()

    def raw(self, octets: bytes, content_type: str | None = None, timeout: float | None = None) -> http.HttpReply:
        if not self.profile.serial:
            return self._resent(octets, content_type, timeout)
        with self._turn:
            return self._resent(octets, content_type, timeout)

    def _resent(self, octets: bytes, content_type: str | None, timeout: float | None) -> http.HttpReply:
        for left in reversed(range(self.model.resends + 1)):
            try:
                reply = super().raw(octets, content_type, timeout)
                break
            except Unreachable as error:
                self.bad("no answer in time" if "within" in str(error) else "connection broken or refused")
                if not left:
                    raise
        if reply.status != 200:
            self.bad(f"HTTP {reply.status}")
        return reply

    def bad(self, why: str) -> None:
        self._failures()[why] += 1

    def good(self, call: Callable[[], object]) -> bool:
        """Whether a request went well; enters what did not, unless `raw` has entered it."""
        try:
            call()
        except Unreachable:
            return False
        except Refused as error:
            self.bad(f"CSP {error.code}")
            return False
        except PhoneError as error:
            if not str(error).startswith("HTTP "):
                self.bad(str(error)[:60])
            return False
        return True

    def answer(self, transaction: Transaction) -> Transaction | None:
        following = super().answer(transaction)
        content = transaction.content
        if isinstance(content, NewMessage) and content.message_info:
            self.books.close(self.inbox_text(content.message_info.message_id or ""), content.message_info.message_id or "")
        return following

    def inbox_text(self, message_id: str) -> str:
        return next((each.text for each in reversed(self.inbox) if each.id == message_id), "")

    def _hears(self, message: ReceivedMessage) -> None:
        self.books.see(self.name, message.text, message.id, time.monotonic())


class User:
    """Somebody with a phone: logs in, reads, writes."""

    def __init__(self, phone: LedgerPhone, readers: Sequence[str], gap: float, offset: float) -> None:
        """Writes to the readers by turns every `gap` seconds, the first time after `offset`."""
        self.phone, self.books, self.readers = phone, phone.books, readers
        self._gap, self._offset = gap, offset
        self.writing = False
        self._asked = gevent.event.Event()
        # When the last request of each kind was sent that was answered as it should.
        self.sent = self.polled = 0.0
        self._woken = gevent.event.Event()
        self.sessions_lost = 0

    def lives(self) -> list[gevent.Greenlet]:
        found = [gevent.spawn(self._reads), gevent.spawn(self._writes)]
        return [*found, gevent.spawn(self._listens)] if self.phone.model.line else found

    def _good(self, call: Callable[[], object]) -> bool:
        found = self.phone.good(call)
        self.sessions_lost += self.phone.session_id is None
        if found:
            self.books.good(time.monotonic())
        return found

    # --- reading ---

    def _reads(self) -> None:
        while True:
            began = time.monotonic()
            good = self._good(self.phone.run_once)
            if good:
                self.polled = began
            self._woken.wait(AFTER_FAILURE_SECONDS if not good else LOOK_SECONDS if self.phone.model.line else PAUSE_SECONDS)
            self._woken.clear()

    def _listens(self) -> None:
        """Keeps a line; every wake-up is a poll."""
        while True:
            where, sid = self.phone.stcp, self.phone.session_id
            if where is not None and sid is not None:
                with suppress(PhoneError), PhoneStcpLine(*where, sid, self.phone.cookie) as line:
                    self._woken.set()
                    line.listen(self._woken.set)
            self.books.phase.redialled += 1
            gevent.sleep(REDIAL_SECONDS)

    # --- writing ---

    def _writes(self) -> None:
        planned, turn = time.monotonic() + self._offset, 0
        while True:
            if not self._asked.wait(max(planned - time.monotonic(), 0.0)):
                planned = max(planned + self._gap, time.monotonic())
            self._asked.clear()
            if self.writing:
                self._write(self.readers[turn % len(self.readers)])
                turn += 1

    def write_now(self) -> None:
        """Writes once more, and looks for messages."""
        self._asked.set()
        self._woken.set()

    def _write(self, reader: str) -> None:
        began = time.monotonic()
        text = self.books.write(self.phone.name, reader, began)
        for wait in (*self.phone.model.retries, None):
            if self._good(lambda: self.phone.send(f"wv:{reader}@{DOMAIN}", text)):
                self.books.acknowledge(text)
                self.books.taken(time.monotonic() - began)
                self.sent = began
                return
            if wait is None or self.phone.session_id is None:
                return
            gevent.sleep(wait)


class Newcomer:
    """Logs in and out again and again, as somebody whose phone was off."""

    def __init__(self, make: Callable[[], LedgerPhone], books: Books) -> None:
        self._make, self._books = make, books

    def lives(self) -> list[gevent.Greenlet]:
        return [gevent.spawn(self._live)]

    def _live(self) -> None:
        while True:
            phone = self._make()
            self._books.phase.logins += phone.good(phone.start) and phone.good(phone.logout)
            phone.close()
            gevent.sleep(NEWCOMER_SECONDS)


class Crowd:
    """All phones, and their friends on XMPP."""

    def __init__(self, books: Books, phones: int, gap: float, friends: int = 4) -> None:
        """Each phone writes every `gap` seconds, and so much is written to it by its friend."""
        self.books, self._gap = books, gap
        self.names = [f"phone{number}" for number in range(phones)]
        self.friend_names = [f"friend{number}" for number in range(friends)]
        self.users: list[User] = []
        self.friends: list[Friend] = []
        self._lives: list[gevent.Greenlet] = []
        self.writing = False

    def readers(self, number: int) -> list[str]:
        """A friend and the next phone, so that every direction has its messages."""
        return [self._friend(number), self.names[(number + 1) % len(self.names)]]

    def _friend(self, number: int) -> str:
        return self.friend_names[number % len(self.friend_names)]

    def rosters(self) -> dict[str, dict[str, str]]:
        """{user: {contact: name}} of every account that is needed."""
        found: dict[str, dict[str, str]] = {"newcomer": {}}
        for number, name in enumerate(self.names):
            for other in self.readers(number):
                found.setdefault(name, {})[other] = other.title()
                found.setdefault(other, {})[name] = name.title()
        return found

    def start(self, url: str, xmpp: tuple[str, int], ca_file: Path) -> None:
        """Everybody logs in, then reads and writes."""
        for name in self.friend_names:
            friend = Friend(name, f"{name}@{DOMAIN}", PASSWORD, xmpp, ca_file, self._hears(name), self.books.acknowledge)  # type: ignore[arg-type]
            friend.start()
            self.friends.append(friend)
        for number, name in enumerate(self.names):
            phone = LedgerPhone(url, name, MODELS[number % len(MODELS)], self.books, lambda: self.books.phase.failures)
            self.users.append(User(phone, self.readers(number), self._gap, self._gap * number / len(self.names)))
        gevent.joinall([gevent.spawn(user.phone.start) for user in self.users], raise_error=True)
        refused = lambda: self.books.phase.refused_logins  # noqa: E731
        newcomer = Newcomer(lambda: LedgerPhone(url, "newcomer", MODELS[0], self.books, refused), self.books)
        self._lives = [life for each in (*self.users, newcomer) for life in each.lives()]
        self._lives += [gevent.spawn(self._writes, friend, number) for number, friend in enumerate(self.friends)]
        self.write(True)

    def write(self, whether: bool) -> None:
        self.writing = whether
        for user in self.users:
            user.writing = whether

    def _hears(self, reader: str) -> Callable[[str, str, str], None]:
        """An XMPP client does not acknowledge by itself: whatever it sees a second time is doubled."""

        def hears(_sender: str, text: str, message_id: str) -> None:
            self.books.see(reader, text, message_id, time.monotonic())
            self.books.close(text, message_id)

        return hears

    def _writes(self, friend: Friend, place: int) -> None:
        """A friend writes to its phones by turns."""
        mine = [name for number, name in enumerate(self.names) if self._friend(number) == friend.name]
        gap = self._gap / len(mine)
        planned, turn = time.monotonic() + gap * place / len(self.friends), 0
        while True:
            gevent.sleep(max(planned - time.monotonic(), 0.0))
            planned = max(planned + gap, time.monotonic())
            if self.writing and friend.online:
                to, turn = mine[turn % len(mine)], turn + 1
                text = self.books.write(friend.name, to, time.monotonic())
                with suppress(OSError):
                    friend.send(f"{to}@{DOMAIN}", text, text)

    def write_now(self) -> None:
        for user in self.users:
            user.write_now()

    def served_since(self, moment: float) -> bool:
        """Whether every phone has polled since then, has had a message taken while it writes, and whatever was acknowledged
        before then is there."""
        polled = all(user.polled > moment for user in self.users)
        sent = not self.writing or all(user.sent > moment for user in self.users)
        return polled and sent and not self.books.missing(moment)

    def stop(self) -> None:
        gevent.killall(self._lives)
        for friend in self.friends:
            friend.close()
        for user in self.users:
            user.phone.close()
