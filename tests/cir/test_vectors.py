"""Every row of cir-vectors.tsv: what is emitted comes out octet for octet, what is only read is understood."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cir import wvci
from cir.http import pap, shttp, url_template
from cir.smpp import pdus
from cir.sms import encoding, wsp_push
from cir.stcp.protocol import OK_LINE, StcpAction, StcpConversation, wvci_line
from cir.wvci import CirError, WvciText
from tests.cir.vectors import VECTORS

CIR = WvciText("1.2", "wv:nokia.12345")
NUMBER = "+15550100123"
WHEN = "261122153930"
PUSHES = [name for name in VECTORS if name.startswith("wapudp.")]
EMITTED = [name for name in PUSHES if name.startswith("wapudp.short")]
SHORT = pdus.SmppAddress("100"), pdus.SmppAddress("15550100123", 1, 1)


def row(name):
    return VECTORS[name]


def push_of(vector):
    return wsp_push.build_push(vector.inputs.get("tid", 37), vector.text)


# --- STCP and SUDP ---


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("stcp.")])
def test_stcp(name):
    vector = row(name)
    inputs = vector.inputs
    if inputs["dir"] == "server>phone":
        cookie = inputs.get("session_cookie")
        assert (wvci_line(inputs["csp_version"], cookie) if cookie else OK_LINE) == vector.octets
    else:
        said = inputs.get("session_id") or inputs.get("session_cookie")
        talk = StcpConversation(bound="" if said else "S1")
        assert talk.feed(vector.octets) == [(StcpAction.BIND, said) if said else (StcpAction.OK, "")]


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("sudp.")])
def test_sudp_is_the_bare_text(name):
    vector = row(name)
    assert wvci.wvci_text(vector.inputs["csp_version"], vector.inputs["session_cookie"]) == vector.octets
    assert wvci.read_wvci(vector.octets) == WvciText(vector.inputs["csp_version"], vector.inputs["session_cookie"])


def test_what_must_never_be_sent_is_no_cir():
    with pytest.raises(CirError):
        wvci.read_wvci(row("reject.sudp.ping").octets)
    assert row("reject.stcp.okwvci").octets == OK_LINE + wvci_line(
        "1.2", CIR.cookie
    )  # tests/cir/test_server.py: never in one segment


# --- SHTTP ---


def test_shttp_request():
    vector = row("shttp.req")
    path = vector.inputs["url"].removeprefix("http://imps.example")
    assert shttp.shttp_request(path, "imps.example") == vector.octets
    assert shttp.shttp_url("http://imps.example/", path.rpartition("/")[2]) == vector.inputs["url"]


@pytest.mark.parametrize("name", ["shttp.resp.waiting", "shttp.resp.nothing"])
def test_shttp_answers(name):
    vector = row(name)
    assert shttp.shttp_answer(vector.inputs["status"]) == vector.octets


# --- WAP push ---


@pytest.mark.parametrize("name", EMITTED)
def test_a_push_is_emitted_in_its_short_form(name):
    vector = row(name)
    assert push_of(vector) == vector.octets


def test_a_push_for_phones_that_know_the_type_by_its_name():
    vector = row("wapudp.ct-text")
    assert wsp_push.build_push(37, vector.text, "text") == vector.octets


@pytest.mark.parametrize("name", PUSHES)
def test_every_form_of_a_push_is_read(name):
    vector = row(name)
    read = wsp_push.read_push(vector.octets)
    assert (read.number, read.content_type, read.body) == (vector.inputs["tid"], wsp_push.CIR_CONTENT_TYPE, vector.text)
    assert read.application == ("" if name == "wapudp.no-appid" else wsp_push.CIR_APPLICATION)


# --- WAPSMS ---


def test_the_port_header():
    assert row("wapsms.udh").octets == encoding.WAP_HEADER


@pytest.mark.parametrize("name", ["wapsms.ud", "wapsms.ud.max"])
def test_user_data(name):
    vector = row(name)
    assert encoding.WAP_HEADER + push_of(vector) == vector.octets
    assert encoding.fits_one_sms(encoding.WAP_HEADER, push_of(vector))
    data = encoding.read_user_data(vector.octets)
    assert (data.port, data.source_port, wsp_push.read_push(data.payload).body) == (2948, 9200, vector.text)


def test_one_octet_more_does_not_fit():
    vector = row("wapsms.ud.max")
    assert len(vector.octets) == encoding.MAX_SMS_BYTES
    assert len(vector.inputs["session_cookie"]) == encoding.longest_cookie() == 118
    assert not encoding.fits_one_sms(encoding.WAP_HEADER, wsp_push.build_push(37, vector.text + b"c"))


def test_parts_are_read_and_never_made():
    first, second = (
        encoding.read_user_data(row("wapsms.ud.concat1").octets),
        encoding.read_user_data(row("wapsms.ud.concat2").octets),
    )
    assert [(each.part, each.parts, each.port) for each in (first, second)] == [(1, 2, 2948), (2, 2, 2948)]
    assert wsp_push.read_push(first.payload + second.payload).body == row("wapsms.ud.concat1").text


def test_tpdus():
    data = row("wapsms.ud").octets
    assert encoding.submit_tpdu(NUMBER, data) == row("wapsms.tpdu.submit").octets
    delivered = row("wapsms.tpdu.deliver").octets
    assert encoding.deliver_tpdu("100", data, WHEN) == delivered
    assert encoding.read_deliver_tpdu(delivered) == encoding.DeliverTpdu("100", 0x04, True, data)


def test_submit_sm():
    data = row("wapsms.ud").octets
    for name, pdu in {
        "wapsms.smpp.submit_sm": pdus.submit_sm(7, pdus.SubmitSm(*SHORT, data, registered=0x11)),
        "wapsms.smpp.submit_sm.validity": pdus.submit_sm(8, pdus.SubmitSm(*SHORT, data, validity=pdus.relative_time(600))),
        "wapsms.smpp.submit_sm.tlv": pdus.submit_sm(
            9, pdus.with_ports(pdus.SubmitSm(*SHORT, b""), data[7:], wsp_push.WSP_SOURCE_PORT, wsp_push.WAP_PUSH_PORT)
        ),
    }.items():
        assert pdus.encode_pdu(pdu) == row(name).octets, name
        assert pdus.pdu_length(row(name).octets) == len(row(name).octets)
        read = pdus.read_submit(pdus.decode_pdu(row(name).octets))
        assert read.destination == SHORT[1]
        assert read.data or read.tlvs[pdus.TLV_MESSAGE_PAYLOAD] == data[7:]


def test_the_request_line_for_kannel():
    values = {
        "user": "onesoup",
        "pass": "soup",
        "from": "100",
        "msisdn": NUMBER,
        "smsc": "carrier",
        "validity_min": 10,
        "dlr_mask": url_template.KANNEL_REPORT_MASK,
        "dlr_url": "http://127.0.0.1:8090/hook/dlr?id=c1&st=%d&sid=%F&sig=x",
        "udh": encoding.WAP_HEADER,
        "payload": wsp_push.build_push(37, wvci.wvci_text(CIR.version, CIR.cookie)),
    }
    line = "GET " + url_template.fill_template("/cgi-bin/sendsms" + url_template.KANNEL_BINARY, values) + " HTTP/1.1"
    assert line.encode() == row("wapsms.kannel.sendsms").octets
    shown = url_template.mask_template("/cgi-bin/sendsms" + url_template.KANNEL_BINARY, values)
    assert not [word for word in ("=soup&", "WVCI", "sig", "15550100") if word in shown]
    assert "123&" in shown


def test_the_document_for_a_push_proxy_gateway():
    vector = row("wapsms.pap.body")
    assert pap.push_document("c1", NUMBER, vector.text, "onesoup.example") == vector.octets
    assert pap.content_type("c1") == vector.inputs["content_type"]


# --- SSMS ---


def test_packed_text():
    vector = row("ssms.packed")
    assert encoding.encode_ssms(vector.text) == vector.octets
    assert encoding.read_ssms(vector.octets) == vector.text
    padded = row("ssms.packed.pad")
    assert encoding.pack_septets(encoding.septets(padded.text), pad=True) == padded.octets
    assert encoding.read_ssms(padded.octets) == padded.text


def test_ssms_user_data():
    vector = row("ssms.ud.8bit")
    assert encoding.SSMS_HEADER + encoding.encode_ssms(CIR_TEXT) == vector.octets
    data = encoding.read_user_data(vector.octets)
    assert (data.port, encoding.read_ssms(data.payload)) == (encoding.SSMS_PORT, CIR_TEXT)


def test_unpacked_text_behind_ports_is_read():
    data = encoding.read_user_data(row("ssms.ud.text8").octets)
    assert wvci.read_wvci(data.payload) == CIR


def test_ssms_tpdus():
    data, packed = row("ssms.ud.8bit").octets, row("ssms.packed").octets
    count = len(CIR_TEXT)
    for name, made in {
        "ssms.tpdu.deliver.8bit": encoding.deliver_tpdu("100", data, WHEN),
        "ssms.tpdu.deliver.7bit": encoding.deliver_tpdu("100", data, WHEN, dcs=0, septets_=encoding.HEADER_SEPTETS + count),
        "ssms.tpdu.deliver.text": encoding.deliver_tpdu("100", packed, WHEN, dcs=0, septets_=count, header=False),
    }.items():
        assert made == row(name).octets, name
        read = encoding.read_deliver_tpdu(made)
        payload = encoding.read_user_data(read.data).payload if read.has_header else read.data
        assert encoding.read_ssms(payload) == CIR_TEXT


@pytest.mark.parametrize("name", ["ssms.helo.packed", "ssms.helo.packed.len"])
def test_helo_by_sms_is_read_with_and_without_its_length(name):
    vector = row(name)
    assert encoding.read_ssms(vector.octets) == f"HELO {vector.inputs['session_id']}".encode()


CIR_TEXT = wvci.wvci_text(CIR.version, CIR.cookie)


@pytest.mark.parametrize("text", [b"a~b", "ü".encode(), b"x" * 153])
def test_what_no_ssms_can_carry_is_refused(text):
    with pytest.raises(CirError):
        encoding.encode_ssms(text)


def test_every_row_has_a_test():
    """By the names in this file: the order of tests is random."""
    with open(__file__, encoding="utf-8") as file:
        here = file.read()
    families = ("stcp.", "sudp.", "wapudp.")
    assert not [name for name in VECTORS if not name.startswith(families) and f'"{name}"' not in here]
    assert len(VECTORS) == 48


# --- any octets ---


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(octets):
    for read in (
        wvci.read_wvci,
        wsp_push.read_push,
        encoding.read_user_data,
        encoding.read_deliver_tpdu,
        encoding.read_ssms,
        pap.response_code,
    ):
        with suppress(CirError):
            read(octets)
    with suppress(CirError):
        pdus.read_delivery_receipt(pdus.Pdu(pdus.DELIVER_SM, 0, 1, octets))


@given(st.text(st.sampled_from("WVCI 1.2:@_$abcXYZ\r"), max_size=152))
def test_packing_is_undone_by_unpacking(text):
    octets = text.encode()
    codes = encoding.septets(octets)
    read = encoding.unpack_septets(encoding.pack_septets(codes))
    assert read[: len(octets)] == octets or octets[-1:] in (b"@", b"\r")


@given(st.integers(0, 255), st.binary(max_size=130), st.sampled_from(["short", "text"]))
def test_a_push_is_read_as_it_was_built(number, body, form):
    read = wsp_push.read_push(wsp_push.build_push(number, body, form))
    assert (read.number, read.body, read.application) == (number, body, wsp_push.CIR_APPLICATION)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b'<?xml version="1.0"?><pap><push-response push-id="x"><response-result code ="1001" desc="y"/>', 1001),
        (b"<pap><push-response><response-result desc='x' code='2000'></response-result>", 2000),
        (b"<pap/>", None),
        (b"", None),
    ],
)
def test_the_code_of_a_push_response(answer, code):
    assert pap.response_code(answer) == code


@pytest.mark.parametrize(("told", "known"), [("1A", "26"), ("26", "1a"), ("0000001a", "26"), ("abc-1", "abc-1")])
def test_a_message_id_is_known_in_either_base(told, known):
    assert known in pdus.message_id_forms(told)


def test_a_receipt_is_read():
    text = b"id:1a sub:001 dlvrd:001 submit date:2611221539 done date:2611221540 stat:DELIVRD err:000 text:"
    pdu = pdus.deliver_sm(3, *SHORT, text)
    assert pdus.read_delivery_receipt(pdu) == pdus.SmppReceipt("1a", "DELIVRD", "000")
    assert pdus.read_delivery_receipt(pdus.deliver_sm(3, *SHORT, b"hello", esm_class=0)) is None
