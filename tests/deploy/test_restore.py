"""What docs/install.md says of a backup that is put back: RDB under its own name is ignored while the append-only file is on."""

import shutil
import subprocess

import pytest
import redis

from onesoup.demo.servers import RedisServer


def test_a_dump_is_read_as_appendonly_aof_and_ignored_as_dump_rdb(tmp_path):
    cli = shutil.which("redis-cli")
    if cli is None:
        pytest.skip("needs redis-cli")
    backup = tmp_path / "redis.rdb"
    # At once, not after the five seconds in which further replicas may come.
    with RedisServer(tmp_path / "one", options=("--repl-diskless-sync-delay", "0")) as one:
        with redis.Redis.from_url(one.url) as client:
            client.set("message", "waits")
        subprocess.run([cli, "-p", str(one.port), "--rdb", str(backup)], check=True, capture_output=True, timeout=60)
    for name, wanted in (("dump.rdb", None), ("appendonly.aof", b"waits")):
        place = tmp_path / name.replace(".", "-")
        place.mkdir(mode=0o700)
        shutil.copy(backup, place / name)
        with RedisServer(place) as other, redis.Redis.from_url(other.url) as client:
            assert client.get("message") == wanted
            client.set("later", "1")
        with RedisServer(place) as again, redis.Redis.from_url(again.url) as client:
            assert (client.get("message"), client.get("later")) == (wanted, b"1")
