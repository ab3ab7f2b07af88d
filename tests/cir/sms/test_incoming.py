"""Phones that speak CSP by SMS, through each kind of gateway, with all of a gateway worker behind: what they say is done once and
answered once, whoever repeats himself and whoever dies."""

import itertools
import json
import time
from dataclasses import replace
from urllib.parse import quote, urlencode

import gevent
import pytest
import urllib3
from gevent.server import StreamServer

from cir.http import gateway_profiles
from cir.http.server import CirSite
from cir.smpp import pdus
from cir.sms import arrived, carrier, encoding
from cir.sms.incoming import NumberBinder, SmsDataChannel, SmsReception
from cir.sms.outgoing import SmsSender
from onesoup.csp.text import numbers
from onesoup.http_server.requests import Request
from onesoup.runtime.ports import free_port
from onesoup.settings import Settings
from onesoup.store.redis.client import connect
from onesoup.store.wakeup.sms_budget import SmsBudget, SmsJobs, SmsLimits
from onesoup.store.wakeup.sms_inbound import InboundSmsStore
from onesoup.wire import sms as pts
from tests.support import in_redis
from tests.support.gateways import FakeCarrier, HttpGateway, Kannel, Smsc, answer

NUMBER, KEY = "+15550100123", "hook-key"
LOGIN = "WV12LR1 UI=wv:alice@example.org PW=top-secret SC=c00kie CI=http://client.example/ TL=3600"
HEADER = encoding.port_header(3590, 0)
_ids = itertools.count(1)


class Station:
    """A CIR process without the process: its port for the gateway, and its data channel, which turns when told to."""

    def __init__(self, exchange, settings, limits=None, port=0):
        services = exchange._services
        self.services, self.client = services, services.sessions._client
        self.store = InboundSmsStore(self.client)
        jobs = SmsJobs(self.client)
        self.gateway = carrier.make_gateway(settings, b"k", on_message=lambda pdu: self.reception.take(arrived.read_smpp(pdu)))
        self.gateway._sleep = lambda _seconds: None
        budget = SmsBudget(self.client, limits or SmsLimits(rate=10_000))
        self.outgoing = SmsSender(settings, budget, jobs, self.gateway)
        self.data = self.channel(exchange)
        helos = NumberBinder(services.sessions, services.wakes, services.numbers)
        self.reception = SmsReception(helos, self.data, self.outgoing, "")
        site = CirSite(services.wakes, jobs, b"k", frozenset({"127.0.0.1"}), self.reception, KEY)
        self._server = StreamServer(("127.0.0.1", port), site.serve)
        self._server.start()
        self._running = gevent.spawn(self.data.queue.run)
        self.url = f"http://127.0.0.1:{self._server.server_port}{arrived.MESSAGE_PATH}"
        self._http = urllib3.PoolManager(retries=False)

    def channel(self, exchange):
        """The data channel of one more process."""
        return SmsDataChannel(self.store, exchange, self.outgoing, self.services.ring, 600)

    def close(self):
        self._running.kill()
        self._server.stop(timeout=0)
        self._http.clear()
        self.data.queue.drain(5)
        self.gateway.carrier.stop()

    def brings(self, octets, id_="", udh=HEADER, number=NUMBER):
        """The webhook's side: a signed document."""
        document = {"id": id_ or f"m{next(_ids)}", "msisdn": number, "udh": udh.hex(), "payload": octets.hex()}
        body = json.dumps(document).encode()
        return self.asked("POST", body, X_Onesoup_Signature=gateway_profiles.sign_body(KEY, int(time.time()), body))

    def asked(self, method, body=None, query="", **headers):
        headers = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self._http.request(method, self.url + query, body=body, headers=headers, timeout=60).status


class Phone:
    """A phone that has nothing but SMS. `hook` is where messages to it come."""

    def __init__(self, station, hook):
        self.station, self.hook, self.seen = station, hook, 0

    def says(self, text, id_=""):
        for number, part in enumerate(pts.split(text.encode())):
            assert self.station.brings(part, f"{id_}.{number}" if id_ else "") == 200
        return self

    def hears(self):
        """The next whole answer."""
        parts = []
        while not parts or not pts.complete(parts):
            document = json.loads(self.hook.until(self.seen + 1)[self.seen].body)
            self.seen += 1
            assert (document["kind"], document["msisdn"], document["dest_port"]) == ("data", NUMBER, 3590)
            assert len(bytes.fromhex(document["udh"] + document["payload"])) <= 140
            parts.append(bytes.fromhex(document["payload"]))
        return pts.join(parts).decode()

    def hears_nothing(self):
        """All is done, and nothing came."""
        with gevent.Timeout(60):
            while self.station.client.zcard("cir:smsin"):
                gevent.sleep(0.01)
        self.station.data.queue._pool.join(10)
        assert len(self.hook.asked) == self.seen


