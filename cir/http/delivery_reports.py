"""Delivery reports (cir.md 12.8): where they are sent to, and what they say. Bytes and values."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

REPORT_PATH = "/hook/dlr"
_KANNEL_STATES = {"8": "accepted", "4": "buffered", "1": "delivered", "2": "failed", "16": "refused"}
_STATE_WORDS = {
    "accepted": "accepted",
    "buffered": "buffered",
    "delivered": "delivered",
    "failed": "failed",
    "rejected": "refused",
}


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`state` is one of accepted, buffered, delivered, failed, refused."""

    job: str
    state: str
    message_id: str = ""


def sign_report(key: bytes, job: str) -> str:
    return hmac.digest(key, job.encode(), hashlib.sha256).hex()[:32]


def report_url(base: str, key: bytes, job: str, kannel: bool = True) -> str:
    """Where a gateway is to send reports about a job. Kannel fills in what is behind the percent signs."""
    if not base:
        return ""
    filled = "&st=%d&sid=%F" if kannel else ""
    return f"{base.rstrip('/')}{REPORT_PATH}?id={job}{filled}&sig={sign_report(key, job)}"


def report_urls(base: str, key: bytes, job: str) -> dict[str, str]:
    """For a gateway that calls another URL for each state: its signature covers the state, so that nothing
    else can be made of a report that was overheard."""
    if not base:
        return {}
    start = f"{base.rstrip('/')}{REPORT_PATH}?id={job}"
    return {word: f"{start}&status={word}&sig={sign_report(key, f'{job}.{word}')}" for word in _STATE_WORDS}


def read_report(key: bytes, query: str, body: bytes = b"", covered: bool = False, signed: bool = False) -> DeliveryReport | None:
    """The report, or None without a good signature. Its state may be in the query, as Kannel's, or in a JSON body.

    `covered`: the signature has to cover the state, either that of the URL or, with `signed`, the one that the body came with.
    Kannel, and gateways that fill in a URL, write the state into a URL that was signed before."""
    fields = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    job = fields.get("id", "")
    said = _object(body)
    what = f"{job}.{fields.get('status', '')}" if covered and not signed else job
    if not job or not hmac.compare_digest(fields.get("sig", "").encode("utf-8", "replace"), sign_report(key, what).encode()):
        return None
    if covered:  # nothing but what the signature covers
        said, fields = (said, {}) if signed else ({}, {"status": fields.get("status", "")})
    state = _KANNEL_STATES.get(fields.get("st", "")) or _STATE_WORDS.get(str(said.get("status") or fields.get("status") or ""))
    # The body names another job than the signed URL: a mistake of the gateway.
    if state is None or said.get("id", job) != job:
        return None
    return DeliveryReport(job, state, str(said.get("message_id") or fields.get("sid") or ""))


def kannel_query(job: str, key: bytes, st: int, sid: str = "") -> str:
    """What Kannel makes of the URL."""
    return urlencode({"id": job, "st": st, "sid": sid, "sig": sign_report(key, job)})


def _object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
