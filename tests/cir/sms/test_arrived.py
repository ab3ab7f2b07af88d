"""What gateways bring, in each of their forms, and what it is. Bytes and values."""

import json
from urllib.parse import quote

import pytest

from cir.http import gateway_profiles
from cir.smpp import pdus
from cir.sms import arrived, encoding
from cir.sms.arrived import SmsHelo, SmsPart
from cir.wvci import CirError
from tests.cir.vectors import VECTORS

NUMBER, SID = "+15550100123", "a7f3q5"
PORTS = encoding.port_header(3590, 0)
LOGIN = "WV12LR1 UI=wv:alice@example.org PW=grüße".encode()


def document(**more):
    return json.dumps({"v": 1, "id": "m1", "msisdn": NUMBER, **more}).encode()


def submit(data, source=NUMBER, esm_class=0, coding=4, tlvs=None):
    number = pdus.SmppAddress(source.removeprefix("+"), 1 if source.startswith("+") else 0)
    message = pdus.SubmitSm(number, pdus.SmppAddress("100"), data, esm_class, coding, 0, "", tlvs or {})
    return pdus.Pdu(pdus.DELIVER_SM, 0, 1, pdus.submit_sm(1, message).body)


# What Kannel 1.4.5 of Debian asked for and posted.
KANNEL = "from=%2B15550100123&to=100&udh=%06%05%04%0E%06%00%00&text=WV12LR1+UI%3Dwv%3Aalice%FF&coding=1&id=edb9a835&cs=8-BIT"
POSTED = {"content-type": "application/octet-stream", "x-kannel-to": "100", "x-kannel-udh": "%06%05%04%0E%06%00%00"}


def test_kannels_two_forms():
    got = arrived.read_kannel(KANNEL, {}, None)
    assert (got.sender, got.id) == (NUMBER, "edb9a835")
    assert got.data == encoding.UserData(3590, 0, b"WV12LR1 UI=wv:alice\xff")
    posted = arrived.read_kannel("from=%2B15550100123&id=edb9a835", POSTED, b"WV12LR1 UI=wv:alice\xff")
    assert posted == got


def test_kannels_texts():
    plain = arrived.read_kannel("from=%2B15550100123&udh=&text=WV12PO+SI%3Da&coding=0&id=1", {}, None)
    assert plain.data == encoding.UserData(0, 0, b"WV12PO SI=a")
    wide = arrived.read_kannel(f"from=1&coding=2&text={quote('ü WV'.encode('utf-16-be'))}", {}, None)
    assert wide.data.payload == "ü WV".encode()


def test_a_webhook_has_octets_or_text_and_ports_in_a_header_or_beside_it():
    forms = [
        document(payload=LOGIN.hex(), udh=PORTS.hex()),
        document(payload=LOGIN.hex(), dest_port=3590, src_port=0),
        document(text=LOGIN.decode(), dest_port=3590),
    ]
    assert {(each.sender, each.id, each.data) for each in map(arrived.read_webhook, forms)} == {
        (NUMBER, "m1", encoding.UserData(3590, 0, LOGIN))
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        document(id=""),
        document(id=7),
        document(msisdn=None),
        document(payload="zz"),
        document(payload=7),
        document(udh="09"),
        document(dest_port="x"),
    ],
)
def test_a_document_that_is_none(body):
    with pytest.raises(CirError):
        arrived.read_webhook(body)


def test_smpp_has_the_header_in_the_text_or_ports_beside_it():
    forms = [
        submit(PORTS + LOGIN, esm_class=pdus.ESM_CLASS_UDHI),
        submit(LOGIN, tlvs={pdus.TLV_DESTINATION_PORT: b"\x0e\x06"}),
        submit(b"", tlvs={pdus.TLV_MESSAGE_PAYLOAD: LOGIN, pdus.TLV_DESTINATION_PORT: b"\x0e\x06"}),
    ]
    assert {(each.sender, each.data) for each in map(arrived.read_smpp, forms)} == {(NUMBER, encoding.UserData(3590, 0, LOGIN))}


