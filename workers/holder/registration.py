"""New accounts, as workers ask a holder for them: one stream each, without a session."""

import time
from typing import Any

import structlog
from prometheus_client import Counter

from onesoup.csp.status import StatusCode
from onesoup.store import records
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.xmpp import errors
from onesoup.xmpp.stream import Options, StreamFailure
from onesoup.xmpp.stream.register import register_account

log = structlog.get_logger()

REGISTERED = Counter("onesoup_registrations_total", "New accounts asked for at XMPP servers", ["result"])
CLOCKS_APART, SECONDS = 5.0, 7.0


def run(job: dict[str, Any], options: Options, ring: KeyRing) -> bytes:
    """The answer to one job; something always."""
    if time.time() > job["until"] + CLOCKS_APART:
        return records.pack_answer(StatusCode.TIMEOUT, "too late")
    local, _, domain = job["jid"].rpartition("@")
    try:
        password = ring.open(job["cred"], f"register:{job['jid']}").decode("utf-8", "surrogatepass")
        register_account(domain, local, password, job["email"], options, SECONDS)
    except StreamFailure as failure:
        code = errors.register_code(failure.kind, failure.condition)
        REGISTERED.labels(failure.condition).inc()
        log.info("registration-failed", kind=failure.kind, condition=failure.condition, domain=domain)
        return records.pack_answer(code, errors.REGISTER_TOLD.get(failure.condition, ""))
    except KeyRingError:
        return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again later")
    except Exception as error:
        log.exception("bug", kind=type(error).__name__)
        return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error")
    REGISTERED.labels("ok").inc()
    return records.pack_answer(StatusCode.SUCCESSFUL)
