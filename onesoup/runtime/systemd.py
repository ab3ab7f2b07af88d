"""Notifies systemd (Type=notify, WatchdogSec=): ready, stopping, alive. Without NOTIFY_SOCKET nothing is sent.

A process whose greenlets no longer run sends no sign of life, and systemd restarts it."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

import gevent


def notify_ready(environ: Mapping[str, str] = os.environ) -> gevent.Greenlet | None:
    """Tells systemd that the process is ready. Returns the greenlet that sends signs of life, None when none are wanted."""
    notify_systemd("READY=1", environ)
    seconds = watchdog_seconds(environ)
    return gevent.spawn(_live, seconds, environ) if seconds else None


def notify_stopping(environ: Mapping[str, str] = os.environ) -> None:
    """Tells systemd that the process stops. Signs of life go on."""
    notify_systemd("STOPPING=1", environ)


def notify_systemd(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Sends one datagram. A systemd that cannot be reached is ignored."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a socket of the abstract namespace
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.sendall(state.encode())


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds between signs of life: half of WATCHDOG_USEC; 0 when systemd wants none from this process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    micro = environ.get("WATCHDOG_USEC", "")
    return int(micro) / 2_000_000 if micro.isascii() and micro.isdigit() else 0.0


def _live(seconds: float, environ: Mapping[str, str]) -> None:
    while True:
        notify_systemd("WATCHDOG=1", environ)
        gevent.sleep(seconds)
