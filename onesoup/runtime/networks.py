"""Lists of addresses and networks, as in the settings: "10.0.0.7", "10.1.0.0/16", "fd00::/8". Pure."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
# How many addresses one list remembers its answer for.
MAX_REMEMBERED_ADDRESSES = 10_000
# No address is longer, with its scope. Who may name any is remembered with no more.
MAX_ADDRESS_LETTERS = 64


def parse_network(text: str) -> Network:
    """An address or a network. ValueError for any other text; it names what may have been meant."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no address or network, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8") from None
    alone = text.partition("/")[0]
    raise ValueError(f"{text!r} is an address in a network: {alone} or {meant}?")


def parse_address(text: str) -> Address | None:
    """An address, None for any other text, and for one above MAX_ADDRESS_LETTERS. IPv4 in
    IPv6 counts as IPv4: a dual-stack socket shows 10.0.0.7 as ::ffff:10.0.0.7."""
    if len(text) > MAX_ADDRESS_LETTERS:
        return None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network_of(text: str, old: int, new: int) -> str:
    """The network of an address, of so many bits for IPv4 (`old`) and for IPv6 (`new`); any other text as it is."""
    return _network_of(text, old, new) if len(text) <= MAX_ADDRESS_LETTERS else text


@lru_cache(MAX_REMEMBERED_ADDRESSES)  # a log-in asks for the same ones again and again
def _network_of(text: str, old: int, new: int) -> str:
    found = parse_address(text)
    if found is None:
        return text
    return str(ipaddress.ip_network((found, old if found.version == 4 else new), strict=False))


class Nets:
    """A list of networks. `address in nets` tells whether one of them contains the address."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._networks = tuple(parse_network(name) for name in names)
        self._known: dict[str, bool] = {}

    def __contains__(self, text: object) -> bool:
        if not self._networks or not isinstance(text, str) or len(text) > MAX_ADDRESS_LETTERS:
            return False
        known = self._known.get(text)
        if known is None:
            there = parse_address(text)
            known = there is not None and any(there in each for each in self._networks)
            if len(self._known) >= MAX_REMEMBERED_ADDRESSES:
                self._known.clear()
            self._known[text] = known
        return known

    def __bool__(self) -> bool:
        return bool(self._networks)
