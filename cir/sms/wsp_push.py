"""The connectionless WSP Push unit that carries a CIR over UDP and SMS (cir.md 5). Bytes in, values out.

Emits two forms of the content type; reads every legal form of it and of the application id."""

from dataclasses import dataclass

from cir.wvci import CirError

PUSH_PDU = 0x06
CIR_CONTENT_TYPE, CIR_APPLICATION = "application/vnd.wv.csp.cir", "x-wap-application:wv.ua"
_CIR_TYPE, _APPLICATION_ID, CIR_APPLICATION_NUMBER = 0x46, 0x2F, 0x0A
# Where WAP push lives, and where a WSP server sends from.
WAP_PUSH_PORT, WSP_SOURCE_PORT = 2948, 9200

_BY_NUMBER = bytes((_CIR_TYPE | 0x80, _APPLICATION_ID | 0x80, CIR_APPLICATION_NUMBER | 0x80))
# Some phones know the content type by its name only.
_BY_NAME = CIR_CONTENT_TYPE.encode() + b"\0" + _BY_NUMBER[1:]
PUSH_HEADERS = {"short": _BY_NUMBER, "text": _BY_NAME}


@dataclass(frozen=True, slots=True)
class PushUnit:
    """A push unit as a phone sees it; `application` is "" when it names none, and then no handler gets it."""

    number: int
    content_type: str
    application: str
    body: bytes


def build_push(number: int, body: bytes, content_type: str = "short") -> bytes:
    """A push unit; `number` counts up for each recipient, modulo 256. `content_type` is "short" or "text"."""
    headers = PUSH_HEADERS[content_type]
    return bytes((number & 0xFF, PUSH_PDU, len(headers))) + headers + body


def read_push(octets: bytes) -> PushUnit:
    """Takes a push unit apart. CirError when it is none, or its headers run over its end."""
    if len(octets) < 3 or octets[1] != PUSH_PDU:
        raise CirError("no push unit")
    length, at = _uintvar(octets, 2)
    headers, body = octets[at : at + length], octets[at + length :]
    if len(headers) < length or not headers:
        raise CirError("headers end early")
    value, at = _value(headers, 0)
    found = _name(value, _CIR_TYPE, CIR_CONTENT_TYPE)
    application = ""
    while at < len(headers):
        field = headers[at]
        if field < 0x80:
            raise CirError("a header without a well-known name")
        value, at = _value(headers, at + 1)
        if field == _APPLICATION_ID | 0x80:
            application = _name(value, CIR_APPLICATION_NUMBER, CIR_APPLICATION)
    return PushUnit(octets[0], found, application, body)


def _value(headers: bytes, at: int) -> tuple[bytes | int, int]:
    """One field value: a number, a text, or what a length prefix embraces. And where the next one starts."""
    if at >= len(headers):
        raise CirError("a header without a value")
    first = headers[at]
    if first >= 0x80:
        return first & 0x7F, at + 1
    if first < 0x1F:
        inside, end = headers[at + 1 : at + 1 + first], at + 1 + first
        if end > len(headers) or not inside:
            raise CirError("a value runs over the headers")
        # The content type in general form has its value first; parameters behind it say nothing here.
        return _value(inside, 0)[0], end
    end = headers.find(b"\0", at)
    if end < 0:
        raise CirError("a text without an end")
    return headers[at:end], end + 1


def _name(value: bytes | int, number: int, name: str) -> str:
    if isinstance(value, int):
        return name if value == number else str(value)
    return value.decode("ascii", "replace")


def _uintvar(octets: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, min(at + 5, len(octets))):
        value = value << 7 | octets[place] & 0x7F
        if octets[place] < 0x80:
            return value, place + 1
    raise CirError("a length without an end")
