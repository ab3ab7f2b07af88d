"""Proving a phone number: a code is sent to it by SMS and typed in where its owner is logged in (cir.md 11.4).

    issue_code(services, "alice@example.org", "+15550100123")  -> Issued.SENT
    check_code(services, "alice@example.org", "123456")        -> CodeCheck.RIGHT

The caller must have verified the user. Every code costs an SMS: the limits are in
onesoup.store.account.phone_numbers and, for the number, the budget that every SMS comes out of."""

import secrets
import time
from enum import Enum

import structlog

from onesoup.csp.text import numbers
from onesoup.handlers.context import GatewayServices
from onesoup.observability.request_id import current_request
from onesoup.store import records
from onesoup.store.account.phone_numbers import CODE_DIGITS, CODE_MS, CodeCheck

log = structlog.get_logger()


class Issued(Enum):
    # Sent, unless the number's SMS budget is used up.
    SENT = "sent"
    NO_NUMBER = "no number"
    # Not in a country that the operator allows, or no SMS gateway is running.
    NOT_SERVED = "not served"
    TOO_OFTEN = "too often"


def issue_code(services: GatewayServices, jid: str, number: str) -> Issued:
    """Sends a code to a number that the user of `jid` has stated."""
    wanted = numbers.normal_number(number, services.policy.country_code)
    if not wanted:
        return Issued.NO_NUMBER
    if not numbers.number_allowed(wanted, services.policy.sms_prefixes) or "SMS" not in services.lines.live():
        return Issued.NOT_SERVED
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    if not services.numbers.issue(jid, wanted, code):
        log.info("code-refused", number=numbers.hidden_number(wanted))
        return Issued.TOO_OFTEN
    text = f"Your code: {code}"
    job = {"number": wanted, "jid": jid, "text": text, "until": int(time.time()) + CODE_MS // 1000}
    services.numbers.send(records.pack_command(job | {"request": current_request()}))
    log.info("code-issued", number=numbers.hidden_number(wanted))
    return Issued.SENT


def check_code(services: GatewayServices, jid: str, typed: str) -> CodeCheck:
    """Checks a code. A right one makes the number the account's own; sessions use it from their next negotiation on."""
    checked, number = services.numbers.check(jid, typed)
    if checked is CodeCheck.RIGHT:
        services.numbers.learn(jid, number, numbers.NUMBER_FROM_CODE)
    log.info("code-checked", result=checked.value, number=numbers.hidden_number(number))
    return checked
