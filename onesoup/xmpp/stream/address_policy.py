"""Where a phone's user may send us: to public addresses, and to ports on which XMPP may be. Pure.

For domains that the operator did not name the user decides where we connect, so DNS must not lead into our own network.
"""

import ipaddress

# Below 1024 live the services of a host; XMPP over direct TLS shares one port with them (XEP-0368).
FIRST_UNPRIVILEGED_PORT, HTTPS_PORT = 1024, 443
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_permitted(address: str, port: int) -> bool:
    """Whether a stream may go to an address that only DNS names."""
    return (port == HTTPS_PORT or port >= FIRST_UNPRIVILEGED_PORT) and is_public_address(address)


def is_public_address(address: str) -> bool:
    """Whether it is an address of the open Internet. Text that is no address is not."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_global(each) for each in (found, *_inside(found)))


def _global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address in _NAT64):
        return True  # the address inside decides
    bad = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local or address.is_loopback
    return address.is_global and not bad and not getattr(address, "is_site_local", False)


def _inside(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, compatible, NAT64, 6to4, Teredo."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _V4_COMPATIBLE:
        found.append(ipaddress.IPv4Address(address.packed[-4:]))
    return [each for each in found if each is not None]
