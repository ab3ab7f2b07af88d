"""Shuts out users, addresses, domains and handsets, and lets them in again."""

import re
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from onesoup.csp.errors import CspError
from onesoup.csp.handsets import HANDSETS_BY_NAME
from onesoup.csp.session import Session
from onesoup.csp.text import addresses
from onesoup.handlers.login.access import end_session
from onesoup.observability.logs import short
from onesoup.operators.living import sid_batches
from onesoup.operators.operator import Operator, OperatorError
from onesoup.runtime.networks import parse_network
from onesoup.runtime.times import utc_text
from onesoup.store import bounds, operator_bounds
from onesoup.store.account.login_tokens import forget_login_tokens, forget_login_tokens_of_domain
from onesoup.store.blocks import BlockedKind, BlockList, OperatorBlock, OperatorBlocks
from onesoup.store.errors import NoSession
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.session_records import SessionRecords

MAX_REASON_LETTERS = 200
# Of a User-Agent; shorter ones are met by handsets that nobody thought of.
MIN_AGENT_LETTERS, MAX_AGENT_LETTERS = 4, 100
SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
MAX_BLOCK_SECONDS = 10 * 366 * 86_400
# Names of ended sessions in one line of the audit log.
MOST_NAMED_SESSIONS = 10


@dataclass(frozen=True, slots=True)
class BlockMade:
    """`ended`: names of the sessions that it ended, as logs call them. `renews`: there was such a block before."""

    block: OperatorBlock
    ended: tuple[str, ...]
    renews: bool

    @property
    def said_of_sessions(self) -> str:
        """What becomes of the sessions that there are."""
        if self.block.keeps:
            return "existing sessions go on"
        if self.block.kind is BlockedKind.AGENT:
            return "sessions with this User-Agent end at their next request"
        if self.block.kind is BlockedKind.ADDRESS:
            return "its lines end; its sessions run out"
        return f"ended {len(self.ended)} session{'' if len(self.ended) == 1 else 's'}"


def span_seconds(text: str) -> int:
    """The seconds of 90s, 30m, 12h, 2d, 1w."""
    found = re.fullmatch("([0-9]{1,9})([smhdw])", text.strip())
    seconds = int(found[1]) * SECONDS_OF[found[2]] if found else 0
    if not 0 < seconds <= MAX_BLOCK_SECONDS:
        raise OperatorError(f"{text!r} is no span of time, such as 30m, 12h, 2d or 1w")
    return seconds


def put_block(
    operator: Operator, what: str, name: str, reason: str, seconds: int = 0, keep: bool = False, proxies: Container[str] = ()
) -> BlockMade:
    """Blocks NAME, which is a user, an address, a domain or a handset, as `what` says; for so many seconds, 0 until it is ended.
    Ends the sessions of a user, a domain or a handset unless `keep`, and removes the XMPP server's log-in tokens of a user or a
    domain. `proxies`: addresses through which all phones come. A block that is made is noted, however the ending of sessions
    ends."""
    block = planned_block(operator, what, name, reason, seconds, keep, proxies)
    now, store = time.time(), OperatorBlocks(operator.client)
    renews = any(each.field == block.field and each.holds(now) for each in store.all())
    try:
        store.put(block, now)
    except bounds.TooMuch:
        raise OperatorError(
            f"there are {operator_bounds.MOST_OPERATOR_BLOCKS} blocks already: `block list`, then `block end`"
        ) from None
    ended: list[str] = []
    try:
        _forget_tokens(operator, block)
        ended += [] if keep else _end_sessions(operator, block)
    finally:
        _note_block(operator, block, ended)
    return BlockMade(block, tuple(ended), renews)


def _note_block(operator: Operator, block: OperatorBlock, ended: Sequence[str]) -> None:
    until = utc_text(block.until, "%Y-%m-%dT%H:%MZ") if block.until else "ended"
    named = list(ended[:MOST_NAMED_SESSIONS])
    operator.note("block", block.title, id=block.id, until=until, ended=len(ended), sessions=named, reason=block.reason)


def planned_block(
    operator: Operator, what: str, name: str, reason: str, seconds: int = 0, keep: bool = False, proxies: Container[str] = ()
) -> OperatorBlock:
    """The block that put_block would make. Nothing is blocked by it."""
    now = time.time()
    kind, meant = _meant(operator, what, name, proxies)
    reason = " ".join(reason.split())
    if not reason:
        raise OperatorError("a reason is missing: who reads the list in half a year wants to know why")
    if len(reason) > MAX_REASON_LETTERS:
        raise OperatorError(f"the reason has {len(reason)} letters, {MAX_REASON_LETTERS} at most")
    return OperatorBlock(kind, meant, operator.name, int(now), reason, int(now) + seconds if seconds else 0, keep)


