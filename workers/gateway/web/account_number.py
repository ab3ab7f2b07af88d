"""Proving the number of a phone, for wake-ups and settings by SMS: type it, have a code sent, type the code.

Each SMS costs the operator: the button that sends one stands in a form without fields, so Enter never presses it."""

from typing import Any

from onesoup.csp.text import numbers
from onesoup.handlers.login import linking
from onesoup.handlers.login.locks import duration
from onesoup.handlers.numbers import Issued
from onesoup.store.account.phone_numbers import CODE_DIGITS, CODE_MS, CodeCheck
from workers.gateway.web.signed_session import ACCOUNT_PATH
from workers.gateway.web.steps import Step, StepProblem, Visit

NUMBER, SEND, CODE = f"{ACCOUNT_PATH}/number", f"{ACCOUNT_PATH}/number/send", f"{ACCOUNT_PATH}/number/code"
MAX_NUMBER = 40
NO_NUMBER = "That is no phone number. Begin with + and the country code, such as +358401234567."
ISSUED = {
    Issued.NO_NUMBER: NO_NUMBER,
    Issued.NOT_SERVED: "This server sends no SMS to that number.",
}
CHECKED = {
    CodeCheck.WRONG: "That is not the code. Look at the SMS again.",
    CodeCheck.OVER: "No code is waiting for this account, or it was too old. Have a new one sent.",
}


class Number(Step):
    """Takes the number, and sends nothing yet."""

    path = NUMBER
    template = "number.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        services = self.site.services
        return {
            "sms": linking.wakes_by_sms(services),
            "numbers": services.numbers.of(visit.owner.jid),
            "stated": (visit.form.get("number") or visit.owner.number)[:MAX_NUMBER],
        }

    def do(self, visit: Visit) -> str:
        policy = self.site.services.policy
        number = numbers.normal_number(visit.typed("number")[:MAX_NUMBER], policy.country_code)
        if not number:
            raise StepProblem(NO_NUMBER, "number")
        if not numbers.number_allowed(number, policy.sms_prefixes):
            raise StepProblem(ISSUED[Issued.NOT_SERVED], "number")
        self.site.sessions.change(visit.owner, number=number)
        return SendCode.path


class SendCode(Step):
    """Says where the SMS goes, and sends it when the button is pressed."""

    path = SEND
    template = "number_send.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if visit.owner.number else Number.path

    def values(self, visit: Visit) -> dict[str, Any]:
        return {"number": visit.owner.number}

    def do(self, visit: Visit) -> str:
        owner = visit.owner
        issued = linking.send_code(self.site.services, visit.peer, owner.jid, owner.password, owner.number, self.site.deadline())
        if issued is Issued.TOO_OFTEN:
            wait = duration(self.site.services.numbers.issue_wait(owner.jid, owner.number))
            raise StepProblem(f"Too many codes were asked for. Try again in {wait}.")
        if issued in ISSUED:
            raise StepProblem(ISSUED[issued])
        return Code.path


class Code(Step):
    path = CODE
    template = "number_code.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if visit.owner.number else Number.path

    def values(self, visit: Visit) -> dict[str, Any]:
        return {"number": visit.owner.number, "minutes": CODE_MS // 60_000, "digits": CODE_DIGITS}

    def do(self, visit: Visit) -> str:
        owner, code = visit.owner, visit.typed("code")
        if not code:
            raise StepProblem("Type the code from the SMS.", "code")
        checked = linking.confirm_code(self.site.services, visit.peer, owner.jid, owner.password, code, self.site.deadline())
        if checked is not CodeCheck.RIGHT:
            raise StepProblem(CHECKED[checked], "code")
        return Proved.path


class Proved(Step):
    path = f"{ACCOUNT_PATH}/number/done"
    template = "number_done.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        return {"numbers": self.site.services.numbers.of(visit.owner.jid)}

    def elsewhere(self, visit: Visit) -> str:
        return "" if self.site.services.numbers.of(visit.owner.jid) else Number.path


NUMBER_STEPS: tuple[type[Step], ...] = (Number, SendCode, Code, Proved)
