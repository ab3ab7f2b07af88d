"""F1-F4: processes are killed, restarted, paused."""

import os
import random
import signal
from contextlib import suppress

import gevent

from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, least, most

LEASE = 10.0


@case(
    1,
    "kill -9 of one gateway worker, 10 times",
    "only requests in flight fail; a retry gets the same answer; nothing is lost or sent twice",
)
def workers_killed(field: Field) -> list[Figure]:
    began = field.run.series.total("broken")
    for number in range(10):
        gevent.sleep(random.uniform(2.5, 4.5))
        pids = field.workers()
        field.mark(f"kill -9 of a worker, {number + 1}")
        with suppress(ProcessLookupError):
            os.kill(random.choice(pids), signal.SIGKILL)
    gevent.sleep(3.0)
    broken = field.run.series.total("broken") - began
    failed = field.run.series.total("failed")
    return [
        most("connections broken in use, for each kill", broken / 10, len(field.run.users)),
        just("requests that failed after three repeats", failed),
    ]


@case(2, "SIGHUP: rolling restart of all gateway workers, three times", "0 failed requests; held polls are answered early")
def gateways_reloaded(field: Field) -> list[Figure]:
    before = field.run.series.total("broken")
    changed = 0
    for _ in range(3):
        old = set(field.workers())
        field.mark("SIGHUP")
        os.kill(field.stack.processes["web"].pid, signal.SIGHUP)
        field.until(lambda old=old: not old & set(field.workers()), 20.0)  # type: ignore[misc]
        changed += not old & set(field.workers())
        field.work(8.0)  # the new ones have to load the program before they answer
    broken = field.run.series.total("broken") - before
    return [
        least("restarts in which every worker was replaced", changed, 3),
        most("requests that failed for good", field.run.series.total("failed"), 0),
        most("connections broken in use", broken, 0),
    ]


@case(
    3,
    "kill -9 of a holder with 500 sessions",
    "the shards are taken over within lease (10 s) + 5 s; all streams are back within 20 s; each outbox item is sent once",
    phones=500,
    interval=10.0,
)
def holder_killed(field: Field) -> list[Figure]:
    phones = len(field.run.users)
    field.stack.start("holder", "holder-2")
    seen = field.went()
    died = field.mark("kill -9 of the holder")
    field.stack.kill("holder")
    shards = field.until(lambda: field.owners() == {_owner(field)}, LEASE + 30.0)
    streams = shards + field.until(lambda: field.open_streams("holder-2") >= phones, 60.0, step=0.5)
    field.mark("all streams are back")
    field.work(5.0)
    return [
        most("shards taken", shards, LEASE + 5.0, "s"),
        most("all streams back", streams, 20.0, "s"),
        least("streams", field.open_streams("holder-2"), phones),
        most("contacts that saw a phone go offline", field.went() - seen, 0),
        just("slowest answer after the kill", field.slowest(died), "s"),
    ]


def _owner(field: Field) -> bytes:
    """The one holder that owns shards, b"" while there is none or several."""
    owners = field.owners()
    return next(iter(owners)) if len(owners) == 1 else b""


@case(
    4,
    "a holder is paused for 30 s (SIGSTOP), then goes on",
    "it has lost its leases, writes nothing with its old fencing number, closes its streams, and sends no presence twice",
    holders=2,
)
def holder_paused(field: Field) -> list[Figure]:
    phones = len(field.run.users)
    before = field.open_streams("holder"), field.open_streams("holder-2")
    seen = field.went()
    field.mark("SIGSTOP of a holder")
    field.pause("holder")
    taken = field.until(lambda: field.open_streams("holder-2") >= phones, 30.0, step=0.5)
    field.work(max(30.0 - taken, 0.0))
    went = field.went() - seen
    field.mark("SIGCONT")
    field.resume("holder")
    # It may get shards again by and by; what it has then is no longer there.
    settled = field.until(lambda: 0 < field.open_streams("holder") + field.open_streams("holder-2") <= phones, 30.0, step=0.2)
    field.work(10.0)
    # Shards go back to it in small groups: while they do, some streams are on their way.
    field.until(lambda: field.open_streams("holder") + field.open_streams("holder-2") == phones, 60.0, step=0.5)
    return [
        just("streams of the two holders before", before[0]),
        most("the other holder has all streams", taken, 25.0, "s"),
        most("no stream held twice after SIGCONT", settled, 5.0, "s"),
        least("streams in the end", field.open_streams("holder") + field.open_streams("holder-2"), phones),
        most("contacts that saw a phone go offline, while paused", went, 0),
        most("contacts that saw a phone go offline, afterwards", field.went() - seen - went, 0),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]
