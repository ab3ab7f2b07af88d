"""When a message passes which place of our processes: stamps of the monotonic clock, which all processes of a machine share.

`python -m bench.stamps ROLE` is `onesoup ROLE` with some methods wrapped, so nothing of this is in the product. A stamp is one
write to a file that is shared by all, some 3 us.
"""

from gevent import monkey

monkey.patch_all()

import importlib  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from bench.instrumented import run_role  # noqa: E402

STAMPS_VARIABLE = "BENCH_STAMPS"

# Role -> (module, function or class.method, name of the stamp): when it is called, and with "." behind the name when it returns.
STAMPED_FUNCTIONS = {
    "web": [
        ("onesoup.http_server.wsgi", "_Client._serve", "web: head read"),
        ("onesoup.handlers.dispatch", "Exchange.run", "web: handlers"),
        ("onesoup.http_server.wsgi", "_Answer._write", "web: answer"),
    ],
    "holder": [
        ("workers.holder.process", "Holder.on_wake", "holder: news"),
        ("workers.holder.session.outbox", "Outbox._run_commands", "holder: outbox"),
        ("onesoup.store.session.outbox", "OutboxQueue.commands", "holder: feed.commands"),
        ("onesoup.xmpp.stream.socket", "StreamSocket.offer", "holder: TLS write"),
        ("onesoup.xmpp.stream.stream", "Stream._handle", "holder: stanzas parsed"),
        ("workers.holder.session.receiver", "StanzaReceiver.receive", "holder: intake"),
    ],
    "cir": [
        ("cir.stcp.server", "StcpServer.wake", "cir: news"),
        ("cir.stcp.waker", "LineWaker._write_wvci", "cir: line"),
    ],
}


class Stamps:
    """What this process and those that it started have stamped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_bytes(b"")
        self._place, self._read = 0, list[tuple[float, str]]()

    def between(self, begin: float, end: float) -> list[tuple[float, str]]:
        """(when, name) in the order of time; of each name the first."""
        found: dict[str, float] = {}
        for when, name in self._all():
            if begin <= when <= end:
                found[name] = min(when, found.get(name, when))
        return sorted((when, name) for name, when in found.items())

    def _all(self) -> list[tuple[float, str]]:
        """The file is read on from where it was."""
        with self.path.open() as file:
            file.seek(self._place)
            for line in file:
                at, _, name = line.rstrip("\n").partition(" ")
                self._read.append((int(at) / 1e9, name))
            self._place = file.tell()
        return self._read


def _writer() -> Callable[[str], None]:
    number = os.open(os.environ[STAMPS_VARIABLE], os.O_WRONLY | os.O_APPEND)

    def stamp(name: str) -> None:
        os.write(number, f"{time.monotonic_ns()} {name}\n".encode())

    return stamp


def install(role: str) -> None:
    """From now on this process stamps."""
    stamp = _writer()
    for module, place, name in STAMPED_FUNCTIONS[role]:
        *owners, method = place.split(".")
        owner = importlib.import_module(module)
        _wrap(getattr(owner, owners[0]) if owners else owner, method, stamp, lambda _first, name=name: name)
    script = importlib.import_module("onesoup.store.redis.client").RedisScript
    _wrap(script, "__call__", stamp, lambda self: f"{role}: {self._name}")


def _wrap(owner: Any, method: str, stamp: Callable[[str], None], name_of: Callable[[Any], str]) -> None:
    real = getattr(owner, method)

    def wrapped(first: Any, *args: Any, **options: Any) -> Any:
        name = name_of(first)
        stamp(name)
        try:
            return real(first, *args, **options)
        finally:
            stamp(f"{name}.")

    setattr(owner, method, wrapped)


if __name__ == "__main__":
    run_role(sys.argv[1], "bench.stamps")