def block_of_user(operator: Operator, jid: str) -> OperatorBlock | None:
    """The block by which a user, or the whole domain, is shut out now."""
    return BlockList(OperatorBlocks(operator.client).all()).of_user([jid], time.time())


def end_block(operator: Operator, word: str) -> list[OperatorBlock]:
    """Ends the block that WORD names: by its number, or by what is blocked. Several where one word names several."""
    store, now = OperatorBlocks(operator.client), time.time()
    known = [each for each in store.all() if each.holds(now)]
    found = [each for each in known if word.lower() in (each.id, each.name.lower(), each.field.lower(), each.title.lower())]
    if not found:
        names = {meant for what in ("user", "address", "domain") if (meant := _name_of(operator, what, word))}
        found = [each for each in known if each.name in names]
    if not found:
        raise OperatorError(f"nothing is blocked that {word} names")
    store.end(found)
    for each in found:
        operator.note("block end", each.title, id=each.id)
    return found


def standing_blocks(operator: Operator) -> list[OperatorBlock]:
    """Those that hold now, by kind and name."""
    now = time.time()
    found = [each for each in OperatorBlocks(operator.client).all() if each.holds(now)]
    return sorted(found, key=lambda each: (each.kind.value, each.name))


def _meant(operator: Operator, what: str, name: str, proxies: Container[str]) -> tuple[BlockedKind, str]:
    if what == "handset":
        return _handset(name)
    kind = BlockedKind(what)
    try:
        meant = _normal(operator, kind, name)
    except (CspError, ValueError) as error:
        raise OperatorError(str(error)) from None
    if kind is BlockedKind.ADDRESS:
        net = parse_network(meant)
        if not net.prefixlen:
            raise OperatorError(f"{meant} is everybody")
        if str(net.network_address) in proxies and net.num_addresses == 1:
            raise OperatorError(f"through {name}, one of trusted_proxies, come the phones of all; block theirs")
    return kind, meant


def _normal(operator: Operator, kind: BlockedKind, name: str) -> str:
    if kind is BlockedKind.USER:
        return addresses.to_jid(name, operator.domain)
    if kind is BlockedKind.DOMAIN:
        return addresses.normal_domain(name)
    net = parse_network(name.strip())
    mapped = getattr(net.network_address, "ipv4_mapped", None)
    if mapped is not None and net.prefixlen >= 96:
        return _text(parse_network(f"{mapped}/{net.prefixlen - 96}"))
    return _text(net)


def _text(net: object) -> str:
    """An address alone is written without its length."""
    return str(net).removesuffix("/32" if "." in str(net) else "/128")


def _handset(name: str) -> tuple[BlockedKind, str]:
    small = name.strip().lower()
    if small in HANDSETS_BY_NAME:
        return BlockedKind.HANDSET, small
    if not MIN_AGENT_LETTERS <= len(small) <= MAX_AGENT_LETTERS:
        known = ", ".join(sorted(HANDSETS_BY_NAME))
        raise OperatorError(
            f"{name!r} is none of {known}, and as the beginning of a User-Agent it must have {MIN_AGENT_LETTERS} to "
            f"{MAX_AGENT_LETTERS} letters"
        )
    return BlockedKind.AGENT, small


def _name_of(operator: Operator, what: str, word: str) -> str:
    with suppress(CspError, ValueError):
        return _normal(operator, BlockedKind(what), word)
    return ""


def _forget_tokens(operator: Operator, block: OperatorBlock) -> None:
    if block.kind is BlockedKind.USER:
        forget_login_tokens(operator.client, block.name)
    elif block.kind is BlockedKind.DOMAIN:
        forget_login_tokens_of_domain(operator.client, block.name)


def _end_sessions(operator: Operator, block: OperatorBlock) -> Iterator[str]:
    """Ends the sessions that a block concerns, and yields their names. Those of a User-Agent, which their records do not know,
    end at their next request."""
    store = GatewaySessionStore(operator.client)
    for sid, session in _sessions(operator, block):
        if _concerns(block, session):
            with suppress(NoSession):
                end_session(store, sid)
                yield short(sid)


def _sessions(operator: Operator, block: OperatorBlock) -> Iterator[tuple[str, Session]]:
    """Those that it may concern, with their SessionIDs."""
    if block.kind not in (BlockedKind.USER, BlockedKind.DOMAIN, BlockedKind.HANDSET):
        return
    records, who = SessionRecords(operator.client), block.name if block.kind is BlockedKind.USER else ""
    for sids in sid_batches(operator.client, who):
        yield from ((sid, found) for sid, found in zip(sids, records.sessions(sids), strict=True) if found is not None)


def _concerns(block: OperatorBlock, session: Session) -> bool:
    if block.kind is BlockedKind.USER:
        return session.jid == block.name
    if block.kind is BlockedKind.DOMAIN:
        return session.domain == block.name
    return session.handset == block.name