@pytest.fixture
def hook():
    with HttpGateway(otherwise=answer(200, '{"status":"accepted"}')) as running:
        yield running


@pytest.fixture
def settings(hook):
    return Settings(sms_gateway="json", sms_url=hook.url(), sms_prefixes=("+1555",), sms_from="100", sms_data=True)


@pytest.fixture
def station(exchange, settings):
    made = Station(exchange, settings)
    yield made
    made.close()


@pytest.fixture
def phone(station, hook):
    return Phone(station, hook)


def session_of(said):
    return said.partition(" SI=")[2].split(" ")[0]


# --- a conversation ---


def test_a_phone_talks_by_sms(phone, holder):
    sid = session_of(phone.says(LOGIN).hears())
    said = "hello (you), " * 20
    message = f'WV12SM3 SI={sid} MI=((RE,((US,((UI,wv:bob@example.org))))),(TY,text/plain)) CD="{said}"'
    assert len(pts.split(message.encode())) > 2
    assert phone.says(message).hears().startswith(f"WV12MS3 SI={sid} ST=200 ID=")
    holder.says(sid, "bob@example.org", "long " * 60)
    assert phone.says(f"WV12PO SI={sid}").hears().endswith(f' CD="{"long " * 60}"')
    phone.says(f"WV12MD999 SI={sid} ID=m1").hears_nothing()
    phone.says(f"WV12PO SI={sid} ").hears_nothing()


def test_parts_come_in_any_order(phone):
    parts = pts.split((LOGIN + " XX=" + "x" * 300).encode())
    for part in reversed(parts):
        assert phone.station.brings(part) == 200
    assert phone.hears().startswith("WV12RL1 ")


def test_what_the_network_has_cut_is_put_together(phone):
    for number in (2, 1):
        header = bytes.fromhex(f"0b05040e06000000030702{number:02x}")
        assert phone.station.brings(LOGIN.encode()[(number - 1) * 40 :][: 40 if number == 1 else None], udh=header) == 200
    assert phone.hears().startswith("WV12RL1 ")


def test_messages_of_one_phone_are_answered_in_order(phone):
    sid = session_of(phone.says(LOGIN).hears())
    for number in range(10, 20):
        phone.says(f"WV12GL{number} SI={sid}")
    heard = [phone.hears().split(" ")[0] for _ in range(10)]
    assert heard == [f"WV12LG{number}" for number in range(10, 20)]


# --- repetitions, and processes that die ---


def test_a_gateway_that_repeats_a_delivery_causes_nothing(phone, holder):
    for _ in range(3):
        phone.says(LOGIN, id_="m1")
    assert phone.hears().startswith("WV12RL1 ")
    phone.says(LOGIN, id_="m1").hears_nothing()
    assert len(holder.logins) == 1


def test_a_phone_that_repeats_itself_gets_the_same_answer_and_acts_once(phone, holder):
    first = phone.says(LOGIN).hears()
    assert phone.says(LOGIN).hears() == first
    assert len(holder.logins) == 1


def test_processes_that_meet_send_each_answer_once(phone, exchange):
    """As after a lease that ran out although its process still worked."""
    sid = session_of(phone.says(LOGIN).hears())
    station = phone.station
    station.data.queue.take_due = lambda: 1.0
    message = f"WV12GL5 SI={sid}"
    phone.says(message)
    channels = [station.channel(exchange) for _ in range(4)]
    working = [gevent.spawn(lambda each=each: [each.step(NUMBER) for _ in range(4)]) for each in channels]
    gevent.joinall(working, timeout=60, raise_error=True)
    assert phone.hears().startswith(f"WV12LG5 SI={sid}")
    assert len(phone.hook.asked) == phone.seen


