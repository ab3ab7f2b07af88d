"""The findings of `onesoup doctor`: how the command is run, and what the page makes of it."""

import json
import sys
from functools import partial

import pytest

from onesoup.store.doctor_results import DoctorResult, DoctorResults
from workers.gateway.console import doctoring
from workers.gateway.console.doctor_runs import DoctorRuns

PATH = "/console/findings"
FOUND = (
    ("ok", "redis", "takes writes", ""),
    ("FAIL", "holders", "none is running: nobody can log in, messages wait", "start onesoup holder"),
    ("note", "sessions", "<b>3</b> have no holder", "wait for the leases"),
)
NAMES = ("grade", "what", "says", "do")


def python(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(lines)]


def saying(*found: tuple[str, ...]) -> list[str]:
    return python(f"print({chr(10).join(json.dumps(dict(zip(NAMES, each, strict=True))) for each in found)!r})", "exit(1)")


def looked(client, command, seconds=60.0):
    runs = DoctorRuns(client, command, seconds)
    runs.start().get(timeout=60)
    assert not runs.is_looking()
    return runs.last()


def test_what_the_command_finds_is_kept(client):
    found = looked(client, saying(*FOUND))
    assert (found.findings, found.error) == (FOUND, "")


def test_lines_that_are_no_findings_are_left_out(client):
    assert looked(client, python("print('[1]')", "print('x')", "print('{}')")).findings == ()


def test_a_command_that_fails_says_why(client):
    found = looked(
        client, python("import sys", "print('Traceback', file=sys.stderr)", "sys.exit('onesoup: keys_file is no file')")
    )
    assert (found.findings, found.error) == ((), "onesoup: keys_file is no file")
    assert "did not start" in looked(client, ["/no/such/program"]).error
    assert "has said nothing" in looked(client, python("pass")).error


def test_a_command_that_does_not_end_is_ended(client):
    assert "did not end within" in looked(client, python("import time", "time.sleep(600)"), seconds=0.2).error


def test_metrics_of_the_workers_are_not_those_of_the_command(client, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/tmp/metrics")
    assert looked(client, python("import os", "exit(os.environ.get('PROMETHEUS_MULTIPROC_DIR', 'none'))")).error == "none"


@pytest.fixture
def started(monkeypatch):
    """Runs that the page has started."""
    started = []

    class Runs(DoctorRuns):
        def start(self):
            begun = super().start()
            started.append(begun)
            return begun

    monkeypatch.setattr(doctoring, "DoctorRuns", partial(Runs, command=saying(*FOUND)))
    return started


def test_opening_the_page_looks_once(started, operator):
    page = operator.open(PATH)
    assert "Checking." in page.text
    assert 'data-renew="2"' in page.text
    started[0].get(timeout=60)
    page = operator.open(PATH)
    assert len(started) == 1
    assert "Checking." not in page.text
    assert page.text.index("none is running") < page.text.index("have no holder") < page.text.index("takes writes")
    assert "What to do:</span> start onesoup holder" in page.text
    assert "&lt;b&gt;3&lt;/b&gt;" in page.text


def test_old_findings_are_looked_for_anew_but_not_by_a_page_that_renews_itself(started, operator, client):
    DoctorResults(client).keep(DoctorResult(1, "soup-1", FOUND))
    assert "seen from soup-1" in operator.open(PATH, **{"X-Console-Renewal": "1"}).text
    assert started == []
    assert "Checking." in operator.open(PATH).text
    started[0].get(timeout=60)


def test_a_button_looks_again_also_for_who_may_only_look(started, reader):
    reader.open(PATH)
    started[0].get(timeout=60)
    reader.open(PATH)
    assert "Looking anew." in reader.send(PATH, action="doctor").text
    started[1].get(timeout=60)


def test_nothing_wrong(operator, client, started):
    DoctorResults(client).keep(DoctorResult(10**10, "soup-1", FOUND[:1]))
    assert "Nothing is wrong." in operator.open(PATH).text
