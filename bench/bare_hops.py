"""The bare yardstick of a message on its way through two processes: what comes in over a socket runs a script that keeps and
publishes it, and `bench.bare_lines` writes to a socket what it hears. Nothing is looked up, checked or parsed.

Arguments: port, port of Redis."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import redis  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

from bench.bare_lines import BARE_CHANNEL  # noqa: E402

HOP_SCRIPT = """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[1])
return 1
"""

if __name__ == "__main__":
    keep = redis.Redis(port=int(sys.argv[2]), protocol=2).register_script(HOP_SCRIPT)

    def serve(sock, _address):
        while name := sock.recv(1024).strip():
            keep(["s:{bare}", "q:{bare}"], [name, BARE_CHANNEL])

    StreamServer(("127.0.0.1", int(sys.argv[1])), serve).serve_forever()
