"""What sessions that are over leave in the holder's memory, and when it is freed."""

import gc
import weakref

from onesoup.csp.status import StatusCode
from tests.xmpp.stream.harness import eventually
from workers.holder.garbage import MIN_ENDED_SESSIONS, SessionGarbage


def collections_while(sessions: list[int], end: int) -> int:
    """How often all objects are looked through while so many of the sessions end."""
    looks: list[int] = []
    garbage = SessionGarbage(sessions, lambda: looks.append(len(sessions)))
    for _ in range(end):
        sessions.pop()
        garbage.session_ended()
    return len(looks)


def test_a_quarter_of_the_sessions_has_to_end():
    assert collections_while(list(range(5000)), 999) == 0
    assert collections_while(list(range(5000)), 1000) == 1


def test_few_sessions_are_not_looked_through_again_and_again():
    assert collections_while(list(range(MIN_ENDED_SESSIONS)), MIN_ENDED_SESSIONS - 1) == 0
    assert collections_while(list(range(5000)), 5000) < 20


def test_a_session_that_is_over_is_garbage(lab, server, monkeypatch):
    """A few are not yet: a greenlet that waits for its next job keeps the one that it has read last."""
    monkeypatch.setattr("onesoup.runtime.spare_greenlets.MAX_SPARE", 1)
    monkeypatch.setattr("onesoup.xmpp.stream.keepalive.OWED_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr("workers.holder.session.own_presence.LATEST_PRESENCE_SECONDS", 0.1)
    holder = lab.holder(server.stub)
    over = []
    for _ in range(5):
        session = holder.sessions.get(lab.log_in(holder))
        over.append(weakref.ref(session))
        session.end(StatusCode.INVALID_SESSION, polite=False)
        del session

    def freed() -> bool:
        holder.upkeep.tick()
        gc.collect()
        return any(each() is None for each in over)

    eventually(freed)
