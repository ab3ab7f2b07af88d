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


def subscribe(port):
    """Returns when Redis has confirmed it: what is published before goes nowhere, and its sender would wait for ever."""
    pubsub = redis.Redis(port=port, protocol=2).pubsub()
    pubsub.subscribe(BARE_CHANNEL)
    while pubsub.get_message(timeout=1.0) is None:
        pass
    return pubsub


def listen(pubsub):
    for message in pubsub.listen():
        if message["type"] != "message":
            continue
        sock = lines.get(message["data"].decode())
        if sock is not None:
            gevent.spawn(sock.sendall, b"WVCI 1.2 wv:nokia.12345\r\n")


if __name__ == "__main__":
    gevent.spawn(listen, subscribe(int(sys.argv[2])))
    StreamServer(("127.0.0.1", int(sys.argv[1])), serve, backlog=1024).serve_forever()
