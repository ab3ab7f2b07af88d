"""The log tells what happened, and none of the secrets that passed through."""

import base64
import json

from tests.support import secrets
from tests.support.world import World


def test_a_log_in_is_one_line_that_names_its_outcome(world: World) -> None:
    (alice,) = world.cast("alice")
    before = world.stack.logs("web").count("\n")
    world.phone(alice).login()
    lines = [json.loads(line) for line in world.stack.logs("web").splitlines()[before:] if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == "login"]
    assert (line["result"], line["csp"], line["role"]) == (200, "1.2", "web")


def test_a_secret_is_found_in_whatever_form_a_log_has_it() -> None:
    """The look through every log at the end of the run is worth something."""
    text = secrets.secret_text()
    octets = text.encode()
    for line in (text, f"body={text!r}", json.dumps({"text": text}), base64.b64encode(octets).decode(), octets.hex()):
        assert secrets.found_in(f"info {line} ms=4") == [text]
    secrets.keep_password("anna", "pa\u00df")
    assert secrets.found_in(base64.b64encode("\0anna\0pa\u00df".encode()).decode()) == ["pa\u00df"]
    assert not secrets.found_in("all quiet")
