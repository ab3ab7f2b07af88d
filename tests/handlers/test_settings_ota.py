"""Settings by SMS up to the queue of the CIR processes: to whom they go, how often, and what is handed over."""

from dataclasses import replace

import pytest

from onesoup.handlers.settings_ota import Offered, new_pin, offer, signed
from onesoup.provisioning import push, wbxml
from onesoup.provisioning.documents import AccessPoint, ImpsSettings, settings_of
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Security, Signature, sign
from onesoup.store import bounds

ALICE, NUMBER = "alice@example.org", "+15550100123"
SETTINGS = ImpsSettings(url="http://imps.example.org/", user_id=f"wv:{ALICE}", access_point=AccessPoint("internet"))


@pytest.fixture
def sms(services):
    """An SMS gateway lives, and the number is proved."""
    services.policy = replace(services.policy, sms_prefixes=("+1555",))
    services.lines.register("cir:1", 60_000, ["SMS", "SETTINGS"])
    services.numbers.learn(ALICE, NUMBER, "code")
    return services


def test_a_document_is_handed_over_with_its_signature(sms):
    assert offer(sms, ALICE, NUMBER, SETTINGS, "4711") is Offered.SENT
    job = sms.settings_queue.next_to_send()
    assert (job.jid, job.number) == (ALICE, NUMBER)
    assert settings_of(wbxml.decode(job.document))[0].user_id == f"wv:{ALICE}"
    signature = Signature(Security(job.security), job.mac)
    assert signature == sign(job.document, Security.USERPIN, "4711")
    assert len(list(push.messages(push.push_unit(job.document, signature), 7))) >= 2


def test_only_a_proved_number_gets_settings(sms):
    assert offer(sms, ALICE, "+15550100124", SETTINGS, "4711") is Offered.NO_NUMBER
    assert offer(sms, "bob@example.org", NUMBER, SETTINGS, "4711") is Offered.NO_NUMBER
    assert sms.settings_queue.next_to_send() is None


def test_a_country_that_is_not_allowed_gets_none(sms):
    sms.numbers.learn(ALICE, "+447700900123", "code")
    assert offer(sms, ALICE, "+447700900123", SETTINGS, "4711") is Offered.NOT_SERVED


def test_without_a_gateway_nothing_is_offered(sms):
    sms.lines.leave("cir:1")
    assert offer(sms, ALICE, NUMBER, SETTINGS, "4711") is Offered.NOT_SERVED


def test_few_a_day(sms):
    assert [offer(sms, ALICE, NUMBER, SETTINGS, "4711") for _ in range(4)] == [Offered.SENT] * 3 + [Offered.TOO_OFTEN]


def test_what_a_full_queue_refuses_does_not_count(sms, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_SETTINGS", 0)
    assert offer(sms, ALICE, NUMBER, SETTINGS, "4711") is Offered.TOO_OFTEN
    monkeypatch.undo()
    assert [offer(sms, ALICE, NUMBER, SETTINGS, "4711") for _ in range(4)] == [Offered.SENT] * 3 + [Offered.TOO_OFTEN]


def test_settings_that_sms_cannot_carry_are_refused_before_anything_counts(sms):
    long = replace(SETTINGS, access_point=AccessPoint("a" * 1200))
    with pytest.raises(ProvisioningError):
        offer(sms, ALICE, NUMBER, long, "4711")
    with pytest.raises(ProvisioningError):
        offer(sms, ALICE, NUMBER, SETTINGS, "no pin")
    assert sms.settings_queue.allow(ALICE, NUMBER)


def test_a_pin_has_four_digits():
    pins = {new_pin() for _ in range(200)}
    assert all(len(pin) == 4 and pin.isdigit() for pin in pins)
    assert len(pins) > 100
    assert signed(SETTINGS, pins.pop())
