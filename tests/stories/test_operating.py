"""The operators' commands on a running stack: who is logged in, what a phone does, what is wrong; and never a secret."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from onesoup.phone.errors import Refused
from onesoup.phone.stcp import PhoneStcpLine
from tests.support.peer import WITHIN
from tests.support.secrets import secret_text
from tests.support.world import World

ONESOUP = str(Path(sys.prefix, "bin", "onesoup"))


def command(world: World, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        [ONESOUP, *words], env=world.stack.env, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def seconds(at: object) -> float:
    return datetime.fromisoformat(str(at)).timestamp()


def test_who_is_logged_in_is_shown_and_can_be_put_out(world: World) -> None:
    (alice,) = world.cast("alice")
    old = world.phone(alice, client_id="old", version="1.1", cir=()).start()
    new = world.phone(alice, client_id="new", version="1.2", cir=["STCP"]).start()
    assert new.stcp is not None
    with PhoneStcpLine(*new.stcp, new.session_id or "", new.cookie):
        rows = objects(command(world, "sessions", "--user", alice.user, "--json"))
    assert {(row["csp"], tuple(row["wakes"]), row["line"]) for row in rows} == {("1.1", (), False), ("1.2", ("STCP",), True)}  # type: ignore[arg-type]
    assert {row["user"] for row in rows} == {alice.jid}
    assert all(row["holder"] != "none" for row in rows)
    shown = command(world, "sessions", "--user", alice.user)
    assert "2 sessions" in shown
    for phone in (old, new):
        assert (phone.session_id or "") not in shown
    one = next(str(row["id"]) for row in rows if row["csp"] == "1.1")
    assert "ended 1 session" in command(world, "kick", one)
    with pytest.raises(Refused, match="601"):
        old.keep_alive()
    new.keep_alive()
    assert "ended 1 session" in command(world, "kick", alice.jid)
    mine = [each for each in objects(command(world, "audit", "--json")) if each["whom"] == alice.jid]
    assert [each["what"] for each in mine] == ["kick", "kick"]
    assert one in str(mine[1]["more"])
    assert all("@" in str(each["by"]) and abs(time.time() - seconds(each["at"])) < 600 for each in mine)
    with pytest.raises(Refused, match="601"):
        new.keep_alive()
    assert "not logged in" in command(world, "kick", alice.jid, status=1)
    assert command(world, "sessions", "--user", alice.user).strip() == "0 sessions"
    for phone in (old, new):
        phone.session_id = None


class Trace:
    """A trace that runs while the story goes on."""

    def __init__(self, world: World, directory: Path, words: Sequence[str]) -> None:
        self.file = directory / "trace"
        with self.file.open("wb") as output:
            self._child = subprocess.Popen(
                [ONESOUP, "trace", *words, "--json"],
                env=world.stack.env | {"PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=output,
            )
        self.until(lambda: "following" in self.file.read_text())

    def events(self) -> list[dict[str, object]]:
        return objects("\n".join(line for line in self.file.read_text().splitlines() if line.startswith("{")))

    def until(self, wanted) -> None:  # type: ignore[no-untyped-def]
        end = time.monotonic() + WITHIN
        while not wanted():
            assert time.monotonic() < end, self.file.read_text()
            assert self._child.poll() is None, self.file.read_text()
            time.sleep(0.05)

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait(WITHIN)


def test_what_a_phone_does_can_be_followed_and_no_word_of_it_is_heard(world: World, tmp_path: Path) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, version="1.2", cir=["STCP"]).start()
    assert phone.stcp is not None
    with PhoneStcpLine(*phone.stcp, phone.session_id or "", phone.cookie) as line, Trace(world, tmp_path, [alice.jid]) as trace:
        texts = []

        def seen() -> bool:
            """On a busy machine a process may hear late that somebody follows: then it is said again."""
            texts.extend((secret_text(), secret_text()))
            there.send(alice.jid, texts[-2])
            line.wait(1.0)
            phone.hears(texts[-2])
            phone.send(bob.wv, texts[-1])
            there.message(body=texts[-1])
            found = {(each["role"], each["what"]) for each in trace.events()}
            return {("web", "request"), ("holder", "stanza-in"), ("holder", "command"), ("cir", "wake")} <= found

        trace.until(seen)
        world.phone(alice, client_id="another", cir=()).login()
        trace.until(lambda: any("Login-Request" in str(each.get("asks")) for each in trace.events()))
        trace.until(lambda: any("SendMessage-Request" in str(each.get("asks")) for each in trace.events()))

        def followed_at_once() -> bool:
            """The first request of a session that has just begun. A process that hears late of the operator gets the next one."""
            fresh = world.phone(alice, client_id="fresh", cir=())
            fresh.login()
            fresh.keep_alive()
            return any("KeepAlive-Request" in str(each.get("asks")) for each in trace.events())

        trace.until(followed_at_once)
        said = trace.file.read_text()
        for secret in (*texts, alice.password, phone.session_id or "?", phone.cookie or "?"):
            assert secret not in said


def test_the_doctor_finds_a_sound_service_and_says_what_it_looked_at(world: World) -> None:
    found = objects(command(world, "doctor", "--json", "--domain", world.stack.domain))
    good = {str(each["what"]) for each in found if each["grade"] == "ok"}
    assert {"key ring", "redis", "holders", "CIR", f"XMPP {world.stack.domain}"} <= good
    assert {each.partition("-")[0] for each in good} >= {"web", "holder", "cir"}
    assert "SCRAM" in next(str(each["says"]) for each in found if each["what"] == f"XMPP {world.stack.domain}")
    assert "ok    key ring: " in command(world, "doctor", "--domain", world.stack.domain)


def test_the_doctor_says_what_is_wrong_and_what_to_do(world: World, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_bytes(world.stack.keys_file.read_bytes())
    keys.chmod(0o644)
    broken = {
        "ONESOUP_KEYS_FILE": str(keys),
        "ONESOUP_XMPP_CA": "",
        "ONESOUP_XMPP_ROUTES": f"{world.stack.domain}=127.0.0.1:{world.stack.xmpp_port}",
    }
    done = subprocess.run(
        [ONESOUP, "doctor", "--json", "--domain", world.stack.domain, "--domain", "nowhere.invalid"],
        env=world.stack.env | broken,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    bad = {str(each["what"]): each for each in objects(done.stdout) if each["grade"] == "FAIL"}
    assert bad["key ring"]["do"] == "chmod 600"
    assert "certificate" in str(bad[f"XMPP {world.stack.domain}"]["says"])
    assert "dns" in str(bad["XMPP nowhere.invalid"]["says"])
