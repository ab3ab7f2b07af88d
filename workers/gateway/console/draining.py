"""Hosts: what runs where, taking a host out of service, and back."""

from typing import Any

from onesoup.operators.drains import begin_drain, end_drain, host_states, lost_without
from onesoup.runtime.times import utc_text
from workers.gateway.console.acting import acting, command, told_on_page
from workers.gateway.console.pages import ConsoleAction, ConsolePage, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH

DRAIN_ACTION, END_DRAIN_ACTION = "drain", "drain end"


def _drain(page: ConsolePage, visit: ConsoleVisit) -> str:
    host = visit.typed("host")
    with told_on_page():
        begun = begin_drain(acting(page.site, visit), host, force=bool(visit.typed("force")))
    return f"{host} drains from now on." if begun else f"{host} drains already."


def _end(page: ConsolePage, visit: ConsoleVisit) -> str:
    host = visit.typed("host")
    with told_on_page():
        end_drain(acting(page.site, visit), host)
    return f"{host} is back in service. It takes its share within seconds."


class HostsPage(ConsolePage):
    """`drain` and `end`: a host that is to be taken out of service or back, for the question before it is."""

    path = f"{CONSOLE_PATH}/hosts"
    title = "Hosts"
    template = "hosts.html"
    actions = (
        ConsoleAction(DRAIN_ACTION, "onesoup drain HOST", _drain, notes_itself=True),
        ConsoleAction(END_DRAIN_ACTION, "onesoup drain HOST --end", _end, notes_itself=True),
    )

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        operator = acting(self.site, visit)
        found = host_states(operator)
        asks = visit.req.method == "GET" and visit.is_operator
        draining, ending = (visit.typed(name) if asks else "" for name in ("drain", "end"))
        known = {each.host: each for each in found}
        lost = lost_without(operator, draining) if draining in known else []
        return {
            "hosts": found,
            "since": {each.host: utc_text(each.state.drain.at, "%Y-%m-%d %H:%M UTC") for each in found if each.state},
            "draining": draining if draining in known and known[draining].state is None else "",
            "ending": ending if ending in known and known[ending].state is not None else "",
            "gone": bool(draining or ending) and not (draining in known or ending in known),
            "lost": lost,
            "renews": not (draining or ending),
            "drain_command": command("drain", draining, *(["--force"] if lost else [])),
            "end_command": command("drain", ending, "--end"),
            "list_command": command("drain", "--list"),
        }
