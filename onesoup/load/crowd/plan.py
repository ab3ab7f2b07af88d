"""What one process of a crowd does: which phones are its, how they are woken, how often they act. Values only."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

# How a phone learns that something waits.
STCP_BEARER, POLL_BEARER, SMS_BEARER = "stcp", "poll", "sms"
# Contacts of a phone on each side of its own number.
CONTACT_REACH = 10
# Multiples of it, modulo one, are spread evenly, so that any run of numbers has its share of every bearer.
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class CrowdFriendsPlan:
    """XMPP clients beside the phones: `servers` is {domain: (host, port)}."""

    servers: dict[str, tuple[str, int]]
    ca_file: Path | None
    jids: tuple[str, ...]
    password: str

    @classmethod
    def from_json(cls, found: dict[str, Any], password: str) -> Self:
        servers = {domain: (str(host), int(port)) for domain, (host, port) in found["servers"].items()}
        ca_file = Path(found["ca"]) if found.get("ca") else None
        return cls(servers, ca_file, tuple(found["friends"]), found.get("password", password))


@dataclass(frozen=True)
class CrowdPlan:
    """Phones `first` to `last`, both included, of `total` in all. Phone n is user pN; each domain has a run of numbers, so that
    contacts, who are neighbours, are mostly of one domain."""

    name: str
    url: str
    domains: tuple[str, ...]
    first: int
    last: int
    total: int
    password: str
    ledger: Path
    # Source addresses of the connections, used by turns.
    addresses: tuple[str, ...] = ("127.0.0.1",)
    # Where lines are opened, whatever the server says. None: where it says.
    stcp: tuple[str, int] | None = None
    bearers: dict[str, float] = field(default_factory=lambda: {STCP_BEARER: 0.5, POLL_BEARER: 0.333, SMS_BEARER: 0.167})
    # Where the carrier gateway's end listens, 0 for nowhere.
    sms_listen: int = 0
    # Actions of one phone in an hour: messages, presence, logins (out, and in at once), keepalive of those that do not poll;
    # messages of one XMPP friend: friends.
    rates: dict[str, float] = field(default_factory=dict)
    # The part of messages that go to XMPP friends.
    to_friends: float = 0.1
    xmpp: CrowdFriendsPlan | None = None
    seed: int = 0
    # Most HTTP connections at the same time. A held poll occupies one.
    connections: int = 4000
    # So long nothing must come before `quiet` believes that all is there: longer than until an unanswered message comes again.
    quiet_seconds: float = 15.0

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """`found` is as `bench/scale` writes it. KeyError for what is missing, TypeError for a name that nobody knows."""
        values = dict(found)
        values["first"], values["last"] = values.pop("phones")
        values["ledger"] = Path(values["ledger"])
        values["domains"], values["addresses"] = tuple(values["domains"]), tuple(values.get("addresses") or ["127.0.0.1"])
        values["stcp"] = tuple(values["stcp"]) if values.get("stcp") else None
        xmpp = values.get("xmpp")
        values["xmpp"] = CrowdFriendsPlan.from_json(xmpp, values["password"]) if xmpp else None
        return cls(**values)

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))

    @property
    def numbers(self) -> range:
        return range(self.first, self.last + 1)

    def user(self, number: int) -> str:
        return f"p{number}"

    def domain(self, number: int) -> str:
        return self.domains[number * len(self.domains) // self.total]

    def jid(self, number: int) -> str:
        return f"{self.user(number)}@{self.domain(number)}"

    def msisdn(self, number: int) -> str:
        return f"1555{number:07d}"

    def contacts(self, number: int) -> list[int]:
        """The neighbours on both sides, without itself where there are few phones."""
        reach = range(-CONTACT_REACH, CONTACT_REACH + 1)
        return sorted({(number + each) % self.total for each in reach} - {number})

    def bearer(self, number: int) -> str:
        place = number * _GOLDEN % 1.0 * sum(self.bearers.values())
        for bearer, part in self.bearers.items():
            place -= part
            if place < 0:
                return bearer
        return next(iter(self.bearers))
