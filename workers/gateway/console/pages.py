"""What a page of the console is: a path, a template, the values for it, and the actions of its buttons.

A page never checks who asks: `serving.py` does, for each page in the table of `routes.py`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import falcon
import redis

from onesoup.settings import Settings
from onesoup.store.account.keyring import KeyRing
from onesoup.store.audit import AuditEntry, AuditLog
from onesoup.store.console_access import ConsoleAccess, ConsoleRole, ConsoleSession
from workers.gateway.console.gate import ConsoleGate
from workers.gateway.console.rendering import render_console
from workers.gateway.web.forms import FormTokens


class ActionProblem(Exception):
    """An action that cannot be done as it was asked for. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class ConsoleSite:
    """What all pages share."""

    settings: Settings
    client: redis.Redis
    ring: KeyRing
    gate: ConsoleGate
    access: ConsoleAccess
    tokens: FormTokens
    navigation: tuple[type["ConsolePage"], ...]

    @classmethod
    def of(cls, settings: Settings, client: redis.Redis, ring: KeyRing, pages: tuple[type["ConsolePage"], ...]) -> "ConsoleSite":
        navigation = tuple(each for each in pages if each.in_navigation)
        return cls(settings, client, ring, ConsoleGate(settings), ConsoleAccess(client), FormTokens(ring), navigation)

    def note(self, by: str, what: str, whom: str = "", more: str = "") -> None:
        """The audit line of what somebody did on the console."""
        AuditLog(self.client).note(AuditEntry(int(time.time()), by, what, whom, more))


@dataclass(slots=True)
class ConsoleVisit:
    """One request of somebody who is logged in. `secret` is what the cookie says; `params` come from the path."""

    req: falcon.Request
    resp: falcon.Response
    session: ConsoleSession
    secret: str
    address: str
    params: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)

    @property
    def is_operator(self) -> bool:
        return self.session.role == ConsoleRole.OPERATOR.value

    @property
    def by(self) -> str:
        """Who acts, for the audit log."""
        return f"{self.session.role}@{self.address} (console)"

    def may(self, role: ConsoleRole) -> bool:
        return role == ConsoleRole.READER or self.is_operator

    def typed(self, name: str) -> str:
        """A field of the form or of the query, without white space around it."""
        return (self.form.get(name) or self.req.get_param(name, default="") or "").strip()


@dataclass(frozen=True, slots=True)
class ConsoleAction:
    """What a button does. `run` does it and returns what the page says then; ActionProblem when it cannot be done.

    `command` is the command that does the same, as the page shows it; `whom` says whose it was, for the audit log. Read-only
    sessions cannot run it, unless `role` says so. `notes_itself`: what `run` calls writes the audit line (with `visit.by`)."""

    name: str
    command: str
    run: Callable[["ConsolePage", ConsoleVisit], str]
    whom: Callable[[ConsoleVisit], str] = lambda _: ""
    role: ConsoleRole = ConsoleRole.OPERATOR
    notes_itself: bool = False


class ConsolePage:
    """One page. A page without `actions` takes no posts."""

    path: ClassVar[str]
    title: ClassVar[str]
    template: ClassVar[str]
    in_navigation: ClassVar[bool] = True
    role: ClassVar[ConsoleRole] = ConsoleRole.READER
    actions: ClassVar[tuple[ConsoleAction, ...]] = ()

    def __init__(self, site: ConsoleSite) -> None:
        self.site = site

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        """What the template sees, beside `visit`, `page`, `navigation`, `form_token`, `said` and `problem`."""
        return {}

    def answer(self, visit: ConsoleVisit, said: str = "", problem: str = "", status: str = falcon.HTTP_200) -> None:
        """Shows the page. `said`: what an action has done; `problem`: why it did not."""
        common = {
            "visit": visit,
            "page": self,
            "navigation": self.site.navigation,
            "form_token": self.site.tokens.make(visit.secret, int(time.time())),
            "said": said,
            "problem": problem,
        }
        render_console(visit.resp, self.template, common | self.values(visit), status)
