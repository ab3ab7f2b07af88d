"""Writes deploy/grafana/onesoup.json: rows of panels from the tables below. Their names are tested against the real ones.

usage: make_dashboard.py [--check]"""

import json
import sys
from pathlib import Path
from typing import Any

from generated import write_or_check

TARGET = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "onesoup.json"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH, HEIGHT = 8, 7


def quantile(part: str, metric: str, by: str) -> str:
    return f"histogram_quantile({part}, sum by (le, {by}) (rate({metric}_bucket[$__rate_interval])))"


def p95(metric: str, by: str) -> str:
    return quantile("0.95", metric, by)


def rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))"


# row -> (title, unit, [(expression, legend), ...])
ROWS: dict[str, list[tuple[str, str, list[tuple[str, str]]]]] = {
    "Overview": [
        ("Sessions by version", "short", [("sum by (csp, encoding) (onesoup_sessions)", "{{csp}} {{encoding}}")]),
        ("Log-ins that succeed", "percentunit", [("onesoup:login_success:ratio5m", "of those with right passwords")]),
        ("Delivery, p95", "s", [(p95("onesoup_delivery_seconds", "path"), "{{path}}")]),
        (
            "Messages that wait",
            "short",
            [("sum(onesoup_inbox_messages)", "for phones"), ("sum(onesoup_outbox_messages)", "for XMPP")],
        ),
        ("The oldest of them", "s", [("max by (queue) (onesoup_oldest_seconds)", "{{queue}}")]),
        ("What runs", "short", [("count by (job, version) (onesoup_build_info)", "{{job}} {{version}}")]),
    ],
    "Gateways": [
        ("Requests", "reqps", [(rate("onesoup_csp_requests_total", "primitive"), "{{primitive}}")]),
        ("Refused", "reqps", [(rate("onesoup_csp_requests_total", "status_class", '{status_class!="2xx"}'), "{{status_class}}")]),
        (
            "Time to answer, p95, without polls",
            "s",
            [
                (
                    p95("onesoup_csp_request_seconds", "primitive").replace("_bucket[", '_bucket{primitive!="Polling-Request"}['),
                    "{{primitive}}",
                )
            ],
        ),
        ("Polls held", "short", [("sum by (instance) (onesoup_poll_held)", "{{instance}}")]),
        ("Log-ins", "reqps", [(rate("onesoup_logins_total", "result, scheme"), "{{result}} {{scheme}}")]),
        (
            "Wrong passwords at XMPP servers, and closed",
            "short",
            [
                ("max by (domain) (onesoup_login_failures_at_server)", "{{domain}}"),
                ("max by (domain) (onesoup_login_failures_limit)", "{{domain}}, limit"),
                ("max by (domain, scope) (onesoup_logins_closed)", "{{domain}} closed for {{scope}}"),
            ],
        ),
        (
            "Bodies that are no CSP",
            "reqps",
            [(rate("onesoup_codec_errors_total", "encoding, reason"), "{{encoding}} {{reason}}")],
        ),
        ("Handed out again", "reqps", [(rate("onesoup_redelivered_total", "kind"), "{{kind}}")]),
        (
            "Refused by limits of domains",
            "reqps",
            [(rate("onesoup_domain_refused_total", "domain, limit"), "{{domain}} {{limit}}")],
        ),
        ("Refused by blocks", "reqps", [(rate("onesoup_blocked_total", "kind"), "{{kind}}")]),
        ("Came again", "reqps", [(rate("onesoup_duplicates_total", "kind"), "{{kind}}")]),
    ],
    "Holders": [
        ("Streams", "short", [("sum by (instance, state) (onesoup_xmpp_streams)", "{{instance}} {{state}}")]),
        ("Log-ins at XMPP servers", "reqps", [(rate("onesoup_xmpp_connects_total", "result"), "{{result}}")]),
        ("Streams that ended", "reqps", [(rate("onesoup_xmpp_disconnects_total", "reason"), "{{reason}}")]),
        ("Shards", "short", [("sum by (instance) (onesoup_leases_held)", "{{instance}}")]),
        ("Leases lost", "reqps", [(rate("onesoup_lease_lost_total", "instance"), "{{instance}}")]),
        ("Too late", "reqps", [(rate("onesoup_expired_total", "kind"), "{{kind}}")]),
        (
            "Pictures",
            "reqps",
            [
                (rate("onesoup_uploads_total", "result"), "up {{result}}"),
                (rate("onesoup_fetches_total", "result"), "fetched {{result}}"),
            ],
        ),
    ],
    "CIR": [
        ("Lines of phones", "short", [("sum by (instance) (onesoup_cir_connections)", "{{instance}}")]),
        ("Wake-ups", "reqps", [(rate("onesoup_cir_wakeups_total", "bearer, result"), "{{bearer}} {{result}}")]),
        (
            "Lines refused",
            "reqps",
            [
                (rate("onesoup_cir_refused_total", "reason"), "{{reason}}"),
                ("sum(rate(onesoup_cir_foreign_total[$__rate_interval]))", "from elsewhere"),
            ],
        ),
        ("SMS today", "short", [("max(onesoup_sms_today)", "sent"), ("max(onesoup_sms_daily_limit)", "limit")]),
        (
            "SMS",
            "reqps",
            [
                (rate("onesoup_sms_sent_total", "reason"), "sent {{reason}}"),
                (rate("onesoup_sms_refused_total", "reason"), "refused {{reason}}"),
                (rate("onesoup_sms_received_total", "result"), "received {{result}}"),
            ],
        ),
        ("Gateway left alone", "short", [("max by (instance) (onesoup_sms_circuit_open)", "{{instance}}")]),
    ],
    "Redis and processes": [
        ("Scripts, p95", "s", [(p95("onesoup_redis_seconds", "script"), "{{script}}")]),
        ("Errors of Redis", "reqps", [(rate("onesoup_redis_errors_total", "kind"), "{{kind}}")]),
        ("Redis refuses writes", "short", [('max by (kind) (onesoup_redis_refused{kind!="none"})', "{{kind}}")]),
        (
            "Replicas behind",
            "s",
            [("max(onesoup_redis_replica_lag_seconds)", "seconds"), ("max(onesoup_redis_replicas)", "replicas")],
        ),
        (
            "Loop lag, p99",
            "s",
            [
                (
                    quantile("0.99", "onesoup_loop_lag_seconds", "role, instance"),
                    "{{role}} {{instance}}",
                )
            ],
        ),
        ("Memory", "bytes", [('process_resident_memory_bytes{job=~"onesoup.*"}', "{{job}} {{instance}}")]),
    ],
}


def dashboard() -> dict[str, Any]:
    panels: list[dict[str, Any]] = []
    y = 0
    for name, row in ROWS.items():
        panels.append(
            {"id": len(panels) + 1, "type": "row", "title": name, "collapsed": False, "panels": [], "gridPos": _at(0, y, 24, 1)}
        )
        for number, (title, unit, queries) in enumerate(row):
            place = _at(number % 3 * WIDTH, y + 1 + number // 3 * HEIGHT, WIDTH, HEIGHT)
            panels.append(_panel(len(panels) + 1, title, unit, queries, place))
        y += 1 + -(-len(row) // 3) * HEIGHT
    return {
        "uid": "onesoup",
        "title": "onesoup",
        "tags": ["onesoup"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "panels": panels,
    }


def _at(x: int, y: int, w: int, h: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": w, "h": h}


def _panel(number: int, title: str, unit: str, queries: list[tuple[str, str]], place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(65 + n), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for n, (expr, legend) in enumerate(queries)
        ],
    }


def files() -> dict[Path, str]:
    return {TARGET: json.dumps(dashboard(), indent=1) + "\n"}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
