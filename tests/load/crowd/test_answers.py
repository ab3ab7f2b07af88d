"""What a crowd makes of the server's bytes is what the codec reads there."""

import pytest

from onesoup.csp.codec.codec import UnreadableBody, write_message
from onesoup.csp.codec.envelope import Mode
from onesoup.csp.codec.generated_elements import (
    AgreedCapabilityList,
    ClientCapabilityResponse,
    Disconnect,
    GetListResponse,
    KeepAliveResponse,
    LoginResponse,
    MessageInfo,
    NewMessage,
    Presence,
    PresenceNotificationRequest,
    Primitive,
    Result,
    Sender,
    SendMessageResponse,
    ServiceResponse,
    Status,
    User,
)
from onesoup.load.crowd.answers import CrowdAnswer, _decoded, message_in, read_answer
from onesoup.load.crowd.requests import crowd_message

GOOD, BAD = Result(code=200), Result(code=503, description="away")
MESSAGE = NewMessage(
    message_info=MessageInfo(message_id="m1", sender=Sender(user=User(user_id="wv:p2@two.test")), date_time="20261130T102110Z"),
    content_data="p2>p1 #7 1.5",
)


def answered(content: Primitive, mode: Mode = Mode.RESPONSE, *, poll: bool | None = None, sid: str | None = "SID") -> CrowdAnswer:
    """Read both ways, with the same result."""
    message = crowd_message(content, "s1-2", mode, sid)
    message.poll = poll
    body = write_message(message)
    found = read_answer(body)
    assert found == _decoded(body)
    return found


@pytest.mark.parametrize(
    "content",
    [
        Status(result=GOOD),
        SendMessageResponse(result=GOOD, message_id="m1"),
        KeepAliveResponse(result=GOOD, keep_alive_time=7200),
        LoginResponse(result=GOOD, session_id="abc"),
        ClientCapabilityResponse(agreed_capability_list=AgreedCapabilityList(supported_cir_method=["STCP"], server_poll_min=10)),
        ServiceResponse(),
        GetListResponse(default_contact_list="wv:p1/friends@one.test"),
    ],
    ids=lambda content: content.NAME,
)
@pytest.mark.parametrize("poll", [None, False, True])
def test_good_answers(content: Primitive, poll: bool | None) -> None:
    found = answered(content, poll=poll)
    assert (found.kind, found.good, found.tid, found.over, found.more) == (content.NAME, True, None, False, bool(poll))


@pytest.mark.parametrize("content", [Status(result=BAD), SendMessageResponse(result=BAD), LoginResponse(result=BAD)])
def test_a_refusal_has_its_code(content: Primitive) -> None:
    found = answered(content)
    assert (found.good, found.code, found.over) == (False, 503, False)


@pytest.mark.parametrize("code", [600, 601, 604])
def test_these_codes_end_a_session(code: int) -> None:
    assert answered(Status(result=Result(code=code))).over


@pytest.mark.parametrize("mode", list(Mode))
def test_a_disconnect_ends_it_whatever_its_code(mode: Mode) -> None:
    found = answered(Disconnect(result=GOOD), mode)
    assert found.over
    assert not found.good


def test_a_message_of_the_server_waits_for_its_answer() -> None:
    found = answered(MESSAGE, Mode.REQUEST, poll=True)
    assert (found.tid, found.more, message_in(found)) == (b"s1-2", True, (b"m1", "p2>p1 #7 1.5"))


def test_a_message_without_text_is_read_too() -> None:
    found = answered(NewMessage(message_info=MessageInfo(message_id="m1")), Mode.REQUEST)
    assert message_in(found) == (b"m1", "")


def test_presence_waits_for_its_answer() -> None:
    found = answered(PresenceNotificationRequest(presence=[Presence(user_id="wv:p2@two.test")]), Mode.REQUEST)
    assert (found.kind, found.tid) == ("PresenceNotification-Request", b"s1-2")


def test_nothing_waits() -> None:
    found = read_answer(b"")
    assert found.good
    assert found.tid is None
    assert not found.more


def test_bytes_that_are_no_answer() -> None:
    with pytest.raises(UnreadableBody):
        read_answer(b"<html>bad gateway</html>")
