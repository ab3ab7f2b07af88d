"""The gateway hook against real servers: Kannel of Debian, an SMSC over SMPP, a webhook that fails, hangs and repeats itself."""

import hashlib
import hmac
import json
import re
import time
from urllib.parse import unquote_to_bytes

import gevent
import pytest
import structlog
from gevent.event import Event
from gevent.server import StreamServer

from cir import wvci
from cir.http.gateway_place import gateway_place
from cir.smpp import pdus
from cir.sms import carrier, encoding, job, wsp_push
from cir.sms.job import SSMS, TEXT_SMS, WAPSMS, SendOutcome
from cir.wvci import CirError
from onesoup.runtime import http_answers
from onesoup.settings import Settings
from tests.cir.vectors import VECTORS
from tests.support.flood import flooding_server
from tests.support.gateways import HttpGateway, Smsc, answer
from tests.support.turns import most_between_turns

NUMBER, COOKIE = "+15550100123", "wv:nokia.12345"
KEY = b"k" * 32
REPORTS = "http://127.0.0.1:8090"


def wake(method=WAPSMS, count=37, cookie=COOKIE, now=None, **more):
    now = time.time() if now is None else now
    return job.wake_job(method, job.new_job_id(now), NUMBER, "1.2", cookie, now, count=count, **more)


def gateway(kind, url, **more):
    settings = {"sms_user": "onesoup", "sms_password": "soup", "sms_from": "100", "sms_smsc": "carrier", **more}
    made = carrier.make_gateway(Settings(sms_gateway=kind, sms_url=url, **settings), KEY)
    made._sleep = lambda _seconds: None
    return made


def by_hand():
    """A webhook."""
    return HttpGateway(otherwise=answer(200, '{"status":"accepted","message_id":"m1"}'))


# --- jobs ---


def test_ids_sort_by_time_and_are_unique():
    ids = [job.new_job_id(1_000_000 + number) for number in range(50)]
    assert ids == sorted(ids)
    assert len({job.new_job_id(1) for _ in range(100)}) == 100
    assert {len(each) for each in ids} == {26}


@pytest.mark.parametrize(("method", "longest"), [(WAPSMS, 118), (SSMS, 143)])
def test_what_does_not_fit_is_refused_before_anybody_cuts_it(method, longest):
    assert len(wake(method, cookie="c" * longest).udh + wake(method, cookie="c" * longest).payload) <= 140
    with pytest.raises(CirError):
        wake(method, cookie="c" * (longest + 1))


def test_a_text_for_a_person_is_one_plain_message():
    assert job.text_job("i", NUMBER, "Your code: 123456", 0).payload == b"Your code: 123456"
    for bad in ("x" * 161, "grüße"):
        with pytest.raises(CirError):
            job.text_job("i", NUMBER, bad, 0)


# --- a real Kannel ---


def carried(kannel, text):
    """(sender, number, user data header, octets) of the message that has `text`, as the SMSC got it."""
    line = next(each for each in kannel.until(text).splitlines() if text in each)
    words = re.search(r"<(\S+) (\S+) udh (\S+) data (\S+)>", line)
    return words[1], words[2], unquote_to_bytes(words[3].replace("+", " ")), unquote_to_bytes(words[4].replace("+", " "))


def test_kannel_carries_a_push_octet_for_octet(kannel):
    there = gateway("kannel-sendsms", kannel.sendsms)
    assert there.submit(wake()).outcome is SendOutcome.ACCEPTED
    sender, number, udh, data = carried(kannel, "nokia.12345")
    assert (sender, number) == ("100", NUMBER)
    assert udh + data == VECTORS["wapsms.ud"].octets


def test_kannel_carries_the_longest_push_whole(kannel):
    assert gateway("kannel-sendsms", kannel.sendsms).submit(wake(cookie="c" * 118)).taken
    _, _, udh, data = carried(kannel, "c" * 118)
    assert udh + data == VECTORS["wapsms.ud.max"].octets


def test_kannel_carries_packed_text_octet_for_octet(kannel):
    assert gateway("kannel-sendsms", kannel.sendsms).submit(wake(SSMS)).taken
    _, _, udh, data = carried(kannel, "%0E%84%0E%84")
    assert udh + data == VECTORS["ssms.ud.8bit"].octets


