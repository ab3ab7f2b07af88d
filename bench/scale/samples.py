"""CPU and memory of each role over time, from /proc and from Redis."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import gevent
import redis

from bench import machine

SAMPLE_SECONDS, MEMORY_SECONDS = 1.0, 10.0
GENERATOR = "generator"


@dataclass
class Samples:
    """`cpu`: {role: [(second, cores in use)]}; `memory`: {role: [(second, KB)]}, the proportional share (PSS)."""

    cpu: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def cores(self, role: str, begin: float, end: float) -> float:
        """The mean of a time."""
        found = [value for at, value in self.cpu[role] if begin <= at <= end]
        return sum(found) / len(found) if found else 0.0

    def kilobytes(self, role: str, begin: float, end: float) -> list[float]:
        return [value for at, value in self.memory[role] if begin <= at <= end]


class Sampler:
    """A greenlet that looks each second. `roles` tells the processes of now; those that die are left out."""

    def __init__(self, roles: Callable[[], Mapping[str, Sequence[int]]], redis_port: int, began: float) -> None:
        self.samples = Samples()
        self._roles, self._port, self._began = roles, redis_port, began
        self._used: dict[int, float] = {}
        self._looked: float = 0.0
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        self._greenlet.kill()

    def _run(self) -> None:
        last_memory = -MEMORY_SECONDS
        while True:
            second = time.monotonic() - self._began
            roles = self._roles()
            self._look_at_cpu(roles, second)
            if second - last_memory >= MEMORY_SECONDS:
                last_memory = second
                self._look_at_memory(roles, second)
            gevent.sleep(SAMPLE_SECONDS)

    def _look_at_cpu(self, roles: Mapping[str, Sequence[int]], second: float) -> None:
        """Of each process the time since it was last looked at; of a new one, all that it has used."""
        passed, self._looked = second - self._looked, second
        before, self._used = self._used, {}
        for role, pids in roles.items():
            used = 0.0
            for pid in (each for parent in pids for each in machine.family(parent)):
                self._used[pid] = machine.cpu_alone(pid)
                used += max(self._used[pid] - before.get(pid, 0.0), 0.0)
            if passed > 0 and before:
                self.samples.cpu[role].append((second, used / passed))

    def _look_at_memory(self, roles: Mapping[str, Sequence[int]], second: float) -> None:
        for role, pids in roles.items():
            total = 0.0
            for pid in (each for parent in pids for each in machine.family(parent)):
                with suppress(OSError, KeyError):
                    total += machine.memory(pid)["pss"]
            self.samples.memory[role].append((second, total))
        with suppress(redis.RedisError), redis.Redis(port=self._port, socket_timeout=2.0) as client:
            self.samples.memory["Redis, used"].append((second, client.info("memory")["used_memory"] / 1024))
