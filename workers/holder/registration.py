"""Creates accounts at XMPP servers (XEP-0077), as workers ask a holder for them: one stream each, without a session."""

from typing import Any

import structlog
from prometheus_client import Counter

from onesoup.csp.status import StatusCode
from onesoup.observability.bugs import log_bug
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.xmpp import errors
from onesoup.xmpp.stream import Options, StreamFailure, register
from workers.holder import job_deadline
from workers.holder.credentials import open_password

log = structlog.get_logger()

REGISTRATIONS = Counter("onesoup_registrations_total", "New accounts requested at XMPP servers", ["result"])
REGISTRATION_SECONDS = 7.0


def register_account(job: dict[str, Any], options: Options, ring: KeyRing) -> bytes:
    """The packed answer to one job, also when it fails."""
    if job_deadline.is_late(job):
        return records.pack_answer(StatusCode.TIMEOUT, "too late")
    local, _, domain = job["jid"].rpartition("@")
    try:
        password = open_password(ring, job["cred"], f"register:{job['jid']}")
        register.register_account(domain, local, password, job["email"], options, REGISTRATION_SECONDS)
    except StreamFailure as failure:
        code = errors.register_code(failure.kind, failure.condition)
        REGISTRATIONS.labels(failure.condition).inc()
        log.info("registration-failed", kind=failure.kind, condition=failure.condition, domain=domain)
        return records.pack_answer(code, errors.REGISTER_TOLD.get(failure.condition, ""))
    except KeyRingError:
        return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again later")
    except Exception as error:
        log_bug(error)
        return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error")
    REGISTRATIONS.labels("ok").inc()
    return records.pack_answer(StatusCode.SUCCESSFUL)
