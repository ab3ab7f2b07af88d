"""Texts that are longer than the phone reads at once: they come in parts, and nothing that comes is longer than the phone takes.
The phone here breaks on an answer that is."""

from dataclasses import replace

import pytest

from onesoup.phone.profiles import GENERIC_PROFILE
from onesoup.wire.document import ANY_TREE, Encoding
from tests.support.secrets import secret_text
from tests.support.world import World

SMALL = replace(GENERIC_PROFILE, capabilities={**GENERIC_PROFILE.capabilities, "parser_size": 32_767})


@pytest.mark.parametrize("encoding", ANY_TREE)
def test_long_texts_come_in_parts_that_the_phone_reads(world: World, encoding: Encoding) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, profile=SMALL, encoding=encoding, version="1.2").start()
    there = world.online(bob)
    for body in ("&" * 40_000, "a" * 100_000):
        end = secret_text()
        there.send(alice.jid, f"{body} {end}")
        phone.until(lambda: phone.inbox and phone.inbox[-1].text.endswith(end))  # noqa: B023
        assert "".join(each.text for each in phone.inbox).replace(" ", "") == body + end
        assert 2 <= len(phone.inbox) <= 8
        phone.inbox.clear()


def test_what_came_while_the_phone_was_off_comes_in_parts_too(world: World) -> None:
    """It was stored for whichever phone comes next."""
    alice, bob = world.cast("alice", "bob")
    first = world.phone(alice, client_id="large").start()
    there = world.online(bob)
    there.send(alice.jid, text := "&" * 40_000)
    world.waits(first, text[:100])
    first.logout()
    phone = world.phone(alice, profile=SMALL, encoding=Encoding.XML, client_id="small").start()
    phone.until(lambda: sum(len(each.text) for each in phone.inbox) >= len(text))
    assert "".join(each.text for each in phone.inbox) == text
