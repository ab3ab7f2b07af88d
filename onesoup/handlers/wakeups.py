"""Which CIR methods can wake this phone, end to end, at the moment (cir.md 2.4, 11). onesoup.csp.capabilities decides which of
them are agreed."""

import base64
import time
from functools import lru_cache

import structlog

from onesoup.csp import capabilities
from onesoup.csp.capabilities import Offer
from onesoup.csp.codec.generated_elements import ClientCapabilityRequest
from onesoup.csp.text import numbers
from onesoup.handlers.context import Context
from onesoup.handlers.login import linking
from onesoup.observability.logs import short
from onesoup.runtime import networks
from onesoup.store.session.request_effects import WakeAddress

log = structlog.get_logger()

UDP_METHODS, SMS_METHODS = frozenset({"SUDP", "WAPUDP"}), frozenset({"WAPSMS", "SSMS"})
# The longest cookie of a known phone is half of that.
LONG_COOKIE_BYTES = 50
URL_TOKEN_LENGTH = 32
# Time without an STCP line after which a phone is told, and between two times that it is told.
LINE_DOWN_SECONDS, LINE_DOWN_REPEAT_SECONDS = 120, 600


def cir_cookie(ctx: Context) -> str:
    """The cookie in CIRs for this session: the phone's own, or the SessionID when it sent none."""
    return ctx.session.cookie or ctx.sid


def no_wakeup_offer(ctx: Context) -> Offer:
    return Offer(frozenset(), "", 0, ctx.services.policy.poll_min)


def wakeup_offer(ctx: Context, request: ClientCapabilityRequest) -> tuple[Offer, WakeAddress]:
    """The methods that work for this phone, and where it is reached."""
    policy, live = ctx.services.policy, ctx.services.lines.live()
    host = policy.public_host or ctx.peer.host
    number = trusted_number(ctx) if SMS_METHODS & live and policy.sms_prefixes else ""
    port = capabilities.udp_port(request)
    bad = ctx.services.wakes.bad_bearers(ctx.session.jid)
    methods = set(live - bad)
    if not host:
        methods.discard("STCP")
    if not port or not routable_by_udp(ctx.peer.address, policy.udp_nets):
        methods -= UDP_METHODS
    if not numbers.number_allowed(number, policy.sms_prefixes):
        methods -= SMS_METHODS
    url = f"{policy.cir_url.rstrip('/')}/cir/{cir_url_token(ctx)}" if policy.cir_url else ""
    found = Offer(frozenset(methods), host, policy.stcp_port, policy.poll_min, url, policy.sms_cookie)
    wanted = (request.capability_list.server_poll_min or 0) if request.capability_list else 0
    return found, WakeAddress(port, number, ctx.peer.address, max(wanted, policy.poll_min))


def note_agreed_methods(ctx: Context, offered: Offer, methods: tuple[str, ...]) -> None:
    """Stores what agreed methods need: the URL token, the cookie, the time from which a line is expected."""
    ctx.effects.update.no_line_since_ms = round(time.time() * 1000) if "STCP" in methods else 0
    if "STCP" in methods and ctx.services.policy.accept_cookie:
        ctx.services.wakes.put_cookie(cir_cookie(ctx), ctx.sid)
    if "SHTTP" in methods:
        ctx.services.wakes.put_token(cir_url_token(ctx), ctx.sid)
    if len(cir_cookie(ctx).encode()) > LONG_COOKIE_BYTES:
        log.warning("long-cookie", sid=short(ctx.sid), octets=len(cir_cookie(ctx).encode()))


def cir_flag(ctx: Context, has_line: bool, since_ms: int, now: float) -> bool | None:
    """The CIR flag of an answer (cir.md 9); None while all is well. A phone that agreed on STCP and has had no line for long
    is told so, and opens one. `since_ms`: when it lost its last line, 0 for never. Stores when to tell it again."""
    if has_line or not since_ms or ctx.version == "1.1" or "STCP" not in ctx.caps.methods:
        return None
    if ctx.effects.update.no_line_since_ms is not None or now - since_ms / 1000 < LINE_DOWN_SECONDS:
        return None
    ctx.effects.update.no_line_since_ms = round((now + LINE_DOWN_REPEAT_SECONDS - LINE_DOWN_SECONDS) * 1000)
    log.info("line-missing", sid=short(ctx.sid), handset=ctx.session.handset)
    return ctx.session.quirks.cir_true_is_down


def cir_url_token(ctx: Context) -> str:
    """The path segment that stands for the session in the SHTTP URL. It reveals nothing of the SessionID."""
    digest = ctx.services.ring.digest(ctx.sid, "cir")
    return base64.urlsafe_b64encode(digest).decode()[:URL_TOKEN_LENGTH]


def trusted_number(ctx: Context) -> str:
    """The number that SMS for this session may go to, or "" (cir.md 11.4). Numbers from trusted proxies, and from carriers for
    phones that use SMS, are remembered."""
    policy, known = ctx.services.policy, ctx.services.numbers
    if ctx.peer.number or ctx.peer.sender:
        number = ctx.peer.number or ctx.peer.sender
        known.learn(ctx.session.jid, number, numbers.NUMBER_FROM_NETWORK if ctx.peer.number else numbers.NUMBER_FROM_SMS)
        return number
    claimed = numbers.normal_number(ctx.session.client_id, policy.country_code) if ctx.session.client_kind == "MSISDN" else None
    link = linking.find_link(ctx.services, ctx.session.jid)
    # A number that an admin has stored counts as proved.
    proved = known.of(ctx.session.jid) + ([link.number] if link is not None and link.number else [])
    return numbers.trusted_number("", claimed or "", proved, policy.accept_claimed)


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> networks.Nets:
    return networks.Nets(names)


def routable_by_udp(address: str, names: tuple[str, ...]) -> bool:
    """Whether a datagram to this address reaches the phone and no other host."""
    there = networks.parse_address(address)
    if there is None or address not in _networks(names):
        return False
    # Loopback counts only if udp_nets names it, as on a test machine.
    return not (there.is_multicast or there.is_unspecified or there.is_reserved or there.is_link_local)
