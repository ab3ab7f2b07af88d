"""`onesoup doctor`: looks at everything that a working service needs, from where it is called, and says what to do."""

# First of all, as in a holder, whose XMPP stream is used here.
from gevent import monkey

monkey.patch_all()

import http.client  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import pyexpat  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import suppress  # noqa: E402

import click  # noqa: E402
import redis  # noqa: E402

from onesoup.commands import redis_check  # noqa: E402
from onesoup.commands.common import opened  # noqa: E402
from onesoup.commands.findings import BAD, Finding, bad, good, note, tell, tried  # noqa: E402
from onesoup.observability import admin_server  # noqa: E402
from onesoup.settings.settings import Settings  # noqa: E402

CONNECT_SECONDS = 10.0
OLD_EXPAT = (2, 6, 0)


@click.command()
@click.option("--json", "lines", is_flag=True, help="One JSON object a line.")
@click.option("--domain", "domains", multiple=True, help="XMPP domains to try instead of those of the settings.")
def doctor(lines: bool, domains: tuple[str, ...]) -> None:
    """Look for what is wrong: Redis, keys, holders, CIR processes, gateways of this host, XMPP servers. Changes nothing.

    Status 1 when something is.
    """
    with opened() as (settings, client):
        tell(_all(settings, client, domains), lines)


def _all(settings: Settings, client: redis.Redis, domains: tuple[str, ...]) -> Iterator[Finding]:
    yield from tried("this machine", _machine)
    yield from tried("key ring", lambda: _keys(settings))
    yield from redis_check.findings(settings, client)
    if not redis_check.away(client):
        yield from tried("holders", lambda: _holders(client))
        yield from tried("CIR", lambda: _cir(client))
        yield from tried("sessions", lambda: _sessions(settings, client))
        yield from tried("log-ins", lambda: _locks(settings, client))
    yield from tried("processes", lambda: _processes(settings))
    for domain in domains or tuple(sorted(name for name in settings.allowed_domains if settings.allowed_domains.listed(name))):
        yield from tried(f"XMPP {domain}", lambda domain=domain: _as_here(settings, _xmpp(settings, domain)))  # type: ignore[misc]


def _machine() -> Iterator[Finding]:
    version = tuple(int(part) for part in pyexpat.EXPAT_VERSION.removeprefix("expat_").split("."))
    if version < OLD_EXPAT:
        yield note(
            "expat", f"{'.'.join(map(str, version))} is slow on large tokens", "2.6 is not; bodies are limited all the same"
        )
    load = os.getloadavg()[0]
    if load > 2 * (os.cpu_count() or 1):
        yield note("this machine", f"load {load:.1f} on {os.cpu_count()} cores", "answers will be slow")


def _keys(settings: Settings) -> Iterator[Finding]:
    from onesoup.store.account.keyring import KeyRing, KeyRingError, open_to_all

    if not settings.keys_file:
        yield bad("key ring", "keys_file is not set", "docs/operation.md shows how to make one")
        return
    try:
        KeyRing.load(settings.keys_file)
    except KeyRingError as error:
        yield bad("key ring", str(error), "every host needs the same file")
        return
    if open_to_all(settings.keys_file):
        yield bad("key ring", f"everybody on this host can read {settings.keys_file}", "chmod 600")
    else:
        yield good("key ring", f"{settings.keys_file} can be used")


def _holders(client: redis.Redis) -> Iterator[Finding]:
    from onesoup.store import keys
    from onesoup.store.session.shards import Shards

    shards = Shards(client)
    owners = shards.holders(range(keys.SHARDS))
    counts = {owner: owners.count(owner) for owner in set(owners) if owner}
    free = owners.count("")
    shares = ", ".join(f"{owner[:8]} has {count}" for owner, count in sorted(counts.items()))
    if not counts:
        yield bad("holders", "none lives: nobody can log in, messages wait", "start onesoup holder")
    elif free:
        yield note(
            "holders", f"{shares}; {free} of {keys.SHARDS} shards are free", "they should be taken within seconds; look again"
        )
    else:
        yield good("holders", shares)
    waiting = len(shards.waiting_logins(list(range(keys.SHARDS))))
    if waiting:
        yield note("log-ins", f"wait for a holder in {waiting} shards", "are the holders overloaded?")


