"""Every format of a crowd, filled, is to the codec what a phone means."""

from onesoup.csp.codec.codec import read_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType
from onesoup.csp.codec.generated_elements import (
    ClientCapabilityRequest,
    GetListRequest,
    KeepAliveRequest,
    ListManageRequest,
    LoginRequest,
    LogoutRequest,
    MessageDelivered,
    PollingRequest,
    SendMessageRequest,
    ServiceRequest,
    Status,
    SubscribePresenceRequest,
    UpdatePresenceRequest,
)
from onesoup.load.crowd import requests

SID, TID = b"e1e5z5citbt2suqqqgsbeqlajqw5", b"17"


def filled(form: bytes, *values: bytes) -> Message:
    """As the server reads it: in a session, in CSP 1.2."""
    message = read_message(form % (SID, TID, *values))
    assert (message.version, message.session_id, message.session_type) == ("1.2", SID.decode(), SessionType.INBAND)
    (transaction,) = message.transactions
    assert transaction.id == TID.decode()
    return message


def content(form: bytes, *values: bytes) -> object:
    message = filled(form, *values)
    assert message.transactions[0].mode is Mode.REQUEST
    return message.transactions[0].content


def test_a_log_in_names_its_user_outside_of_a_session() -> None:
    message = read_message(requests.LOGIN_FORMAT % (TID, b"wv:p1@one.test", b"100% secret", b"wv:crowd.1"))
    assert (message.session_id, message.session_type) == (None, SessionType.OUTBAND)
    login = message.transactions[0].content
    assert isinstance(login, LoginRequest)
    assert (login.user_id, login.password, login.session_cookie) == ("wv:p1@one.test", "100% secret", "wv:crowd.1")
    assert login.time_to_live == requests.CROWD_TTL_SECONDS
    assert login.client_id is not None
    assert login.client_id.url == requests.CROWD_CLIENT_ID


def test_each_bearer_asks_for_its_way_to_be_called() -> None:
    found = {}
    for bearer, form in requests.CAPABILITY_FORMATS.items():
        wish = content(form)
        assert isinstance(wish, ClientCapabilityRequest)
        assert wish.capability_list is not None
        found[bearer] = list(wish.capability_list.supported_cir_method)
        assert wish.capability_list.multi_trans == 1
    assert found == {"stcp": ["STCP"], "poll": [], "sms": ["WAPSMS"]}


def test_the_start_asks_for_services_lists_and_presence() -> None:
    assert isinstance(content(requests.SERVICE_FORMAT), ServiceRequest)
    assert isinstance(content(requests.PUBLISH_FORMAT), UpdatePresenceRequest)
    assert isinstance(content(requests.GET_LIST_FORMAT), GetListRequest)
    members = content(requests.LIST_MANAGE_FORMAT, b"wv:p1/friends@one.test")
    assert isinstance(members, ListManageRequest)
    assert (members.contact_list, members.receive_list) == ("wv:p1/friends@one.test", True)
    subscription = content(requests.SUBSCRIBE_FORMAT, b"wv:p1/friends@one.test")
    assert isinstance(subscription, SubscribePresenceRequest)
    assert (subscription.contact_list, subscription.auto_subscribe) == (["wv:p1/friends@one.test"], True)


def test_a_message_has_recipient_sender_and_text() -> None:
    message = content(requests.SEND_FORMAT, b"wv:p2@two.test", b"wv:p1@one.test", "p1>p2 #1 1.5 ü".encode())
    assert isinstance(message, SendMessageRequest)
    assert message.message_info is not None
    recipient, sender = message.message_info.recipient, message.message_info.sender
    assert recipient is not None
    assert [each.user_id for each in recipient.user] == ["wv:p2@two.test"]
    assert sender is not None
    assert sender.user is not None
    assert sender.user.user_id == "wv:p1@one.test"
    assert message.content_data == "p1>p2 #1 1.5 ü"


def test_a_changed_presence_is_a_status_text() -> None:
    update = content(requests.STATUS_TEXT_FORMAT, b"busy 12")
    assert isinstance(update, UpdatePresenceRequest)
    assert update.presence_sub_list is not None
    text = update.presence_sub_list.status_text
    assert text is not None
    assert (text.qualifier, text.presence_value) == (True, "busy 12")


def test_short_requests() -> None:
    assert isinstance(content(requests.KEEP_ALIVE_FORMAT), KeepAliveRequest)
    assert isinstance(content(requests.LOGOUT_FORMAT), LogoutRequest)
    poll = read_message(requests.POLL_FORMAT % SID)
    assert poll.session_id == SID.decode()
    assert isinstance(poll.transactions[0].content, PollingRequest)
    assert not poll.transactions[0].id


def test_answers_to_the_server_carry_its_transaction_id() -> None:
    delivered, done = filled(requests.DELIVERED_FORMAT, b"m1"), filled(requests.OK_FORMAT)
    assert delivered.transactions[0].mode is done.transactions[0].mode is Mode.RESPONSE
    said = delivered.transactions[0].content
    assert isinstance(said, MessageDelivered)
    assert said.message_id == "m1"
    status = done.transactions[0].content
    assert isinstance(status, Status)
    assert status.result is not None
    assert status.result.code == 200
