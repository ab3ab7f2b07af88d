"""The live trace of a user, as server-sent events. It ends when the page is closed or its reader logged out, and after a while by
itself. It takes a greenlet and a connection to Redis, so there are only a few at a time."""

import time
from collections.abc import Generator

import falcon
import redis
import structlog

from onesoup.http_server.event_stream import EVENT_STREAM_TYPE, KEEP_ALIVE, EventStream, packed_event
from onesoup.operators.operator import OperatorError
from onesoup.operators.trace import Followed, begin_trace, follow
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import connect_subscriber
from onesoup.store.redis.refusals import error_name
from workers.gateway.console.acting import acting
from workers.gateway.console.pages import ConsolePage, ConsoleSite, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH, protect

log = structlog.get_logger(__name__)

TRACE_EVENTS_PATH = f"{CONSOLE_PATH}/users/trace"
MAX_TRACE_SECONDS = 900
# In one process.
MAX_OPEN_TRACES = 8
# How often a page that is closed, and a reader who is logged out, are looked for.
PAGE_LOOK_SECONDS = 2.0
# The browser connects again after this time, in ms, when a process has ended.
_RETRY = b"retry: 3000\n\n"
TOO_MANY_TRACES = f"{MAX_OPEN_TRACES} traces are open in this process. Close one of them, or use the command."
TRACE_TIME_OVER = f"The trace has ended after {MAX_TRACE_SECONDS // 60} minutes. It can be started again."
TRACE_LOGGED_OUT = "You are logged out."
TRACE_STORE_DOWN = "Redis does not answer."


class TraceEventsPage(ConsolePage):
    """No page: the events behind one. An event without a name is one of the trace; `following` is told once, `over` last, and
    both are sentences."""

    path = TRACE_EVENTS_PATH
    title = "Trace"
    template = "refused.html"
    in_navigation = False

    def __init__(self, site: ConsoleSite) -> None:
        super().__init__(site)
        self._open_traces = 0

    def answer(self, visit: ConsoleVisit, said: str = "", problem: str = "", status: str = falcon.HTTP_200) -> None:
        protect(visit.resp)
        visit.resp.content_type = EVENT_STREAM_TYPE
        visit.resp.set_header("X-Accel-Buffering", "no")  # an nginx in between passes on what it gets at once
        visit.resp.stream = EventStream(self._pieces(visit))

    def _pieces(self, visit: ConsoleVisit) -> Generator[bytes, None, None]:
        yield _RETRY
        if self._open_traces >= MAX_OPEN_TRACES:
            yield packed_event(TOO_MANY_TRACES, "over")
            return
        self._open_traces += 1
        try:
            yield packed_event((yield from self._events(visit)), "over")
        except (StoreDown, redis.RedisError) as error:
            log.warning("store-down", reason=error_name(error))
            yield packed_event(TRACE_STORE_DOWN, "over")
        finally:
            self._open_traces -= 1

    def _events(self, visit: ConsoleVisit) -> Generator[bytes, None, str]:
        """Returns why it is over."""
        try:
            followed = begin_trace(acting(self.site, visit), visit.typed("who"))
        except OperatorError as error:
            return str(error)
        look = time.monotonic() + PAGE_LOOK_SECONDS
        for step in follow(self.site.client, self._subscriber(), followed, MAX_TRACE_SECONDS):
            if isinstance(step, Followed):
                yield packed_event(step.said, "following")
            elif step is not None:
                yield packed_event(step)
            if time.monotonic() >= look:
                look = time.monotonic() + PAGE_LOOK_SECONDS
                if self.site.access.find(visit.secret, time.time(), touch=False) is None:
                    return TRACE_LOGGED_OUT
                yield KEEP_ALIVE
        return TRACE_TIME_OVER

    def _subscriber(self) -> redis.Redis:
        return connect_subscriber(self.site.settings.redis_url)