def test_kannel_takes_a_code_for_a_person(kannel):
    made = job.text_job(job.new_job_id(time.time()), NUMBER, "Your code 123456", time.time())
    assert gateway("kannel-sendsms", kannel.sendsms).submit(made).taken
    assert "text Your code 123456" in kannel.until("123456")


def test_kannel_that_does_not_know_us_opens_the_circuit(kannel):
    there = gateway("kannel-sendsms", kannel.sendsms, sms_password="wrong")
    result = there.submit(wake())
    assert (result.outcome, result.broken) == (SendOutcome.PERMANENT, True)
    assert there.methods == frozenset()
    assert there.submit(wake()).reason == "circuit open"


def test_kannels_push_proxy_gateway_makes_the_push_itself(kannel):
    there = gateway("kannel-ppg", kannel.ppg)
    assert there.methods == {WAPSMS}
    assert there.submit(wake(cookie="wv:ppg.7777777")).outcome is SendOutcome.ACCEPTED
    _, number, udh, data = carried(kannel, "ppg.7777777")
    assert (number, udh) == (NUMBER, encoding.WAP_HEADER)
    # Its own form, with nothing of the HTTP request in it.
    assert data[1:] == VECTORS["wapudp.kannel-ppg"].octets.replace(b"wv:nokia.12345", b"wv:ppg.7777777")[1:]
    assert wsp_push.read_push(data).application == wsp_push.CIR_APPLICATION


def test_a_refused_document_is_refused_though_kannel_says_202(kannel):
    there = gateway("kannel-ppg", kannel.ppg)
    result = there.carrier._profile.judge(202, {}, b'<pap><badmessage-response code="2000"/></pap>')
    assert result.outcome is SendOutcome.PERMANENT
    assert gateway("kannel-ppg", kannel.ppg, sms_password="wrong").submit(wake()).broken


# --- a webhook ---


def test_the_request_of_a_webhook():
    with by_hand() as hook:
        made = wake()
        result = gateway("json", hook.url("/hook"), sms_report_url=REPORTS).submit(made)
        (asked,) = hook.asked
    assert (result.outcome, result.id) == (SendOutcome.ACCEPTED, "m1")
    assert asked.line == b"POST /hook HTTP/1.1"
    assert asked.headers["idempotency-key"] == made.id
    document = json.loads(asked.body)
    wanted = {"v": 1, "id": made.id, "kind": "cir", "method": "WAPSMS", "msisdn": NUMBER, "from": "100", "udh": "0605040b8423f0"}
    wanted |= {"payload": VECTORS["wapudp.short"].octets.hex(), "dcs": 4, "dest_port": 2948, "src_port": 9200, "app_id": 10}
    wanted |= {"content_type": wsp_push.CIR_CONTENT_TYPE, "text": "WVCI 1.2 wv:nokia.12345", "validity_s": 600}
    assert {name: document[name] for name in wanted} == wanted
    assert document["dlr"]["url"].startswith(f"{REPORTS}/hook/dlr?id={made.id}&sig=")
    said, _, digest = asked.headers["x-onesoup-signature"].partition(",v1=")
    signed = said.removeprefix("t=").encode() + b"." + asked.body
    assert digest == hmac.digest(b"soup", signed, hashlib.sha256).hex()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_was_certainly_not_taken_is_tried_again_with_the_same_key(status):
    with by_hand() as hook:
        hook.script = [answer(status), answer(status)]
        assert gateway("json", hook.url()).submit(wake()).outcome is SendOutcome.ACCEPTED
        keys = {each.headers["idempotency-key"] for each in hook.asked}
    assert len(hook.asked) == 3
    assert len(keys) == 1


def test_three_tries_are_enough():
    with HttpGateway(otherwise=answer(503)) as hook:
        assert gateway("json", hook.url()).submit(wake()).outcome is SendOutcome.TEMPORARY
    assert len(hook.asked) == 3


def test_no_try_after_its_time():
    with HttpGateway(otherwise=answer(429, Retry_After="60")) as hook:
        assert gateway("json", hook.url()).submit(wake()).outcome is SendOutcome.TEMPORARY
    assert len(hook.asked) == 1


