"""F11-F13: the XMPP server restarts, falls silent, cannot be found."""

import time
from collections.abc import Callable
from pathlib import Path

import gevent

from onesoup.demo.servers import Prosody
from onesoup.load.proxy import Fault, TcpProxy
from onesoup.runtime.ports import free_port
from onesoup.xmpp.stream import Options, Resolver, Stream, StreamFailure, Tls
from onesoup.xmpp.stream.resolve import Srv
from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, least, most
from workers.holder.session.connection import STREAM_CONNECT_TIMEOUT_SECONDS


@case(
    11,
    "the XMPP server restarts; then it is away for 60 s",
    "at most 20 streams/s log in again for a domain; unsent messages are kept; phones keep their rosters and sessions",
)
def server_restarted(field: Field) -> list[Figure]:
    phones = len(field.run.users)
    restarted = field.mark("the server restarts")
    field.stack.prosody.restart()
    first = field.until(lambda: field.open_streams() >= phones, 60.0, step=0.5)
    field.work(3.0)
    away = field.mark("the server is away")
    field.stack.prosody.stop()
    field.work(60.0)
    refused = field.failures(away)
    field.stack.prosody.start()
    field.mark("the server is back")
    second = field.until(lambda: field.open_streams() >= phones, 60.0, step=0.5)
    friends = field.until(lambda: all(friend.online for friend in field.run.friends), 30.0)
    return [
        most("all streams back after the restart", first, 45.0, "s"),
        most("all streams back after the outage", second, 60.0, "s"),
        most("log-ins a second", phones / max(second, 0.1), 20.5, "1/s"),
        most("requests refused while it was away", refused, 0),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
        just("time until the friends were back", friends, "s"),
        just("slowest answer", field.slowest(restarted), "s"),
    ]


@case(
    12,
    "connections to the XMPP server fall silent, without an end",
    "pings find them within 60 s; new streams replace them; nothing is lost",
    proxied=("xmpp",),
)
def server_silent(field: Field) -> list[Figure]:
    phones, proxy = len(field.run.users), field.proxies["xmpp"]
    before = proxy.accepted
    field.mark("all streams fall silent")
    proxy.freeze()
    took = field.until(lambda: proxy.accepted - before >= phones and field.open_streams() >= phones, 120.0, step=0.5)
    field.mark("all streams are new")
    return [
        most("all streams replaced", took, 65.0, "s"),
        least("streams", field.open_streams(), phones),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


class _Records:
    """A DNS that fails, or names these ports."""

    def __init__(self, *ports: int) -> None:
        self.ports = ports

    def srv(self, name: str) -> tuple[list[Srv], int]:
        if not self.ports:
            gevent.sleep(60)  # no answer at all
        records = [Srv(priority, 0, port, "127.0.0.1") for priority, port in enumerate(self.ports)]
        return (records if name.startswith("_xmpp-client") else []), 60


@case(
    13,
    "DNS does not answer; the first SRV target is dead, or never says a word",
    "the next target is tried; this takes at most 15 s",
    alone=True,
)
def targets_dead(directory: Path, tell: Callable[[str], None]) -> list[Figure]:
    """Log-ins of the holder's own stream, without a gateway: its DNS can be handed in here."""
    with Prosody(directory / "prosody") as server, TcpProxy(("127.0.0.1", server.port), Fault(silent=True)) as silent:
        server.add_account("alice", "secret")
        dead = free_port()
        took = {
            "log-in, first target dead": _login(server, _Records(dead, server.port)),
            "log-in, first target silent": _login(server, _Records(silent.port, server.port)),
            "log-in, first dead, second silent": _login(server, _Records(dead, silent.port, server.port)),
        }
        began = time.monotonic()
        refused = _login(server, _Records())
        failed = time.monotonic() - began
    figures = [most(name, seconds, 15.0, "s") for name, seconds in took.items()]
    figures.append(most("time until a clean failure without DNS", failed, 15.0, "s"))
    return [*figures, least("that log-in (99: it failed)", refused, FAILED)]


FAILED = 99.0


def _login(server: Prosody, records: _Records) -> float:
    """Seconds of a log-in with the holder's own deadline, FAILED when it failed."""
    options = Options(tls=Tls(server.ca_file), resolver=Resolver(lookup=records))
    stream = Stream("localhost", "alice", "secret", "r", options=options, on_stanzas=lambda _: None, on_acked=lambda _: None)
    began = time.monotonic()
    try:
        stream.connect(STREAM_CONNECT_TIMEOUT_SECONDS)
    except StreamFailure:
        return FAILED
    finally:
        stream.close(polite=False)
    return time.monotonic() - began
