"""A whole onesoup with accounts for a measurement, and phones for them."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from gevent.pool import Pool

from bench.parts import REPOSITORY
from bench.stamps import STAMPS_VARIABLE, Stamps
from onesoup.demo.process import Process
from onesoup.demo.servers import Prosody
from onesoup.demo.stack import ROLES, Stack
from onesoup.phone.engine import Phone
from onesoup.runtime.ports import free_port

T = TypeVar("T")
BENCH_PASSWORD = "bench-secret"


class World(Stack):
    """One gateway worker; polls are held for as long as `poll_hold` says. Prosody keeps hashed passwords, as servers do,
    so that its salts stay, and its own key derivation is not paid at each log-in."""

    def __init__(
        self, directory: Path, poll_hold: float = 0.0, more: Mapping[str, str] | None = None, stamps: Stamps | None = None
    ) -> None:
        env = {"ONESOUP_WEB_WORKERS": "1", "ONESOUP_POLL_HOLD": str(poll_hold), "PYTHONPATH": str(REPOSITORY), **(more or {})}
        prosody = Prosody(directory / "prosody", options='authentication = "internal_hashed"')
        super().__init__(directory, env=env, prosody=prosody)
        if stamps is not None:
            self._stamp(stamps)
            return
        # The holder with a signal that clears its garbage away; otherwise as it is.
        argv = [sys.executable, "-m", "bench.holder", "holder"]
        self.processes["holder"] = Process("holder", argv, self.env, self.dir / "logs" / "holder.log")

    def _stamp(self, stamps: Stamps) -> None:
        """All roles say when a message passes which place."""
        for role in ROLES:
            own = {STAMPS_VARIABLE: str(stamps.path), "ONESOUP_ADMIN_PORT": str(free_port())}
            argv = [sys.executable, "-m", "bench.stamps", role]
            self.processes[role] = Process(role, argv, self.env | own, self.dir / "logs" / f"{role}.log")

    def up(self) -> "World":
        super().start_servers()
        self.prosody.start()
        for role in ("web", "holder", "cir"):
            self.launch(role)
        self.wait()
        return self

    def down(self) -> None:
        super().down()
        self.prosody.stop()

    def all(self) -> list[Process]:
        return [self.prosody.process, *super().all()]

    def collect_garbage(self) -> None:
        """Asks the holder to collect its garbage now (bench/holder.py). Returns at once."""
        os.kill(self.processes["holder"].pid, signal.SIGUSR1)

    def accounts(self, prefix: str, count: int, contacts: Iterable[str] = ()) -> list[str]:
        """Users prefix0, prefix1 ... with these contacts in their rosters."""
        users = [f"{prefix}{number}" for number in range(count)]
        roster = {contact: contact.title() for contact in contacts}
        for user in users:
            self.prosody.add_account(user, BENCH_PASSWORD, roster)
        return users

    def phone(self, user: str, **options: object) -> Phone:
        return Phone(self.url, f"wv:{user}@{self.domain}", BENCH_PASSWORD, **options)  # type: ignore[arg-type]


def at_once(count: int, work: Callable[[T], object], items: Sequence[T]) -> None:
    """Runs `work` on all items, so many at the same time. The first error counts."""
    pool = Pool(count)
    for _ in pool.imap_unordered(work, items):
        pass
