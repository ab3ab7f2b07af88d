"""PAP, by which a push proxy gateway is given a CIR (cir.md 12.5): the document that is posted, and the answer to it."""

import re
from xml.sax.saxutils import quoteattr

from cir.sms import wsp_push

_DOCTYPE = '<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "http://www.wapforum.org/DTD/pap_1.0.dtd">'
_CODE = re.compile(rb"<(?:\w+:)?(?:response-result|badmessage-response)\b[^>]*?\bcode\s*=\s*[\"'](\d{4})[\"']")


def boundary(job: str) -> str:
    return f"onesoup-{job}"


def content_type(job: str) -> str:
    return f'multipart/related; boundary={boundary(job)}; type="application/xml"'


def push_document(job: str, number: str, text: bytes, host: str) -> bytes:
    """The body of a push submission of one CIR to one number. `host` names us in the push-id, and the gateway."""
    address = quoteattr(f"WAPPUSH={number}/TYPE=PLMN@ppg.{host}")
    control = (
        f'<?xml version="1.0"?>\r\n{_DOCTYPE}\r\n<pap><push-message push-id={quoteattr(f"{job}@{host}")}>'
        f"<address address-value={address}/>"
        '<quality-of-service delivery-method="unconfirmed" network="GSM" bearer="SMS"/></push-message></pap>\r\n'
    )
    line = boundary(job)
    head = f"--{line}\r\nContent-Type: application/xml\r\n\r\n{control}\r\n--{line}\r\n"
    part = f"Content-Type: {wsp_push.CIR_CONTENT_TYPE}\r\nX-Wap-Application-Id: {wsp_push.CIR_APPLICATION}\r\n\r\n"
    return head.encode() + part.encode() + text + f"\r\n--{line}--\r\n".encode()


def response_code(answer: bytes) -> int | None:
    """The code of a push-response, which says more than the HTTP status: Kannel answers 202 to a refused document."""
    found = _CODE.search(answer)
    return int(found.group(1)) if found else None
