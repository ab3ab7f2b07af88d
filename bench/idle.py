"""Part idle: the CPU of a phone that is online for an hour and does nothing, beside an ejabberd BOSH session that is.

Here the phone has an STCP line: it pings a few times, says once that it lives, and nothing else happens. Over BOSH one request is
held for 60 s and sent again, 60 times an hour. The XMPP server behind us is not counted, as it is not there for ejabberd.

Phones at rest cost less than what the beats of the processes vary by from minute to minute on a machine that others use too. So
a second stack beats beside the first, without those phones, at the same time; what the two differ by before the phones come and
after they have gone is taken out as well. What is due once an hour is spread over the sessions from their beginning
(workers/holder/schedule.py, onesoup/xmpp/stream/keepalive.py), so that some minutes hold their share of it. Times are nanoseconds
of Linux's
clock for each process; a slice is a multiple of the processes' beats (onesoup/runtime/scheduler.py), and begins between two of
them.
"""

import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import gevent

from bench import bosh, machine
from bench.parts import FULL, LOGIN_REST_SECONDS, Scale, say, workplace
from bench.people import World, at_once
from bench.report import Figure, Spread
from onesoup.demo.ejabberd import find_ejabberd
from onesoup.demo.process import ProcessError
from onesoup.phone.engine import Phone
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.runtime import scheduler

MAX_IDLE_RATIO = 0.2
HOUR_SECONDS = 3600.0
IDLE_PINGS = 3
IDLE_POLLS = 60
# A slice: many beats of the processes, and one look of the holder at those of its sessions that are due
# (workers/holder/upkeep.py).
SLICE_SECONDS = 60.0
# Phones that ask at the same time: as many as polls at a time in the anchor, where a server that is busy saves a wake-up or two.
IDLE_LANES = 16
IDLE_ROLES = ("web", "holder", "cir", "redis")
# A crowd that comes or goes has longer consequences than a phone: each session is looked at once a minute after its log-in, and
# Redis drops the stored replies of log-ins and log-outs two to three minutes later, four keys a phone. In a slice of a minute
# that would count sixty times for an hour.
SETTLE_SLICES, CONSEQUENCES_SECONDS = 2, 200.0
# A holder may need so long to collect its garbage.
GARBAGE_SECONDS = 5.0

Cpu = dict[str, float]


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory:
        hours, parts, alone, wakes = _phone_hour(scale, directory)
        anchor = _bosh_hour(scale, directory)
    note = f"{scale.resting} phones; " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in parts.items())
    title = "CPU of an idle phone-hour, all processes and Redis"
    base = Figure(
        "idle",
        "CPU of an hour of the processes without a phone",
        "s",
        Spread.once(sum(alone.values()) / 1e3),
        note=", ".join(f"{name} {alone[name] / 1e3:.1f} s with {wakes[name]:.1f} awakenings a second" for name in IDLE_ROLES),
    )
    if anchor is None:
        return [Figure("idle", title, "ms", Spread.of(hours), note=note), base]
    beside = "ms, ejabberd BOSH session-hour"
    ratio = Spread.of(hour / anchor.median for hour in hours)
    return [Figure("idle", title, "ms", Spread.of(hours), anchor, beside, ratio, MAX_IDLE_RATIO, note), base]


def _phone_hour(scale: Scale, directory: Path) -> tuple[list[float], Cpu, Cpu, Cpu]:
    """(milliseconds of an hour, those of each part of it, those of the processes alone, and how often they wake then)"""
    with ExitStack() as first:
        worlds = [first.enter_context(World(directory / name)) for name in ("world", "control")]
        for each in worlds:
            _log_in(each, first, each.accounts("first", 3))
        gevent.sleep(LOGIN_REST_SECONDS + scale.settle)
        say(f"idle: {scale.rest:.0f} s with 3 phones, with {scale.resting} more, and with 3 again")
        woken, began = _wakes(worlds[0]), time.monotonic()
        before = _slices(worlds, scale.rest / 2)
        took = time.monotonic() - began
        wakes = {role: (now - woken[role]) / took for role, now in _wakes(worlds[0]).items()}
        world = worlds[0]
        with ExitStack() as stack:
            resting = _log_in(world, stack, world.accounts("resting", scale.resting))
            for phone, _ in resting:
                phone.close()  # its connection; a request makes a new one
            _settle(scale)
            _collect_garbage(worlds)
            during = _slices(worlds, scale.rest)
            asked = _questions(world, resting)
            at_once(IDLE_LANES, _log_out, resting)
        _settle(scale)
        _collect_garbage(worlds)
        after = _slices(worlds, scale.rest / 2)
    alone = {role: statistics.mean(ours[role] for ours, _ in (*before, *after)) for role in IDLE_ROLES}
    apart = {role: statistics.mean(ours[role] - control[role] for ours, control in (*before, *after)) for role in IDLE_ROLES}
    a_phone = [
        {role: (ours[role] - control[role] - apart[role]) / scale.resting for role in IDLE_ROLES} for ours, control in during
    ]
    parts = {f"at rest {role}": statistics.mean(each[role] for each in a_phone) for role in IDLE_ROLES}
    for name, spent in asked.items():
        parts |= {f"{name} {role}": ms for role, ms in spent.items() if ms >= 0.005}
    questions = sum(sum(spent.values()) for spent in asked.values())
    return [sum(each.values()) + questions for each in a_phone], parts, alone, wakes


