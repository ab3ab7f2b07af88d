"""Where a case happens: a stack of its own, phones at work on it, and the instruments."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import gevent
import redis

from onesoup.demo.servers import Prosody, RedisServer
from onesoup.demo.stack import Stack
from onesoup.load.proxy import TcpProxy
from onesoup.load.run import Plan, Run
from onesoup.store import keys

ENV = {"ONESOUP_WEB_WORKERS": "2", "ONESOUP_LOG_LEVEL": "info"}


class Span(NamedTuple):
    """How long a long case takes, and how long it is between two faults, minutes; 0 leaves it to the case."""

    minutes: float = 0.0
    every: float = 0.0


class Field:
    """A stack under load. Redis, the XMPP server and the gateway can be put behind proxies."""

    def __init__(self, stack: Stack, run: Run, proxies: Mapping[str, TcpProxy], tell: Callable[[str], None], span: Span) -> None:
        self.stack, self.run, self.proxies, self.tell, self.span = stack, run, proxies, tell, span
        self.directory = stack.dir
        # What is to be done when nobody writes any more and everything has arrived, before the stack goes.
        self.afterwards: list[Callable[[], None]] = []

    def mark(self, what: str) -> float:
        """Says and draws what happens now; when it was."""
        self.run.mark(what)
        return time.monotonic()

    def work(self, seconds: float) -> None:
        self.run.watch(seconds)

    def until(self, what: Callable[[], Any], within: float, step: float = 0.1) -> float:
        """Seconds until it was so, `within` when it never was."""
        began = time.monotonic()
        while time.monotonic() - began < within:
            with suppress(redis.RedisError, OSError):
                if what():
                    break
            gevent.sleep(step)
        return time.monotonic() - began

    # --- processes ---

    def workers(self, name: str = "web") -> list[int]:
        """The process ids of a gateway's workers."""
        master = self.stack.processes[name].pid
        with suppress(OSError):
            return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
        return []

    def pause(self, name: str) -> None:
        os.killpg(self.stack.processes[name].pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.killpg(self.stack.processes[name].pid, signal.SIGCONT)

    # --- instruments ---

    def metric(self, name: str, metric: str) -> float:
        """The sum of a metric of a process, over labels; labels may be part of `metric`."""
        port = self.stack.admin_port(name)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        found = re.findall(rf"^{re.escape(metric)}(?:{{[^}}]*}})? ([0-9.e+-]+)$", text, re.MULTILINE)
        return sum(float(each) for each in found)

    def open_streams(self, name: str = "holder") -> float:
        return self.metric(name, 'onesoup_xmpp_streams{state="open"}')

    def owners(self) -> set[bytes]:
        """Who owns shards; b"" stands for shards without an owner."""
        client = redis.Redis.from_url(self.stack.redis_url)
        try:
            pipe = client.pipeline(transaction=False)
            for number in range(keys.SHARDS):
                pipe.get(keys.shard(number, "lease"))
            return {owner or b"" for owner in pipe.execute()}
        finally:
            client.close()

    def went(self) -> int:
        """How often a friend has seen a phone go. At the begin everybody has, once: their server says who is not there."""
        return sum(sum(friend.went.values()) for friend in self.run.friends)

    def logged_in(self) -> int:
        return sum(user.logged_in for user in self.run.users)

    def failures(self, since: float, until: float | None = None) -> int:
        """Requests that failed between two moments."""
        return sum(row[2] for row in self._rows(since, until))  # type: ignore[misc]

    def slowest(self, since: float, until: float | None = None) -> float:
        """Seconds of the slowest answer that was not held, failures included."""
        first = since - self.run.series.began
        last = (until or time.monotonic()) - self.run.series.began
        return max((took for at, took in self.run.series.waits if first <= at <= last), default=0.0)

    def last_failure(self, since: float) -> float:
        """Seconds from `since` to the end of the last second in which a request failed; 0 when none did."""
        first = int(since - self.run.series.began)
        bad = [row[0] for row in self.run.series.rows() if row[0] >= first and row[2]]
        return max(bad[-1] + 1 - (since - self.run.series.began), 0.0) if bad else 0.0

    def _rows(self, since: float, until: float | None) -> list[tuple[float, ...]]:
        first, last = since - self.run.series.began, (until or time.monotonic()) - self.run.series.began
        return [row for row in self.run.series.rows() if int(first) <= row[0] <= last]

    def recovered(self, since: float, quiet: float = 5.0, within: float = 90.0) -> float:
        """Seconds from `since` until requests no longer failed: nothing has failed for `quiet` seconds after it."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            gevent.sleep(0.5)
            took = self.last_failure(since)
            if time.monotonic() - since - took > quiet:
                return took
        return within


@contextmanager
def field(
    directory: Path,
    tell: Callable[[str], None],
    *,
    phones: int = 100,
    interval: float = 3.0,
    lines: float = 0.5,
    timeout: float = 20.0,
    proxied: tuple[str, ...] = (),
    redis_server: Any = None,
    env: Mapping[str, str] | None = None,
    holders: int = 1,
    prepare: Callable[[Stack], None] | None = None,
    spread: float = 0.0,
    span: Span = Span(),  # noqa: B008 - a value
) -> Iterator[Field]:
    """A stack with its phones logged in and at work. `timeout` is the phones': S60 gives a poll up after 20 s."""
    with ExitStack() as ending:
        server = redis_server or ending.enter_context(RedisServer(directory / "redis"))
        prosody = Prosody(directory / "prosody")
        proxies: dict[str, TcpProxy] = {}
        more = dict(ENV)
        if "redis" in proxied:
            proxies["redis"] = ending.enter_context(TcpProxy(("127.0.0.1", server.port)))
            more["ONESOUP_REDIS_URL"] = f"redis://127.0.0.1:{proxies['redis'].port}/0"
        if "xmpp" in proxied:
            proxies["xmpp"] = ending.enter_context(TcpProxy(("127.0.0.1", prosody.port)))
            more["ONESOUP_XMPP_ROUTES"] = f"localhost=127.0.0.1:{proxies['xmpp'].port}"
        stack = Stack(directory, env=more | dict(env or {}), redis=server, prosody=prosody)
        url = stack.url
        if "http" in proxied:
            proxies["http"] = ending.enter_context(TcpProxy(("127.0.0.1", stack.http_port)))
            url = f"http://127.0.0.1:{proxies['http'].port}/"
        plan = Plan(
            url,
            "localhost",
            phones,
            10,
            interval,
            lines,
            xmpp=("127.0.0.1", prosody.port),
            ca_file=prosody.ca_file,
            timeout=timeout,
            spread=spread,
        )
        for user, roster in plan.rosters():
            prosody.add_account(user, plan.password, roster)
        ending.callback(prosody.stop)
        prosody.start()
        if prepare is not None:
            prepare(stack)
        ending.callback(stack.kill_all)
        ending.callback(stack.down)
        stack.up()
        for number in range(1, holders):
            stack.start("holder", f"holder-{number + 1}")
        run = Run(plan, tell)
        here = Field(stack, run, proxies, tell, span)
        with run.working():
            yield here
        for each in here.afterwards:
            each()
