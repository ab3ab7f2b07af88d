"""The log tells what happened, and none of the secrets that passed through."""

import base64
import itertools
import json
from collections.abc import Callable

import pytest

from onesoup.demo.stack import ROLES, Stack
from onesoup.observability.user_digest import user_digest
from onesoup.phone.errors import Refused
from onesoup.store.account.keyring import KeyRing
from tests.support import secrets
from tests.support.peer import Peers
from tests.support.world import Person, World


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


def refused_login(world: World, person: Person) -> str:
    """The id of a request with a wrong password, which the XMPP server has refused. On a slow machine it may not come to that at
    once."""
    for number in range(10):
        id = f"wrong-{number}-0123456789abcdef"
        try:
            world.phone(person, password=f"not-hers-{number}", headers={"X-Request-ID": id}, way="plain").login()
        except Refused as refused:
            if refused.code not in (503, 504):
                return id
    pytest.fail("no password was refused")


def test_with_digests_no_role_names_a_user_and_one_request_id_is_in_all_of_them(
    fresh_stack: Callable[..., Stack], stack: Stack, peers: Peers
) -> None:
    env = {"ONESOUP_LOG_USERS": "digest", "ONESOUP_TRUSTED_PROXIES": "127.0.0.1"}
    world = World(fresh_stack(prosody=stack.prosody, env=env), peers)
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, headers={"X-Request-ID": "good-0123456789abcdef"}, way="plain").start()
    phone.send(bob.wv, "Good night.")
    wrong = refused_login(world, alice)
    world.close()
    world.stack.down()
    lines = {role: [json.loads(line) for line in world.stack.logs(role).splitlines()] for role in ROLES}
    for person, role in itertools.product((alice, bob), ROLES):
        assert person.user not in world.stack.logs(role)
    logins = [line for line in lines["web"] if line["event"] == "login"]
    assert {line["request"] for line in logins if line["result"] == 200} == {"good-0123456789abcdef"}
    (refused,) = [line for line in logins if line["request"] == wrong]
    (failed,) = [line for line in lines["holder"] if line["event"] == "xmpp-login-failed" and line["request"] == wrong]
    assert refused["user"] == failed["user"] == user_digest(KeyRing.load(world.stack.keys_file), alice.jid)
    assert refused["reason"] == "the XMPP server refused user or password (auth/not-authorized)"
