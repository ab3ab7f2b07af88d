"""Phones of WAP 1.x, through a real wapbox of Kannel and a real nginx with the configurations that come with onesoup: chat over
WSP, with and without a session, in one datagram and in segments; and nothing that a phone writes into headers is believed."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import ClientID, LoginRequest, LoginResponse
from onesoup.csp.text.stated_numbers import WAPBOX_SIGN
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.demo.stack import Stack
from onesoup.phone.errors import Unreachable
from onesoup.runtime.ports import free_port
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.number_doubts import NumberDoubts
from onesoup.store.redis.client import connect
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from tests.support.gateways import HttpGateway, answer
from tests.support.secrets import keep_secret, secret_text
from tests.support.wapbox import SHIPPED, Wapbox, missing, program, replaced, version
from tests.support.world import Person, StoryPhone, World
from tests.support.wsp import CSP, Aborted, Connectionless, Posts, Session

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"needs {', '.join(missing())}")

HOST = "http://imps.example.org"
NUMBER = "+15550100177"
# Texts of a path that goes to a server of the test's own.
RECORDED = f"{HOST}/recorded"
NAMES = ("X-MSISDN", "MSISDN", "X-Nokia-MSISDN", "X-Network-MSISDN", "X-Up-Calling-Line-Id", "X-WAP-Network-Client-MSISDN")


@dataclass
class WapNetwork:
    """`recorder` has what comes to RECORDED through wapbox and nginx."""

    address: str
    recorder: HttpGateway

    def connectionless(self, url: str = f"{HOST}/", headers: tuple[tuple[str, str], ...] = (("Accept", CSP),)) -> Connectionless:
        return Connectionless(self.address, url, headers)

    def session(
        self, url: str = f"{HOST}/", headers: tuple[tuple[str, str], ...] = (("Accept", CSP),), **options: object
    ) -> Session:
        return Session(self.address, url, headers, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def network(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WapNetwork]:
    directory, port = tmp_path_factory.mktemp("wap"), free_port()
    with HttpGateway() as recorder:
        nginx = _nginx(directory, port, stack.http_port, recorder.port)
        nginx.start()
        try:
            nginx.wait_until(lambda: connects("127.0.0.1", port))
            with Wapbox(directory / "kannel", port) as wapbox:
                yield WapNetwork(wapbox.address, recorder)
        finally:
            nginx.stop()


def _nginx(directory: Path, port: int, gateway: int, recorder: int) -> Process:
    wap = replaced(
        (SHIPPED / "nginx.conf").read_text(),
        {
            "127.0.0.1:8110": f"127.0.0.1:{port}",
            "/var/log/nginx/onesoup-wap.log": str(directory / "wap.log"),
            "    location / {": f"    location /recorded {{ proxy_pass http://127.0.0.1:{recorder}; }}\n"
            f"    location /passed {{ proxy_pass http://127.0.0.1:{recorder}; proxy_set_header X-Forwarded-For $remote_addr; }}\n"
            # What somebody writes who has not read the page.
            "    location /careless { proxy_pass http://onesoup; proxy_set_header X-Forwarded-For $remote_addr; }\n"
            "    location / {",
        },
    )
    rest = replaced(
        (SHIPPED.parent / "nginx.conf").read_text().partition("\nstream {")[0].rstrip().removesuffix("}"),
        {
            "server 127.0.0.1:8080": f"server 127.0.0.1:{gateway}",
            "listen 80 default_server": f"listen 127.0.0.1:{free_port()}",
            "/var/log/nginx/onesoup.log": str(directory / "access.log"),
        },
    )
    # The stack trusts this address.
    text = f"daemon off;\npid {directory / 'pid'};\nevents {{ }}\n{rest}\nproxy_bind 127.0.0.2;\n{wap}\n}}\n"
    (directory / "nginx.conf").write_text(text)
    argv = [program("nginx"), "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"]
    return Process("nginx", argv, os.environ, directory / "nginx.log")


@pytest.fixture
def wap_phone(world: World) -> Callable[..., StoryPhone]:
    def made(person: Person, way: Posts, **options: object) -> StoryPhone:
        phone = world.phone(person, **options)
        phone._http.close()
        phone._http = way  # type: ignore[assignment]
        return phone

    return made


WAYS = {
    "one datagram each": lambda network: network.connectionless(),
    "a session": lambda network: network.session(),
    "a session with segments": lambda network: network.session(always_segments=True, client_sdu=0),
}
OLD = {"version": "1.1", "encoding": Encoding.WBXML}
MIDDLE = {"version": "1.2", "encoding": Encoding.WBXML, "profile": "s60"}
XML = {"version": "1.2", "encoding": Encoding.XML}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [OLD, MIDDLE], ids=["1.1", "1.2"])
def test_from_log_in_to_messages_both_ways(network: WapNetwork, world: World, wap_phone, way, kind) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = wap_phone(alice, WAYS[way](network), **kind).start()
    phone.sees(bob, online=True)
    there.send(alice.jid, text := secret_text("over ", " WSP €"))
    assert phone.hears(text).sender == bob.wv
    phone.send(bob.wv, answer := secret_text("and back, "))
    assert there.message(body=answer)
    phone.logout()


def test_xml_passes_as_well(network: WapNetwork, world: World, wap_phone) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = wap_phone(alice, network.session(headers=(("Accept", "application/vnd.wv.csp.xml"),)), **XML).start()
    phone.send(bob.wv, text := secret_text())
    assert there.message(body=text)
    phone.logout()


def test_long_texts_go_in_segments_both_ways(network: WapNetwork, world: World, wap_phone) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    way = network.session(client_sdu=0)
    phone = wap_phone(alice, way, **MIDDLE).start()
    phone.send(bob.wv, long := secret_text("a" * 20_000))
    assert there.message(body=long)
    there.send(alice.jid, text := secret_text("b" * 20_000))
    way._segments = True  # from now on short requests too say that their answers may be cut
    assert phone.hears(text)
    phone.logout()


def test_a_session_of_1400_bytes_gets_no_longer_answer(network: WapNetwork, world: World, wap_phone) -> None:
    """That is what WSP takes where a phone asks for nothing: wapbox would replace a longer one by 502."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = wap_phone(alice, network.session(client_sdu=None), **OLD).start()
    phone.sees(bob, online=True)
    there.send(alice.jid, text := secret_text("c" * 6_000))
    phone.until(lambda: sum(len(each.text) for each in phone.inbox) >= len(text))
    assert len(phone.inbox) > 1
    assert "".join(each.text for each in phone.inbox).count("c") >= 6_000
    phone.logout()


