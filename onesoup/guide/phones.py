"""Reads `phones.toml` into frozen dataclasses, and refuses what pages could not show: `guide()`.

family = guide().by_user_agent("MOT-V3/0E.41") or guide().by_handset("motorola")
family.menus[0].path                 # "Menu > Messages > ..."
Server("http://imps.example.org/", "example.org").fill(family.fields[1].type)
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

FILE = Path(__file__).with_name("phones.toml")
# What a statement rests on, in plain words.
BASES = {
    "tried": "tried with the real client",
    "source": "read in the client's source",
    "guide": "from the user guide",
    "reported": "told by users",
    "assumed": "assumed",
}
GUIDE_PLACEHOLDERS = frozenset(("url", "host", "port", "domain", "address", "user", "page", "access_page", "account_page"))
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ID = re.compile(r"[a-z][a-z0-9-]{1,30}")
_Part = TypeVar("_Part")


class GuideError(ValueError):
    """The file says something that cannot be shown. Names the place."""


@dataclass(frozen=True, slots=True)
class ServerValues:
    """The server's own values, which stand in for placeholders. `url` is what is typed into a phone, `helper` the address of the
    service contact, "" for none. The pages are called as on a page of the server itself."""

    url: str
    domain: str
    helper: str = ""

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://").rstrip("/").removesuffix(f":{self.port}")

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    @property
    def address(self) -> str:
        return f"NAME@{self.domain}"

    @property
    def user(self) -> str:
        return f"wv:{self.address}"

    @property
    def page(self) -> str:
        return "this page"

    @property
    def access_page(self) -> str:
        return "the page about access points"

    @property
    def account_page(self) -> str:
        return "the account page"

    def fill(self, text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: str(getattr(self, found[1])), text)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a statement rests on: `kind` is a key of BASES, `by` says who tried it, or in which guides it stands."""

    kind: str
    by: str = ""

    @property
    def words(self) -> str:
        told = BASES[self.kind]
        if not self.by:
            return told
        return f"tried with a real phone by {self.by}" if self.kind == "tried" else f"{told} ({self.by})"


@dataclass(frozen=True, slots=True)
class Bases:
    """What the three parts of a family's page rest on."""

    protocol: Basis
    menu: Basis
    ota: Basis