def test_a_process_that_dies_leaves_its_work_to_another_and_sends_nothing_twice(phone, exchange, monkeypatch):
    """Killed behind the answer and before it is sent; and between the note that a part is sent and the gateway."""
    sid = session_of(phone.says(LOGIN).hears())
    station = phone.station
    station.data.queue.take_due = lambda: 1.0
    phone.says(f"WV12GL5 SI={sid}")
    station.data.step(NUMBER)
    assert len(phone.hook.asked) == phone.seen
    heir = station.channel(exchange)
    heir.step(NUMBER)
    heir.step(NUMBER)
    assert phone.hears().startswith(f"WV12LG5 SI={sid}")
    phone.says(f"WV12GL6 SI={sid}")
    with monkeypatch.context() as killed:
        killed.setattr(station.outgoing, "submit", lambda _made: None)
        while heir.step(NUMBER) is not None:
            pass
    assert station.channel(exchange).step(NUMBER) is None
    assert len(phone.hook.asked) == phone.seen
    phone.says(f"WV12GL6 SI={sid}")  # the phone waits in vain and asks again
    while heir.step(NUMBER) is not None:
        pass
    assert phone.hears().startswith(f"WV12LG6 SI={sid}")


def test_a_process_that_leaves_finishes_what_it_has_begun_and_begins_nothing(phone, exchange):
    sid = session_of(phone.says(LOGIN).hears())
    phone.station.data.queue.drain(5)
    phone.says(f"WV12GL5 SI={sid}")
    phone.station.data.queue.take_due()
    assert len(phone.hook.asked) == phone.seen
    heir = gevent.spawn(phone.station.channel(exchange).queue.run)
    assert phone.hears().startswith(f"WV12LG5 SI={sid}")
    heir.kill()


def test_no_password_and_no_text_lies_open_in_redis(phone, holder):
    station = phone.station
    turn, station.data.queue.take_due = station.data.queue.take_due, lambda: 1.0
    phone.says(LOGIN)
    station.brings(pts.split((LOGIN + " XX=" + "x" * 300).encode())[0])
    assert stored(station.client, b"smsin", b"smspart")
    assert b"top-secret" not in stored(station.client, b"smsin", b"smspart")
    while station.data.step(NUMBER) is not None:
        pass
    sid = session_of(phone.hears())
    holder.says(sid, "bob@example.org", "for her eyes")
    phone.says(f"WV12PO SI={sid}")
    station.data.step(NUMBER)
    assert stored(station.client, b"smsout")
    assert b"her eyes" not in stored(station.client, b"smsout")
    turn()


def stored(client, *kinds):
    """All octets under keys of these kinds."""
    found = b""
    for key in client.scan_iter():
        if key.partition(b":")[0] in kinds:
            found += client.dump(key)
    return found


# --- what it costs ---


def test_an_answer_that_the_budget_does_not_hold_is_not_sent_in_part(exchange, settings, hook):
    station = Station(exchange, settings, SmsLimits(rate=10_000, data_per_hour=4))
    phone = Phone(station, hook)
    try:
        sid = session_of(phone.says(LOGIN).hears())
        spent = phone.seen
        assert spent < 4
        phone.says(f"WV12CP2 SI={sid} CR=((CT,MP),(PM,10),(SC,SS))")
        heard = phone.hears() if spent < 3 else ""
        assert heard.startswith("WV12")
        for number in range(3, 8):
            phone.says(f"WV12GL{number} SI={sid}")
        with gevent.Timeout(60):
            while station.client.zcard("cir:smsin"):
                gevent.sleep(0.01)
        assert len(hook.asked) <= 4
    finally:
        station.close()


def test_answers_and_wake_ups_do_not_use_up_each_others_share(station):
    out = station.outgoing
    assert out.claim_data(NUMBER, [f"d{n}" for n in range(20)]) is None
    assert out.claim(NUMBER, "alice@example.org", "w1", None) is None
    assert out.claim(NUMBER, "alice@example.org", "w2", None).reason == "gap"
    assert out.claim_data(NUMBER, ["d21"]) is None


def test_a_budget_is_taken_for_the_whole_answer_or_not_at_all(exchange, settings):
    station = Station(exchange, settings, SmsLimits(rate=10_000, data_per_hour=5))
    try:
        assert station.outgoing.claim_data(NUMBER, ["a", "b", "c"]) is None
        assert station.outgoing.claim_data(NUMBER, ["d", "e", "f"]).reason == "hour"
        assert station.outgoing.claim_data(NUMBER, ["g", "h"]) is None
    finally:
        station.close()


def test_a_number_that_may_not_be_answered_is_not_heard(phone, holder):
    assert phone.station.brings(LOGIN.encode(), number="+4915112345678") == 200
    assert phone.station.brings(LOGIN.encode(), number="operator") == 200
    phone.hears_nothing()
    assert holder.logins == []


