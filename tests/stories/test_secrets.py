"""What somebody finds who gets hold of Redis: its memory, its files, all that is said to it. No password, and message text only
where messages wait."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from onesoup.phone.errors import Refused
from onesoup.store.redis.client import connect
from tests.stories.test_logins import Browser
from tests.support.peer import WITHIN
from tests.support.secrets import keep_password, passwords_in, secret_text
from tests.support.world import World

# Inbox and outbox of a session, and what an account's last session left unanswered.
MAY_HOLD_TEXT = ("i:", "out:", "offline:")


class Monitor:
    """Everything that clients and scripts say to Redis, as Redis shows it."""

    def __init__(self, client: redis.Redis) -> None:
        self.lines: list[str] = []
        self._client, self._monitor = client, client.monitor()
        self._monitor.__enter__()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for each in self._monitor.listen():
            self.lines.append(each["command"])
            if "(last)" in each["command"]:
                return

    def stop(self) -> str:
        self._client.echo("(last)")
        self._reader.join(60)
        assert not self._reader.is_alive()
        return "\n".join(self.lines)


@pytest.fixture
def client(world: World) -> Iterator[redis.Redis]:
    client = connect(world.stack.redis_url)
    yield client
    client.close()


def test_redis_holds_no_password_and_text_only_where_messages_wait(world: World, client: redis.Redis) -> None:
    said = Monitor(redis.Redis.from_url(world.stack.redis_url))
    texts = live(world)
    spoken = said.stop()
    assert "EVALSHA" in spoken.upper()
    assert not passwords_in(spoken.encode())

    # While messages wait on both ways: which keys hold text?
    kept = dict(everything(client))
    assert not passwords_in(b"\n".join(key + b" " + value for key, value in kept.items()))
    for key, value in kept.items():
        held = [text for text in texts if text.encode() in value]
        assert not held or key.decode().startswith(MAY_HOLD_TEXT), key
    assert any(text.encode() in value for text in texts for value in kept.values()), "nothing waited: a test of nothing"

    # Every change since the start of the run, and a snapshot that is not compressed.
    client.config_set("rdbcompression", "no")
    client.save()
    files = [path for path in Path(world.stack.redis.dir).rglob("*") if path.suffix in (".rdb", ".aof")]
    assert {path.suffix for path in files} == {".rdb", ".aof"}
    for path in files:
        assert not passwords_in(path.read_bytes()), path
    any_text = re.compile("|".join(texts).encode())
    found: set[str] = set()
    end = time.monotonic() + WITHIN
    while not found >= set(MAY_HOLD_TEXT):  # the holder may still keep what was left behind, and Redis write its file
        assert time.monotonic() < end, found
        with_text = [command for command in written(files) if any_text.search(b"\n".join(command))]
        found = {command[1].decode().partition("{")[0] for command in with_text}
    assert found == set(MAY_HOLD_TEXT)


def with_settings(browser: Browser) -> None:
    """The page makes a phone password, and a link to settings with it."""
    browser.open("/account/password")
    made = re.search(r">([adgjmptw]{12})<", browser.send())
    assert made, browser.page
    keep_password("carol", made.group(1))
    browser.open("/account/settings")
    browser.send(with_password="yes")
    browser.path = "/account/settings/link"
    assert "/s/" in browser.send()


def live(world: World) -> list[str]:
    """Log-ins in each form, good and wrong, the page, and messages both ways that arrive, wait, and are left behind."""
    alice, bob, carol = world.cast("alice", "bob", "carol")
    there = world.online(bob)
    texts = [secret_text() for _ in range(6)]
    wrong = [secret_text("wrong") for _ in range(3)]
    for word in wrong:
        keep_password(alice.user, word)
    plain = world.phone(alice, client_id="plain", cir=["STCP"]).start()
    digest = world.phone(alice, client_id="digest", way="MD5", cir=["STCP"]).start()
    for word, way in zip(wrong, ("plain", "MD5", "PWD"), strict=True):
        with pytest.raises(Refused):
            world.phone(alice, client_id=way, password=word, way=way).login()
    keep_password(carol.user, chosen := secret_text("c"))
    browser = Browser(world.stack.url)
    assert "can log in now" in browser.choose(carol.jid, carol.password, chosen)
    with_settings(browser)

    plain.send(bob.wv, texts[0])
    there.message(body=texts[0])
    there.send(alice.jid, texts[1])
    plain.hears(texts[1])
    digest.hears(texts[1])
    leaving = world.phone(carol, client_id="leaving", cir=["STCP"]).start()
    there.send(carol.jid, texts[2])
    leaving.handed()
    leaving.logout()
    plain.logout()
    there.send(alice.jid, texts[3])
    digest.hears(texts[3])
    there.send(alice.jid, texts[4])
    digest.handed()
    digest.send(bob.wv, texts[5])
    there.message(body=texts[5])
    return texts


def everything(client: redis.Redis) -> Iterator[tuple[bytes, bytes]]:
    """Every key and all that is in it."""
    read = {
        b"string": lambda key: [client.get(key)],
        b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": lambda key: list(client.smembers(key)),
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        if kind in read:
            yield key, b"\n".join(part for part in read[kind](key) if part is not None)


def written(files: list[Path]) -> Iterator[list[bytes]]:
    """The commands in append-only files."""
    for path in files:
        if path.suffix == ".aof":
            octets, place = path.read_bytes(), 0
            while (head := re.compile(rb"\*(\d+)\r\n").match(octets, place)) is not None:
                place, command = head.end(), []
                for _ in range(int(head.group(1))):
                    size = re.compile(rb"\$(\d+)\r\n").match(octets, place)
                    assert size is not None
                    command.append(octets[size.end() : size.end() + int(size.group(1))])
                    place = size.end() + int(size.group(1)) + 2
                if len(command) > 1:
                    yield command
