"""Through nginx with the configuration that comes with onesoup: what a client writes into headers changes nothing, and the page
is served over HTTPS. A carrier's edge may state numbers."""

import http.client
import re
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from onesoup.commands.findings import FAIL_GRADE, NOTE_GRADE, OK_GRADE
from onesoup.commands.number_check import probe_findings
from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import ClientID, LoginRequest, LoginResponse
from onesoup.demo import certs
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.demo.stack import Stack
from onesoup.runtime.ports import free_port
from onesoup.settings import Settings
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from tests.support.gateways import HttpGateway
from tests.support.secrets import keep_secret
from tests.support.world import World

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
NUMBER = "+15550100123"


@dataclass(frozen=True)
class Proxy:
    """Ports: phones from anywhere, browsers, phones behind a carrier's edge that states this number, and a proxy that passes all
    headers on."""

    phones: int
    browsers: int
    carrier: int
    careless: int
    authority: Path


@pytest.fixture(scope="module")
def proxy(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    directory = tmp_path_factory.mktemp("nginx")
    authority, certificate, key = certs.ensure(directory / "certs", ["localhost"])
    found = Proxy(free_port(), free_port(), free_port(), free_port(), authority)
    (directory / "nginx.conf").write_text(config(directory, stack.http_port, found, certificate, key))
    argv = [shutil.which("nginx") or "", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"]
    process = Process("nginx", argv, {}, directory / "nginx.log")
    process.start()
    ports = (found.phones, found.browsers, found.carrier, found.careless)
    process.wait_until(lambda: all(connects("127.0.0.1", port) for port in ports))
    yield found
    process.stop()


def config(directory: Path, gateway: int, ports: Proxy, certificate: Path, key: Path) -> str:
    """The shipped file with ports and paths of ours, its example for HTTPS in use, and a carrier's edge beside it."""
    text = SHIPPED.read_text().partition("\nstream {")[0]
    start = text.index("    # server {")
    text = text[:start] + re.sub(r"^    # ?", "    ", text[start:], flags=re.MULTILINE)
    for shipped, ours in {
        "server 127.0.0.1:8080": f"server 127.0.0.1:{gateway}",
        "listen 80 default_server": f"listen 127.0.0.1:{ports.phones}",
        "listen 443 ssl": f"listen 127.0.0.1:{ports.browsers} ssl",
        "/etc/ssl/imps.example.org.pem": str(certificate),
        "/etc/ssl/imps.example.org.key": str(key),
        "/var/log/nginx/onesoup.log": str(directory / "access.log"),
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    edge = f"""
    server {{
        listen 127.0.0.1:{ports.carrier};
        location / {{
            proxy_pass http://onesoup;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-MSISDN "{NUMBER}";
        }}
    }}
    server {{
        listen 127.0.0.1:{ports.careless};
        location / {{
            proxy_pass http://onesoup;
        }}
    }}
    proxy_bind 127.0.0.2;
}}
"""
    head = f"daemon off;\npid {directory / 'pid'};\nevents {{ }}\n"
    return head + text.rstrip().removesuffix("}") + edge


def log_in(world: World, port: int, user: str, headers: dict[str, str]) -> int:
    """The code of a log-in without a password."""
    request = LoginRequest(user_id=user, client_id=ClientID(url=f"handset-{port}"), session_cookie="c")
    message = Message("1.2", Encoding.XML, [Transaction(Mode.REQUEST, "1", request)], None, SessionType.OUTBAND)
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request(
            "POST",
            "/",
            codec.encode(envelope.document_from_message(message)),
            {"Content-Type": "application/vnd.wv.csp.xml", **headers},
        )
        answer = envelope.message_from_document(codec.decode(link.getresponse().read())).transactions[0].content
    finally:
        link.close()
    assert isinstance(answer, LoginResponse)
    assert answer.result is not None
    if answer.session_id:
        keep_secret(answer.session_id)
    return answer.result.code or 0


def test_a_number_counts_only_where_the_carrier_states_it(world: World, proxy: Proxy) -> None:
    (alice,) = world.cast("alice")
    client = connect(world.stack.redis_url)
    accounts = Accounts(client, KeyRing.load(world.stack.keys_file))
    accounts.link(alice.jid, alice.jid, alice.password, "unused-77", number=NUMBER)
    client.close()
    claimed = {"X-MSISDN": NUMBER, "X-Forwarded-For": "127.0.0.2"}
    for user in ("", alice.jid):
        assert log_in(world, proxy.carrier, user, {}) == 200
        assert log_in(world, proxy.phones, user, claimed) in (409, 531)
        assert log_in(world, world.stack.http_port, user, claimed) in (409, 531)


def test_the_doctor_tries_whether_a_made_up_number_is_believed(world: World, proxy: Proxy) -> None:
    settings = Settings(number_headers=("X-MSISDN",))
    client = connect(world.stack.redis_url)

    def tried(port: int) -> tuple[str, str]:
        (found,) = probe_findings(settings, client, f"http://127.0.0.1:{port}/")
        return found.grade, found.says

    for port in (proxy.phones, proxy.carrier, world.stack.http_port):
        assert tried(port) == (OK_GRADE, "a number that was made up was not believed (X-MSISDN)")
    assert tried(proxy.careless)[0] == FAIL_GRADE
    with HttpGateway() as elsewhere:
        assert tried(elsewhere.port)[1] == "what answers there is no gateway of this Redis"
        port = elsewhere.port
    assert tried(port)[0] == NOTE_GRADE
    (off,) = probe_findings(Settings(), client, "http://127.0.0.1:1/")
    assert off.grade == OK_GRADE
    client.close()


def test_the_page_is_there_over_https_and_not_over_http(world: World, proxy: Proxy) -> None:
    context = ssl.create_default_context(cafile=proxy.authority)
    browser = http.client.HTTPSConnection("localhost", proxy.browsers, context=context, timeout=30)
    browser.request("GET", "/account")
    answer = browser.getresponse()
    assert (answer.status, b"XMPP password" in answer.read()) == (200, True)
    assert "Secure" in (answer.getheader("Set-Cookie") or "")
    for path, status in (("/account/settings", 303), ("/account/nothing", 404), ("/phones", 200), ("/", 200)):
        browser.request("GET", path)
        answer = browser.getresponse()
        answer.read()
        assert (path, answer.status) == (path, status)
    browser.request("POST", "/")
    answer = browser.getresponse()
    answer.read()
    assert answer.status in (403, 404, 405)  # phones have their own port
    plain = http.client.HTTPConnection("localhost", proxy.phones, timeout=30)
    plain.request("GET", "/account", headers={"X-Forwarded-Proto": "https"})
    assert plain.getresponse().status == 403
    browser.close()
    plain.close()
