"""Phones without a line to us: woken by SMS, by datagram, or asking a URL; and a CIR process that is killed in between."""

import json
import time
from collections.abc import Iterator

import gevent
import pytest

from onesoup.demo.stack import Stack
from onesoup.phone.bearers import Datagrams, ask
from onesoup.phone.stcp import Line
from onesoup.ports import free_port
from onesoup.store.client import connect
from onesoup.store.lines import Lines
from tests.support.gateways import HttpGateway, answer
from tests.support.peer import Peers
from tests.support.secrets import secret_text
from tests.support.world import World

ALL = {"STCP", "SUDP", "WAPUDP", "WAPSMS", "SSMS", "SHTTP", "SMS"}


@pytest.fixture(scope="module")
def hook() -> Iterator[HttpGateway]:
    """A carrier's webhook."""
    with HttpGateway(otherwise=answer(200, '{"status":"accepted"}')) as running:
        yield running


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory, made_stack, hook: HttpGateway) -> Iterator[Stack]:  # type: ignore[no-untyped-def]
    """A stack behind a carrier: its phones' numbers come in a header, and its gateway is the webhook."""
    port = free_port()
    env = {
        "ONESOUP_TRUSTED_PROXIES": "127.0.0.1",
        "ONESOUP_SMS_GATEWAY": "json",
        "ONESOUP_SMS_URL": hook.url("/cir"),
        "ONESOUP_SMS_PASSWORD": "signing-secret",
        "ONESOUP_SMS_PREFIXES": "+1555",
        "ONESOUP_SMS_REPORT_URL": f"http://127.0.0.1:{port}",
        "ONESOUP_CIR_PORT": str(port),
        "ONESOUP_CIR_URL": f"http://127.0.0.1:{port}",
        "ONESOUP_UDP_NETS": "127.0.0.0/8",
        "ONESOUP_UDP_PORT": str(free_port()),
        "ONESOUP_WAP_PORT": str(free_port()),
    }
    with made_stack(tmp_path_factory.mktemp("carried"), env=env) as running:
        yield running


@pytest.fixture
def carrier(carried: Stack, peers: Peers, hook: HttpGateway) -> Iterator[World]:
    here = World(carried, peers)
    here.mend()
    client = connect(carried.redis_url)
    with gevent.Timeout(20):
        while not Lines(client).live() >= ALL:
            gevent.sleep(0.05)
    hook.asked.clear()
    yield here
    here.close()


def asleep(world: World, *methods: str, number: str = "", **more: object):  # type: ignore[no-untyped-def]
    """(phone, friend): agreed, everything fetched, and silent from now on."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    headers = {"X-MSISDN": number} if number else {}
    phone = world.phone(alice, cir=methods, headers=headers, **more).start()
    phone.sees(bob, online=True)
    while phone.run_once():
        pass
    return phone, there


def test_a_phone_outside_of_every_network_is_reached_by_sms(carrier: World, hook: HttpGateway) -> None:
    phone, there = asleep(carrier, "WAPSMS", number="+15550100101")
    assert list(phone.agreed.supported_cir_method) == ["WAPSMS"]
    text = secret_text()
    there.send(phone.user, text)
    there.send(phone.user, last := secret_text())
    document = json.loads(hook.until(1, 30)[0].body)
    assert document["msisdn"] == "+15550100101"
    assert document["text"].endswith(phone.cookie)
    assert text not in str(document)
    phone.hears(last)
    assert phone.said() == [text, last]
    gevent.sleep(1)
    assert len(hook.asked) == 1, "one message for all of it"


def test_a_killed_cir_process_sends_nothing_twice_and_loses_nothing(carrier: World, hook: HttpGateway) -> None:
    """Killed while the gateway thinks. Its successor leaves the message alone; the phone with a line comes back."""
    phone, there = asleep(carrier, "WAPSMS", number="+15550100102")
    lined, friend = asleep(carrier, "STCP")
    line = Line(*lined.stcp, lined.session_id or "", lined.cookie).open()
    hook.script = ["hang"]
    there.send(phone.user, text := secret_text())
    hook.until(1, 30)
    carrier.stack.kill("cir")
    friend.send(lined.user, other := secret_text())
    lined.hears(other)  # a poll delivers, whatever has become of the line
    carrier.stack.start("cir")
    line.close()
    with Line(*lined.stcp, lined.session_id or "", lined.cookie) as again:
        again.wait(3.5)
        friend.send(lined.user, last := secret_text())
        assert again.wait(10)
    lined.hears(last)
    gevent.sleep(3)
    assert len(hook.asked) == 1
    phone.hears(text)


def test_a_phone_that_listens_for_datagrams_is_woken_within_a_second_or_two(carrier: World) -> None:
    with Datagrams() as port:
        phone, there = asleep(carrier, "SUDP", udp_port=port.port)
        assert list(phone.agreed.supported_cir_method) == ["SUDP"]
        began = time.monotonic()
        there.send(phone.user, text := secret_text())
        assert port.wait(10, phone.cookie)
        assert time.monotonic() - began < 5
        phone.hears(text)
        assert not port.wait(1, phone.cookie), "it has come"


def test_a_phone_asks_its_url_and_polls_when_told(carrier: World) -> None:
    phone, there = asleep(carrier, "SHTTP")
    url = phone.agreed.cirurl.url
    assert not ask(url)
    there.send(phone.user, text := secret_text())
    with gevent.Timeout(10):
        while not ask(url):
            gevent.sleep(0.05)
    phone.hears(text)
    assert not ask(url)
    phone.logout()
    assert ask(url), "the phone polls and learns that its session is over"
