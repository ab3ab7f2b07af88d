"""The run: one fault after the other. Each is over when every phone has been served since, and what was acknowledged is there."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onesoup.demo.process import Process
from onesoup.handlers.store_patience import FAILOVER_SECONDS
from tests.deploy.ledger import table
from tests.deploy.ledger.books import Books, Row
from tests.deploy.ledger.clients import PASSWORD, Crowd
from tests.deploy.ledger.site import NAMES, Site, site, until
from tests.support.version_before import VersionBefore, before_ref, unpack

NGINX_RESTART, REDIS_FAILOVER = "restart of nginx", "kill -9 of the Redis master"
# A failover that takes longer is answered with 503 in the end. On a machine that does much else Sentinels may be slow.
QUICK_FAILOVER_SECONDS = FAILOVER_SECONDS - 1.5
FIRST, SECOND = NAMES[::2], NAMES[1::2]


class Run:
    """Phones at work on a site that is broken again and again."""

    def __init__(self, here: Site, crowd: Crowd, books: Books, tell: Callable[[str], None]) -> None:
        self.site, self.crowd, self.books, self._tell = here, crowd, books, tell
        self.failover_seconds = 0.0

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """What happens inside is one fault."""
        phase = self.books.begin(name, time.monotonic())
        yield
        self.settle()
        self.books.end(time.monotonic())
        self._tell(f"{name}: {phase.ended - phase.began:.1f} s, {dict(phase.failures) or 'no failure'}")

    def settle(self) -> None:
        moment = time.monotonic()
        self.crowd.write_now()
        until(lambda: self.crowd.served_since(moment), f"all phones are served; missing {self.books.missing(moment)[:5]}")

    def finish(self) -> None:
        """Nobody writes any more; what is on its way arrives, and so does what comes twice."""
        self.books.begin("the end", time.monotonic())
        self.crowd.write(False)
        self.settle()
        self.books.end(time.monotonic())


class Versions:
    """Which process is of which version. Without a version before, all are of this one."""

    def __init__(self, before: VersionBefore | None) -> None:
        self.before = before
        self._undo: dict[str, Callable[[], None]] = {}

    def before_for(self, process: Process) -> None:
        if self.before and process.name not in self._undo:
            self._undo[process.name] = self.before.apply(process)

    def this_for(self, process: Process) -> None:
        if undo := self._undo.pop(process.name, None):
            undo()

    def named(self, what: str) -> str:
        return f"rolling {what}" if self.before else f"rolling restart (no version before for the {what})"


def roll(here: Site, names: Sequence[str], change: Callable[[Process], None]) -> None:
    """These processes are restarted one after the other, each after `change`."""
    for name in names:
        here.stack.stop(name)
        change(here.process(name))
        here.start(name)


def break_everything(run: Run, both: bool) -> None:
    """Each fault on one of the two, or on `both`, one after the other."""
    here, numbers = run.site, (1, 2) if both else (1,)
    faults: tuple[tuple[str, str, Callable[[str], None]], ...] = (
        ("kill -9 of a gateway's worker", "web", here.kill_worker),
        ("reload of a gateway", "web", here.reload),
        ("kill -9 of a gateway's master", "web", here.kill),
        ("kill -9 of a CIR process", "cir", here.kill),
        ("kill -9 of a holder", "holder", here.kill),
    )
    for fault, role, work in faults:
        for number in numbers:
            with run.fault(fault + (f", {number} of 2" if both else "")):
                work(f"{role}-{number}")
    with run.fault(REDIS_FAILOVER):
        run.failover_seconds = here.fail_over()
    with run.fault("reload of nginx"):
        here.edge.reload()
    with run.fault(NGINX_RESTART):
        here.edge.restart()


@dataclass(frozen=True)
class Outcome:
    """The books after everything. `before` is the ref of the version before, "" when there is none here."""

    rows: Sequence[Row]
    before: str
    failover_seconds: float

    def failed(self) -> dict[str, dict[str, int]]:
        """What phones met, by fault, where they should have met nothing."""
        excused = {NGINX_RESTART} | ({REDIS_FAILOVER} if self.failover_seconds > QUICK_FAILOVER_SECONDS else set())
        return {row.fault: row.failures for row in self.rows if row.failures and row.fault not in excused}

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows)

    def __str__(self) -> str:
        about = f"version before: {self.before[:10] or 'none here'}; failover of Redis by itself: {self.failover_seconds:.1f} s"
        return f"{table.text(self.rows)}\n\n{about}"


def ledger(directory: Path, tell: Callable[[str], None], *, phones: int = 20, gap: float = 4.0, whole: bool = False) -> Outcome:
    """Runs everything.

    At the start the first of each role is of the version before, and the second of this one. The first are upgraded, everything
    is broken, and the second go back to the version before. `whole`: all are upgraded, both of each role are broken, all go
    back."""
    ref, books = before_ref(), Books()
    versions = Versions(unpack(ref, directory / "before") if ref else None)
    crowd = Crowd(books, phones, gap)
    old, back = (NAMES, NAMES) if whole else (FIRST, SECOND)

    def prepare(process: Process) -> None:
        if process.name in old:
            versions.before_for(process)

    with site(directory, crowd.rosters(), PASSWORD, prepare) as here:
        run = Run(here, crowd, books, tell)
        books.begin("log-in of all phones", time.monotonic())
        try:
            crowd.start(f"http://127.0.0.1:{here.edge.web}/", ("127.0.0.1", here.stack.xmpp_port), here.stack.ca_file)
            with run.fault(versions.named("upgrade")):
                roll(here, old, versions.this_for)
            break_everything(run, both=whole)
            with run.fault(versions.named("rollback")):
                roll(here, back, versions.before_for)
            run.finish()
        finally:
            crowd.stop()
        assert not books.strays, books.strays
        assert not any(user.sessions_lost for user in crowd.users)
    return Outcome(books.rows(), ref or "", run.failover_seconds)
