"""F18: the carrier's gateway fails, hangs, is slow, and reports twice."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import redis

from onesoup.demo.stack import Stack
from onesoup.load.friend import Friend
from onesoup.phone.bearers import Datagrams
from onesoup.phone.engine import Phone
from onesoup.ports import free_port
from onesoup.store.client import connect
from onesoup.store.lines import Lines
from tests.chaos.case import case
from tests.chaos.figures import Figure, just, least, most
from tests.support.gateways import HttpGateway, answer

PHONES = 12
GOOD = answer(200, '{"status":"accepted"}')
NUMBER = "+15550100{:03d}"


@case(
    18,
    "the carrier's gateway answers 500, then hangs, then is slow",
    "circuit opens after at most 5 failures; failures cost no budget; other bearers are used; afterwards SMS go again",
    alone=True,
)
def carrier_fails(directory: Path, tell: Callable[[str], None]) -> list[Figure]:
    with HttpGateway(otherwise=answer(500)) as hook, Datagrams() as datagrams:
        stack = Stack(directory, env=_env(hook))
        stack.prosody.add_account("bob", "bob-secret")
        for number in range(PHONES + 1):
            stack.prosody.add_account(f"sleeper{number}", "sleeper-secret", {"bob": "Bob"})
        with stack:
            return _story(stack, hook, datagrams, tell)


def _story(stack: Stack, hook: HttpGateway, datagrams: Datagrams, tell: Callable[[str], None]) -> list[Figure]:
    store = redis.Redis.from_url(stack.redis_url)
    lines = Lines(connect(stack.redis_url))
    with gevent.Timeout(20):
        while not lines.live() >= {"WAPSMS", "SUDP"}:
            gevent.sleep(0.05)
    sleepers = [_asleep(stack, number, ["WAPSMS"]) for number in range(PHONES)]
    other = _asleep(stack, PHONES, ["SUDP", "WAPSMS"], udp_port=datagrams.port)
    bob = Friend("bob", "bob@localhost", "bob-secret", ("127.0.0.1", stack.xmpp_port), stack.ca_file, _nothing, _nothing)
    bob.start()
    tell("-- the gateway answers 500")
    hook.asked.clear()
    for phone in sleepers:
        bob.send(phone.user.removeprefix("wv:"), "hello", None)
    bob.send(other.user.removeprefix("wv:"), "hello", None)
    began = time.monotonic()
    woken = datagrams.wait(15, other.cookie)
    by_datagram = time.monotonic() - began
    gevent.sleep(12.0)
    failing = len(hook.asked)
    spent = sum(store.zcard(key) for key in store.scan_iter("smst:*"))
    tell(f"-- {failing} requests while it failed; the gateway hangs")
    hook.otherwise = "hang"
    gevent.sleep(25.0)  # a probe meets a gateway that hangs
    hanging = len(hook.asked) - failing
    tell("-- the gateway is slow, and good")
    hook.otherwise = GOOD
    # Whoever's SMS hung may have it: it is not sent again.
    before = failing
    began = time.monotonic()
    while len({_number(each.body) for each in hook.asked[before:]}) < PHONES and time.monotonic() - began < 180:
        gevent.sleep(0.5)
    after = time.monotonic() - began
    told = [_number(each.body) for each in hook.asked[before:]]
    for phone in [*sleepers, other]:
        while phone.run_once():
            pass
    got = sum(bool(phone.inbox) for phone in [*sleepers, other])
    bob.close()
    return [
        most("requests to the gateway until it was left alone", failing, 5),
        most("messages counted against budgets meanwhile", spent, 0),
        most("requests while it hung", hanging, 2),
        least("the phone with another bearer was woken by it", woken, 1),
        just("by datagram after", by_datagram, "s"),
        least("phones that got their SMS, or may have, afterwards", len(set(told) - {NUMBER.format(PHONES)}), PHONES),
        just("the last of them after", after, "s"),
        most("phones that got more than one SMS", len(told) - len(set(told)), 0),
        most("messages lost", PHONES + 1 - got, 0),
    ]


def _env(hook: HttpGateway) -> dict[str, str]:
    return {
        "ONESOUP_TRUSTED_PROXIES": "127.0.0.1",
        "ONESOUP_NUMBER_HEADERS": "X-MSISDN",
        "ONESOUP_SMS_GATEWAY": "json",
        "ONESOUP_SMS_URL": hook.url("/cir"),
        "ONESOUP_SMS_PASSWORD": "signing-secret",
        "ONESOUP_SMS_PREFIXES": "+1555",
        "ONESOUP_CIR_PORT": str(free_port()),
        "ONESOUP_UDP_NETS": "127.0.0.0/8",
        "ONESOUP_UDP_PORT": str(free_port()),
        "ONESOUP_WAP_PORT": str(free_port()),
    }


def _asleep(stack: Stack, number: int, methods: list[str], **more: int) -> Phone:
    """Everything fetched, and silent from now on."""
    headers = {"X-MSISDN": NUMBER.format(number)}
    user = f"wv:sleeper{number}@localhost"
    phone = Phone(stack.url, user, "sleeper-secret", client_id=f"s{number}", cir=methods, headers=headers, **more)  # type: ignore[arg-type]
    phone.start()
    assert set(phone.agreed.supported_cir_method) == set(methods), phone.agreed  # type: ignore[union-attr]
    gevent.sleep(0.3)
    while phone.run_once():
        pass
    return phone


def _number(body: bytes) -> str:
    return str(json.loads(body)["msisdn"])


def _nothing(*_: object) -> None:
    """Bob reads nothing."""
