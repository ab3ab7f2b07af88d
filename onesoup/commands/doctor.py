"""`onesoup doctor`: checks everything that a working service needs, from the host where it runs, and says what to do."""

# First of all, as in a holder, whose XMPP stream is used here.
from gevent import monkey

monkey.patch_all()

import http.client  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterable, Iterator  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

import click  # noqa: E402
import redis  # noqa: E402

from onesoup.commands import (  # noqa: E402
    certificate_findings,
    holder_findings,
    host_findings,
    key_findings,
    number_check,
    order_findings,
    phone_findings,
    redis_check,
)
from onesoup.commands.common import json_option, open_store  # noqa: E402
from onesoup.commands.findings import (  # noqa: E402
    FAIL_GRADE,
    Finding,
    fail_finding,
    findings_or_error,
    note_finding,
    ok_finding,
    print_findings,
)
from onesoup.observability import admin_server  # noqa: E402
from onesoup.operators.processes import is_here, running_processes  # noqa: E402
from onesoup.settings import Settings  # noqa: E402
from onesoup.store.errors import StoreDown  # noqa: E402
from onesoup.store.processes import SeenProcess  # noqa: E402

if TYPE_CHECKING:
    from onesoup.xmpp.stream import StreamFailure

XMPP_CHECK_SECONDS = 10.0
# A process says every quarter of a minute that it lives.
SILENT_SECONDS = 25.0
# How a role is started.
START = {
    "web": "start onesoup web; where systemd runs it: systemctl restart onesoup-web.socket onesoup-web",
    "cir": "start onesoup cir; where systemd runs it: systemctl restart onesoup-cir.socket onesoup-cir",
}


@click.command()
@json_option
@click.option("--domain", "domains", multiple=True, help="XMPP domain to try instead of those of the settings. May be repeated.")
@click.option(
    "--through",
    "ways",
    multiple=True,
    help="URL that phones use: test whether a made-up phone number is believed there. May be repeated.",
)
def doctor(lines: bool, domains: tuple[str, ...], ways: tuple[str, ...]) -> None:
    """Check Redis, keys, holders, CIR processes, what runs on this host and on others, and XMPP servers. Changes nothing.

    Exit status 1 when something is wrong.
    """
    with open_store() as (settings, client):
        print_findings(_all(settings, client, domains, ways), lines)


def _all(settings: Settings, client: redis.Redis, domains: tuple[str, ...], ways: tuple[str, ...]) -> Iterator[Finding]:
    running = _running(client)
    yield from findings_or_error("this machine", host_findings.machine_findings)
    yield from findings_or_error("disk", lambda: host_findings.disk_findings(settings, client))
    yield from findings_or_error("key ring", lambda: key_findings.ring_findings(settings, running))
    yield from redis_check.redis_findings(settings, client)
    if not redis_check.redis_away(client):
        yield from findings_or_error("key ring", lambda: key_findings.sealed_findings(settings, client))
        yield from findings_or_error("gateways", lambda: _gateways(running))
        yield from findings_or_error("holders", lambda: holder_findings.holder_findings(client, running))
        yield from findings_or_error("CIR", lambda: _cir(settings, client))
        yield from findings_or_error("sessions", lambda: holder_findings.session_findings(client))
        yield from findings_or_error("log-ins", lambda: _locks(settings, client))
        yield from findings_or_error("requests", lambda: phone_findings.unreadable_findings(client))
        yield from findings_or_error("limits", lambda: order_findings.quota_findings(settings, client))
        yield from findings_or_error("blocks", lambda: order_findings.block_findings(client))
        yield from findings_or_error("drain", lambda: order_findings.drain_findings(client))
        yield from findings_or_error("numbers", lambda: number_check.number_findings(settings, client))
        for url in ways:
            yield from findings_or_error(
                f"numbers by {url}",
                lambda url=url: number_check.probe_findings(settings, client, url),  # type: ignore[misc]
            )
    yield from findings_or_error("processes", lambda: _processes(settings, running))
    here = _admin_places(settings, running)
    yield from findings_or_error("SMS gateway", lambda: _as_here(here, _sms_gateway(settings), "cir"))
    yield from findings_or_error("HTTPS", lambda: certificate_findings.https_findings(settings.public_host))
    for domain in domains or tuple(sorted(name for name in settings.allowed_domains if settings.allowed_domains.listed(name))):
        yield from findings_or_error(f"XMPP {domain}", lambda domain=domain: _as_here(here, _xmpp(settings, domain)))  # type: ignore[misc]


