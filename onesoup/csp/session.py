"""The session as the protocol sees it: who logged in, how, and what was agreed. Values; stored as records elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any, TypeVar

from onesoup.csp import handsets
from onesoup.csp.errors import CspError
from onesoup.csp.text import addresses

RecordT = TypeVar("RecordT")
SESSION_RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class Session:
    """What a log-in fixed. `own` is the user's address in the spelling of the log-in, `short` the domain that the phone
    leaves out (None when it logged in with one), `resource` the XMPP resource."""

    jid: str
    own: str
    version: str
    resource: str
    client_id: str = ""
    client_kind: str = "URL"
    short: str | None = None
    cookie: str = ""
    handset: str = "unknown"
    ttl: int = 3600
    # When it began, seconds since 1970; 0 in records of before.
    began: int = 0
    # The name of this gateway under which the phone logged in: no XMPP domain, though phones complete ids with it.
    gateway: str = ""
    # Types of Notification-Request that the phone has subscribed.
    notices: tuple[str, ...] = ()
    # Of the log-in: wbxml, xml or pts; "" in records of before. Each answer is in the encoding of its request all the same.
    encoding: str = ""
    # How the User-Agent of the log-in begins, where the handset is unknown; "" in records of before.
    agent: str = ""

    @property
    def domain(self) -> str:
        return addresses.domain_of(self.jid)

    @property
    def quirks(self) -> handsets.Handset:
        return handsets.handset_named(self.handset)

    def jid_of(self, address: str) -> str:
        """The bare JID that the phone means. Its own id is its own account, also where a linked account, or the form for a
        gateway's domain, lets it stand for another address."""
        jid = addresses.to_jid(address, self.domain)
        if jid == _plain_meaning(self.own, self.domain):
            return self.jid
        if self.gateway and addresses.domain_of(jid) == self.gateway:
            user, _, domain = addresses.parse_address(address).user.rpartition("@")
            return addresses.make_jid(user, domain) if domain and user else addresses.make_jid(domain, self.domain)
        return jid

    def spelled(self, jid: str, spelling: str | None = None) -> str:
        """The address of a contact for this phone: as it spells it itself, else in full."""
        if spelling:
            return spelling
        return self.own if jid == self.jid else addresses.from_jid(jid, self.short)


@lru_cache(maxsize=4096)
def _plain_meaning(own: str, domain: str) -> str:
    """The address that a log-in id stands for; "" when it is no address."""
    try:
        return addresses.to_jid(own, domain)
    except CspError:
        return ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the phone can take, as far as answers depend on it. Lengths in octets: `accepted` for a text, `rich` for other
    content (0: as a text)."""

    accepted: int = 102_400
    parser: int = 131_072
    multi_trans: int = 1
    delivery: str = "P"
    methods: tuple[str, ...] = ()
    any_content: bool = False
    types: tuple[str, ...] = ()
    rich: int = 0
    # The language of the phone's user, as XML writes it; "" when the phone does not tell.
    language: str = ""


def to_fields(value: Session | Capabilities) -> dict[str, Any]:
    """Plain values for a record. What is as it is by default is left out: from_fields() knows it."""
    told = ((name, getattr(value, name), default) for name, default in _defaults(type(value)))  # type: ignore[arg-type]
    return {name: given for name, given, default in told if given != default}


def from_fields(cls: type[RecordT], record: Mapping[str, Any]) -> RecordT:
    """The value of a record; fields that this version does not know are left out."""
    names = _field_names(cls)  # type: ignore[arg-type]
    known = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name in names}
    return cls(**known)


@cache
def _field_names(cls: Any) -> frozenset[str]:
    return frozenset(name for name, _ in _defaults(cls))


@cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a class with their defaults, which stand for what a record does not say: a default never changes."""
    return tuple((each.name, each.default) for each in fields(cls))
