"""Takes hosts out of service and back: their processes take nothing new and hand over what they have."""

import time
from collections.abc import Iterator, Sequence
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
        if not self.processes:
            return f"{self.drain.host}: drains, and no process runs there"
        if self.done:
            return f"{self.drain.host}: nothing is left, it may be stopped"
        return f"{self.drain.host}: {'; '.join(each.said for each in self.processes if not each.done)}"


def begin_drain(operator: Operator, host: str, force: bool = False) -> bool:
    """Takes a host out of service, until end_drain. False when it drains already. `force`: also where nobody else does what its
    processes do."""
    drains, running = Drains(operator.client), _running(operator)
    hosts = sorted({each.host for each in running})
    if host not in hosts and not drains.of(host):
        raise OperatorError(f"no process says that it runs on {host}" + (f"; there are {', '.join(hosts)}" if hosts else ""))
    lost = list(_lost(running, host, {each.host for each in drains.all()}))
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


def _running(operator: Operator) -> list[ProcessRecord]:
    return [each.record for each in ProcessRegistry(operator.client).all()]


def _state(drain: Drain, running: Sequence[ProcessRecord]) -> DrainState:
    """The workers of one gateway are one process here."""
    found = {(each.role, each.unit): each for each in running if each.host == drain.host}
    processes = (DrainedProcess(role, unit, each.left, each.had) for (role, unit), each in sorted(found.items()))
    return DrainState(drain, tuple(processes))


def _lost(running: Sequence[ProcessRecord], host: str, draining: set[str]) -> Iterator[str]:
    """What nobody does any more when this host is out of service."""
    others = {each.role for each in running if each.host != host and each.host not in draining}
    for role in LOST_WITH_ROLE:
        if any(each.host == host and each.role == role for each in running) and role not in others:
            yield f"{host} has the last {role}: {LOST_WITH_ROLE[role]}"
