"""The gateway's front door: blocked addresses get nothing, and a host that drains passes log-ins on."""

import pytest
from falcon import testing
from structlog.testing import capture_logs

from onesoup.csp.codec.codec import read_message, write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import ClientID, LoginRequest, PollingRequest
from onesoup.handlers import wiring
from onesoup.observability.admin_server import NotReady, not_drained
from onesoup.operators.blocks import put_block
from onesoup.operators.operator import Operator
from onesoup.settings import Settings
from onesoup.store.account.keyring import KeyRing
from onesoup.store.drains import Drain, Drains
from onesoup.store.redis.client import connect
from onesoup.wire.document import Encoding
from workers.gateway import app

PROXY = "10.0.0.1"


@pytest.fixture
def gateway(redis_server, tmp_path):
    """(client of the app, the orders that it follows, a client of its Redis). Nothing is started: a test says when it looks."""
    KeyRing.create(tmp_path / "keys")
    client = connect(redis_server.url)
    client.flushall()
    settings = Settings(
        redis_url=redis_server.url, keys_file=str(tmp_path / "keys"), domain="example.org", trusted_proxies=(PROXY,)
    )
    services = wiring.gateway_services(settings, client)
    yield testing.TestClient(app.routed_app(settings, client, services)), services.orders, client
    client.close()


def post(gateway, body=b"", address="203.0.113.9", remote=PROXY, path="/", method="POST"):
    headers = {"Content-Type": "application/vnd.wv.csp.xml", "X-Forwarded-For": address}
    return gateway.simulate_request(method, path, body=body, headers=headers, remote_addr=remote)


@pytest.mark.parametrize("blocked", ["203.0.113.9", "203.0.113.0/24"])
@pytest.mark.parametrize(
    ("path", "method"), [("/", "POST"), ("/wv", "POST"), ("/", "GET"), ("/account", "GET"), ("/phones", "GET")]
)
def test_a_blocked_address_gets_nothing_at_any_path(gateway, blocked, path, method):
    there, orders, client = gateway

    def shut_out(address, remote=PROXY):
        answer = post(there, b"<", address, remote, path, method)
        return (answer.status_code, answer.content) == (403, b"")

    put_block(Operator(client, "root", "example.org"), "address", blocked, "scans")
    assert not shut_out("203.0.113.9")
    orders.look()
    assert shut_out("203.0.113.9")
    assert shut_out("198.51.100.7", remote="203.0.113.9")
    assert not shut_out("203.0.114.9")
    assert not shut_out("203.0.113.9", remote="198.51.100.7"), "no proxy of ours says so"


def test_nothing_of_a_blocked_body_is_read(gateway, monkeypatch):
    there, orders, client = gateway
    put_block(Operator(client, "root", "example.org"), "address", "2001:db8::/32", "scans")
    orders.look()
    monkeypatch.setattr(app.CspResource, "_body", lambda *_: pytest.fail("it was read"))
    assert post(there, b"x" * 1000, "2001:db8::9").status_code == 403


@pytest.mark.parametrize(("version", "encoding"), [("1.1", Encoding.XML), ("1.2", Encoding.WBXML), ("1.3", Encoding.PTS)])
def test_a_host_that_drains_passes_log_ins_on_and_answers_everything_else(gateway, version, encoding):
    there, orders, client = gateway
    request = LoginRequest(user_id="wv:alice", client_id=ClientID(url="x"), password="secret", session_cookie="c")
    login = write_message(Message(version, encoding, [Transaction(Mode.REQUEST, "1", request)], None, SessionType.OUTBAND))
    poll = Message(version, encoding, [Transaction(Mode.REQUEST, None, PollingRequest())], "a0session", SessionType.INBAND)
    ready = not_drained(orders.says_draining)
    assert ready() is True
    Drains(client).begin(Drain(orders.host, "root", 1))
    orders.look()
    answer = post(there, login)
    assert answer.status_code == 503, "nginx gives it to the next gateway"
    told = read_message(answer.content)
    assert (told.version, told.encoding) == (version, encoding)
    assert told.transactions[0].content.result.code == 503
    assert post(there, write_message(poll)).status_code == 200
    with pytest.raises(NotReady, match="draining"):
        ready()
    Drains(client).end(orders.host)
    orders.look()
    assert ready() is True


def test_the_log_says_that_a_log_in_was_passed_on(gateway):
    """Else a log-in that every gateway passes on would stand nowhere."""
    there, orders, client = gateway
    request = LoginRequest(user_id="wv:alice", client_id=ClientID(url="x"), password="secret", session_cookie="c")
    login = Message("1.2", Encoding.XML, [Transaction(Mode.REQUEST, "1", request)], None, SessionType.OUTBAND)
    Drains(client).begin(Drain(orders.host, "root", 1))
    orders.look()
    with capture_logs() as logged:
        assert post(there, write_message(login)).status_code == 503
    (line,) = [each for each in logged if each["event"] == "login-passed-on"]
    assert (line["reason"], line["address"]) == ("this host drains", "203.0.113.9")
