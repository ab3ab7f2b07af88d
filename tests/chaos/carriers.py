"""F5 and F18: the CIR process is killed; the carrier's gateway fails, hangs, is slow, and reports twice."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import redis

from onesoup.demo.stack import Stack
from onesoup.load.friend import Friend
from onesoup.phone.bearers import UdpListener
from onesoup.phone.engine import Phone
from onesoup.runtime.ports import free_port
from onesoup.store.redis.client import connect
from onesoup.store.wakeup.cir_processes import CirProcesses
from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, least, most
from tests.support.gateways import HttpGateway, answer

PHONES, SLEEPERS = 12, 24
# What is written down as sent and not yet sent when a process dies is not sent again: half a second for each, five a second.
IN_HAND = 3
GOOD = answer(200, '{"status":"accepted"}')
NUMBER = "+15550100{:03d}"


# The gateway of F5.
_gateways: list["SlowGateway"] = []


class SlowGateway(HttpGateway):
    """Takes half a second for each message, so that a kill meets some on their way."""

    def _serve(self, sock: socket.socket, address: Any) -> None:
        gevent.sleep(0.5)
        super()._serve(sock, address)


def _with_sleepers(stack: Stack) -> None:
    hook = SlowGateway(otherwise=GOOD)
    hook.__enter__()
    _gateways.append(hook)
    stack.env |= _env(hook)
    stack.prosody.add_account("bob", "bob-secret")
    for number in range(SLEEPERS):
        stack.prosody.add_account(f"sleeper{number}", "sleeper-secret", {"bob": "Bob"})


@case(
    5,
    "kill -9 of the CIR process, while it wakes phones by SMS too",
    "phones open their STCP lines again; polls still deliver; wake-ups resume within 5 s of its restart; no SMS is sent twice",
    lines=1.0,
    prepare=_with_sleepers,
)
def cir_killed(field: Field) -> list[Figure]:
    hook = _gateways.pop()
    lined = [user for user in field.run.users if user.lined]
    sleepers = [_asleep(field.stack, number, ["WAPSMS"]) for number in range(SLEEPERS)]
    bob = _bob(field.stack)
    field.mark(f"{SLEEPERS} messages to phones that sleep")
    for phone in sleepers:
        bob.send(phone.user.removeprefix("wv:"), "hello", None)
    field.until(lambda: len(hook.asked) >= SLEEPERS // 4, 30.0, step=0.01)
    field.mark("kill -9 of CIR")
    field.stack.kill("cir")
    before_kill = len(hook.asked)
    field.work(5.0)
    during = field.run.series.total("failed")
    before = {user.name: user.lines_opened for user in lined}
    field.mark("CIR starts")
    field.stack.start("cir")
    asked = len(hook.asked)
    again = field.until(lambda: len(hook.asked) > asked, 60.0)
    back = field.until(lambda: all(user.lines_opened > before[user.name] for user in lined), 30.0)
    field.until(lambda: len({_number(each.body) for each in hook.asked}) >= SLEEPERS, 60.0)
    all_told = field.run.series.marks[-1][0]
    all_told = time.monotonic() - field.run.series.began - all_told
    field.work(40.0)  # longer than the lease of a step, and than a try
    told = [_number(each.body) for each in hook.asked]
    for phone in sleepers:
        while phone.run_once():
            pass
    bob.close()
    return [
        most("time from its start until all lines are back", back, 5.0, "s"),
        most("requests that failed while it was down", during, 0),
        just("lines", len(lined)),
        just("SMS before the kill", before_kill),
        most("time from its start to the next SMS", again, 5.0, "s"),
        just("time until every phone had its SMS", all_told, "s"),
        least("phones that got an SMS", len(set(told)), SLEEPERS - IN_HAND),
        most("phones that got more than one SMS", len(told) - len(set(told)), 0),
        most("messages to them that were lost", sum(not phone.inbox for phone in sleepers), 0),
    ]


@case(
    18,
    "the carrier's gateway answers 500, then hangs, then is slow",
    "the circuit opens after at most 5 failures; failures cost no budget; other bearers are used; afterwards SMS are sent again",
    alone=True,
)
def carrier_fails(directory: Path, tell: Callable[[str], None]) -> list[Figure]:
    with HttpGateway(otherwise=answer(500)) as hook, UdpListener() as datagrams:
        stack = Stack(directory, env=_env(hook))
        stack.prosody.add_account("bob", "bob-secret")
        for number in range(PHONES + 1):
            stack.prosody.add_account(f"sleeper{number}", "sleeper-secret", {"bob": "Bob"})
        with stack:
            return _story(stack, hook, datagrams, tell)


def _story(stack: Stack, hook: HttpGateway, datagrams: UdpListener, tell: Callable[[str], None]) -> list[Figure]:
    store = redis.Redis.from_url(stack.redis_url)
    lines = CirProcesses(connect(stack.redis_url))
    with gevent.Timeout(60):
        while not lines.live() >= {"WAPSMS", "SUDP"}:
            gevent.sleep(0.05)
    sleepers = [_asleep(stack, number, ["WAPSMS"]) for number in range(PHONES)]
    other = _asleep(stack, PHONES, ["SUDP", "WAPSMS"], udp_port=datagrams.port)
    bob = _bob(stack)
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
        most("requests to the gateway until the circuit opened", failing, 5),
        most("messages counted against budgets in that time", spent, 0),
        most("requests while it hung", hanging, 2),
        least("the phone with another bearer was woken by it", woken, 1),
        just("time until its datagram", by_datagram, "s"),
        least("phones that got their SMS, or may have, afterwards", len(set(told) - {NUMBER.format(PHONES)}), PHONES),
        just("time until the last of them", after, "s"),
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


def _bob(stack: Stack) -> Friend:
    """Somebody who writes and reads nothing."""
    bob = Friend("bob", "bob@localhost", "bob-secret", ("127.0.0.1", stack.xmpp_port), stack.ca_file, _nothing, _nothing)
    bob.start()
    return bob


def _number(body: bytes) -> str:
    return str(json.loads(body)["msisdn"])


def _nothing(*_: object) -> None:
    """Bob reads nothing."""
