"""Every row of cir-vectors.tsv: what is emitted comes out octet for octet, what is only read is understood."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cir import wvci as message
from cir.http import pap, shttp, url_template
from cir.smpp import pdu as smpp
from cir.sms import encoding, wsp_push
from cir.stcp.protocol import OK, Act, Conversation, wvci
from cir.wvci import CirError, Wake
from tests.cir.vectors import VECTORS

CIR = Wake("1.2", "wv:nokia.12345")
NUMBER = "+15550100123"
WHEN = "261122153930"
PUSHES = [name for name in VECTORS if name.startswith("wapudp.")]
EMITTED = [name for name in PUSHES if name.startswith("wapudp.short")]
SHORT = smpp.SmppAddress("100"), smpp.SmppAddress("15550100123", 1, 1)


def row(name):
    return VECTORS[name]


def push_of(vector):
    return wsp_push.build(vector.inputs.get("tid", 37), vector.text)


# --- STCP and SUDP ---


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("stcp.")])
def test_stcp(name):
    vector = row(name)
    inputs = vector.inputs
    if inputs["dir"] == "server>phone":
        cookie = inputs.get("session_cookie")
        assert (wvci(inputs["csp_version"], cookie) if cookie else OK) == vector.octets
    else:
        said = inputs.get("session_id") or inputs.get("session_cookie")
        talk = Conversation(bound="" if said else "S1")
        assert talk.feed(vector.octets) == [(Act.BIND, said) if said else (Act.OK, "")]


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("sudp.")])
def test_sudp_is_the_bare_text(name):
    vector = row(name)
    assert message.text(vector.inputs["csp_version"], vector.inputs["session_cookie"]) == vector.octets
    assert message.read(vector.octets) == Wake(vector.inputs["csp_version"], vector.inputs["session_cookie"])


def test_what_must_never_be_sent_is_no_cir():
    with pytest.raises(CirError):
        message.read(row("reject.sudp.ping").octets)
    assert row("reject.stcp.okwvci").octets == OK + wvci("1.2", CIR.cookie)  # tests/cir/test_server.py: never in one segment


# --- SHTTP ---


def test_shttp_request():
    vector = row("shttp.req")
    path = vector.inputs["url"].removeprefix("http://imps.example")
    assert shttp.request(path, "imps.example") == vector.octets
    assert shttp.url("http://imps.example/", path.rpartition("/")[2]) == vector.inputs["url"]


@pytest.mark.parametrize("name", ["shttp.resp.waiting", "shttp.resp.nothing"])
def test_shttp_answers(name):
    vector = row(name)
    assert shttp.answer(vector.inputs["status"]) == vector.octets


# --- WAP push ---


@pytest.mark.parametrize("name", EMITTED)
def test_a_push_is_emitted_in_its_short_form(name):
    vector = row(name)
    assert push_of(vector) == vector.octets


def test_a_push_for_phones_that_know_the_type_by_its_name():
    vector = row("wapudp.ct-text")
    assert wsp_push.build(37, vector.text, "text") == vector.octets


@pytest.mark.parametrize("name", PUSHES)
def test_every_form_of_a_push_is_read(name):
    vector = row(name)
    read = wsp_push.read(vector.octets)
    assert (read.number, read.content_type, read.body) == (vector.inputs["tid"], wsp_push.CONTENT_TYPE, vector.text)
    assert read.application == ("" if name == "wapudp.no-appid" else wsp_push.APPLICATION)


# --- WAPSMS ---


def test_the_port_header():
    assert row("wapsms.udh").octets == encoding.WAP_HEADER


@pytest.mark.parametrize("name", ["wapsms.ud", "wapsms.ud.max"])
def test_user_data(name):
    vector = row(name)
    assert encoding.WAP_HEADER + push_of(vector) == vector.octets
    assert encoding.fits(encoding.WAP_HEADER, push_of(vector))
    data = encoding.read_data(vector.octets)
    assert (data.port, data.source_port, wsp_push.read(data.payload).body) == (2948, 9200, vector.text)


def test_one_octet_more_does_not_fit():
    vector = row("wapsms.ud.max")
    assert len(vector.octets) == encoding.MAX_OCTETS
    assert len(vector.inputs["session_cookie"]) == encoding.longest_cookie() == 118
    assert not encoding.fits(encoding.WAP_HEADER, wsp_push.build(37, vector.text + b"c"))


def test_parts_are_read_and_never_made():
    first, second = encoding.read_data(row("wapsms.ud.concat1").octets), encoding.read_data(row("wapsms.ud.concat2").octets)
    assert [(each.part, each.parts, each.port) for each in (first, second)] == [(1, 2, 2948), (2, 2, 2948)]
    assert wsp_push.read(first.payload + second.payload).body == row("wapsms.ud.concat1").text


def test_tpdus():
    data = row("wapsms.ud").octets
    assert encoding.submit(NUMBER, data) == row("wapsms.tpdu.submit").octets
    delivered = row("wapsms.tpdu.deliver").octets
    assert encoding.deliver("100", data, WHEN) == delivered
    assert encoding.read_deliver(delivered) == encoding.Delivered("100", 0x04, True, data)


def test_submit_sm():
    data = row("wapsms.ud").octets
    for name, pdu in {
        "wapsms.smpp.submit_sm": smpp.submit(7, smpp.Submit(*SHORT, data, registered=0x11)),
        "wapsms.smpp.submit_sm.validity": smpp.submit(8, smpp.Submit(*SHORT, data, validity=smpp.validity(600))),
        "wapsms.smpp.submit_sm.tlv": smpp.submit(
            9, smpp.with_ports(smpp.Submit(*SHORT, b""), data[7:], wsp_push.SOURCE_PORT, wsp_push.PORT)
        ),
    }.items():
        assert smpp.encode(pdu) == row(name).octets, name
        assert smpp.length(row(name).octets) == len(row(name).octets)
        read = smpp.read_submit(smpp.decode(row(name).octets))
        assert read.destination == SHORT[1]
        assert read.data or read.tlvs[smpp.PAYLOAD] == data[7:]


def test_the_request_line_for_kannel():
    values = {
        "user": "onesoup",
        "pass": "soup",
        "from": "100",
        "msisdn": NUMBER,
        "smsc": "carrier",
        "validity_min": 10,
        "dlr_mask": url_template.MASK,
        "dlr_url": "http://127.0.0.1:8090/hook/dlr?id=c1&st=%d&sid=%F&sig=x",
        "udh": encoding.WAP_HEADER,
        "payload": wsp_push.build(37, message.text(CIR.version, CIR.cookie)),
    }
    line = "GET " + url_template.fill("/cgi-bin/sendsms" + url_template.KANNEL, values) + " HTTP/1.1"
    assert line.encode() == row("wapsms.kannel.sendsms").octets
    shown = url_template.masked("/cgi-bin/sendsms" + url_template.KANNEL, values)
    assert not [word for word in ("=soup&", "WVCI", "sig", "15550100") if word in shown]
    assert "123&" in shown


def test_the_document_for_a_push_proxy_gateway():
    vector = row("wapsms.pap.body")
    assert pap.document("c1", NUMBER, vector.text, "onesoup.example") == vector.octets
    assert pap.content_type("c1") == vector.inputs["content_type"]


# --- SSMS ---


def test_packed_text():
    vector = row("ssms.packed")
    assert encoding.ssms(vector.text) == vector.octets
    assert encoding.read_ssms(vector.octets) == vector.text
    padded = row("ssms.packed.pad")
    assert encoding.pack(encoding.septets(padded.text), pad=True) == padded.octets
    assert encoding.read_ssms(padded.octets) == padded.text


def test_ssms_user_data():
    vector = row("ssms.ud.8bit")
    assert encoding.SSMS_HEADER + encoding.ssms(CIR_TEXT) == vector.octets
    data = encoding.read_data(vector.octets)
    assert (data.port, encoding.read_ssms(data.payload)) == (encoding.SSMS_PORT, CIR_TEXT)


def test_unpacked_text_behind_ports_is_read():
    data = encoding.read_data(row("ssms.ud.text8").octets)
    assert message.read(data.payload) == CIR


def test_ssms_tpdus():
    data, packed = row("ssms.ud.8bit").octets, row("ssms.packed").octets
    count = len(CIR_TEXT)
    for name, made in {
        "ssms.tpdu.deliver.8bit": encoding.deliver("100", data, WHEN),
        "ssms.tpdu.deliver.7bit": encoding.deliver("100", data, WHEN, dcs=0, septets_=encoding.HEADER_SEPTETS + count),
        "ssms.tpdu.deliver.text": encoding.deliver("100", packed, WHEN, dcs=0, septets_=count, header=False),
    }.items():
        assert made == row(name).octets, name
        read = encoding.read_deliver(made)
        payload = encoding.read_data(read.data).payload if read.has_header else read.data
        assert encoding.read_ssms(payload) == CIR_TEXT


@pytest.mark.parametrize("name", ["ssms.helo.packed", "ssms.helo.packed.len"])
def test_helo_by_sms_is_read_with_and_without_its_length(name):
    vector = row(name)
    assert encoding.read_ssms(vector.octets) == f"HELO {vector.inputs['session_id']}".encode()


CIR_TEXT = message.text(CIR.version, CIR.cookie)


@pytest.mark.parametrize("text", [b"a~b", "ü".encode(), b"x" * 153])
def test_what_no_ssms_can_carry_is_refused(text):
    with pytest.raises(CirError):
        encoding.ssms(text)


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
    for read in (message.read, wsp_push.read, encoding.read_data, encoding.read_deliver, encoding.read_ssms, pap.result):
        with suppress(CirError):
            read(octets)
    with suppress(CirError):
        smpp.receipt(smpp.Pdu(smpp.DELIVER, 0, 1, octets))


@given(st.text(st.sampled_from("WVCI 1.2:@_$abcXYZ\r"), max_size=152))
def test_packing_is_undone_by_unpacking(text):
    octets = text.encode()
    codes = encoding.septets(octets)
    read = encoding.unpack(encoding.pack(codes))
    assert read[: len(octets)] == octets or octets[-1:] in (b"@", b"\r")


@given(st.integers(0, 255), st.binary(max_size=130), st.sampled_from(["short", "text"]))
def test_a_push_is_read_as_it_was_built(number, body, form):
    read = wsp_push.read(wsp_push.build(number, body, form))
    assert (read.number, read.body, read.application) == (number, body, wsp_push.APPLICATION)


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
    assert pap.result(answer) == code


@pytest.mark.parametrize(("told", "known"), [("1A", "26"), ("26", "1a"), ("0000001a", "26"), ("abc-1", "abc-1")])
def test_a_message_id_is_known_in_either_base(told, known):
    assert known in smpp.forms(told)


def test_a_receipt_is_read():
    text = b"id:1a sub:001 dlvrd:001 submit date:2611221539 done date:2611221540 stat:DELIVRD err:000 text:"
    pdu = smpp.deliver(3, *SHORT, text)
    assert smpp.receipt(pdu) == smpp.SmppReport("1a", "DELIVRD", "000")
    assert smpp.receipt(smpp.deliver(3, *SHORT, b"hello", esm_class=0)) is None
