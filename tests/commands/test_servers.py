"""`onesoup servers`: a server that changed its mechanisms on purpose is given a new beginning."""

from click.testing import CliRunner

from onesoup.commands.servers import servers
from onesoup.store.redis.client import connect
from onesoup.store.servers import SaslMechanisms


def said(redis_server, *words):
    done = CliRunner().invoke(servers, words, env={"ONESOUP_REDIS_URL": redis_server.url})
    return done.exit_code, done.output.strip()


def test_what_is_known_can_be_seen_and_forgotten(redis_server):
    client = connect(redis_server.url)
    SaslMechanisms(client).remember("x.example", "SCRAM-SHA-256")
    client.close()
    assert said(redis_server, "show", "X.example") == (0, "SCRAM-SHA-256")
    assert said(redis_server, "show", "x.example", "--json") == (0, '{"domain": "x.example", "mechanism": "SCRAM-SHA-256"}')
    assert said(redis_server, "forget", "x.example") == (0, "forgotten")
    assert said(redis_server, "forget", "x.example") == (1, "onesoup: x.example: nothing was known")
    assert said(redis_server, "show", "x.example") == (1, "onesoup: x.example: nothing is known")


def test_redis_away_is_said_in_a_line():
    done = CliRunner().invoke(servers, ["show", "x.example"], env={"ONESOUP_REDIS_URL": "redis://127.0.0.1:1/0"})
    assert done.exit_code == 3
    assert "Redis" in done.output
