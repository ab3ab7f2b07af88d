"""Every setting of onesoup: one frozen object, read once at start. Knows text and files; knows nothing of Redis or sockets.

Sources, the later one wins: the default, `onesoup.toml` (its path in ONESOUP_CONFIG), the environment variable
ONESOUP_<FIELD>, and for a secret the file that ONESOUP_<FIELD>_FILE names. The reference page comes from `reference()`.
A table in the file is a section: `url` under [sms] is the field `sms_url`.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from onesoup.csp.text.addresses import bare
from onesoup.runtime import networks

PREFIX = "ONESOUP_"

# Marks of secret settings, and what is shown in place of one.
SECRET, SECRET_URL = "whole", "url"
MASK = "***"

# Among the domains: whatever a phone asks for. An asterisk means the same.
ANY = "any"

# Shorter texts are too common to be looked for in what is written.
LEAST_SECRET = 6
_SECRET_OPTION = re.compile("pass|pwd|key|token|secret|auth|sig", re.IGNORECASE)
_USER = re.compile(r"[A-Za-z0-9._-]{1,32}")

# A phone gives up on a held poll after 20 s (S60); half of that is the longest we dare.
POLL_HOLD_LIMIT = 10.0


class SettingsError(ValueError):
    """A value that cannot be used. The text names the key, what was found and an example."""


def setting(
    default: Any,
    help: str,
    example: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: str = "",
) -> Any:
    """A field with what its reference entry and its check need. `secret` is the mark of a value that nobody may be shown: SECRET,
    or SECRET_URL for one of which scheme, user and host may be shown. It allows ..._FILE; whatever shows settings goes by it."""
    metadata = {"help": help, "example": example, "low": low, "high": high, "choices": choices, "secret": secret}
    if isinstance(default, dict):
        return field(default_factory=dict, hash=False, metadata=metadata)
    return field(default=default, repr=not secret, metadata=metadata)


def port(default: int, help: str, example: str) -> Any:
    return setting(default, help, example, low=0, high=65535)


class Domains(frozenset[str]):
    """The listed domains. With ANY among them every domain is in it; `listed` knows the ones that the operator wrote."""

    def __contains__(self, domain: object) -> bool:
        return super().__contains__(ANY) or self.listed(domain)

    def listed(self, domain: object) -> bool:
        return domain != ANY and super().__contains__(domain)


@dataclass(frozen=True, slots=True)
class Settings:
    # What is kept, and where.
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "The Redis or Valkey that holds all shared state: redis://, rediss://, redis+sentinel://host,host/service or "
        "redis+cluster://host,host; valkey:// and its forms mean the same.",
        "redis://:password@10.0.0.5:6379/0",
        secret=SECRET_URL,
    )
    keys_file: str = setting(
        "", "The key ring for stored credentials: lines of kid:base64key, the newest first.", "/run/secrets/onesoup-keys"
    )
    data: str = setting(".run", "Directory for state of this host: metrics, admin ports.", "/var/lib/onesoup")

    # The gateway, which phones reach over HTTP.
    bind: str = setting("127.0.0.1", "Address on which phones are served.", "0.0.0.0")
    http_port: int = port(8080, "HTTP port of the gateway.", "8080")
    web_workers: int = setting(2, "Worker processes of one gateway (WEB_CONCURRENCY means the same).", "4", low=1, high=256)
    worker_connections: int = setting(
        2000, "Connections of one worker; held polls and kept-alive ones count.", "4000", low=10, high=100_000
    )
    max_body: int = setting(65536, "Largest request body, octets.", "65536", low=1024, high=16 * 1024 * 1024)
    request_seconds: float = setting(
        30.0,
        "Seconds that a request may take from its first byte to its last, and its answer as long; slower ones are closed.",
        "60",
        low=1.0,
        high=3600.0,
    )
    connection_requests: int = setting(
        100,
        "Requests a second on one connection; faster ones wait. Connections from trusted_proxies carry many phones and are free.",
        "1000",
        low=1,
        high=1_000_000,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Addresses and networks of proxies whose forwarded headers are believed; comma separated. Nobody else may be in them.",
        "10.0.0.7,10.1.0.0/16,fd00:1::/64",
    )
    public_host: str = setting(
        "", "Host name told to phones for STCP and the CSP URL; empty: the request's Host.", "imps.example.org"
    )

    # How phones are answered.
    poll_hold: float = setting(
        5.0, "Seconds that a poll waits for something to arrive; 0 answers at once.", "5", low=0.0, high=POLL_HOLD_LIMIT
    )
    redeliver_after: float = setting(10.0, "Seconds after which an unanswered item goes out again.", "10", low=0.1, high=3600.0)
    redeliver_limit: int = setting(3, "How often an unanswered item goes out again in one session.", "3", low=0, high=100)
    answer_deadline: float = setting(8.0, "Seconds after which a phone is answered whatever is missing.", "8", low=0.1, high=9.5)
    ttl_min: int = setting(120, "Shortest keep-alive time granted, seconds.", "120", low=1, high=86400)
    ttl_max: int = setting(7200, "Longest keep-alive time granted, seconds.", "7200", low=1, high=86400)
    server_poll_min: int = setting(
        10, "Shortest time between polls that a phone is told to use (ServerPollMin), seconds.", "10", low=1, high=3600
    )

    presence_gap: float = setting(
        5.0, "Seconds between two notifications of one contact's presence; the last state wins.", "5", low=0.0, high=3600.0
    )
    group_history: int = setting(
        0, "How many messages of before a phone gets when it joins a group; they cost traffic.", "10", low=0, high=100
    )
    room_check: float = setting(
        900.0,
        "Seconds of silence after which a room is asked whether a phone is still in it, as servers lose guests without a word; "
        "0 for never.",
        "300",
        low=0.0,
        high=86400.0,
    )
    plain_emoji: bool = setting(False, "Whether phones get smileys and words instead of emoji, which few can show.", "true")

    # What phones say of their users, beside presence.
    publish_location: bool = setting(
        False, "Whether contacts on XMPP see where a phone is, if its user names that in the default attribute list.", "true"
    )
    publish_contact_info: bool = setting(
        False, "Whether a phone's ContactInfo goes into the account's vCard, if its user names that in the default list.", "true"
    )

    provider_name: str = setting("onesoup", "Name of this service, for phones that ask who provides it.", "Example IM")
    provider_description: str = setting("IMPS gateway to XMPP", "A few words about this service, for the same.", "Chat for all")
    provider_url: str = setting("", "Page of this service, for the same.", "https://imps.example.org/")
    provider_logo: str = setting(
        "",
        "File with a picture of this service, for the same: PNG, JPEG, GIF or WBMP, 10000 bytes at most.",
        "/etc/onesoup/logo.png",
    )
    terms: str = setting(
        "", "Terms of use, told at log-in until they are accepted; empty: none.", "Be kind. We keep no messages."
    )

    # Whom phones may be.
    domain: str = setting("localhost", "Domain of a log-in that names none.", "example.org")
    domains: tuple[str, ...] = setting(
        (),
        "XMPP domains that phones may log in to, comma separated; empty: only `domain`; any: whatever a phone asks for, "
        "the ones not listed on public addresses only.",
        "example.org,example.net",
    )

    domain_by_place: dict[str, str] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "Other domains for log-ins that name none, by the request's host or the beginning of its path: place=domain.",
        "imps.example.net=example.net,/imps/example.org=example.org",
    )
    gateway_domains: tuple[str, ...] = setting(
        (),
        "Names of this gateway that are no XMPP domains: alice%40example.org@name means alice@example.org; comma separated.",
        "imps.example.org",
    )

    # How phones prove who they are.
    sessions_of_user: int = setting(
        8, "Handsets with which one user may be logged in at once; one more ends the oldest session.", "8", low=1, high=1000
    )
    remember_password: bool = setting(
        False,
        "Whether the password of a first plain log-in is kept, encrypted, so that digest log-in works from then on.",
        "true",
    )
    tell_unknown_users: bool = setting(
        False,
        "Whether a digest log-in for which no phone password is stored is told so at once (531) instead of 409.",
        "true",
    )
    number_headers: tuple[str, ...] = setting(
        (),
        "Headers in which a trusted proxy states the phone's number; who has that number linked needs no password. "
        "Empty: none are believed.",
        "X-MSISDN,X-Network-MSISDN",
    )
    country_code: str = setting("", "Country code for numbers in national form in these headers.", "358")
    refusals_of_address: int = setting(
        100, "Failed log-ins within ten minutes after which an address must wait.", "100", low=5, high=1_000_000
    )
    refusals_at_server: int = setting(
        15,
        "Wrong passwords in an hour that one XMPP server may see of this gateway, 0 for any number. Servers ban addresses.",
        "15",
        low=0,
        high=10_000,
    )
    account_page: bool = setting(
        True,
        "Whether /account serves the page on which users choose a phone password; over HTTPS of a trusted proxy only.",
        "false",
    )
    account_link: bool = setting(
        False,
        "Whether a link of `onesoup demo link` opens /account over plain HTTP too, where passwords can be read on the way: for "
        "demos.",
        "true",
    )
    registration: bool = setting(
        False, "Whether phones may make new accounts (Registration), where the XMPP server lets everybody do so.", "true"
    )
    registrations_per_hour: int = setting(
        3, "How many new accounts one address of a phone may ask for in an hour.", "3", low=1, high=1000
    )

    # The XMPP side.
    xmpp_routes: dict[str, tuple[str, int]] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "Where an XMPP domain is reached when DNS shall not be asked: domain=host:port, or domain=tls://host:port (direct TLS).",
        "example.org=127.0.0.1:5222",
    )
    xmpp_ca: str = setting("", "File with further CA certificates for XMPP servers.", "/etc/onesoup/ca.pem")
    xmpp_insecure: tuple[str, ...] = setting(
        (),
        "Domains for which clear text and unverified TLS are allowed, comma separated. Log-ins there need SCRAM: a password is "
        "never sent over either.",
        "legacy.example.org",
    )
    xmpp_any_streams: int = setting(
        200,
        "With domains=any: how many streams one holder has to a domain that is not listed.",
        "200",
        low=1,
        high=100_000,
    )

    # Pictures.
    fetch_pictures: bool = setting(
        False,
        "Whether links to pictures are fetched for phones that take pictures. Whoever writes to a phone then decides "
        "where a holder connects to; addresses that are not public are refused.",
        "true",
    )
    picture_octets: int = setting(
        5_242_880, "Largest picture that is fetched, octets; phones get it scaled.", "5242880", low=1024, high=52_428_800
    )
    media_hosts: tuple[str, ...] = setting(
        (),
        "Web hosts that may be at private addresses and without TLS, for uploads and for links, as host or host:port, comma "
        "separated. Everything else has to be https at a public address.",
        "upload.example.lan,127.0.0.1:5280",
    )

    # The holder pool.
    lease_ttl: float = setting(
        10.0, "Seconds after which the shards of a silent holder go to another.", "10", low=0.5, high=600.0
    )
    lease_renew: float = setting(3.0, "Seconds between renewals of a lease; at most half of lease_ttl.", "3", low=0.1, high=300.0)
    drain_seconds: float = setting(10.0, "Seconds that a process may take to hand its work over.", "10", low=0.0, high=600.0)

    # The CIR process, which wakes phones.
    stcp_bind: str = setting("", "Address of the STCP listener; empty: the same as `bind`.", "0.0.0.0")
    stcp_port: int = port(3171, "STCP port.", "3171")
    public_stcp_port: int = port(0, "STCP port told to phones, for address translation; 0: stcp_port.", "3171")
    stcp_proxy: bool = setting(
        False, "Whether connections from trusted_proxies to the STCP port begin with a PROXY protocol header.", "true"
    )
    stcp_connections: int = setting(20_000, "Connections of one STCP listener.", "20000", low=10, high=1_000_000)
    stcp_per_address: int = setting(
        200,
        "STCP connections from one address; its limits of HELOs and of wrong ids a minute follow. Raise it for carriers' NAT.",
        "5000",
        low=1,
        high=1_000_000,
    )
    stcp_accept_cookie: bool = setting(
        False,
        "Whether HELO may name the session's cookie where no session has that id: from the address of its last request, and when "
        "no other session has it. No phone is known to need this.",
        "true",
    )
    cir_bind: str = setting("127.0.0.1", "Address of the CIR process's HTTP port.", "0.0.0.0")
    cir_port: int = port(0, "HTTP port of the CIR process, for SHTTP and for delivery reports; 0: none.", "8090")
    cir_url: str = setting(
        "",
        "Base URL under which phones reach the CIR process's HTTP port; empty: SHTTP is not agreed.",
        "http://imps.example.org",
    )
    udp_nets: tuple[str, ...] = setting(
        (), "Networks of phones that can be reached by UDP, without NAT; empty: SUDP and WAPUDP are not agreed.", "10.64.0.0/10"
    )
    udp_port: int = port(3717, "UDP port from which SUDP is sent.", "3717")
    wap_port: int = port(9200, "UDP port from which WAPUDP is sent.", "9200")
    wap_content_type: str = setting(
        "short",
        "Form of the content type in WAP pushes: text for phones that know it by name only.",
        "text",
        choices=("short", "text"),
    )

    # Wake-ups by SMS, through a carrier's gateway. In a file: the section [sms].
    sms_gateway: str = setting(
        "",
        "How the carrier's gateway is spoken to; empty: no SMS.",
        "kannel-sendsms",
        choices=("", "kannel-sendsms", "kannel-ppg", "json", "smpp", "url"),
    )
    sms_url: str = setting(
        "",
        "Where the gateway is. For `url` a template with {placeholders}.",
        "http://127.0.0.1:13013/cgi-bin/sendsms",
        secret=SECRET_URL,
    )
    sms_user: str = setting("", "User name at the gateway.", "onesoup")
    sms_password: str = setting("", "Password at the gateway; for json the secret that signs requests.", "soup", secret=SECRET)
    sms_from: str = setting("", "Sender of our messages: a short code or number.", "100")
    sms_smsc: str = setting("", "Which link of the gateway is used, where it has several.", "carrier")
    sms_host: str = setting("onesoup.invalid", "Host name in the push-ids that a push proxy gateway gets.", "imps.example.org")
    sms_prefixes: tuple[str, ...] = setting((), "Numbers that may be sent to begin so; empty: no SMS at all.", "+1555,+44")
    sms_form: str = setting("8bit", "Form of SSMS: 7bit for gateways that cannot do binary.", "7bit", choices=("8bit", "7bit"))
    sms_ports: str = setting(
        "udh", "Where SMPP has the ports: in the text, or in parameters beside it.", "tlv", choices=("udh", "tlv")
    )
    sms_gap: int = setting(300, "Least seconds between two messages to a number.", "300", low=1, high=86400)
    sms_per_hour: int = setting(6, "Most messages to a number in an hour.", "6", low=0, high=1000)
    sms_per_day: int = setting(20, "Most messages to a number in a day.", "20", low=0, high=1000)
    sms_user_per_day: int = setting(40, "Most messages in a day for all numbers of a user.", "40", low=0, high=10_000)
    sms_total_per_day: int = setting(1000, "Most messages in a day in all.", "1000", low=0, high=100_000_000)
    sms_rate: float = setting(5.0, "Most messages a second in all.", "5", low=0.01, high=10_000.0)
    sms_validity: int = setting(
        600, "Seconds after which a wake-up that could not be delivered is worthless.", "600", low=60, high=86400
    )
    sms_report_url: str = setting(
        "", "Base URL under which the gateway reaches the CIR process's HTTP port; empty: no reports.", "http://127.0.0.1:8090"
    )
    sms_report_sources: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "Addresses and networks from which delivery reports and messages of phones are taken, comma separated.",
        "127.0.0.1,10.2.0.0/24",
    )
    sms_hook_key: str = setting(
        "",
        "What the gateway must show when it brings messages of phones to /hook/sms: a password, or the secret of its "
        "signature. Empty: it may bring none.",
        "kep6lore",
        secret=SECRET,
    )
    sms_data: bool = setting(
        False, "Whether phones may speak CSP by SMS (plain text syntax): every answer is one or more of our SMS.", "true"
    )
    sms_data_per_hour: int = setting(60, "Most SMS of answers to a number in an hour.", "60", low=1, high=10_000)
    sms_data_per_day: int = setting(300, "Most SMS of answers to a number in a day.", "300", low=1, high=100_000)
    sms_post: bool = setting(
        False, "For `url`: whether what stands behind the question mark is posted as a form instead.", "true"
    )
    sms_ok: str = setting("", "For `url`: what the body of a good answer matches; empty: the status decides.", "^OK")
    sms_temporary: str = setting("", "For `url`: what the body of an answer matches that says: try again.", "^BUSY")
    sms_permanent: str = setting("", "For `url`: what the body of an answer matches that says: never.", "^ERR")
    sms_id: str = setting("", "For `url`: where the body has the message's id, as group 1.", "id=(\\w+)")
    sms_accept_claimed: bool = setting(
        False, "Whether a number that a phone states itself is good for SMS. Anybody can state anybody's.", "false"
    )

    # Operation.
    admin_bind: str = setting("127.0.0.1", "Address of /healthz, /readyz and /metrics.", "127.0.0.1")
    admin_port: int = port(
        0,
        "Port of /healthz, /readyz and /metrics; 0: 9471 for a gateway, 9472 for a holder, 9473 for a CIR process, the next free "
        "one from 9474 on for a second process of a role on one host.",
        "9471",
    )
    log: str = setting("json", "Form of the log: JSON lines, or a console for people.", "console", choices=("json", "console"))
    log_level: str = setting(
        "info", "The least that is logged.", "debug", choices=("debug", "info", "warning", "error", "critical")
    )

    def __post_init__(self) -> None:
        if not self.stcp_bind:
            object.__setattr__(self, "stcp_bind", self.bind)  # the only way into a frozen object

    @property
    def allowed_domains(self) -> "Domains":
        """The domains that a phone may log in to."""
        return Domains(map(bare, (*self.domains, self.domain)))


def unusable_ca(path: str, error: OSError) -> SettingsError:
    """What is wrong with the file of xmpp_ca."""
    reason = error.strerror or "holds no certificate"
    return SettingsError(f"xmpp_ca={path}: {reason}; example: {PREFIX}XMPP_CA=/etc/onesoup/ca.pem")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads all sources. Raises SettingsError at the first value that cannot be used."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for spec, origin, raw in _found(environ):
        values[spec.name] = _convert(spec, origin, raw)
    loaded = Settings(**values)
    _check_together(loaded)
    return loaded


def reference() -> Iterable[dict[str, str]]:
    """One entry for each setting: name, environment variable, default, help, example, limits."""
    for spec in fields(Settings):
        meta = spec.metadata
        limits = " | ".join(meta["choices"])
        if meta["low"] is not None:
            limits = f"{meta['low']} to {meta['high']}"
        yield {
            "name": spec.name,
            "environment": PREFIX + spec.name.upper() + (f" or {PREFIX}{spec.name.upper()}_FILE" if meta["secret"] else ""),
            "default": _text({} if spec.default is MISSING else spec.default),
            "help": meta["help"],
            "example": meta["example"],
            "limits": limits,
        }


def masked(settings: Settings) -> dict[str, str]:
    """The settings as text for listings and the log; secrets are hidden."""
    return {spec.name: _shown(spec, getattr(settings, spec.name)) for spec in fields(Settings)}


def _shown(spec: Field[Any], value: Any) -> str:
    text, mark = _text(value), spec.metadata["secret"]
    if not text or not mark:
        return text
    return _url_without_secrets(text) if mark == SECRET_URL else MASK


def secrets(settings: Settings) -> frozenset[str]:
    """Every text in the settings that nobody may be shown: passwords, and of URLs what stands before the host and behind the
    question mark."""
    found: set[str] = set()
    for spec in fields(Settings):
        value = getattr(settings, spec.name)
        if spec.metadata["secret"] == SECRET:
            found.add(value)
        elif spec.metadata["secret"] == SECRET_URL:
            found |= _secrets_in(value)
    return frozenset(each for each in found if len(each) >= LEAST_SECRET)


def without_secrets(text: str, hidden: Iterable[str]) -> str:
    """The text with these secrets, plain or as URLs and JSON write them, replaced by MASK."""
    for each in hidden:
        for form in {each, quote(each, safe=""), json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1]}:
            text = text.replace(form, MASK)
    return text


def changed(settings: Settings) -> dict[str, str]:
    """As `masked`, without what is as it comes."""
    default = masked(Settings())
    return {name: text for name, text in masked(settings).items() if text != default[name]}


def origins(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Where each setting that somebody has set was found; the source that won."""
    return {spec.name: origin for spec, origin, _ in _found(os.environ if environ is None else environ)}


