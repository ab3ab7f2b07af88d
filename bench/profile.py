"""`python -m bench profile`: where the time of an empty poll and of the codec goes, as text.

cProfile adds its own cost to every call, so shares count here and not times. The poll runs in this process: the WSGI
application with a real Redis, without gunicorn.
"""

import cProfile
import io
import os
import pstats
import time
from collections.abc import Callable

from bench import vectors
from bench.parts import Scale, workplace
from bench.poll import TYPE, poll, session_ids, write_sessions
from onesoup.csp.codec.codec import UnreadableBody, read_message, write_message
from onesoup.demo.servers import RedisServer
from onesoup.settings.settings import load
from onesoup.store.account.keyring import KeyRing
from onesoup.wire.errors import WireError

LINES = 28


def run(scale: Scale) -> str:
    return "\n".join([_poll(scale), _codec(scale)])


def _poll(scale: Scale) -> str:
    with workplace() as directory, RedisServer(directory / "redis", appendonly=False) as server:
        sids = session_ids(min(scale.sessions, scale.profiled))
        write_sessions(server.url, sids)
        keys = directory / "keys"
        KeyRing.create(keys)
        # As `onesoup web` has it: counters in files shared by the workers. Decided when prometheus_client is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
        from onesoup.runtime import batched_metrics

        batched_metrics.install()
        from workers.gateway.app import create_app

        app = create_app(load({"ONESOUP_REDIS_URL": server.url, "ONESOUP_KEYS_FILE": str(keys), "ONESOUP_POLL_HOLD": "0"}))
        bodies = [poll(sid) for sid in sids]

        def work() -> None:
            for number in range(scale.profiled):
                status, answer = _call(app, bodies[number % len(bodies)])
                assert (status, answer) == ("200 OK", b"")

        return _profiled("empty poll: WSGI application and Redis client, without gunicorn", work, scale.profiled)


def _call(app: Callable[..., object], body: bytes) -> tuple[str, bytes]:
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": TYPE,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    answer = b"".join(app(environ, lambda status, _headers, _error=None: statuses.append(status)))  # type: ignore[attr-defined]
    return statuses[0], answer


def _codec(scale: Scale) -> str:
    documents = []
    for vector in vectors.load():
        try:
            message = read_message(vector.wbxml)
            write_message(message)
        except (WireError, UnreadableBody):
            continue
        documents.append(vector.wbxml)
    turns = max(1, scale.profiled * 2 // len(documents))

    def work() -> None:
        for _ in range(turns):
            for octets in documents:
                write_message(read_message(octets))

    return _profiled("codec: WBXML to primitive and back, all vectors", work, turns * len(documents))


def _profiled(title: str, work: Callable[[], None], count: int) -> str:
    began = time.process_time()
    work()
    plain = (time.process_time() - began) / count * 1e6
    profile = cProfile.Profile()
    profile.runcall(work)
    out = io.StringIO()
    stats = pstats.Stats(profile, stream=out).strip_dirs()
    stats.sort_stats("tottime").print_stats(LINES)
    stats.sort_stats("cumulative").print_stats(LINES)
    kept = [line for line in out.getvalue().splitlines() if line.strip() and not line.lstrip().startswith(("Ordered", "List"))]
    return "\n".join([f"# {title}: {plain:.0f} us of CPU each without the profiler, {count} times", *kept, ""])
