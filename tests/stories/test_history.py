"""An operator asks why somebody could not log in, and what became of the phone since: one command, in another process than those
that know."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from onesoup.phone.errors import Refused
from onesoup.phone.stcp import PhoneStcpLine
from tests.support.secrets import secret_text
from tests.support.world import World


def asked(world: World, *words: str) -> tuple[int, str]:
    command = [str(Path(sys.prefix, "bin", "onesoup")), "history", *words]
    done = subprocess.run(command, env=world.stack.env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def known(world: World, who: str, *kinds: str) -> dict[str, dict[str, Any]]:
    """The newest event of each kind, when there is one of each. On a machine that is busy a log-in may have been answered 504."""
    end = time.monotonic() + 60
    while True:
        _, output = asked(world, who, "--json")
        found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        if set(kinds) <= {each["kind"] for each in found}:
            return {each["kind"]: each for each in reversed(found) if each.get("code") != 504}
        assert time.monotonic() < end, f"of {kinds} there is {output}"
        time.sleep(1.0)


def test_why_a_phone_did_not_get_in_and_how_it_was_woken(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    with pytest.raises(Refused):
        world.phone(alice, password=secret_text("wrong")).start()
    phone = world.phone(alice, cir=["STCP"]).start()
    assert phone.stcp is not None
    there, text = world.online(bob), secret_text()
    with PhoneStcpLine(*phone.stcp, phone.session_id or "", phone.cookie) as line:
        there.send(phone.user, text)
        assert line.wait(60)
    phone.hears(text)
    phone.logout()
    found = known(world, alice.jid, "failure", "login", "wake", "end")
    assert found["failure"]["code"] == 409
    assert found["failure"]["says"] == "failed log-in: wrong user or password"
    assert found["login"]["session"] == found["wake"]["session"] == found["end"]["session"]
    assert (found["wake"]["bearer"], found["end"]["reason"]) == ("stcp", "logout")
    status, page = asked(world, alice.wv)
    first = " ".join(page.partition("\n\n")[0].split())
    assert status == 0
    assert "a log-in after that worked" in first
    assert text not in page
    assert alice.password not in page
    assert asked(world, alice.jid, "--forget")[0] == 0
