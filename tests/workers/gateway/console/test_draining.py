"""Hosts in the console: what runs on each, taken out of service after a question, and back."""

import html
from dataclasses import replace

import pytest

from onesoup.store.audit import AuditLog
from onesoup.store.drains import Drain, Drains
from onesoup.store.processes import ProcessRecord, ProcessRegistry

HOSTS = "/console/hosts"
HOLDER = ProcessRecord("holder", "soup-1", 11, 11, ("127.0.0.1", "9472"), "1.0", (), 1)


@pytest.fixture
def running(client):
    """A holder on each of two hosts."""
    registry = ProcessRegistry(client)
    registry.tell(HOLDER)
    registry.tell(replace(HOLDER, host="soup-2", pid=12, unit=12))
    return registry


def draining(client):
    return [each.host for each in Drains(client).all()]


def shown(page):
    return " ".join(html.unescape(page.text).split())


def test_a_host_is_taken_out_of_service_after_a_question_and_back(operator, client, running):
    page = operator.open(HOSTS)
    assert f'href="{HOSTS}?drain=soup-1"' in page.text
    assert "data-renew" in page.text
    page = operator.open(f"{HOSTS}?drain=soup-1")
    assert "Take soup-1 out of service?" in page.text
    assert "onesoup drain soup-1</code>" in page.text
    assert "data-renew" not in page.text, "the question would go away"
    assert draining(client) == []

    page = operator.send(HOSTS, action="drain", host="soup-1")
    assert "soup-1 drains from now on." in page.text
    assert "by operator@127.0.0.1 (console): holder 11: has not begun" in shown(page)
    assert draining(client) == ["soup-1"]
    running.tell(replace(HOLDER, left=0, had=128))
    assert "nothing is left, it may be stopped" in operator.open(HOSTS).text

    page = operator.open(f"{HOSTS}?end=soup-1")
    assert "Take soup-1 back into service?" in page.text
    assert "onesoup drain soup-1 --end</code>" in page.text
    assert "soup-1 is back in service." in operator.send(HOSTS, action="drain end", host="soup-1").text
    assert draining(client) == []
    assert [(each.what, each.whom) for each in AuditLog(client).last(2)] == [("drain end", "soup-1"), ("drain", "soup-1")]


def test_the_last_host_of_a_role_is_drained_by_those_alone_who_were_told(operator, client, running):
    Drains(client).begin(Drain("soup-2", "root@soup-2", 1_796_023_120))
    assert "since 2026-11-30 07:18 UTC, by root@soup-2" in shown(operator.open(HOSTS))
    page = operator.open(f"{HOSTS}?drain=soup-1")
    assert "soup-1 has the last holder: nobody can log in, and messages wait." in page.text
    assert "onesoup drain soup-1 --force</code>" in page.text
    page = operator.send(HOSTS, action="drain", host="soup-1")
    assert (page.status_code, draining(client)) == (400, ["soup-2"])
    operator.send(HOSTS, action="drain", host="soup-1", force="yes")
    assert draining(client) == ["soup-1", "soup-2"]


@pytest.mark.parametrize("host", ["", "soup-9", "<b>", "x" * 3000])
@pytest.mark.parametrize("action", ["drain", "drain end"])
def test_a_host_that_nobody_knows_is_told_and_changes_nothing(operator, client, running, action, host):
    operator.open(HOSTS)
    page = operator.send(HOSTS, action=action, host=host)
    assert page.status_code == 400
    assert "<b>" not in page.text
    assert draining(client) == []
    asked = operator.open(f"{HOSTS}?drain=soup-9")
    assert "No process says that it runs on this host." in asked.text


def test_who_may_only_look_sees_hosts_and_changes_none(reader, client, running):
    page = reader.open(f"{HOSTS}?drain=soup-1")
    assert "soup-2" in page.text
    assert "out of service?" not in page.text
    assert "?drain=" not in page.text
    for action in ("drain", "drain end"):
        assert reader.send(HOSTS, action=action, host="soup-1", force="yes").status_code == 403
    assert draining(client) == []


def test_a_form_of_another_site_drains_nothing(operator, client, running):
    operator.open(HOSTS)
    page = operator.send(HOSTS, action="drain", host="soup-1", token="made up")
    assert (page.status_code, draining(client)) == (403, [])


def test_where_nothing_runs_it_says_so(operator):
    assert "No process runs." in operator.open(HOSTS).text
