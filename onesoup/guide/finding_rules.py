"""The rules by which what a phone did becomes words for its owner: a table. findings.py reads it.

Words about causes come from phones.toml, so that the pages /doctor and /phones say the same."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from onesoup.csp.phone_events import EventKind, PhoneEvent

LOGIN, REQUEST, UNREADABLE, PAGE = EventKind.LOGIN, EventKind.REQUEST, EventKind.UNREADABLE, EventKind.PAGE


class Grade(IntEnum):
    BAD, NOTE, FINE = 0, 1, 2


class Link(IntEnum):
    NONE, PASSWORD, ACCESS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` and `do` may have {placeholders} of the event. An event fits that is of one of `kinds`, has one of `codes` (none:
    any), all signs of `needs` and none of `lacks`. `cause` names a row of phones.toml, whose words are used where `do` has
    none."""

    name: str
    kinds: frozenset[EventKind]
    grade: Grade
    says: str
    codes: Collection[int] = ()
    needs: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    cause: str = ""
    do: str = ""
    link: Link = Link.NONE

    def fits(self, event: PhoneEvent, signs: frozenset[str]) -> bool:
        right = event.kind in self.kinds and (not self.codes or event.code in self.codes)
        return right and self.needs <= signs and not self.lacks & signs


def _some(*kinds: EventKind) -> frozenset[EventKind]:
    return frozenset(kinds)


def _signs(*names: str) -> frozenset[str]:
    return frozenset(names)


_FAILED = range(400, 1000)
_LOGINS, _REQUESTS = _some(LOGIN), _some(REQUEST)

