"""Sends SMS within the budget, and remembers each as a job. The order is budget, note, gateway: no message goes out twice,
wherever a process dies."""

import structlog
from prometheus_client import Counter, Gauge

from cir.sms import job
from cir.sms.carrier import SmsGateway
from onesoup.csp.text import numbers
from onesoup.settings import Settings
from onesoup.store.wakeup.sms_budget import SmsBudget, SmsJobs, SmsRefusal

log = structlog.get_logger()

SMS_SENT = Counter("onesoup_sms_sent_total", "SMS that the SMS gateway accepted", ["reason"])
SMS_REFUSED = Counter("onesoup_sms_refused_total", "Messages that were not sent", ["reason"])
SMS_TODAY = Gauge("onesoup_sms_today", "SMS sent today")
SMS_DAILY_LIMIT = Gauge("onesoup_sms_daily_limit", "Most SMS that may be sent in a day")

BUDGET_ALARM_RATIO = 0.8
# The gateway has it, or may have it.
SENT_OUTCOMES = frozenset({job.SendOutcome.ACCEPTED, job.SendOutcome.QUEUED, job.SendOutcome.UNKNOWN})
_SENT_FOR = {job.TEXT_SMS: "code", job.DATA_SMS: "data", job.SETTINGS_SMS: "settings"}


class SmsSender:
    """Sends through one gateway."""

    def __init__(self, settings: Settings, budget: SmsBudget, jobs: SmsJobs, gateway: SmsGateway) -> None:
        self._settings, self._budget, self._jobs, self.gateway = settings, budget, jobs, gateway
        SMS_DAILY_LIMIT.set(settings.sms_total_per_day)

    def allowed(self, number: str) -> bool:
        """Whether anything may go to this number at all."""
        return numbers.number_allowed(number, self._settings.sms_prefixes)

    def claim(self, number: str, jid: str, id_: str, heard_ms: int | None) -> SmsRefusal | None:
        """Takes a message of the budget, or says why it may not be sent. `heard_ms`: see the budget."""
        return self._told(number, self._budget.claim(number, jid, self.gateway.name, id_, heard_ms))

    def claim_data(self, number: str, ids: list[str]) -> SmsRefusal | None:
        """The same for all messages of one answer, or for none: a part of it is worth nothing."""
        for count, id_ in enumerate(ids):
            refusal = self._told(number, self._budget.claim_data(number, self.gateway.name, id_))
            if refusal is not None:
                self.refund_data(number, ids[:count])
                return refusal
        return None

    def refund_data(self, number: str, ids: list[str]) -> None:
        for id_ in ids:
            self._budget.refund_data(number, self.gateway.name, id_)

    def claim_settings(self, number: str, jid: str, ids: list[str], seconds: float) -> SmsRefusal | None:
        """The same for all messages of one settings document, or for none. `seconds`: the time that there is to send them; how
        fast is up to `turn`."""
        if (len(ids) - 1) / self._settings.sms_rate > seconds:
            return self._told(number, SmsRefusal("rate", None))
        for count, id_ in enumerate(ids):
            refusal = self._told(number, self._budget.claim_part(number, jid, self.gateway.name, id_))
            if refusal is not None:
                for taken in ids[:count]:
                    self.refund(number, jid, taken)
                return refusal
        return None

    def turn(self) -> float:
        """Seconds until the next message of a settings document may go; 0 when it may go now, and then it has to."""
        return self._budget.turn(self.gateway.name) / 1000

    def _told(self, number: str, claimed: SmsRefusal | int) -> SmsRefusal | None:
        if isinstance(claimed, SmsRefusal):
            SMS_REFUSED.labels(claimed.reason).inc()
            log.info("sms-refused", number=numbers.hidden_number(number), reason=claimed.reason)
            return claimed
        SMS_TODAY.set(claimed)
        if claimed == int(self._settings.sms_total_per_day * BUDGET_ALARM_RATIO):
            log.warning("sms-budget", today=claimed, limit=self._settings.sms_total_per_day)
        return None

    def refund(self, number: str, jid: str, id_: str) -> None:
        """It was certainly not sent."""
        self._budget.refund(number, jid, self.gateway.name, id_)

    def fate(self, job_id: str) -> tuple[str, int]:
        """What the gateway has reported of a message, and when; ("", 0) when it reports nothing."""
        return self._jobs.fate(job_id)

    def submit(self, made: job.SmsJob, jid: str = "") -> job.SendOutcome:
        """What became of it; TEMPORARY also when the gateway refuses us and not the message. What it has certainly not costs
        nothing."""
        if not self._jobs.start(made.id, made.number):
            return job.SendOutcome.PERMANENT
        result = self.gateway.submit(made)
        if result.taken:
            SMS_SENT.labels(_SENT_FOR.get(made.method, "wake")).inc()
            self._jobs.name(made.id, self.gateway.name, result.id)
        elif result.outcome in (job.SendOutcome.TEMPORARY, job.SendOutcome.PERMANENT):
            SMS_REFUSED.labels("gateway").inc()
            if made.method == job.DATA_SMS:
                self.refund_data(made.number, [made.id])
            else:
                self.refund(made.number, jid, made.id)
            if result.outcome is job.SendOutcome.PERMANENT and not result.broken:
                self._jobs.report(made.id, "refused")
        return job.SendOutcome.TEMPORARY if result.broken else result.outcome
