"""Checks settings against each other. The limits of a single setting are checked in `convert.py`."""

import re

from onesoup.settings.declare import ANY_DOMAIN, ENV_PREFIX, SettingsError
from onesoup.settings.fields import Settings


def check_together(settings: Settings) -> None:
    """Raises SettingsError for the first rule between settings that is broken."""
    for check in (
        _check_sms,
        _check_ttl,
        _check_lease,
        _check_domain_by_place,
        _check_gateway_domains,
        _check_number_headers,
        _check_proxies,
        _check_sms_login,
        _check_cir_port,
        _check_hook,
        _check_domains,
        _check_service_contact,
        _check_log_users,
    ):
        check(settings)


def _check_log_users(settings: Settings) -> None:
    if settings.log_users == "digest" and not settings.keys_file:
        raise SettingsError(
            "log_users=digest needs keys_file, in every role: the digests are keyed; "
            f"example: {ENV_PREFIX}KEYS_FILE=/run/secrets/onesoup-keys"
        )


def _check_ttl(settings: Settings) -> None:
    if settings.ttl_min > settings.ttl_max:
        raise SettingsError(f"ttl_min={settings.ttl_min} is above ttl_max={settings.ttl_max}; example: {ENV_PREFIX}TTL_MIN=120")


def _check_lease(settings: Settings) -> None:
    if settings.lease_renew * 2 > settings.lease_ttl:
        raise SettingsError(
            f"lease_renew={settings.lease_renew} must be at most half of lease_ttl={settings.lease_ttl}, "
            f"or one lost renewal loses the lease; example: {ENV_PREFIX}LEASE_RENEW=3"
        )


def _check_domain_by_place(settings: Settings) -> None:
    for place, domain in settings.domain_by_place.items():
        if domain not in settings.allowed_domains:
            raise SettingsError(
                f"domain_by_place: {place}={domain} is none of domains={','.join(sorted(settings.allowed_domains))}; "
                f"example: {ENV_PREFIX}DOMAINS={settings.domain},{domain}"
            )


def _check_gateway_domains(settings: Settings) -> None:
    for name in settings.gateway_domains:
        if settings.allowed_domains.listed(name):
            raise SettingsError(
                f"gateway_domains={name} is an XMPP domain too, by domain or domains; "
                f"example: {ENV_PREFIX}GATEWAY_DOMAINS=imps.{settings.domain}"
            )


def _check_number_headers(settings: Settings) -> None:
    if settings.number_headers and not settings.trusted_proxies:
        raise SettingsError(
            f"number_headers={','.join(settings.number_headers)} without trusted_proxies would believe nobody; "
            f"example: {ENV_PREFIX}TRUSTED_PROXIES=10.0.0.7"
        )


def _check_proxies(settings: Settings) -> None:
    if settings.stcp_proxy and not settings.trusted_proxies:
        raise SettingsError(
            "stcp_proxy without trusted_proxies would believe nobody's PROXY header, and take the balancer for one phone; "
            f"example: {ENV_PREFIX}TRUSTED_PROXIES=10.0.0.7"
        )


def _check_sms_login(settings: Settings) -> None:
    """Kannel's smsbox takes nothing without both, an SMSC asks for both or none."""
    if settings.sms_gateway == "kannel-sendsms" and not (settings.sms_user and settings.sms_password):
        missing = "sms_user" if not settings.sms_user else "sms_password"
        raise SettingsError(
            f"sms_gateway={settings.sms_gateway} needs {missing}: its smsbox refuses messages without user name and password; "
            f"example: {ENV_PREFIX}{missing.upper()}={'onesoup' if missing == 'sms_user' else 'soup'}"
        )
    if settings.sms_gateway in ("kannel-ppg", "smpp") and bool(settings.sms_user) != bool(settings.sms_password):
        found, missing = ("sms_user", "sms_password") if settings.sms_user else ("sms_password", "sms_user")
        raise SettingsError(f"{found} without {missing} is no log-in; example: {ENV_PREFIX}{missing.upper()}=onesoup")


def _check_cir_port(settings: Settings) -> None:
    """What is reached at the HTTP port of the CIR process needs that port."""
    reports = settings.sms_report_url if settings.sms_gateway != "smpp" else ""
    hook = "sms_hook_key" if settings.sms_hook_key and settings.sms_gateway != "smpp" else ""
    for name in filter(None, ("cir_url" if settings.cir_url else "", "sms_report_url" if reports else "", hook)):
        if not settings.cir_port:
            raise SettingsError(f"{name} without cir_port: nobody would answer there; example: {ENV_PREFIX}CIR_PORT=8090")


def _check_hook(settings: Settings) -> None:
    if (settings.sms_hook_key or settings.sms_report_url) and not settings.sms_gateway:
        name = "sms_hook_key" if settings.sms_hook_key else "sms_report_url"
        raise SettingsError(f"{name} without sms_gateway: no SMS comes or goes; example: {ENV_PREFIX}SMS_GATEWAY=kannel-sendsms")


def _check_service_contact(settings: Settings) -> None:
    if settings.service_contact and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,19}", settings.service_contact):
        raise SettingsError(
            f"service_contact={settings.service_contact!r} must be 1 to 20 small letters and digits, which any phone can type; "
            f"example: {ENV_PREFIX}SERVICE_CONTACT=help"
        )


def _check_domains(settings: Settings) -> None:
    if settings.domains and settings.domain not in settings.domains and ANY_DOMAIN not in settings.domains:
        raise SettingsError(
            f"domains={','.join(settings.domains)} leaves out domain={settings.domain}; "
            f"example: {ENV_PREFIX}DOMAINS={settings.domain},{','.join(settings.domains)}"
        )


def _check_sms(settings: Settings) -> None:
    scheme = settings.sms_url.partition("://")[0]
    wanted = ("smpp",) if settings.sms_gateway == "smpp" else ("http", "https")
    if settings.sms_gateway and scheme not in wanted:
        example = "smpp://smsc.example.org:2775" if wanted == ("smpp",) else "http://127.0.0.1:13013/cgi-bin/sendsms"
        raise SettingsError(
            f"sms_gateway={settings.sms_gateway} needs sms_url, a URL of {wanted[0]}; example: {ENV_PREFIX}SMS_URL={example}"
        )
    if settings.sms_data and settings.sms_gateway in ("", "kannel-ppg"):
        raise SettingsError(
            f"sms_data needs a gateway that carries any message, not sms_gateway={settings.sms_gateway}; "
            f"example: {ENV_PREFIX}SMS_GATEWAY=kannel-sendsms"
        )
    if settings.sms_data and settings.sms_gateway != "smpp" and not (settings.sms_hook_key and settings.cir_port):
        raise SettingsError(
            f"sms_data needs sms_hook_key and cir_port, by which the gateway brings messages; example: {ENV_PREFIX}CIR_PORT=8090"
        )


def unusable_ca(path: str, error: OSError) -> SettingsError:
    """The error for a file of xmpp_ca that cannot be read or holds no certificate."""
    reason = error.strerror or "holds no certificate"
    return SettingsError(f"xmpp_ca={path}: {reason}; example: {ENV_PREFIX}XMPP_CA=/etc/onesoup/ca.pem")
