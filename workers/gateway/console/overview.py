"""The first page: what runs, and how it does."""

import time
from functools import partial
from typing import Any

from onesoup.handlers.login.throttle import login_policy
from onesoup.operators.overview import domain_states, holder_shares, listed_domains, phones_on_line, redis_states
from onesoup.operators.processes import running_processes
from onesoup.store.account.guard_state import GuardState
from onesoup.store.minute_counts import MINUTE_SERIES, MinuteCounts
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleVisit
from workers.gateway.console.parts import read_parts
from workers.gateway.console.plots import DayPlot
from workers.gateway.console.rendering import CONSOLE_PATH

# Processes tell of a minute a few seconds after its end.
TOLD_AFTER_SECONDS = 6


def _clear_domain(page: ConsolePage, visit: ConsoleVisit) -> str:
    domain, site = visit.typed("domain"), page.site
    if domain not in listed_domains(site.settings):
        raise ActionProblem(f"{domain or 'this'} is no domain of the settings")
    cleared = GuardState(site.client, login_policy(site.settings)).clear_domain(domain)
    return f"{domain}: " + ("its failures are forgotten" if cleared else "nothing was counted")


class OverviewPage(ConsolePage):
    path = CONSOLE_PATH
    title = "Overview"
    template = "overview.html"
    actions = (ConsoleAction("guard clear", "onesoup guard clear DOMAIN", _clear_domain, lambda visit: visit.typed("domain")),)

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        client, settings = self.site.client, self.site.settings
        now = time.time()
        return {
            "parts": read_parts(
                {
                    "phones": partial(phones_on_line, client),
                    "plots": partial(self._plots, now),
                    "holders": partial(holder_shares, client),
                    "redis": partial(redis_states, client),
                    "domains": partial(domain_states, client, settings),
                    "processes": partial(running_processes, client),
                }
            ),
            "now": int(now),
            "clock": time.strftime("%H:%M:%S %Z", time.localtime(now)),
        }

    def _plots(self, now: float) -> list[DayPlot]:
        until = int(now - TOLD_AFTER_SECONDS) // 60 - 1
        series = MinuteCounts(self.site.client).last_day(until)
        return [DayPlot(title, tuple(series[name]), until) for name, title in MINUTE_SERIES.items()]
