"""What a phone did -> what that means and what to do, in words for its owner. A table and pure functions; time is an argument.

    found = findings(events, facts, now)
    found[0].says       # "Your phone offers only MD5, and no phone password is stored."

Each event is looked up in RULES: the first rule of OUTCOMES that fits says what became of it, and each of WAYS that fits says
something about the way on which it came. Words about causes come from phones.toml, so that this page and /phones say the same."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from onesoup.csp.phone_events import HIDDEN, EventKind, PhoneEvent
from onesoup.guide.phones import Cause, Server, guide

LOGIN, REQUEST, UNREADABLE, PAGE = EventKind.LOGIN, EventKind.REQUEST, EventKind.UNREADABLE, EventKind.PAGE
# A phone that polls is silent when nothing came for so long, seconds.
SILENT_SECONDS = 300
# The two halves of a log-in with a digest follow each other within seconds.
SECOND_HALF_SECONDS = 60


class Grade(IntEnum):
    BAD, NOTE, FINE = 0, 1, 2


class Link(IntEnum):
    NONE, PASSWORD, ACCESS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session that lives. `heard` is when its phone last sent anything; `unanswered` counts items that it was handed more
    than once and has not acknowledged; `line_agreed` and `line`: whether a line for wake-ups was agreed, and is there."""

    version: str
    encoding: str
    handset: str
    heard: int
    polls: int = 0
    unanswered: int = 0
    line_agreed: bool = False
    line: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Who looks. `account` is the digest by which events name the account; `lock` says why it cannot log in just now, "" if it
    can."""

    jid: str
    account: str
    server: Server
    phone_password: bool = False
    lock: str = ""
    sessions: tuple[SessionFacts, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Finding:
    """`solved`: the phone has logged in since."""

    rule: str
    grade: Grade
    says: str
    do: str = ""
    link: Link = Link.NONE
    times: int = 0
    first: int = 0
    last: int = 0
    solved: bool = False


def _some(*kinds: EventKind) -> frozenset[EventKind]:
    return frozenset(kinds)


def _signs(*names: str) -> frozenset[str]:
    return frozenset(names)


_FAILED = range(400, 1000)
_LOGINS, _REQUESTS = _some(LOGIN), _some(REQUEST)

OUTCOMES: tuple[Rule, ...] = (
    # --- log-in ---
    Rule(
        "logged-in",
        _LOGINS,
        Grade.FINE,
        "The phone logged in. It speaks CSP {version} in {encoding}: fine.",
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
        "Your phone offers only {offered}, and no phone password is stored for it.",
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
        "The phone sends a digest in place of its password, and no phone password is stored to compare it with.",
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
        "The phone began to log in and was asked to prove who it is, and did not come back.",
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
        "The phone offers only ways to prove its password that nobody has written down ({offered}).",
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
        "The user ID is none that this server can read, or nobody has it.",
        codes=(402, 427, 531),
        cause="credentials",
    ),
    Rule("closed", _LOGINS, Grade.BAD, "The account may not log in here.", codes=(403,), cause="closed"),
    Rule(
        "locked",
        _LOGINS,
        Grade.BAD,
        "The log-in was put off. {lock}",
        codes=(503, 507),
        needs=_signs("locked"),
        do="Do not try before that: it makes the wait longer.",
    ),
    Rule("busy", _LOGINS, Grade.BAD, "The log-in was put off.", codes=(503, 507), cause="busy"),
    Rule("timeout", _LOGINS, Grade.BAD, "The XMPP server did not answer in time.", codes=(408, 504), cause="timeout"),
    Rule(
        "not-resumed",
        _LOGINS,
        Grade.NOTE,
        "The phone wanted to go on with a session that is over.",
        codes=(422, 502, 600, 601, 604),
        cause="ended",
    ),
    Rule("version", _some(LOGIN, REQUEST), Grade.BAD, "The phone speaks CSP {version}.", codes=(505,), cause="version"),
    Rule("refused", _LOGINS, Grade.BAD, "The log-in was refused, with code {code}.", codes=_FAILED, cause="service"),
    # --- requests ---
    Rule("ended", _REQUESTS, Grade.NOTE, "The phone used a session that is over.", codes=(600, 601, 604), cause="ended"),
    Rule(
        "recipient",
        _REQUESTS,
        Grade.NOTE,
        "{name} failed: there is nobody of that address, or they do not want to hear from you.",
        codes=(410, 531, 532, 533, 534),
        cause="recipient",
    ),
    Rule(
        "service",
        _REQUESTS,
        Grade.NOTE,
        "{name} is something that this server does not do.",
        codes=(405, 501, 506),
        cause="service",
    ),
    Rule("request-busy", _REQUESTS, Grade.BAD, "{name} was put off.", codes=(503, 507), cause="busy"),
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
        "{name} met a fault of this server.",
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
WAYS: tuple[Rule, ...] = (
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
RULES = OUTCOMES + WAYS


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page may show: the events, what they mean, and how many failed log-ins from this address named other user ids."""

    events: tuple[PhoneEvent, ...]
    findings: tuple[Finding, ...]
    others: int = 0


def look(own: Iterable[PhoneEvent], here: Iterable[PhoneEvent], facts: Facts, now: int) -> Seen:
    """`own` are events of the account, `here` those from the address of the browser that looks. Of the latter, those that name
    another account are only counted."""
    shown = dict.fromkeys(own)
    others = 0
    for event in here:
        if not event.account:
            shown.setdefault(event)
        elif event.account != facts.account and event.kind == LOGIN and event.code != 401:
            others += event.times
    events = tuple(sorted(shown, key=lambda each: -each.last))
    return Seen(events, tuple(findings(events, facts, now)), others)


