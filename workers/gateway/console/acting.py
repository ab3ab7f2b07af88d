"""From a visit of the console to what operators do: who acts, and problems in the words of the page."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from onesoup.operators.operator import Operator, OperatorError
from workers.gateway.console.pages import ActionProblem, ConsoleSite, ConsoleVisit


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
