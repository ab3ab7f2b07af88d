"""What `onesoup doctor` finds of the key ring: whether all processes know the same keys, and whether these open what
is stored."""

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import redis

from onesoup.commands.findings import Finding, fail_finding, ok_finding
from onesoup.settings import Settings, open_secrets
from onesoup.store.processes import SeenProcess

if TYPE_CHECKING:
    from onesoup.store.account.keyring import KeyRing

# So many sessions, and links of accounts, are tried with the keys; links are looked for that long.
SEALED_TRIED = 50
LINKS_SECONDS = 2.0


def ring_findings(settings: Settings, running: list[SeenProcess]) -> Iterator[Finding]:
    """The key ring of this command, if it has one, and those of all processes: what one seals, all must be able to open."""
    from onesoup.store.account.keyring import KeyRing, KeyRingError

    for name, path in open_secrets(settings).items():
        what = "key ring" if name == "keys_file" else name
        yield fail_finding(what, f"everybody on this host can read {path}", "chmod 600")
    rings = {each.record.shown: each.record.keys for each in running if each.record.keys}
    if settings.keys_file:
        try:
            rings[settings.keys_file] = KeyRing.load(settings.keys_file).known()
        except KeyRingError as error:
            yield fail_finding("key ring", str(error), "every host needs the same file")
    elif not rings:
        yield fail_finding("key ring", "keys_file is not set", "docs/operation/keys.md shows how to make one")
    lacking = list(_lacking(rings))
    for key, names in lacking:
        yield fail_finding(
            "key ring",
            f"{key.partition(':')[0]}, with which others encrypt, is not known to {', '.join(names)}",
            "give them the newest file and restart them; docs/accounts.md, Keys and their rotation",
        )
    if rings and not lacking:
        where = f"{settings.keys_file} can be used" if settings.keys_file in rings else "this command has none"
        count = len({(each.record.host, each.record.unit) for each in running if each.record.keys})  # workers have their master's
        yield ok_finding("key ring", f"{where}; {_processes(count)} all keys in use")


def _processes(count: int) -> str:
    return f"{count} running process with a key ring knows" if count == 1 else f"{count} running processes with a key ring know"


def _lacking(rings: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, list[str]]]:
    """(key with which somebody seals, who does not know it)."""
    for key in sorted({known[0] for known in rings.values()}):
        names = sorted(name for name, known in rings.items() if key not in known)
        if names:
            yield key, names


def sealed_findings(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Processes may agree on keys that are not those of the stored passwords, as after a restore without the key file."""
    from onesoup.store.account.keyring import KeyRing, KeyRingError

    if not settings.keys_file:
        return
    try:
        opened = list(_opened(client, KeyRing.load(settings.keys_file)))
    except KeyRingError:
        return  # ring_findings has said it
    if lost := opened.count(False):
        yield fail_finding(
            "key ring",
            f"{lost} of {len(opened)} stored passwords that were tried cannot be opened with {settings.keys_file}",
            "the passwords were encrypted with other keys: restore the old file from the backup and restart all processes; "
            "docs/accounts.md, Keys and their rotation",
        )


def _opened(client: redis.Redis, ring: "KeyRing") -> Iterator[bool]:
    """Of some sessions and links: whether the ring opens them."""
    from onesoup.operators.living import all_sids
    from onesoup.store.account.accounts import Accounts
    from onesoup.store.session.gateway_side import GatewaySessionStore

    sessions, accounts, end = GatewaySessionStore(client), Accounts(client, ring), time.monotonic() + LINKS_SECONDS
    for sid in islice(all_sids(client), SEALED_TRIED):
        yield sessions.opens_credentials(sid, ring)
    for login in islice(accounts.logins(), SEALED_TRIED):
        yield accounts.opens(login)
        if time.monotonic() > end:
            return