def test_a_hanging_gateway_is_not_asked_twice(monkeypatch):
    """It may have taken the message, and nothing removes duplicates."""
    monkeypatch.setattr(carrier, "GATEWAY_TOTAL_SECONDS", 1.5)
    with HttpGateway(otherwise="hang") as hook:
        assert gateway("json", hook.url()).submit(wake()).outcome is SendOutcome.UNKNOWN
        assert len(hook.asked) == 1


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100),
    ],
)
def test_an_answer_that_never_ends_is_cut_off_at_a_size_and_delays_no_other_greenlet(first, again, monkeypatch):
    """Interim answers, trailers and a body without a length: http.client would read all of them for ever, without a pause."""
    monkeypatch.setattr(carrier, "GATEWAY_TOTAL_SECONDS", 170.0)  # so it is not the time that ends it
    reads, read = [], http_answers._FairReader.readinto
    monkeypatch.setattr(http_answers._FairReader, "readinto", lambda each, buffer: reads.append(1) or read(each, buffer))
    with flooding_server(first, again) as port:
        submitting = gevent.spawn(gateway("json", f"http://127.0.0.1:{port}/").submit, wake())
        most = most_between_turns(lambda: len(reads), lambda: not submitting.dead)
    assert submitting.get().outcome is (SendOutcome.ACCEPTED if b"x" in again else SendOutcome.UNKNOWN)
    assert most == 1


def test_a_gateway_that_closes_after_it_has_read_is_not_asked_twice():
    with HttpGateway(otherwise="close") as hook:
        assert gateway("json", hook.url()).submit(wake()).outcome is SendOutcome.UNKNOWN
        assert len(hook.asked) == 1


def test_a_gateway_that_is_not_there_is_tried_again_and_then_left_alone():
    with HttpGateway() as hook:
        url = hook.url()
    there = gateway("json", url)
    assert there.submit(wake()).reason == "cannot connect"
    there.submit(wake())
    assert there.methods == frozenset(), "no phone is promised an SMS now"
    assert there.submit(wake()).reason == "circuit open"


def looked_at(made, ready, within=30.0):
    """Waits until a carrier that looks for its gateway has seen what it is to see."""
    with gevent.Timeout(within):
        while made.carrier.ready() is not ready:
            gevent.sleep(0.01)


def test_no_phone_is_promised_an_sms_by_a_gateway_that_is_not_there_though_nothing_was_sent(monkeypatch):
    """At a wake-up an hour, the messages that fail come too late: phones would have stopped polling."""
    monkeypatch.setattr(carrier, "GATEWAY_LOOK_SECONDS", 0.02)
    with HttpGateway() as hook:
        there = gateway("kannel-sendsms", hook.url())
        there.carrier.start()
        looked_at(there, True)
        assert there.methods == {WAPSMS, SSMS, TEXT_SMS, job.DATA_SMS, job.SETTINGS_SMS}
        hook.stop()
        looked_at(there, False)
        assert there.methods == frozenset()
        assert there.wait() > 0, "and those that have agreed wait"
        again = StreamServer(("127.0.0.1", hook.port), lambda link, _place: link.close())
        again.start()
        looked_at(there, True)
        again.stop()
        there.carrier.stop()
    assert hook.asked == [], "looking asks nothing"


def test_a_message_that_finds_nobody_says_at_once_that_the_gateway_is_away(monkeypatch):
    monkeypatch.setattr(carrier, "GATEWAY_LOOK_SECONDS", 3600.0)
    with HttpGateway() as hook:
        there = gateway("json", hook.url())
        there.carrier.start()
        looked_at(there, True)
        hook.stop()
        assert there.submit(wake()).reason == "cannot connect"
        assert there.methods == frozenset()
        there.carrier.stop()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://sms.example.org/send?to={msisdn}", ("sms.example.org", 80, False)),
        ("https://user:p%40ss@sms.example.org:8443/{from}", ("sms.example.org", 8443, True)),
        ("https://[::1]/x", ("::1", 443, True)),
        ("https://{smsc}.example.org/send", None),
    ],
)
def test_where_it_is_looked_for_a_gateway(url, place):
    found = gateway_place(url)
    assert (None if found is None else (found.host, found.port, found.tls)) == place


def test_a_gateway_without_a_certificate_that_counts_is_not_there():
    with HttpGateway() as hook:
        assert gateway_place(hook.url().replace("http:", "https:")).unreachable()
        assert gateway_place(hook.url()).unreachable() == ""


