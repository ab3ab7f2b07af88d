"""F14, F15: what happens between phones and the gateway."""

import random

import gevent

from onesoup.load.proxy import NO_FAULT, Fault
from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, most


@case(
    14,
    "phones vanish in the middle of an answer: connections are reset after some bytes, for 20 s",
    "unanswered items come again with the same MessageID under a new TransactionID; nothing is lost or sent twice",
    proxied=("http",),
    env={"ONESOUP_REDELIVER_AFTER": "5"},
)
def answers_cut(field: Field) -> list[Figure]:
    proxy = field.proxies["http"]
    before = field.run.series.total("broken")
    field.mark("answers are cut")
    for _ in range(40):
        proxy.fault = Fault(answer_ends_after=random.choice([0, 10, 60, 150, 300, 500]))
        gevent.sleep(0.3)
        proxy.fault = NO_FAULT
        gevent.sleep(0.2)
    cleared = field.mark("answers are whole")
    recovered = field.recovered(cleared, within=60)
    field.work(10.0)
    return [
        just("connections broken in use", field.run.series.total("broken") - before),
        most("time until requests succeed afterwards", recovered, 2.0, "s"),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


@case(
    15,
    "phones change their IP address between requests",
    "the session goes on; CIR uses the new address",
    proxied=("http",),
)
def address_changes(field: Field) -> list[Figure]:
    proxy = field.proxies["http"]
    for number in range(2, 7):
        field.mark(f"from 127.0.0.{number}")
        proxy.source = f"127.0.0.{number}"
        proxy.reset()
        gevent.sleep(6.0)  # longer than a poll is held: each is broken once
    woken = field.run.ledger.delays_to({user.name for user in field.run.users if user.lined})
    return [
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
        most("requests that failed for good", field.run.series.total("failed"), 0),
        just("messages to phones with a line", len(woken)),
    ]
