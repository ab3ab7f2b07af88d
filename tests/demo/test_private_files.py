"""What a demo or a test stack writes is its owner's alone: passwords of accounts, keys, Redis's files, logs."""

import os
import stat
from pathlib import Path

import pytest
import redis

from onesoup.demo import running
from onesoup.demo.process import Process
from onesoup.demo.stack import Stack
from onesoup.store.account.keyring import KeyRing
from tests.support.keys import add_key


@pytest.fixture
def open_umask():
    """As careless as a user can be."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(directory: Path) -> list[str]:
    """What anybody but the owner can read, write or enter."""
    found = []
    for path in [directory, *directory.rglob("*")]:
        if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077:
            found.append(f"{path.relative_to(directory)} {stat.S_IMODE(path.lstat().st_mode):o}")
    return found


def test_a_stack_keeps_its_files_to_itself(tmp_path, open_umask):
    environ = {"ONESOUP_DATA": str(tmp_path / "run"), "ONESOUP_SMS_PASSWORD": "secret"}
    lock = running.lock(environ)
    stack = Stack(tmp_path / "run", env={"ONESOUP_SMS_PASSWORD": "secret"})
    try:
        stack.start_servers()
        running.write_settings(stack.dir, stack.env)
        client = redis.Redis.from_url(stack.redis_url)
        client.save()
        client.bgrewriteaof()
        client.close()
        Process("role", ["true"], os.environ, stack.dir / "logs" / "role.log").start()
    finally:
        stack.down()
        lock.close()
    assert "secret" in (tmp_path / "run" / "onesoup.toml").read_text()
    assert any(path.name.startswith("alice") for path in (tmp_path / "run").rglob("*.dat"))
    assert open_to_others(tmp_path / "run") == []


def test_what_an_earlier_version_left_open_is_closed(tmp_path, open_umask):
    """The directories that hold secrets; the one that the user has named stays as it is: it may be anything."""
    run = tmp_path / "run"
    (run / "redis").mkdir(parents=True)
    (run / "logs").mkdir()
    (run / "redis" / "dump.rdb").write_text("old")
    (run / "onesoup.toml").write_text("old")
    running.lock({"ONESOUP_DATA": str(run)}).close()
    stack = Stack(run)
    running.write_settings(stack.dir, stack.env)
    assert stat.S_IMODE(run.stat().st_mode) == 0o777
    assert {
        name for name in ("redis", "prosody", "logs", "onesoup.toml") if stat.S_IMODE((run / name).stat().st_mode) & 0o077
    } == set()


@pytest.mark.parametrize(("before", "after"), [(0o600, 0o600), (0o640, 0o640), (0o644, 0o640), (0o666, 0o660)])
def test_a_new_key_is_never_for_everybody(tmp_path, open_umask, before, after):
    ring = tmp_path / "keys"
    KeyRing.create(ring)
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600
    ring.chmod(before)
    add_key(ring)
    assert stat.S_IMODE(ring.stat().st_mode) == after
