"""Settings of the admin port and the log."""

from dataclasses import dataclass

from onesoup.settings.declare import port_setting, setting


@dataclass(frozen=True)
class OperationSettings:
    admin_bind: str = setting("127.0.0.1", "Address of the admin port: /healthz, /readyz and /metrics.", "127.0.0.1")
    admin_port: int = port_setting(
        0,
        "Port of /healthz, /readyz and /metrics; 0: 9471 for a gateway, 9472 for a holder, 9473 for a CIR process; a second "
        "process of a role on one host takes the next free port from 9474 on.",
        "9471",
    )
    console: bool = setting(True, "Serve the operators' console, /console, on the admin port of gateways.", "true")
    console_from: tuple[str, ...] = setting(
        (),
        "Networks to which the console answers over plain HTTP, besides the loopback of its host. Others on the network can "
        "read the token: ssh, or a trusted proxy with HTTPS, is better.",
        "10.8.0.0/24",
    )
    console_hosts: tuple[str, ...] = setting(
        (),
        "Host names under which browsers reach the console, besides localhost and addresses: the name of your HTTPS proxy. "
        "Other names are refused, because a foreign page could point its own name to this host (DNS rebinding).",
        "console.example.org",
    )
    history_hours: int = setting(
        24,
        "Hours for which `onesoup history` keeps log-ins, failures, ends of sessions, wake-ups and undelivered messages of "
        "each user, without texts; 0: keeps nothing.",
        "72",
        low=0,
        high=744,
    )
    log: str = setting("json", "Form of the log: json for machines, console for people.", "console", choices=("json", "console"))
    log_users: str = setting(
        "plain",
        "Users in the log: `plain`; or `digest`, a keyed digest such as u-3f9c0a1b2c3d, which `onesoup whois` resolves. "
        "Every role then needs keys_file.",
        "digest",
        choices=("plain", "digest"),
    )
    log_level: str = setting(
        "info", "Lowest level that is logged.", "debug", choices=("debug", "info", "warning", "error", "critical")
    )
