"""The requests of a phone of a crowd, as bytes with gaps. Pure.

The codec writes each once, with a mark in every gap; a request is then one formatting of bytes. That is a tenth of what the codec
takes (`tests/load/crowd/test_requests.py` decodes each), and what makes thousands of phones cheap.
"""

import re

from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    ClientID,
    Functions,
    GetListRequest,
    KeepAliveRequest,
    ListManageRequest,
    LoginRequest,
    LogoutRequest,
    MessageDelivered,
    MessageInfo,
    PollingRequest,
    PresenceSubList,
    Primitive,
    Recipient,
    Result,
    Sender,
    SendMessageRequest,
    ServiceRequest,
    Status,
    StatusText,
    SubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
)
from onesoup.csp.status import StatusCode
from onesoup.phone.profiles import GENERIC_PROFILE
from onesoup.wire.document import Encoding

CROWD_VERSION, CROWD_CLIENT_ID, CROWD_TTL_SECONDS = "1.2", "onesoup-crowd", 7200
_MARK = re.compile(rb"@\w+@")


def crowd_message(primitive: Primitive, tid: str | None, mode: Mode = Mode.REQUEST, sid: str | None = "@sid@") -> Message:
    """A message of a crowd's phone or, with a mode that fits, of the server to it."""
    return Message(
        version=CROWD_VERSION,
        encoding=Encoding.WBXML,
        transactions=[Transaction(mode, tid, primitive)],
        session_id=sid,
        session_type=SessionType.OUTBAND if sid is None else SessionType.INBAND,
    )


def _gaps(primitive: Primitive, tid: str | None = "@tid@", mode: Mode = Mode.REQUEST, sid: str | None = "@sid@") -> bytes:
    """A format: the gaps are filled in the order in which the document has them, the SessionID and the TransactionID first."""
    octets = write_message(crowd_message(primitive, tid, mode, sid))
    return _MARK.sub(b"%b", octets.replace(b"%", b"%%"))


def _capabilities(methods: list[str]) -> ClientCapabilityRequest:
    wishes = CapabilityList(**GENERIC_PROFILE.capabilities)
    wishes.supported_cir_method = methods
    return ClientCapabilityRequest(capability_list=wishes)


def _to_one() -> MessageInfo:
    recipient, sender = Recipient(user=[User(user_id="@to@")]), Sender(user=User(user_id="@from@"))
    return MessageInfo(recipient=recipient, sender=sender)


# Gaps: TransactionID, user, password, cookie.
LOGIN_FORMAT = _gaps(
    LoginRequest(
        user_id="@user@",
        client_id=ClientID(url=CROWD_CLIENT_ID),
        password="@password@",
        time_to_live=CROWD_TTL_SECONDS,
        session_cookie="@cookie@",
    ),
    sid=None,
)
# Gaps of all others begin with SessionID and TransactionID; a poll has no TransactionID.
CAPABILITY_FORMATS = {
    bearer: _gaps(_capabilities(methods)) for bearer, methods in (("stcp", ["STCP"]), ("poll", []), ("sms", ["WAPSMS"]))
}
SERVICE_FORMAT = _gaps(ServiceRequest(functions=Functions(wvcsp_feat=GENERIC_PROFILE.features), all_functions_request=False))
PUBLISH_FORMAT = _gaps(UpdatePresenceRequest(presence_sub_list=GENERIC_PROFILE.own_presence))
GET_LIST_FORMAT = _gaps(GetListRequest())
# Further gap: the list.
LIST_MANAGE_FORMAT = _gaps(ListManageRequest(contact_list="@list@", receive_list=True))
SUBSCRIBE_FORMAT = _gaps(SubscribePresenceRequest(contact_list=["@list@"], auto_subscribe=True))
POLL_FORMAT = _gaps(PollingRequest(), tid=None)
# Further gaps: to, from, text.
SEND_FORMAT = _gaps(SendMessageRequest(delivery_report=False, message_info=_to_one(), content_data="@text@"))
# Further gap: the status text.
STATUS_TEXT_FORMAT = _gaps(
    UpdatePresenceRequest(presence_sub_list=PresenceSubList(status_text=StatusText(qualifier=True, presence_value="@text@")))
)
KEEP_ALIVE_FORMAT = _gaps(KeepAliveRequest())
LOGOUT_FORMAT = _gaps(LogoutRequest())
# Answers to the server's transactions. Further gap of the first: the MessageID.
DELIVERED_FORMAT = _gaps(MessageDelivered(message_id="@id@"), mode=Mode.RESPONSE)
OK_FORMAT = _gaps(Status(result=Result(code=StatusCode.SUCCESSFUL)), mode=Mode.RESPONSE)
