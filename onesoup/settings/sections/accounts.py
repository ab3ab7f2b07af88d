"""Settings of accounts: the domains that are served, log-in, limits of guessing, registration."""

from dataclasses import dataclass

from onesoup.settings.declare import setting


@dataclass(frozen=True)
class AccountSettings:
    # Domains that are served.
    domain: str = setting("localhost", "XMPP domain of a log-in without a domain.", "example.org")
    domains: tuple[str, ...] = setting(
        (),
        "XMPP domains that phones may log in to, comma separated. Empty: only `domain`. `any`: every domain; the servers of "
        "domains that are not listed must have public addresses.",
        "example.org,example.net",
    )

    domain_by_place: dict[str, str] = setting(  # noqa: RUF009 - setting() makes a factory of it
        {},
        "XMPP domain of a log-in without a domain, by the request's host or the start of its path: place=domain, comma "
        "separated.",
        "imps.example.net=example.net,/imps/example.org=example.org",
    )
    gateway_domains: tuple[str, ...] = setting(
        (),
        "Names of this gateway that are not XMPP domains, comma separated. A log-in as alice%40example.org@name then means "
        "alice@example.org.",
        "imps.example.org",
    )

    service_contact: str = setting(
        "onesoup",
        "User id of the service contact, which answers phones that write to it: help, their own address, settings. Phones "
        "cannot reach an XMPP account of the same name at a served domain. Empty: no service contact.",
        "help",
    )

    # Log-in, limits of guessing, registration.
    sessions_of_user: int = setting(
        8, "Most sessions of one user at once. One more ends the oldest session.", "8", low=1, high=1000
    )
    remember_password: bool = setting(
        False,
        "Keep the password of the first plain log-in, encrypted, so that digest log-in works from then on.",
        "true",
    )
    tell_unknown_users: bool = setting(
        False,
        "If a user without a stored phone password logs in with a digest, answer 531 at once instead of 409.",
        "true",
    )
    number_headers: tuple[str, ...] = setting(
        (),
        "Headers in which a trusted proxy states the phone's number. A user with that number linked needs no password. "
        "Empty: onesoup believes no header.",
        "X-MSISDN,X-Network-MSISDN",
    )
    country_code: str = setting("", "Country code for numbers in national form in number_headers.", "358")
    refusals_of_address: int = setting(
        100,
        "Failed log-ins from one address within ten minutes; after that the address must wait. Raise it where a carrier hides "
        "many phones behind one address.",
        "100",
        low=5,
        high=1_000_000,
    )
    refusals_at_server: int = setting(
        15,
        "Most wrong passwords in an hour that the gateway passes on to one XMPP server; two thirds of it from one client "
        "address; 0: no limit. XMPP servers ban addresses that send many. Above the limit, users whose password is not known "
        "get 503. List your own servers in xmpp_own.",
        "15",
        low=0,
        high=10_000,
    )
    account_page: bool = setting(
        True,
        "Serve /account, the page on which users choose a phone password. It needs HTTPS through a trusted proxy.",
        "false",
    )
    account_link: bool = setting(
        False,
        "For demos: let a link of `onesoup demo link` open /account over plain HTTP too, where others on the network can "
        "read passwords.",
        "true",
    )
    doctor_page: bool = setting(
        True,
        "Serve /doctor with /account: owners of accounts see what their phone has sent. The names and codes of requests are "
        "kept for a day.",
        "false",
    )
    registration: bool = setting(
        False, "Let phones register new accounts (Registration), where the XMPP server allows in-band registration.", "true"
    )
    registrations_per_hour: int = setting(3, "Most registrations from one address in an hour.", "3", low=1, high=1000)
