"""How carriers' gateways with an HTTP interface are spoken to (cir.md 12.3 to 12.6): a job becomes a request, an answer
becomes a result. No socket, no clock."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit

from cir.http import pap, url_template
from cir.sms import wsp_push
from cir.sms.job import DATA_SMS, SETTINGS_SMS, SSMS, TEXT_SMS, WAPSMS, HttpRequest, SendOutcome, SendResult, SmsJob
from onesoup.settings import Settings, SettingsError

_FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
_MESSAGE_KINDS = {TEXT_SMS: "code", DATA_SMS: "data", SETTINGS_SMS: "settings"}
REFUSED_STATUSES = frozenset({401, 403})
# The message was certainly not taken. With any other 5xx it may have been taken, and without a key against duplicates it must not
# be sent again.
RETRY_STATUSES = frozenset({429, 502, 503, 504})


NO_URLS: Mapping[str, str] = MappingProxyType({})


class GatewayProfile(Protocol):
    """One kind of gateway. `methods` are those that it can carry. `dlr_urls` has a URL for each state that may be reported."""

    methods: frozenset[str]

    def request(self, job: SmsJob, dlr_url: str, now: float, dlr_urls: Mapping[str, str] = NO_URLS) -> HttpRequest: ...

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> SendResult: ...


class UrlProfile:
    """A template of a URL, and patterns for the answer."""

    methods = frozenset({WAPSMS, SSMS, TEXT_SMS, DATA_SMS, SETTINGS_SMS})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._template = settings.sms_url
        if not url_template.carries_parts(self._template):
            self.methods -= {SETTINGS_SMS}
        if unknown := url_template.unknown_placeholders(self._template):
            raise SettingsError(f"sms_url: no such placeholder: {', '.join(unknown)}; example: {{msisdn}}")

    def request(self, job: SmsJob, dlr_url: str, now: float, dlr_urls: Mapping[str, str] = NO_URLS) -> HttpRequest:
        asked = self._filled(self._template, job, dlr_url)
        if not self._settings.sms_post:
            return asked
        url, _, form = asked.url.partition("?")
        return HttpRequest("POST", url, asked.shown.partition("?")[0], _FORM_HEADERS, form.encode())

    def _filled(self, wanted: str, job: SmsJob, dlr_url: str) -> HttpRequest:
        values = self._values(job, dlr_url)
        return HttpRequest("GET", url_template.fill_template(wanted, values), url_template.mask_template(wanted, values))

    def _values(self, job: SmsJob, dlr_url: str) -> dict[str, bytes | str | int]:
        settings = self._settings
        return {
            "user": settings.sms_user,
            "pass": settings.sms_password,
            "from": settings.sms_from,
            "smsc": settings.sms_smsc,
            "msisdn": job.number,
            "msisdn_digits": job.number.removeprefix("+"),
            "payload": job.payload,
            "udh": job.udh,
            "payload_hex": job.payload.hex().upper(),
            "udh_hex": job.udh.hex().upper(),
            "text": job.text,
            "id": job.id,
            "dlr_url": dlr_url,
            "dlr_mask": url_template.KANNEL_REPORT_MASK if dlr_url else 0,
            "validity_s": job.validity,
            "validity_min": max(job.validity // 60, 1),
            "dcs": job.dcs,
        }

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
        settings, text = self._settings, body.decode("latin-1")
        if settings.sms_permanent and re.search(settings.sms_permanent, text):
            return SendResult(SendOutcome.PERMANENT, reason=_shortened(text))
        if settings.sms_temporary and re.search(settings.sms_temporary, text):
            return SendResult(SendOutcome.TEMPORARY, reason=_shortened(text))
        if 200 <= status < 300 and (not settings.sms_ok or re.search(settings.sms_ok, text)):
            found = re.search(settings.sms_id, text) if settings.sms_id else None
            return SendResult(SendOutcome.ACCEPTED, id=found.group(1) if found and found.groups() else "")
        return _by_status(status, headers, text)


class KannelSendsmsProfile(UrlProfile):
    """Kannel's smsbox. Its 403 has two meanings, so the words of its answers count."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._base = settings.sms_url.partition("?")[0]

    def request(self, job: SmsJob, dlr_url: str, now: float, dlr_urls: Mapping[str, str] = NO_URLS) -> HttpRequest:
        form = url_template.KANNEL_BINARY if job.dcs == 4 else url_template.KANNEL_7BIT if job.udh else url_template.KANNEL_TEXT
        for absent, name in ((not self._settings.sms_smsc, "&smsc={smsc}"), (not dlr_url, _REPORT_PARAMETERS)):
            form = form.replace(name, "") if absent else form
        return self._filled(self._base + form, job, dlr_url)

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
        text = body.decode("latin-1").strip()
        if status in (200, 202) and text.startswith("0:"):
            return SendResult(SendOutcome.ACCEPTED)
        if status in (200, 202) and text.startswith("3:"):
            return SendResult(SendOutcome.QUEUED, reason=_shortened(text))
        if "Authorization failed" in text:
            return SendResult(SendOutcome.PERMANENT, reason=_shortened(text), broken=True)
        return _by_status(400 if status in REFUSED_STATUSES else status, headers, text)


_REPORT_PARAMETERS = "&dlr-mask={dlr_mask}&dlr-url={dlr_url}"


