"""The first page: each part of it, with and without something in it, and what it lets an operator do."""

import re
import time

import pytest

from onesoup.store.account.guard_state import GuardState
from onesoup.store.account.login_limits import LoginPolicy
from onesoup.store.audit import AuditLog
from onesoup.store.console_access import ConsoleRole
from onesoup.store.doctor_results import DoctorResult, DoctorResults
from onesoup.store.errors import StoreDown
from workers.gateway.console import overview, parts

from . import figures
from .visitor import Visitor


@pytest.fixture
def make_console(make_console):
    return lambda: make_console(domain="example.org", domains=("chat.example.net",))


def test_an_empty_cluster_is_shown(operator):
    text = operator.open().text
    assert "None is running: nobody can log in" in text
    assert "none in the last day" in text
    assert "nobody has logged in for a week" in text
    assert "could not be read" not in text


def test_a_busy_cluster_is_shown(operator, client):
    now = time.time()
    figures.busy_day(client, now, every=20)
    figures.phones(client, 6)
    figures.holders(client, "alpha-holder", free=3)
    figures.servers(client, now)
    figures.processes(client)
    text = operator.open().text
    assert "could not be read" not in text
    assert '<p class="figure">6</p>' in text
    assert "3 of 256 shards have no holder" in text
    assert text.count('<svg class="plot"') == 8
    assert "tls: certificate" in text
    assert "soup-2" in text


def test_what_is_wrong_stands_on_top(operator, client):
    figures.holders(client, "alpha-holder")
    assert "alarms" not in operator.open().text
    figures.servers(client, time.time())
    figures.wrong_passwords(client, "example.org", 15)
    DoctorResults(client).keep(DoctorResult(int(time.time()), "soup-1", (("FAIL", "key ring", "is not set", ""),)))
    top = operator.open().text.partition("Phones on line")[0]
    assert "The server of chat.example.net is away: tls" in top
    assert "example.org is closed" in top
    assert "1 found wrong" in top


def test_while_redis_refuses_writes_who_is_logged_in_sees_which_word_it_says(operator, console, client, tokens):
    figures.holders(client, "alpha-holder")
    client.config_set("min-replicas-to-write", 1)
    try:
        text = operator.open().text
        strange = Visitor(console).log_in(tokens[ConsoleRole.OPERATOR])
    finally:
        client.config_set("min-replicas-to-write", 0)
    assert "Redis refuses writes: NOREPLICAS" in text.partition("Phones on line")[0]
    assert "could not be read" not in text
    assert (strange.status_code, "NOREPLICAS" in strange.text) == (503, True)


def test_a_part_that_cannot_be_read_leaves_the_others(operator, monkeypatch):
    def broken(*_):
        raise StoreDown("NOREPLICAS")

    monkeypatch.setattr(overview, "redis_states", broken)
    text = operator.open().text
    assert "This could not be read: <code>NOREPLICAS</code>" in text
    assert "Phones on line" in text


def test_a_part_has_a_deadline_and_shows_the_name_of_its_error_only():
    def slow():
        parts.gevent.sleep(60)

    def secret():
        raise ValueError("hunter2")

    found = parts.read_parts({"slow": slow, "secret": secret, "good": lambda: 7}, seconds=0.01)
    assert (found["slow"].error, found["secret"].error, found["good"].value) == ("TimeoutError", "ValueError", 7)


def test_a_closed_domain_is_opened_by_a_button_and_a_command(operator, client):
    figures.wrong_passwords(client, "example.org", 15)
    text = operator.open().text
    assert re.search(r"closed</span> for \d+[hm]", text)
    assert "<code>onesoup guard clear example.org</code>" in text
    page = operator.send("/console", action="guard clear", domain="example.org")
    assert "example.org: its failures are forgotten" in page.text
    assert not GuardState(client, LoginPolicy()).domain("example.org").closed
    entry = AuditLog(client).last(1)[0]
    assert (entry.what, entry.whom) == ("guard clear", "example.org")


def test_a_domain_that_is_none_is_not_opened(operator, client):
    operator.open()
    assert operator.send("/console", action="guard clear", domain="evil.example").status_code == 400
    assert AuditLog(client).last(1)[0].what == "console log-in"


def test_who_may_only_look_sees_the_command_and_no_button(reader, client):
    figures.wrong_passwords(client, "example.org", 15)
    text = reader.open().text
    assert "onesoup guard clear example.org" in text
    assert "Let them in" not in text


def test_names_that_phones_give_themselves_are_text(operator, client):
    figures.living_session(client, "a@example.org", "00x", handset="<script>alert(1)</script>")
    assert "<script>alert" not in operator.open().text
