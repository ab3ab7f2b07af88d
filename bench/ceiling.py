"""The bare ceiling of an empty poll: Falcon, one EVALSHA, an empty answer. Loaded by gunicorn.

Run with the gateway's own gunicorn.conf.py. Environment: ONESOUP_BENCH_REDIS_PORT; in ONESOUP_BENCH_SID "from:to", the
place of the SessionID in the body; ONESOUP_BENCH_CLIENT: "shared" for the gateway's own Redis client, "plain" for redis-py as it
comes.
"""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
from collections.abc import Callable  # noqa: E402

import falcon  # noqa: E402
import redis  # noqa: E402

from onesoup.store.redis.client import RedisScript, connect  # noqa: E402

CEILING_SCRIPT = """
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local fields = redis.call('HMGET', KEYS[1], 'r', 'ttl', 'due')
return {fields[1], fields[2], fields[3], redis.call('LINDEX', KEYS[2], 0)}
"""
CEILING_SESSION_MS = 7_200_000


class Ceiling:
    """What any gateway on this stack must do at least."""

    def __init__(self, script: Callable[[list[str], list[int]], object], begin: int, end: int) -> None:
        self._script, self._sid = script, slice(begin, end)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        sid = req.bounded_stream.read()[self._sid].decode()
        self._script([f"s:{{{sid}}}", f"q:{{{sid}}}"], [CEILING_SESSION_MS])
        resp.data = b""
        resp.content_type = "application/vnd.wv.csp.wbxml"


def create_app() -> falcon.App:
    begin, end = os.environ["ONESOUP_BENCH_SID"].split(":")
    app = falcon.App()
    port = int(os.environ["ONESOUP_BENCH_REDIS_PORT"])
    script: Callable[[list[str], list[int]], object]
    if os.environ["ONESOUP_BENCH_CLIENT"] == "shared":
        script = RedisScript(connect(f"redis://127.0.0.1:{port}/0", shared=True), CEILING_SCRIPT)
    else:
        script = redis.Redis(port=port, protocol=2).register_script(CEILING_SCRIPT)
    app.add_route("/", Ceiling(script, int(begin), int(end)))
    return app
