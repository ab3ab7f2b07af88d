"""Phones without a line to us: woken by SMS, by datagram, or asking a URL, one that has nothing but SMS; and a CIR process that
is killed in between."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator

import gevent
import pytest

from cir.http import gateway_profiles
from cir.sms import encoding
from onesoup.demo.stack import Stack
from onesoup.phone.bearers import UdpListener, ask
from onesoup.phone.profiles import S40_PROFILE
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.provisioning import push, wbxml
from onesoup.provisioning.documents import settings_of
from onesoup.provisioning.signature import Security, sign
from onesoup.runtime.ports import free_port
from onesoup.store.redis.client import connect
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.wire import sms as pts
from tests.stories.test_logins import Browser
from tests.support.gateways import HttpGateway, answer
from tests.support.peer import Peers
from tests.support.secrets import keep_password, keep_secret, secret_text
from tests.support.world import World

HOOK_KEY = "hook-secret"
ALL = {"STCP", "SUDP", "WAPUDP", "WAPSMS", "SSMS", "SHTTP", "SMS", "SETTINGS"}


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
        "ONESOUP_SMS_HOOK_KEY": HOOK_KEY,
        "ONESOUP_SMS_DATA": "true",
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
    with gevent.Timeout(60):
        while not CirProcesses(client).live() >= ALL:
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
    document = json.loads(hook.until(1)[0].body)
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
    line = PhoneStcpLine(*lined.stcp, lined.session_id or "", lined.cookie).open()
    hook.script = ["hang"]
    there.send(phone.user, text := secret_text())
    hook.until(1)
    carrier.stack.kill("cir")
    friend.send(lined.user, other := secret_text())
    lined.hears(other)  # a poll delivers, whatever has become of the line
    carrier.stack.start("cir")
    line.close()
    with PhoneStcpLine(*lined.stcp, lined.session_id or "", lined.cookie) as again:
        again.wait(3.5)
        friend.send(lined.user, last := secret_text())
        assert again.wait(60)
    lined.hears(last)
    gevent.sleep(3)
    assert len(hook.asked) == 1
    phone.hears(text)


def test_a_phone_that_listens_for_datagrams_is_woken_within_a_second_or_two(carrier: World) -> None:
    with UdpListener() as port:
        phone, there = asleep(carrier, "SUDP", udp_port=port.port)
        assert list(phone.agreed.supported_cir_method) == ["SUDP"]
        began = time.monotonic()
        there.send(phone.user, text := secret_text())
        assert port.wait(60, phone.cookie)
        assert time.monotonic() - began < 20
        phone.hears(text)
        assert not port.wait(1, phone.cookie), "it has come"


def test_a_phone_asks_its_url_and_polls_when_told(carrier: World) -> None:
    phone, there = asleep(carrier, "SHTTP")
    url = phone.agreed.cirurl.url
    assert not ask(url)
    there.send(phone.user, text := secret_text())
    with gevent.Timeout(60):
        while not ask(url):
            gevent.sleep(0.05)
    phone.hears(text)
    assert not ask(url)
    phone.logout()
    assert ask(url), "the phone polls and learns that its session is over"


class ShortMessages:
    """A phone that has nothing but SMS, behind the carrier's webhook."""

    def __init__(self, world: World, hook: HttpGateway, number: str) -> None:
        self._url, self._hook, self._number, self._seen = f"{world.stack.env['ONESOUP_CIR_URL']}/hook/sms", hook, number, 0

    def says(self, text: str) -> "ShortMessages":
        for part in pts.split(text.encode()):
            document = {"id": f"{time.monotonic_ns()}", "msisdn": self._number, "udh": encoding.port_header(3590, 0).hex()}
            body = json.dumps(document | {"payload": part.hex()}).encode()
            signature = gateway_profiles.sign_body(HOOK_KEY, int(time.time()), body)
            headers = {"Content-Type": "application/json", "X-Onesoup-Signature": signature}
            with urllib.request.urlopen(urllib.request.Request(self._url, body, headers), timeout=60) as taken:
                assert taken.status == 200
        return self

    def gets(self, kind: str) -> dict[str, str]:
        """The next message to it, which is of this kind."""
        found: dict[str, str] = json.loads(self._hook.until(self._seen + 1)[self._seen].body)
        self._seen += 1
        assert (found["kind"], found["msisdn"]) == (kind, self._number)
        return found

    def hears(self) -> str:
        """The next answer, whole."""
        parts: list[bytes] = []
        while not parts or not pts.complete(parts):
            parts.append(bytes.fromhex(self.gets("data")["payload"]))
        return pts.join(parts).decode()


