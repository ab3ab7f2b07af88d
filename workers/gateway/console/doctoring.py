"""The findings of `onesoup doctor`, with what to do about each."""

import time
from typing import Any

from onesoup.runtime.times import utc_text
from onesoup.store.console_access import ConsoleRole
from workers.gateway.console.doctor_runs import DoctorRuns
from workers.gateway.console.pages import ConsoleAction, ConsolePage, ConsoleSite, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH
from workers.gateway.console.serving import RENEWAL_HEADER

# Older findings are looked for anew when somebody opens the page.
FRESH_SECONDS = 120
FAIL, NOTE, OK = "FAIL", "note", "ok"


def _look_again(page: ConsolePage, _visit: ConsoleVisit) -> str:
    assert isinstance(page, FindingsPage)
    return "Looking anew." if page.runs.start() else "Somebody else looks just now."


class FindingsPage(ConsolePage):
    path = f"{CONSOLE_PATH}/findings"
    title = "Findings"
    template = "findings.html"
    actions = (ConsoleAction("doctor", "onesoup doctor", _look_again, role=ConsoleRole.READER),)

    def __init__(self, site: ConsoleSite) -> None:
        super().__init__(site)
        self.runs = DoctorRuns(site.client)

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        last, now = self.runs.last(), time.time()
        old = last is None or now - last.at > FRESH_SECONDS
        if old and visit.req.method == "GET" and not visit.req.get_header(RENEWAL_HEADER):
            self.runs.start()
        grades = ((FAIL, "Wrong"), (NOTE, "Worth a look"))
        return {
            "last": last,
            "looking": self.runs.is_looking(),
            "clock": utc_text(last.at, "%H:%M:%S UTC") if last else "",
            "bad": [(head, grade, found) for grade, head in grades if last and (found := last.of_grade(grade))],
            "fine": last.of_grade(OK) if last else [],
        }
