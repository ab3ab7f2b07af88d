"""The URL by which a gateway is asked to send (cir.md 12.3, 12.4): a template and its placeholders. Pure text."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from onesoup.csp.text.numbers import hidden_number

# `coding=1` is 8-bit data with a header of ours. The numbers of the report mask: 1 delivered, 2 not, 16 refused.
KANNEL_BINARY = (
    "?username={user}&password={pass}&from={from}&to={msisdn}&smsc={smsc}&coding=1&validity={validity_min}"
    "&dlr-mask={dlr_mask}&dlr-url={dlr_url}&udh={udh}&text={payload}"
)
# Characters that Kannel itself packs, behind a header of ours; and a plain text.
KANNEL_7BIT = KANNEL_BINARY.replace("&coding=1", "&coding=0&charset=ISO-8859-1").replace("{payload}", "{text}")
KANNEL_TEXT = KANNEL_7BIT.replace("&udh={udh}", "")
KANNEL_REPORT_MASK = 1 + 2 + 16
_SECRET = frozenset({"pass", "text", "payload", "payload_hex", "udh", "udh_hex", "dlr_url"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLACEHOLDER_WORDS = """user pass msisdn msisdn_digits from payload udh payload_hex udh_hex text id dlr_url dlr_mask validity_s
validity_min dcs smsc"""
PLACEHOLDERS = frozenset(_PLACEHOLDER_WORDS.split())


def fill_template(template: str, values: Mapping[str, bytes | str | int]) -> str:
    """The URL: every value is percent-encoded octet by octet, hexadecimal ones stay as they are."""
    return _PLACEHOLDER.sub(lambda found: _encoded(values[found[1]]), template)


def mask_template(template: str, values: Mapping[str, bytes | str | int]) -> str:
    """The same for a log: no password, no text, and of the number the last three digits."""

    def shown(found: re.Match[str]) -> str:
        name = found[1]
        if name in _SECRET:
            return "***"
        return _encoded(hidden_number(str(values[name]))) if name.startswith("msisdn") else _encoded(values[name])

    return _PLACEHOLDER.sub(shown, template)


def carries_parts(template: str) -> bool:
    """Whether it has a place for the header and for the data of a binary message."""
    used = set(_PLACEHOLDER.findall(template))
    return not used.isdisjoint({"udh", "udh_hex"}) and not used.isdisjoint({"payload", "payload_hex"})


def unknown_placeholders(template: str) -> list[str]:
    """Placeholders that do not exist."""
    return sorted(set(_PLACEHOLDER.findall(template)) - PLACEHOLDERS)


def _encoded(value: bytes | str | int) -> str:
    return quote(value if isinstance(value, bytes) else str(value), safe="")
