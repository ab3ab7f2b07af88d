"""Ten incidents of docs/incidents.md, each provoked: `onesoup doctor` alone names the cause and the next step. The table there
names these tests."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from gevent.server import StreamServer

from onesoup.commands.certificate_findings import certificate_advice, https_findings
from onesoup.demo.servers import RedisServer
from onesoup.phone.errors import Refused
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing
from tests.chaos.case import Skipped
from tests.chaos.machines import Clock
from tests.support.gateways import Kannel
from tests.support.peer import WITHIN
from tests.support.secrets import secret_text
from tests.support.untrusted import EXPIRED
from tests.support.world import Person, World
from tests.xmpp.stream.stub import self_signed

ONESOUP = str(Path(sys.prefix, "bin", "onesoup"))
Found = list[dict[str, str]]


def doctor(env: Mapping[str, str], *domains: str, before: tuple[str, ...] = ()) -> Found:
    """What an operator is told, with these settings; XMPP servers of these domains only."""
    words = [*before, ONESOUP, "doctor", "--json", *(f"--domain={each}" for each in domains or ("nowhere.invalid",))]
    done = subprocess.run(words, env={**os.environ, **env}, capture_output=True, text=True, timeout=120, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert found, done.stderr
    return found


def named(found: Found, what: str, says: str, do: str, grade: str = "FAIL") -> bool:
    """Whether the cause and the next step are there."""
    return any(
        each["grade"] == grade and each["what"].startswith(what) and says in each["says"] and do in each["do"] for each in found
    )


def until(look: Callable[[], Found], *wanted: str, grade: str = "FAIL") -> None:
    """Leases run out, and processes tell what they saw, within seconds."""
    end = time.monotonic() + WITHIN
    while not named(found := look(), *wanted, grade=grade):
        assert time.monotonic() < end, found


def test_1_a_holder_is_dead(breakable: World) -> None:
    """At once, while its leases still run; and when they are over. A gateway that is dead is missed as well."""
    stack = breakable.stack
    stack.kill("holder")
    until(lambda: doctor(stack.env), "holders", "", "systemctl restart onesoup-holder@1")
    stack.kill("web")
    until(lambda: doctor(stack.env), "gateways", "none is running", "systemctl restart onesoup-web")
    until(lambda: doctor(stack.env), "holders", "none is running: nobody can log in", "systemctl restart onesoup-holder@1")


def test_2_redis_is_read_only(breakable: World) -> None:
    client = redis.Redis.from_url(breakable.stack.redis.url)
    client.execute_command("REPLICAOF", "127.0.0.1", str(free_port()))
    try:
        found = doctor(breakable.stack.env)
    finally:
        client.execute_command("REPLICAOF", "NO", "ONE")
        client.close()
    assert named(found, "redis", "refuses: READONLY", "set ONESOUP_REDIS_URL to the master"), found


def test_3_the_keys_are_others_than_those_of_the_stored_passwords(world: World, tmp_path: Path) -> None:
    world.cast("alice")
    KeyRing.create(tmp_path / "keys")
    found = doctor(world.stack.env | {"ONESOUP_KEYS_FILE": str(tmp_path / "keys")})
    assert named(found, "key ring", "cannot be opened with", "restore the old file from the backup"), found
    assert named(found, "key ring", "is not known to", "give them the newest file"), found


def test_4_a_domain_is_locked(breakable: World) -> None:
    """By a second gateway, which lets the server see one wrong password and no more."""
    (alice,) = breakable.cast("alice", linked=False)
    stack, port = breakable.stack, str(free_port())
    strict = {"ONESOUP_REFUSALS_AT_SERVER": "1"}
    stack.start("web", "web-2", env=stack.env | strict | {"ONESOUP_HTTP_PORT": port, "ONESOUP_ADMIN_PORT": str(free_port())})
    with pytest.raises(Refused):
        breakable.phone(alice, url=f"http://127.0.0.1:{port}/", password=secret_text("wrong")).login()
    found = doctor(stack.env | strict)
    said = [each for each in found if each["what"].startswith("log-ins")]
    assert named(said, f"log-ins at {stack.domain}", "closed: 1 of 1", f"onesoup guard clear {stack.domain}"), said


def test_5_the_xmpp_server_is_away(breakable: World) -> None:
    stack = breakable.stack
    stack.prosody.process.kill()
    found = doctor(stack.env, stack.domain)
    assert named(found, f"XMPP {stack.domain}", "refused", "is the server running"), found


def test_6_a_phone_speaks_the_wrong_encoding(world: World) -> None:
    """XML of CSP under the type of WBXML would be read; this is neither."""
    phone = world.phone(Person("S", "s", "s", world.stack.domain))
    phone.raw(b"\x03\x11\x6a\x00\x45", "application/vnd.wv.csp.wbxml")
    until(lambda: doctor(world.stack.env), "requests", "could not be read", "the log has the byte and the address", grade="note")


def test_7_kannel_is_dead(world: World, tmp_path: Path) -> None:
    if not Kannel.here():
        pytest.skip("Kannel is not installed")
    with Kannel(tmp_path) as kannel:
        env = world.stack.env | {
            "ONESOUP_SMS_GATEWAY": "kannel-sendsms",
            "ONESOUP_SMS_URL": kannel.sendsms,
            "ONESOUP_SMS_USER": "onesoup",
            "ONESOUP_SMS_PASSWORD": secret_text(),
            "ONESOUP_SMS_PREFIXES": "+1555",
            "ONESOUP_SMS_FROM": "100",
        }
        found = doctor(env)
        assert named(found, "SMS gateway", "takes connections", "", grade="ok"), found
    found = doctor(env)
    assert named(found, "SMS gateway", "no SMS go out", "systemctl restart kannel"), found


def test_8_the_clock_is_off(world: World) -> None:
    """Of the host where doctor runs, by a minute; of Redis it is not."""
    try:
        clock = Clock()
    except Skipped as reason:
        pytest.skip(str(reason))
    clock.move(60.0)
    # On a busy machine half a second may pass between the looks at the two clocks: then it says 61.
    until(lambda: doctor(world.stack.env | clock.env()), "redis", "60 s apart: log-ins fail", "timedatectl")
    clock.close()


def test_8_a_clock_before_the_certificate_is_said() -> None:
    assert "the clock of this host" in certificate_advice("certificate is not yet valid", "example.org")


def _takes_writes(client: redis.Redis) -> bool:
    try:
        return bool(client.set("x", "x" * 1000))
    except redis.ResponseError as error:
        return "MISCONF" not in str(error)


@contextmanager
def full_redis(directory: Path) -> Iterator[RedisServer]:
    """Its file cannot grow any more, as on a full disk."""
    server = RedisServer(directory)
    server.process.argv[:0] = ["prlimit", "--fsize=20000", "env", "--ignore-signal=XFSZ"]
    with server:
        client, end = redis.Redis.from_url(server.url), time.monotonic() + WITHIN
        while _takes_writes(client):
            assert time.monotonic() < end
        client.close()
        yield server


def test_9_the_disk_of_redis_is_full(tmp_path: Path) -> None:
    with full_redis(tmp_path) as server:
        found = doctor({"ONESOUP_REDIS_URL": server.url, "ONESOUP_DATA": str(tmp_path / "data")})
    assert named(found, "redis", "refuses: MISCONF", "is the disk full?"), found


def test_9_the_disk_of_onesoup_is_full(world: World, tmp_path: Path) -> None:
    """A small disk of this command's own."""
    mount = f"mount -t tmpfs -o size=4m tmpfs {tmp_path}"
    apart = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)), "sh", "-c")
    if shutil.which("unshare") is None or subprocess.run([*apart, mount], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    found = doctor(world.stack.env | {"ONESOUP_DATA": str(tmp_path)}, before=(*apart, f'{mount} && exec "$0" "$@"'))
    assert named(found, f"disk of {tmp_path}", "full:", "make room"), found


def test_10_the_certificate_of_an_xmpp_server_has_expired(world: World) -> None:
    found = doctor(world.stack.env, EXPIRED)
    assert named(found, f"XMPP {EXPIRED}", "certificate has expired", "renew it on the XMPP server"), found


@pytest.mark.parametrize(
    ("days", "grade", "says"), [(-1, "FAIL", "has expired"), (3, "note", "expires"), (90, "ok", "is good until")]
)
def test_10_the_certificate_of_https_has_expired(days: int, grade: str, says: str, tmp_path: Path) -> None:
    """By the name for phones, where browsers type passwords."""
    _, context = self_signed(tmp_path, "localhost", days=days)
    server = StreamServer(("127.0.0.1", 0), lambda sock, _: sock.close(), ssl_context=context)
    server.start()
    try:
        (found,) = https_findings("localhost", server.server_port)
    finally:
        server.stop()
    assert (found.grade, found.what) == (grade, "HTTPS localhost")
    assert says in found.says
    assert ("certbot" in found.do) == (grade != "ok")


def test_https_is_a_choice() -> None:
    assert list(https_findings("localhost", free_port())) == []
    assert list(https_findings("")) == []
