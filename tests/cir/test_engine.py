"""The engine on a real Redis, with a gateway that is a real HTTP server and a phone that listens for datagrams."""

import json
import socket
import time
from dataclasses import replace

import gevent
import pytest
from gevent.event import Event

from cir import wvci
from cir.engine import Engine
from cir.sms import carrier, wsp_push
from cir.sms.outgoing import SmsSender
from cir.udp import UdpSender
from onesoup.csp.session import Capabilities, Session
from onesoup.observability import history_notes
from onesoup.observability.history_notes import HistoryNotes
from onesoup.observability.request_id import continued_request, current_request
from onesoup.runtime.ports import free_port
from onesoup.settings import Settings
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.history import History
from onesoup.store.redis.client import connect
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.store.session.request_effects import SessionUpdate, WakeAddress
from onesoup.store.session.session_records import SessionRecords
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Shards
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.sms_budget import SmsBudget, SmsJobs, SmsLimits
from onesoup.store.wakeup.wakes import WAKE_TIMERS_KEY, WakeStore
from tests.support.gateways import HttpGateway, answer

SID, COOKIE, NUMBER = "a7phone", "wv:nokia.1", "+15550100123"
KEY = b"k" * 32
TAKEN = answer(200, '{"status":"accepted","message_id":"m1"}')


class Station:
    """An engine without its process, and one session."""

    def __init__(self, url, hook, limits=None, udp=False):
        self.client = connect(url)
        self.feed, self.inbox = HolderSessionStore(self.client), Inbox(self.client, RedeliveryPolicy())
        self.wakes, self.jobs, self.numbers = WakeStore(self.client), SmsJobs(self.client), PhoneNumbers(self.client)
        self.settings = Settings(
            sms_gateway="json", sms_url=hook.url(), sms_prefixes=("+1555",), sms_from="100", udp_nets=("127.0.0.0/8",)
        )
        gateway = carrier.make_gateway(self.settings, KEY)
        gateway._sleep = lambda _seconds: None
        self.datagrams = UdpSender("127.0.0.1", free_port(), free_port(), "short") if udp else None
        budget = SmsBudget(self.client, limits or SmsLimits(gap=0, rate=10_000))
        self.engine = Engine(
            self.settings,
            self.wakes,
            self.numbers,
            Shards(self.client),
            CirProcesses(self.client),
            SmsSender(self.settings, budget, self.jobs, gateway),
            self.datagrams,
        )
        self.key = f"s:{{{SID}}}"

    def session(self, methods=("WAPSMS",), port=3717, number=NUMBER, address="127.0.0.1"):
        session = Session("alice@x", "wv:alice@x", "1.2", "r", cookie=COOKIE)
        self.feed.create(SID, NewSession(records.pack_session(session), 1, 600_000))
        update = SessionUpdate(
            capabilities=Capabilities(methods=methods),
            has_other_bearers=True,
            wake_address=WakeAddress(port, number, address, poll_min=10),
        )
        self.client.hset(self.key, mapping=update.pack())
        return self

    def deliver(self, *ids):
        self.feed.store(SID, 1, StreamChanges(items=[Delivery(each, "romeo@x", b"secret words") for each in ids]))

    def age(self, seconds):
        """The outstanding wake, and what was tried for it, is so much older."""
        wake = self.client.hget(self.key, "cir").decode()
        older = f"{wake[0]}{int(wake[1:]) - seconds * 1000}"
        tries = self.wakes.facts(SID).tries
        self.client.hset(self.key, "cir", older)
        if tries is not None and tries.wake == wake:
            ms = seconds * 1000
            times = {name: max(getattr(tries, name) - ms, 0) for name in ("udp_at", "first_udp_at", "sms_at")}
            self.wakes.note_tries(SID, replace(tries, wake=older, **times))

    def later(self):
        """What had to wait may go now."""
        self.wakes.note_tries(SID, replace(self.wakes.facts(SID).tries, not_before=0))

    def step(self, seconds=0):
        if seconds:
            self.age(seconds)
        return self.engine.step(SID)

    def until_due(self):
        with gevent.Timeout(60):
            while not self.client.zcard(WAKE_TIMERS_KEY):
                gevent.sleep(0.01)

    def close(self):
        if self.datagrams is not None:
            self.datagrams.close()


