"""Blocks of operators: users, addresses, domains, handsets, each with who, when, why and until when.

The list is short. Processes keep a copy of it (onesoup.observability.operator_orders), so that no request asks Redis. What a
stranger sends is compared with it, and never becomes a part of it, a pattern or a key."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import redis

from onesoup.csp.text import addresses
from onesoup.runtime.networks import MAX_ADDRESS_LETTERS, parse_address, parse_network
from onesoup.store import bounds, operator_bounds
from onesoup.store.keys import ORDERS_CHANNEL
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import RedisScript, guarded, publish
from onesoup.store.redis.commands import RedisCommand, send

OPERATOR_BLOCKS_KEY = "operator-blocks"
OPERATOR_BLOCK_VERSION = 1
# How many answers for addresses a list remembers.
MAX_JUDGED_ADDRESSES = 10_000

_PUT_BLOCK = """
-- KEYS 1 blocks  ARGV 1 name  2 record  3 most     Returns 0, and nothing is done, when there are too many.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


class BlockedKind(StrEnum):
    """What is blocked: a user by the bare JID; an address or a network; a domain; a handset by its name in the quirk table, or by
    the beginning of its User-Agent in small letters."""

    USER = "user"
    ADDRESS = "address"
    DOMAIN = "domain"
    HANDSET = "handset"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class OperatorBlock:
    """`at` and `until` in seconds since 1970; `until` 0 holds until somebody ends it. `keeps`: sessions that there were go on."""

    kind: BlockedKind
    name: str
    by: str
    at: int
    reason: str
    until: int = 0
    keeps: bool = False

    @property
    def id(self) -> str:
        """How the log, the phone and operators call it."""
        return hashlib.blake2b(self.field.encode(), digest_size=4).hexdigest()

    @property
    def field(self) -> str:
        return f"{self.kind.value}:{self.name}"

    @property
    def what(self) -> str:
        """What is blocked, as operators call it: what is known by its User-Agent is a handset too."""
        kind = BlockedKind.HANDSET if self.kind is BlockedKind.AGENT else self.kind
        return kind.value

    @property
    def title(self) -> str:
        """How the audit log calls it."""
        return f"{self.what}:{self.name}"

    def holds(self, now: float) -> bool:
        return not self.until or now < self.until


class BlockList:
    """The blocks as a process looks them up. A block that has run out holds no more, whoever still has it."""

    def __init__(self, blocks: Iterable[OperatorBlock] = ()) -> None:
        self.all = tuple(blocks)
        self._by_name = {(each.kind, each.name): each for each in self.all}
        self._nets = [(parse_network(each.name), each) for each in self.all if each.kind is BlockedKind.ADDRESS]
        self._agents = [each for each in self.all if each.kind is BlockedKind.AGENT]
        self._judged: dict[str, tuple[OperatorBlock, ...]] = {}

    @property
    def has_addresses(self) -> bool:
        return bool(self._nets)

    @property
    def has_agents(self) -> bool:
        return bool(self._agents)

    def of_address(self, text: str, now: float) -> OperatorBlock | None:
        """The block of a network with this address, the narrowest first."""
        if not self._nets or len(text) > MAX_ADDRESS_LETTERS:
            return None
        found = self._judged.get(text)
        if found is None:
            found = tuple(self._blocks_of_address(text))
            if len(self._judged) >= MAX_JUDGED_ADDRESSES:
                self._judged.clear()
            self._judged[text] = found
        return next((each for each in found if each.holds(now)), None)

    def of_user(self, jids: Iterable[str], now: float) -> OperatorBlock | None:
        """The block of one of these bare JIDs, or of its domain."""
        for jid in jids:
            for kind, name in ((BlockedKind.USER, jid), (BlockedKind.DOMAIN, addresses.domain_of(jid))):
                if found := self._named(kind, name, now):
                    return found
        return None

    def of_handset(self, name: str, now: float) -> OperatorBlock | None:
        return self._named(BlockedKind.HANDSET, name, now)

    def of_agent(self, user_agent: str, now: float) -> OperatorBlock | None:
        if not self._agents:
            return None
        small = user_agent.lower()
        return next((each for each in self._agents if small.startswith(each.name) and each.holds(now)), None)

    def _named(self, kind: BlockedKind, name: str, now: float) -> OperatorBlock | None:
        found = self._by_name.get((kind, name))
        return found if found is not None and found.holds(now) else None

    def _blocks_of_address(self, text: str) -> Iterator[OperatorBlock]:
        there = parse_address(text)
        if there is None:
            return
        inside = [(net, each) for net, each in self._nets if there in net]
        yield from (each for _, each in sorted(inside, key=lambda found: -found[0].prefixlen))


