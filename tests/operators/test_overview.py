"""What operators see of a whole cluster, read within bounds."""

import redis

from onesoup.operators.overview import domain_states, holder_shares, phones_on_line, redis_states
from onesoup.settings import Settings
from tests.workers.gateway.console import figures

SETTINGS = Settings(domain="example.org", domains=("chat.example.net",))
NOW = 1_800_000_000


def test_phones_are_counted_by_handset_version_and_bearer(client):
    figures.phones(client, 7)
    found = phones_on_line(client)
    assert (found.total, found.looked_at) == (7, 7)
    assert found.handsets == (("Nokia S60", 3), ("Motorola", 2), ("Sony Ericsson", 2))
    assert found.versions == (("1.2", 3), ("1.1", 2), ("1.3", 2))
    assert found.bearers == (("STCP, no line", 3), ("SUDP", 2), ("none, polls only", 2))


def test_of_many_phones_some_stand_for_all(client):
    figures.phones(client, 60)
    found = phones_on_line(client, most=20)
    assert (found.total, found.looked_at) == (60, 20)
    assert sum(count for _, count in found.handsets) == 20


def test_no_phones(client):
    assert phones_on_line(client).total == 0


def test_holders_have_their_shares(client):
    figures.phones(client, 4)
    figures.holders(client, "alpha-holder", "beta-holder", free=6)
    holders, free = holder_shares(client)
    assert [(each.holder, each.shards) for each in holders] == [("alpha-ho", 125), ("beta-hol", 125)]
    assert free == 6
    assert sum(each.sessions for each in holders) <= 4


def test_redis_says_how_it_is(client):
    (found,) = redis_states(client)
    assert (found.role, found.lags, found.refuses) == ("master", (), "")
    assert found.used > 0


def test_redis_that_refuses_writes_is_named(client):
    client.config_set("min-replicas-to-write", 1)
    try:
        (found,) = redis_states(client)
    finally:
        client.config_set("min-replicas-to-write", 0)
    assert found.refuses == "NOREPLICAS"


def test_domains_are_open_or_closed_and_their_servers_there_or_away(client: redis.Redis):
    figures.servers(client, NOW)
    figures.wrong_passwords(client, "example.org", 15)
    chat, example = domain_states(client, SETTINGS)
    assert (example.domain, example.guard.failures, example.guard.closed) == ("example.org", 15, True)
    assert not example.server.is_away
    assert (chat.domain, chat.guard.closed, chat.server.is_away) == ("chat.example.net", False, True)
    assert (chat.server.kind, chat.server.condition) == ("tls", "certificate")
