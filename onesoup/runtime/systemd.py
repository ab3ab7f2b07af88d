"""Tells systemd how a process fares, where it wants to know (Type=notify, WatchdogSec=): ready, stopping, alive.

Without NOTIFY_SOCKET nothing happens. A hub that does not come round any more sends no sign of life, and systemd starts the
process anew."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

import gevent


def ready(environ: Mapping[str, str] = os.environ) -> gevent.Greenlet | None:
    """The process does its work from now on. Signs of life follow by themselves; their greenlet, or None when none are wanted."""
    tell("READY=1", environ)
    seconds = watchdog(environ)
    return gevent.spawn(_live, seconds, environ) if seconds else None


def stopping(environ: Mapping[str, str] = os.environ) -> None:
    """The process hands its work over. Signs of life go on."""
    tell("STOPPING=1", environ)


def tell(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """One datagram; a systemd that cannot be reached stops nobody's work."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # of the abstract namespace
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.sendall(state.encode())


def watchdog(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds between signs of life: half of what systemd waits; 0 when it waits for none, or for those of another process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    micro = environ.get("WATCHDOG_USEC", "")
    return int(micro) / 2_000_000 if micro.isascii() and micro.isdigit() else 0.0


def _live(seconds: float, environ: Mapping[str, str]) -> None:
    while True:
        tell("WATCHDOG=1", environ)
        gevent.sleep(seconds)
