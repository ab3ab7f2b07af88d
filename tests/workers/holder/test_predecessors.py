"""A holder that starts gives free what holders that were killed on its host have left."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onesoup.store.redis.client import connect
from onesoup.store.session.shards import Leases, Shards
from workers.holder.predecessors import HolderFile

# Longer than a test takes: no lease runs out in here.
LONG_MS = 600_000
HOLDER = """
import sys, time
from workers.holder.predecessors import HolderFile
file = HolderFile(*sys.argv[1:])
file.write()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """holder(name) starts a process that keeps the file of a holder."""
    started = []

    def start(name: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", HOLDER, str(tmp_path), name]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for each in started:
        each.kill()
        each.wait()
        if each.stdout:
            each.stdout.close()


def test_a_killed_holder_is_told_once_and_a_living_or_paused_one_never(holder, tmp_path) -> None:
    killed, paused, _living = holder("killed"), holder("paused"), holder("living")
    os.kill(paused.pid, signal.SIGSTOP)
    killed.kill()
    killed.wait()
    own = HolderFile(tmp_path, "own")
    own.write()
    assert own.take_dead() == ["killed"]
    assert own.take_dead() == []


def test_a_holder_that_stops_cleanly_leaves_nothing(tmp_path) -> None:
    first = HolderFile(tmp_path, "first")
    first.write()
    first.remove()
    assert HolderFile(tmp_path, "second").take_dead() == []


def test_a_directory_that_cannot_be_written_stops_nobody(tmp_path) -> None:
    (tmp_path / "holders").write_text("a file in the way")
    file = HolderFile(tmp_path, "name")
    file.write()
    assert file.take_dead() == []
    file.remove()


def test_the_shards_of_a_dead_holder_are_free_at_once_and_those_of_others_are_not(redis_server) -> None:
    client = connect(redis_server.url)
    client.flushall()
    dead, other = Leases(client, "dead", LONG_MS), Leases(client, "other", LONG_MS)
    for each in (dead, other):
        each.alive()
    lost, kept = dead.acquire_all([1, 2, 3]), other.acquire_all([4, 5])
    assert other.release_all_of("dead") == 3
    owners = Shards(client).holders([1, 2, 3, 4, 5])
    assert owners == ["", "", "", "other", "other"]
    assert other.renew_all(kept) == kept
    assert other.alive()[0] == 1
    # Were it alive after all, it would notice, and its effects bear an old number.
    assert dead.renew_all(lost) == []
    taken = other.acquire_all([1])
    assert taken[0].fence > lost[0].fence
    client.close()
