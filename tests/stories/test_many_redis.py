"""More than one Redis: behind Sentinels the master may die, and a cluster spreads the sessions over its nodes."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from onesoup.csp.codec.generated_elements import AddList, BlockEntityRequest, BlockList
from onesoup.demo.stack import Stack
from tests.stories.test_doctor import Owner
from tests.stories.test_operating import command, objects
from tests.support.peer import Peers
from tests.support.secrets import secret_text
from tests.support.topologies import Cluster, Sentinels
from tests.support.world import World

Worlds = Callable[[Cluster | Sentinels], World]


@pytest.fixture
def world_on(stack: Stack, fresh_stack: Callable[..., Stack], peers: Peers) -> Iterator[Worlds]:
    """A stack on such servers, with the people's XMPP server of the other stories."""
    with ExitStack() as ending:

        def make(redis: Cluster | Sentinels) -> World:
            ending.enter_context(redis)
            world = World(fresh_stack(redis=redis, prosody=stack.prosody), peers)
            ending.callback(world.close)
            ending.callback(world.stack.down)
            return world

        yield make


def test_on_a_cluster_everything_works_as_on_one_server(world_on: Worlds, tmp_path: Path) -> None:
    """Sessions of six phones lie on different nodes; what they do needs accounts, rosters, leases and log-ins too."""
    world = world_on(Cluster(tmp_path))
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phones = [world.phone(alice, client_id=f"phone-{number}", cir=["STCP"]).start() for number in range(3)]
    phones += [world.phone(alice, client_id=f"phone-{number}", version="1.1", profile="android").start() for number in (3, 4)]
    for phone in phones:
        phone.send(bob.wv, text := secret_text())
        there.message(body=text)
        phone.sees(bob, online=True)
    there.send(alice.jid, text := secret_text())
    for phone in phones:
        phone.hears(text)
    phones[0].add_contact("wv:somebody@" + world.stack.domain, "Somebody")
    phones[0].request(BlockEntityRequest(block_list=BlockList(add_list=AddList(user_id=["wv:eve@" + world.stack.domain]))))
    owner = Owner(world.stack.url)
    owner.sign_in(alice)
    owner.until("The phone logged in.", "Logged in now", "SendMessage-Request")
    phones[1].logout()
    phones[1].start()
    there.send(alice.jid, text := secret_text())
    phones[1].hears(text)

    assert len(objects(command(world, "sessions", "--user", alice.jid, "--json"))) == len(phones)
    assert f"following {alice.jid}, {len(phones)} sessions" in command(world, "trace", alice.jid, "--seconds", "1")
    assert "last log-in:  none" not in (known := command(world, "history", alice.jid))
    assert "last failure: none" in known
    assert "3 primaries" in command(world, "redis", "check")
    assert f"ended {len(phones)} sessions" in command(world, "kick", alice.jid)


def test_a_master_dies_and_the_replica_goes_on(world_on: Worlds, tmp_path: Path) -> None:
    """Of Valkey, where it is here."""
    server = shutil.which("valkey-server")
    world = world_on(sentinels := Sentinels(tmp_path, server))
    assert ("redis: Valkey " if server else "redis: Redis ") in command(world, "redis", "check")
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    phone.send(bob.wv, before := secret_text())
    there.message(body=before)

    sentinels.master.process.kill()
    after = secret_text()
    phone.until_good(lambda: phone.send(bob.wv, after), within=90)
    there.message(within=90, body=after)
    there.send(alice.jid, answer := secret_text())
    phone.until_good(lambda: phone.hears(answer), within=90)
