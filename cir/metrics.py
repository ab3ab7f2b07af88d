"""Metrics that several parts of the CIR process count."""

from prometheus_client import Counter

from onesoup.observability.minute_report import SeriesSource

WAKEUPS_SENT = Counter("onesoup_cir_wakeups_total", "Wake-ups sent", ["bearer", "result"])

# What the plots of the last day show of a CIR process.
CIR_SERIES = (SeriesSource("wakeups", WAKEUPS_SENT, lambda labels: labels["result"] == "sent"),)
