"""Polls that are known by sight are answered before Falcon, and as Falcon's way answers them."""

from io import BytesIO

import pytest
from falcon import testing

from onesoup.csp.codec.codec import read_message, write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import NewMessage, PollingRequest, Status
from onesoup.csp.messages import Text
from onesoup.handlers import wiring
from onesoup.operators.blocks import put_block
from onesoup.operators.operator import Operator
from onesoup.settings import Settings
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect
from onesoup.store.session.waiting_items import WaitingItems
from onesoup.wire.document import Encoding
from tests.support.in_redis import living_session
from workers.gateway import app
from workers.gateway.polls_first import PollsFirst

WBXML = "application/vnd.wv.csp.wbxml"
SID = "a7" + "0" * 24


@pytest.fixture
def client(redis_server):
    client = connect(redis_server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def services(redis_server, client, tmp_path):
    KeyRing.create(tmp_path / "keys")
    settings = Settings(redis_url=redis_server.url, keys_file=str(tmp_path / "keys"), domain="example.org", poll_hold=0.0)
    return settings, wiring.gateway_services(settings, client)


@pytest.fixture
def whole(services, client):
    return app.routed_app(services[0], client, services[1])


@pytest.fixture
def gateway(whole):
    """The gateway's application, which has read one poll: others of its form are known by sight."""
    there = testing.TestClient(whole)
    post(there, poll("a7" + "1" * 24))
    return there


@pytest.fixture
def without_falcon(monkeypatch):
    """Call it, and whatever comes to Falcon fails."""
    return lambda: monkeypatch.setattr(app.CspResource, "on_post", lambda *_: pytest.fail("it came to Falcon"))


def poll(sid=SID, tid="7", encoding=Encoding.WBXML):
    asked = [Transaction(Mode.REQUEST, tid, PollingRequest())]
    return write_message(Message("1.2", encoding, asked, sid, SessionType.INBAND))


def post(there, body, remote="203.0.113.9", **headers):
    return there.simulate_post("/", body=body, headers={"Content-Type": WBXML, **headers}, remote_addr=remote)


def deliver(client, *ids):
    stored = {id: records.pack_stored(Text(id, "romeo@example.org", f"text of {id}", 1_700_000_000)) for id in ids}
    WaitingItems(client).take_in(SID, 1, stored)


def test_an_empty_poll(gateway, client, without_falcon):
    living_session(client, "juliet@example.org", SID)
    without_falcon()
    answer = post(gateway, poll())
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", WBXML)
    assert answer.headers["content-length"] == "0"


def test_messages_come_by_polls(gateway, client, without_falcon):
    living_session(client, "juliet@example.org", SID)
    deliver(client, "m1", "m2")
    without_falcon()
    told = [read_message(post(gateway, poll(tid=str(number))).content) for number in range(2)]
    contents = [each.transactions[0].content for each in told]
    assert all(isinstance(each, NewMessage) for each in contents)
    assert [each.content_data for each in contents] == ["text of m1", "text of m2"]
    assert [each.poll for each in told] == [True, None]
    assert post(gateway, poll()).content == b""


def test_a_session_that_nobody_has(gateway, without_falcon):
    without_falcon()
    told = read_message(post(gateway, poll()).content)
    assert isinstance(told.transactions[0].content, Status)
    assert told.transactions[0].content.result.code == 604


def test_the_short_way_answers_as_the_long_one(gateway, client, services):
    """Two workers on one Redis: one has never seen a poll."""
    living_session(client, "juliet@example.org", SID)
    other = testing.TestClient(app.routed_app(services[0], client, services[1]))
    for body in (poll(), poll("a7" + "2" * 24)):
        new, known = post(other, body), post(gateway, body)
        assert (known.status_code, known.content, known.headers) == (new.status_code, new.content, new.headers)
        other = testing.TestClient(app.routed_app(services[0], client, services[1]))


def test_a_blocked_address_polls_in_vain(gateway, client, services):
    living_session(client, "juliet@example.org", SID)
    put_block(Operator(client, "root", "example.org"), "address", "203.0.113.9", "scans")
    services[1].orders.look()
    assert post(gateway, poll()).status_code == 403
    assert post(gateway, poll(), remote="198.51.100.7").status_code == 200


def test_a_phone_behind_kannel_gets_the_type_that_it_takes(gateway, client, without_falcon):
    living_session(client, "juliet@example.org", SID)
    without_falcon()
    answer = post(gateway, poll(), **{"X-WAP-Gateway": "kannel", "Accept": "application/octet-stream"})
    assert answer.headers["content-type"] == "application/octet-stream"


def test_what_is_no_poll_can_still_be_read(whole):
    """Short forms of pages among it."""
    read = []

    def others(environ, start_response):
        read.append(environ["wsgi.input"].read(10_000))
        start_response("200 OK", [("content-type", "text/plain")])
        return []

    there = testing.TestClient(PollsFirst(whole._polls, others))
    for body in (b"name=juliet", b"", b"x" * 999, b"x" * 1000, b"x" * 5000):
        post(there, body)
        assert read.pop() == body


def test_a_body_that_breaks_off_is_told_to_falcon(whole):
    class Broken(BytesIO):
        def read(self, _size=-1):
            raise TimeoutError("too slow")

    environ = testing.create_environ(method="POST", headers={"Content-Length": "70", "Content-Type": WBXML})
    statuses = []
    whole(environ | {"wsgi.input": Broken()}, lambda status, _headers, _error=None: statuses.append(status))
    assert statuses == ["400 Bad Request"]
