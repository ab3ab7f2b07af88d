"""F23: all that happens to a site behind nginx in the hands of an operator, by the ledger of tests/deploy/ledger."""

from collections.abc import Callable
from pathlib import Path

from tests.chaos.case import Skipped, case
from tests.chaos.figures import Figure, just, most
from tests.deploy.ledger import table
from tests.deploy.ledger.run import NGINX_RESTART, Outcome, ledger
from tests.support.edge import NO_EDGE, WHY_NO_EDGE

PHONES = 50


@case(
    23,
    "behind nginx, two of each role, three Sentinels: everything is killed, reloaded, failed over, upgraded, rolled back",
    "nothing is lost or doubled; phones see failures only while nginx itself restarts",
    alone=True,
)
def operated(directory: Path, tell: Callable[[str], None]) -> tuple[list[Figure], str]:
    if NO_EDGE:
        raise Skipped(WHY_NO_EDGE)
    found = ledger(directory, tell, phones=PHONES, gap=5.0, whole=True)
    return _figures(found), table.markdown(found.rows)


def _figures(found: Outcome) -> list[Figure]:
    restart = sum(sum(row.failures.values()) for row in found.rows if row.fault == NGINX_RESTART)
    others = sum(sum(row.failures.values()) for row in found.rows) - restart
    return [
        just("phones", PHONES),
        just("acknowledged messages", found.total("acknowledged")),
        most("acknowledged messages lost", found.total("lost"), 0),
        most("sent twice, under two ids", found.total("doubled"), 0),
        just("repeated to phones, same MessageID", found.total("repeated")),
        most("returned to the writer as not delivered", found.total("returned"), 0),
        most("failures that phones saw, except while nginx restarted", others, 0),
        just("failures that phones saw while nginx restarted", restart),
        just("the failover of Redis by itself", found.failover_seconds, "s"),
    ]
