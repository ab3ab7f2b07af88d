"""A holder whose host is taken out of service: its shards go to the others, a few at once, and no message is lost or doubled."""

import re

import gevent
import pytest

from onesoup.store import keys
from onesoup.store.drains import Drain, Drains
from onesoup.xmpp import commands
from tests.support.secrets import secret_text
from tests.workers.holder.conftest import DOMAIN, Server, server_with
from tests.workers.holder.test_shard_leases import WITHIN, held_once, owned_once, phones, settle
from tests.xmpp.stream.harness import eventually
from tests.xmpp.stream.stub import SM
from workers.holder.shard_leases import MAX_SHARDS_GIVEN_BACK

pytestmark = pytest.mark.timeout(400)


class CountingServer(Server):
    """Knows of each stream how many stanzas it has had, and says so when it is resumed."""

    def __init__(self, *made):
        super().__init__(*made)
        self._names, self._had = {}, {}

    def _element(self, peer, name, text):
        if name == "enable":
            self._names[peer] = f"stream{len(self._had)}"
            self._had[self._names[peer]] = 0
            peer.send(f"<enabled xmlns='{SM}' id='{self._names[peer]}' resume='true'/>")
        elif name == "resume":
            previous = re.search("previd=[\"']([^\"']*)", text)[1]
            self._names[peer] = previous
            peer.send(f"<resumed xmlns='{SM}' previd='{previous}' h='{self._had[previous]}'/>")
        else:
            if name in ("iq", "message", "presence") and peer in self._names:
                self._had[self._names[peer]] += 1
            super()._element(peer, name, text)


@pytest.fixture
def server(lab):
    with server_with(lab.password, CountingServer) as made:
        yield made


@pytest.fixture
def pair(lab, server):
    """Two holders on hosts of their own, with half of the shards each; the SessionIDs of phones, half of them with each."""
    first, second = lab.holder(server.stub, host="one"), lab.holder(server.stub, host="two")
    settle(lab, first, second)
    sids = []
    for name in phones():
        shard = keys.shard_of(f"{name}@{DOMAIN}", "phone")
        sids.append(lab.log_in(first if shard in first.leases.owned else second, name))
    return first, second, sids


def drain(lab, holder, host="one"):
    Drains(lab.client).begin(Drain(host, "root", 1))
    holder.orders.look()
    assert holder.leases.leaving


def arrived(server, holders, texts):
    """Whether the server has all of them. A wake is lost on who has not begun to listen; holders look every two seconds."""
    for holder in holders:
        holder.sweeps.sweep()
    gevent.sleep(0.1)
    return len(server.messages()) >= len(texts)


def test_its_shards_go_to_the_other_one_and_every_message_arrives_once(lab, server, pair):
    first, second, sids = pair
    texts = []

    def say():
        for sid in sids:
            texts.append(text := secret_text())
            lab.push(sid, commands.SendMessage(f"m{len(texts)}", "b@x.example", text, False))

    say()
    drain(lab, first)
    half = keys.SHARDS // 2
    assert first.leases.left() == (half, half)
    for turn in range(1, half // MAX_SHARDS_GIVEN_BACK + 1):
        say()
        first.leases.renew()
        assert first.leases.left() == (half - turn * MAX_SHARDS_GIVEN_BACK, half), "sessions move in small groups"
        second.leases.renew()
    settle(lab, first, second)
    assert owned_once(first, second) == [0, keys.SHARDS], "it takes none back"
    say()
    eventually(lambda: held_once(sids, first, second) and not first.sessions, WITHIN)
    eventually(lambda: arrived(server, (second,), texts), WITHIN)
    assert sorted(server.messages()) == sorted(texts)


@pytest.mark.parametrize("woken", [True, False])
def test_a_log_in_is_for_the_next_holder_at_once(lab, server, pair, woken):
    """The wake may get lost: a sweep finds the log-in."""
    first, second, _ = pair
    drain(lab, first)
    first.leases.renew()
    names = (f"late{number}" for number in range(10_000))
    name = next(each for each in names if keys.shard_of(f"{each}@{DOMAIN}", "phone") in first.leases.owned)
    shard = keys.shard_of(f"{name}@{DOMAIN}", "phone")
    stored, job = lab.login_job(name)
    lab.client.rpush(keys.shard(shard, "logins"), stored)

    def is_passed_on():
        if woken:
            lab.client.publish(keys.wake_channel(shard), b"login")
        else:
            first.sweeps.sweep()
        return shard not in first.leases.owned

    eventually(is_passed_on, WITHIN)
    second.leases.renew()
    eventually(lambda: job["sid"] in second.sessions, WITHIN)


def test_an_ended_drain_gives_it_its_share_again(lab, server, pair):
    first, second, sids = pair
    drain(lab, first)
    settle(lab, first, second)
    Drains(lab.client).end("one")
    first.orders.look()
    assert first.leases.left() is None
    settle(lab, first, second)
    assert owned_once(first, second) == [keys.SHARDS // 2] * 2
    eventually(lambda: held_once(sids, first, second), WITHIN)


def test_a_holder_that_starts_on_a_host_that_drains_takes_nothing_until_it_hears_of_the_end(lab, server):
    Drains(lab.client).begin(Drain("one", "root", 1))
    holder = lab.holder(server.stub, host="one")
    holder.leases.renew()
    assert holder.leases.left() == (0, 0)
    Drains(lab.client).end("one")
    eventually(lambda: not holder.leases.leaving, WITHIN)
    holder.leases.renew()
    assert len(holder.leases.owned) == keys.SHARDS