def _settle(scale: Scale) -> None:
    gevent.sleep(LOGIN_REST_SECONDS + (SETTLE_SLICES + CONSEQUENCES_SECONDS / FULL.settle) * scale.settle)


def _collect_garbage(worlds: list[World]) -> None:
    """What log-ins leave behind is no part of an hour."""
    for world in worlds:
        world.collect_garbage()
    gevent.sleep(GARBAGE_SECONDS)


def _log_in(world: World, stack: ExitStack, users: list[str]) -> list[tuple[Phone, PhoneStcpLine]]:
    phones = [stack.enter_context(world.phone(user, cir=("STCP",))) for user in users]

    def start(phone: Phone) -> None:
        phone.login()
        phone.negotiate()

    at_once(10, start, phones)
    return [(phone, stack.enter_context(PhoneStcpLine(*world.stcp, phone.session_id or "", phone.cookie))) for phone in phones]


def _log_out(one: tuple[Phone, PhoneStcpLine]) -> None:
    one[0].logout()
    one[0].close()


def _questions(world: World, resting: list[tuple[Phone, PhoneStcpLine]]) -> dict[str, Cpu]:
    """Milliseconds of each role for what a phone asks in its hour; its request needs a new connection."""

    def ping(one: tuple[Phone, PhoneStcpLine]) -> None:
        one[1].ping()

    def keep_alive(one: tuple[Phone, PhoneStcpLine]) -> None:
        one[0].keep_alive()
        one[0].close()  # a gateway serves no more connections at a time than it is told

    found = {}
    for name, times, ask in ((f"{IDLE_PINGS} pings", IDLE_PINGS, ping), ("a keep-alive", 1, keep_alive)):
        start = _cpu(world)
        for _ in range(times):
            at_once(IDLE_LANES, ask, resting)
        gevent.sleep(0.3)
        now = _cpu(world)
        found[name] = {role: (now[role] - start[role]) / len(resting) * 1e3 for role in IDLE_ROLES}
    return found


def _slices(worlds: list[World], seconds: float) -> list[list[Cpu]]:
    """Milliseconds an hour of each role in each world, some times one after the other."""
    found = []
    count = max(int(seconds / SLICE_SECONDS), 1)
    gevent.sleep(1.5 * scheduler.TASK_SECONDS - time.monotonic() % scheduler.TASK_SECONDS)
    for _ in range(count):
        before = [_cpu(world) for world in worlds]
        gevent.sleep(seconds / count)
        hour = HOUR_SECONDS * 1e3 / (seconds / count)
        after = [_cpu(world) for world in worlds]
        found.append(
            [{role: (new[role] - old[role]) * hour for role in IDLE_ROLES} for old, new in zip(before, after, strict=True)]
        )
    return found


def _pid(world: World, role: str) -> int:
    return (world.redis.process if role == "redis" else world.processes[role]).pid


def _cpu(world: World) -> Cpu:
    return {role: machine.cpu(_pid(world, role)) for role in IDLE_ROLES}


def _wakes(world: World) -> Cpu:
    return {role: machine.wakes(_pid(world, role)) for role in IDLE_ROLES}


def _bosh_hour(scale: Scale, directory: Path) -> Spread | None:
    try:
        find_ejabberd()
    except ProcessError:
        say("idle: no ejabberd; its figure is left out")
        return None
    with ExitStack() as stack:
        server = bosh.ejabberd(stack, directory)
        polls = [server.measure(scale.poll_seconds) for _ in range(scale.rounds)]
    say(f"idle: ejabberd: {statistics.median(polls):.0f} us a poll")
    return Spread.of(us * IDLE_POLLS / 1e3 for us in polls)
