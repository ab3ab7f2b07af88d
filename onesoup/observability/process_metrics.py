"""Metrics of every process of every role: its version, and how late its greenlets run."""

import platform
from importlib import metadata

from prometheus_client import Gauge, Histogram

from onesoup.runtime import batched_metrics, scheduler

BUILD = Gauge(
    "onesoup_build_info", "Always 1; its labels say which version runs", ["version", "python"], multiprocess_mode="livemax"
)
LAG = Histogram(
    "onesoup_loop_lag_seconds",
    "How late a timer of the process runs",
    ["role"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def start_process_metrics(role: str) -> None:
    """Starts the metrics of this process: each wake-up of its scheduler is observed. A second call changes nothing."""
    BUILD.labels(installed_version(), platform.python_version()).set(1)
    lag = LAG.labels(role)

    def late(seconds: float) -> None:
        lag.observe(seconds)
        batched_metrics.write_counts()  # now, so that it needs no wake-up of its own

    scheduler.process_scheduler().late = late


def installed_version() -> str:
    """The version of onesoup, as its installation says."""
    try:
        return metadata.version("onesoup")
    except metadata.PackageNotFoundError:  # sources without an installation
        return "unknown"
