"""Lists of addresses and networks, as settings have them: "10.0.0.7", "10.1.0.0/16", "fd00::/8". Values only."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK = ("127.0.0.1", "::1")
# Addresses whose answer is remembered.
MOST_KNOWN = 10_000


def network(text: str) -> Network:
    """ValueError, with what was meant perhaps, for what is neither address nor network."""
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


def address(text: str) -> Address | None:
    """As it is meant: a listener for both families sees ::ffff:10.0.0.7 where 10.0.0.7 comes."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class Nets:
    """`address in nets`: whether one of the networks has it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._networks = tuple(network(name) for name in names)
        self._known: dict[str, bool] = {}

    def __contains__(self, text: object) -> bool:
        if not self._networks or not isinstance(text, str):
            return False
        known = self._known.get(text)
        if known is None:
            there = address(text)
            known = there is not None and any(there in each for each in self._networks)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[text] = known
        return known

    def __bool__(self) -> bool:
        return bool(self._networks)