def test_smpp_in_the_networks_own_alphabet():
    assert arrived.read_smpp(submit(b"HELO a\x11b\x00", coding=0)).data.payload == b"HELO a_b@"
    assert arrived.read_smpp(submit("ü".encode("utf-16-be"), coding=8)).data.payload == "ü".encode()


@pytest.mark.parametrize("body", [b"", b"\0", submit(b"x").body[:-1], submit(b"\xff\x00", esm_class=pdus.ESM_CLASS_UDHI).body])
def test_a_pdu_that_is_none(body):
    with pytest.raises(CirError):
        arrived.read_smpp(pdus.Pdu(pdus.DELIVER_SM, 0, 1, body))


@pytest.mark.parametrize("name", ["ssms.helo.packed", "ssms.helo.packed.len"])
def test_a_helo_as_android_packs_it(name):
    vector = VECTORS[name]
    found = arrived.classify_sms(encoding.UserData(encoding.SSMS_PORT, 0, vector.octets))
    assert isinstance(found, SmsHelo)
    assert found.sid
    assert found.sid in json.dumps(vector.inputs)


@pytest.mark.parametrize("text", [f"HELO {SID}", f"helo {SID}\r\n", f"HELO  {SID} "])
def test_a_helo_as_others_may_write_it(text):
    assert arrived.classify_sms(encoding.UserData(encoding.SSMS_PORT, 0, text.encode())) == SmsHelo(SID)
    assert arrived.classify_sms(encoding.UserData(0, 0, text.encode())) == SmsHelo(SID)


def test_parts_of_a_message_belong_together_by_what_stands_first():
    first, second = (arrived.classify_sms(encoding.UserData(0, 0, each)) for each in (b"WV12LR7ab UI=a", b"wv12lr7bb  PW=x"))
    assert (first.message, first.place, first.count, second.place) == (second.message, 0, 2, 1)
    assert arrived.classify_sms(encoding.UserData(0, 0, b"WV12LR7ac UI=a")).message != first.message
    assert arrived.classify_sms(encoding.UserData(0, 0, b"WV12PO SI=a")) == SmsPart("WV12PO.1", 0, 1, b"WV12PO SI=a")


@pytest.mark.parametrize("element", ["0003070301", "080400070301"])
def test_what_the_network_has_cut_is_only_joined(element):
    header = bytes.fromhex("05040e060000" + element)
    data = encoding.read_user_data(bytes([len(header)]) + header + b"WV12LR1 UI")
    assert arrived.classify_sms(data) == SmsPart("c7.3", 0, 3, b"WV12LR1 UI", cut=True)
    assert arrived.answer_ports(data) == (3590, 3590)


@pytest.mark.parametrize(
    "data",
    [
        encoding.UserData(0, 0, b""),
        encoding.UserData(0, 0, b"hello, who is that?"),
        encoding.UserData(encoding.SSMS_PORT, 0, b"\xff\xff"),
        encoding.UserData(0, 0, b"WV12LR7ca UI=a"),
        encoding.UserData(0, 0, b"x", part=0, parts=2),
        encoding.UserData(0, 0, b"x", part=3, parts=2),
        encoding.UserData(0, 0, b"x", part=1, parts=200),
    ],
)
def test_what_is_nothing_for_us(data):
    assert arrived.classify_sms(data) is None


def test_an_answer_goes_where_the_phone_listens():
    assert arrived.answer_ports(encoding.UserData(3590, 16000, b"")) == (16000, 3590)
    assert arrived.answer_ports(encoding.UserData(5000, 0, b"")) == (5000, 5000)
    assert arrived.answer_ports(encoding.UserData(0, 0, b"")) == (3590, 3590)


def test_a_signature_counts_for_its_body_and_for_five_minutes():
    shown = gateway_profiles.sign_body("s", 1000, b"body")
    assert gateway_profiles.is_signed("s", shown, 1300, b"body")
    for secret, now, body in (("s", 1301, b"body"), ("s", 699, b"body"), ("x", 1000, b"body"), ("s", 1000, b"other")):
        assert not gateway_profiles.is_signed(secret, shown, now, body)
    for bad in ("", "t=,v1=", "t=1000", "v1=00", shown + ",v1=00", shown.replace("t=", "t=0")):
        assert not gateway_profiles.is_signed("s", bad, 1000, b"body")
