"""From the queue of settings documents to the gateway, on a real Redis: the budget, and what a crash leaves."""

import json
import time
from dataclasses import replace

import gevent
import pytest

from cir.engine import Engine
from cir.sms import carrier, encoding
from cir.sms.outgoing import SMS_SENT, SmsSender
from cir.sms.settings_sender import SettingsSender
from onesoup.provisioning import push, wbxml
from onesoup.provisioning.documents import AccessPoint, ImpsSettings, document
from onesoup.provisioning.signature import Security, sign
from onesoup.settings import Settings
from onesoup.store import keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.redis.client import connect
from onesoup.store.session.shards import Shards
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.ota_queue import SettingsJob, SettingsQueue
from onesoup.store.wakeup.sms_budget import SmsBudget, SmsJobs, SmsLimits, SmsRefusal
from onesoup.store.wakeup.wakes import WakeStore
from tests.support.gateways import HttpGateway, answer

ALICE, NUMBER, PIN = "alice@example.org", "+15550100123", "4711"
RING = KeyRing([("k1", b"k" * 32)])
TAKEN, AWAY, REFUSED = answer(200, '{"status":"accepted"}'), answer(503), answer(400)
SETTINGS = ImpsSettings("http://imps.example.org/", f"wv:{ALICE}", "secret", access_point=AccessPoint("internet"))
DOCUMENT = wbxml.encode(document(SETTINGS))
SIGNATURE = sign(DOCUMENT, Security.USERPIN, PIN)
UNIT = push.push_unit(DOCUMENT, SIGNATURE)
PARTS = len(list(push.messages(UNIT, 0)))


class Station:
    """An engine without its process, and a number that Alice has proved."""

    def __init__(self, url, hook, limits=None, **more):
        self.client, self.limits = connect(url), limits or SmsLimits(rate=10_000)
        self.queue, self.numbers = SettingsQueue(self.client, RING), PhoneNumbers(self.client)
        self.budget = SmsBudget(self.client, self.limits)
        rate = {"sms_rate": self.limits.rate}
        asked = {"sms_gateway": "json", "sms_url": hook.url(), "sms_prefixes": ("+1555",), "sms_from": "100"}
        settings = Settings(**asked | rate | more)
        self.gateway = carrier.make_gateway(settings, b"k" * 32)
        self.gateway._sleep = lambda _seconds: None
        outgoing = SmsSender(settings, self.budget, SmsJobs(self.client), self.gateway)
        self.sender = SettingsSender(settings, self.queue, self.numbers, outgoing)
        wakes, shards, lines = WakeStore(self.client), Shards(self.client), CirProcesses(self.client)
        self.engine = Engine(settings, wakes, self.numbers, shards, lines, outgoing, None, self.sender)
        self.numbers.learn(ALICE, NUMBER, "code")

    def ask(self, **more):
        """Somebody has asked for settings on the account page; the engine hears of it."""
        assert self.queue.allow(ALICE, NUMBER)
        until = int(time.time()) + 120
        wanted = SettingsJob(ALICE, NUMBER, DOCUMENT, SIGNATURE.security, SIGNATURE.mac, until)
        self.queue.send(replace(wanted, **more))
        return self

    def hear(self):
        self.engine.news(b"code")
        self.engine.drain(20)

    def used(self):
        """What number, user and gateway have had today, and how many documents the account."""
        times = self.client.zcard(f"smst:{{{NUMBER}}}")
        counters = (keys.account(ALICE, "smsday"), "cir:smsday:json", keys.account(ALICE, "ota"))
        return (times, *(int(self.client.get(name) or 0) for name in counters))


@pytest.fixture
def hook():
    with HttpGateway(otherwise=TAKEN) as running:
        yield running


@pytest.fixture
def station(redis_server, hook):
    connect(redis_server.url).flushall()
    return lambda **more: Station(redis_server.url, hook, **more)


def arrived(hook):
    """What the phone makes of all messages."""
    told = [json.loads(each.body) for each in hook.asked]
    read = [encoding.read_user_data(bytes.fromhex(each["udh"] + each["payload"])) for each in told]
    assert {each["msisdn"] for each in told} == {NUMBER}
    return b"".join(each.payload for each in sorted(read, key=lambda each: each.part))


def test_settings_that_were_asked_for_go_out_in_parts(station, hook):
    before = SMS_SENT.labels("settings")._value.get()
    here = station().ask()
    here.hear()
    assert arrived(hook) == UNIT
    assert here.used() == (PARTS, PARTS, PARTS, 1)
    assert SMS_SENT.labels("settings")._value.get() - before == PARTS
    here.hear()
    assert len(hook.asked) == PARTS


def test_a_code_just_before_does_not_hold_settings_back(station, hook):
    """Whoever has proved the number a minute ago asks for settings: neither the gap nor the hour's six stand in the way."""
    here = station(limits=SmsLimits(rate=10_000))
    assert not isinstance(here.budget.claim(NUMBER, ALICE, "json", "code", None), SmsRefusal)
    here.ask().hear()
    here.ask().hear()
    assert len(hook.asked) == 2 * PARTS > here.limits.per_hour


@pytest.mark.parametrize("limits", [SmsLimits(per_day=PARTS), SmsLimits(user_per_day=PARTS), SmsLimits(total_per_day=PARTS)])
def test_with_one_message_too_few_left_none_is_sent(station, hook, limits):
    here = station(limits=replace(limits, gap=0, per_hour=1000, rate=10_000))
    assert here.budget.claim(NUMBER, ALICE, "json", "j", None) == 1
    here.ask().hear()
    assert hook.asked == []
    assert here.used() == (1, 1, 1, 0), "none of it is charged, and it may be asked for again"