def _found(environ: Mapping[str, str]) -> Iterable[tuple[Field[Any], str, Any]]:
    """(field, where it was found, raw value), weakest source first."""
    specs = {spec.name: spec for spec in fields(Settings)}
    for name, raw in _file_values(environ.get(PREFIX + "CONFIG", ""), specs).items():
        yield specs[name], f"{environ[PREFIX + 'CONFIG']}: {name}", raw
    # Hosting platforms set this one; ours, if set too, comes later and wins.
    if environ.get("WEB_CONCURRENCY"):
        yield specs["web_workers"], "WEB_CONCURRENCY", environ["WEB_CONCURRENCY"]
    for name, spec in specs.items():
        key = PREFIX + name.upper()
        if key in environ:
            yield spec, key, environ[key]
        if spec.metadata["secret"] and environ.get(key + "_FILE"):
            yield spec, key + "_FILE", _secret(key + "_FILE", environ[key + "_FILE"])


def _file_values(path: str, specs: Mapping[str, Field[Any]]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{PREFIX}CONFIG={path}: {error.strerror}; example: {PREFIX}CONFIG=/etc/onesoup.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f'{path}: {error}; example of a line: domain = "example.org"') from None
    values = _sections(values, specs)
    for name in values:
        if name not in specs:
            near = difflib.get_close_matches(name, specs, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f'{path}: {name}: no such setting{hint}; example of a line: domain = "example.org"')
    return values