class KannelPpgProfile:
    """A push proxy gateway, by PAP. It builds the push itself and knows nothing else. It gets no settings: a phone finds their
    signature in the content type, and how a gateway writes that is up to the gateway."""

    methods = frozenset({WAPSMS})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, job: SmsJob, dlr_url: str, now: float, dlr_urls: Mapping[str, str] = NO_URLS) -> HttpRequest:
        settings = self._settings
        headers = {"Authorization": _basic(settings.sms_user, settings.sms_password), "Content-Type": pap.content_type(job.id)}
        if settings.sms_smsc:
            headers["X-Kannel-SMSC"] = settings.sms_smsc
        if dlr_url:
            headers |= {"X-Kannel-DLR-Mask": str(url_template.KANNEL_REPORT_MASK), "X-Kannel-DLR-Url": dlr_url}
        body = pap.push_document(job.id, job.number, job.text, settings.sms_host)
        return HttpRequest("POST", settings.sms_url, settings.sms_url, headers, body)

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
        if status in REFUSED_STATUSES:
            return SendResult(SendOutcome.PERMANENT, reason=f"status {status}", broken=True)
        code = pap.response_code(body)
        if code is None:
            return (
                _by_status(status, headers, "") if status >= 400 else SendResult(SendOutcome.UNKNOWN, reason="no push-response")
            )
        if code in (1000, 1001):
            return SendResult(SendOutcome.ACCEPTED)
        return SendResult(SendOutcome.TEMPORARY if 3000 <= code < 4000 else SendOutcome.PERMANENT, reason=f"PAP {code}")


class JsonProfile:
    """A webhook of the operator's own, with a signature."""

    methods = frozenset({WAPSMS, SSMS, TEXT_SMS, DATA_SMS, SETTINGS_SMS})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, job: SmsJob, dlr_url: str, now: float, dlr_urls: Mapping[str, str] = NO_URLS) -> HttpRequest:
        body = json.dumps(self._document(job, dlr_url, dlr_urls), separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": job.id,
            "X-Onesoup-Signature": sign_body(self._settings.sms_password, int(now), body),
        }
        return HttpRequest("POST", self._settings.sms_url, self._settings.sms_url.partition("?")[0], headers, body)

    def _document(self, job: SmsJob, dlr_url: str, dlr_urls: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {"v": 1, "id": job.id, "kind": _MESSAGE_KINDS.get(job.method, "cir"), "method": job.method}
        found |= {"msisdn": job.number, "from": self._settings.sms_from}
        if job.method == TEXT_SMS:
            found["text"] = job.text.decode()
        else:
            found |= {"udh": job.udh.hex(), "payload": job.payload.hex(), "dcs": job.dcs}
            found |= {"dest_port": job.port, "src_port": job.source_port, "content_type": job.content_type}
        if job.method in (WAPSMS, SSMS):
            found |= {"app_id": wsp_push.CIR_APPLICATION_NUMBER, "text": job.text.decode()}
        if job.method == SETTINGS_SMS:
            found |= {"part": job.part, "parts": job.parts}
        until = datetime.fromtimestamp(int(job.not_after), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found |= {"validity_s": job.validity, "not_after": until}
        if dlr_url:
            found["dlr"] = {"url": dlr_url, "urls": dict(dlr_urls), "events": ["delivered", "failed"]}
        return found

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
        said = _object(body)
        if status in (200, 201, 202):
            outcome = SendOutcome.QUEUED if said.get("status") == "queued" else SendOutcome.ACCEPTED
            return SendResult(outcome, id=str(said.get("message_id") or ""))
        if status == 409:
            return SendResult(SendOutcome.ACCEPTED, reason="seen before")
        return _by_status(status, headers, str(said.get("error") or ""), again=frozenset({408, 425, 429, *range(500, 600)}))


def sign_body(secret: str, now: int, body: bytes) -> str:
    """t=seconds,v1=HMAC-SHA256 of the seconds, a dot and the body. A receiver refuses it after SIGNATURE_FRESH_SECONDS."""
    digest = hmac.digest(secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
    return f"t={now},v1={digest.hex()}"


SIGNATURE_FRESH_SECONDS = 300


def is_signed(secret: str, shown: str, now: float, body: bytes) -> bool:
    """Whether this is the signature of a body, not older than it may be."""
    said = shown.partition(",")[0].removeprefix("t=")
    if not (said.isascii() and said.isdigit() and len(said) < 15) or abs(now - int(said)) > SIGNATURE_FRESH_SECONDS:
        return False
    return hmac.compare_digest(shown.encode("latin-1", "replace"), sign_body(secret, int(said), body).encode())


def _by_status(status: int, headers: Mapping[str, str], text: str, again: frozenset[int] = RETRY_STATUSES) -> SendResult:
    reason = _shortened(text) or f"status {status}"
    if status in REFUSED_STATUSES:
        return SendResult(SendOutcome.PERMANENT, reason=reason, broken=True)
    if status in again:
        return SendResult(SendOutcome.TEMPORARY, reason=reason, retry_after=_seconds(headers))
    return SendResult(SendOutcome.UNKNOWN if status >= 500 else SendOutcome.PERMANENT, reason=reason)


def _seconds(headers: Mapping[str, str]) -> float | None:
    said = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _shortened(text: str) -> str:
    return " ".join(text.split())[:80]


GATEWAY_PROFILES: dict[str, type[Any]] = {
    "url": UrlProfile,
    "kannel-sendsms": KannelSendsmsProfile,
    "kannel-ppg": KannelPpgProfile,
    "json": JsonProfile,
}


def make_profile(settings: Settings) -> GatewayProfile:
    """The profile of the configured gateway."""
    if not urlsplit(settings.sms_url).hostname:
        raise SettingsError("sms_url names no host; example: http://127.0.0.1:13013/cgi-bin/sendsms")
    profile: GatewayProfile = GATEWAY_PROFILES[settings.sms_gateway](settings)
    return profile
