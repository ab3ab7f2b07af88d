"""`onesoup block`, `unblock` and what doctor says of it: what an operator types."""

import json
import os
import re

import pytest
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.commands.order_findings import block_findings, quota_findings
from onesoup.settings import Settings
from onesoup.store import operator_bounds
from onesoup.store.audit import AuditLog
from onesoup.store.blocks import OPERATOR_BLOCKS_KEY
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy


@pytest.fixture
def run(redis_server, client):
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    env = {"ONESOUP_REDIS_URL": redis_server.url, "ONESOUP_DOMAIN": "example.org", "ONESOUP_TRUSTED_PROXIES": "10.0.0.1"}

    def call(*words):
        done = CliRunner().invoke(main, words, env=clean | env)
        return done.exit_code, done.output

    return call


def test_an_operator_blocks_lists_and_lets_in_again(run, client):
    status, said = run("block", "user", "alice", "--for", "2d", "--reason", "sends spam")
    assert status == 0
    assert re.search(r"user alice@example\.org is blocked until 20\S+ \d\d:\d\d UTC; ", said)
    assert said.endswith("ended 0 sessions\n")
    assert "`onesoup unblock " in run("block", "domain", "evil.example", "--reason", "spam", "--keep-sessions")[1]
    assert run("block", "address", "2001:db8::/48", "--reason", "scans")[1].endswith("its lines end; its sessions run out\n")
    said = run("block", "handset", "MOT-V3", "--reason", "floods")[1]
    assert said.startswith("handset mot-v3 is blocked until ")
    assert said.endswith("end at their next request\n")
    rows = [json.loads(line) for line in run("block", "list", "--json")[1].splitlines()]
    assert [(row["kind"], row["name"]) for row in rows] == [
        ("address", "2001:db8::/48"),
        ("agent", "mot-v3"),
        ("domain", "evil.example"),
        ("user", "alice@example.org"),
    ]
    table = run("block", "list")[1]
    assert "until (UTC)  " in table
    assert all(row["id"] in table and row["reason"] in table for row in rows)
    assert re.search(r"^\S+  handset +mot-v3 ", table, re.MULTILINE)
    assert "agent" not in table
    assert [each.says for each in block_findings(client)] == ["4 of 500 possible blocks; onesoup block list"]
    for row in rows:
        status, said = run(*(["unblock"] if row["kind"] == "user" else ["block", "end"]), row["id"])
        what = "handset" if row["name"] == "mot-v3" else row["kind"]
        assert (status, said) == (0, f"{what} {row['name']} is not blocked any more\n")
    assert run("block", "list") == (0, "nobody is blocked\n")
    assert list(block_findings(client)) == []
    noted = [each.whom for each in AuditLog(client).last(20)]
    assert (len(noted), noted.count("handset:mot-v3")) == (8, 2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("block", "user", "alice"), "--reason"),
        (("block", "user", "alice", "--reason", " "), "a reason is missing"),
        (("block", "user", "alice", "--for", "soon", "--reason", "x"), "no span of time"),
        (("block", "address", "10.0.0.1", "--reason", "x"), "trusted_proxies"),
        (("block", "address", "10.0.0.1/8", "--reason", "x"), "10.0.0.1 or 10.0.0.0/8"),
        (("unblock", "alice"), "nothing is blocked that alice names; `onesoup block list` shows who is"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run, words, says):
    status, said = run(*words)
    assert status != 0
    assert says in said
    assert run("block", "list", "--json") == (0, "")


def test_doctor_sees_a_full_list_and_full_domains(client):
    client.hset(OPERATOR_BLOCKS_KEY, mapping={f"user:{n}": b"x" for n in range(3)})
    assert list(block_findings(client)) == [], "what cannot be read blocks nobody"
    settings = Settings(domain="example.org", domain_sessions={"example.org": 2, "any": 9}, domain_logins={"small.example": 1})
    quotas = DomainQuotas(client, QuotaPolicy(settings.domain_sessions, settings.domain_logins))
    for domain, sid in (("example.org", "s1"), ("example.org", "s2"), ("small.example", "s3")):
        quotas.take(domain, sid)
    full, small = quota_findings(settings, client)
    assert (full.grade, full.what, full.says) == ("note", "limits of example.org", "2 of 2 sessions: further log-ins get 503")
    assert "raise domain_sessions" in full.do
    assert small.says == "1 of 9 sessions, 1 of 1 log-ins in a minute: further log-ins get 503"
    assert "raise domain_logins" in small.do
    quotas.leave("example.org", "s1")
    assert next(iter(quota_findings(settings, client))).grade == "ok"
    assert operator_bounds.MOST_OPERATOR_BLOCKS == 500
