"""Announcements: written, looked at once more, sent."""

from typing import Any

from onesoup.operators.announce import announce
from onesoup.operators.living import user_sids
from onesoup.operators.operator import OperatorError
from onesoup.operators.whom import session_filter
from onesoup.store import keys
from onesoup.store.session.shards import Shards
from workers.gateway.console.acting import PREVIEW_ACTION, LongDeed, acting, command, told_on_page
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH

MAX_ANNOUNCEMENT_LETTERS = 1000
ANNOUNCE_ACTION = "announce"
# Whom it is for, as the form says it.
TO_EVERYBODY, TO_DOMAIN, TO_USER = "everybody", "domain", "user"


def _written(visit: ConsoleVisit) -> tuple[str, str, str]:
    """Text, user and domain of the form. ActionProblem for what cannot be sent."""
    text, to, name = visit.typed("text").replace("\r\n", "\n"), visit.typed("to") or TO_EVERYBODY, visit.typed("name")
    if not text:
        raise ActionProblem("There is no text.")
    if len(text) > MAX_ANNOUNCEMENT_LETTERS:
        raise ActionProblem(f"The text has {len(text)} letters; {MAX_ANNOUNCEMENT_LETTERS} are the most.")
    if to not in (TO_EVERYBODY, TO_DOMAIN, TO_USER) or (to != TO_EVERYBODY) != bool(name):
        raise ActionProblem("Say for whom it is: for everybody, without a name, or for one domain or user, with its name.")
    return text, name if to == TO_USER else "", name if to == TO_DOMAIN else ""


def _look(page: ConsolePage, visit: ConsoleVisit) -> str:
    """The page then shows what is to be sent, and to whom."""
    _, user, domain = _written(visit)
    with told_on_page():
        session_filter(user, domain, page.site.settings.domain)
    return ""


def _send(page: ConsolePage, visit: ConsoleVisit) -> str:
    text, user, domain = _written(visit)
    operator = acting(page.site, visit)
    with told_on_page():
        whom = session_filter(user, domain, operator.domain)
    told = 0

    def count(number: int) -> None:
        nonlocal told
        told = number

    deed = LongDeed(ANNOUNCE_ACTION, lambda: f"Told {_sessions(announce(operator, text, user, domain, count))}.")
    if said := deed.said():
        return said
    operator.note("announce", whom, letters=len(text), so_far=told)
    return f"Told {_sessions(told)} so far. It goes on; the audit log says at its end how many were told."


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


class AnnouncePage(ConsolePage):
    path = f"{CONSOLE_PATH}/announce"
    title = "Announce"
    template = "announce.html"
    actions = (
        ConsoleAction(PREVIEW_ACTION, "onesoup announce TEXT", _look, notes_itself=True),
        ConsoleAction(ANNOUNCE_ACTION, "onesoup announce TEXT", _send, notes_itself=True),
    )

    def values(self, visit: ConsoleVisit) -> dict[str, Any]:
        text, to = visit.form.get("text", "").strip(), visit.form.get("to", TO_EVERYBODY)
        name = visit.typed("name") if to != TO_EVERYBODY else ""
        looks = visit.form.get("action") == PREVIEW_ACTION and visit.is_operator
        options = [f"--{to}", name] if name and to in (TO_DOMAIN, TO_USER) else []
        return {
            "asks": self._whom(visit) if looks else "",
            "text": text,
            "to": to,
            "name": name,
            "sent": visit.form.get("action") == ANNOUNCE_ACTION,
            "most_letters": MAX_ANNOUNCEMENT_LETTERS,
            "command": command("announce", text or "TEXT", *options),
        }

    def _whom(self, visit: ConsoleVisit) -> str:
        """Whom it will reach, in words; "" for a form that says no such thing."""
        try:
            _, user, domain = _written(visit)
            whom = session_filter(user, domain, self.site.settings.domain)
        except (ActionProblem, OperatorError):
            return ""
        if user:
            return f"{whom}, who has {_sessions(len(user_sids(self.site.client, whom)))}"
        if domain:
            return f"everybody of {whom.removeprefix('@')}"
        return f"everybody who is logged in: {_sessions(sum(Shards(self.site.client).counts(range(keys.SHARDS))))}"