@pytest.mark.parametrize("way", ["connectionless", "session"])
def test_a_phone_that_accepts_other_types_only_gets_one_of_them(network: WapNetwork, world: World, way) -> None:
    """wapbox would answer 406 by itself."""
    (alice,) = world.cast("alice")
    accepts = (("Accept", "text/vnd.wap.wml"), ("Accept", "image/vnd.wap.wbmp"), ("Accept", "application/vnd.example.any"))
    link = getattr(network, way)(headers=accepts)
    said = link.post(login(alice.jid, alice.password), CSP)
    assert (said.status, said.headers["content-type"]) == (200, "application/vnd.example.any")
    assert granted(said.body) == 200
    link.close()


@pytest.mark.parametrize("kind", [CSP, "text/plain", "text/vnd.wap.wml", "application/octet-stream", None])
def test_no_answer_passes_to_a_phone_without_accept(network: WapNetwork, kind) -> None:
    """Whatever the type of the answer. docs/wap.md says what helps."""
    if version() != "1.4.5":
        pytest.skip("known of wapbox 1.4.5")
    network.recorder.otherwise = answer(200, "\x03ok", **({} if kind is None else {"Content_Type": kind}))
    for link in (network.connectionless(RECORDED, ()), network.session(RECORDED, ())):
        assert link.post(b"\x03hello", CSP).status == 406
        link.close()


def test_answers_have_the_sizes_that_the_page_says(network: WapNetwork) -> None:
    recorder = network.recorder
    for size, options, status in (
        (1400, {"client_sdu": None}, 200),
        (1401, {"client_sdu": None}, 502),
        (60_000, {"client_sdu": 60_000}, 200),
        (60_001, {"client_sdu": 60_000}, 502),
        (300_000, {"client_sdu": 0, "always_segments": True}, 200),
    ):
        recorder.otherwise = answer(200, "\x03" * size, Content_Type=CSP)
        link = network.session(RECORDED, **options)
        said = link.post(b"\x03hello", CSP)
        assert (size, said.status, len(said.body)) == (size, status, size if status == 200 else 0)
        link.close()
    recorder.otherwise = answer(200, "\x03" * 360_000, Content_Type=CSP)
    with pytest.raises(Aborted):
        network.session(RECORDED, client_sdu=0, always_segments=True).post(b"\x03hello", CSP)


def forgeries() -> dict[str, tuple[tuple[str, str], ...]]:
    lines = "".join(f"\r\n{name}: {NUMBER}" for name in NAMES)
    return {
        "as headers": tuple((name, NUMBER) for name in NAMES),
        "behind line ends in a value": (("X-Any", f"a{lines}"),),
        "behind line ends in a name": ((f"X-Any: a{lines}\r\nX-Other", "b"),),
        "in other letters": tuple((name.upper().replace("-", "_"), NUMBER) for name in NAMES),
        "with an address": (("X-MSISDN", NUMBER), ("X-Forwarded-For", "127.0.0.2"), ("X-WAP-Network-Client-IP", "127.0.0.2")),
    }


