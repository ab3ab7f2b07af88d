"""Takes hosts out of service and back: their processes take nothing new and hand over what they have."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from onesoup.operators.operator import Operator, OperatorError
from onesoup.store import bounds, operator_bounds
from onesoup.store.drains import Drain, Drains
from onesoup.store.processes import ProcessRecord, ProcessRegistry

# What nobody does any more when the last process of a role goes.
LOST_WITH_ROLE = {
    "web": "phones reach no gateway and cannot log in",
    "holder": "nobody can log in, and messages wait",
    "cir": "no phone is woken: they hear of news when they poll",
}
LEFT_OF_ROLE = {"holder": "shards", "cir": "lines"}


@dataclass(frozen=True, slots=True)
class DrainedProcess:
    """One process of a host that drains. `left` of `had`: shards of a holder, lines of a CIR process; -1 while it has not said
    so, and for a gateway, which has nothing to hand over."""

    role: str
    unit: int
    left: int
    had: int

    @property
    def done(self) -> bool:
        return self.role not in LEFT_OF_ROLE or self.left == 0

    @property
    def said(self) -> str:
        if self.role not in LEFT_OF_ROLE:
            return f"{self.role} {self.unit}: takes no new log-ins, answers what still comes"
        if self.left < 0:
            return f"{self.role} {self.unit}: has not begun"
        return f"{self.role} {self.unit}: {self.left} of {self.had} {LEFT_OF_ROLE[self.role]} left"


@dataclass(frozen=True, slots=True)
class DrainState:
    """A host that drains, and what is left of it."""

    drain: Drain
    processes: tuple[DrainedProcess, ...]

    @property
    def done(self) -> bool:
        """Whether the host may be stopped."""
        return all(each.done for each in self.processes)

    @property
    def said(self) -> str:
        return f"{self.drain.host}: {self.left}"

    @property
    def left(self) -> str:
        """What the processes have not handed over yet, in words."""
        if not self.processes:
            return "drains, and no process runs there"
        if self.done:
            return "nothing is left, it may be stopped"
        return "; ".join(each.said for each in self.processes if not each.done)


@dataclass(frozen=True, slots=True)
class HostState:
    """A host with its processes, such as `holder 4711`, and its drain, None for a host in service."""

    host: str
    processes: tuple[str, ...]
    state: DrainState | None


def begin_drain(operator: Operator, host: str, force: bool = False) -> bool:
    """Takes a host out of service, until end_drain. False when it drains already. `force`: also where nobody else does what its
    processes do."""
    drains, running = Drains(operator.client), _running(operator)
    hosts = sorted({each.host for each in running})
    if host not in hosts and not drains.of(host):
        raise OperatorError(f"no process says that it runs on {host}" + (f"; there are {', '.join(hosts)}" if hosts else ""))
    lost = _lost(running, host, {each.host for each in drains.all()})
    if lost and not force:
        raise OperatorError(f"{'; '.join(lost)}. --force drains it all the same")
    try:
        begun = drains.begin(Drain(host, operator.name, int(time.time())))
    except bounds.TooMuch:
        raise OperatorError(f"{operator_bounds.MOST_DRAINS} hosts drain already: end what is over") from None
    if begun:
        operator.note("drain", host, force=force)
    return begun


def end_drain(operator: Operator, host: str) -> None:
    """The host takes its share again."""
    if not Drains(operator.client).end(host):
        raise OperatorError(f"{host} does not drain")
    operator.note("drain end", host)


def drain_states(operator: Operator) -> list[DrainState]:
    """Every host that drains, by name."""
    running = _running(operator)
    return [_state(each, running) for each in Drains(operator.client).all()]


def host_states(operator: Operator) -> list[HostState]:
    """Every host where a process runs, or that drains, by name."""
    running, drains = _running(operator), {each.host: each for each in Drains(operator.client).all()}
    found = []
    for host in sorted({each.host for each in running} | drains.keys()):
        processes = sorted({(each.role, each.unit) for each in running if each.host == host})
        state = _state(drains[host], running) if host in drains else None
        found.append(HostState(host, tuple(f"{role} {unit}" for role, unit in processes), state))
    return found


def lost_without(operator: Operator, host: str) -> list[str]:
    """What nobody would do any more if this host were out of service: begin_drain refuses it without `force`."""
    return _lost(_running(operator), host, {each.host for each in Drains(operator.client).all()})


def _running(operator: Operator) -> list[ProcessRecord]:
    return [each.record for each in ProcessRegistry(operator.client).all()]


def _state(drain: Drain, running: Sequence[ProcessRecord]) -> DrainState:
    """The workers of one gateway are one process here."""
    found = {(each.role, each.unit): each for each in running if each.host == drain.host}
    processes = (DrainedProcess(role, unit, each.left, each.had) for (role, unit), each in sorted(found.items()))
    return DrainState(drain, tuple(processes))


def _lost(running: Sequence[ProcessRecord], host: str, draining: set[str]) -> list[str]:
    """What nobody does any more when this host is out of service."""
    here = {each.role for each in running if each.host == host}
    others = {each.role for each in running if each.host != host and each.host not in draining}
    return [f"{host} has the last {role}: {lost}" for role, lost in LOST_WITH_ROLE.items() if role in here - others]