@pytest.mark.parametrize(
    ("says", "event", "level"),
    [
        (answer(202, "0: Accepted for delivery"), "sms-submitted", "info"),
        (answer(202, "3: Queued for later delivery"), "sms-submitted", "info"),
        (answer(503, "later"), "sms-not-submitted", "warning"),
        (answer(404, "no"), "sms-not-submitted", "warning"),
        (answer(403, "Authorization failed for sendsms"), "sms-not-submitted", "warning"),
        ("close", "sms-unconfirmed", "warning"),
    ],
)
def test_the_log_says_submitted_only_of_what_was(says, event, level):
    with HttpGateway(otherwise=says) as hook, structlog.testing.capture_logs() as lines:
        gateway("kannel-sendsms", hook.url()).submit(wake())
    assert [(each["event"], each["log_level"]) for each in lines if "job" in each] == [(event, level)]


@pytest.mark.parametrize(
    ("status", "outcome", "broken"),
    [
        (201, SendOutcome.ACCEPTED, False),
        (409, SendOutcome.ACCEPTED, False),
        (400, SendOutcome.PERMANENT, False),
        (422, SendOutcome.PERMANENT, False),
        (401, SendOutcome.PERMANENT, True),
        (403, SendOutcome.PERMANENT, True),
        (302, SendOutcome.PERMANENT, False),
    ],
)
def test_what_a_webhook_can_say(status, outcome, broken):
    with HttpGateway(otherwise=answer(status, Location="http://127.0.0.1:1/")) as hook:
        result = gateway("json", hook.url()).submit(wake())
    assert (result.outcome, result.broken, len(hook.asked)) == (outcome, broken, 1)


def test_a_queued_message_is_taken():
    with HttpGateway(otherwise=answer(202, '{"status":"queued"}')) as hook:
        assert gateway("json", hook.url()).submit(wake()).outcome is SendOutcome.QUEUED


# --- Kannel's words, and a template ---


def test_the_request_line_for_kannel_is_the_vectors():
    with HttpGateway() as hook:
        there = gateway("kannel-sendsms", hook.url("/cgi-bin/sendsms"), sms_report_url=REPORTS)
        assert there.submit(wake()).taken
        (asked,) = hook.asked
    wanted = VECTORS["wapsms.kannel.sendsms"].octets
    before, after = wanted.split(b"&dlr-url=")[0], wanted[wanted.index(b"&udh=") :]
    assert asked.line.startswith(before)
    assert asked.line.endswith(after)
    assert set(asked.headers) <= {"host", "connection"}, "a PPG would copy them into the push"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, "0: Accepted for delivery", SendOutcome.ACCEPTED),
        (202, "3: Queued for later delivery", SendOutcome.QUEUED),
        (403, "Authorization failed for sendsms", SendOutcome.PERMANENT),
        (403, "Not routable. Do not try again.", SendOutcome.PERMANENT),
        (400, "Sender missing", SendOutcome.PERMANENT),
        (503, "Temporal failure, try again later.", SendOutcome.TEMPORARY),
        (500, "", SendOutcome.UNKNOWN),
    ],
)
def test_what_kannel_can_say(status, body, outcome):
    there = gateway("kannel-sendsms", "http://127.0.0.1:1/")
    result = there.carrier._profile.judge(status, {}, body.encode())
    assert (result.outcome, result.broken) == (outcome, body.startswith("Authorization"))


def test_a_template_of_the_operators_own():
    template = "/send?n={msisdn_digits}&h={udh_hex}&d={payload_hex}&i={id}&v={validity_s}"
    with HttpGateway(otherwise=answer(200, "OK id=77")) as hook:
        more = {"sms_ok": "^OK", "sms_id": r"id=(\d+)", "sms_temporary": "^BUSY", "sms_permanent": "^ERR"}
        there = gateway("url", hook.url(template), **more)
        made = wake()
        assert there.submit(made).id == "77"
        path = f"/send?n=15550100123&h=0605040B8423F0&d={made.payload.hex().upper()}&i={made.id}&v=600"
        assert hook.asked[0].line == f"GET {path} HTTP/1.1".encode()
        hook.script = [answer(200, "ERR 5")]
        assert there.submit(wake()).outcome is SendOutcome.PERMANENT
        hook.script = [answer(200, "BUSY"), answer(200, "OK id=78")]
        assert there.submit(wake()).id == "78"


def test_a_template_as_a_form():
    template = "/send?to={msisdn}&who={user}&pw={pass}&data={payload}"
    with HttpGateway(otherwise=answer(200, "OK")) as hook:
        there = gateway("url", hook.url(template), sms_post=True)
        made = wake()
        assert there.submit(made).taken
        (asked,) = hook.asked
        assert "pw=***" in there.carrier.render(made)
    assert asked.line == b"POST /send HTTP/1.1"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body.startswith(b"to=%2B15550100123&who=onesoup&pw=soup&data=%25%06%03%C6%AF%8AWVCI%20")


