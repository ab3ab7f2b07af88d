"""A settings document as messages, through each kind of gateway: what arrives is the document, octet for octet."""

import json
import time
from dataclasses import replace

import pytest

from cir.smpp import pdus
from cir.sms import carrier, encoding, job
from cir.sms.job import SETTINGS_SMS, SendOutcome
from onesoup.provisioning import push, wbxml
from onesoup.provisioning.documents import AccessPoint, ImpsSettings, document, settings_of, to_xml
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Security, sign
from onesoup.settings import Settings
from tests.support.gateways import HttpGateway, Smsc, answer

NUMBER, PIN = "+15550100123", "4711"
SETTINGS = ImpsSettings(
    "http://imps.example.org/", "wv:alice@example.org", "secret", access_point=AccessPoint("internet", "Internet", "web", "gprs")
)
DOCUMENT = wbxml.encode(document(SETTINGS))
UNIT = push.push_unit(DOCUMENT, sign(DOCUMENT, Security.USERPIN, PIN))
WAP_PUSH_PORTS = bytes.fromhex("05040b840b84")


def parts(number=NUMBER, unit=UNIT, reference=0x42):
    now = time.time()
    return job.settings_jobs(unit, number, reference, now, now + 30)


def gateway(kind, url, **more):
    settings = {"sms_user": "onesoup", "sms_password": "soup", "sms_from": "100", "sms_smsc": "carrier", **more}
    made = carrier.make_gateway(Settings(sms_gateway=kind, sms_url=url, **settings), b"k" * 32)
    made._sleep = lambda _seconds: None
    return made


def joined(messages):
    """What a phone makes of the user data of some messages: the unit, and the ports that it came to."""
    read = sorted((encoding.read_user_data(each) for each in messages), key=lambda each: each.part)
    assert [(each.part, each.parts) for each in read] == [(place, len(read)) for place in range(1, len(read) + 1)]
    assert len({each.ref for each in read}) == 1
    assert {(each.port, each.source_port) for each in read} == {(2948, 2948)}
    return b"".join(each.payload for each in read)


# --- the messages ---


def test_a_document_is_cut_into_messages_of_one_reference():
    made = parts()
    assert joined(each.udh + each.payload for each in made) == UNIT
    assert {(each.method, each.dcs, each.number, each.port, each.reference) for each in made} == {
        (SETTINGS_SMS, 4, NUMBER, 2948, 0x42)
    }
    assert len({each.id for each in made}) == len(made) > 3
    assert all(encoding.fits_one_sms(each.udh, each.payload) for each in made)
    assert {each.content_type for each in made} == {"application/vnd.wap.connectivity-wbxml"}


def test_a_short_document_is_one_message_without_a_part():
    (made,) = parts(unit=b"x" * push.MAX_WHOLE)
    assert made.udh == b"\x06" + WAP_PUSH_PORTS
    assert (made.part, made.parts) == (1, 1)


def test_too_long_a_document_is_no_message_at_all():
    with pytest.raises(ProvisioningError, match="10 SMS"):
        parts(unit=b"x" * (push.MAX_PART_BYTES * 9 + 1))


def test_only_the_last_part_asks_for_a_report():
    """A document that was not delivered must not count as many failures of its number: three leave it alone for a day."""
    assert [each.wants_report for each in parts()] == [False] * (len(parts()) - 1) + [True]
    with HttpGateway(otherwise=answer(200)) as hook:
        for each in parts():
            assert gateway("json", hook.url(), sms_report_url="http://127.0.0.1:1").submit(each).taken
    assert ["dlr" in json.loads(each.body) for each in hook.asked] == [each.wants_report for each in parts()]


# --- a real Kannel ---


def test_kannels_own_sendota_gives_the_same_octets_and_mac(kannel):
    """Its compiler of XML, its signature, its push header and its cutting against ours."""
    number = "+15550100701"
    assert kannel.sendota(number, to_xml(document(SETTINGS)), PIN).startswith("0:")
    theirs = kannel.parts(number)
    ours = parts(number, reference=theirs[0][0][-3])
    assert [header.hex() for header, _ in theirs] == [each.udh.hex() for each in ours]
    assert [data.hex() for _, data in theirs] == [each.payload.hex() for each in ours]
    unit = b"".join(data for _, data in theirs)
    assert unit.endswith(DOCUMENT)
    assert sign(DOCUMENT, Security.USERPIN, PIN).mac.encode() in unit[: -len(DOCUMENT)]


