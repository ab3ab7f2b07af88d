"""What a monitoring system reads on the admin ports: the names of tests/support/promised.py."""

import http.client
import json
from collections.abc import Iterable

import gevent
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from onesoup.demo.stack import ROLES
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.wire.document import Encoding
from tests.support.promised import EVERYBODY, OF
from tests.support.secrets import secret_text
from tests.support.timing import at_best
from tests.support.world import World

# Not of a sample yet in a quiet run: only its declaration is there.
ADDED = {"le"}


def asked(world: World, role: str, path: str = "/metrics") -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", world.stack.admin_port(role), timeout=60)
    link.request("GET", path)
    answer = link.getresponse()
    body = answer.read().decode()
    link.close()
    return answer.status, body


def metrics(world: World, role: str) -> dict[str, Metric]:
    return {each.name: each for each in text_string_to_metric_families(asked(world, role)[1])}


def labels(samples: Iterable[object]) -> set[str]:
    return {name for each in samples for name in each.labels} - ADDED  # type: ignore[attr-defined]


def value(world: World, role: str, name: str, **wanted: str) -> float:
    """The sum of the samples with these labels."""
    found = (sample for family in metrics(world, role).values() for sample in family.samples if sample.name == name)
    return sum(sample.value for sample in found if wanted.items() <= sample.labels.items())


def written(world: World) -> None:
    """Every worker has written what it has counted until now: what is counted behind it is there."""
    before = value(world, "web", "onesoup_loop_lag_seconds_count")
    with gevent.Timeout(60):
        # Each worker counts its own beats, with which it writes. More of them than one of two workers can have alone.
        while value(world, "web", "onesoup_loop_lag_seconds_count") < before + 4:
            gevent.sleep(0.1)


@pytest.fixture
def talked(world: World) -> World:
    """A phone has come over its line for a message, and another has polled for one."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    for phone in (world.phone(alice, cir=["STCP"], version="1.2"), world.phone(alice, client_id="second", cir=())):
        phone.start()
        there.send(alice.jid, text := secret_text())
        phone.hears(text)
        phone.run_once()  # with this poll it is told nothing more, so the message before is acknowledged
    return world


def test_every_metric_is_where_operators_look_for_it(talked: World) -> None:
    for role in ROLES:
        found = metrics(talked, role)
        for name, (kind, wanted) in (EVERYBODY | OF[role]).items():
            # In a gateway a metric of no sample is in no worker's file; it must be known by name all the same.
            if name not in found:
                assert role == "web", f"{role}: no {name}"
                continue
            assert found[name].type == kind, name
            assert labels(found[name].samples) <= wanted, name
            if found[name].samples:
                assert labels(found[name].samples) == wanted, name
        assert value(talked, role, "onesoup_build_info") == 1


def test_a_delivery_is_timed_by_the_way_in_which_the_phone_was_told(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    polling = world.phone(alice, client_id="polling", cir=()).start()
    waiting = world.phone(alice, client_id="waiting", cir=["STCP"]).start()
    paths = ("poll", "stcp")
    before = [value(world, "web", "onesoup_delivery_seconds_count", path=path) for path in paths]
    assert waiting.stcp is not None
    with PhoneStcpLine(*waiting.stcp, waiting.session_id or "", waiting.cookie):
        there.send(alice.jid, text := secret_text())
        for phone in (polling, waiting):
            phone.hears(text)
    for path, old in zip(paths, before, strict=True):
        polling.until(lambda path=path, old=old: value(world, "web", "onesoup_delivery_seconds_count", path=path) > old)


def test_sessions_are_counted_by_what_their_phones_are(world: World) -> None:
    wanted = {"csp": "1.1", "encoding": "xml", "cir": "none"}

    def attempt() -> None:
        """The session of another story may end meanwhile."""
        (alice,) = world.cast("alice")
        before = value(world, "holder", "onesoup_sessions", **wanted)
        phone = world.phone(alice, version="1.1", encoding=Encoding.XML, cir=()).start()
        phone.until(lambda: value(world, "holder", "onesoup_sessions", **wanted) == before + 1, within=20)
        phone.logout()
        phone.session_id = None

    at_best(attempt)


def test_requests_are_counted_by_what_became_of_them(world: World) -> None:
    (alice,) = world.cast("alice")
    wanted = {"primitive": "Login-Request", "status_class": "4xx", "csp": "1.3", "encoding": "xml"}
    written(world)
    before = value(world, "web", "onesoup_csp_requests_total", **wanted)
    phone = world.phone(alice, password="wrong " + secret_text(), version="1.3", encoding=Encoding.XML)
    with pytest.raises(Exception, match="409"):
        phone.login()
    # The worker that counted it may stand still while the other one beats.
    phone.until(lambda: value(world, "web", "onesoup_csp_requests_total", **wanted) > before)
    written(world)
    assert value(world, "web", "onesoup_csp_requests_total", **wanted) == before + 1


def test_health_says_who_answers_and_what_is_ready(world: World) -> None:
    for role in ROLES:
        status, body = asked(world, role, "/readyz")
        assert (status, json.loads(body)["role"], json.loads(body)["checks"]["redis"]) == (200, role, "ok")
        assert asked(world, role, "/healthz")[0] == 200