@pytest.fixture
def hook():
    with HttpGateway(otherwise=TAKEN) as running:
        yield running


@pytest.fixture
def station(redis_server, hook):
    connect(redis_server.url).flushall()
    made = []

    def make(**more):
        made.append(Station(redis_server.url, hook, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_message_wakes_by_sms_after_the_batch(station, hook):
    here = station().session()
    here.deliver("m1", "m2")
    wait = here.step()
    assert 0 < wait <= 3000
    assert hook.asked == []
    assert here.step(4) == 0
    (asked,) = hook.asked
    document = json.loads(asked.body)
    assert (document["msisdn"], document["method"], document["text"]) == (NUMBER, "WAPSMS", f"WVCI 1.2 {COOKIE}")
    assert wsp_push.read_push(bytes.fromhex(document["payload"])).body == wvci.wvci_text("1.2", COOKIE)
    assert b"secret" not in asked.body
    assert here.step() > 800_000, "then it is waited for"


def test_a_wake_works_for_the_request_that_it_comes_from(station, hook, monkeypatch):
    here, seen = station().session(), []
    outgoing = here.engine._outgoing
    submit = outgoing.submit
    monkeypatch.setattr(outgoing, "submit", lambda *args: (seen.append(current_request()), submit(*args))[1])
    with continued_request("5bc0e6aa8a5e4a3b"):
        here.deliver("m1")
    here.step(4)
    assert seen == ["5bc0e6aa8a5e4a3b"]


def test_what_the_gateway_reports_of_an_sms_counts_for_the_phone(station, hook):
    """Off while both were sent: nothing is held against SMS, and the phone gets the time that the carrier has."""
    here = station().session()
    here.deliver("m1")
    here.step(4)
    here.step(900)
    first, second = (json.loads(each.body)["id"] for each in hook.until(2))
    here.jobs.report(first, "failed")
    here.jobs.report(second, "buffered")
    assert here.step(130) > 500_000
    here.jobs.report(second, "failed")
    assert here.step(600) is None
    assert not here.client.exists("bad:{alice@x}")


def test_news_and_timers_lead_there_by_themselves(station, hook, monkeypatch):
    monkeypatch.setattr("cir.bearer_policy.SMS_DELAY_MS", 100)
    here = station().session()
    runner = gevent.spawn(here.engine.queue.run)
    here.deliver("m1")
    here.engine.news(f"m {SID}".encode())
    hook.until(1)
    runner.kill()


def test_the_next_wake_begins_anew(station, hook):
    here = station().session()
    here.deliver("m1")
    assert here.step(4) == 0
    here.inbox.take(SID)
    here.deliver("m2")
    assert here.step(4) == 0
    assert len(hook.until(2)) == 2


def test_a_phone_that_has_come_is_not_woken(station, hook):
    here = station().session()
    here.deliver("m1")
    here.inbox.take(SID)
    assert here.engine.step(SID) is None
    assert hook.asked == []


def test_a_phone_with_a_line_is_given_a_minute_and_one_whose_process_died_is_not(station, hook):
    here = station().session(methods=("STCP", "WAPSMS"))
    here.client.hset(here.key, "stcp", "cir:1")
    CirProcesses(here.client).register("cir:1", 60_000)
    here.deliver("m1")
    assert here.step(4) > 50_000
    CirProcesses(here.client).leave("cir:1")
    here.engine.forget_processes()
    assert here.step() == 0
    assert len(hook.asked) == 1


def test_no_sms_for_presence_without_a_number_or_to_a_country_that_is_not_allowed(station, hook):
    here = station()
    for number in ("", "+447700900123"):
        here.session(number=number)
        here.deliver(f"m{number}")
        assert here.step(4) is None
    here.session(methods=())
    here.deliver("m9")
    assert here.step(4) is None
    assert hook.asked == []


def test_a_flood_costs_six_messages_an_hour(station, hook):
    """Ten thousand messages to a phone that comes for each wake."""
    here = station(limits=SmsLimits(gap=0, rate=10_000)).session()
    for turn in range(20):
        here.deliver(*(f"m{turn}-{n}" for n in range(500)))
        for _ in range(3):
            here.step(4)
        here.inbox.take(SID)
        here.client.delete(f"q:{{{SID}}}", f"i:{{{SID}}}")
    assert len(hook.asked) == 6


def test_a_phone_that_never_comes_costs_two(station, hook):
    here = station().session()
    here.deliver("m1")
    for _ in range(20):
        here.step(1000)
    assert len(hook.asked) == 2
    assert here.engine.step(SID) is None
    here.deliver("m2")  # long after: a new wake, and the number has still not answered
    for _ in range(5):
        here.step(1000)
    assert len(hook.asked) == 2


def test_what_never_worked_is_not_agreed_again(station, hook):
    here = station()
    for turn in range(3):
        here.client.delete("sms:{" + NUMBER + "}", "smst:{" + NUMBER + "}")
        here.session()
        here.deliver(f"m{turn}")
        for _ in range(5):
            if here.client.hget(here.key, "cir"):
                here.step(1000)
        here.client.delete(here.key)
    assert here.wakes.bad_bearers("alice@x") == {"WAPSMS"}


def test_a_gateway_that_fails_costs_nothing(station, hook):
    hook.otherwise = answer(503)
    here = station().session()
    here.deliver("m1")
    here.step(4)
    assert len(hook.asked) == 3
    assert here.client.zcard("smst:{" + NUMBER + "}") == 0
    assert here.client.get("cir:smsday:json") == b"0"


def test_what_a_gateway_has_not_taken_is_no_try_and_goes_when_it_works_again(station, hook):
    """Otherwise a phone that sleeps while the gateway is away for a minute would sleep on for a quarter of an hour."""
    hook.otherwise = answer(503)
    here = station().session()
    here.deliver("m1")
    assert here.step(4) == 0
    assert 20_000 < here.step() <= 31_000
    assert here.wakes.facts(SID).tries.sms == 0
    hook.otherwise = TAKEN
    asked = len(hook.asked)
    here.later()
    assert here.step() == 0
    assert len(hook.asked) == asked + 1
    assert here.wakes.facts(SID).tries.sms == 1


def test_a_broken_gateway_is_passed_over_and_tried_again_by_a_wake_that_waits(station, hook):
    """Nobody else would close the circuit: no phone is promised an SMS while it is open."""
    here = station().session()
    breaker = here.engine._outgoing.gateway.breaker
    breaker.trip(time.time())
    assert "WAPSMS" not in here.engine.bearers()
    here.deliver("m1")
    assert here.step(4) == 0
    assert 20_000 < here.step() <= 30_000
    assert hook.asked == []
    breaker.open_until = 0.0
    here.later()
    assert here.step() == 0
    assert len(hook.asked) == 1
    assert "WAPSMS" in here.engine.bearers()


def test_other_bearers_do_not_wait_for_a_gateway_that_is_broken(station, hook):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(60)
        here = station(udp=True).session(methods=("SUDP", "WAPSMS"), port=phone.getsockname()[1])
        here.engine._outgoing.gateway.breaker.trip(time.time())
        here.deliver("m1")
        here.step(4)
        assert phone.recv(100).startswith(b"WVCI")
    assert hook.asked == []


def test_a_process_that_dies_before_the_gateway_answers_sends_nothing_twice(station, hook):
    """Killed in the middle: another process takes the step up."""
    hook.otherwise = "hang"
    here = station().session()
    here.deliver("m1")
    here.age(4)
    dying = gevent.spawn(here.engine.step, SID)
    hook.until(1)
    dying.kill()
    hook.otherwise = TAKEN
    other = station(limits=SmsLimits(gap=0, rate=10_000))
    for _ in range(3):
        assert other.engine.step(SID) > 0
    assert len(hook.asked) == 1


def test_two_processes_do_not_take_the_same_step(station, hook):
    one, two = station().session(), station()
    one.deliver("m1")
    one.age(4)
    one.wakes.due.soon(SID, 0)
    one.engine.queue.take_due()
    two.engine.queue.take_due()
    one.engine.drain(10)
    two.engine.drain(10)
    assert len(hook.asked) == 1


def test_the_sweep_finds_what_no_news_told_of(station, hook):
    here = station().session()
    Shards(here.client).add(0xA7, SID)
    here.deliver("m1")
    assert here.client.zcard(WAKE_TIMERS_KEY) == 0
    here.engine.sweep()
    assert here.client.zcard(WAKE_TIMERS_KEY) == 1


def test_after_a_gap_lost_wakes_are_found_at_once(station, hook):
    here, other = station().session(), station()
    Shards(here.client).add(0xA7, SID)
    other.engine.sweep()  # the long time between two sweeps has just begun
    here.deliver("m1")
    here.engine.sweep()
    assert here.client.zcard(WAKE_TIMERS_KEY) == 0
    here.engine.on_gap()
    here.until_due()


def test_another_ones_sweep_does_not_count_for_what_was_missed_since(station, hook):
    here, other = station().session(), station()
    Shards(here.client).add(0xA7, SID)
    other.engine._gap = True
    other.engine.sweep()
    here.deliver("m1")
    here.engine._gap = True
    here.engine.sweep()
    assert here.client.zcard(WAKE_TIMERS_KEY) == 0
    here.client.delete("cir:sweep:gap")  # seconds later
    here.engine.sweep()
    assert here.client.zcard(WAKE_TIMERS_KEY) == 1


# --- datagrams ---


@pytest.fixture
def phone():
    """Where a phone listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(60)
        yield sock


def test_sudp_goes_to_the_phones_port_three_times_and_then_an_sms(station, hook, phone):
    here = station(udp=True).session(methods=("SUDP", "WAPSMS"), port=phone.getsockname()[1])
    here.deliver("m1")
    for seconds in (0, 10, 30):
        assert here.step(seconds) == 0
        assert phone.recv(512) == b"WVCI 1.2 wv:nokia.1"
    assert hook.asked == []
    here.step(30)
    assert len(hook.asked) == 1


def test_wapudp_goes_to_the_port_of_wap_push(station, hook, monkeypatch, phone):
    monkeypatch.setattr(wsp_push, "WAP_PUSH_PORT", phone.getsockname()[1])
    here = station(udp=True).session(methods=("WAPUDP",))
    here.deliver("m1")
    here.step(1)
    octets, source = phone.recvfrom(512)
    assert wsp_push.read_push(octets).body == b"WVCI 1.2 wv:nokia.1"
    assert source[1] == here.datagrams._sockets["WAPUDP"].getsockname()[1]


def test_an_address_where_no_datagram_arrives_is_left_alone(station, phone):
    here = station(udp=True)
    here.session(methods=("SUDP",), port=phone.getsockname()[1])
    for turn in range(3):
        here.deliver(f"m{turn}")
        for seconds in (6, 10, 30, 100):
            here.step(seconds)
        item = here.inbox.take(SID, address="127.0.0.1")  # it lives, and comes late
        here.inbox.take(SID, answered=item.tid, message_id=item.id)
        here.engine.step(SID)
    assert here.wakes.facts(SID).deaf >= 2
    here.deliver("m9")
    assert here.step(1) is None
    here.inbox.take(SID, address="127.0.0.2")
    assert here.wakes.facts(SID).deaf == 0


def test_one_address_gets_few_datagrams(station, phone):
    sender = station(udp=True).datagrams
    port = phone.getsockname()[1]
    assert sum(sender.send("SUDP", "127.0.0.1", port, "1.2", "c") for _ in range(50)) == 20


# --- codes ---


def test_a_code_goes_out_once_and_inside_the_budget(station, hook):
    here = station(limits=SmsLimits())
    job = {"number": NUMBER, "jid": "alice@x", "text": "Your code: 1", "until": int(time.time()) + 60}
    for _ in range(100):
        here.numbers.send(records.pack_command(job))
    here.engine.news(b"code")
    here.engine.drain(20)
    (asked,) = hook.asked
    document = json.loads(asked.body)
    assert (document["kind"], document["text"], document["msisdn"]) == ("code", "Your code: 1", NUMBER)


def test_a_code_that_could_not_be_sent_does_not_count(station, hook):
    """The second comes too soon after the first for the number's budget: it may be asked for again."""
    here = station(limits=SmsLimits())
    for _ in range(5):
        assert here.numbers.issue("alice@x", NUMBER, "123456")
        job = {"number": NUMBER, "jid": "alice@x", "text": "Your code: 123456", "until": int(time.time()) + 60}
        here.numbers.send(records.pack_command(job))
        here.engine.news(b"code")
        here.engine.drain(20)
    assert len(hook.asked) == 1


def test_a_process_that_leaves_begins_nothing_while_a_code_is_on_its_way(station, hook):
    here, on_its_way = station().session(), Event()
    here.engine._codes_out.spawn(on_its_way.wait)
    leaving = gevent.spawn(here.engine.drain, 20)
    gevent.sleep(0)
    here.engine.queue.schedule(SID, 0)
    here.engine.queue.take_due()
    assert here.client.zscore(WAKE_TIMERS_KEY, SID) <= time.time() * 1000, "it is there for another process"
    assert not leaving.dead
    on_its_way.set()
    leaving.get(timeout=60)


def test_a_code_does_not_go_to_a_country_that_is_not_allowed(station, hook):
    here = station()
    job = {"number": "+447700900123", "jid": "alice@x", "text": "Your code: 1", "until": int(time.time()) + 60}
    here.numbers.send(records.pack_command(job))
    here.engine.news(b"code")
    here.engine.drain(20)
    assert hook.asked == []


# --- what `onesoup history` is told ---


@pytest.fixture
def known(redis_server, monkeypatch):
    """(bearer, outcome, why, times) of the wake-ups of alice, or of her number."""
    client = connect(redis_server.url)
    kept = History(client, KeyRing([("k1", KEY)]), 3600)
    monkeypatch.setattr(history_notes, "_notes", HistoryNotes(kept, SessionRecords(client)))

    def look(number=""):
        history_notes.stop_history()
        now = int(time.time())
        found = kept.of_number(number, now) if number else kept.of_account("alice@x", now)
        return {(event.bearer, event.reason, event.detail, event.times) for event in found}

    yield look
    client.close()


def test_the_history_has_each_wake_up_with_what_became_of_it(station, hook, phone, known):
    here = station(udp=True).session(methods=("SUDP", "WAPSMS"), port=phone.getsockname()[1])
    here.deliver("m1")
    for seconds in (0, 10, 30, 30):
        here.step(seconds)
    for _ in range(5):
        here.step(1000)
    datagrams, sms = ("sudp", "sent", "", 3), ("wapsms", "accepted", "accepted", 2)
    assert known() == {datagrams, sms, ("all", "unanswered", "SUDP,WAPSMS", 1)}
    assert known(NUMBER) == {sms}


def test_the_history_says_why_no_sms_went_out(station, hook, known):
    here = station(limits=SmsLimits(per_hour=0)).session()
    here.deliver("m1")
    here.step(4)
    assert known(NUMBER) == known() == {("wapsms", "refused", "hour", 1)}


def test_the_history_says_that_the_gateway_took_no_sms(station, hook, known):
    hook.otherwise = answer(503)
    here = station().session()
    here.deliver("m1")
    here.step(4)
    assert known(NUMBER) == {("wapsms", "failed", "temporary", 1)}
