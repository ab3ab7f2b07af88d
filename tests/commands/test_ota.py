"""`onesoup ota`, as an operator calls it."""

import json
import os
import re

import pytest
from click.testing import CliRunner

from cir.sms import encoding
from onesoup.commands.ota import ota
from onesoup.provisioning import push, wbxml, wv_settings
from onesoup.provisioning.documents import AccessPoint, ImpsSettings, document, settings_of, to_xml
from onesoup.provisioning.signature import Security, sign
from tests.support.gateways import HttpGateway, answer

WHO = ("--user", "alice@example.org", "--url", "http://imps.example.org/")
SETTINGS = ImpsSettings("http://imps.example.org/", "wv:alice@example.org")
DOCUMENT = wbxml.encode(document(SETTINGS))
NUMBER = "+15550100123"


def run(*words, typed="", **settings):
    env = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env |= {f"ONESOUP_{name.upper()}": value for name, value in settings.items()}
    done = CliRunner().invoke(ota, words, env=env, input=typed)
    return done.exit_code, done.stdout, done.stderr


def shown(*words, **more):
    code, out, error = run("show", *words, **more)
    assert (code, error) == (0, "")
    return out


def bytes_below(out, head):
    """The bytes in the indented lines below a line that begins so."""
    found = re.search(rf"^{head}.*\n((?:  [0-9a-f]+\n)+)", out, re.M)
    return bytes.fromhex("".join(found[1].split()))


def test_show_has_text_bytes_signature_and_messages():
    out = shown(*WHO, "--pin", "4711")
    assert to_xml(document(SETTINGS)) in out
    assert bytes_below(out, "document") == DOCUMENT
    signature = sign(DOCUMENT, Security.USERPIN, "4711")
    assert f"USERPIN, MAC {signature.mac}" in out
    count = int(re.search(r"^SMS +(\d+),", out, re.M)[1])
    unit = b"".join(bytes_below(out, f"SMS {number} of {count}") for number in range(1, count + 1))
    assert unit == push.push_unit(DOCUMENT, signature)
    assert max(len(line) for line in out.splitlines() if not line.startswith("<")) <= 80


def test_without_a_pin_a_new_one_is_made_and_shown():
    pins = set()
    for _ in range(8):
        out = shown(*WHO)
        pins.add(pin := re.search(r"^PIN +(\d{4}) ", out, re.M)[1])
        assert sign(DOCUMENT, Security.USERPIN, pin).mac in out
    assert len(pins) > 1


def test_the_imsi_signs_alone_or_together_with_a_pin():
    alone = shown(*WHO, "--netwpin", "244051234567890")
    assert f"NETWPIN, MAC {sign(DOCUMENT, Security.NETWPIN, imsi='244051234567890').mac}" in alone
    assert "PIN      " not in alone
    both = shown(*WHO, "--netwpin", "244051234567890", "--pin", "4711")
    assert f"USERNETWPIN, MAC {sign(DOCUMENT, Security.USERNETWPIN, '4711', '244051234567890').mac}" in both


def test_every_option_is_in_the_document(tmp_path):
    point = ("--apn", "internet", "--apn-user", "web", "--apn-password", "gprs")
    more = ("--name", "My chat", "--service", "IM", "--password-stdin", "--out", str(tmp_path / "my.prov"))
    shown("--user", "wv:bob@example.org", *point, *more, typed="keypad\n", public_host="chat.example.org")
    (found,) = settings_of(wbxml.decode((tmp_path / "my.prov").read_bytes()))
    assert (found.url, found.user_id, found.password) == ("http://chat.example.org/", "wv:bob@example.org", "keypad")
    assert (found.name, found.services) == ("My chat", ("IM",))
    assert found.access_point == AccessPoint("internet", "internet", "web", "gprs")


def test_a_long_user_id_goes_without_its_scheme():
    user = "a" * 36 + "@example.org"
    assert f'"AAUTHNAME" value="{user}"' in shown("--user", user, "--url", "http://x/")


def test_the_older_document_is_called_experimental(tmp_path):
    out = shown(*WHO, "--wv", "--out", str(tmp_path / "old.prov"))
    assert "experimental" in out
    assert (tmp_path / "old.prov").read_bytes() == bytes_below(out, "document") == wv_settings.encode(SETTINGS)
    assert not {"MAC", "PIN"} & set(re.findall(r"\w+", out))


