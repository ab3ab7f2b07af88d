"""Part login: phones log in and out, some at a time, through gateway, holder and a real Prosody (TLS, SCRAM)."""

import time
from dataclasses import dataclass

from bench import machine
from bench.parts import Scale, say, workplace
from bench.people import World, at_once
from bench.report import Figure, Spread, percentile

LOGIN_ROLES = ("web", "holder", "redis", "prosody")


@dataclass(frozen=True)
class Round:
    """Times in seconds; `cpu` in milliseconds a log-in and log-out, by process."""

    rate: float
    times: list[float]
    cpu: dict[str, float]


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory, World(directory) as world:
        users = world.accounts("login", max(scale.logins, scale.phones))
        say("login: every account once, so that Prosody has hashed its password and the holder has derived its key")
        _round(world, users, scale.phones)
        rounds = []
        for number in range(scale.rounds):
            rounds.append(_round(world, users, scale.phones))
            say(f"login: round {number + 1} of {scale.rounds}: {rounds[-1].rate:.0f}/s")
    return _figures(scale, rounds)


def _round(world: World, users: list[str], phones: int) -> Round:
    times: list[float] = []

    def in_and_out(user: str) -> None:
        with world.phone(user) as phone:
            began = time.perf_counter()
            phone.login()
            times.append(time.perf_counter() - began)
            phone.logout()

    before, began = _cpu(world), time.perf_counter()
    at_once(phones, in_and_out, users)
    took = time.perf_counter() - began
    time.sleep(0.3)  # the holder leaves XMPP behind the answer
    after = _cpu(world)
    return Round(len(users) / took, times, {role: (after[role] - before[role]) / len(users) * 1e3 for role in LOGIN_ROLES})


def _cpu(world: World) -> dict[str, float]:
    servers = {"redis": world.redis.process, "prosody": world.prosody.process}
    return {role: machine.cpu((servers.get(role) or world.processes[role]).pid) for role in LOGIN_ROLES}


def _figures(scale: Scale, rounds: list[Round]) -> list[Figure]:
    note = (
        f"{scale.phones} phones at a time, {scale.logins} log-ins and log-outs a round, phones on the same machine; "
        "TLS to Prosody, SCRAM with a salt that stays"
    )
    shown = [
        Figure("login", "log-ins/s, each with a log-out", "", Spread.of(each.rate for each in rounds), note=note),
        Figure("login", "log-in p50", "ms", Spread.of(percentile(each.times, 0.5) * 1e3 for each in rounds)),
        Figure("login", "log-in p95", "ms", Spread.of(percentile(each.times, 0.95) * 1e3 for each in rounds)),
    ]
    names = {"web": "gateway", "redis": "redis-server"}
    for role in LOGIN_ROLES:
        title = f"CPU a log-in and log-out, {names.get(role, role)}"
        shown.append(Figure("login", title, "ms", Spread.of(each.cpu[role] for each in rounds)))
    return shown
