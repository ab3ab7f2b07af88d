"""Browsers and phones at the same paths of a real gateway."""

import http.client
import json

import pytest

from onesoup.demo.stack import Stack
from onesoup.guide.phones import guide
from tests.support.world import World

PATHS = ["/", "/phones", "/phones/access-point", *(f"/phones/{family.id}" for family in guide().families)]


def status(stack: Stack, path: str, method: str = "GET") -> int:
    link = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=60)
    link.request(method, path, headers={"User-Agent": "MOT-V3/0E.41"})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    assert bool(body) == (method == "GET")
    return answer.status


def test_pages_open_while_redis_is_away(breakable: World) -> None:
    breakable.stack.redis.kill()
    for path in PATHS:
        assert status(breakable.stack, path) == status(breakable.stack, path, "HEAD") == 200
    assert status(breakable.stack, "/nothing") == 404


@pytest.mark.parametrize("path", ["", "phones", "phones/", "Phones/motorola", "anything/else"])
def test_a_phone_may_post_to_every_path(world: World, path: str) -> None:
    (alice,) = world.cast("alice")
    assert world.phone(alice, url=world.stack.url + path).login().session_id


def test_a_visit_is_in_the_log_with_address_and_model(stack: Stack) -> None:
    assert status(stack, "/phones/motorola/") == 200
    lines = [json.loads(line) for line in stack.logs("web").splitlines() if '"event":"page"' in line.replace('": "', '":"')]
    assert ("/phones/motorola", "127.0.0.1", "MOT-V3/0E.41") in [(line["path"], line["peer"], line["model"]) for line in lines]
