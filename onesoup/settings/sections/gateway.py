"""Settings of the gateway: its HTTP port, how phones are answered, what they are told of the service."""

from dataclasses import dataclass

from onesoup.settings.declare import SECRET, port_setting, setting

# A phone gives up on a held poll after 20 s (S60). The longest hold allowed is half of that.
POLL_HOLD_LIMIT_SECONDS = 10.0


@dataclass(frozen=True)
class GatewaySettings:
    # The HTTP port.
    bind: str = setting("127.0.0.1", "Address of the HTTP port for phones.", "0.0.0.0")
    http_port: int = port_setting(8080, "HTTP port for phones.", "8080")
    web_workers: int = setting(2, "Worker processes of one gateway. WEB_CONCURRENCY is read too.", "4", low=1, high=256)
    worker_connections: int = setting(
        2000, "Most connections of one worker. Held polls and idle keep-alive connections count.", "4000", low=10, high=100_000
    )
    max_body: int = setting(65536, "Largest request body, bytes.", "65536", low=1024, high=16 * 1024 * 1024)
    request_seconds: float = setting(
        30.0,
        "Seconds within which a request must arrive completely. Its answer gets the same time. Slower connections are closed.",
        "60",
        low=1.0,
        high=3600.0,
    )
    connection_requests: int = setting(
        100,
        "Most requests a second on one connection; faster ones wait. Connections from trusted_proxies carry many phones and "
        "have no limit.",
        "1000",
        low=1,
        high=1_000_000,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Addresses and networks of proxies whose X-Forwarded headers are trusted, comma separated. Nothing but proxies may "
        "use these addresses.",
        "10.0.0.7,10.1.0.0/16,fd00:1::/64",
    )
    public_host: str = setting(
        "", "Host name that onesoup tells phones for STCP and the CSP URL; empty: the Host of the request.", "imps.example.org"
    )

    # How phones are answered.
    poll_hold: float = setting(
        5.0,
        "Seconds that the gateway holds a poll while nothing has arrived; 0 answers at once.",
        "5",
        low=0.0,
        high=POLL_HOLD_LIMIT_SECONDS,
    )
    redeliver_after: float = setting(
        10.0, "Seconds after which a message that the phone has not acknowledged is sent again.", "10", low=0.1, high=3600.0
    )
    redeliver_limit: int = setting(
        3, "How many times a message that is not acknowledged is sent again in one session.", "3", low=0, high=100
    )
    answer_deadline: float = setting(
        8.0, "Seconds after which the gateway answers a request, even if a part of the answer is missing.", "8", low=0.1, high=9.5
    )
    ttl_min: int = setting(120, "Shortest keep-alive time that a phone can get, seconds.", "120", low=1, high=86400)
    ttl_max: int = setting(7200, "Longest keep-alive time that a phone can get, seconds.", "7200", low=1, high=86400)
    server_poll_min: int = setting(
        10, "Shortest time between two polls that onesoup tells phones (ServerPollMin), seconds.", "10", low=1, high=3600
    )

    presence_gap: float = setting(
        5.0,
        "Least seconds between two presence notifications about one contact. Only the last state is sent.",
        "5",
        low=0.0,
        high=3600.0,
    )
    group_history: int = setting(
        0, "Number of earlier messages that a phone gets when it joins a group. They cost traffic.", "10", low=0, high=100
    )
    room_check: float = setting(
        900.0,
        "Seconds without traffic after which onesoup asks an XMPP room whether the phone is still in it; 0: never. A server "
        "may remove an occupant without saying so.",
        "300",
        low=0.0,
        high=86400.0,
    )
    plain_emoji: bool = setting(False, "Replace emoji by smileys and words, since few phones can show emoji.", "true")

    # What phones publish about their users, apart from presence.
    publish_location: bool = setting(
        False, "Publish a phone's location to XMPP contacts, if its user has put it on the default attribute list.", "true"
    )
    publish_contact_info: bool = setting(
        False,
        "Publish a phone's ContactInfo in the account's vCard, if its user has put it on the default attribute list.",
        "true",
    )

    # The phone in the browser.
    browser_phone: bool = setting(False, "Serve /demo, a phone in the browser, and /demo/wall, two of them.", "true")
    browser_phone_xmpp: str = setting(
        "",
        "URL of the XMPP server's WebSocket, for the XMPP client on /demo/wall; empty: no XMPP client.",
        "ws://127.0.0.1:5280/xmpp-websocket",
    )
    browser_phone_accounts: dict[str, str] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "Accounts that /demo offers: user=password, comma separated. Everybody who opens the page can read them.",
        "alice=alice-secret,bob=bob-secret",
        secret=SECRET,
    )

    # What phones are told about the service.
    provider_name: str = setting("onesoup", "Name of this service, for phones that ask (GetSPInfo).", "Example IM")
    provider_description: str = setting(
        "IMPS gateway to XMPP", "Short description of this service, for phones that ask (GetSPInfo).", "Chat for all"
    )
    provider_url: str = setting("", "Web page of this service, for phones that ask (GetSPInfo).", "https://imps.example.org/")
    provider_logo: str = setting(
        "",
        "Picture of this service, for phones that ask (GetSPInfo): a PNG, JPEG, GIF or WBMP file of at most 10000 bytes.",
        "/etc/onesoup/logo.png",
    )
    terms: str = setting(
        "", "Terms of use, shown at log-in until the user accepts them; empty: none.", "Be kind. We keep no messages."
    )
