"""What `onesoup doctor` finds of phones whose requests cannot be read: which, how often, and why most likely."""

import time
from collections.abc import Iterator

import redis

from onesoup.commands.common import short_span, without_controls
from onesoup.commands.findings import Finding, note_finding
from onesoup.csp.phone_events import EventKind, PhoneEvent

LOOK_BACK_SECONDS = 3600
# So many phones and addresses are looked at, and so many findings shown, the most frequent.
MOST_PHONES_LOOKED_AT, MOST_UNREADABLE_SHOWN = 200, 3
CSP_MEDIA = ("application/vnd.wv.csp", "text/xml", "application/xml", "text/plain")

# What is wrong with a body, by its name in an event, -> what to do.
UNREADABLE_ADVICE = {
    "content-encoding": "a WAP gateway on the way compresses requests: it must not change them",
    "incomplete": "requests are cut off: a weak connection, or a proxy with a short time-out",
    "too-large": "raise max_body here, and client_max_body_size in nginx, together",
}
_CHANGED = "a gateway on the way changes them: it must pass application/vnd.wv.csp.* on unchanged (docs/install.md, WAP gateway)"
_FOREIGN = "no chat client sends this: somebody scans the port, or a WAP gateway changes requests"
_SPOILED = (
    "let the user choose CSP 1.1 or 1.2 in the phone, or the other encoding; the log has the byte and the address: "
    'event "unreadable"; onesoup wire decode shows a body'
)


def unreadable_findings(client: redis.Redis) -> Iterator[Finding]:
    """Notes: whoever reaches the port can make them."""
    from onesoup.store.account.phone_requests import recent_events

    now = int(time.time())
    kinds: dict[tuple[str, str, str, str], list[PhoneEvent]] = {}
    for each in recent_events(client, now - LOOK_BACK_SECONDS, MOST_PHONES_LOOKED_AT):
        if each.kind == EventKind.UNREADABLE:
            kinds.setdefault((each.agent, each.media, each.name, each.via), []).append(each)
    most = sorted(kinds.values(), key=lambda events: -sum(each.times for each in events))
    for events in most[:MOST_UNREADABLE_SHOWN]:
        yield _unreadable(events, now)


def _unreadable(events: list[PhoneEvent], now: int) -> Finding:
    first, times, last = events[0], sum(each.times for each in events), max(each.last for each in events)
    reason = "" if first.name == "unreadable" else f", {first.name}"
    via = f" through {first.via}" if first.via else ""
    said = (
        f"{times} of {first.agent or 'who names no model'}{via} could not be read, the last "
        f"{short_span((now - last) * 1000)} ago: {first.media or 'no type'}{reason}"
    )
    return note_finding("requests", without_controls(said), _advice(first))


def _advice(event: PhoneEvent) -> str:
    if event.name in UNREADABLE_ADVICE:
        return UNREADABLE_ADVICE[event.name]
    if not event.media.startswith(CSP_MEDIA):
        return _FOREIGN
    return _CHANGED if event.via else _SPOILED