def test_words_between_people_are_nothing_for_us(phone):
    assert phone.station.brings(b"hello, who are you?", udh=b"") == 200
    phone.hears_nothing()


def test_a_log_in_by_sms_needs_its_password_and_its_number_gets_wake_ups(phone, services, holder):
    services.accounts.link("alice@example.org", "alice@example.org", "top-secret", "phone-password", number=NUMBER)
    assert " ST=(409," in phone.says("WV12LR1 UI=wv:alice@example.org SC=c00kie CI=http://client.example/").hears()
    assert holder.logins == []
    sid = session_of(phone.says("WV12LR2 UI=wv:alice@example.org PW=top-secret SC=c CI=http://client.example/").hears())
    services.lines.register("cir:1", 60_000, ("SSMS", "WAPSMS"))
    services.policy = replace(services.policy, sms_prefixes=("+1555",))
    assert "SC,WS" in phone.says(f"WV12CP3 SI={sid} CA=((CT,MP),(SC,WS))").hears()
    assert in_redis.fields(services.sessions, sid, ["num"]) == [NUMBER.encode()]


# --- HELO ---


@pytest.mark.parametrize("packed", [True, False])
def test_a_helo_binds_the_number_to_the_session(phone, services, packed):
    sid = session_of(phone.says(LOGIN).hears())
    helo = f"HELO {sid}".encode()
    octets = encoding.pack_septets(encoding.septets(helo)) if packed else helo
    assert phone.station.brings(octets, udh=encoding.SSMS_HEADER) == 200
    assert in_redis.fields(services.sessions, sid, ["num"]) == [NUMBER.encode()]
    assert services.numbers.of("alice@example.org") == [NUMBER]
    assert numbers.NUMBER_FROM_SMS in str(phone.station.client.hgetall("num:{alice@example.org}"))
    phone.hears_nothing()


def test_a_helo_of_no_session_binds_nothing(phone):
    assert phone.station.brings(b"HELO a7nobody", udh=encoding.SSMS_HEADER) == 200
    assert not phone.station.client.exists("s:{a7nobody}")


# --- who may bring messages ---


def test_only_who_knows_the_key_brings_messages(station):
    body = json.dumps({"id": "m1", "msisdn": NUMBER, "text": LOGIN}).encode()
    now = int(time.time())
    kannel = urlencode({"from": NUMBER, "text": LOGIN, "id": "k1"}, quote_via=quote)
    good = "Basic " + "Omhvb2sta2V5"  # :hook-key
    assert station.asked("POST", body) == 403
    assert station.asked("POST", body, query=f"?key={KEY}") == 403
    assert station.asked("POST", body, X_Onesoup_Signature=gateway_profiles.sign_body("guess", now, body)) == 403
    assert station.asked("POST", body, X_Onesoup_Signature=gateway_profiles.sign_body(KEY, now - 301, body)) == 403
    for headers in ({}, {"Authorization": "Basic %%%"}, {"Authorization": "Basic OmtleQ=="}):
        assert station.asked("GET", query=f"?{kannel}", Content_Type="text/plain", **headers) == 403
    assert station.asked("GET", query=f"?{kannel}&key=hook-ke", Content_Type="text/plain") == 403
    assert station.client.keys("sms*") == []
    assert station.asked("GET", query=f"?{kannel}&key={KEY}", Content_Type="text/plain") == 200
    assert station.asked("GET", query=f"?{kannel}&id=k2", Content_Type="text/plain", Authorization=good) == 200
    assert station.asked("GET", query=f"?text=x&key={KEY}", Content_Type="text/plain") == 400


def test_without_a_key_or_from_elsewhere_nobody_does(station):
    wakes, jobs = station.services.wakes, SmsJobs(station.client)
    request = Request("GET", f"{arrived.MESSAGE_PATH}?from={NUMBER}&text=x&key=", "HTTP/1.1", {})
    for site, status in (
        (CirSite(wakes, jobs, b"k", frozenset({"127.0.0.1"}), station.reception, ""), 404),
        (CirSite(wakes, jobs, b"k", frozenset({"127.0.0.1"})), 404),
        (CirSite(wakes, jobs, b"k", frozenset({"10.0.0.1"}), station.reception, KEY), 403),
    ):
        assert site._answer(request, b"", "127.0.0.1") == status


