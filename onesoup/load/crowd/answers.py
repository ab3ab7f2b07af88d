"""What comes back from the server, read as far as a phone of a crowd needs it. Pure.

Common answers are told by their first bytes, which the codec wrote once; the codec itself reads every other one
(`tests/load/crowd/test_answers.py` compares the two)."""

import re
from dataclasses import dataclass

from onesoup.csp.codec.codec import read_message, write_message
from onesoup.csp.codec.envelope import Mode
from onesoup.csp.codec.generated_elements import (
    ClientCapabilityResponse,
    Disconnect,
    GetListResponse,
    KeepAliveResponse,
    ListManageResponse,
    MessageInfo,
    NewMessage,
    PresenceNotificationRequest,
    Primitive,
    Result,
    SendMessageResponse,
    ServiceResponse,
    Status,
)
from onesoup.csp.status import StatusCode
from onesoup.load.crowd.requests import crowd_message

# Primitives that end a session, or a code that does.
CROWD_OVER_CODES = frozenset({StatusCode.SESSION_EXPIRED, StatusCode.FORCED_LOGOUT, StatusCode.INVALID_SESSION})
_HAS_CONTENT = 0x40


@dataclass(slots=True)
class CrowdAnswer:
    """One answer. `code` is 200 for whatever says nothing else, 0 where no answer came; `tid` is set for a transaction of the
    server, which waits for its own answer; `more`: the Poll flag."""

    kind: str
    code: int
    tid: bytes | None = None
    more: bool = False
    body: bytes = b""

    @property
    def good(self) -> bool:
        return self.code == StatusCode.SUCCESSFUL and self.kind != Disconnect.NAME

    @property
    def over(self) -> bool:
        return self.kind == Disconnect.NAME or self.code in CROWD_OVER_CODES


NO_ANSWER = CrowdAnswer("", 0)
EMPTY_ANSWER = CrowdAnswer("", StatusCode.SUCCESSFUL)


def _parts(primitive: Primitive, mode: Mode = Mode.RESPONSE) -> list[bytes]:
    return re.split(rb"@\w+@", write_message(crowd_message(primitive, "@tid@", mode)))


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes at the beginning are the same in both."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _frame() -> tuple[re.Pattern[bytes], int]:
    """What stands before a primitive: groups SessionID, "it is an answer", TransactionID. And how long its last part is."""
    head, answer, _ = map(re.escape, _parts(Status()))
    request = re.escape(_parts(Status(), Mode.REQUEST)[1])
    plain_status, message = _parts(Status())[2], _parts(NewMessage())[2]
    same = _alike(plain_status, message)
    before = re.escape(plain_status[:same])
    return re.compile(b"%b([^\\0]*)(?:(%b)|%b)([^\\0]*)%b" % (head, answer, request, before)), same


_FRAME, _CONTENT_AT = _frame()
_KINDS: dict[bytes, str] = {}
for _each in (
    ClientCapabilityResponse,
    Disconnect,
    GetListResponse,
    KeepAliveResponse,
    ListManageResponse,
    NewMessage,
    PresenceNotificationRequest,
    SendMessageResponse,
    ServiceResponse,
    Status,
):
    _content = _parts(_each())[2][_CONTENT_AT:]
    # A tag, behind a switch of the code page where it is not on the first one.
    _tag = _content[:3] if _content[0] == 0 else _content[:1]
    _KINDS[_tag] = _KINDS[_tag[:-1] + bytes([_tag[-1] | _HAS_CONTENT])] = _each.NAME
_WITHOUT_RESULT = {
    each.NAME for each in (ClientCapabilityResponse, GetListResponse, NewMessage, PresenceNotificationRequest, ServiceResponse)
}
_RESULT_OK = _parts(Status(result=Result(code=StatusCode.SUCCESSFUL)))[2][_CONTENT_AT + 1 :].rstrip(b"\x01") + b"\x01\x01"


def _poll_tail() -> bytes:
    message = crowd_message(Status(), "1", Mode.RESPONSE)
    without = write_message(message)
    message.poll = True
    flagged = write_message(message)
    return flagged[_alike(without, flagged) :]


_POLL_TAIL = _poll_tail()
_MESSAGE_ID, _TEXT = re.compile(rb"\[\x03([^\0]+)\0"), re.compile(rb"M\x03([^\0]*)\0")


def read_answer(body: bytes) -> CrowdAnswer:
    """The answer in a body of HTTP 200. UnreadableBody when it holds none."""
    if not body:
        return EMPTY_ANSWER
    frame = _FRAME.match(body)
    if frame is not None:
        at = frame.end()
        kind = _KINDS.get(body[at : at + 3] if body[at] == 0 else body[at : at + 1])
        if kind is not None and (kind in _WITHOUT_RESULT or body.find(_RESULT_OK, at, at + 32) >= 0):
            tid = None if frame[2] else frame[3]
            return CrowdAnswer(kind, StatusCode.SUCCESSFUL, tid, body.endswith(_POLL_TAIL), body)
    return _decoded(body)


def _decoded(body: bytes) -> CrowdAnswer:
    message = read_message(body)
    transaction = message.transactions[0]
    result = getattr(transaction.content, "result", None)
    code = result.code if result is not None and result.code is not None else StatusCode.SUCCESSFUL
    tid = (transaction.id or "").encode() if transaction.mode is Mode.REQUEST else None
    return CrowdAnswer(transaction.content.NAME, int(code), tid, bool(message.poll), body)


def primitive_of(answer: CrowdAnswer) -> Primitive:
    return read_message(answer.body).transactions[0].content


def message_in(answer: CrowdAnswer) -> tuple[bytes, str]:
    """(MessageID, text) of a NewMessage."""
    name, text = _MESSAGE_ID.search(answer.body), _TEXT.search(answer.body)
    if name is not None and text is not None:
        return name[1], text[1].decode("utf-8", "replace")
    content = primitive_of(answer)
    assert isinstance(content, NewMessage)
    info = content.message_info or MessageInfo()
    return (info.message_id or "").encode(), content.content_data or ""
