"""Visits in the log: one line each, and few lines however many requests come."""

import pytest
from structlog.testing import capture_logs

from onesoup.handlers.context import Peer
from workers.gateway.web.visits import LINES_PER_MINUTE, MOST_REMEMBERED, SAME_VISIT_SECONDS, VisitLog

RAZR = Peer(address="203.0.113.9", user_agent="MOT-V3")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def visits(clock):
    return VisitLog(clock)


def test_a_visit_is_a_line_with_address_and_model(visits):
    with capture_logs() as lines:
        assert visits.note(RAZR, "/phones", "1.1 gw")
    assert lines == [
        {"event": "page", "log_level": "info", "path": "/phones", "peer": "203.0.113.9", "model": "MOT-V3", "via": "1.1 gw"}
    ]


def test_the_same_visit_is_told_once_in_a_while(visits, clock):
    with capture_logs() as lines:
        for _ in range(5):
            visits.note(RAZR, "/")
        visits.note(RAZR, "/phones")
        clock.now += SAME_VISIT_SECONDS
        visits.note(RAZR, "/")
    assert [(line["path"], line.get("left_out")) for line in lines] == [("/", None), ("/phones", 4), ("/", None)]


def test_a_flood_makes_few_lines_and_is_counted(visits, clock):
    with capture_logs() as lines:
        for number in range(10_000):
            visits.note(Peer(address=f"198.51.{number // 250}.{number % 250}", user_agent="x" * 9000), "/")
        assert len(lines) == LINES_PER_MINUTE
        assert max(len(line["model"]) for line in lines) <= 120
        clock.now += 1
        visits.note(RAZR, "/")
    assert lines[-1]["left_out"] == 10_000 - LINES_PER_MINUTE
    assert len(visits._seen) <= MOST_REMEMBERED


def test_long_addresses_and_proxies_are_cut(visits):
    with capture_logs() as lines:
        visits.note(Peer(address="9" * 5000, user_agent=""), "/" * 500, "v" * 5000)
    assert all(len(value) <= 60 for name, value in lines[0].items() if name in ("peer", "path", "via"))
