"""What a phone did -> what that means and what to do, in words for its owner. A table and pure functions; time is an argument.

    found = findings(events, facts, now)
    found[0].says       # "Your phone offers only MD5, and no phone password is stored."

The rules are in finding_rules.py: the first of OUTCOME_RULES that fits an event says what became of it, and each of WAY_RULES
that fits says something about the way on which it came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from onesoup.csp.phone_events import HIDDEN, EventKind, PhoneEvent
from onesoup.guide.finding_rules import OUTCOME_RULES, WAY_RULES, Grade, Link, Rule
from onesoup.guide.phones import Cause, ServerValues, guide

# A phone that polls is silent when nothing came for so long, seconds.
SILENT_PHONE_SECONDS = 300
# The two halves of a log-in with a digest follow each other within seconds.
SECOND_HALF_SECONDS = 60


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
class OwnerFacts:
    """Who looks. `account` is the digest by which events name the account; `lock` says why it cannot log in just now, "" if it
    can."""

    jid: str
    account: str
    server: ServerValues
    phone_password: bool = False
    lock: str = ""
    sessions: tuple[SessionFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneFinding:
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page may show: the events, what they mean, and how many failed log-ins from this address named other user ids."""

    events: tuple[PhoneEvent, ...]
    findings: tuple[PhoneFinding, ...]
    others: int = 0


def look(own: Iterable[PhoneEvent], here: Iterable[PhoneEvent], facts: OwnerFacts, now: int) -> Seen:
    """`own` are events of the account, `here` those from the address of the browser that looks. Of the latter, those that name
    another account are only counted."""
    shown = dict.fromkeys(own)
    others = 0
    for event in here:
        if not event.account:
            shown.setdefault(event)
        elif event.account != facts.account and event.kind == EventKind.LOGIN and event.code != 401:
            others += event.times
    events = tuple(sorted(shown, key=lambda each: -each.last))
    return Seen(events, tuple(findings(events, facts, now)), others)


def findings(events: Sequence[PhoneEvent], facts: OwnerFacts, now: int) -> list[PhoneFinding]:
    """What the events and the sessions mean, what is wrong first, the newest first."""
    found: dict[tuple[str, str], PhoneFinding] = {}
    for event in events:
        for rule in _fitting(event, events, facts):
            if rule.says:
                _add(found, _finding(rule, event, facts))
    logged_in = max((each.last for each in events if each.kind == EventKind.LOGIN and each.code == 200), default=0)
    told = [replace(each, solved=each.grade is not Grade.FINE and each.last <= logged_in) for each in found.values()]
    told += [finding for session in facts.sessions for finding in session_findings(session, facts, now)]
    if not any(each.kind in (EventKind.LOGIN, EventKind.REQUEST, EventKind.UNREADABLE) for each in events) and not facts.sessions:
        told.append(_silence(events, facts, now))
    return sorted(told, key=lambda each: (each.solved, each.grade, -each.last))


def _fitting(event: PhoneEvent, events: Sequence[PhoneEvent], facts: OwnerFacts) -> list[Rule]:
    signs = signs_of(event, events, facts)
    first = next((rule for rule in OUTCOME_RULES if rule.fits(event, signs)), None)
    return ([first] if first else []) + [rule for rule in WAY_RULES if rule.fits(event, signs)]


def signs_of(event: PhoneEvent, events: Sequence[PhoneEvent], facts: OwnerFacts) -> frozenset[str]:
    """What rules ask about an event."""
    login = event.kind == EventKind.LOGIN
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
        "empty": not event.octets,
        event.name: event.kind == EventKind.UNREADABLE,
    }
    return frozenset(name for name, holds in held.items() if holds)


def _second_half(first: PhoneEvent, second: PhoneEvent) -> bool:
    """Whether one event is the second half of the log-in that the other began."""
    proves = second.kind == EventKind.LOGIN and second.scheme in ("digest", "pwd")
    return proves and second.account == first.account and second.last >= first.last - SECOND_HALF_SECONDS


def _finding(rule: Rule, event: PhoneEvent, facts: OwnerFacts) -> PhoneFinding:
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
    return PhoneFinding(
        rule.name,
        rule.grade,
        rule.says.format(**values),
        _advice(rule, values, facts),
        rule.link,
        event.times,
        event.first,
        event.last,
    )


def _advice(rule: Rule, values: dict[str, str], facts: OwnerFacts) -> str:
    if rule.do:
        return rule.do.format(**values)
    return _done(guide().causes[rule.cause], facts) if rule.cause else ""


def _done(cause: Cause, facts: OwnerFacts) -> str:
    """What to do about a cause, with the values of this server and this account."""
    return facts.server.fill(cause.do).replace(facts.server.address, facts.jid)


def _add(found: dict[tuple[str, str], PhoneFinding], finding: PhoneFinding) -> None:
    key = finding.rule, finding.says
    before = found.get(key)
    if before is not None:
        first, last = min(before.first, finding.first), max(before.last, finding.last)
        finding = replace(finding, times=before.times + finding.times, first=first, last=last)
    found[key] = finding


def session_findings(session: SessionFacts, facts: OwnerFacts, now: int) -> list[PhoneFinding]:
    """What a session that lives tells."""
    told = []
    if session.unanswered:
        says = "The phone polls, but never acknowledged what it was handed, though it got it more than once."
        told.append(PhoneFinding("unanswered", Grade.BAD, says, _done(guide().causes["loading"], facts), last=now))
    if session.line_agreed and not session.line:
        says = "The phone was told to keep a line open for wake-ups, and there is none."
        told.append(PhoneFinding("line", Grade.NOTE, says, _done(guide().causes["line"], facts), last=now))
    if now - session.heard > SILENT_PHONE_SECONDS and not session.line:
        says = "The phone is logged in, and has been silent for more than five minutes."
        told.append(PhoneFinding("silent", Grade.NOTE, says, _done(guide().causes["slow"], facts), last=session.heard))
    return told


def _silence(events: Sequence[PhoneEvent], facts: OwnerFacts, now: int) -> PhoneFinding:
    """Nothing of a chat client was seen: either nothing at all came, or a browser did."""
    cause = guide().causes["unreachable"]
    if any(guide().by_user_agent(each.agent) for each in events):
        says = "The phone's browser reached this server, its chat client did not."
        do = f"Compare the server in the chat settings letter by letter: {facts.server.url}"
        return PhoneFinding("browser-only", Grade.BAD, says, do, Link.ACCESS, last=now)
    says = (
        "Nothing has come from the chat client of your phone in the last day, neither under your user ID nor from where you look."
    )
    return PhoneFinding("nothing", Grade.BAD, says, _done(cause, facts), Link.ACCESS, last=now)
