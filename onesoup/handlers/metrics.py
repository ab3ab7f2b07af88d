"""Metrics of requests and deliveries. Their names are an interface: dashboards and alerts use them."""

import time
from collections.abc import Callable
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from onesoup.csp.codec.envelope import Message
from onesoup.observability.minute_report import SeriesSource
from onesoup.runtime import batched_metrics
from onesoup.runtime.ids import made_at
from onesoup.store import records
from onesoup.store.session.inbox import ClosedTransaction
from onesoup.wire.document import Encoding

REQUESTS = Counter("onesoup_csp_requests_total", "CSP requests", ["primitive", "csp", "encoding", "status_class"])
HELD_POLLS = Gauge("onesoup_poll_held", "Polls that wait for something to arrive", multiprocess_mode="livesum")
LOGINS = Counter("onesoup_logins_total", "Login-Requests of phones", ["result", "scheme"])
DELIVERY = Histogram(
    "onesoup_delivery_seconds",
    "Time from the arrival of a message until its phone acknowledged it, by the way in which the phone was told to poll",
    ["path"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)
REDELIVERED = Counter("onesoup_redelivered_total", "Items sent to the phone again because it did not answer", ["kind"])
DUPLICATES = Counter("onesoup_duplicates_total", "Repeated requests, which got the stored answer", ["kind"])

# What the plots of the last day show of a gateway.
GATEWAY_SERIES = (
    SeriesSource("polls", REQUESTS, lambda labels: labels["primitive"] == "Polling-Request"),
    SeriesSource("requests", REQUESTS, lambda labels: labels["primitive"] != "Polling-Request"),
    SeriesSource(
        "sent", REQUESTS, lambda labels: labels["primitive"] == "SendMessage-Request" and labels["status_class"] == "2xx"
    ),
    SeriesSource("delivered", DELIVERY),
    SeriesSource("logins", LOGINS, lambda labels: labels["result"] == "200"),
    # The first phase of a log-in by digest is no failure.
    SeriesSource("denied", LOGINS, lambda labels: labels["result"] != "200" and labels["scheme"] != "challenge"),
)

# Prefixes of the ids of items that are no messages.
_KINDS = {"p-": "presence", "e-": "event", "k-": "invitation"}


def count_request(message: Message, code: int) -> None:
    """Counts one request, by the CSP code of its answer."""
    first = message.transactions[0].content
    _requests(getattr(first, "NAME", "other"), message.version, message.encoding, code // 100)()


@cache  # looking a counter up costs more than counting
def _requests(primitive: str, version: str, encoding: Encoding, hundreds: int) -> Callable[[], None]:
    return batched_metrics.batched_inc(REQUESTS.labels(primitive, version, encoding.value, f"{hundreds}xx"))


def count_redelivery(item_id: str) -> None:
    """Counts an item that was handed out before."""
    REDELIVERED.labels(_KINDS.get(item_id[:2], "message")).inc()


def observe_delivery(message_id: str, closed: ClosedTransaction) -> None:
    """Observes how long a message took to the phone. Messages from before its log-in do not count: they say nothing of our
    speed."""
    made = made_at(message_id)
    if made is not None and made >= records.known_session(closed.record).began:
        DELIVERY.labels(closed.via).observe(max(time.time() - made, 0.0))
