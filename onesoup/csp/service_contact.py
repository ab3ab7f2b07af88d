"""The service contact: who it is for an account, and how phones see it. Pure.

It has an address like any user's, so a phone of any version can answer it, keep it in a list and block it. XMPP servers know
nothing of it."""

from collections.abc import Iterable
from functools import lru_cache

from onesoup.csp.presence import Shown
from onesoup.csp.text import addresses

SERVICE_NAME = "Help"
SERVICE_PRESENCE = Shown(online=True, availability="AVAILABLE", client_type="OTHER", alias=SERVICE_NAME)
# What a phone gets back of a text that it has echoed, characters.
MAX_ECHO = 500
EVERY_DOMAIN = "any"


def service_addresses(local: str, domains: Iterable[str], own: str) -> frozenset[str]:
    """The bare JIDs that the service contact has for the account `own`: one at the account's domain and one at each served
    domain. None for an empty local part; never the account itself."""
    return _addresses(local, frozenset(domains), own) if local else frozenset()


@lru_cache(maxsize=4096)
def _addresses(local: str, domains: frozenset[str], own: str) -> frozenset[str]:
    served = {*domains, addresses.domain_of(own)} - {EVERY_DOMAIN}
    return frozenset(addresses.make_jid(local, domain) for domain in served) - {own}


def service_address(local: str, own: str) -> str:
    """The address under which the service contact greets the account `own`, "" where that has none."""
    domain = addresses.domain_of(own)
    return next((jid for jid in service_addresses(local, (), own) if addresses.domain_of(jid) == domain), "")