def test_a_gateway_is_told_to_come_again_while_redis_is_away(station):
    away = connect(f"redis://127.0.0.1:{free_port()}/0")
    station.store._client = away
    station.data._store = InboundSmsStore(away)
    assert station.brings(LOGIN.encode()) == 503


# --- Kannel, and SMPP ---


@pytest.fixture(params=["get", "post"])
def kannel(request, tmp_path):
    if not Kannel.here():
        pytest.skip("Debian's kannel and kannel-extras are not here")
    port = free_port()
    where = f"127.0.0.1:{port}{arrived.MESSAGE_PATH}?from=%p&id=%I"
    forms = {
        "get": f'get-url = "http://onesoup:{KEY}@{where}&to=%P&udh=%u&text=%b&coding=%c"',
        "post": f'post-url = "http://onesoup:{KEY}@{where}"',
    }
    with Kannel(tmp_path, hook=forms[request.param], carrier=True) as running:
        running.hook_port = port
        yield running


def test_through_a_real_kannel_and_back(exchange, holder, kannel):
    """Each delivery is kept and not answered well, as by a process that dies: Kannel brings it again."""
    more = {"sms_user": "onesoup", "sms_password": "soup", "sms_from": "100", "sms_smsc": "carrier", "sms_prefixes": ("+1555",)}
    settings = Settings(sms_gateway="kannel-sendsms", sms_url=kannel.sendsms, **more)
    station = Station(exchange, settings, port=kannel.hook_port)
    take, brought = station.reception.take, []

    def dies_at_first(message):
        brought.append(message.id)
        return take(message) and brought.count(message.id) > 1

    station.reception.take = dies_at_first
    try:
        with FakeCarrier(kannel) as network:
            long = f"{LOGIN} XX=grüße{'x' * 200}".encode()
            for part in pts.split(long):
                network.send(NUMBER, HEADER, part)
            parts = []
            while not parts or not pts.complete(parts):
                number, udh, octets = network.got()
                assert (number, udh) == (NUMBER, encoding.port_header(3590, 3590))
                parts.append(octets)
            with gevent.Timeout(60):
                while len(brought) < 6 or station.client.zcard("cir:smsin"):
                    gevent.sleep(0.05)
        assert pts.join(parts).startswith(b"WV12RL1 ")
        assert (len(set(brought)), len(holder.logins)) == (3, 1)
        assert station.client.keys("smsout*") == []
    finally:
        station.close()


@pytest.mark.parametrize("ports", ["udh", "tlv"])
def test_over_smpp_and_back(exchange, ports):
    with Smsc() as smsc:
        more = {"sms_password": "soup", "sms_from": "100", "sms_prefixes": ("+1555",), "sms_ports": ports}
        station = Station(exchange, Settings(sms_gateway="smpp", sms_url=smsc.url, **more))
        station.gateway.carrier.start()
        try:
            assert smsc.bound.wait(60)
            for _ in range(2):  # it says it twice
                smsc.deliver(LOGIN.encode(), HEADER)
            heard = [pdus.read_submit(pdus.decode_pdu(each)) for each in smsc.until(1)]
            with gevent.Timeout(60):
                while len(smsc.answers) < 2:
                    gevent.sleep(0.01)
            assert {(each.command, each.status) for each in smsc.answers} == {(pdus.DELIVER_SM_RESP, pdus.STATUS_OK)}
        finally:
            station.close()
    if ports == "udh":
        assert encoding.read_user_data(heard[0].data).payload.startswith(b"WV12RL1")
    else:
        assert heard[0].tlvs[pdus.TLV_MESSAGE_PAYLOAD].startswith(b"WV12RL1")
        assert heard[0].tlvs[pdus.TLV_DESTINATION_PORT] == (3590).to_bytes(2, "big")


def test_an_smsc_is_told_to_bring_again_what_could_not_be_kept():
    with Smsc() as smsc:
        settings = Settings(sms_gateway="smpp", sms_url=smsc.url, sms_password="soup")
        made = carrier.make_gateway(settings, b"k", on_message=lambda _pdu: False)
        made.carrier.start()
        try:
            assert smsc.bound.wait(60)
            smsc.deliver(b"WV12PO SI=a")
            with gevent.Timeout(60):
                while not smsc.answers:
                    gevent.sleep(0.01)
            assert (smsc.answers[0].command, smsc.answers[0].status) == (pdus.DELIVER_SM_RESP, pdus.STATUS_TEMPORARY_APP_ERROR)
        finally:
            made.carrier.stop()
