"""The id of a request: where it comes from, and which greenlet has it."""

import io
import json
import logging

import gevent
import pytest
import structlog

from onesoup.observability import logs
from onesoup.observability.request_id import (
    begin_request,
    continue_request,
    continued_request,
    current_request,
    end_request,
    in_this_request,
)
from onesoup.settings import Settings

GIVEN = "5bc0e6aa8a5e4a3b9d1f3c1d6a0b7e21"


@pytest.fixture(autouse=True)
def outside():
    end_request()
    yield
    end_request()


def test_outside_of_a_request_there_is_none():
    assert current_request() == ""


def test_a_request_keeps_the_id_that_it_came_with():
    begin_request(GIVEN)
    assert current_request() == GIVEN
    end_request()
    assert current_request() == ""


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f g", 'say"hello"', "line\nline", "?" * 20, "-" * 20, "ähnlich-lang"]
)
def test_what_is_no_id_is_replaced_by_one_of_our_own(given):
    begin_request(given)
    own = current_request()
    assert own != given
    assert len(own) == 16
    assert current_request() == own


def test_no_id_is_made_for_what_logs_nothing(monkeypatch):
    def refuse(_count):
        raise AssertionError("an id was made")

    monkeypatch.setattr("onesoup.observability.request_id.secrets.token_hex", refuse)
    begin_request()
    end_request()


def test_two_greenlets_have_their_own():
    seen = []

    def serve(name):
        begin_request(name * 8)
        gevent.sleep(0)
        seen.append(current_request())

    gevent.joinall([gevent.spawn(serve, name) for name in "abc"])
    assert sorted(seen) == ["aaaaaaaa", "bbbbbbbb", "cccccccc"]


def test_work_in_another_greenlet_belongs_to_the_request():
    begin_request(GIVEN)
    assert gevent.spawn(in_this_request(lambda word: (word, current_request())), "x").get() == ("x", GIVEN)
    assert gevent.spawn(current_request).get() == ""


def test_a_request_that_began_elsewhere_goes_on_for_one_block():
    with continued_request(GIVEN):
        assert current_request() == GIVEN
        with continued_request(""):
            assert current_request() == ""
        assert current_request() == GIVEN
    assert current_request() == ""


def test_a_record_with_something_else_in_it_is_no_request():
    continue_request("no id, but a text")
    assert current_request() == ""


def test_each_line_of_a_request_has_its_id():
    root, out = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    try:
        logs.setup_logging(Settings(), "web", out)
        begin_request(GIVEN)
        structlog.get_logger().info("ours")
        logging.getLogger("urllib3").warning("theirs")
        end_request()
        structlog.get_logger().info("outside")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line.get("request") for line in lines] == [GIVEN, GIVEN, None]
