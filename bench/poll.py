"""Part poll: what an empty WBXML poll costs one gateway worker and Redis, beside two bare ceilings, in alternation."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from bench import machine
from bench.load import Generator, Load
from bench.parts import REPOSITORY, Scale, say, workplace
from bench.report import Figure, Spread
from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import PollingRequest
from onesoup.csp.messages import Text
from onesoup.csp.session import Capabilities, Session
from onesoup.demo.process import Process
from onesoup.demo.servers import RedisServer, connects
from onesoup.phone.http import PhoneHttpClient
from onesoup.runtime.ports import free_port
from onesoup.store import keys, records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect, present
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.waiting_items import WaitingItems
from onesoup.wire import codec
from onesoup.wire.document import Encoding

MAX_POLL_RATIO = 1.25
# A poll that finds something, beside one that finds nothing; and how many messages wait for each phone before a sample.
MAX_FINDING_RATIO, WAITING_MESSAGES = 1.3, 100
POLL_SESSION_MS = 7_200_000
POLL_VERSION = "1.2"
POLL_CONTENT_TYPE = codec.media_type(POLL_VERSION, Encoding.WBXML)


@dataclass(frozen=True)
class Round:
    """One measurement of one server. CPU in microseconds a request."""

    load: Load
    web: float
    redis: float

    @property
    def total(self) -> float:
        return self.web + self.redis

    @property
    def rate(self) -> float:
        return self.load.requests / self.load.seconds


def session_ids(count: int) -> list[str]:
    """Ids as log-ins make them: two digits of the shard, 26 more."""
    return [f"{secrets.randbelow(256):02x}{secrets.token_hex(13)}" for _ in range(count)]


def poll(sid: str) -> bytes:
    """A Polling-Request as phones send it."""
    message = Message(POLL_VERSION, Encoding.WBXML, [Transaction(Mode.REQUEST, "", PollingRequest())], sid, SessionType.INBAND)
    return codec.encode(envelope.document_from_message(message))


def place_of(sid: str, body: bytes) -> slice:
    """Where the SessionID stands in its poll, and in all others."""
    begin = body.index(sid.encode())
    return slice(begin, begin + len(sid))


def write_sessions(url: str, sids: list[str]) -> None:
    """Live sessions as a holder creates them, nothing waiting."""
    client = connect(url)
    feed = HolderSessionStore(client)
    for number, sid in enumerate(sids):
        session = Session(f"user{number}@localhost", f"wv:user{number}@localhost", POLL_VERSION, "onesoup.phone")
        feed.create(sid, NewSession(records.pack_session(session), 1, POLL_SESSION_MS, secrets.token_bytes(60)))
        client.hset(keys.session(sid), "caps", records.pack_caps(Capabilities()))
    client.close()


def write_messages(url: str, sids: list[str], count: int) -> None:
    """So many messages wait for each session, and nothing else."""
    client = connect(url)
    items = WaitingItems(client)
    texts = [Text(f"m{number}", "juliet@localhost", "Wherefore art thou?", int(time.time())) for number in range(count)]
    stored = {text.id: records.pack_stored(text) for text in texts}
    for sid in sids:
        client.delete(*keys.of(sid, "i", "q", "open", "try", "tid"))
        if count:
            items.take_in(sid, 1, stored)
    client.close()


def all_wait(url: str, sids: list[str]) -> bool:
    """Whether something waits for each session."""
    client = connect(url)
    found = present(client, [name for sid in sids for name in keys.of(sid, "q")])
    client.close()
    return all(found)


class Web:
    """One gunicorn, with one worker unless told otherwise, configured as the gateway is."""

    def __init__(self, directory: Path, name: str, argv: list[str], url: str, more: dict[str, str]) -> None:
        self.port = free_port()
        keys = directory / "keys"
        KeyRing.create(keys)
        clean = {key: value for key, value in os.environ.items() if not key.startswith("ONESOUP_") and key != "WEB_CONCURRENCY"}
        own = {"REDIS_URL": url, "KEYS_FILE": str(keys), "DATA": str(directory / name), "HTTP_PORT": str(self.port)}
        own |= {"WEB_WORKERS": "1", "POLL_HOLD": "0", "LOG_LEVEL": "info"}
        env = clean | {f"ONESOUP_{key}": value for key, value in own.items()} | {"PYTHONPATH": str(REPOSITORY)} | more
        self.process = Process(name, argv, env, directory / f"{name}.log")

    @property
    def cpu(self) -> float:
        return machine.cpu(self.process.pid)

    def start(self) -> None:
        self.process.start()
        self.process.wait_until(lambda: connects("127.0.0.1", self.port))


def gateway(directory: Path, url: str, workers: int = 1) -> Web:
    name = "gateway" if workers == 1 else f"gateway-{workers}"
    more = {"ONESOUP_WEB_WORKERS": str(workers)}
    return Web(directory, name, [str(Path(sys.prefix, "bin", "onesoup")), "web"], url, more)


def ceiling(directory: Path, redis_server: RedisServer, place: slice, client: str, workers: int = 1) -> Web:
    """`client`: shared, as the gateway has it, or plain."""
    argv = [sys.executable, "-m", "gunicorn", "--config", str(REPOSITORY / "gunicorn.conf.py"), "bench.ceiling:create_app()"]
    more = {"ONESOUP_BENCH_REDIS_PORT": str(redis_server.port), "ONESOUP_BENCH_SID": f"{place.start}:{place.stop}"}
    more |= {"ONESOUP_BENCH_CLIENT": client, "ONESOUP_WEB_WORKERS": str(workers)}
    name = f"ceiling-{client}" if workers == 1 else f"ceiling-{client}-{workers}"
    return Web(directory, name, argv, redis_server.url, more)


@contextmanager
def running(*webs: Web) -> Iterator[None]:
    try:
        for web in webs:
            web.start()
        yield
    finally:
        for web in webs:
            web.process.signal(signal.SIGTERM)
        for web in webs:
            web.process.stop()


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory, RedisServer(directory / "redis", appendonly=False) as server:
        sids = session_ids(scale.sessions)
        write_sessions(server.url, sids)
        bodies = [poll(sid) for sid in sids]
        place = place_of(sids[0], bodies[0])
        webs = [gateway(directory, server.url), *(ceiling(directory, server, place, kind) for kind in ("shared", "plain"))]
        generator = Generator(bodies, POLL_CONTENT_TYPE, scale.connections, directory)
        if not generator.wrk:
            say("poll: wrk is not there; our own generator takes more CPU, so rates are lower")
        with running(*webs):
            for web in webs:
                check(web, bodies[0])
                generator.run(web.port, 1.0)
            found = alternate(scale, generator, server, webs)
            scripts = _scripts(webs[0], server, bodies)
            finding = _finding(scale, generator, server, webs[0], sids)
    return [*_figures(scale, *found), Figure("poll", "EVALSHA a request", "", Spread.once(scripts), goal=1.0), finding]


def check(web: Web, body: bytes) -> None:
    """An empty poll is answered with 200 and nothing; anything else would be measured for nothing."""
    client = PhoneHttpClient(f"http://127.0.0.1:{web.port}/")
    reply = client.post(body, POLL_CONTENT_TYPE)
    client.close()
    if (reply.status, reply.body) != (200, b""):
        raise RuntimeError(f"{web.process.name}: HTTP {reply.status}, {reply.body!r}\n{web.process.last_lines()}")


def alternate(scale: Scale, generator: Generator, server: RedisServer, webs: list[Web], part: str = "poll") -> list[list[Round]]:
    """The rounds of each server, taken in turn."""
    found: list[list[Round]] = [[] for _ in webs]
    for number in range(scale.rounds):
        for web, rounds in zip(webs, found, strict=True):
            rounds.append(measure(generator, server, web, scale.poll_seconds))
        told = "; ".join(
            f"{web.process.name} {each[-1].rate:.0f}/s {each[-1].web:.0f} + {each[-1].redis:.0f} us"
            for web, each in zip(webs, found, strict=True)
        )
        say(f"{part}: round {number + 1} of {scale.rounds}: {told}")
    return found


def measure(generator: Generator, server: RedisServer, web: Web, seconds: float) -> Round:
    before = web.cpu, machine.cpu(server.process.pid)
    load = generator.run(web.port, seconds)
    time.sleep(0.05)  # for the requests that were under way at the end
    after = web.cpu, machine.cpu(server.process.pid)
    if load.bad:
        raise RuntimeError(f"{web.process.name}: {load.bad} of {load.requests} requests failed\n{web.process.last_lines()}")
    web_us, redis_us = ((end - start) / load.requests * 1e6 for start, end in zip(before, after, strict=True))
    return Round(load, web_us, redis_us)


def _scripts(web: Web, server: RedisServer, bodies: list[bytes]) -> float:
    """Round trips to Redis for each of a known number of polls: what Redis itself counts."""
    phone = PhoneHttpClient(f"http://127.0.0.1:{web.port}/")
    with redis.Redis(port=server.port) as client:
        client.config_resetstat()
        for body in bodies:
            phone.post(body, POLL_CONTENT_TYPE)
        calls = client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
    phone.close()
    return calls / len(bodies)


def _finding(scale: Scale, generator: Generator, server: RedisServer, web: Web, sids: list[str]) -> Figure:
    """Polls that find a message each, and polls that find nothing, in alternation."""
    found: list[tuple[float, float]] = []
    for number in range(scale.rounds):
        empty = measure(generator, server, web, scale.poll_seconds).total
        write_messages(server.url, sids, WAITING_MESSAGES)
        full = measure(generator, server, web, scale.poll_seconds).total
        if not all_wait(server.url, sids):
            raise RuntimeError(f"{WAITING_MESSAGES} messages for each phone did not last")
        write_messages(server.url, sids, 0)
        found.append((full, empty))
        say(f"poll: round {number + 1} of {scale.rounds}: a message waits {full:.0f} us, nothing waits {empty:.0f} us")
    one, other = (Spread.of(each) for each in zip(*found, strict=True))
    ratio = Spread.of(full / empty for full, empty in found)
    return Figure("poll", "total CPU of a poll that finds a message", "us", one, other, "us, empty", ratio, MAX_FINDING_RATIO)


def _figures(scale: Scale, ours: list[Round], theirs: list[Round], plain: list[Round]) -> list[Figure]:
    def figure(name: str, unit: str, values: Iterator[float], others: Iterator[float] | None = None, **more: object) -> Figure:
        anchor = Spread.of(others) if others is not None else None
        return Figure("poll", name, unit, Spread.of(values), anchor, f"{unit}, ceiling" if anchor else "", **more)  # type: ignore[arg-type]

    def total(others: list[Round], kind: str, goal: float | None, note: str) -> Figure:
        return Figure(
            "poll",
            f"total CPU a request, gateway + Redis, {kind}",
            "us",
            Spread.of(each.total for each in ours),
            Spread.of(each.total for each in others),
            "us, ceiling",
            # A very short run may have used less than a tick.
            Spread.of(a.total / max(b.total, 1.0) for a, b in zip(ours, others, strict=True)),
            goal,
            note,
        )

    what = (
        f"{scale.sessions} sessions, {scale.connections} connections in closed loop, one worker, AOF off, rounds in alternation"
    )
    return [
        total(theirs, "same Redis client", MAX_POLL_RATIO, what),
        total(plain, "redis-py as it comes", None, ""),
        figure("CPU a request, gateway", "us", (each.web for each in ours), (each.web for each in theirs)),
        figure("CPU a request, redis-server", "us", (each.redis for each in ours), (each.redis for each in theirs)),
        figure("requests/s", "", (each.rate for each in ours), (each.rate for each in theirs)),
        figure("p50", "ms", (each.load.p50 * 1e3 for each in ours), (each.load.p50 * 1e3 for each in theirs)),
        figure("p99", "ms", (each.load.p99 * 1e3 for each in ours), (each.load.p99 * 1e3 for each in theirs)),
    ]