def _running(client: redis.Redis) -> list[SeenProcess]:
    """The processes of all hosts; none while Redis is away."""
    try:
        return running_processes(client)
    except (StoreDown, redis.RedisError):
        return []


def _gateways(running: list[SeenProcess]) -> Iterator[Finding]:
    if not any(each.record.role == "web" for each in running):
        yield fail_finding(
            "gateways",
            "none is running: no phone gets an answer",
            f"{START['web']}. One that has just started appears within seconds",
        )


def _cir(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    from onesoup.store.wakeup.cir_processes import CirProcesses

    lines = CirProcesses(client)
    count, live = len(lines.processes()), lines.live()
    told = f"{count} process{'es' if count > 1 else ''}, {', '.join(sorted(live))}"
    if count and settings.sms_gateway and settings.sms_prefixes and not live & {"WAPSMS", "SSMS"}:
        yield fail_finding(
            "CIR", f"{told}: no SMS, although a gateway is set", "its log says why: sms-gateway-away, sms-not-submitted"
        )
    elif count:
        yield ok_finding("CIR", told)
    else:
        yield note_finding("CIR", "no process lives: phones only hear of news when they poll", START["cir"])


def _sms_gateway(settings: Settings) -> Iterator[Finding]:
    """Tries to reach it, as CIR processes do now and then."""
    from cir.http.gateway_place import gateway_place

    place = gateway_place(settings.sms_url) if settings.sms_url.startswith(("http:", "https:")) else None
    if place is None or not settings.sms_gateway:
        return
    if reason := place.unreachable():
        kannel = ": systemctl restart kannel, then its logs" if settings.sms_gateway.startswith("kannel") else ""
        yield fail_finding(
            "SMS gateway", f"{place.shown} {reason}: no SMS go out", f"is it running, and the port open from here{kannel}"
        )
    else:
        yield ok_finding("SMS gateway", f"{place.shown} takes connections")


def _locks(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """How many wrong passwords the servers of the listed domains have seen, and whether they are asked no new ones."""
    from onesoup.handlers.login.throttle import login_policy, minutes
    from onesoup.store.account.guard_state import GuardState

    state = GuardState(client, login_policy(settings))
    for domain in sorted(filter(settings.allowed_domains.listed, settings.allowed_domains)):
        found, closed = state.domain(domain), sum(each.closed for each in state.addresses_at(domain))
        what, counted = f"log-ins at {domain}", f"{found.failures} of {found.limit} wrong passwords in an hour"
        if not found.limit:
            yield ok_finding(what, f"no limit of wrong passwords: {_why_no_limit(settings, domain)}")
        elif found.closed:
            yield fail_finding(
                what,
                f"closed: {counted}; for {minutes(found.wait)} only users whose password worked before get in, others get 503",
                f"onesoup guard clear {domain} lets them in; if the server is yours, xmpp_own={domain} ends this for good",
            )
        elif closed:
            yield note_finding(
                what,
                f"closed for {closed} address{'es' if closed > 1 else ''}; {counted}",
                "many phones may share one address of a carrier: onesoup guard show, guard clear ADDRESS",
            )
        else:
            yield ok_finding(what, counted)


def _why_no_limit(settings: Settings, domain: str) -> str:
    return "the server is your own (xmpp_own)" if domain in settings.xmpp_own else "refusals_at_server is 0"


def _processes(settings: Settings, running: list[SeenProcess]) -> Iterator[Finding]:
    """The processes of this host are asked whether they are ready; of others it is known that they live."""
    here = _admin_places(settings, running)
    elsewhere = [each for each in running if not is_here(each.record)]
    if not here and not elsewhere:
        yield note_finding("processes", "none is known on any host", "a process appears within seconds after its start")
    for name, (host, port) in sorted(here.items()):
        status, checks = _ready(host, port)
        failed = ", ".join(f"{check} {result}" for check, result in checks.items() if result != "ok")
        yield _process(f"{name}, admin port {port}", status, failed, draining="draining" in checks.values())
    for host in sorted({each.record.host for each in elsewhere}):
        yield _host(host, [each for each in elsewhere if each.record.host == host])
    versions = sorted({each.record.version for each in running})
    if len(versions) > 1:
        yield note_finding(
            "processes", f"are of versions {', '.join(versions)}", "two versions may run side by side during an upgrade"
        )


def _process(where: str, status: int, failed: str, draining: bool) -> Finding:
    if status == 200:
        return ok_finding(where, "is ready")
    if draining:
        return note_finding(where, "accepts nothing new: its host drains")
    return fail_finding(where, failed or "does not answer", "its log says more")


def _admin_places(settings: Settings, running: list[SeenProcess]) -> dict[str, tuple[str, int]]:
    """Name -> admin port of each process of this host, once for each of its roles; without Redis those that use the same data
    directory."""
    told = [each.record for each in running if is_here(each.record) and len(each.record.admin) == 2]
    found = {f"{process.role}-{process.unit}": (process.admin[0], int(process.admin[1])) for process in told}
    units = {str(process.unit) for process in told}
    for name, port in admin_server.running_admin_ports(settings.data).items():
        if name.rpartition("-")[2] not in units:
            found[name] = (settings.admin_bind, port)
    return found


def _host(host: str, running: list[SeenProcess]) -> Finding:
    """What is known from here of the processes of another host."""
    units = {(each.record.role, each.record.unit): each.ago for each in running}
    silent = max(units.values())
    said = f"{', '.join(f'{role} {unit}' for role, unit in sorted(units))}, heard {silent:.0f} s ago"
    if silent > SILENT_SECONDS:
        return note_finding(
            f"host {host}", said, "was one of them killed, or is the host cut off? onesoup doctor there says more"
        )
    return ok_finding(f"host {host}", said)


def _ready(host: str, port: int) -> tuple[int, dict[str, str]]:
    link = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=5)
    with suppress(OSError, http.client.HTTPException, ValueError):
        link.request("GET", "/readyz")
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())["checks"]
    return 0, {}


