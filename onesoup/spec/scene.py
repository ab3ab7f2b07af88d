"""What a case has to work with: two people with phones, time, and a promise that what it changes is changed back."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from onesoup.csp.codec.envelope import document_from_message
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.phone.errors import PhoneError
from onesoup.phone.http import HttpReply, PhoneHttpClient
from onesoup.spec.deadline import CaseDeadline
from onesoup.spec.exchange import SpecExchange
from onesoup.spec.phone import PhoneWatch, SpecPhone
from onesoup.spec.standing import StandingRules
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding

# What a clean-up may meet, at a server that answers nonsense too. It never changes the outcome of a case.
CLEAN_UP_ERRORS = (Exception,)
CLEAN_UP_SECONDS = 10.0

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class SpecAccount:
    user: str
    password: str


class SceneColumn(Protocol):
    """What a scene needs of its column."""

    url: str
    version: str
    encoding: Encoding
    deadline: CaseDeadline
    rules: StandingRules

    def new_phone(self, account: int, watch: PhoneWatch, **options: Any) -> SpecPhone: ...

    def resting(self, account: int, watch: PhoneWatch) -> SpecPhone: ...

    def forget(self, account: int) -> None: ...

    def friends(self, scene: Scene) -> None: ...


class Scene:
    """One case in one version and encoding. `alice` and `bob` are the two accounts, logged in and negotiated.

    They stay logged in from case to case: a case that ends or spoils a session opens one of its own with `phone`."""

    def __init__(self, column: SceneColumn, watch: PhoneWatch) -> None:
        self.column, self.watch = column, watch
        self.version, self.encoding = column.version, column.encoding
        self._after = ExitStack()

    @property
    def exchanges(self) -> list[SpecExchange]:
        return self.watch.exchanges

    @property
    def alice(self) -> SpecPhone:
        return self.column.resting(0, self.watch)

    @property
    def bob(self) -> SpecPhone:
        return self.column.resting(1, self.watch)

    def phone(self, account: int = 0, **options: Any) -> SpecPhone:
        """A phone of this case alone, with a ClientID of its own; not logged in yet. Logged out at the end of the case."""
        found = self.column.new_phone(account, self.watch, **options)
        self._after.callback(end_session, found)
        return found

    def started(self, account: int = 0, **options: Any) -> SpecPhone:
        """Such a phone, logged in and negotiated."""
        found = self.phone(account, **options)
        found.login()
        found.negotiate()
        return found

    def alone(self, account: int = 0) -> None:
        """Ends the session that the account keeps from case to case."""
        self.column.forget(account)

    def undo(self, step: Callable[[], object]) -> None:
        """Runs at the end of the case, whatever becomes of it; the last first."""

        def quietly() -> None:
            with suppress(*CLEAN_UP_ERRORS):
                step()

        self._after.callback(quietly)

    def close(self) -> None:
        """Changes back what the case has changed, in a time of its own."""
        self.watch.deadline = CaseDeadline(CLEAN_UP_SECONDS, self.column.deadline)
        self._after.close()

    # --- bytes ---

    def bytes_of(self, phone: SpecPhone, primitive: Primitive, change: Callable[[Document], None] = lambda _: None) -> bytes:
        """A request of a phone as bytes; `change` may alter the tree before it is written."""
        document = document_from_message(phone.message(primitive))
        change(document)
        return codec.encode(document)

    def sent(self, phone: SpecPhone, octets: bytes, content_type: str | None = None) -> SpecExchange:
        """Posts any bytes as the phone; the rules that hold for every answer are not judged."""
        return phone.exchanged(octets, content_type)

    def post(self, octets: bytes, content_type: str | None = None) -> HttpReply:
        """Posts any bytes over a connection of its own."""
        kind = codec.media_type(self.version, self.encoding) if content_type is None else content_type
        exchange = SpecExchange(octets, kind)
        self.exchanges.append(exchange)
        client = PhoneHttpClient(self.column.url, "onesoup-spec", 20.0)
        try:
            exchange.reply = client.post(octets, kind, self.watch.deadline.left(20.0))
        except (PhoneError, ValueError) as error:
            exchange.problem = str(error)
            raise
        finally:
            client.close()
        return exchange.reply


def end_session(phone: SpecPhone) -> None:
    with suppress(*CLEAN_UP_ERRORS):
        if phone.session_id is not None:
            phone.logout()
    phone.close()


def fresh_word(about: str = "spec") -> str:
    """A name or text that nobody else uses."""
    return f"{about}{next(_numbers)}x{secrets.token_hex(3)}"