@pytest.mark.parametrize("forged", forgeries().values(), ids=forgeries())
def test_a_number_that_a_phone_writes_opens_nothing(network: WapNetwork, world: World, forged) -> None:
    (alice,) = world.cast("alice")
    client = connect(world.stack.redis_url)
    Accounts(client, KeyRing.load(world.stack.keys_file)).link(alice.jid, alice.jid, alice.password, "unused-77", number=NUMBER)
    client.close()
    link = network.session(headers=(("Accept", CSP), *forged))
    assert granted(link.post(login(alice.jid), CSP).body) in (409, 531)
    link.close()


def test_wapbox_alone_keeps_no_phone_from_writing_its_own_header(network: WapNetwork) -> None:
    """It takes the header that it states numbers in out of requests, but not where a line end comes before it."""
    if version() != "1.4.5":
        pytest.skip("known of wapbox 1.4.5")
    recorder = network.recorder
    recorder.otherwise = answer(200, "\x03ok", Content_Type=CSP)
    for forged, arrives in (((NAMES[-1], NUMBER), False), (("X-Any", f"a\r\n{NAMES[-1]}: {NUMBER}"), True)):
        recorder.asked.clear()
        link = network.connectionless(f"{HOST}/passed", (("Accept", CSP), forged))
        assert link.post(b"\x03hello", CSP).status == 200
        assert (NUMBER.encode() in recorder.asked[0].head) is arrives
        link.close()


def test_a_proxy_that_passes_wapboxs_headers_on_is_seen(network: WapNetwork, world: World) -> None:
    (alice,) = world.cast("alice")
    client = connect(world.stack.redis_url)
    Accounts(client, KeyRing.load(world.stack.keys_file)).link(alice.jid, alice.jid, alice.password, "unused-77", number=NUMBER)
    link = network.session(f"{HOST}/careless", (("Accept", CSP), ("X-MSISDN", NUMBER)))
    assert granted(link.post(login(alice.jid), CSP).body) in (409, 531)
    assert ("127.0.0.2", WAPBOX_SIGN) in {(each.proxy, each.sign) for each in NumberDoubts(client).all()}
    client.close()
    link.close()


@pytest.mark.parametrize("forged", forgeries().values(), ids=forgeries())
def test_no_header_with_a_number_comes_through(network: WapNetwork, forged) -> None:
    recorder = network.recorder
    recorder.asked.clear()
    recorder.otherwise = answer(200, "\x03ok", Content_Type=CSP)
    link = network.connectionless(RECORDED, (("Accept", CSP), *forged))
    assert link.post(b"\x03hello", CSP).status == 200
    (asked,) = recorder.asked
    assert NUMBER.encode() not in asked.head
    assert asked.headers["x-forwarded-for"] == "192.0.2.9"
    assert asked.headers["host"] == "imps.example.org"
    link.close()


def test_a_request_hidden_in_a_header_is_never_read(network: WapNetwork) -> None:
    """Its answer would go to the next phone."""
    recorder = network.recorder
    recorder.asked.clear()
    recorder.otherwise = answer(200, "\x03ok", Content_Type=CSP)
    hidden = (
        "a\r\nHost: a\r\nContent-Length: 0\r\n\r\nPOST /recorded/hidden HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nhello"
    )
    link = network.connectionless(RECORDED, (("Accept", CSP), ("X-Any", hidden)))
    assert link.post(b"\x03hello", CSP).status == 200
    # wapbox has its connections still: the next requests are read and answered, each with its own.
    for word in (b"first", b"second"):
        recorder.otherwise = answer(200, "\x03" + word.decode(), Content_Type=CSP)
        assert link.post(b"\x03" + word, CSP).body == b"\x03" + word
    assert [each.line.split()[1] for each in recorder.asked] == [b"/recorded"] * 3
    link.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "http://imps.example.org@127.0.0.1:{}/", "http://imps.example.org:{}/"])
def test_a_phone_reaches_no_other_server_through_wapbox(network: WapNetwork, url) -> None:
    """wapbox alone fetches any URL."""
    with HttpGateway() as inside:
        link = network.connectionless(url.format(inside.port))
        link.timeout = 10
        try:
            said = link.post(b"\x03nonsense", CSP)
        except Unreachable:
            pytest.fail("not answered")
        assert said.status == 400  # by our gateway, which was asked instead
        assert not inside.asked
        link.close()


def login(user: str, password: str | None = None) -> bytes:
    """A log-in of a phone. Without a password only a number can open the account."""
    request = LoginRequest(
        user_id=user, password=password, client_id=ClientID(url=f"handset-{secrets.token_hex(4)}"), session_cookie="c"
    )
    message = Message("1.2", Encoding.WBXML, [Transaction(Mode.REQUEST, "1", request)], None, SessionType.OUTBAND)
    return codec.encode(envelope.document_from_message(message))


def granted(body: bytes) -> int:
    """The code of the answer to a log-in."""
    said = envelope.message_from_document(codec.decode(body)).transactions[0].content
    assert isinstance(said, LoginResponse)
    assert said.result is not None
    if said.session_id:
        keep_secret(said.session_id)
    return said.result.code or 0
