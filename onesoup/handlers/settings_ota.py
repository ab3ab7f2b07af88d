"""Settings by SMS: makes the document for an account's phone, signs it with a PIN, and hands it to the CIR processes.

    offer(services, "alice@example.org", "+15550100123", ImpsSettings(...), "4711")  -> Offered.SENT

Whoever calls this has made sure who the user is. Each document costs the operator several SMS: only a number that the account has
proved gets one, few a day, and the sender takes each SMS out of the number's budget."""

import secrets
import time
from enum import Enum

import structlog

from onesoup.csp.text import numbers
from onesoup.handlers.context import GatewayServices
from onesoup.handlers.login import linking
from onesoup.observability.request_id import current_request
from onesoup.provisioning import push, wbxml
from onesoup.provisioning.documents import ImpsSettings, document
from onesoup.provisioning.signature import Security, Signature, sign
from onesoup.store.account.settings_links import LinkedSettings
from onesoup.store.bounds import TooMuch
from onesoup.store.wakeup.ota_queue import OTA_SEND_MS, SettingsJob

log = structlog.get_logger()

PIN_DIGITS = 4
LINKS_AN_HOUR = 10


class Offered(Enum):
    # On its way, as far as the number's budget allows.
    SENT = "sent"
    # Not among the numbers that the account has proved.
    NO_NUMBER = "no number"
    # Not in the list of countries that the operator allows, or no gateway is there that can send settings.
    NOT_SERVED = "not served"
    TOO_OFTEN = "too often"


def new_pin() -> str:
    """What the phone asks its user for before it takes the settings."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


def signed(settings: ImpsSettings, pin: str) -> tuple[bytes, Signature]:
    """The document's bytes and its signature. ProvisioningError for what phones would not take, or more than fits into SMS."""
    made = wbxml.encode(document(settings))
    signature = sign(made, Security.USERPIN, pin)
    list(push.messages(push.push_unit(made, signature), 0))
    return made, signature


def goes_by_sms(services: GatewayServices) -> bool:
    """Whether a CIR process lives that can send settings. One of before, or one without a key ring, sends codes only."""
    return "SETTINGS" in services.lines.live()


def offer(services: GatewayServices, jid: str, number: str, settings: ImpsSettings, pin: str) -> Offered:
    """Sends the settings to a number of the account. ProvisioningError for settings that phones would not take."""
    made, signature = signed(settings, pin)
    if number not in services.numbers.of(jid):
        return Offered.NO_NUMBER
    if not numbers.number_allowed(number, services.policy.sms_prefixes) or not goes_by_sms(services):
        return Offered.NOT_SERVED
    if not services.settings_queue.allow(jid, number):
        log.info("settings-refused", number=numbers.hidden_number(number))
        return Offered.TOO_OFTEN
    until = int(time.time()) + OTA_SEND_MS // 1000
    try:
        services.settings_queue.send(SettingsJob(jid, number, made, signature.security, signature.mac, until, current_request()))
    except TooMuch:
        services.settings_queue.take_back(jid, number)
        return Offered.TOO_OFTEN
    log.info("settings-offered", number=numbers.hidden_number(number), octets=len(made))
    return Offered.SENT


def make_link(services: GatewayServices, jid: str, settings: ImpsSettings, pin: str) -> str:
    """The token of a link by which a phone fetches the settings, "" when the account has had too many in the hour.
    ProvisioningError for settings that phones would not take."""
    if services.tries.count("settings", links_key(services, jid)) > LINKS_AN_HOUR:
        return ""
    made, signature = signed(settings, pin)
    token = linking.easy_phone_password()
    services.settings_links.keep(token, LinkedSettings(made, signature.security, signature.mac))
    return token


def links_key(services: GatewayServices, jid: str) -> str:
    """Under which the links of an account are counted."""
    return services.ring.digest(jid, "settings").hex()[:16]
