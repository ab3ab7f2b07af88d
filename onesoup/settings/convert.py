"""Converts text of the environment or of onesoup.toml to the value of a setting, and says what is wrong with it. Pure."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import Field
from typing import Any

from onesoup.runtime import networks
from onesoup.settings.declare import ANY_DOMAIN, ENV_PREFIX, SettingsError


def convert_setting(spec: Field[Any], origin: str, raw: Any) -> Any:
    """The value of a setting from its raw form. SettingsError names `origin`, and shows the raw form unless it is secret."""
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
    return f"{spec.name} = {example}" if ": " in origin else f"{ENV_PREFIX}{spec.name.upper()}={example}"


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


def _listening(raw: Any) -> str:
    """An address to listen at. A name may mean several, or another one tomorrow."""
    text = _string(raw)
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("must be an IP address of this host, without a port, or localhost") from None
    return host


def _listening_or_none(raw: Any) -> str:
    return _listening(raw) if _string(raw) else ""


def _domain(raw: Any) -> str:
    name = _string(raw).lower().rstrip(".")
    if not name or any(char.isspace() or char in "@/:=" for char in name):
        raise ValueError("must be a domain name")
    return name


def _domains(raw: Any) -> tuple[str, ...]:
    return tuple(_domain(ANY_DOMAIN if name == "*" else name) for name in _names(raw))


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


def _limits(most: int) -> Callable[[Any], dict[str, int]]:
    def convert(raw: Any) -> dict[str, int]:
        pairs = raw.items() if isinstance(raw, dict) else [part.partition("=")[::2] for part in _names(raw)]
        limits = {}
        for domain, number in pairs:
            limit = str(number).strip()
            if not (limit.isascii() and limit.isdigit()) or int(limit) > most:
                raise ValueError(f"the limit of {domain!r} must be a number up to {most}")
            limits[_domain(ANY_DOMAIN if domain == "*" else domain)] = int(limit)
        return limits

    return convert


def _places(raw: Any) -> dict[str, str]:
    pairs = raw.items() if isinstance(raw, dict) else [part.partition("=")[::2] for part in _names(raw)]
    places = {}
    for place, domain in pairs:
        name = str(place).strip().lower()
        if not name or any(char.isspace() or char in "?#" for char in name):
            raise ValueError(f"{place!r} must be a host name or a path")
        places[name] = _domain(domain)
    return places


def _passwords(raw: Any) -> dict[str, str]:
    pairs = raw.items() if isinstance(raw, dict) else [part.partition("=")[::2] for part in _names(raw)]
    passwords = {str(user).strip(): str(password) for user, password in pairs}
    if not all(user and password for user, password in passwords.items()):
        raise ValueError("must be pairs user=password")
    return passwords


def _websocket(raw: Any) -> str:
    url = _string(raw)
    if url and not re.fullmatch(r"wss?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[^\s;,]*)?", url):
        raise ValueError("must be a URL of ws or wss")
    return url


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
        networks.parse_network(name)
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


# The converter of a field: by its name, or else by its type.
_CONVERT: dict[Any, Callable[[Any], Any]] = {
    str: _string,
    bool: _truth,
    int: _integer,
    float: _number,
    tuple[str, ...]: _names,
    "bind": _listening,
    "stcp_bind": _listening_or_none,
    "cir_bind": _listening,
    "admin_bind": _listening,
    "domain": _domain,
    "domains": _domains,
    "xmpp_insecure": _one_by_one,
    "xmpp_own": _one_by_one,
    "media_hosts": _hosts,
    "xmpp_routes": _routes,
    "domain_sessions": _limits(100_000),
    "domain_logins": _limits(10_000),
    "domain_by_place": _places,
    "gateway_domains": _domains,
    "browser_phone_xmpp": _websocket,
    "browser_phone_accounts": _passwords,
    "country_code": _digits,
    "redis_url": _redis_url,
    "trusted_proxies": _nets,
    "console_from": _nets,
    "udp_nets": _nets,
    "sms_report_sources": _nets,
    "sms_prefixes": _prefixes,
    "sms_ok": _pattern,
    "sms_temporary": _pattern,
    "sms_permanent": _pattern,
    "sms_id": _pattern,
}
