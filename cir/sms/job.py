"""One short message for a carrier's gateway, and the outcomes of sending it (cir.md 12.1, 12.2). Values."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cir import wvci
from cir.sms import encoding, wsp_push
from cir.wvci import CirError
from onesoup.provisioning import push

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WAPSMS, SSMS, TEXT_SMS, DATA_SMS, SETTINGS_SMS = "WAPSMS", "SSMS", "TEXT", "DATA", "SETTINGS"
_CONTENT_TYPES = {TEXT_SMS: "text/plain", DATA_SMS: "application/vnd.wv.csp.sms", SETTINGS_SMS: push.CONTENT_TYPE}
# Seconds after which a message that could not be handed over is dropped: the phone may have come by then.
HAND_OVER_SECONDS = 30.0


def new_job_id(now: float) -> str:
    """A ULID: it sorts by time, and is unique for one message and all tries to send it."""
    number = int(now * 1000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in range(25, -1, -1))


@dataclass(frozen=True, slots=True)
class SmsJob:
    """`payload` is a push unit (WAPSMS), packed characters (SSMS), plain text (TEXT: a code for a person), a part of a CSP
    message (DATA), or a part of the push unit of a settings document (SETTINGS); of the last two there is no `text`.

    `part` of `parts` with `reference` in common make one document. All but settings are one message each."""

    id: str
    method: str
    number: str
    text: bytes
    udh: bytes
    payload: bytes
    dcs: int
    port: int
    source_port: int
    validity: int
    not_after: float
    session: str = ""
    part: int = 1
    parts: int = 1
    reference: int = 0

    @property
    def wants_report(self) -> bool:
        """A document that was not delivered is one failure of its number, not one for each part."""
        return self.part == self.parts

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES.get(self.method, wsp_push.CIR_CONTENT_TYPE)


def wake_job(
    method: str,
    id_: str,
    number: str,
    version: str,
    cookie: str,
    now: float,
    *,
    count: int = 0,
    content_type: str = "short",
    form: str = "8bit",
    validity: int = 600,
    session: str = "",
) -> SmsJob:
    """The job that wakes a phone. CirError when the CIR does not fit into one message: a gateway would cut it silently."""
    text = wvci.wvci_text(version, cookie)
    if method == WAPSMS:
        udh, payload, dcs, ports = (
            encoding.WAP_HEADER,
            wsp_push.build_push(count, text, content_type),
            4,
            (wsp_push.WAP_PUSH_PORT, wsp_push.WSP_SOURCE_PORT),
        )
    else:
        udh, payload, dcs, ports = (
            encoding.SSMS_HEADER,
            encoding.encode_ssms(text),
            4 if form == "8bit" else 0,
            (encoding.SSMS_PORT,) * 2,
        )
    if not encoding.fits_one_sms(udh, payload):
        raise CirError(f"{len(udh) + len(payload)} bytes, and one message takes {encoding.MAX_SMS_BYTES}")
    return SmsJob(id_, method, number, text, udh, payload, dcs, *ports, validity, now + HAND_OVER_SECONDS, session)


def text_job(id_: str, number: str, text: str, now: float, validity: int = 600) -> SmsJob:
    """A message for a person, of up to 160 plain characters."""
    codes = encoding.septets(text.encode())
    if codes is None or len(codes) > 160:
        raise CirError("a text that is no single plain message")
    return SmsJob(id_, TEXT_SMS, number, text.encode(), b"", text.encode(), 0, 0, 0, validity, now + HAND_OVER_SECONDS)


def data_job(id_: str, number: str, payload: bytes, port: int, source_port: int, now: float, validity: int = 600) -> SmsJob:
    """A part of what is answered to a phone that speaks CSP by SMS, to the port that it listens on."""
    udh = encoding.port_header(port, source_port)
    if not encoding.fits_one_sms(udh, payload):
        raise CirError(f"{len(udh) + len(payload)} bytes, and one message takes {encoding.MAX_SMS_BYTES}")
    return SmsJob(id_, DATA_SMS, number, b"", udh, payload, 4, port, source_port, validity, now + HAND_OVER_SECONDS)


def settings_jobs(unit: bytes, number: str, reference: int, now: float, not_after: float, validity: int = 600) -> list[SmsJob]:
    """The jobs that carry the push unit of a settings document. ProvisioningError when it needs too many."""
    cut = list(push.messages(unit, reference))
    return [
        SmsJob(
            new_job_id(now),
            SETTINGS_SMS,
            number,
            b"",
            header,
            payload,
            4,
            push.PORT,
            push.PORT,
            validity,
            not_after,
            part=place,
            parts=len(cut),
            reference=reference,
        )
        for place, (header, payload) in enumerate(cut, 1)
    ]


class SendOutcome(Enum):
    ACCEPTED = "accepted"
    # Taken, but its link to the carrier is down: it goes out later, if at all.
    QUEUED = "queued"
    # Certainly not taken; may be tried again.
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    # It may have been taken: never tried again, for nothing removes duplicates.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendResult:
    """What a gateway said. `broken`: our configuration is wrong, and no message will get through."""

    outcome: SendOutcome
    id: str = ""
    reason: str = ""
    retry_after: float | None = None
    broken: bool = False

    @property
    def taken(self) -> bool:
        return self.outcome in (SendOutcome.ACCEPTED, SendOutcome.QUEUED)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request to a gateway. `shown` is its URL for the log."""

    method: str
    url: str
    shown: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
