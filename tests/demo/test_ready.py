"""What the demo tells its owner: for phones never an address of this machine alone, and every line fits into 80 columns."""

import io
import re

import pytest

from onesoup.demo import cli, ready
from onesoup.demo.accounts import DEMO_USERS, simple_passwords
from onesoup.demo.reach import PhoneHost, is_open, phone_host, phone_url
from onesoup.demo.ready import Greeting
from onesoup.demo.stack import Federation, Stack
from onesoup.runtime.ports import free_port
from onesoup.settings import load_settings

RANDOM = dict.fromkeys(DEMO_USERS, "adgjmptwadgj")
LINK = "account/link?key=awzBennuwepoG3s-sJa9IBtOlqMZ3A"


def settings(**values):
    return load_settings({f"ONESOUP_{name.upper()}": value for name, value in values.items()})


@pytest.fixture
def table(tmp_path, monkeypatch):
    """What is printed for a greeting, in a checkout of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))

    def show(greeting: Greeting, **more: object) -> str:
        return ready.ready(Stack(tmp_path / ".run", **more), greeting)

    return show


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"bind": "::1"}, False),
        ({"bind": "0.0.0.0"}, True),
        ({"bind": "192.168.1.5"}, True),
        ({"stcp_bind": "0.0.0.0"}, True),
        ({"public_host": "imps.example.org"}, True),
        ({"trusted_proxies": "10.0.0.7"}, True),
    ],
)
def test_a_demo_is_open_when_anything_of_it_may_be_reached(values, expected):
    assert is_open(settings(**values)) is expected


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "http://127.0.0.1:8080/"),
        ({"bind": "203.0.113.7", "http_port": "80"}, "http://203.0.113.7/"),
        ({"bind": "2001:db8::7"}, "http://[2001:db8::7]:8080/"),
        ({"public_host": "imps.example.org", "bind": "0.0.0.0"}, "http://imps.example.org:8080/"),
        ({"public_host": "imps.example.org:81"}, "http://imps.example.org:81/"),
    ],
)
def test_the_url_for_phones(values, url):
    assert phone_url(settings(**values)) == url


@pytest.mark.parametrize("values", [{"bind": "0.0.0.0"}, {"bind": "::"}, {"trusted_proxies": "10.0.0.7"}])
def test_where_nobody_names_the_host_it_is_a_guess_that_leads_out(values, monkeypatch):
    monkeypatch.setattr("onesoup.demo.reach._outward_address", lambda: "192.168.1.5")
    assert phone_host(settings(**values)) == PhoneHost("192.168.1.5", guessed=True, near=True)
    monkeypatch.setattr("onesoup.demo.reach._outward_address", lambda: "8.8.4.4")
    assert phone_host(settings(**values)) == PhoneHost("8.8.4.4", guessed=True, near=False)


def test_a_demo_for_this_machine_says_how_phones_get_in_and_that_its_passwords_are_known(table):
    told = table(Greeting("http://127.0.0.1:8080/", False, False, False))
    assert "alice       alice-secret" in told
    assert "ONESOUP_BIND=0.0.0.0 make run" in told
    assert "Everybody knows these passwords" in told
    assert "open to     this machine only" in told
    assert "record --new" in told
    fits(told)


def test_an_open_demo_tells_what_a_phone_is_given(table, monkeypatch):
    monkeypatch.setattr("onesoup.demo.reach._outward_address", lambda: "192.168.1.5")
    greeting = Greeting("http://192.168.1.5:8080/", True, True, False, f"http://192.168.1.5:8080/{LINK}")
    told = table(greeting, bind="0.0.0.0", passwords=RANDOM, companions=True)
    before, _, people = told.partition("Accounts")
    assert "127.0.0.1" not in before
    assert "password    adgjmptwadgj" in before
    assert "192.168.1.5 is a guess" in before
    assert "private" in before
    assert people.count("adgjmptwadgj") == len(DEMO_USERS) + 1
    assert "wv:echo@localhost" in people
    assert "wv:/lobby@localhost" in people
    assert LINK in people
    assert re.search(r"open to     everybody: \d+ \(phones\), \d+ \(wake-up\); the rest: this machine$", people, re.MULTILINE)
    assert ".run/passwords" in people
    fits(told)


def test_where_the_gateway_serves_the_phone_in_the_browser_the_table_says_so(table):
    greeting = Greeting("http://192.168.100.200:8080/", True, False, False)
    assert "/demo" not in table(greeting)
    told = table(greeting, env={"ONESOUP_BROWSER_PHONE": "true"})
    assert "no phone?   http://192.168.100.200:8080/demo" in told
    fits(told)


@pytest.mark.parametrize(
    ("environ", "listed"),
    [
        ({}, simple_passwords()),
        ({"ONESOUP_BIND": "0.0.0.0"}, {}),
        ({"ONESOUP_PUBLIC_HOST": "imps.example.org"}, {}),
        ({"ONESOUP_TRUSTED_PROXIES": "10.0.0.7"}, {}),
        ({"ONESOUP_DOMAIN": "example.org", "ONESOUP_FEDERATION": "true"}, {}),
        ({"ONESOUP_BROWSER_PHONE": "false"}, simple_passwords()),
    ],
)
def test_the_browser_phone_of_a_demo_lists_passwords_only_where_everybody_knows_them(tmp_path, environ, listed):
    ports = {f"ONESOUP_{name}_PORT": str(free_port()) for name in ("HTTP", "STCP", "S2S")}
    environ = {"ONESOUP_DATA": str(tmp_path), "ONESOUP_XMPP_PORT": str(free_port(count=3)), **ports, **environ}
    plan = cli._plan(environ, "ONESOUP_FEDERATION" in environ)
    passwords = simple_passwords() if plan.is_private else RANDOM
    settings = cli._stack(plan, passwords, environ).settings
    assert settings.browser_phone_accounts == listed
    assert settings.browser_phone is (environ.get("ONESOUP_BROWSER_PHONE") != "false")


def test_passwords_are_printed_once(table):
    told = table(Greeting("http://imps.example.org:8080/", True, False, False), bind="0.0.0.0", passwords=RANDOM)
    assert "adgjmptwadgj" not in told
    assert told.count(".venv/bin/onesoup demo passwords") == 2
    fits(told)


def test_a_data_directory_of_its_own_is_named_where_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))
    told = ready.ready(Stack(tmp_path / "other"), Greeting("http://127.0.0.1:8080/", False, False, False))
    assert "ONESOUP_DATA=other .venv/bin/onesoup accounts new zoe" in told
    assert "  .venv/bin/onesoup phone" in told


def test_federation_is_told(table):
    greeting = Greeting("http://imps.example.org:8080/", True, True, True)
    told = table(greeting, domain="example.org", federation=Federation("0.0.0.0", "example.org", 5269), passwords=RANDOM)
    assert re.search(r"everybody: .*\(XMPP\)", told)
    assert "example.org:" in told
    fits(told)


def fits(text: str) -> None:
    assert [line for line in text.splitlines() if len(line) > 80] == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_qr_code_is_for_terminals_that_are_wide_enough(monkeypatch):
    url = "http://imps.example.org:8080/"
    monkeypatch.setenv("COLUMNS", "80")
    drawn = ready.qr_code(url, Terminal())
    plain = re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    assert url in plain
    assert plain.count("█") > 100
    fits(plain)
    monkeypatch.setenv("COLUMNS", "30")
    assert ready.qr_code(url, Terminal()) == ""
    assert ready.qr_code(url, io.StringIO()) == ""