def _sections(values: Mapping[str, Any], specs: Mapping[str, Field[Any]]) -> dict[str, Any]:
    """What stands in a table, under the names of the fields; a field that is a table itself stays."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and name not in specs:
            flat.update((f"{name}_{key}", inner) for key, inner in value.items())
        else:
            flat[name] = value
    return flat


def _secret(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise SettingsError(f"{key}={path}: {reason}; example: {key}=/run/secrets/onesoup") from None


def _convert(spec: Field[Any], origin: str, raw: Any) -> Any:
    meta = spec.metadata
    try:
        value = _CONVERT[spec.name if spec.name in _CONVERT else spec.type](raw)
        if meta["choices"] and value not in meta["choices"]:
            raise ValueError(f"must be one of {', '.join(meta['choices'])}")
        if meta["low"] is not None and not meta["low"] <= value <= meta["high"]:
            raise ValueError(f"must be from {meta['low']} to {meta['high']}")
    except ValueError as error:
        found = "" if meta["secret"] else f"={raw!r}"
        raise SettingsError(f"{origin}{found}: {error}; example: {_example(spec, origin)}") from None
    return value


def _example(spec: Field[Any], origin: str) -> str:
    example = spec.metadata["example"]
    return f"{spec.name} = {example}" if ": " in origin else f"{PREFIX}{spec.name.upper()}={example}"


def _string(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError("must be text")
    return raw.strip()


def _truth(raw: Any) -> bool:
    word = raw.strip().lower() if isinstance(raw, str) else raw
    if word in (True, "true", "yes", "on", "1"):
        return True
    if word in (False, "false", "no", "off", "0", ""):
        return False
    raise ValueError("must be true or false")


def _integer(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError("must be a whole number")
    try:
        return int(raw)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("must be a number")
    try:
        value = float(raw)
    except ValueError:
        raise ValueError("must be a number") from None
    if value != value:  # NaN passes no range check, and would pass as "not below"
        raise ValueError("must be a number")
    return value


def _names(raw: Any) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError("must be a list of names")
    return tuple(part.strip() for part in parts if part.strip())


def _domain(raw: Any) -> str:
    name = _string(raw).lower().rstrip(".")
    if not name or any(char.isspace() or char in "@/:=" for char in name):
        raise ValueError("must be a domain name")
    return name


def _domains(raw: Any) -> tuple[str, ...]:
    return tuple(_domain(ANY if name == "*" else name) for name in _names(raw))


def _one_by_one(raw: Any) -> tuple[str, ...]:
    if "*" in _names(raw):
        raise ValueError("must name each domain")
    return _domains(raw)


def _hosts(raw: Any) -> tuple[str, ...]:
    names = tuple(name.lower() for name in _names(raw))
    if any(char.isspace() or char in "@/" for name in names for char in name):
        raise ValueError("must be hosts, without a scheme or a path")
    return names


def _routes(raw: Any) -> dict[str, tuple[str, int]]:
    pairs = raw.items() if isinstance(raw, dict) else [part.partition("=")[::2] for part in _names(raw)]
    routes = {}
    for domain, target in pairs:
        host, colon, number = str(target).strip().rpartition(":")
        if not colon or not host or not number.isdigit() or not 0 < int(number) < 65536:
            raise ValueError(f"the route of {domain!r} must be host:port")
        if (host.partition("://")[0] if "://" in host else "tls") != "tls":
            raise ValueError(f"the route of {domain!r} must be host:port or tls://host:port")
        routes[_domain(domain)] = (host.strip("[]"), int(number))  # [::1]:5222 is how an IPv6 address is written
    return routes


def _places(raw: Any) -> dict[str, str]:
    pairs = raw.items() if isinstance(raw, dict) else [part.partition("=")[::2] for part in _names(raw)]
    places = {}
    for place, domain in pairs:
        name = str(place).strip().lower()
        if not name or any(char.isspace() or char in "?#" for char in name):
            raise ValueError(f"{place!r} must be a host name or a path")
        places[name] = _domain(domain)
    return places


def _digits(raw: Any) -> str:
    text = _string(str(raw) if isinstance(raw, int) else raw).removeprefix("+")
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError("must be digits")
    return text


def _redis_url(raw: Any) -> str:
    url = _string(raw)
    if "://" not in url:
        raise ValueError("must be a URL")
    return url


def _nets(raw: Any) -> tuple[str, ...]:
    names = _names(raw)
    for name in names:
        networks.network(name)
    return names


def _prefixes(raw: Any) -> tuple[str, ...]:
    names = _names(raw)
    if not all(name.startswith("+") and name[1:].isdigit() for name in names):
        raise ValueError("a prefix begins with + and the country code")
    return names


def _pattern(raw: Any) -> str:
    try:
        return re.compile(_string(raw)).pattern
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None


# By name where a field has its own form, else by type.
_CONVERT: dict[Any, Callable[[Any], Any]] = {
    str: _string,
    bool: _truth,
    int: _integer,
    float: _number,
    tuple[str, ...]: _names,
    "domain": _domain,
    "domains": _domains,
    "xmpp_insecure": _one_by_one,
    "media_hosts": _hosts,
    "xmpp_routes": _routes,
    "domain_by_place": _places,
    "gateway_domains": _domains,
    "country_code": _digits,
    "redis_url": _redis_url,
    "trusted_proxies": _nets,
    "udp_nets": _nets,
    "sms_report_sources": _nets,
    "sms_prefixes": _prefixes,
    "sms_ok": _pattern,
    "sms_temporary": _pattern,
    "sms_permanent": _pattern,
    "sms_id": _pattern,
}


def _check_together(settings: Settings) -> None:
    """Rules between settings."""
    _check_sms(settings)
    if settings.ttl_min > settings.ttl_max:
        raise SettingsError(f"ttl_min={settings.ttl_min} is above ttl_max={settings.ttl_max}; example: {PREFIX}TTL_MIN=120")
    if settings.lease_renew * 2 > settings.lease_ttl:
        raise SettingsError(
            f"lease_renew={settings.lease_renew} must be at most half of lease_ttl={settings.lease_ttl}, "
            f"or one lost renewal loses the lease; example: {PREFIX}LEASE_RENEW=3"
        )
    for place, domain in settings.domain_by_place.items():
        if domain not in settings.allowed_domains:
            raise SettingsError(
                f"domain_by_place: {place}={domain} is none of domains={','.join(sorted(settings.allowed_domains))}; "
                f"example: {PREFIX}DOMAINS={settings.domain},{domain}"
            )
    for name in settings.gateway_domains:
        if settings.allowed_domains.listed(name):
            raise SettingsError(
                f"gateway_domains={name} is an XMPP domain too, by domain or domains; "
                f"example: {PREFIX}GATEWAY_DOMAINS=imps.{settings.domain}"
            )
    if settings.number_headers and not settings.trusted_proxies:
        raise SettingsError(
            f"number_headers={','.join(settings.number_headers)} without trusted_proxies would believe nobody; "
            f"example: {PREFIX}TRUSTED_PROXIES=10.0.0.7"
        )
    if settings.domains and settings.domain not in settings.domains and ANY not in settings.domains:
        raise SettingsError(
            f"domains={','.join(settings.domains)} leaves out domain={settings.domain}; "
            f"example: {PREFIX}DOMAINS={settings.domain},{','.join(settings.domains)}"
        )


def _check_sms(settings: Settings) -> None:
    scheme = settings.sms_url.partition("://")[0]
    wanted = ("smpp",) if settings.sms_gateway == "smpp" else ("http", "https")
    if settings.sms_gateway and scheme not in wanted:
        example = "smpp://smsc.example.org:2775" if wanted == ("smpp",) else "http://127.0.0.1:13013/cgi-bin/sendsms"
        raise SettingsError(
            f"sms_gateway={settings.sms_gateway} needs sms_url, a URL of {wanted[0]}; example: {PREFIX}SMS_URL={example}"
        )
    if settings.sms_data and settings.sms_gateway in ("", "kannel-ppg"):
        raise SettingsError(
            f"sms_data needs a gateway that carries any message, not sms_gateway={settings.sms_gateway}; "
            f"example: {PREFIX}SMS_GATEWAY=kannel-sendsms"
        )
    if settings.sms_data and settings.sms_gateway != "smpp" and not (settings.sms_hook_key and settings.cir_port):
        raise SettingsError(
            f"sms_data needs sms_hook_key and cir_port, by which the gateway brings messages; example: {PREFIX}CIR_PORT=8090"
        )


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={target if isinstance(target, str) else _pair(*target)}" for name, target in value.items())
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _pair(host: str, number: int) -> str:
    return f"{host}:{number}"


def _url_without_secrets(url: str) -> str:
    """A password may stand before the host, or among the options behind a question mark. It may hold characters that a URL
    wants encoded: where it is not plain what is what, nothing is shown."""
    scheme, colon, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    if not colon or "?" in login:
        return MASK
    place, question, _ = place.partition("?")
    user, colon, _ = login.partition(":")
    name = user if colon and _USER.fullmatch(user) else MASK if user else ""
    return f"{scheme}://{f'{name}:{MASK}@' if at else ''}{place}{f'?{MASK}' if question else ''}"


def _secrets_in(url: str) -> set[str]:
    rest = url.partition("://")[2]
    login, options = rest.rpartition("@")[0], rest.partition("?")[2]
    password = login.partition(":")[2]
    found = {password} if password else {login} if len(login) > 2 * LEAST_SECRET else set()
    pairs = (part.partition("=")[::2] for part in options.split("&"))
    found |= {value for name, value in pairs if _SECRET_OPTION.search(name) and "{" not in value}
    return found | {unquote(each) for each in found}
