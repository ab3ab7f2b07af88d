"""The history of a user, a phone number or an address: whether and why somebody could not log in, and what else happened."""

import time
from dataclasses import dataclass
from typing import Any

from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.operators.history import HistorySubject, SubjectKind, events_of, history_answer, history_subject
from onesoup.operators.history_words import event_words, failure_words
from onesoup.runtime.times import utc_text
from onesoup.store.history import History
from workers.gateway.console.acting import acting, command
from workers.gateway.console.pages import ConsolePage, ConsoleVisit
from workers.gateway.console.users import USERS_PATH

HISTORY_PATH = f"{USERS_PATH}/history"
HISTORY_IS_OFF = "The setting history_hours is 0: nothing is kept."


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event as the page shows it. `do`: what to do about it, "" for nothing."""

    at: str
    event: HistoryEvent
    says: str
    do: str


class HistoryPage(ConsolePage):
    path = HISTORY_PATH
    title = "History"
    template = "history.html"
    in_navigation = False

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        settings, who = self.site.settings, visit.typed("who")
        none: dict[str, Any] = {"who": who, "answer": None, "is_user": False, "users": USERS_PATH}
        if not settings.history_hours:
            return none | {"problem": HISTORY_IS_OFF}
        try:
            subject = history_subject(who, settings.domain, settings.country_code)
        except ValueError as error:
            return none | {"problem": str(error)}
        return none | self._found(visit, subject)

    def _found(self, visit: ConsoleVisit, subject: HistorySubject) -> dict[str, Any]:
        store = History(self.site.client, self.site.ring, self.site.settings.history_hours * 3600)
        events = events_of(store, subject, int(time.time()))
        acting(self.site, visit).note("history", subject.audited)
        answer = history_answer(events)
        return {
            "who": subject.name,
            "is_user": subject.kind == SubjectKind.USER,
            "hours": self.site.settings.history_hours,
            "lines": [_line(each) for each in events],
            "answer": answer,
            "login": _line(answer.login) if answer.login else None,
            "failure": _line(answer.failure) if answer.failure else None,
            "command": command("history", subject.name),
        }


def _line(event: HistoryEvent) -> HistoryLine:
    do = failure_words(event).do if event.kind == HistoryKind.FAILURE else ""
    return HistoryLine(utc_text(event.last), event, event_words(event), do)
