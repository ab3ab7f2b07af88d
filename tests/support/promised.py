"""The metrics that operators are promised, by the role that has them: name -> (type, labels). Names are an interface, so they are
written down here once more; stories hold them against what the roles really show."""

EVERYBODY = {
    "onesoup_build_info": ("gauge", {"version", "python"}),
    "onesoup_loop_lag_seconds": ("histogram", {"role"}),
    "onesoup_redis_seconds": ("histogram", {"script"}),
    "onesoup_redis_errors": ("counter", {"kind"}),
    "onesoup_blocked": ("counter", {"kind"}),
}
GATEWAY = {
    "onesoup_csp_requests": ("counter", {"primitive", "csp", "encoding", "status_class"}),
    "onesoup_csp_request_seconds": ("histogram", {"primitive"}),
    "onesoup_codec_errors": ("counter", {"encoding", "reason"}),
    "onesoup_poll_held": ("gauge", set()),
    "onesoup_logins": ("counter", {"result", "scheme"}),
    "onesoup_domain_refused": ("counter", {"domain", "limit"}),
    "onesoup_delivery_seconds": ("histogram", {"path"}),
    "onesoup_redelivered": ("counter", {"kind"}),
    "onesoup_duplicates": ("counter", {"kind"}),
}
HOLDER = {
    "onesoup_sessions": ("gauge", {"csp", "encoding", "cir"}),
    "onesoup_inbox_messages": ("gauge", set()),
    "onesoup_outbox_messages": ("gauge", set()),
    "onesoup_oldest_seconds": ("gauge", {"queue"}),
    "onesoup_xmpp_streams": ("gauge", {"state"}),
    "onesoup_xmpp_connects": ("counter", {"result"}),
    "onesoup_xmpp_disconnects": ("counter", {"reason"}),
    "onesoup_leases_held": ("gauge", {"holder"}),
    "onesoup_lease_lost": ("counter", {"holder"}),
    "onesoup_expired": ("counter", {"kind"}),
    "onesoup_uploads": ("counter", {"result"}),
    "onesoup_fetches": ("counter", {"result"}),
    "onesoup_registrations": ("counter", {"result"}),
    "onesoup_redis_refused": ("gauge", {"kind"}),
    "onesoup_login_failures_at_server": ("gauge", {"domain"}),
    "onesoup_login_failures_limit": ("gauge", {"domain"}),
    "onesoup_logins_closed": ("gauge", {"domain", "scope"}),
    "onesoup_redis_replicas": ("gauge", set()),
    "onesoup_redis_replica_lag_seconds": ("gauge", set()),
}
CIR = {
    "onesoup_cir_wakeups": ("counter", {"bearer", "result"}),
    "onesoup_cir_connections": ("gauge", set()),
    "onesoup_cir_refused": ("counter", {"reason"}),
    "onesoup_cir_foreign": ("counter", set()),
    "onesoup_sms_received": ("counter", {"result"}),
    "onesoup_sms_sent": ("counter", {"reason"}),
    "onesoup_sms_refused": ("counter", {"reason"}),
    "onesoup_sms_today": ("gauge", set()),
    "onesoup_sms_daily_limit": ("gauge", set()),
    "onesoup_sms_circuit_open": ("gauge", set()),
    "onesoup_sms_submits": ("counter", {"result"}),
}
OF = {"web": GATEWAY, "holder": HOLDER, "cir": CIR}

_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
# As queries name them.
METRICS = {
    name + suffix for table in (EVERYBODY, *OF.values()) for name, (kind, _) in table.items() for suffix in _SUFFIXES[kind]
}
