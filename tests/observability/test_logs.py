"""What may be in a log line and what may not."""

import io
import json
import logging

import pytest
import structlog

from onesoup.observability import logs
from onesoup.settings import Settings

SID = "3fA9-a-session-id-that-nobody-may-see"


@pytest.fixture
def lines():
    """Calls with the form of the log; gives a function that returns what was written since."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level, raising = root.level, logging.raiseExceptions
    out = io.StringIO()

    def start(form: str = "json"):
        logs.setup_logging(Settings(log=form), "web", out)
        return lambda: out.getvalue().splitlines()

    yield start
    root.handlers[:] = before
    root.setLevel(level)
    logging.raiseExceptions = raising
    structlog.reset_defaults()


def test_line_has_time_level_event_and_role_first(lines):
    written = lines()
    structlog.get_logger("x").info("login", result="ok", ms=41)
    entry = json.loads(written()[0])
    assert list(entry)[:4] == ["ts", "level", "event", "role"]
    assert entry["event"] == "login"
    assert entry["role"] == "web"
    assert entry["ms"] == 41


def test_lines_of_libraries_have_the_same_form(lines):
    written = lines()
    logging.getLogger("gunicorn.error").info("Booting worker with pid: %s", 4711)
    entry = json.loads(written()[0])
    assert entry["event"] == "Booting worker with pid: 4711"
    assert entry["role"] == "web"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("name", [*sorted(logs.SECRET_NAMES), "phone_password", "PASSWORD", "old-secret"])
def test_secret_fields_are_hidden(lines, form, name):
    written = lines(form)
    structlog.get_logger("x").info("event", **{name: "hunter2", "inner": {"deep": [{name: "hunter2"}]}})
    assert "hunter2" not in "".join(written())


@pytest.mark.parametrize("form", ["json", "console"])
def test_octets_and_session_ids_are_not_shown(lines, form):
    written = lines(form)
    structlog.get_logger("x").info("event", sid=SID, raw=b"hunter2", shown=logs.short(SID))
    text = "".join(written())
    assert SID not in text
    assert "hunter2" not in text
    assert text.count(logs.short(SID)) == 2


def test_short_session_id_stays_as_it_is(lines):
    written = lines()
    structlog.get_logger("x").info("event", sid=logs.short(SID))
    assert json.loads(written()[0])["sid"] == logs.short(SID)


@pytest.mark.parametrize("name", sorted(logs.SESSION_NAMES))
def test_where_there_is_no_session_none_is_named(lines, name):
    """A log-in that failed has none. The digest of nothing looks like a session that all of them share."""
    written = lines()
    structlog.get_logger("x").info("event", **{name: ""})
    assert json.loads(written()[0])[name] == ""
    assert logs.short("") == logs.short(b"") == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_traceback_shows_no_variables(lines, form):
    written = lines(form)

    def fail(password: str) -> None:
        raise ValueError("no")

    try:
        fail("hunter2"[:])
    except ValueError:
        structlog.get_logger("x").exception("bug")
    assert "ValueError: no" in "\n".join(written())
    assert "password=" not in "\n".join(written()).replace("def fail(password", "")


def test_level_is_obeyed(lines):
    written = lines()
    structlog.get_logger("x").debug("details")
    logging.getLogger("library").debug("details")
    assert written() == []


@pytest.mark.parametrize("form", ["json", "console"])
def test_half_a_surrogate_pair_costs_no_line(form, tmp_path):
    """Into a file, as standard output is: a StringIO would take anything."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        with (tmp_path / "log").open("w", encoding="utf-8") as out:
            logs.setup_logging(Settings(log=form), "web", out)
            structlog.get_logger("x").info("login", user="j\ud800\u00fcrgen")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    line = (tmp_path / "log").read_text(encoding="utf-8")
    assert "\u00fcrgen" in line
    assert form == "console" or json.loads(line)["user"] == "j\ud800\u00fcrgen"