def test_kannels_sendota_and_ours_agree_on_signs_of_xml(kannel):
    number = "+15550100702"
    settings = replace(SETTINGS, name='A & "B" <c>', access_point=None, services=("IM",))
    made = wbxml.encode(document(settings))
    assert kannel.sendota(number, to_xml(document(settings)), "123456").startswith("0:")
    assert b"".join(data for _, data in kannel.parts(number)) == push.push_unit(made, sign(made, Security.USERPIN, "123456"))


def test_our_messages_go_through_kannel_as_they_are(kannel):
    number = "+15550100703"
    made, there = parts(number), gateway("kannel-sendsms", kannel.sendsms)
    assert {there.submit(each).outcome for each in made} == {SendOutcome.ACCEPTED}
    arrived = kannel.parts(number)
    assert arrived == [(each.udh, each.payload) for each in made]
    assert settings_of(wbxml.decode(joined(header + data for header, data in arrived)[-len(DOCUMENT) :]))[0].password == "secret"


def test_a_push_proxy_gateway_carries_no_settings(kannel):
    assert SETTINGS_SMS not in gateway("kannel-ppg", kannel.ppg).methods


# --- a webhook, a template ---


def test_a_webhook_is_told_which_part_it_has():
    with HttpGateway(otherwise=answer(200, '{"status":"accepted"}')) as hook:
        made, there = parts(), gateway("json", hook.url("/hook"))
        assert all(there.submit(each).taken for each in made)
    told = [json.loads(each.body) for each in hook.asked]
    assert joined(bytes.fromhex(each["udh"] + each["payload"]) for each in told) == UNIT
    assert [(each["part"], each["parts"]) for each in told] == [(each.part, len(made)) for each in made]
    wanted = {"kind": "settings", "method": "SETTINGS", "dest_port": 2948, "src_port": 2948, "dcs": 4, "msisdn": NUMBER}
    wanted |= {"content_type": "application/vnd.wap.connectivity-wbxml"}
    for each in told:
        assert {name: each[name] for name in wanted} == wanted
        assert not {"text", "app_id"} & set(each)
    assert [each.headers["idempotency-key"] for each in hook.asked] == [each.id for each in made]


def test_a_template_gets_header_and_data_of_each_part():
    with HttpGateway(otherwise=answer(200, "OK")) as hook:
        made, there = parts(), gateway("url", hook.url("/s?to={msisdn_digits}&h={udh_hex}&d={payload_hex}&c={dcs}"))
        assert all(there.submit(each).taken for each in made)
    wanted = [f"/s?to=15550100123&h={each.udh.hex().upper()}&d={each.payload.hex().upper()}&c=4" for each in made]
    assert [each.line.decode().split()[1] for each in hook.asked] == wanted


@pytest.mark.parametrize("template", ["/s?t={text}", "/s?d={payload_hex}", "/s?h={udh}&t={text}"])
def test_a_template_without_a_place_for_binary_data_carries_no_settings(template):
    there = gateway("url", f"http://127.0.0.1:1{template}")
    assert SETTINGS_SMS not in there.methods
    assert job.TEXT_SMS in there.methods


# --- SMPP ---


def submitted(smsc, **more):
    there = gateway("smpp", smsc.url, sms_report_url="http://x", **more)
    try:
        assert {there.submit(each).outcome for each in parts()} == {SendOutcome.ACCEPTED}
    finally:
        there.carrier.stop()
    return [pdus.read_submit(pdus.decode_pdu(octets)) for octets in smsc.got]


def test_smpp_carries_them_as_data_behind_a_header():
    with Smsc() as smsc:
        read = submitted(smsc)
    assert joined(each.data for each in read) == UNIT
    assert {(each.esm_class, each.data_coding) for each in read} == {(0x43, 0x04)}
    assert [each.registered for each in read] == [0] * (len(read) - 1) + [1]


def test_smpp_with_ports_beside_the_text_has_the_parts_there_too():
    with Smsc() as smsc:
        read = submitted(smsc, sms_ports="tlv")
    assert b"".join(each.tlvs[pdus.TLV_MESSAGE_PAYLOAD] for each in read) == UNIT
    assert {(each.esm_class, each.data_coding, each.data) for each in read} == {(pdus.ESM_CLASS_STORE_AND_FORWARD, 0x04, b"")}
    tags = (pdus.TLV_PARTS_REFERENCE, pdus.TLV_PARTS, pdus.TLV_PART, pdus.TLV_DESTINATION_PORT)
    told = [tuple(int.from_bytes(each.tlvs[tag], "big") for tag in tags) for each in read]
    assert told == [(0x42, len(read), place, 2948) for place in range(1, len(read) + 1)]
