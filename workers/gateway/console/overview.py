"""The first page: what runs, and how it does."""

from typing import Any

from onesoup.operators.processes import running_processes
from workers.gateway.console.pages import ConsolePage, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH


class OverviewPage(ConsolePage):
    path = CONSOLE_PATH
    title = "Overview"
    template = "overview.html"

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        return {"processes": running_processes(self.site.client)}
