"""Follows live what a user's phones ask and get, and what the XMPP side does, in the whole cluster: names, codes and sizes, no
text and no password. New log-ins of a user are followed from their first request."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import redis

from onesoup.operators.living import user_sids
from onesoup.operators.operator import Operator
from onesoup.operators.whom import named_target
from onesoup.store.traces import Traces, channel

# How often, in seconds, processes are told that somebody still looks.
WATCH_AGAIN_SECONDS = 2.0
# After this time every process has read whom to trace.
TRACING_STARTS_SECONDS = 3.2
# How long one look for an event waits.
TRACE_WAIT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is followed: the bare JID of a user, or the name of one session; and how many sessions there were at the start."""

    name: str
    sessions: int
    is_session: bool = False

    @property
    def said(self) -> str:
        return f"following {'session ' * self.is_session}{self.name}, {self.sessions} sessions"


# What a trace yields: an event; once, when every process knows of it, who is followed; None where nothing came for a moment.
TraceStep = dict[str, Any] | Followed | None


def begin_trace(operator: Operator, word: str) -> Followed:
    """Says whom the word means, and notes that an operator looks."""
    target = named_target(operator, word)
    count = 1 if target.sid else len(user_sids(operator.client, target.jid))
    followed = Followed(target.name or target.jid, count, bool(target.sid))
    operator.note("trace", followed.name)
    return followed


def follow(client: redis.Redis, subscriber: redis.Redis, followed: Followed, seconds: float) -> Iterator[TraceStep]:
    """What happens, as it happens, until so many seconds after every process knows of it. `subscriber` is a client that this call
    has for itself. Processes send for some seconds more than the caller looks: others may follow the same user."""
    began, again, all_know = time.monotonic(), 0.0, False
    with closing(subscriber.pubsub(ignore_subscribe_messages=True)) as listener:
        listener.subscribe(channel(followed.name))
        while (now := time.monotonic()) < began + TRACING_STARTS_SECONDS + seconds:
            if now >= again:
                Traces(client).watch([followed.name])
                again = now + WATCH_AGAIN_SECONDS
            if not all_know and now >= began + TRACING_STARTS_SECONDS:
                all_know = True
                yield followed
            message = listener.get_message(timeout=TRACE_WAIT_SECONDS)
            yield json.loads(message["data"]) if message is not None and message["type"] == "message" else None
