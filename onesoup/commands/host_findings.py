"""What `onesoup doctor` finds of the machine: its load, its clock, and room on the disks that this service writes to."""

import ctypes
import os
import pyexpat
from collections.abc import Iterator
from pathlib import Path

import redis

from onesoup.commands.findings import Finding, fail_finding, note_finding
from onesoup.settings import Settings
from onesoup.store.redis import urls

OLD_EXPAT = (2, 6, 0)
# A disk with less is full: neither an append-only file nor counters grow any more.
FULL_DISK_BYTES = 32 << 20
# A disk with less than both soon will be.
LITTLE_ROOM_BYTES, LITTLE_ROOM_SHARE = 1 << 30, 0.1
# Where systemd puts the directories of our units.
UNIT_DIRECTORIES = Path("/var/lib/private")
LOOPBACK_NAMES = ("127.0.0.1", "::1", "localhost")
# What adjtimex(2) returns while no time service keeps the clock, and more bytes than its structure has anywhere.
CLOCK_NOT_KEPT, TIMEX_BYTES = 5, 512


def machine_findings() -> Iterator[Finding]:
    version = tuple(int(part) for part in pyexpat.EXPAT_VERSION.removeprefix("expat_").split("."))
    if version < OLD_EXPAT:
        yield note_finding(
            "expat", f"{'.'.join(map(str, version))} is slow on large tokens", "2.6 is faster; bodies are limited in any case"
        )
    load = os.getloadavg()[0]
    if load > 2 * (os.cpu_count() or 1):
        yield note_finding("this machine", f"load {load:.1f} on {os.cpu_count()} cores", "answers will be slow")
    if clock_state() == CLOCK_NOT_KEPT:
        yield note_finding(
            "clock", "no time service sets the clock of this host", "timedatectl shows it; apt-get install systemd-timesyncd"
        )


def clock_state() -> int:
    """What the kernel says of its clock; -1 where this may not be asked."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))  # all zero: it changes nothing
    except (OSError, AttributeError):
        return -1


def disk_findings(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Each disk once: those of onesoup's own directories, and that of Redis where it runs here."""
    disks: dict[int, Path] = {}
    for place in (*_redis_directory(settings, client), Path(settings.data), *_of_units()):
        there = _existing(place.absolute())
        disks.setdefault(there.stat().st_dev, there)
    for place in disks.values():
        yield from _disk(place)


def _of_units() -> list[Path]:
    """Root alone sees them."""
    try:
        return sorted(UNIT_DIRECTORIES.glob("onesoup-*"))
    except OSError:
        return []


def _redis_directory(settings: Settings, client: redis.Redis) -> list[Path]:
    """None where it is on another host, or cannot be known."""
    where = urls.parse(settings.redis_url)
    if not {host for host, _ in where.hosts} <= set(LOOPBACK_NAMES) or where.kind == urls.CLUSTER:
        return []
    try:
        found = Path(str(client.config_get("dir")["dir"]))
    except (redis.RedisError, KeyError):
        return []
    return [found] if found.is_dir() else []  # of a container: its path means nothing here


def _existing(place: Path) -> Path:
    """The place, or what of it is there."""
    return next(each for each in (place, *place.parents) if each.exists())


def _disk(place: Path) -> Iterator[Finding]:
    disk = os.statvfs(place)
    free, whole = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    what, said = f"disk of {place}", f"{free >> 20} of {whole >> 20} MiB are free"
    if whole and free < FULL_DISK_BYTES:
        yield fail_finding(
            what, f"full: {said}", f"make room: df -h {place}; du -xh {place} / | sort -h | tail; journalctl --vacuum-size=200M"
        )
    elif disk.f_files and not disk.f_favail:
        yield fail_finding(what, "full: no more files can be made", f"df -i {place}; delete what nobody needs")
    elif free < min(LITTLE_ROOM_BYTES, LITTLE_ROOM_SHARE * whole):
        yield note_finding(what, said, "make room before Redis cannot write its file: it then refuses all writes (MISCONF)")
