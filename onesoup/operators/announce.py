"""Sends a message of the operator to logged-in users. A phone that knows SystemMessage gets one, any other a message from the
server. Long texts are sent in parts, as messages are."""

import time
from collections.abc import Callable, Iterator

import redis

from onesoup.csp import fitting, messages
from onesoup.handlers import system
from onesoup.operators.living import all_sids, is_meant
from onesoup.operators.operator import Operator, OperatorError
from onesoup.operators.whom import session_filter
from onesoup.runtime.ids import ordered_id
from onesoup.store.announcements import Announcements
from onesoup.store.session.session_records import DescribedSession, SessionRecords


def announce(
    operator: Operator,
    text: str,
    user: str | None = None,
    domain: str | None = None,
    told_so_far: Callable[[int], None] = lambda _: None,
) -> int:
    """How many sessions were told. It is noted however it ends. `told_so_far` hears of each."""
    text = text.strip()
    if not text:
        raise OperatorError("there is no text")
    whom, told = session_filter(user, domain, operator.domain), 0
    try:
        for reached in _tell_all(operator.client, text, whom):
            told += reached
            told_so_far(told)
    finally:
        operator.note("announce", whom, letters=len(text), told=told)
    return told


def _tell_all(client: redis.Redis, text: str, who: str) -> Iterator[bool]:
    """For each matching session, whether it got the announcement."""
    records, store = SessionRecords(client), Announcements(client)
    for sid in all_sids(client, who):
        found = records.described(sid)
        if found is not None and is_meant(found.session.jid, who):
            yield _tell(store, sid, found, text)


def _tell(store: Announcements, sid: str, found: DescribedSession, text: str) -> bool:
    session = found.session
    whole = messages.Text("0" * 18, session.domain, text, int(time.time()))
    parts = fitting.text_parts(whole, session, found.capabilities)
    return all(system.queue_announcement(store, sid, session, ordered_id(time.time()), part) for part in parts)
