"""Which bearer a phone is woken by, and when (cir.md 10). A value in, a value out; times are milliseconds and arguments.

STCP wakes by itself, at once, in its own process; this is what follows when a phone has no line or does not come."""

from dataclasses import dataclass, field, replace

from onesoup.store.wakeup.wakes import WakeTries

UDP_BEARERS, SMS_BEARERS = ("SUDP", "WAPUDP"), ("WAPSMS", "SSMS")
# Delay of the first wake-up. A datagram for a message goes at once: a phone that comes takes the whole batch. Presence is in no
# hurry, and a phone that is awake comes by itself before an SMS has to be paid.
UDP_DELAY_MS = {"m": 0, "p": 10_000}
SMS_DELAY_MS = 3_000
# A phone that has something in hand gets this time to come by itself.
BUSY_MS = 2_000
# From the first wake by STCP to UDP, and from the first free one to an SMS.
STCP_WAIT_MS, FREE_BEARER_WAIT_MS = 20_000, 60_000
# Between datagrams for one wake; the last number is how long the phone is waited for after the last one.
UDP_GAPS_MS = (10_000, 30_000, 20_000)
MAX_UDP_SENDS, MIN_UDP_GAP_MS = 3, 5_000
MAX_SMS_SENDS, SMS_REPEAT_MS, SMS_WAIT_MS = 2, 900_000, 120_000
# Reports that say that the phone has not had the message: nothing follows from its not coming.
NOT_REACHED_STATES = frozenset({"buffered", "failed", "refused"})
# Polls in a row that say: this phone comes by itself.
REGULAR_POLLS, POLL_MARGIN_MS = 3, 5_000
# No datagrams are sent to an address where so many wakes were not answered.
DEAF_AFTER_WAKES = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a session at a step. `udp` and `sms` are the bearers that can be used now."""

    now: int
    kind: str
    began: int
    lines: bool
    udp: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()
    polls: int = 0
    poll_ms: int = 10_000
    last_request: int = 0
    busy: bool = False
    tries: WakeTries = field(default_factory=lambda: WakeTries(""))
    # What is reported of the last SMS, and since when; how long one is tried by the carrier.
    report: str = ""
    report_at: int = 0
    validity: int = 600_000


@dataclass(frozen=True, slots=True)
class Send:
    """Send on this bearer now; `tries` is what is to be written down before."""

    bearer: str
    tries: WakeTries


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at this time, ms."""

    until: int


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Everything was tried, in vain. `tried` are the bearers."""

    tried: tuple[str, ...]


Step = Send | Wait | Exhausted


def step(facts: Facts) -> Step:
    """What to do for the outstanding wake."""
    if facts.polls >= REGULAR_POLLS and (comes := facts.last_request + facts.poll_ms + POLL_MARGIN_MS) > facts.now:
        return Wait(comes)
    due = [(at, bearer) for at, bearer in (_udp(facts), _sms(facts)) if bearer]
    if not due:
        return _end(facts)
    at, bearer = min(due)
    if at > facts.now:
        return Wait(at)
    return Send(bearer, _with(facts, bearer))


def _udp(facts: Facts) -> tuple[int, str]:
    """(when, what) of the next datagram."""
    tries = facts.tries
    if not facts.udp or tries.udp >= MAX_UDP_SENDS:
        return 0, ""
    if tries.udp:
        return tries.udp_at + UDP_GAPS_MS[tries.udp - 1], facts.udp[0]
    at = facts.began + (STCP_WAIT_MS if facts.lines else UDP_DELAY_MS[facts.kind])
    if facts.busy:
        at = max(at, facts.last_request + BUSY_MS)
    # A phone that does not come is not sent many. One that came, and went away with nothing, hears of the next message at once.
    came = tries.udp_at < facts.last_request and not facts.busy
    return (at if came else max(at, tries.udp_at + MIN_UDP_GAP_MS)), facts.udp[0]


def _sms(facts: Facts) -> tuple[int, str]:
    """(when, what) of the next SMS. Presence is not worth one."""
    tries = facts.tries
    if not facts.sms or facts.kind != "m" or tries.sms >= MAX_SMS_SENDS or tries.given_up:
        return 0, ""
    if tries.sms:
        at = tries.sms_at + SMS_REPEAT_MS
    elif facts.lines:
        at = facts.began + FREE_BEARER_WAIT_MS
    elif facts.udp or tries.udp:
        at = (tries.first_udp_at or facts.began) + FREE_BEARER_WAIT_MS
    else:
        at = facts.began + SMS_DELAY_MS
    return max(at, tries.not_before), facts.sms[0]


def _with(facts: Facts, bearer: str) -> WakeTries:
    tries, now = facts.tries, facts.now
    if bearer in UDP_BEARERS:
        return replace(tries, udp=tries.udp + 1, udp_at=now, first_udp_at=tries.first_udp_at or now)
    return replace(tries, sms=tries.sms + 1, sms_at=now, not_before=0)


def _end(facts: Facts) -> Step:
    """Nothing is left to send: the last wake is waited for, then it was all in vain."""
    tries = facts.tries
    until = max(
        facts.began + (STCP_WAIT_MS * 2 if facts.lines else 0),
        tries.udp_at + UDP_GAPS_MS[-1] if tries.udp else 0,
        _reached(facts) + SMS_WAIT_MS if tries.sms else 0,
    )
    if until > facts.now:
        return Wait(until)
    heard = tries.sms and facts.report not in NOT_REACHED_STATES
    return Exhausted((facts.udp[:1] if tries.udp >= MAX_UDP_SENDS else ()) + (facts.sms[:1] if heard else ()))


def _reached(facts: Facts) -> int:
    """When the last SMS was in the phone, as far as is known; one that waits for a phone that is off may take all its time."""
    if facts.report == "buffered":
        return facts.tries.sms_at + facts.validity
    return max(facts.tries.sms_at, facts.report_at if facts.report == "delivered" else 0)
