"""Whatever breaks behind the gateway, a phone gets an answer before its deadline, and afterwards nothing is lost."""

import time
from collections.abc import Callable

from onesoup.csp.codec.generated_elements import GetListRequest, LoginRequest, LoginResponse, Status
from onesoup.phone.errors import Refused, SessionOver
from tests.support.secrets import secret_text
from tests.support.timing import at_best
from tests.support.world import Person, World

# The deadline is 8 s where none is set, and an answer comes within 10; this stack has 5.
WITHIN = 10.0


def answered(ask: Callable[[], object]) -> int:
    """The code of an answer that comes in time and does not end the session; 200 when it was good."""
    codes = []

    def attempt() -> None:
        began = time.monotonic()
        try:
            ask()
        except SessionOver:
            raise
        except Refused as refused:
            codes.append(refused.code)
        else:
            codes.append(200)
        assert time.monotonic() - began < WITHIN

    at_best(attempt, times=3)
    return codes[-1]


def test_the_xmpp_server_is_away_and_comes_back(breakable: World) -> None:
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)

    world.stack.prosody.stop()
    there.wait("disconnected")
    assert answered(world.phone(bob).login) in (503, 504, 506)
    assert answered(phone.get_lists) == 200
    assert answered(phone.poll) == 200
    assert answered(lambda: phone.get_presence([bob.wv])) == 200
    waiting: list[str] = []

    def send() -> None:
        waiting.append(secret_text(f"{len(waiting)} "))
        phone.send(bob.wv, waiting[-1])

    for _ in range(3):
        assert answered(send) == 200

    world.stack.prosody.start()
    there = world.online(bob)
    there.message(within=90, body=waiting[-1])
    assert there.bodies() == waiting
    there.send(alice.jid, text := secret_text("back "))
    phone.hears(text)
    assert world.phone(bob, client_id="another").login().session_id


def test_redis_is_away_and_comes_back(breakable: World) -> None:
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.sees(bob, online=True)
    phone.send(bob.wv, first := secret_text("before "))
    there.message(body=first)
    time.sleep(1.1)  # Redis writes its file every second; what is younger may be lost with it

    world.stack.redis.kill()
    assert answered(phone.poll) == 503
    assert answered(phone.get_lists) == 503
    assert answered(lambda: phone.send(bob.wv, secret_text())) == 503
    assert answered(world.phone(bob).login) == 503
    there.send(alice.jid, meanwhile := secret_text("meanwhile "))

    world.stack.redis.start()
    phone.until_good(phone.keep_alive)
    phone.send(bob.wv, after := secret_text("after "))
    there.message(within=90, body=after)
    assert there.bodies()[0] == first
    phone.hears(meanwhile, within=90)
    assert world.phone(bob, client_id="another").login().session_id


def test_a_refused_log_in_is_a_login_response_and_any_other_refusal_a_status(breakable: World) -> None:
    world = breakable
    world.stack.redis.kill()
    phone = world.phone(Person("A", "a", secret_text(), world.stack.domain))
    login = phone.request(LoginRequest(user_id=phone.user, password=phone.password), outband=True)
    assert isinstance(login, LoginResponse)
    assert login.result is not None
    assert login.result.code == 503
    phone.session_id = "00" + "x" * 26
    answer = phone.request(GetListRequest())
    assert isinstance(answer, Status)
