"""The first page: what runs, and how it does."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from onesoup.handlers.login.throttle import login_policy
from onesoup.operators.overview import domain_states, holder_shares, listed_domains, phones_on_line, redis_states
from onesoup.operators.processes import running_processes
from onesoup.runtime.times import utc_text
from onesoup.store.account.guard_state import GuardState
from onesoup.store.doctor_results import DoctorResults
from onesoup.store.minute_counts import MINUTE_SERIES, MinuteCounts
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleVisit
from workers.gateway.console.parts import PagePart, read_parts
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


def _alarms(parts: dict[str, PagePart]) -> Iterator[tuple[str, str]]:
    """(what keeps phones from working just now, the part of the page that says more)."""
    for server in parts["redis"].value or ():
        if server.refuses:
            yield f"Redis refuses writes: {server.refuses}", "redis"
    if (found := parts["holders"].value) and (not found[0] or found[1]):
        yield f"{found[1]} of 256 shards have no holder" if found[0] else "No holder lives", "holders"
    for each in parts["domains"].value or ():
        if each.server.is_away:
            yield f"The server of {each.domain} is away: {each.server.kind}", "domains"
        if each.guard.closed:
            yield f"{each.domain} is closed for new passwords", "domains"


class OverviewPage(ConsolePage):
    path = CONSOLE_PATH
    title = "Overview"
    template = "overview.html"
    actions = (ConsoleAction("guard clear", "onesoup guard clear DOMAIN", _clear_domain, lambda visit: visit.typed("domain")),)

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        client, settings = self.site.client, self.site.settings
        now = time.time()
        parts = read_parts(
            {
                "phones": partial(phones_on_line, client),
                "plots": partial(self._plots, now),
                "holders": partial(holder_shares, client),
                "domains": partial(domain_states, client, settings),
                "processes": partial(running_processes, client),
            }
        )
        # Alone: a write that is refused may take along what others ask on the same connection.
        parts |= read_parts({"redis": partial(redis_states, client)})
        return {
            "parts": parts,
            "alarms": list(_alarms(parts)),
            "findings": DoctorResults(client).last(),
            "now": int(now),
            "clock": utc_text(now, "%H:%M:%S UTC"),
        }

    def _plots(self, now: float) -> list[DayPlot]:
        until = int(now - TOLD_AFTER_SECONDS) // 60 - 1
        series = MinuteCounts(self.site.client).last_day(until)
        return [DayPlot(title, tuple(series[name]), until) for name, title in MINUTE_SERIES.items()]
