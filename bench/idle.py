"""Part idle: the CPU of a phone that is online for an hour and does nothing, beside an ejabberd BOSH session that is.

Here the phone has an STCP line: it pings a few times, says once that it lives, and nothing else happens. Over BOSH one request is
held for 60 s and sent again, 60 times an hour. The XMPP server behind us is not counted, as it is not there for ejabberd.
"""

import statistics
from contextlib import ExitStack
from pathlib import Path

import gevent

from bench import bosh, machine
from bench.parts import Scale, say, workplace
from bench.people import World, at_once
from bench.report import Figure, Spread
from onesoup.demo.ejabberd import find_ejabberd
from onesoup.demo.process import ProcessError
from onesoup.phone.engine import Phone
from onesoup.phone.stcp import Line

GOAL = 0.2
HOUR = 3600.0
PINGS = 3
POLLS = 60
REST = 3.2
ROLES = ("web", "holder", "cir", "redis")


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory:
        hour, parts = _phone_hour(scale, directory)
        anchor = _bosh_hour(scale, directory)
    note = ", ".join(f"{name} {ms:.2f} ms" for name, ms in parts.items())
    title = "CPU of an idle phone-hour, all processes and Redis"
    if anchor is None:
        return [Figure("idle", title, "ms", Spread.once(hour), note=note)]
    beside = "ms, ejabberd BOSH session-hour"
    return [Figure("idle", title, "ms", Spread.once(hour), anchor, beside, Spread.once(hour / anchor.median), GOAL, note)]


def _phone_hour(scale: Scale, directory: Path) -> tuple[float, dict[str, float]]:
    """(milliseconds, those of each part of it)"""
    with World(directory / "world") as world, ExitStack() as stack:
        _log_in(world, stack, world.accounts("first", 3))
        gevent.sleep(REST + scale.settle)
        say(f"idle: {scale.rest:.0f} s with 3 phones, then with {scale.resting} more")
        before = _cpu_of(world, scale.rest)
        resting = _log_in(world, stack, world.accounts("resting", scale.resting))
        gevent.sleep(REST + scale.settle)
        after = _cpu_of(world, scale.rest)
        parts = {role: (after[role] - before[role]) / scale.rest / scale.resting * HOUR * 1e3 for role in ROLES}
        start = _cpu(world)
        for phone, line in resting:
            phone.keep_alive()
            for _ in range(PINGS):
                line.ping()
        gevent.sleep(0.3)
        asked = sum((_cpu(world)[role] - start[role]) for role in ROLES) / scale.resting * 1e3
    parts = {name: max(ms, 0.0) for name, ms in parts.items()} | {f"{PINGS} pings and a keep-alive": asked}
    return sum(parts.values()), parts


def _log_in(world: World, stack: ExitStack, users: list[str]) -> list[tuple[Phone, Line]]:
    phones = [stack.enter_context(world.phone(user, cir=("STCP",))) for user in users]

    def start(phone: Phone) -> None:
        phone.login()
        phone.negotiate()

    at_once(10, start, phones)
    return [(phone, stack.enter_context(Line(*world.stcp, phone.session_id or "", phone.cookie))) for phone in phones]


def _cpu_of(world: World, seconds: float) -> dict[str, float]:
    before = _cpu(world)
    gevent.sleep(seconds)
    after = _cpu(world)
    return {role: after[role] - before[role] for role in ROLES}


def _cpu(world: World) -> dict[str, float]:
    return {role: machine.cpu((world.redis.process if role == "redis" else world.processes[role]).pid) for role in ROLES}


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
    return Spread.of(us * POLLS / 1e3 for us in polls)
