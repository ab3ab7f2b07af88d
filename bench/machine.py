"""What Linux tells about this machine and its processes: CPU seconds, memory, versions."""

import os
import platform
import subprocess
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SHOWN_PACKAGES = ("gevent", "gunicorn", "falcon", "redis", "hiredis", "xmpppy", "greenlet")


def family(pid: int) -> list[int]:
    """A process and all that it has started, as far as they live."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        found.append(each)
        for path in Path(f"/proc/{each}/task").glob("*/children"):
            with suppress(OSError):
                waiting += [int(child) for child in path.read_text().split()]
    return found


def cpu(pid: int) -> float:
    """CPU seconds, user and system, that a process and its living children have used, with all their threads."""
    return sum(cpu_alone(each) for each in family(pid))


def cpu_alone(pid: int) -> float:
    """CPU seconds of one process with its threads, 0 for one that is gone. By the clock that Linux keeps for each process
    (clock_getcpuclockid): /proc counts hundredths of a second, which are a lot of an idle minute."""
    with suppress(OSError):
        return time.clock_gettime_ns((~pid << 3) | 2) / 1e9
    return 0.0


def wakes(pid: int) -> int:
    """How often a process and its living children have waited, and so been woken; their first threads alone."""
    count = 0
    for each in family(pid):
        with suppress(OSError):
            text = Path(f"/proc/{each}/status").read_text()
            count += int(text.partition("\nvoluntary_ctxt_switches:")[2].split("\n", 1)[0])
    return count


def memory(pid: int) -> dict[str, int]:
    """KB of a process alone: "uss" is what would be free if it ended, "rss" and "pss" as the kernel counts them."""
    values = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        values[name] = int(rest.split()[0])
    return {"uss": values["Private_Clean"] + values["Private_Dirty"], "rss": values["Rss"], "pss": values["Pss"]}


def slab() -> int:
    """KB that the kernel uses for its own objects, sockets among them."""
    return int(Path("/proc/meminfo").read_text().partition("Slab:")[2].split()[0])


def stolen() -> float:
    """Seconds in which the machine ran for somebody else, all cores together."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / CLOCK_TICKS_PER_SECOND


def describe() -> dict[str, str]:
    """The line that belongs to every figure."""
    packages = " ".join(f"{name} {version(name)}" for name in SHOWN_PACKAGES)
    return {
        "cores": str(os.cpu_count()),
        "cpu": _cpu_model(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": packages,
        "redis-server": _first_line("redis-server", "--version"),
        "load": " ".join(f"{each:.2f}" for each in os.getloadavg()),
        "commit": commit(),
    }


def commit() -> str:
    """The commit of the files, with a plus where some were changed since; "?" where there is no repository."""
    argv = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+"]
    with suppress(OSError):
        return subprocess.run(argv, capture_output=True, text=True).stdout.strip() or "?"
    return "?"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(*argv: str) -> str:
    try:
        words = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return "?"
    return next((word.removeprefix("v=") for word in words if word.startswith("v=")), "?")
