"""What the events of a history mean, in words for operators, and what to do about each: tables. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onesoup.csp.history_events import EndReason, HistoryEvent, HistoryKind, UndeliveredReason, WakeOutcome
from onesoup.handlers.login import reasons

END_WORDS = {
    EndReason.LOGOUT: "the phone logged out",
    EndReason.EXPIRED: "the phone was silent for longer than its keep-alive time",
    EndReason.REPLACED: "the same phone logged in again",
    EndReason.TOO_MANY: "the user had too many sessions (sessions_of_user), and this was the oldest",
    EndReason.TERMS: "the user declined the terms of use",
    EndReason.STREAM: "the XMPP server ended the stream for good: another client took its resource, or the password has changed",
    EndReason.KEYS: "the holder that took it over could not read its password: look at the key ring with `onesoup doctor`",
    EndReason.ENDED: "an operator ended it: `onesoup audit` says who",
}
WAKE_WORDS = {
    WakeOutcome.SENT: "sent",
    WakeOutcome.ACCEPTED: "the SMS gateway has it",
    WakeOutcome.FAILED: "could not be sent",
    WakeOutcome.REFUSED: "not sent",
    WakeOutcome.FETCHED: "the phone asked, and was told to poll",
    WakeOutcome.UNANSWERED: "the phone did not poll after a wake-up by",
}
# Why an SMS was not sent, by the words of the budget and of the gateway.
SMS_WORDS = {
    "accepted": "",
    "queued": "its link to the carrier is down",
    "unknown": "or may have it: it gave no clear answer",
    "temporary": "the SMS gateway accepts none now; onesoup tries again",
    "permanent": "the SMS gateway refused this message or this number",
    "gap": "too soon after the last one (sms_gap)",
    "hour": "the number has used its SMS of this hour (sms_per_hour)",
    "day": "the number has used its SMS of today (sms_per_day)",
    "unanswered": "the phone did not poll after the last ones, so it gets no more until it polls by itself",
    "suspended": "messages to this number failed, so it gets none for some time",
    "user": "the user has used the SMS of today (sms_user_per_day)",
    "total": "all SMS of today are used (sms_total_per_day)",
    "rate": "too many SMS are being sent now (sms_rate)",
}
UNDELIVERED_WORDS = {
    UndeliveredReason.FULL: "a message for the user was refused, and its sender told: too many wait for the phone",
    UndeliveredReason.TOO_LONG: "a message for the user was refused, and its sender told: too long",
    UndeliveredReason.BOUNCED: "a message of the user came back, and the user was told",
    UndeliveredReason.EXPIRED: "a message of the user was not confirmed while it was valid",
    UndeliveredReason.NOT_SENT: "a message of the user never left, and the user was told",
}
BEARERS = {
    "stcp": "STCP",
    "sudp": "SUDP",
    "wapudp": "WAP push by UDP",
    "wapsms": "WAP push by SMS",
    "ssms": "SMS",
    "shttp": "SHTTP",
}


@dataclass(frozen=True, slots=True)
class FailureWords:
    """A failed log-in with one of `codes` (none: any) whose reason holds `reason` is `says`; `do` is what to do about it, with
    {domain}, {user} and {address} of the event."""

    says: str
    do: str
    codes: tuple[int, ...] = ()
    reason: str = ""


_OWN_SERVER = (
    "`onesoup guard show {domain}` says for how long, `guard clear {domain}` opens it; if the server is yours, list it in "
    "xmpp_own"
)
FAILURES: tuple[FailureWords, ...] = (
    FailureWords(
        "an operator has blocked it",
        "`onesoup block list` says why and until when, `onesoup unblock` ends it",
        (403,),
        "blocked by the operator",
    ),
    FailureWords(
        "the domain has reached its limit of sessions (domain_sessions)", "raise domain_sessions, or wait", (503,), "is full"
    ),
    FailureWords(
        "the domain has reached its limit of log-ins a minute (domain_logins)",
        "raise domain_logins, or wait",
        (503,),
        "too many log-ins at",
    ),
    FailureWords("the domain was closed after too many wrong passwords", _OWN_SERVER, (503,), "too many wrong passwords for"),
    FailureWords(
        "the address had to wait after too many wrong passwords",
        "`onesoup guard show {address}` says for how long, `onesoup guard clear {address}` lets it in; where a carrier hides "
        "many phones behind one address, raise refusals_of_address",
        (503,),
        "for this address",
    ),
    FailureWords(
        "the user had to wait after too many wrong passwords",
        "`onesoup guard show {user}` says for how long, `onesoup guard clear {user}` lets in; then the right password",
        (503,),
        "for this account",
    ),
    FailureWords(
        "a phone sent a digest, and the user has no phone password",
        "let the user choose one on /account, or make one: `onesoup accounts add {user}`",
        (),
        reasons.NOT_LINKED,
    ),
    FailureWords(
        "wrong phone password",
        "the phone wants the phone password here, not that of the XMPP account: /account, or `onesoup accounts add {user}`",
        (),
        reasons.WRONG_DIGEST,
    ),
    FailureWords(
        "the phone sent no password", "let the user type it into the settings of the chat client", (), reasons.NO_PASSWORD
    ),
    FailureWords(
        "the phone's proof was too late, or used before",
        "let the user log in once more; if it stays so, a proxy on the way repeats requests",
        (),
        reasons.NO_NONCE,
    ),
    FailureWords(
        "the phone offers no known way to prove a password",
        "where the phone has a setting for security, choose plain password",
        (),
        reasons.NO_KNOWN_DIGEST,
    ),
    FailureWords(
        "wrong password, the same as before", "the phone has stored it: let the user type it again", (409,), reasons.WRONG_BEFORE
    ),
    FailureWords(
        "wrong user or password",
        "let the user type both again; perhaps the account does not exist at the XMPP server",
        (409, 531),
        "refused user or password",
    ),
    FailureWords("the account is disabled at the XMPP server", "look at the account there", (403,), ""),
    FailureWords(
        "the domain of {user} is not served here", "let the user type the right domain, or serve this one (domains)", (516,)
    ),
    FailureWords("the phone tried to continue a session that was over", "nothing: it logs in with its password next", (502,), ""),
    FailureWords(
        "too many log-ins at once",
        "`onesoup doctor`, and the log-ins a minute: one address, or a holder that is away?",
        (503,),
        "too many",
    ),
    FailureWords("no holder took the log-in", "`onesoup doctor`: does a holder run?", (), "no holder took"),
    FailureWords(
        "the XMPP server's certificate or TLS failed",
        "`onesoup doctor` says what is wrong with it",
        (),
        "TLS with the XMPP server",
    ),
    FailureWords("the XMPP server was not found", "`onesoup doctor`: DNS, or xmpp_routes", (), "XMPP server was not found"),
    FailureWords("the XMPP server did not answer in time", "`onesoup doctor` tries it", (503, 504), "not answer"),
    FailureWords("the XMPP server could not be reached", "`onesoup doctor` tries it", (503, 504), "XMPP server"),
    FailureWords("Redis did not take the log-in", "`onesoup redis check`", (), "Redis"),
    FailureWords(
        "a part of the log-in was missing or wrong",
        "check the user id and the settings of the chat client",
        (400, 402, 427, 531),
        "",
    ),
    FailureWords("a mistake in onesoup", "look for `event=bug` in the log, at that time, and report it", (500,), ""),
)
_OTHERWISE = FailureWords("the log-in was refused", "`onesoup trace` while the phone tries again")


def failure_words(event: HistoryEvent) -> FailureWords:
    """What a failed log-in means, and what to do; the first row that fits."""
    fits = (row for row in FAILURES if (not row.codes or event.code in row.codes) and row.reason in event.reason)
    row = next(fits, _OTHERWISE)
    user = event.user or "the user"
    domain, address = user.rpartition("@")[2] or "the domain", event.address or "the address"
    known = {"user": user, "domain": domain, "address": address}
    return FailureWords(row.says.format(**known), row.do.format(**known))


def event_words(event: HistoryEvent) -> str:
    """One event in words, without who, when and where."""
    if event.kind == HistoryKind.LOGIN:
        before = f", with another phone than before ({event.detail})" if event.detail else ""
        return ("went on with" if event.reason == "resume" else "logged in,") + f" session {event.session}{before}"
    if event.kind == HistoryKind.FAILURE:
        return f"failed log-in: {failure_words(event).says}"
    if event.kind == HistoryKind.END:
        left = f"; {event.messages} messages wait for the next log-in" if event.messages > 1 else ""
        left = left or ("; a message waits for the next log-in" if event.messages else "")
        return f"session {event.session} ended: {_word(END_WORDS, event.reason)}{left}"
    if event.kind == HistoryKind.WAKE:
        return _wake_words(event)
    if event.kind == HistoryKind.UNDELIVERED:
        many = f"{event.messages} times " if event.messages > 1 else ""
        return f"not delivered: {many}{_word(UNDELIVERED_WORDS, event.reason)}" + (f" ({event.detail})" if event.detail else "")
    return event.reason  # of a later version


def _wake_words(event: HistoryEvent) -> str:
    words = _word(WAKE_WORDS, event.reason)
    if event.reason == WakeOutcome.UNANSWERED:
        return f"{words} {', '.join(BEARERS.get(each.lower(), each) for each in event.detail.split(','))}"
    detail = SMS_WORDS.get(event.detail, event.detail)
    return f"wake-up by {BEARERS.get(event.bearer, event.bearer)}: {words}" + (f", {detail}" if detail else "")


def _word(words: Mapping[Any, str], name: str) -> str:
    """A word of a later version stands for itself."""
    return words.get(name, name)
