"""The bare yardstick of the STCP listener: a gevent server that keeps lines by their id, and writes to those that Redis names.

Arguments: port, port of Redis. It knows no session, no rule and no limit."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import gevent  # noqa: E402
import redis  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

BARE_CHANNEL = "bare"
lines = {}


def serve(sock, _address):
    name, rest = "", b""
    while data := sock.recv(1024):
        *whole, rest = (rest + data).split(b"\r\n")
        for line in whole:
            if line.startswith(b"HELO "):
                name = line[5:].decode()
                lines[name] = sock
            sock.sendall(b"OK\r\n")
    lines.pop(name, None)


def listen(port):
    pubsub = redis.Redis(port=port, protocol=2).pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(BARE_CHANNEL)
    for message in pubsub.listen():
        sock = lines.get(message["data"].decode())
        if sock is not None:
            gevent.spawn(sock.sendall, b"WVCI 1.2 wv:nokia.12345\r\n")


if __name__ == "__main__":
    gevent.spawn(listen, int(sys.argv[2]))
    StreamServer(("127.0.0.1", int(sys.argv[1])), serve, backlog=1024).serve_forever()
