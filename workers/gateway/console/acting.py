"""From a visit of the console to what operators do: who acts, and problems in the words of the page."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent
import structlog

from onesoup.observability.bugs import log_bug
from onesoup.operators.operator import Operator, OperatorError
from onesoup.store.errors import StoreDown
from workers.gateway.console.pages import ActionProblem, ConsoleSite, ConsoleVisit
from workers.gateway.console.rendering import OUR_MISTAKE

log = structlog.get_logger(__name__)

# The button below a form: shows what the form means before anything is done.
PREVIEW_ACTION = "look at it"
# What takes longer, as with many sessions, goes on behind the page that is shown then.
DEED_WAIT_SECONDS = 5.0


def acting(site: ConsoleSite, visit: ConsoleVisit) -> Operator:
    return Operator(site.client, visit.by, site.settings.domain, site.settings.country_code)


@contextmanager
def told_on_page() -> Iterator[None]:
    """What an operator is told goes onto the page."""
    try:
        yield
    except OperatorError as error:
        raise ActionProblem(str(error)) from None


def command(*words: str) -> str:
    """The command that does the same, as it is typed into a shell."""
    return shlex.join(["onesoup", *words])


class LongDeed:
    """What an operator does in a greenlet: it goes on when nobody waits for it any more."""

    def __init__(self, name: str, do: Callable[[], str]) -> None:
        """`do` returns what there is to say when it is done."""
        self._name, self._do = name, do
        self._said, self._failed = "", ""
        self._greenlet = gevent.spawn(self._run)

    def said(self) -> str:
        """What there is to say, "" while it goes on. ActionProblem when it has failed."""
        self._greenlet.join(DEED_WAIT_SECONDS)
        if self._failed:
            raise ActionProblem(self._failed)
        return self._said

    def _run(self) -> None:
        try:
            self._said = self._do()
        except (OperatorError, StoreDown) as error:
            self._failed = str(error)
            log.warning("console-action", action=self._name, result="failed", reason=self._failed)
        except Exception as error:
            self._failed = OUR_MISTAKE
            log_bug(error, action=self._name)
