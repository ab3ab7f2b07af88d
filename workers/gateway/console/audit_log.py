"""The audit log: what operators did, by commands and in the console."""

from typing import Any

from onesoup.runtime.times import utc_text
from onesoup.store.audit import AuditLog
from workers.gateway.console.acting import command
from workers.gateway.console.pages import ConsolePage, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH

ACTIONS_ON_PAGE = 50


class AuditPage(ConsolePage):
    path = f"{CONSOLE_PATH}/audit"
    title = "Audit"
    template = "audit.html"

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        start = _start(visit.typed("from"))
        found = AuditLog(self.site.client).page(start, ACTIONS_ON_PAGE + 1)
        return {
            "rows": [(utc_text(each.at), each) for each in found[:ACTIONS_ON_PAGE]],
            "start": start,
            "before": max(start - ACTIONS_ON_PAGE, 0),
            "after": start + ACTIONS_ON_PAGE if len(found) > ACTIONS_ON_PAGE else 0,
            "command": command("audit"),
        }


def _start(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