OUTCOME_RULES: tuple[Rule, ...] = (
    # --- log-in ---
    Rule(
        "logged-in",
        _LOGINS,
        Grade.FINE,
        "The phone logged in. (It speaks CSP {version} in {encoding}.)",
        codes=range(200, 300),
    ),
    Rule(
        "domain",
        _LOGINS,
        Grade.BAD,
        "The phone asks for {user}; this server serves {domain}.",
        codes=(516,),
        cause="domain",
    ),
    Rule(
        "no-user-id",
        _LOGINS,
        Grade.BAD,
        "The phone sends no user ID.",
        codes=(427, 531),
        needs=_signs("no-user"),
        cause="incomplete",
        do="Type the user ID into the settings of the chat client: {own}.",
    ),
    Rule(
        "only-digest",
        _LOGINS,
        Grade.BAD,
        "Your phone sends its password only in a scrambled form ({offered}), and no phone password is stored for it.",
        codes=(401, 409, 531),
        needs=_signs("digest-only", "no-phone-password"),
        cause="digest",
        do="Choose a phone password, and type that one into the phone.",
        link=Link.PASSWORD,
    ),
    Rule(
        "digest-without-phone-password",
        _LOGINS,
        Grade.BAD,
        "The phone sends its password in a scrambled form, and no phone password is stored to compare it with.",
        codes=(409,),
        needs=_signs("digest", "no-phone-password"),
        cause="digest",
        do="Choose a phone password, and type that one into the phone.",
        link=Link.PASSWORD,
    ),
    Rule(
        "second-half-missing",
        _LOGINS,
        Grade.NOTE,
        "The phone began to log in. The server asked for a proof of the password, and the phone did not answer.",
        codes=(401,),
        needs=_signs("first-half", "alone"),
        do="Log in once more. If it stays so, the answer does not reach the phone: choose another access point.",
        link=Link.ACCESS,
    ),
    Rule("first-half", _LOGINS, Grade.FINE, "", codes=(401,), needs=_signs("first-half")),
    Rule(
        "schema",
        _LOGINS,
        Grade.BAD,
        "The phone offers only unknown ways to prove its password ({offered}).",
        codes=(543,),
        do="Where the phone has a setting for security or log-in, choose plain password.",
    ),
    Rule(
        "no-password",
        _LOGINS,
        Grade.BAD,
        "The phone sends no password.",
        codes=(401, 409),
        needs=_signs("nothing-proves"),
        cause="incomplete",
        do="Type the password into the settings of the chat client.",
    ),
    Rule(
        "wrong-phone-password",
        _LOGINS,
        Grade.BAD,
        "Wrong password. This phone has to send the phone password, not the one of the XMPP account.",
        codes=(409,),
        needs=_signs("digest"),
        cause="credentials",
        do="Type the phone password again, in small letters. If you do not know it any more, make a new one.",
        link=Link.PASSWORD,
    ),
    Rule("wrong-password", _LOGINS, Grade.BAD, "Wrong password.", codes=(401, 409, 702), cause="credentials"),
    Rule(
        "user-id",
        _LOGINS,
        Grade.BAD,
        "This server cannot read the user ID, or nobody has it.",
        codes=(402, 427, 531),
        cause="credentials",
    ),
    Rule("closed", _LOGINS, Grade.BAD, "The account may not log in here.", codes=(403,), cause="closed"),
    Rule(
        "locked",
        _LOGINS,
        Grade.BAD,
        "The log-in was refused for now. {lock}",
        codes=(503, 507),
        needs=_signs("locked"),
        do="Do not try earlier: that makes the wait longer.",
    ),
    Rule("busy", _LOGINS, Grade.BAD, "The log-in was refused for now.", codes=(503, 507), cause="busy"),
    Rule("timeout", _LOGINS, Grade.BAD, "The XMPP server did not answer in time.", codes=(408, 504), cause="timeout"),
    Rule(
        "not-resumed",
        _LOGINS,
        Grade.NOTE,
        "The phone wanted to continue a session that is over.",
        codes=(422, 502, 600, 601, 604),
        cause="ended",
    ),
    Rule(
        "version",
        _some(LOGIN, REQUEST),
        Grade.BAD,
        "The phone speaks version {version} of the chat protocol, which this server does not.",
        codes=(505,),
        cause="version",
    ),
    Rule("refused", _LOGINS, Grade.BAD, "The log-in was refused, with code {code}.", codes=_FAILED, cause="service"),
    # --- requests ---
    Rule("ended", _REQUESTS, Grade.NOTE, "The phone used a session that is over.", codes=(600, 601, 604), cause="ended"),
    Rule(
        "recipient",
        _REQUESTS,
        Grade.NOTE,
        "{name} failed: nobody has that address, or that person has blocked you.",
        codes=(410, 531, 532, 533, 534),
        cause="recipient",
    ),
    Rule(
        "service",
        _REQUESTS,
        Grade.NOTE,
        "This server does not support {name}.",
        codes=(405, 501, 506),
        cause="service",
    ),
    Rule("request-busy", _REQUESTS, Grade.BAD, "{name} was refused for now.", codes=(503, 507), cause="busy"),
    Rule(
        "request-timeout",
        _REQUESTS,
        Grade.NOTE,
        "{name} got no answer from the XMPP server in time.",
        codes=(408, 504),
        cause="timeout",
    ),
    Rule(
        "our-fault",
        _REQUESTS,
        Grade.BAD,
        "{name} failed because of a fault in this server.",
        codes=(500,),
        do="Tell the operator of this server the time and the model of the phone.",
    ),
    Rule(
        "too-large",
        _REQUESTS,
        Grade.NOTE,
        "The answer to {name} was longer than the phone takes.",
        codes=(432,),
        cause="loading",
    ),
    Rule(
        "request-refused",
        _REQUESTS,
        Grade.NOTE,
        "{name} was refused, with code {code}.",
        codes=_FAILED,
        do="If something does not work on the phone, tell the operator of this server this code and the model.",
    ),
    # --- bodies ---
    Rule(
        "changed",
        _some(UNREADABLE),
        Grade.BAD,
        "What arrived is no request of a chat client ({media}).",
        needs=_signs("foreign"),
        cause="gateway",
        link=Link.ACCESS,
    ),
    Rule(
        "packed",
        _some(UNREADABLE),
        Grade.BAD,
        "What arrived was compressed on its way.",
        needs=_signs("content-encoding"),
        cause="gateway",
        link=Link.ACCESS,
    ),
    Rule(
        "broken-off",
        _some(UNREADABLE),
        Grade.BAD,
        "A request broke off before its end.",
        needs=_signs("incomplete"),
        do="The connection is weak, or a gateway stands between. Try where there is more signal, or another access point.",
        link=Link.ACCESS,
    ),
    Rule(
        "too-long",
        _some(UNREADABLE),
        Grade.BAD,
        "A request was longer than this server takes.",
        needs=_signs("too-large"),
        do="Send a smaller picture or a shorter text.",
    ),
    Rule(
        "empty",
        _some(UNREADABLE),
        Grade.BAD,
        "A request arrived with nothing in it.",
        needs=_signs("empty"),
        cause="gateway",
        link=Link.ACCESS,
    ),
    Rule(
        "spoiled",
        _some(UNREADABLE),
        Grade.BAD,
        "A request arrived that cannot be read, through {via}.",
        needs=_signs("via"),
        cause="gateway",
        link=Link.ACCESS,
    ),
    Rule(
        "unreadable",
        _some(UNREADABLE),
        Grade.BAD,
        "A request arrived that cannot be read.",
        do="If the phone has a setting for the version, choose 1.1 or 1.2. If it stays so, tell the operator the model.",
    ),
    # --- pages ---
    Rule(
        "browser",
        _some(PAGE),
        Grade.FINE,
        "The browser of a {family} reached this server: fine.",
        needs=_signs("phone"),
        lacks=_signs("via"),
    ),
)
WAY_RULES: tuple[Rule, ...] = (
    Rule(
        "through-a-gateway",
        _some(PAGE, LOGIN),
        Grade.NOTE,
        "The phone reached us, but through a WAP gateway or proxy that calls itself {via}.",
        needs=_signs("via"),
        lacks=_signs("fine"),
        cause="gateway",
        link=Link.ACCESS,
    ),
)
RULES = OUTCOME_RULES + WAY_RULES
