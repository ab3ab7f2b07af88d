"""The operators' commands that look at settings and at Redis servers of every kind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis as redis_py
from click.testing import CliRunner

from onesoup.commands import redis_check
from onesoup.commands.common import short_span, text_table
from onesoup.commands.main import main
from onesoup.demo.servers import RedisServer
from onesoup.store.account.keyring import KeyRing
from tests.support.refusing import MAKE_REFUSE, refusing_server
from tests.support.secrets import secret_text
from tests.support.topologies import Cluster, Sentinels, until


def run(*words, env=None):
    """In this process; for `doctor`, which patches what it runs in, see `run_apart`."""
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    done = CliRunner().invoke(main, words, env=clean | (env or {}))
    return done.exit_code, done.output


def run_apart(*words, env):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")}
    argv = [str(Path(sys.prefix, "bin", "onesoup")), *words]
    done = subprocess.run(argv, env=clean | env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def found(output):
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


# --- settings ---


def test_settings_are_shown_with_their_places_and_without_secrets(tmp_path):
    secret, word = secret_text(), secret_text()
    password = tmp_path / "password"
    password.write_text(word)
    file = tmp_path / "onesoup.toml"
    file.write_text('domain = "example.org"\n[sms]\nurl = "http://sms.example.org/send?pass=x"\n')
    env = {
        "ONESOUP_CONFIG": str(file),
        "ONESOUP_REDIS_URL": f"redis://:{secret}@127.0.0.1:1/0",
        "ONESOUP_SMS_PASSWORD_FILE": str(password),
    }
    status, output = run("config", "show", env=env)
    assert status == 0
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines()[1:]}
    assert rows["domain"] == ["example.org", f"{file}:", "domain"]
    assert rows["redis_url"] == ["redis://:***@127.0.0.1:1/0", "ONESOUP_REDIS_URL"]
    assert rows["sms_password"] == ["***", "ONESOUP_SMS_PASSWORD_FILE"]
    assert "http_port" not in rows
    status, listing = run("config", "show", "--all", "--json", env=env)
    assert {"setting": "http_port", "value": "8080", "from": "default"} in found(listing)
    for text in (output, listing):
        assert secret not in text
        assert word not in text


def test_a_password_among_the_options_of_the_url_is_hidden_too():
    secret = secret_text()
    assert secret not in run("config", "show", env={"ONESOUP_REDIS_URL": f"redis://127.0.0.1:1/0?db=0&password={secret}"})[1]


def test_as_it_comes_there_is_nothing_to_show():
    assert run("config", "show") == (0, "every setting has its default value; --all shows them\n")


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"ONESOUP_HTTP_PORT": "eighty"}, "ONESOUP_HTTP_PORT"),
        ({"ONESOUP_REDIS_URL": "http://x"}, "must begin redis://"),
        ({"ONESOUP_REDIS_URL": "redis+sentinel://x"}, "names no service"),
        ({"ONESOUP_KEYS_FILE": "/nowhere/keys"}, "keys_file"),
        ({"ONESOUP_XMPP_CA": "/nowhere/ca.pem"}, "xmpp_ca"),
        ({"ONESOUP_CONFIG": "/nowhere/onesoup.toml"}, "ONESOUP_CONFIG"),
    ],
)
def test_settings_that_cannot_be_used_are_named(env, told):
    status, output = run("config", "check", env=env)
    assert status == 1
    assert told in output
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize("value", ["example.org", '"example.org"'])
def test_an_environment_file_is_no_toml_and_it_is_said_how_to_check_it(value, tmp_path):
    file = tmp_path / "onesoup.env"
    file.write_text(f"# of this host\nONESOUP_DOMAIN={value}\nTZ=UTC\n")
    status, output = run("config", "check", str(file))
    assert status == 1
    assert "is an environment file" in output
    assert f"(set -a; . {file}; onesoup config check)" in output


def test_settings_that_can_be_used_may_still_be_doubtful(tmp_path):
    keys = tmp_path / "keys"
    KeyRing.create(keys)
    file = tmp_path / "onesoup.toml"
    file.write_text(f'domain = "example.org"\nkeys_file = "{keys}"\n')
    assert run("config", "check", str(file)) == (0, "the settings can be used\n")
    keys.chmod(0o644)
    file.write_text(
        f'bind = "0.0.0.0"\nadmin_bind = "0.0.0.0"\nkeys_file = "{keys}"\nsms_gateway = "json"\nsms_url = "https://x/"\n'
        'xmpp_own = ["exmaple.org"]\nxmpp_routes = { "example.net" = "10.0.0.1:5222" }\n'
    )
    status, output = run("config", "check", str(file))
    assert status == 0
    assert "xmpp_own has exmaple.org, which is none of the domains" in output
    assert "xmpp_routes has example.net" in output
    for word in ("chmod 600", "localhost", "public_host", "sms_prefixes", "admin_bind", "sms_password", "can be used"):
        assert word in output


@pytest.mark.parametrize("role", ["web", "holder", "cir"])
def test_a_role_says_at_its_start_that_everybody_can_read_the_keys(role, tmp_path):
    """Also when it ends soon after, as here, where no Redis is named."""
    keys = tmp_path / "keys"
    KeyRing.create(keys)
    env = {"ONESOUP_KEYS_FILE": str(keys), "ONESOUP_REDIS_URL": "redis+cluster://", "ONESOUP_DATA": str(tmp_path)}
    keys.chmod(0o644)
    told = [row for row in found(run_apart(role, env=env)[1]) if row["event"] == "secret-open-to-all"]
    assert [(row["level"], row["setting"], row["path"]) for row in told] == [("warning", "keys_file", str(keys))]
    keys.chmod(0o600)
    assert "secret-open-to-all" not in run_apart(role, env=env)[1]


# --- Redis ---


def check(url):
    status, output = run("redis", "check", "--json", env={"ONESOUP_REDIS_URL": url})
    return status, found(output)


def says(rows, grade):
    return " | ".join(f"{row['what']}: {row['says']}" for row in rows if row["grade"] == grade)


def test_a_server_that_keeps_everything_is_good(tmp_path):
    with RedisServer(tmp_path) as server:
        status, rows = check(server.url)
    assert (status, says(rows, "FAIL")) == (0, "")
    good = says(rows, "ok")
    for word in ("Redis ", "append-only file is on", "round trip", "scripts", "listeners"):
        assert word in good
    assert "no replica" in says(rows, "note")


def test_a_server_that_forgets_is_not(tmp_path):
    with RedisServer(tmp_path, appendonly=False, options=["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"]) as server:
        status, rows = check(server.url)
        bad = says(rows, "FAIL")
        assert status == 1
        assert "append-only file is off" in bad
        assert "allkeys-lru" in bad
        people = run("redis", "check", env={"ONESOUP_REDIS_URL": server.url})[1]
        assert "FAIL  redis: append-only file is off" in people


@pytest.mark.parametrize("name", MAKE_REFUSE)
def test_a_server_that_refuses_writes_is_said_by_name(name, tmp_path):
    """By both commands: everything else of such a server looks well."""
    with refusing_server(tmp_path, name) as server:
        env = {"ONESOUP_REDIS_URL": server.url, "ONESOUP_XMPP_ROUTES": "localhost=127.0.0.1:1"}
        for status, output in (run("redis", "check", "--json", env=env), run_apart("doctor", "--json", env=env)):
            rows = found(output)
            assert (status, f"redis: refuses: {name}" in says(rows, "FAIL")) == (1, True), output
            assert all(row["do"] for row in rows if f"refuses: {name}" in row["says"])


@pytest.mark.parametrize(
    ("replicas", "wanted", "advice"),
    [
        (0, 0, ""),
        (0, 1, "set it to 0"),
        (1, 0, ""),
        (1, 1, "set it to 0"),
        (2, 0, "set it to 1"),
        (2, 1, ""),
        (2, 2, "set it to 1"),
    ],
)
def test_min_replicas_to_write_is_advised_by_the_number_of_replicas(replicas, wanted, advice):
    assert " ".join(each.do for each in redis_check._replicas_wanted("redis", replicas, wanted)).startswith(advice)
    assert bool(list(redis_check._replicas_wanted("redis", replicas, wanted))) == bool(advice)


def test_sentinels_are_asked_and_so_is_the_master_that_they_name(tmp_path):
    with Sentinels(tmp_path, silence=60.0) as redis:  # a failover would be a finding of its own
        status, rows = check(redis.url)
        assert (status, says(rows, "FAIL")) == (0, "")
        assert sum("3 Sentinels" in row["says"] for row in rows) == 3
        assert "1 replica," in says(rows, "ok")
        # With one replica, 1 would make an outage of each failover.
        assert "min-replicas-to-write" not in says(rows, "note")
        master = redis_py.Redis(port=redis.master.port)
        master.config_set("min-replicas-to-write", 1)
        assert "min-replicas-to-write is 1 of 1 replica:" in says(check(redis.url)[1], "note")
        master.config_set("min-replicas-to-write", 0)
        redis.replica.process.kill()
        until(lambda: master.info("replication")["connected_slaves"] == 0)
        assert "0 of 1 replicas follow" in says(check(redis.url)[1], "FAIL")
        redis.watchers[0].process.kill()
        status, rows = check(redis.url)
        assert status == 1
        assert f"sentinel 127.0.0.1:{redis.watchers[0].port}" in says(rows, "FAIL")


def test_sentinels_may_want_a_password_of_their_own(tmp_path):
    secret, wrong = secret_text(), secret_text()
    with Sentinels(tmp_path, password=secret, silence=60.0) as redis:
        status, rows = check(redis.url)
        assert (status, says(rows, "FAIL")) == (0, "")
        assert sum("3 Sentinels" in row["says"] for row in rows) == 3
        for url, name in ((redis.url.partition("?")[0], "NOAUTH"), (redis.url.replace(secret, wrong), "WRONGPASS")):
            status, output = run("redis", "check", env={"ONESOUP_REDIS_URL": url})
            assert status == 1
            assert name in output
            assert secret not in output
            assert wrong not in output


def test_every_primary_of_a_cluster_is_looked_at(tmp_path):
    with Cluster(tmp_path) as redis:
        status, rows = check(redis.url)
        assert (status, says(rows, "FAIL")) == (0, "")
        assert "3 primaries" in says(rows, "ok")
        assert {row["what"] for row in rows} >= {"cluster", "redis 1", "redis 2", "redis 3"}


@pytest.mark.parametrize(
    "words", [("redis", "check"), ("sessions",), ("kick", "alice"), ("doctor",), ("trace", "alice"), ("record", "alice")]
)
@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
def test_redis_away_is_said_in_a_line_without_its_password(words, scheme):
    secret = secret_text()
    go = run_apart if words == ("doctor",) else run
    status, output = go(*words, env={"ONESOUP_REDIS_URL": f"{scheme}://:{secret}@127.0.0.1:1", "ONESOUP_DOMAIN": "example.org"})
    assert status == (1 if "FAIL" in output else 3)
    assert "does not answer" in output or "FAIL" in output
    assert secret not in output
    assert "Traceback" not in output


@pytest.mark.parametrize("words", [("redis", "check"), ("doctor",)])
def test_redis_away_is_one_line(words):
    go = run_apart if words == ("doctor",) else run
    status, output = go(*words, "--json", env={"ONESOUP_REDIS_URL": "redis://127.0.0.1:1"})
    told = [(row["what"], row["says"]) for row in found(output) if row["what"] in ("redis", "holders", "CIR", "sessions")]
    assert (status, told) == (1, [("redis", "does not answer: ConnectionError")])


# --- how it looks ---


def test_a_table_has_numbers_to_the_right_and_no_control_characters():
    assert text_table(("name", "n"), [("a\x1b[31m", 1), ("bcd", 100)]) == "name      n\na?[31m    1\nbcd     100"


@pytest.mark.parametrize(("ms", "text"), [(-5, "0s"), (59_999, "59s"), (60_000, "1m"), (7_200_000, "2h"), (180_000_000, "2d")])
def test_spans_are_for_people(ms, text):
    assert short_span(ms) == text


# --- doctor, in a container of one role ---


@pytest.mark.parametrize(("role", "grade"), [("web", "note"), ("cir", "note"), ("holder", "FAIL")])
def test_the_way_to_an_xmpp_server_counts_only_where_a_holder_runs(role, grade, tmp_path):
    """Containers of gateways and CIR processes are in no network with it."""
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / f"{role}-{os.getpid()}.port").write_text("1\n")
    env = {"ONESOUP_DATA": str(tmp_path), "ONESOUP_REDIS_URL": "redis://127.0.0.1:1"}
    env |= {"ONESOUP_DOMAIN": "nowhere.invalid", "ONESOUP_XMPP_ROUTES": "nowhere.invalid=127.0.0.1:1"}
    _, output = run_apart("doctor", "--json", env=env)
    assert [row["grade"] for row in found(output) if row["what"] == "XMPP nowhere.invalid"] == [grade]
