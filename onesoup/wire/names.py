"""Element names: one spelling for each, in place of those of phones and their dictionaries; and the version a document is in."""

from __future__ import annotations

import re

from onesoup.wire.generated.doctypes import NAMESPACES, OTHER_PUBLIC_IDS, PUBLIC_IDS
from onesoup.wire.generated.tags import TAGS
from onesoup.wire.limits import MAX_NAME_LENGTH

CSP_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
DEFAULT_VERSION = "1.2"

# Where a name or token missing from a document's own version is looked for. Not in 1.0: it gave tokens other meanings.
FALLBACK_VERSIONS = ("1.3", "1.2", "1.1")

# Elements that carry the namespace of their version.
NAMESPACED_ELEMENTS = frozenset(NAMESPACES["1.2"])

# Spellings of other implementations, in small letters, beside those that differ in case only.
NAME_ALIASES = {
    "auto-subscribe": "AutoSubscribe",
    "extended-data": "ExtendedData",
    "keepaliveresponse": "KeepAlive-Response",
    "preferredcontent": "ReferredContent",
    "preferredvcard": "ReferredvCard",
    "inf-link": "Inf_link",
    "wv-csp-nsdiscovery-request": "WV-CSP-VersionDiscovery-Request",
    "wv-csp-nsdiscovery-response": "WV-CSP-VersionDiscovery-Response",
}

# 1.3 renamed the element and kept its token. BlockUser-Request, renamed in 1.2, is not here: both names stay what they were.
CIR_ADDRESS = ("CIRURL", "CIRHTTPAddress")

# ASCII only: no element of CSP needs more, and a literal name from a string table must be writable as XML.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")


def _folded() -> dict[str, str]:
    names: dict[str, str] = {}
    for version in (*FALLBACK_VERSIONS, "1.0"):
        for name in TAGS[version].values():
            names.setdefault(name.lower(), name)
    return names | NAME_ALIASES


_FOLDED = _folded()


def canonical_name(name: str) -> str:
    """The tables' spelling of a name, or the name itself when no table has it."""
    return _FOLDED.get(name.lower(), name)


def is_name(name: str) -> bool:
    return len(name) <= MAX_NAME_LENGTH and _NAME.fullmatch(name) is not None


def local_name(name: str) -> str:
    """The name without its prefix: prefixes and namespaces are only labels in CSP."""
    return name.rpartition(":")[2]


def cir_address(version: str) -> str:
    """The name of CIRURL or CIRHTTPAddress in that version: both are one token, and its decoder says this one."""
    return "CIRURL" if version == "1.2" else "CIRHTTPAddress"


def of_version(name: str, version: str) -> str:
    """The tables' spelling of a name, and the one of its two names that an element has in that version."""
    found = canonical_name(name)
    return cir_address(version) if found in CIR_ADDRESS else found


_DIGITS = re.compile(r"(?:CSP|TRC|PA)(\d\.\d)\s*$", re.IGNORECASE)
_VERSION_OF_URI = {uri: version for version, uris in NAMESPACES.items() for uri in uris.values()}
_FAMILIES = (("/imps-", "1.3"), ("openmobilealliance", "1.2"), ("village.org/", "1.1"))
_VERSION_OF_PUBLIC_ID = {
    **{text: version for version, texts in OTHER_PUBLIC_IDS.items() for text in texts},
    **{text: version for version, text in PUBLIC_IDS.items()},
}


def version_of_namespace(uri: str) -> str | None:
    """The version that an xmlns names: by its digits, else by the family of its address."""
    if version := _VERSION_OF_URI.get(uri):
        return version
    digits = _DIGITS.search(uri[-32:])
    if digits and digits[1] in CSP_VERSIONS:
        return digits[1]
    folded = uri[:MAX_NAME_LENGTH].lower()
    return next((version for mark, version in _FAMILIES if mark in folded), None)


def version_of_public_id(text: str) -> str | None:
    return _VERSION_OF_PUBLIC_ID.get(" ".join(text.split()))