@pytest.mark.parametrize("template", ["/s?pw={pass}", "/s?pw={pass}&to={msisdn}", "/s?to={msisdn}&pw={pass}"])
@pytest.mark.parametrize("post", [True, False])
def test_a_password_of_any_characters_is_not_shown(template, post):
    there = gateway("url", f"http://h:1{template}", sms_password="p&ss w=rd", sms_post=post)
    shown = there.carrier.render(wake())
    assert "pw=***" in shown
    assert not {"p&ss", "p%26ss"} & {shown[place : place + size] for size in (4, 6) for place in range(len(shown))}


# --- SMPP ---


@pytest.fixture
def smsc():
    with Smsc() as running:
        yield running


@pytest.fixture
def linked(smsc):
    heard = []
    settings = Settings(sms_gateway="smpp", sms_url=smsc.url, sms_user="onesoup", sms_password="soup", sms_from="100")
    made = carrier.make_gateway(settings, KEY, lambda *report: heard.append(report))
    made._sleep, made.heard = (lambda _seconds: None), heard
    made.carrier.start()
    yield made
    made.carrier.stop()


def test_smpp_carries_a_push_octet_for_octet(smsc, linked):
    made = wake()
    result = linked.submit(made)
    assert (result.outcome, result.id) == (SendOutcome.ACCEPTED, "26")
    vector = VECTORS["wapsms.smpp.submit_sm.validity"].octets
    assert smsc.got[0][:12] == vector[:12]
    assert smsc.got[0][16:] == vector[16:], "all but the sequence number"


def test_smpp_with_ports_beside_the_text(smsc):
    settings = Settings(sms_gateway="smpp", sms_url=smsc.url, sms_password="soup", sms_from="100", sms_ports="tlv")
    made = carrier.make_gateway(settings, KEY)
    try:
        assert made.submit(wake()).taken
    finally:
        made.carrier.stop()
    assert smsc.got[0][16:] == VECTORS["wapsms.smpp.submit_sm.tlv"].octets[16:]


def test_a_text_over_smpp(smsc, linked):
    assert linked.submit(job.text_job(job.new_job_id(1), NUMBER, "Your code: 1", time.time())).taken
    read = pdus.read_submit(pdus.decode_pdu(smsc.got[0]))
    assert (read.data, read.data_coding, read.esm_class) == (b"Your code: 1", 0, pdus.ESM_CLASS_STORE_AND_FORWARD)


def test_a_receipt_comes_back_and_is_answered(smsc, linked):
    linked.submit(wake())
    smsc.receipt("1a")
    with gevent.Timeout(60):
        while not linked.heard or not smsc.answers:
            gevent.sleep(0.01)
    assert linked.heard == [("1a", "delivered", "000")]
    assert smsc.answers[0].command == pdus.DELIVER_SM_RESP


def test_the_smsc_asks_whether_we_live(smsc, linked):
    assert smsc.bound.wait(60)
    smsc.ask()
    with gevent.Timeout(60):
        while not smsc.answers:
            gevent.sleep(0.01)
    assert (smsc.answers[0].command, smsc.answers[0].sequence) == (pdus.ENQUIRE_LINK_RESP, 77)


def test_an_smsc_that_never_stops_leaves_others_their_turn(smsc, linked, monkeypatch):
    assert smsc.bound.wait(60)
    handled, handle = [], linked.carrier._handle
    monkeypatch.setattr(linked.carrier, "_handle", lambda pdu: handled.append(pdu) or handle(pdu))
    smsc.sock.send(pdus.encode_pdu(pdus.Pdu(pdus.ENQUIRE_LINK, 0, 77)) * 100_000)  # as much as the kernel takes
    assert most_between_turns(lambda: len(handled), lambda: len(handled) < 500) <= 2