@dataclass(frozen=True, slots=True)
class Menu:
    """The way to one screen. `basis` is given where it differs from the family's."""

    goal: str
    steps: tuple[str, ...]
    basis: str = ""

    @property
    def path(self) -> str:
        return " > ".join(self.steps)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a settings screen: what is typed into it, or what to think of, or both. `basis` is given where it differs from
    that of the family's menus."""

    label: str
    type: str = ""
    say: str = ""
    basis: str = ""

    @property
    def told(self) -> str:
        """`say`, and what the field rests on."""
        return f"{self.say} ({BASES[self.basis]})".strip() if self.basis else self.say


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something fails, and what to do. `codes`: with which CSP status codes the phone was told so."""

    why: str
    do: str
    codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneProblem:
    """What a phone shows, and the causes, likeliest first. The words are the phone's own only where they are `exact`."""

    shows: str
    basis: str
    causes: tuple[Cause, ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """One family of phones. `handset` is its name in onesoup/csp/handsets.py."""

    id: str
    name: str
    handset: str
    models: str
    protocol: str
    access: str
    ota: str
    basis: Bases
    menus: tuple[Menu, ...]
    fields: tuple[Field, ...]
    problems: tuple[PhoneProblem, ...]
    begins: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()

    def knows(self, user_agent: str) -> bool:
        """Whether a browser of this name is in such a phone."""
        named = user_agent.lower()
        return named.startswith(tuple(map(str.lower, self.begins))) or any(sign.lower() in named for sign in self.contains)


@dataclass(frozen=True, slots=True)
class Help:
    """One part of the page about access points."""

    title: str
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """All of it. `fields` are those that every phone has, `unlisted` is for whoever does not find the own model."""

    families: tuple[Family, ...]
    causes: Mapping[str, Cause]
    fields: tuple[Field, ...]
    helps: tuple[Help, ...]
    unlisted: str

    def family(self, name: str) -> Family | None:
        return next((each for each in self.families if each.id == name), None)

    def by_handset(self, handset: str) -> Family | None:
        """The family that a session record or a log calls so."""
        return next((each for each in self.families if each.handset == handset), None)

    def by_user_agent(self, user_agent: str) -> Family | None:
        """The family whose browser calls itself so, None for any other browser."""
        return next((each for each in self.families if each.knows(user_agent)), None)


@cache
def guide() -> Guide:
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> Guide:
    """The guide in a TOML text; GuideError, or tomllib's own error, when it is none."""
    told = tomllib.loads(text)
    _check_placeholders(told)
    causes = {name: _part(Cause, each, f"cause.{name}") for name, each in told.get("cause", {}).items()}
    families = tuple(_family(each, causes) for each in told.get("family", ()))
    common = tuple(_field(each, "field") for each in told.get("field", ()))
    helps = tuple(_part(Help, each, "help") for each in told.get("help", ()))
    unlisted = str(told.get("unlisted", ""))
    if set(told) - {"cause", "family", "field", "help", "unlisted"} or not (families and common and helps and unlisted):
        _wrong("the file", "needs family, field, cause, help and unlisted, and has nothing else")
    made = Guide(families, causes, common, helps, unlisted)
    _check(made)
    return made


def _family(told: dict[str, Any], causes: Mapping[str, Cause]) -> Family:
    place = f"family {told.get('id', '?')}"
    basis = told.pop("basis", {})
    bases = {part: _basis(basis.get(part, {}), f"{place}, basis {part}") for part in ("protocol", "menu", "ota")}
    menus = tuple(_part(Menu, each, f"{place}, menu") for each in told.pop("menu", ()))
    shown = tuple(_field(each, f"{place}, field") for each in told.pop("field", ()))
    problems = tuple(_problem(each, causes, f"{place}, problem") for each in told.pop("problem", ()))
    more = {"basis": Bases(**bases), "menus": menus, "fields": shown, "problems": problems}
    family = _part(Family, told | more, place)
    if not _ID.fullmatch(family.id):
        _wrong(place, "id: small letters, digits and strokes")
    if not (menus and shown and problems and all(menu.steps for menu in menus)):
        _wrong(place, "needs a menu, a field and a problem")
    for menu in menus:
        _known_basis(menu.basis or "assumed", f"{place}, menu {menu.goal}")
    return family


def _problem(told: dict[str, Any], causes: Mapping[str, Cause], place: str) -> PhoneProblem:
    """A problem names causes, or tells one of its own in `why` and `do`."""
    place = f"{place} {told.get('shows', '?')!r}"
    names = told.pop("causes", [])
    if unknown := [name for name in names if name not in causes]:
        _wrong(place, f"no such cause: {', '.join(unknown)}")
    own: dict[str, Any] = {name: told.pop(name) for name in ("why", "do") if name in told}
    found = [causes[name] for name in names] + ([_part(Cause, own, place)] if own else [])
    if not found:
        _wrong(place, "needs causes, or why and do")
    problem = _part(PhoneProblem, told | {"causes": found}, place)
    _known_basis(problem.basis, place)
    if problem.exact and problem.basis == "assumed":
        _wrong(place, "exact words are not assumed")
    return problem


def _field(told: dict[str, Any], place: str) -> Field:
    field = _part(Field, told, place)
    if not (field.type or field.say):
        _wrong(f"{place} {field.label}", "needs type or say")
    _known_basis(field.basis or "assumed", f"{place} {field.label}")
    return field


def _basis(told: dict[str, Any], place: str) -> Basis:
    basis = _part(Basis, told, place)
    _known_basis(basis.kind, place)
    if basis.kind == "tried" and not basis.by:
        _wrong(place, "says tried, and not by whom")
    return basis


def _known_basis(kind: str, place: str) -> None:
    if kind not in BASES:
        _wrong(place, f"basis is one of {', '.join(BASES)}")


def _part(kind: type[_Part], told: dict[str, Any], place: str) -> _Part:
    """A dataclass of a table of the file, whose keys must be its fields. Lists become tuples."""
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    needed = {name for name, each in known.items() if each.default is MISSING}
    if wrong := (set(told) - set(known)) | (needed - set(told)):
        _wrong(place, f"missing or unknown: {', '.join(sorted(wrong))}")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in told.items()})


def _check(made: Guide) -> None:
    ids = [each.id for each in made.families]
    if len(ids) != len(set(ids)):
        _wrong("the file", "two families have one id")
    used = {id(cause) for family in made.families for problem in family.problems for cause in problem.causes}
    if idle := [name for name, cause in made.causes.items() if id(cause) not in used]:
        _wrong("the file", f"causes that no problem names: {', '.join(idle)}")


def _check_placeholders(told: object) -> None:
    """Looks through all texts of the file."""
    if isinstance(told, str):
        if unknown := set(_PLACEHOLDER.findall(told)) - GUIDE_PLACEHOLDERS:
            _wrong(repr(told), f"no such placeholder: {', '.join(sorted(unknown))}")
        return
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        _check_placeholders(each)


def _wrong(place: str, reason: str) -> NoReturn:
    raise GuideError(f"{place}: {reason}")
