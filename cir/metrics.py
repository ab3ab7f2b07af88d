"""Metrics that several parts of the CIR process count."""

from prometheus_client import Counter

WAKEUPS_SENT = Counter("onesoup_cir_wakeups_total", "Wake-ups sent", ["bearer", "result"])
