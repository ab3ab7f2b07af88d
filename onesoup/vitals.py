"""What every process tells of itself, whatever its role: which version it runs, and how late its greenlets are."""

import platform
import time
from importlib import metadata

import gevent
from prometheus_client import Gauge, Histogram

BUILD = Gauge("onesoup_build_info", "Always 1; its labels tell what runs", ["version", "python"], multiprocess_mode="livemax")
LAG = Histogram(
    "onesoup_loop_lag_seconds",
    "How much later than it should a greenlet runs",
    ["role"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
TURN = 0.5

_watch: gevent.Greenlet | None = None


def start(role: str) -> None:
    """From now on the process is watched. A second call in the same process changes nothing."""
    global _watch
    if _watch is not None and not _watch.dead:
        return
    BUILD.labels(_version(), platform.python_version()).set(1)
    _watch = gevent.spawn(_look, LAG.labels(role))


def _look(lag: Histogram) -> None:
    while True:
        began = time.monotonic()
        gevent.sleep(TURN)
        lag.observe(max(time.monotonic() - began - TURN, 0.0))


def _version() -> str:
    try:
        return metadata.version("onesoup")
    except metadata.PackageNotFoundError:  # sources without an installation
        return "unknown"
