"""Settings of the CIR process: STCP, SHTTP and the UDP bearers."""

from dataclasses import dataclass

from onesoup.settings.declare import port_setting, setting


@dataclass(frozen=True)
class CirSettings:
    stcp_bind: str = setting("", "Address of the STCP port; empty: the same as `bind`.", "0.0.0.0")
    stcp_port: int = port_setting(3171, "TCP port for STCP connections of phones.", "3171")
    public_stcp_port: int = port_setting(
        0, "STCP port that onesoup tells phones, if address translation changes it; 0: stcp_port.", "3171"
    )
    stcp_proxy: bool = setting(False, "Expect a PROXY protocol header on STCP connections from trusted_proxies.", "true")
    stcp_connections: int = setting(20_000, "Most connections of one STCP port.", "20000", low=10, high=1_000_000)
    stcp_per_address: int = setting(
        200,
        "Most STCP connections from one address. The limits of HELOs and of wrong ids a minute follow from it. Raise it for "
        "carriers with NAT.",
        "5000",
        low=1,
        high=1_000_000,
    )
    stcp_accept_cookie: bool = setting(
        False,
        "If no session has the id in HELO, accept the session's cookie instead: only from the address of the session's last "
        "request, and only if no other session has that cookie. No known phone needs this.",
        "true",
    )
    cir_bind: str = setting("127.0.0.1", "Address of the CIR process's HTTP port.", "0.0.0.0")
    cir_port: int = port_setting(0, "HTTP port of the CIR process, for SHTTP and for delivery reports; 0: none.", "8090")
    cir_url: str = setting(
        "",
        "Base URL under which phones reach the CIR process's HTTP port; empty: SHTTP is not offered.",
        "http://imps.example.org",
    )
    udp_nets: tuple[str, ...] = setting(
        (), "Networks of phones that can be reached by UDP, without NAT; empty: SUDP and WAPUDP are not offered.", "10.64.0.0/10"
    )
    udp_port: int = port_setting(3717, "UDP port from which SUDP datagrams are sent.", "3717")
    wap_port: int = port_setting(9200, "UDP port from which WAPUDP datagrams are sent.", "9200")
    wap_content_type: str = setting(
        "short",
        "Form of the content type in WAP pushes. `text` is for phones that do not know the short code.",
        "text",
        choices=("short", "text"),
    )