class OperatorBlocks:
    """operator-blocks, a hash that does not expire: kind:name -> record; MOST_OPERATOR_BLOCKS of them. Each change is told on
    ORDERS_CHANNEL."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._put = client, RedisScript(client, _PUT_BLOCK, "blocks.put")

    def put(self, block: OperatorBlock, now: float) -> None:
        """In place of an earlier one of the same name. Those that have run out are forgotten. TooMuch when there are too many, or
        one is too long."""
        record = msgpack.pack(OPERATOR_BLOCK_VERSION, {**asdict(block), "kind": block.kind.value})
        if len(record) > operator_bounds.OPERATOR_BLOCK_BYTES:
            raise bounds.TooMuch
        self._forget([each for each in self.all() if not each.holds(now)])
        if not self._put([OPERATOR_BLOCKS_KEY], [block.field, record, operator_bounds.MOST_OPERATOR_BLOCKS]):
            raise bounds.TooMuch
        self._tell()

    def end(self, blocks: Iterable[OperatorBlock]) -> None:
        self._forget(list(blocks))
        self._tell()

    def all(self) -> list[OperatorBlock]:
        """Those that have run out may be among them. What a later version has written in a way of its own is left out."""
        return unpacked_blocks(guarded(lambda: self._client.hvals(OPERATOR_BLOCKS_KEY)))

    def holds_now(self, jids: Iterable[str], handset: str, now: float) -> OperatorBlock | None:
        """The block of a log-in, as Redis has it at this moment: for the few cases in which a copy may be too old."""
        return block_among(send(self._client, blocks_command(block_names(jids, handset))), now)

    def _forget(self, blocks: list[OperatorBlock]) -> None:
        if blocks:
            guarded(lambda: self._client.hdel(OPERATOR_BLOCKS_KEY, *(each.field for each in blocks)))

    def _tell(self) -> None:
        publish(self._client, ORDERS_CHANNEL, b"blocks")


def block_names(jids: Iterable[str], handset: str) -> list[str]:
    """Under which names blocks of a log-in stand."""
    names = [f"{BlockedKind.HANDSET}:{handset}"]
    for jid in jids:
        names += [f"{BlockedKind.USER}:{jid}", f"{BlockedKind.DOMAIN}:{addresses.domain_of(jid)}"]
    return names


def blocks_command(names: Sequence[str]) -> RedisCommand:
    """The blocks of these names, packed, for block_among()."""
    return RedisCommand(("HMGET", OPERATOR_BLOCKS_KEY, *names))


def block_among(packed: Iterable[bytes | None], now: float) -> OperatorBlock | None:
    """The first of them that holds."""
    return next((each for each in unpacked_blocks(packed) if each.holds(now)), None)


def unpacked_blocks(packed: Iterable[bytes | None]) -> list[OperatorBlock]:
    return [block for each in packed if each is not None and (block := _readable_block(each)) is not None]


def _readable_block(packed: bytes) -> OperatorBlock | None:
    try:
        return _block(packed)
    except msgpack.BadRecord:
        return None


@msgpack.reader
def _block(packed: bytes) -> OperatorBlock:
    found = msgpack.unpack(packed, OPERATOR_BLOCK_VERSION)
    kind, name = BlockedKind(found["kind"]), str(found["name"])
    if kind is BlockedKind.ADDRESS:
        parse_network(name)
    more = int(found.get("until", 0)), bool(found.get("keeps", False))
    return OperatorBlock(kind, name, str(found["by"]), int(found["at"]), str(found["reason"]), *more)