def test_a_phone_that_has_nothing_but_sms(carrier: World, hook: HttpGateway) -> None:
    alice, bob = carrier.cast("alice", "bob")
    there = carrier.online(bob)
    phone = ShortMessages(carrier, hook, "+15550100177")
    login = f"WV12LR1 UI={alice.wv} PW={alice.password} SC=c00kie TL=3600 CI=http://client.example/"
    sid = phone.says(login).hears().partition(" SI=")[2].split(" ")[0]
    keep_secret(sid)
    assert "(SC,WS)" in phone.says(f"WV12CP2 SI={sid} CA=((CT,MP),(SC,WS))").hears()
    assert phone.says(f"WV12UP3 SI={sid} UV=((UA,T,AV))").hears() == f"WV12ST3 SI={sid} ST=200"
    there.wait("presence", sender=alice.jid, type="available")

    there.send(alice.jid, text := secret_text())
    assert phone.gets("cir")["text"] == "WVCI 1.2 c00kie"
    came = phone.says(f"WV12PO SI={sid}").hears()
    assert came.endswith((f" CD={text}", f' CD="{text}"'))
    message_id = came.partition("(ID,")[2].partition(")")[0]
    phone.says(f"WV12MD{came[6:].split(' ')[0]} SI={sid} ID={message_id}")

    said = f"{secret_text()} {'and so on ' * 20}"
    phone.says(f'WV12SM4 SI={sid} MI=((RE,((US,((UI,{bob.wv}))))),(TY,text/plain)) CD="{said}"')
    assert phone.hears().startswith(f"WV12MS4 SI={sid} ST=200")
    assert there.message(sender=alice.jid).body == said
    assert phone.says(f"WV12OR5 SI={sid}").hears() == f"WV12ST5 SI={sid} ST=200"


class Joined:
    """Settings as a phone puts them together: the user data of all parts, the push unit, the document and its MAC."""

    def __init__(self, messages: list[dict[str, str]]) -> None:
        read = [encoding.read_user_data(bytes.fromhex(each["udh"] + each["payload"])) for each in messages]
        assert {(each.port, each.parts, each.ref) for each in read} == {(push.PORT, len(read), read[0].ref)}
        unit = b"".join(each.payload for each in sorted(read, key=lambda each: each.part))
        headers = 3 + unit[2]
        self.document, self._headers = unit[headers:], unit[3:headers]

    def accepts(self, pin: str) -> bool:
        """What the phone does with the PIN that its user types."""
        return sign(self.document, Security.USERPIN, pin).mac.encode() + b"\0" in self._headers


def at_settings(carrier: World, hook: HttpGateway, number: str) -> tuple[Browser, str, str]:
    """Somebody on the account page, with a phone password that was just made and a number that was proved by a code, before the
    button that sends the settings. And the account's address."""
    (alice,) = carrier.cast("alice", linked=False)
    # Where the browser is no proxy.
    env = {"ONESOUP_HTTP_PORT": str(free_port()), "ONESOUP_TRUSTED_PROXIES": "192.0.2.1"}
    carrier.stack.start("web", "web-2", env)
    browser = Browser(f"http://127.0.0.1:{env['ONESOUP_HTTP_PORT']}")
    browser.open("/account")
    browser.send(address=alice.jid, password=alice.password)
    made = re.search(r">([adgjmptw]{12})<", browser.send())
    assert made, browser.page
    keep_password(alice.user, made.group(1))
    browser.open("/account/number")
    browser.send(number=number)
    browser.send()
    code = json.loads(hook.until(1)[0].body)["text"].rpartition(" ")[2]
    assert "number is yours" in browser.send(code=code)
    browser.open("/account/settings")
    page = browser.send(apn="internet", with_password="yes")
    (count,) = re.findall(r"(\d) SMS go to", page)
    browser.path = "/account/settings/sms"
    return browser, count, alice.jid


def test_a_phone_is_set_up_by_sms_and_logs_in(carrier: World, hook: HttpGateway) -> None:
    """From the account page to the first log-in: all that its user types into the phone is the PIN that the page shows."""
    browser, count, jid = at_settings(carrier, hook, "+15550100188")
    pin = re.search(r">(\d{4})<", browser.send())
    assert pin, browser.page
    messages = [json.loads(each.body) for each in hook.until(1 + int(count))[1:]]
    assert {(each["kind"], each["msisdn"]) for each in messages} == {("settings", "+15550100188")}
    settings = Joined(messages)
    assert settings.accepts(pin.group(1))
    assert not settings.accepts(f"{(int(pin.group(1)) + 1) % 10_000:04}")
    (chat, presence) = settings_of(wbxml.decode(settings.document))
    assert (chat.services, presence.services) == (("IM",), ("PR",))
    assert [each.access_point.apn for each in (chat, presence) if each.access_point] == ["internet"] * 2
    assert chat.user_id == f"wv:{jid}"
    (alice, bob) = carrier.cast("alice", "bob")
    phone = carrier.phone(alice, profile=S40_PROFILE, version="1.1", url=chat.url, user=chat.user_id, password=chat.password)
    phone.start()
    there = carrier.online(bob)
    phone.send(bob.wv, text := secret_text())
    assert there.message(body=text).sender.startswith(jid)


def test_a_cir_process_that_is_killed_between_two_parts_sends_none_twice(carrier: World, hook: HttpGateway) -> None:
    browser, count, _ = at_settings(carrier, hook, "+15550100189")
    assert int(count) > 2
    hook.script = [answer(200), "hang"]
    browser.send()
    hook.until(3)
    carrier.stack.kill("cir")
    carrier.stack.start("cir")
    client = connect(carrier.stack.redis_url)
    assert client.zcard("smst:{+15550100189}") == 1 + int(count), "what may have gone out stays paid for"
    client.close()
    browser.open("/account/settings/way")
    browser.path = "/account/settings/sms"
    browser.send()
    sent = hook.until(3 + int(count))[3:]
    Joined([json.loads(each.body) for each in sent])  # nothing but the new document