GATEWAY = {"sms_gateway": "json", "sms_password": "soup", "sms_prefixes": "+1555"}


def test_send_only_shows_what_would_go_out():
    with HttpGateway() as hook:
        code, out, _ = run("send", "--to", "+1 555 010-0123", *WHO, **GATEWAY, sms_url=hook.url("/hook"))
        assert hook.asked == []
    assert code == 0
    documents = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [each["part"] for each in documents] == list(range(1, len(documents) + 1))
    assert {each["msisdn"] for each in documents} == {NUMBER}
    assert "outside of every budget" in out
    assert out.rstrip().endswith("Nothing was sent; --no-dry-run sends it.")


def test_send_hands_all_parts_to_the_gateway():
    with HttpGateway(otherwise=answer(200, '{"message_id":"m7"}')) as hook:
        code, out, _ = run("send", "--to", NUMBER, *WHO, "--pin", "4711", "--no-dry-run", **GATEWAY, sms_url=hook.url())
        read = [encoding.read_user_data(bytes.fromhex(each["udh"] + each["payload"])) for each in map(json.loads, bodies(hook))]
    assert code == 0
    assert b"".join(each.payload for each in read) == push.push_unit(DOCUMENT, sign(DOCUMENT, Security.USERPIN, "4711"))
    assert f"SMS {len(read)} of {len(read)}: accepted m7" in out
    assert "PIN      4711" in out


def bodies(hook):
    return [each.body for each in hook.asked]


def test_send_stops_at_a_part_that_is_not_taken():
    with HttpGateway(script=[answer(200)], otherwise=answer(400, '{"error":"no such number"}')) as hook:
        code, out, error = run("send", "--to", NUMBER, *WHO, "--no-dry-run", **GATEWAY, sms_url=hook.url())
        assert len(hook.asked) == 2
    assert code == 1
    assert "permanent no such number" in out
    assert "did not take all of it" in error


@pytest.mark.parametrize(
    ("words", "settings", "told"),
    [
        (("show", "--user", "alice@example.org"), {}, "no server address"),
        (("show", "--user", "a@b", "--url", "https://x/"), {}, "must begin with http://"),
        (("show", *WHO, "--pin", "12"), {}, "a PIN has 4 to 16 digits"),
        (("show", *WHO, "--netwpin", "12"), {}, "an IMSI has 6 to 15 digits"),
        (("show", *WHO, "--name", "x" * 31), {}, "the name has 31 characters"),
        (("show", *WHO, "--apn-user", "web"), {}, "--apn-user needs --apn"),
        (("show", *WHO, "--password-stdin"), {}, "no password came in"),
        (("show", *WHO, "--apn", "x" * 1200), {}, "choose shorter names"),
        (("show", *WHO, "--out", "/nonexistent/x.prov"), {}, "cannot be written: No such file"),
        (("send", "--to", "12", *WHO), GATEWAY | {"sms_url": "http://127.0.0.1:1/"}, "12 is no number"),
        (("send", "--to", NUMBER, *WHO), {}, "no SMS gateway is configured"),
        (
            ("send", "--to", NUMBER, *WHO),
            {"sms_gateway": "kannel-ppg", "sms_url": "http://127.0.0.1:1/"},
            "cannot carry settings",
        ),
        (("send", "--to", NUMBER, *WHO), {"sms_gateway": "url", "sms_url": "http://127.0.0.1:1/?t={text}"}, "needs {udh}"),
        (("show", *WHO), {"sms_gateway": "pigeon"}, "pigeon"),
    ],
)
def test_mistakes_are_told_in_a_line(words, settings, told):
    code, _, error = run(*words, **settings)
    assert (code, told in error) == (1, True), error
    assert error.startswith("Error: ")
    assert len(error.splitlines()) == 1


def test_the_password_at_the_gateway_is_not_shown():
    gateway = {
        "sms_gateway": "kannel-sendsms",
        "sms_user": "onesoup",
        "sms_password": "gate-77",
        "sms_url": "http://127.0.0.1:1/s",
    }
    code, out, _ = run("send", "--to", NUMBER, *WHO, **gateway)
    assert (code, "gate-77" in out) == (0, False)
