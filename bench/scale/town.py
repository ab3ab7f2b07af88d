"""Who lives where: phones, their domains and contacts, the generator's processes, and how much they do. Arithmetic alone."""

from collections.abc import Iterator
from dataclasses import dataclass

DOMAINS = ("one.test", "two.test")
PHONE_PASSWORD = "scale-secret"
# On each side in the circle of all phones.
NEIGHBOURS = 10
# What docs/scaling.md assumes of a phone and day: messages each way, log-ins; its busiest hour has four times the mean of
# messages and a fifth of the log-ins. Woken phones send a keep-alive every half hour.
MESSAGES_A_DAY, LOGINS_A_DAY = 20, 2
BUSY_MESSAGES, BUSY_LOGINS = 4 / 24, 1 / 5
KEEP_ALIVES_AN_HOUR = 2
# The part of the messages, each way, of which an XMPP client is the other end.
XMPP_PART = 0.25
# A contact changes every five minutes, says that page; log-ins and log-outs are most of it with twenty contacts.
PRESENCE_AN_HOUR = 0.1
FRIENDS_OF_CROWD = 20
POLL_SECONDS = 20
ADDRESSES_OF_CROWD = 250


@dataclass(frozen=True)
class CrowdShare:
    """The phones of one process of the generator: numbers first to last, both included, and how they learn of messages."""

    number: int
    first: int
    last: int
    bearers: dict[str, float]

    @property
    def name(self) -> str:
        return f"crowd-{self.number}"

    def addresses(self) -> list[str]:
        return [f"127.{self.number}.0.{each}" for each in range(1, ADDRESSES_OF_CROWD + 1)]

    def friends(self) -> list[str]:
        return [f"f{self.number}-{each}@{DOMAINS[each % 2]}" for each in range(FRIENDS_OF_CROWD)]


@dataclass(frozen=True)
class Town:
    """`squeeze`: how many hours' traffic are in an hour of the clock."""

    phones: int
    squeeze: float = 4.0
    awake_crowds: int = 2

    def jid(self, number: int) -> str:
        """The first half of the numbers is at the first domain, so that few contacts are at the other one."""
        number %= self.phones
        return f"p{number}@{DOMAINS[number * len(DOMAINS) // self.phones]}"

    def contacts(self, number: int) -> list[str]:
        """The ten before and the ten behind, as far as there are so many others."""
        near = [number + way * step for step in range(1, NEIGHBOURS + 1) for way in (1, -1)]
        return [each for each in dict.fromkeys(map(self.jid, near)) if each != self.jid(number)]

    def accounts(self) -> Iterator[tuple[str, list[str]]]:
        """(JID, contacts) of all phones and of the friends, who are in nobody's list."""
        yield from ((self.jid(number), self.contacts(number)) for number in range(self.phones))
        yield from ((jid, []) for share in self.shares() for jid in share.friends())

    def shares(self) -> Iterator[CrowdShare]:
        """Half of all on lines, a third polling, both in the first processes; the last sixth is woken by SMS."""
        awake = self.phones - self.phones // 6
        size = -(-awake // self.awake_crowds)
        for number in range(self.awake_crowds):
            last = min((number + 1) * size, awake) - 1
            yield CrowdShare(number + 1, number * size, last, {"stcp": 0.6, "poll": 0.4, "sms": 0.0})
        if awake < self.phones:
            yield CrowdShare(self.awake_crowds + 1, awake, self.phones - 1, {"stcp": 0.0, "poll": 0.0, "sms": 1.0})

    def rates(self) -> dict[str, float]:
        """How often a phone does what in an hour of the clock."""
        messages = MESSAGES_A_DAY * BUSY_MESSAGES
        an_hour = {
            "messages": messages,
            "from_xmpp": messages * XMPP_PART,
            "presence": PRESENCE_AN_HOUR,
            "keepalive": KEEP_ALIVES_AN_HOUR,
            "logins": LOGINS_A_DAY * BUSY_LOGINS,
        }
        return {name: each * self.squeeze for name, each in an_hour.items()}
