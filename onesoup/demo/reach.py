"""Who can reach a demo, and under which address: pure but for one look at the routing table."""

import ipaddress
import socket
from contextlib import suppress
from dataclasses import dataclass

from onesoup.demo.servers import LOOPBACK, reachable
from onesoup.settings import Settings

EVERYWHERE = ("0.0.0.0", "::", "")


@dataclass(frozen=True, slots=True)
class PhoneHost:
    """The host that is typed into a phone. `guessed`: nobody has named it. `near`: it means something in one network only."""

    name: str
    guessed: bool
    near: bool


def is_open(settings: Settings) -> bool:
    """Whether anybody but the users of this machine may reach gateway and wake-up."""
    beyond = any(bind not in LOOPBACK for bind in (settings.bind, settings.stcp_bind))
    return beyond or bool(settings.public_host or settings.trusted_proxies)


def phone_host(settings: Settings) -> PhoneHost:
    """The public host, else the address that the gateway listens on; where that is every address, the one that leads out."""
    if settings.public_host:
        return PhoneHost(settings.public_host, False, False)
    guessed = settings.bind in EVERYWHERE or (settings.bind in LOOPBACK and is_open(settings))
    name = _outward_address() or reachable(settings.bind) if guessed else settings.bind
    return PhoneHost(name, guessed, _is_near(name))


def phone_url(settings: Settings) -> str:
    """What is typed into a phone."""
    host = phone_host(settings).name
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    has_port = host.rpartition(":")[2].isdigit()  # a public host may name the port of a proxy
    return f"http://{host}/" if has_port or settings.http_port == 80 else f"http://{host}:{settings.http_port}/"


def _outward_address() -> str:
    """This machine's address on the way to the Internet, "" when there is no way."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks the routing table
        return str(probe.getsockname()[0])
    return ""


def _is_near(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
