"""How much so many phones take: rates, CPU, memory, processes, hosts, money. Arithmetic alone; every figure is an argument.

CPU is in cores, so in seconds a second; memory in KB unless the name says GB.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from redis.crc import key_slot

from onesoup.store import keys

CLUSTER_SLOTS = 16_384
DAY, YEAR = 86_400.0, 365.25 * 86_400.0
KB_A_GB = 1024.0 * 1024.0
ROLES = ("gateway", "holder", "Redis", "CIR", "XMPP server")

# By name, as bench.figures.values() has them.
Values = Mapping[str, float]


@dataclass(frozen=True)
class Rates:
    """A second, of all phones together. A carrying request brings or takes something; an empty poll does not."""

    empty_polls: float
    carrying: float
    logins: float
    messages: float  # each way
    presence: float  # changes that come in on streams
    wakes: float  # of lines
    sms: float

    @property
    def requests(self) -> float:
        return self.empty_polls + self.carrying

    @property
    def publishes(self) -> float:
        """Messages of pub/sub: a command for a holder, an item for a line or a held poll, a log-in and its answer."""
        return 2 * self.messages + self.presence + 2 * self.logins


def rates(phones: float, v: Values, busy: bool = False) -> Rates:
    """Over the whole day, or in its busiest hour. A phone with a line, or one that sleeps, fetches an item and then answers it;
    one that polls has the poll already. Sleeping phones are not woken for presence."""
    messages = phones * v["messages_a_day"] / DAY * (v["busy_messages"] if busy else 1)
    logins = phones * v["logins_a_day"] * (v["busy_logins"] / 3600 if busy else 1 / DAY)
    presence, asleep = phones / v["presence_seconds"], 1 - v["lines"] - v["polling"]
    fetched = messages + presence * (1 - asleep)
    polled = messages * v["polling"] + presence * v["polling"]
    return Rates(
        empty_polls=phones * v["polling"] / v["poll_seconds"],
        carrying=messages + 2 * fetched - polled + phones / v["keepalive_seconds"],
        logins=logins,
        messages=messages,
        presence=presence,
        wakes=(messages + presence) * v["lines"],
        sms=messages * asleep,
    )


def cores(phones: float, v: Values, busy: bool = False) -> dict[str, float]:
    """What each role uses. What a phone costs at rest is shared by holder and Redis."""
    r, rest = rates(phones, v, busy), phones * v["rest"] / 3600 / 2
    heard = r.messages + r.presence
    return {
        "gateway": r.empty_polls * v["poll_gateway"] + r.carrying * v["carry_gateway"] + r.logins * v["login_gateway"],
        "holder": heard * v["stanza_in"] + r.messages * v["stanza_out"] + r.logins * v["login_holder"] + rest,
        "Redis": r.empty_polls * v["poll_redis"]
        + r.carrying * v["carry_redis"]
        + heard * v["stanza_redis"]
        + r.logins * v["login_redis"]
        + rest,
        "CIR": r.wakes * v["wake"],
        "XMPP server": (heard + r.messages) * v["stanza_xmpp"] + r.logins * v["login_xmpp"],
    }


@dataclass(frozen=True)
class Plan:
    """What is started for so many phones of one installation, at most: everything that shares one Redis."""

    phones: int
    workers: int
    holders: int
    line_processes: int
    redis: int
    # GB of each role, all its processes together.
    memory: dict[str, float]
    # Cores in the busiest hour.
    busy: dict[str, float]
    hosts: int
    xmpp_hosts: int

    @property
    def sessions_a_holder(self) -> float:
        return self.phones / self.holders

    @property
    def sessions_a_shard(self) -> float:
        return self.phones / keys.SHARDS


def plan(phones: int, v: Values) -> Plan:
    busy = cores(phones, v, busy=True)
    holders = holders_for(max(phones / v["sessions_a_holder"], busy["holder"] / v["core_share"]))
    workers = max(math.ceil(busy["gateway"] / v["core_share"]), 2)
    lines = max(math.ceil(phones * v["lines"] / v["lines_a_process"]), 1)
    memory = _memory(phones, v, workers, holders, lines)
    redis = max(math.ceil(busy["Redis"] / v["core_share"]), math.ceil(memory["Redis"] / v["redis_gb"]))
    redis = max(redis, 3) if phones > v["cluster_phones"] or redis > 1 else 1
    ours = [role for role in ROLES if role != "XMPP server"]
    return Plan(
        phones,
        workers,
        holders,
        lines,
        redis,
        memory,
        busy,
        # Each Redis has a replica, which takes as much memory once more.
        hosts=_hosts(sum(busy[role] for role in ours), sum(memory[role] for role in ours) + memory["Redis"], phones, v),
        xmpp_hosts=_hosts(busy["XMPP server"], memory["XMPP server"], phones, v),
    )


def _memory(phones: int, v: Values, workers: int, holders: int, lines: int) -> dict[str, float]:
    process = v["process_mb"] / KB_A_GB
    return {
        "gateway": workers * process,
        "holder": holders * process + phones * v["holder_kb"] / KB_A_GB,
        "Redis": phones * v["redis_kb"] * v["redis_spare"] / KB_A_GB,
        "CIR": lines * process + phones * v["lines"] * v["line_kb"] / KB_A_GB,
        "XMPP server": phones * v["xmpp_kb"] / KB_A_GB,
    }


def _hosts(busy_cores: float, gigabytes: float, phones: int, v: Values) -> int:
    """So many that each is half busy at most; and one more, which may fail, where it is not for a thousand phones."""
    by_cores = busy_cores / (v["host_cores"] * v["core_share"])
    by_memory = gigabytes / (v["host_gb"] * v["host_memory_share"])
    return max(math.ceil(max(by_cores, by_memory)), 1) + (phones > 1000)


# --- shards ---


def share(holders: int, shards: int = keys.SHARDS) -> int:
    """How many shards a holder takes at most."""
    return math.ceil(shards / holders)


def working_holders(holders: int, shards: int = keys.SHARDS) -> int:
    """How many of the holders have a shard: each takes up to its share, and what is left of 256 may not be enough for all."""
    return math.ceil(shards / share(holders, shards))


def holders_for(wanted: float, shards: int = keys.SHARDS) -> int:
    """The next power of two: all holders have the same number of shards then. Two at least, so that one may die; never more than
    there are shards."""
    return min(1 << math.ceil(math.log2(max(wanted, 2))), shards)


# --- Redis Cluster ---


def node_of(tag: str, nodes: int) -> int:
    """The primary that has the slot of a key, where each has as many slots as the next one in one row."""
    return key_slot(tag.encode()) * nodes // CLUSTER_SLOTS


def most_shards_on_a_node(nodes: int) -> int:
    """Of 256 shards, by their hash tags."""
    places = [node_of(f"{number:02x}", nodes) for number in range(keys.SHARDS)]
    return max(places.count(node) for node in range(nodes))


# --- money ---


@dataclass(frozen=True)
class PhoneYear:
    """What a phone takes in a year. The XMPP server is counted apart: it may be somebody else's."""

    cpu_seconds: float
    memory_kb: float
    hosts: int
    xmpp_hosts: int
    price: float
    xmpp_price: float
    sms: float


def phone_year(each: Plan, count: int, v: Values) -> PhoneYear:
    mean, used = cores(each.phones, v), each.memory
    ours = [role for role in ROLES if role != "XMPP server"]
    idle = v["stack_hour"] / 3600  # the processes themselves, once for an installation
    price = v["host_price"] / each.phones
    return PhoneYear(
        cpu_seconds=(sum(mean[role] for role in ours) + idle) / each.phones * YEAR,
        memory_kb=sum(used[role] for role in ours) * KB_A_GB / each.phones,
        hosts=each.hosts * count,
        xmpp_hosts=each.xmpp_hosts * count,
        price=each.hosts * price,
        xmpp_price=each.xmpp_hosts * price,
        sms=rates(1, v).sms * YEAR,
    )
