"""Settings of the XMPP side: routes, certificates, pictures, the holder pool."""

from dataclasses import dataclass

from onesoup.settings.declare import setting


@dataclass(frozen=True)
class XmppSettings:
    # Routes and certificates.
    xmpp_routes: dict[str, tuple[str, int]] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "Address of the server of an XMPP domain, instead of asking DNS, comma separated: domain=host:port, or "
        "domain=tls://host:port (direct TLS).",
        "example.org=127.0.0.1:5222",
    )
    xmpp_own: tuple[str, ...] = setting(
        (),
        "XMPP domains whose servers are your own and do not ban the gateway's address, comma separated. They have no limit "
        "of wrong passwords (refusals_at_server).",
        "example.org",
    )
    xmpp_ca: str = setting(
        "", "File with CA certificates to trust for XMPP servers, in addition to the system's.", "/etc/onesoup/ca.pem"
    )
    xmpp_insecure: tuple[str, ...] = setting(
        (),
        "XMPP domains where clear text and TLS without verification are allowed, comma separated. Log-ins there need SCRAM: "
        "a password is never sent over such a connection.",
        "legacy.example.org",
    )
    xmpp_token_seconds: int = setting(
        86_400,
        "How long a log-in token of an XMPP server (XEP-0484) may stand for the password that the server took when it gave it, "
        "in seconds. So long an old password may work at a server that does not take back its tokens when a password changes. "
        "0: none are used, and none are asked for.",
        "3600",
        low=0,
        high=86_400,
    )
    xmpp_any_streams: int = setting(
        200,
        "With domains=any: most streams of one holder to a domain that is not listed.",
        "200",
        low=1,
        high=100_000,
    )

    transport_contacts: bool = setting(
        True,
        "If a user has a bridge (transport), such as WhatsApp, in the contact list, add the bridge's contacts without asking "
        "about each.",
        "false",
    )
    domain_sessions: dict[str, int] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "Most sessions of a domain at once: domain=number, comma separated; any=number is for each domain that is not named. "
        "0, or no number: no limit. Above the limit a log-in gets 503.",
        "example.org=5000,any=200",
    )
    domain_logins: dict[str, int] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "Most log-ins of a domain in a minute, with right and with wrong passwords: domain=number, comma separated; "
        "any=number is for each domain that is not named. 0, or no number: no limit. Above the limit a log-in gets 503.",
        "example.org=300,any=30",
    )

    # Pictures.
    fetch_pictures: bool = setting(
        False,
        "Fetch pictures behind links for phones that accept pictures. The sender of a message then chooses where a holder "
        "connects to; addresses that are not public are refused.",
        "true",
    )
    picture_octets: int = setting(
        5_242_880, "Largest picture that is fetched, bytes. Phones get it scaled down.", "5242880", low=1024, high=52_428_800
    )
    media_hosts: tuple[str, ...] = setting(
        (),
        "Web hosts for uploads and links that may use private addresses and plain HTTP, as host or host:port, comma "
        "separated. All others need https and a public address.",
        "upload.example.lan,127.0.0.1:5280",
    )

    # The holder pool.
    lease_ttl: float = setting(
        10.0, "Seconds without a sign of life after which other holders take the shards of a holder.", "10", low=0.5, high=600.0
    )
    lease_renew: float = setting(3.0, "Seconds between renewals of a lease; at most half of lease_ttl.", "3", low=0.1, high=300.0)
    drain_seconds: float = setting(
        10.0, "Seconds that a process may take to hand over its work when it stops.", "10", low=0.0, high=600.0
    )
