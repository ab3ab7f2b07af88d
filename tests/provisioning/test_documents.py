"""Settings documents against the examples of docs/protocol/ota.md, which Kannel and libwbxml have made."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from onesoup.provisioning import push, wv_settings
from onesoup.provisioning.documents import AccessPoint, ImpsSettings, document, settings_of, to_xml
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Security, imsi_key, sign
from onesoup.provisioning.wbxml import decode, encode

PAGE = (Path(__file__).resolve().parents[2] / "docs/protocol/ota.md").read_text(encoding="utf-8")
PLAIN, PROXY, OLDER = (
    bytes.fromhex(block) for block in re.findall(r"```\n((?:[0-9a-f]+\n)+)```", PAGE) if block.startswith("03")
)
PLAIN_XML, PROXY_XML = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)

EXAMPLE = ImpsSettings(
    "http://imps.example.org/",
    "wv:alice@example.org",
    "secret",
    "Example IM",
    "imps.example.org",
    AccessPoint("internet.example.net", "Example Internet"),
    ("IM",),
)
READER = shutil.which("wbxml2xml")


def test_the_first_example_comes_out_byte_for_byte():
    assert to_xml(document(EXAMPLE)) == PLAIN_XML
    assert encode(document(EXAMPLE)) == PLAIN
    assert len(PLAIN) == 297


@pytest.mark.parametrize("data", [PLAIN, PROXY], ids=["plain", "proxy"])
def test_what_is_read_is_written_again_as_it_was(data):
    assert encode(decode(data)) == data


def test_the_second_example_has_the_words_of_its_xml():
    assert to_xml(decode(PROXY)) == PROXY_XML


@pytest.mark.parametrize(
    ("data", "mac"),
    [(PLAIN, "64E0E0C8F8445DE3EBF2063723C91EF04F85E3B9"), (PROXY, "D50F776F7878656C8252390320C83BB82953F2F2")],
    ids=["plain", "proxy"],
)
def test_user_pin_1234_gives_the_mac_of_the_page(data, mac):
    assert sign(data, Security.USERPIN, pin="1234").mac == mac


def test_the_imsi_is_written_in_semi_octets():
    assert imsi_key("244051234567890").hex() == "2944502143658709"
    assert imsi_key("24405123456789").hex() == "21445021436587f9"


def test_both_pins_together_are_one_key():
    one = sign(PLAIN, Security.USERNETWPIN, pin="1234", imsi="244051234567890")
    assert one.mac not in (
        sign(PLAIN, Security.USERPIN, pin="1234").mac,
        sign(PLAIN, Security.NETWPIN, imsi="244051234567890").mac,
    )


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1" * 17, "١٢٣٤"])
def test_a_pin_that_nobody_could_type_is_refused(pin):
    with pytest.raises(ProvisioningError, match="a PIN has"):
        sign(PLAIN, Security.USERPIN, pin=pin)


def test_a_phone_reads_back_what_was_set():
    assert settings_of(decode(PLAIN)) == [EXAMPLE]


def test_the_presence_client_gets_an_application_of_its_own():
    found = settings_of(decode(encode(document(replace(EXAMPLE, services=("IM", "PR"))))))
    assert [each.services for each in found] == [("IM",), ("PR",)]


def test_without_access_point_and_password_neither_is_named():
    xml = to_xml(document(replace(EXAMPLE, access_point=None, password="")))
    assert "NAP" not in xml
    assert "AAUTHSECRET" not in xml


def test_an_access_point_with_a_log_in_comes_back():
    point = AccessPoint("wap.example.net", "WAP", "wap", "wap", "CHAP")
    assert settings_of(decode(encode(document(replace(EXAMPLE, access_point=point)))))[0].access_point == point


def test_what_would_break_xml_is_escaped():
    name = '<A&B> "C"'
    settings = replace(EXAMPLE, name=name)
    assert settings_of(decode(encode(document(settings))))[0].name == name
    assert 'value="&lt;A&amp;B&gt; &quot;C&quot;"' in to_xml(document(settings))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://" + "x" * 100}, "the server's address has 107 characters, and phones take 100"),
        ({"url": "https://imps.example.org/"}, "http://"),
        ({"url": ""}, "the server's address is missing"),
        ({"user_id": "wv:" + "a" * 48}, "the user id has 51 characters"),
        ({"user_id": "wv:a\nb"}, "control character"),
        ({"password": "x" * 51}, "the password has 51"),
        ({"name": "x" * 31}, "the name has 31"),
        ({"services": ()}, "no service"),
    ],
)
def test_settings_that_phones_do_not_take_are_refused(change, said):
    with pytest.raises(ProvisioningError, match=re.escape(said)):
        replace(EXAMPLE, **change)


@pytest.mark.parametrize("end", range(len(PLAIN)))
def test_a_document_cut_anywhere_is_refused(end):
    with pytest.raises(ProvisioningError):
        decode(PLAIN[:end])


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"\x01",
        PLAIN[:4] + b"\x46" * 20,
        PLAIN[:4] + b"\xc5\x45\x00\x09",
        PLAIN[:4] + b"\xc5\xff\x01",
        b"\x03" * 5000,
        b"",
    ],
)
def test_bytes_that_are_no_settings_are_refused(data):
    with pytest.raises(ProvisioningError):
        decode(data)


def test_the_push_unit_and_its_messages_are_those_of_kannel():
    unit = push.push_unit(PLAIN, sign(PLAIN, Security.USERPIN, pin="1234"))
    assert unit.startswith(bytes.fromhex("01062f1f2db6918192") + b"64E0E0C8F8445DE3EBF2063723C91EF04F85E3B9\0")
    parts = list(push.messages(unit, 7))
    assert [(header.hex(), len(data)) for header, data in parts] == [
        ("0b05040b840b840003070301", 128),
        ("0b05040b840b840003070302", 128),
        ("0b05040b840b840003070303", 91),
    ]
    assert b"".join(data for _, data in parts) == unit
    assert all(len(header) + len(data) <= push.MAX_SMS for header, data in parts)


def test_a_short_unit_is_one_message():
    assert list(push.messages(b"x" * push.MAX_WHOLE, 1)) == [(bytes.fromhex("0605040b840b84"), b"x" * push.MAX_WHOLE)]


def test_more_messages_than_anybody_pays_for_are_refused():
    with pytest.raises(ProvisioningError, match="10 SMS"):
        list(push.messages(b"x" * (push.MAX_PART_BYTES * 9 + 1), 1))


def test_the_older_document_is_that_of_the_page():
    assert wv_settings.encode(EXAMPLE) == OLDER


@pytest.mark.skipif(READER is None, reason="wbxml2xml is not installed (Debian package libwbxml2-utils)")
@pytest.mark.parametrize("settings", [EXAMPLE, replace(EXAMPLE, services=("IM", "PR"), password="", access_point=None)])
def test_libwbxml_reads_the_same_document(settings):
    root = document(settings)
    read = subprocess.run(
        [READER, "-m", "0", "-o", "-", "-"], input=encode(root), capture_output=True, check=True
    ).stdout.decode()
    wanted = re.sub(r">\s+<", "><", to_xml(root)).strip()
    assert re.findall(r"<(?:parm|characteristic)[^>]*>", read) == re.findall(r"<(?:parm|characteristic)[^>]*>", wanted)