def findings(events: Sequence[PhoneEvent], facts: Facts, now: int) -> list[Finding]:
    """What the events and the sessions mean, what is wrong first, the newest first."""
    found: dict[tuple[str, str], Finding] = {}
    for event in events:
        for rule in _fitting(event, events, facts):
            if rule.says:
                _add(found, _finding(rule, event, facts))
    logged_in = max((each.last for each in events if each.kind == LOGIN and each.code == 200), default=0)
    told = [replace(each, solved=each.grade is not Grade.FINE and each.last < logged_in) for each in found.values()]
    told += [finding for session in facts.sessions for finding in session_findings(session, facts, now)]
    if not any(each.kind in (LOGIN, REQUEST, UNREADABLE) for each in events) and not facts.sessions:
        told.append(_silence(events, facts, now))
    return sorted(told, key=lambda each: (each.solved, each.grade, -each.last))


def _fitting(event: PhoneEvent, events: Sequence[PhoneEvent], facts: Facts) -> list[Rule]:
    signs = signs_of(event, events, facts)
    first = next((rule for rule in OUTCOMES if rule.fits(event, signs)), None)
    return ([first] if first else []) + [rule for rule in WAYS if rule.fits(event, signs)]


def signs_of(event: PhoneEvent, events: Sequence[PhoneEvent], facts: Facts) -> frozenset[str]:
    """What rules ask about an event."""
    login = event.kind == LOGIN
    media = event.media.lower()
    held = {
        "no-user": login and not event.user and not event.account,
        "digest-only": login and bool(event.offered) and "PWD" not in event.offered and event.handset != "s60",
        "digest": event.scheme == "digest",
        "first-half": event.scheme == "challenge",
        "nothing-proves": event.scheme == "none",
        "no-phone-password": not facts.phone_password,
        "alone": not any(_second_half(event, each) for each in events),
        "locked": bool(facts.lock),
        "via": bool(event.via),
        "fine": login and event.code == 200,
        "foreign": bool(media) and "wv.csp" not in media and "xml" not in media and media != "text/plain",
        "phone": guide().by_user_agent(event.agent) is not None,
        event.name: event.kind == UNREADABLE,
    }
    return frozenset(name for name, holds in held.items() if holds)


def _second_half(first: PhoneEvent, second: PhoneEvent) -> bool:
    """Whether one event is the second half of the log-in that the other began."""
    proves = second.kind == LOGIN and second.scheme in ("digest", "pwd")
    return proves and second.account == first.account and second.last >= first.last - SECOND_HALF_SECONDS


def _finding(rule: Rule, event: PhoneEvent, facts: Facts) -> Finding:
    family = guide().by_user_agent(event.agent)
    values = {
        "version": event.version,
        "encoding": event.encoding.upper(),
        "user": event.user if event.user not in ("", HIDDEN) else "another user ID",
        "offered": " and ".join(event.offered) or "none",
        "code": str(event.code),
        "name": event.name,
        "via": event.via,
        "media": event.media or "of no type",
        "family": family.name if family else "phone",
        "domain": facts.server.domain,
        "own": f"wv:{facts.jid}",
        "lock": facts.lock,
    }
    return Finding(
        rule.name,
        rule.grade,
        rule.says.format(**values),
        _advice(rule, values, facts),
        rule.link,
        event.times,
        event.first,
        event.last,
    )


def _advice(rule: Rule, values: dict[str, str], facts: Facts) -> str:
    if rule.do:
        return rule.do.format(**values)
    return _done(guide().causes[rule.cause], facts) if rule.cause else ""


def _done(cause: Cause, facts: Facts) -> str:
    """What to do about a cause, with the values of this server and this account."""
    return facts.server.fill(cause.do).replace(facts.server.address, facts.jid)


def _add(found: dict[tuple[str, str], Finding], finding: Finding) -> None:
    key = finding.rule, finding.says
    before = found.get(key)
    if before is not None:
        first, last = min(before.first, finding.first), max(before.last, finding.last)
        finding = replace(finding, times=before.times + finding.times, first=first, last=last)
    found[key] = finding


def session_findings(session: SessionFacts, facts: Facts, now: int) -> list[Finding]:
    """What a session that lives tells."""
    told = []
    if session.unanswered:
        says = "The phone polls, but never acknowledged what it was handed, though it got it more than once."
        told.append(Finding("unanswered", Grade.BAD, says, _done(guide().causes["loading"], facts), last=now))
    if session.line_agreed and not session.line:
        says = "The phone was told to keep a line open for wake-ups, and there is none."
        told.append(Finding("line", Grade.NOTE, says, _done(guide().causes["line"], facts), last=now))
    if now - session.heard > SILENT_SECONDS and not session.line:
        says = "The phone is logged in, and has been silent for more than five minutes."
        told.append(Finding("silent", Grade.NOTE, says, _done(guide().causes["slow"], facts), last=session.heard))
    return told


def _silence(events: Sequence[PhoneEvent], facts: Facts, now: int) -> Finding:
    """Nothing of a chat client was seen: either nothing at all came, or a browser did."""
    cause = guide().causes["unreachable"]
    if any(guide().by_user_agent(each.agent) for each in events):
        says = "The phone's browser reached this server, its chat client did not."
        do = f"Compare the server in the chat settings letter by letter: {facts.server.url}"
        return Finding("browser-only", Grade.BAD, says, do, Link.ACCESS, last=now)
    says = (
        "Nothing has come from the chat client of your phone in the last day, neither under your user ID nor from where you look."
    )
    return Finding("nothing", Grade.BAD, says, _done(cause, facts), Link.ACCESS, last=now)