def _as_here(places: Iterable[str], findings: Iterator[Finding], role: str = "holder") -> Iterator[Finding]:
    """The findings, where a failure counts as a note on a host without a process of the role: only it needs to get there. A host
    where nothing of ours runs is judged as one with a holder, but without a CIR process: that alone reaches the carrier."""
    roles = {name.partition("-")[0] for name in places} or {"holder"}
    for each in findings:
        if each.grade == FAIL_GRADE and not roles & {role, "all"}:
            yield note_finding(each.what, f"{each.says}, as seen from here", f"no {role} runs here; ask where one does")
        else:
            yield each


def _xmpp(settings: Settings, domain: str) -> Iterator[Finding]:
    """Connects as a holder does, up to the log-in: addresses, TLS, SASL mechanisms."""
    import gevent

    from onesoup.xmpp.stream import Options, Resolver, StreamFailure, Tls, probe_server

    options = Options(tls=Tls(settings.xmpp_ca or None, settings.xmpp_insecure), resolver=Resolver(settings.xmpp_routes))
    what, began = f"XMPP {domain}", time.monotonic()
    try:
        with gevent.Timeout(XMPP_CHECK_SECONDS, StreamFailure("timeout")):
            offer = probe_server(domain, options)
    except StreamFailure as failure:
        yield fail_finding(what, str(failure), _help(failure, domain))
        return
    took = round((time.monotonic() - began) * 1000)
    way = "in clear text" if not offer.secure else "over TLS"
    told = f"{offer.place} answers {way} in {took} ms and offers {', '.join(offer.mechanisms) or 'no way to log in'}"
    if not offer.mechanisms:
        yield fail_finding(what, told)
    elif not any(name.startswith("SCRAM-") for name in offer.mechanisms):
        yield note_finding(what, told, "without SCRAM the server sees passwords, inside TLS")
    else:
        yield ok_finding(what, told)


def _help(failure: "StreamFailure", domain: str) -> str:
    if failure.condition == "certificate":
        return certificate_findings.certificate_advice(failure.text, domain)
    return {
        "dns": "is the domain spelled right? If DNS does not have the server, set xmpp_routes",
        "tls": "the server has no usable TLS: it needs 1.2 or newer, and a certificate",
        "timeout": "is the server overloaded, or does a firewall drop the packets?",
        "refused": "is the server running, and the port open from here?",
    }.get(failure.kind, "the holder's log says more")