def _cir(client: redis.Redis) -> Iterator[Finding]:
    from onesoup.store.wakeup.stcp_lines import Lines

    lines = Lines(client)
    count, bearers = len(lines.processes()), ", ".join(sorted(lines.live()))
    if count:
        yield good("CIR", f"{count} process{'es' if count > 1 else ''}, {bearers}")
    else:
        yield note("CIR", "no process lives: phones only hear of news when they poll", "start onesoup cir")


def _locks(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Domains whose server has seen so many wrong passwords that it is asked no new ones."""
    from onesoup.handlers.login.throttle import minutes
    from onesoup.store.account.login_limits import LoginLimits

    limits = LoginLimits(client, settings.refusals_at_server, settings.refusals_of_address)
    for domain in sorted(filter(settings.allowed_domains.listed, settings.allowed_domains)):
        wait = limits.server_wait(domain, "nobody")
        if wait > 0:
            yield note(
                f"log-ins at {domain}",
                f"{settings.refusals_at_server} wrong passwords in an hour: for {minutes(wait)} only a password that has worked "
                "before gets in, others get 503",
                "login lines of the gateway's log tell who it was; refusals_at_server is the limit, 0 for none",
            )


def _sessions(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    from onesoup.commands.sessions import living

    count = waiting = orphans = 0
    for _, row in living(client):
        count += 1
        waiting += row.outbox > 0
        orphans += row.holder == "none"
    yield good("sessions", f"{count}")
    if orphans:
        yield bad("sessions", f"{orphans} have no holder", "start one more, or wait for the leases")
    if waiting > 0:
        yield note("outboxes", f"{waiting} sessions have commands that no XMPP server has confirmed", "normal for a moment")


def _processes(settings: Settings) -> Iterator[Finding]:
    """Those that run on this host with the same data directory."""
    found = admin_server.ports(settings.data)
    if not found:
        yield note("processes", f"none of this host is known in {settings.data}", "ONESOUP_DATA as in the units shows them")
    for name, port in sorted(found.items()):
        status, checks = _ready(settings.admin_bind, port)
        failed = ", ".join(f"{check} {result}" for check, result in checks.items() if result != "ok")
        where = f"{name}, admin port {port}"
        yield good(where, "is ready") if status == 200 else bad(where, failed or "does not answer", "its log says more")


def _ready(host: str, port: int) -> tuple[int, dict[str, str]]:
    link = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)
    with suppress(OSError, http.client.HTTPException, ValueError):
        link.request("GET", "/readyz")
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())["checks"]
    return 0, {}


def _as_here(settings: Settings, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Only holders talk to XMPP servers. Where other processes run and no holder does, the way there may well be closed."""
    roles = {name.partition("-")[0] for name in admin_server.ports(settings.data)}
    for each in findings:
        if each.grade == BAD and roles and "holder" not in roles:
            yield note(each.what, f"{each.says}, as seen from here", "no holder runs here; ask where one does")
        else:
            yield each


def _xmpp(settings: Settings, domain: str) -> Iterator[Finding]:
    """As a holder would connect, up to the log-in: addresses, TLS, mechanisms."""
    import gevent

    from onesoup.xmpp.stream import Options, Resolver, StreamFailure, Tls, look

    options = Options(tls=Tls(settings.xmpp_ca or None, settings.xmpp_insecure), resolver=Resolver(settings.xmpp_routes))
    what, began = f"XMPP {domain}", time.monotonic()
    try:
        with gevent.Timeout(CONNECT_SECONDS, StreamFailure("timeout")):
            offer = look(domain, options)
    except StreamFailure as failure:
        yield bad(what, str(failure), _help(failure.kind))
        return
    took = round((time.monotonic() - began) * 1000)
    way = "in clear text" if not offer.secure else "over TLS"
    told = f"{offer.place} answers {way} in {took} ms and offers {', '.join(offer.mechanisms) or 'no way to log in'}"
    if not offer.mechanisms:
        yield bad(what, told)
    elif not any(name.startswith("SCRAM-") for name in offer.mechanisms):
        yield note(what, told, "without SCRAM the server gets to see passwords, inside TLS")
    else:
        yield good(what, told)


def _help(kind: str) -> str:
    return {
        "dns": "is the domain spelled right? xmpp_routes says where a server is that DNS does not know",
        "tls": "the certificate must be for the domain; xmpp_ca adds your own CA",
        "refused": "is the server running, and the port open from here?",
    }.get(kind, "the holder's log says more")
