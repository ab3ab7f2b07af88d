"""`onesoup history`: why a user could not log in, and what else happened to a user, a phone number or a client address."""

import textwrap
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import redis

from onesoup.commands.audit import note_action
from onesoup.commands.common import as_json, fail, open_store, short_span, without_controls
from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.runtime.times import iso_time, utc_text
from onesoup.settings import Settings

if TYPE_CHECKING:
    from onesoup.operators.history import HistorySubject
    from onesoup.store.history import History

# Columns of a line, and where the text behind a time or "last log-in:" begins.
HISTORY_WIDTH, HISTORY_LABEL = 80, 14
_INDENT = " " * HISTORY_LABEL
# Gateways and holders write what happened every scheduler.TASK_SECONDS.
_TOO_SOON = "what happened in the last three seconds may not be written yet: try again"
# Within so many seconds the day of the week says which day it was.
WEEK_SECONDS = 6 * 86_400


@click.command()
@click.argument("who")
@click.option("--json", "lines", is_flag=True, help="Print one JSON object per line.")
@click.option("--forget", is_flag=True, help="Remove the history of a user, under numbers and addresses too.")
def history(who: str, lines: bool, forget: bool) -> None:
    """Show the last log-ins, failures, wake-ups and undelivered messages of WHO: a user (alice@example.org, alice, wv:alice), a
    phone number (+4917012345678) or a client address (192.0.2.7).

    Exit status 1: nothing is known. The setting history_hours says for how long it is kept.
    """
    from onesoup.operators.history import SubjectKind, events_of

    with open_store() as (settings, client):
        subject, store, now = _subject(settings, who), _store(settings, client), int(time.time())
        if forget:
            if subject.kind != SubjectKind.USER:
                raise click.UsageError("--forget is for a user: numbers and addresses are those of several")
            _forget(client, store, subject.name, now)
            return
        events = events_of(store, subject, now)
        note_action(client, "history", subject.audited)
    if lines:
        for event in events:
            click.echo(as_json(_object(event)))
    elif events:
        click.echo("\n".join(_page(subject, events, settings.history_hours, now)))
    if not events:
        fail(f"nothing is known of {subject.name} in the last {settings.history_hours} hours ({_TOO_SOON})")


def _subject(settings: Settings, who: str) -> "HistorySubject":
    from onesoup.operators.history import history_subject

    try:
        return history_subject(who, settings.domain, settings.country_code)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _store(settings: Settings, client: redis.Redis) -> "History":
    from onesoup.store.account.keyring import KeyRing, KeyRingError
    from onesoup.store.history import History

    if not settings.history_hours:
        fail("history_hours is 0: nothing is kept")
    if not settings.keys_file:
        fail("keys_file is not set: the history is sealed with its keys")
    try:
        return History(client, KeyRing.load(settings.keys_file), settings.history_hours * 3600)
    except KeyRingError as error:
        fail(f"keys_file: {error}; the history is sealed with its keys")


def _forget(client: redis.Redis, store: "History", jid: str, now: int) -> None:
    count = store.forget(jid, now)
    if not count:
        fail(f"nothing is known of {jid}")
    note_action(client, "history forget", jid)
    click.echo(f"{jid}: {count} {'entry is' if count == 1 else 'entries are'} removed")


# --- for people ---


def _page(subject: "HistorySubject", events: list[HistoryEvent], hours: int, now: int) -> Iterator[str]:
    yield from _wrapped(f"{subject.name}, the last {hours} hours; times are UTC")
    yield from _answer(events, now, subject.name)
    for event in events:
        yield ""
        yield from _told(event, now, subject.name)


def _answer(events: list[HistoryEvent], now: int, name: str) -> Iterator[str]:
    """The first lines: whether and when it worked last, and why it did not."""
    from onesoup.operators.history import history_answer
    from onesoup.operators.history_words import failure_words

    answer = history_answer(events)
    if (login := answer.login) is None:
        yield "last log-in:  none"
    else:
        end = f", which ended {_clock(answer.ended.last, now)}" if answer.ended else ""
        yield from _wrapped(f"last log-in:  {_when(login, now)}{_whose(login, name)}, session {login.session}{end}")
    if (failure := answer.failure) is None:
        yield "last failure: none"
        return
    words = failure_words(failure)
    since = "" if answer.locked_out else "; a log-in after that worked"
    yield from _wrapped(f"last failure: {_when(failure, now)}{_whose(failure, name)}: {words.says} ({failure.code}){since}")
    if (cause := answer.cause) is not None:
        yield from _wrapped(f"since:        {_when(cause, now)}{_whose(cause, name)}: {failure_words(cause).says} ({cause.code})")
    if not answer.is_mended:
        yield from _wrapped(f"to do:        {words.do}")


def _told(event: HistoryEvent, now: int, name: str) -> Iterator[str]:
    from onesoup.operators.history_words import event_words

    words = event_words(event)
    whose = "" if event.user in words else _whose(event, name)
    yield from _wrapped(f"{_clock(event.last, now)}  {words}{_times(event, now)}{whose}")
    if event.kind == HistoryKind.FAILURE:
        yield from _wrapped(f"{_INDENT}code {event.code}: {event.reason or 'no reason is known'}")
    if known := ", ".join(_known(event)):
        yield from _wrapped(_INDENT + known)


def _known(event: HistoryEvent) -> Iterator[str]:
    """What phone it was and where."""
    if event.kind in (HistoryKind.LOGIN, HistoryKind.FAILURE):
        yield from filter(None, (event.handset, event.csp and f"CSP {event.csp}", event.scheme))
    if event.address:
        yield f"from {event.address}"
    if event.number:
        yield f"number {event.number}"
    if event.request:
        yield f"request {event.request}"


def _whose(event: HistoryEvent, name: str) -> str:
    """The user, unless that is the one who was asked for."""
    return f", {event.user}" if event.user not in ("", name) else ""


def _times(event: HistoryEvent, now: int) -> str:
    if event.times == 1:
        return ""
    return f", {event.times} times" + (f" since {_clock(event.first, now)}" if event.first != event.last else "")


def _wrapped(text: str) -> list[str]:
    """Lines of at most HISTORY_WIDTH; those after the first stand below the text behind a first line's time or name."""
    indent = _INDENT if text.startswith(_INDENT) else " " * HISTORY_LABEL
    return textwrap.wrap(without_controls(text), HISTORY_WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _when(event: HistoryEvent, now: int) -> str:
    return f"{_clock(event.last, now)}, {short_span((now - event.last) * 1000)} ago{_times(event, now)}"


def _clock(at: int, now: int) -> str:
    return utc_text(at, "%a %H:%M:%S" if now - at < WEEK_SECONDS else "%d %b %H:%M:%S")


def _object(event: HistoryEvent) -> dict[str, object]:
    """What is empty is left out."""
    from onesoup.operators.history_words import event_words, failure_words

    known = {name: value for name, value in asdict(event).items() if value}
    known |= {"first": iso_time(event.first), "last": iso_time(event.last)}
    more = {"do": failure_words(event).do} if event.kind == HistoryKind.FAILURE else {}
    return known | {"says": event_words(event)} | more
