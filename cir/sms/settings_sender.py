"""Sends settings documents that wait in the queue to phones, by SMS (ota.md 5 and 6).

A document leaves the queue first. Then the budget is taken for all of its messages or for none, and each message is noted before
the gateway gets it. So nothing is sent twice, wherever a process dies; its user asks anew."""

import secrets
import time

import gevent
import structlog

from cir.sms import job
from cir.sms.outgoing import SENT_OUTCOMES, SmsSender
from onesoup.csp.text import numbers
from onesoup.observability.request_id import continued_request
from onesoup.provisioning import push
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Security, Signature
from onesoup.settings import Settings
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.errors import StoreDown
from onesoup.store.wakeup.ota_queue import SettingsJob, SettingsQueue

log = structlog.get_logger()


class SettingsSender:
    """Any number of processes have one; a document is with one of them."""

    def __init__(self, settings: Settings, queue: SettingsQueue, known: PhoneNumbers, outgoing: SmsSender) -> None:
        self._settings, self._queue, self._known, self._outgoing = settings, queue, known, outgoing

    def ready(self) -> bool:
        """Whether a document could be sent just now."""
        return job.SETTINGS_SMS in self._outgoing.gateway.methods

    def send_waiting(self) -> None:
        """Sends what waits. A document waits for a gateway that is away, for as long as it is worth anything."""
        try:
            while self._can_take() and (wanted := self._queue.next_to_send()) is not None:
                with continued_request(wanted.request):
                    self._send(wanted)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))

    def _can_take(self) -> bool:
        gateway = self._outgoing.gateway
        return job.SETTINGS_SMS in gateway.carrier.methods and not gateway.wait()

    def _send(self, wanted: SettingsJob) -> None:
        """What was certainly not sent does not count for the account and the number, and costs nothing."""
        sent, parts, reason = 0, self._parts(wanted), self._refusal(wanted)
        if parts and not reason:
            sent, reason = self._send_parts(wanted, parts)
        if not sent:
            self._queue.take_back(wanted.jid, wanted.number)
        hidden = numbers.hidden_number(wanted.number)
        log.info("settings-by-sms", number=hidden, sent=sent, parts=len(parts), reason=reason)

    def _refusal(self, wanted: SettingsJob) -> str:
        """Why the document may not go to this number at all, "" when it may."""
        if time.time() > wanted.until:
            return "too late"
        if not self._outgoing.allowed(wanted.number):
            return "number is not allowed"
        # It was when the settings were asked for; the account may have lost it since.
        return "" if wanted.number in self._known.of(wanted.jid) else "number is not proved"

    def _parts(self, wanted: SettingsJob) -> list[job.SmsJob]:
        """The messages; none when the document does not fit into as many as are sent."""
        try:
            signature = Signature(Security(wanted.security), wanted.mac) if wanted.mac else None
            unit = push.push_unit(wanted.document, signature)
            reference, validity = secrets.randbelow(256), self._settings.sms_validity
            return job.settings_jobs(unit, wanted.number, reference, time.time(), wanted.until, validity)
        except (ProvisioningError, ValueError) as error:
            log.warning("settings-do-not-fit", reason=str(error))
            return []

    def _send_parts(self, wanted: SettingsJob, parts: list[job.SmsJob]) -> tuple[int, str]:
        """How many of the messages the gateway has, or may have, and why it has not all of them."""
        out, ids = self._outgoing, [each.id for each in parts]
        refusal = out.claim_settings(wanted.number, wanted.jid, ids, wanted.until - time.time())
        if refusal is not None:
            return 0, refusal.reason
        for sent, part in enumerate(parts):
            outcome = out.submit(part, wanted.jid) if self._wait_for_turn(wanted.until) else None
            if outcome not in SENT_OUTCOMES:
                # The rest is worth nothing without this one. What the gateway has refused, `submit` has given back.
                for left in ids[sent if outcome is None else sent + 1 :]:
                    out.refund(wanted.number, wanted.jid, left)
                return sent, "too late" if outcome is None else "gateway"
        return len(parts), ""

    def _wait_for_turn(self, until: float) -> bool:
        """False when there is none in time."""
        while wait := self._outgoing.turn():
            if time.time() + wait > until:
                return False
            gevent.sleep(wait)
        return True