def test_a_number_that_nothing_reaches_gets_none(station, hook):
    here = station()
    here.client.hset(f"sms:{{{NUMBER}}}", "until", int(time.time() * 1000) + 60_000)
    here.ask().hear()
    assert (hook.asked, here.used()) == ([], (0, 0, 0, 0))


def test_a_slow_gateway_gets_them_at_its_pace(station, hook):
    here, began = station(limits=SmsLimits(rate=2.0)), time.monotonic()
    here.ask().hear()
    assert arrived(hook) == UNIT
    assert time.monotonic() - began > (PARTS - 2) / 2.0 - 0.1


def test_a_gateway_too_slow_for_the_whole_document_gets_none_of_it(station, hook):
    here = station(limits=SmsLimits(rate=0.01))
    here.ask().hear()
    assert (hook.asked, here.used()) == ([], (0, 0, 0, 0))


def test_turns_that_others_take_end_it_when_it_is_too_late(station, hook, monkeypatch):
    """The rest of the document is not paid for."""
    here = station(limits=SmsLimits(rate=PARTS)).ask()
    out, turn = here.sender._outgoing, here.sender._outgoing.turn

    def behind_others() -> float:
        if len(hook.asked) == PARTS - 2:
            here.client.hset("cir:smsrate:json", "n", "-1000")
        return turn()

    monkeypatch.setattr(out, "turn", behind_others)
    here.hear()
    assert len(hook.asked) == PARTS - 2
    assert here.used() == (PARTS - 2, PARTS - 2, PARTS - 2, 1)


@pytest.mark.parametrize("refusal", [AWAY, REFUSED])
def test_a_part_that_was_certainly_not_taken_costs_nothing_and_ends_the_document(station, hook, refusal):
    hook.script = [TAKEN, TAKEN]
    hook.otherwise = refusal
    here = station().ask()
    here.hear()
    assert len({each.headers["idempotency-key"] for each in hook.asked}) == 3, "nothing is sent behind a part that is missing"
    assert here.used() == (2, 2, 2, 1)


def test_a_part_that_is_taken_at_the_second_try_is_one_part(station, hook):
    hook.script = [TAKEN, AWAY, TAKEN]
    here = station().ask()
    here.hear()
    assert len({each.headers["idempotency-key"] for each in hook.asked}) == PARTS == len(hook.asked) - 1
    assert here.used() == (PARTS, PARTS, PARTS, 1)


def test_a_part_that_may_have_been_taken_is_paid_for_and_not_sent_again(station, hook):
    hook.script = [TAKEN, "close"]
    here = station().ask()
    here.hear()
    assert len(hook.asked) == PARTS
    assert here.used() == (PARTS, PARTS, PARTS, 1)


def test_a_document_that_no_part_was_taken_of_may_be_asked_for_again(station, hook):
    hook.otherwise = REFUSED
    here = station().ask()
    here.hear()
    assert here.used() == (0, 0, 0, 0)


def test_a_process_that_dies_between_two_parts_sends_nothing_twice(station, hook):
    hook.script = [TAKEN, "hang"]
    here = station().ask()
    dying = gevent.spawn(here.sender.send_waiting)
    hook.until(2)
    dying.kill()
    other = station()
    other.hear()
    other.engine.send_settings()
    other.engine.drain(20)
    assert len(hook.asked) == 2
    assert other.used() == (PARTS, PARTS, PARTS, 1), "what may have gone out stays paid for"


def test_two_processes_do_not_send_the_same_document(station, hook):
    one, other = station().ask(), station()
    gevent.joinall([gevent.spawn(each.hear) for each in (one, other)], timeout=60, raise_error=True)
    assert arrived(hook) == UNIT


def test_a_number_that_is_not_proved_any_more_gets_none(station, hook):
    here = station().ask()
    here.numbers.forget(ALICE, NUMBER)
    here.hear()
    assert (hook.asked, here.used()) == ([], (0, 0, 0, 0))


@pytest.mark.parametrize(
    "wrong",
    [{"until": 1}, {"document": b"x" * (push.MAX_PART_BYTES * 9)}, {"security": 9}, {"jid": "bob@example.org"}],
    ids=["too late", "too long", "no security", "of somebody else"],
)
def test_a_job_that_cannot_be_sent_is_passed_over(station, hook, wrong):
    here = station()
    here.ask(**wrong)
    here.ask()
    here.hear()
    assert arrived(hook) == UNIT


def test_no_country_that_is_not_allowed(station, hook):
    here = station(sms_prefixes=("+44",))
    here.ask().hear()
    assert (hook.asked, here.used()) == ([], (0, 0, 0, 0))


def test_settings_wait_for_a_gateway_that_is_away(station, hook):
    """And go when it works again, without further news."""
    here = station().ask()
    here.gateway.breaker.trip(time.time())
    here.hear()
    assert hook.asked == []
    assert "SETTINGS" not in here.engine.bearers(), "nobody is promised settings now"
    here.gateway.breaker.good(time.time())
    here.engine.send_settings()
    here.engine.drain(20)
    assert arrived(hook) == UNIT
    assert {"SMS", "SETTINGS"} <= here.engine.bearers()


def test_a_gateway_that_cannot_carry_settings_is_not_given_any(station, hook):
    """Nothing is charged, and the account page does not offer it."""
    here = station(sms_gateway="url", sms_url=hook.url("/s?to={msisdn}&t={text}"))
    here.ask().hear()
    assert hook.asked == []
    assert here.used() == (0, 0, 0, 1)
    assert here.engine.bearers() == {"WAPSMS", "SSMS", "SMS"}
    assert here.queue.next_to_send() is not None, "another process may have a gateway that can"