def test_more_messages_than_are_taken_in_at_a_time_come_again_later(smsc, linked, monkeypatch):
    monkeypatch.setattr("cir.smpp.connection.MAX_PARALLEL_DELIVERIES", 2)
    taken = Event()
    linked.carrier._on_message = lambda _pdu: taken.wait(10)
    assert smsc.bound.wait(60)
    for number in range(3):
        smsc.deliver(b"hello", sequence=number + 1)
    with gevent.Timeout(60):
        while not smsc.answers:
            gevent.sleep(0.01)
        assert (smsc.answers[0].sequence, smsc.answers[0].status) == (3, pdus.STATUS_TEMPORARY_APP_ERROR)
        taken.set()
        while len(smsc.answers) < 3:
            gevent.sleep(0.01)
    assert {answer.status for answer in smsc.answers[1:]} == {pdus.STATUS_OK}


def test_a_pdu_that_does_not_end_in_time_breaks_the_connection(smsc, linked, monkeypatch):
    monkeypatch.setattr("cir.smpp.connection.RESPONSE_SECONDS", 0.3)
    assert smsc.bound.wait(60)
    pdu, sock = pdus.encode_pdu(pdus.Pdu(pdus.ENQUIRE_LINK, 0, 77, b"a" * 1000)), smsc.sock

    def drip() -> None:
        for byte in pdu:
            sock.sendall(bytes([byte]))
            gevent.sleep(0.05)

    with pytest.raises(OSError):  # noqa: PT011
        drip()  # all of it would take 50 s


def test_throttling_is_tried_again(smsc, linked):
    smsc.statuses = [pdus.STATUS_THROTTLED, pdus.STATUS_QUEUE_FULL]
    assert linked.submit(wake()).taken
    assert len(smsc.got) == 3


def test_throttling_halves_the_window_and_success_opens_it_again(smsc, linked):
    """Ten at once; the SMSC complains of the first two, and all are taken in the end."""
    assert smsc.bound.wait(60)
    window, widths = linked.carrier.window, []
    linked._sleep = lambda _seconds: widths.append(window.limit)
    smsc.statuses = [pdus.STATUS_THROTTLED] * 2
    sending = [gevent.spawn(linked.submit, wake()) for _ in range(10)]
    gevent.joinall(sending, timeout=60, raise_error=True)
    assert all(each.value.taken for each in sending)
    assert widths[0] in range(1, 6)
    assert window.limit >= widths[-1]
    before = window.limit
    for _ in range(window.most * window.most):
        assert linked.submit(wake()).taken
    assert (before <= window.limit, window.limit) == (True, window.most)


def test_a_refused_number_is_not(smsc, linked):
    smsc.statuses = [0x0B]
    assert linked.submit(wake()).outcome is SendOutcome.PERMANENT
    assert len(smsc.got) == 1
    assert linked.methods, "the gateway works"


def test_a_lost_answer_is_no_reason_to_send_again(smsc, linked):
    assert smsc.bound.wait(60)
    smsc.silent = True
    sending = gevent.spawn(linked.submit, wake())
    smsc.until(1)
    smsc.drop()
    assert sending.get(timeout=10).outcome is SendOutcome.UNKNOWN
    smsc.silent = False
    assert smsc.bound.wait(60), "it binds again by itself"
    assert linked.submit(wake()).taken
    assert len(smsc.got) == 2


def test_a_refused_bind_opens_the_circuit(smsc, linked, monkeypatch):
    smsc.password = "another"
    settings = Settings(sms_gateway="smpp", sms_url=smsc.url, sms_password="soup", sms_from="100")
    made = carrier.make_gateway(settings, KEY)
    made._sleep = lambda _seconds: None
    monkeypatch.setattr("cir.smpp.connection.SMPP_CONNECT_SECONDS", 1.0)
    try:
        made.submit(wake())
        with gevent.Timeout(60):
            while not made.carrier.refused:
                gevent.sleep(0.01)
        assert made.methods == frozenset()
    finally:
        made.carrier.stop()


def test_what_goes_out_can_be_shown_without_the_password():
    for kind, url in (
        ("kannel-sendsms", "http://h:1/s"),
        ("kannel-ppg", "http://h:1/p"),
        ("json", "http://h:1/j"),
        ("smpp", "smpp://h:1"),
    ):
        shown = gateway(kind, url).carrier.render(wake())
        assert "=soup&" not in shown
        assert "b25lc291cDpzb3Vw" not in shown
    assert bytes.fromhex(shown)[16:] == VECTORS["wapsms.smpp.submit_sm.validity"].octets[16:]
    assert wvci.wvci_text("1.2", COOKIE) in bytes.fromhex(shown)
    assert TEXT_SMS in gateway("json", "http://h:1/").methods
