"""A case of the conformance runner: data, and a small function that asks the server. Knows neither HTTP nor reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from onesoup.wire.document import ANY_TREE, Encoding

# Takes a `Scene`, and raises when the server does not do what the case asks for.
CaseCheck = Callable[[Any], None]

SPEC_VERSIONS = ("1.1", "1.2", "1.3")
SINCE_1_2 = ("1.2", "1.3")


class Support(StrEnum):
    """How sure it is that a case asks for the right thing, by the marks of the protocol pages."""

    CLIENT = "seen in a real client"
    TWO = "two sources agree"
    ONE = "read in one source"
    UNSURE = "from memory of the specification"


class CaseLevel(StrEnum):
    """What asks for the case."""

    CHAT = "a phone can chat"
    COMPLETE = "complete"
    # No level asks for it: a server may say that it does not have it.
    OPTIONAL = "optional"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not offered"
    NOT_RUN = "not run"


class CaseFailed(Exception):
    """The server did something else than the case asks for. The text says what."""


class NotOffered(Exception):
    """The server says that it does not have what the case is about."""


class OutOfTime(Exception):
    """The time of a case, or of the whole run, is over."""


@dataclass(frozen=True, slots=True)
class Case:
    """`id` begins with its area. `asks`: what the server must do, in one sentence. `page` and `section` are those of
    docs/protocol that say so. `breaks`: what a failing server does to which phone. `feature`: the path in the Service tree
    that a server refuses when it does not have it. `standing`: judged over all answers of a run, not by requests of its own."""

    id: str
    asks: str
    page: str
    section: str
    support: Support
    breaks: str
    level: CaseLevel
    check: CaseCheck
    versions: tuple[str, ...] = SPEC_VERSIONS
    encodings: tuple[Encoding, ...] = ANY_TREE
    feature: str = ""
    standing: bool = False

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    def applies(self, version: str, encoding: Encoding) -> bool:
        return version in self.versions and encoding in self.encodings


class Area:
    """The cases of one module, in the order in which they are run."""

    def __init__(self, name: str, title: str, feature: str = "") -> None:
        self.name, self.title, self.feature = name, title, feature
        self.cases: list[Case] = []

    def case(
        self, name: str, asks: str, rests: str, support: Support, breaks: str, level: CaseLevel = CaseLevel.COMPLETE, **more: Any
    ) -> Callable[[CaseCheck], CaseCheck]:
        """Makes a case of the function below. `rests` is page and section: "flows.md 4.1"."""
        page, _, section = rests.partition(" ")
        more.setdefault("feature", self.feature)

        def register(check: CaseCheck) -> CaseCheck:
            self.cases.append(Case(f"{self.name}.{name}", asks, page, section, support, breaks, level, check, **more))
            return check

        return register


def expect(holds: object, otherwise: str) -> None:
    """Fails the case unless something holds."""
    if not holds:
        raise CaseFailed(otherwise)
