"""What real phones look at in an answer. Each check raises PhoneError and names who breaks.

Knows documents and primitives; knows no session. The sources are clients that exist: Android's IM client and Nokia's S60.
"""

from collections.abc import Callable
from typing import Any

from onesoup.csp.codec.generated_elements import (
    ClientCapabilityResponse,
    GetListResponse,
    GetPresenceResponse,
    ListManageResponse,
    LoginResponse,
    NewMessage,
    Presence,
    PresenceNotificationRequest,
    Primitive,
    ServiceResponse,
)
from onesoup.csp.status import StatusCode
from onesoup.phone.errors import PhoneError
from onesoup.phone.http import HttpReply
from onesoup.phone.profiles import MAX_TID, HandsetProfile
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element

AVAILABILITIES = ("AVAILABLE", "NOT_AVAILABLE", "DISCREET")


def reply(found: HttpReply, content_type: str) -> None:
    """The HTTP side: 200 whatever CSP says, a Content-Length, the media type of the request."""
    if found.status != 200:
        raise PhoneError(f"HTTP {found.status}: Android and S60 take any status but 200 for a transport error")
    if "content-length" not in found.headers:
        raise PhoneError("no Content-Length: S60 waits for more")
    answered = found.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found.body and answered != content_type:
        raise PhoneError(f"Content-Type {answered!r} in answer to {content_type!r}")


def size(found: HttpReply, profile: HandsetProfile) -> None:
    """What the phone's parser takes, as it has said with its capabilities."""
    parser = profile.capabilities.get("parser_size")
    if parser and len(found.body) > parser:
        raise PhoneError(f"{len(found.body)} bytes where the parser takes {parser}: S60 takes it for a transport error")


def document(found: Document, version: str, encoding: Encoding) -> None:
    """The envelope: version and encoding of the request, one transaction, flags where the version has them."""
    if found.encoding is not encoding:
        raise PhoneError(f"{found.encoding} in answer to {encoding}: Android cannot read it")
    if found.version != version:
        raise PhoneError(f"CSP {found.version} in answer to {version}: S60 cannot read it")
    session = found.root.find("Session") or Element("Session")
    transactions = [child for child in session.children if child.name == "Transaction"]
    if len(transactions) != 1:
        raise PhoneError(f"{len(transactions)} transactions in one answer: Android keeps the last and loses the others")
    _flags(session, transactions[0], version)
    _trimmed(found.root)


def _flags(session: Element, transaction: Element, version: str) -> None:
    descriptor = transaction.find("TransactionDescriptor") or Element("TransactionDescriptor")
    wrong = (session, descriptor)[version != "1.1"]
    if wrong.find("Poll") is not None:
        raise PhoneError(f"Poll inside {wrong.name} in CSP {version}")
    if version == "1.1" and session.find("CIR") is not None:
        raise PhoneError("CIR flag in CSP 1.1, which has none")
    last = descriptor.children[-1].name if descriptor.children else ""
    if descriptor.find("Poll") is not None and last != "Poll":
        raise PhoneError("Poll is not the last child of TransactionDescriptor")


def _trimmed(root: Element) -> None:
    """Text of a message may have blanks at its ends; values of the protocol have none."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        waiting.extend(element.children)
        if element.text != element.text.strip() and element.name not in ("ContentData", "PresenceValue", "Name", "Value"):
            raise PhoneError(f"white space around the value of {element.name}")


def session_id(found: str | None, own: str | None) -> None:
    if found != own:
        raise PhoneError("another SessionID than the phone's: S60 drops the message")


def server_tid(tid: str | None, seen: set[str], profile: HandsetProfile, short: bool = False) -> None:
    """An id that the phone answers: not empty, new, and none that the phone makes itself. `short`: there are only a thousand,
    for both sides, so that they come again."""
    if not tid:
        raise PhoneError("server transaction without TransactionID: Android and S60 never acknowledge it")
    if short:
        return
    if len(tid) > MAX_TID:
        raise PhoneError(f"TransactionID of {len(tid)} characters: S60 takes {MAX_TID}")
    if tid in seen:
        raise PhoneError(f"server TransactionID {tid!r} again: S60 drops it without acknowledgement")
    before, _, after = profile.tid.partition("{}")
    middle = tid[len(before) : len(tid) - len(after)]
    if tid.startswith(before) and tid.endswith(after) and middle.isdigit():
        raise PhoneError(f"server TransactionID {tid!r} could be the phone's own")


def primitive(found: Primitive, version: str, profile: HandsetProfile, named: bool) -> None:
    """Rules of one primitive. `named`: the request carried a ClientID."""
    check = _PRIMITIVES.get(type(found))
    if check is not None:
        check(found, version, profile, named)


def _login(found: LoginResponse, version: str, profile: HandsetProfile, named: bool) -> None:
    code = found.result.code if found.result else StatusCode.SUCCESSFUL
    if found.session_id is not None and len(found.session_id) > MAX_TID:
        raise PhoneError(f"SessionID of {len(found.session_id)} characters: S60 takes {MAX_TID}")
    if found.nonce is not None and not 1 <= len(found.nonce) <= 200:
        raise PhoneError("Nonce empty or longer than 200: S60 rejects the log-in")
    if found.nonce and found.session_id:
        raise PhoneError("SessionID beside a Nonce: Android thinks that it is logged in")
    if code not in (StatusCode.SUCCESSFUL, StatusCode.UNAUTHORIZED) and found.session_id:
        raise PhoneError(f"SessionID in a refusal ({code}): Android thinks that it is logged in")


def _capability(found: ClientCapabilityResponse, version: str, profile: HandsetProfile, named: bool) -> None:
    old, new = found.capability_list, found.agreed_capability_list
    agreed = old if version == "1.1" else new
    if agreed is None or (old is not None and new is not None):
        raise PhoneError("S60 reads CapabilityList in 1.1 only, AgreedCapabilityList later only")
    if found.client_id is not None and not (version == "1.1" and named):
        raise PhoneError("ClientID before the capability list: Android takes it for the list")
    strange = set(agreed.supported_cir_method) - set(profile.cir)
    if strange:
        raise PhoneError(f"CIR methods {sorted(strange)} were not offered: an unknown value spoils the message for S60")
    if "STCP" in agreed.supported_cir_method and not agreed.tcp_address:
        raise PhoneError("STCP agreed without TCPAddress")


def _service(found: ServiceResponse, version: str, profile: HandsetProfile, named: bool) -> None:
    if found.functions is not None and found.functions.wvcsp_feat is not None:
        feat = found.functions.wvcsp_feat
        if not any(getattr(feat, name) for name in ("fundamental_feat", "presence_feat", "im_feat", "group_feat")):
            raise PhoneError("Functions with an empty WVCSPFeat: S60 reads that as everything denied")
    if profile.all_functions and (found.all_functions is None or found.all_functions.wvcsp_feat is None):
        raise PhoneError("AllFunctions without WVCSPFeat: Android hangs in the log-in")


def list_ids(found: GetListResponse) -> list[str]:
    """Every list of the answer once, the default one last."""
    others = list(found.contact_list)
    others += found.contact_list_id_list.contact_list if found.contact_list_id_list else []
    return list(
        dict.fromkeys([each for each in others if each != found.default_contact_list] + [found.default_contact_list or ""])
    )


def _get_list(found: GetListResponse, version: str, profile: HandsetProfile, named: bool) -> None:
    if not found.default_contact_list:
        raise PhoneError("no DefaultContactList: Android has nothing to add contacts to")
    for address in list_ids(found):
        user, slash, rest = address.partition("/")
        if not slash or not user.lower().startswith("wv:") or not rest.partition("@")[0]:
            raise PhoneError(f"list address {address!r} without a resource: Android throws")
    twice = found.default_contact_list in found.contact_list
    if twice and version != "1.1":
        raise PhoneError("default list in ContactList as well: Android loads it twice")
    if found.contact_list_id_list is not None and version != "1.3":
        raise PhoneError(f"ContactListIDList in CSP {version}")


def _list_manage(found: ListManageResponse, version: str, profile: HandsetProfile, named: bool) -> None:
    if found.result is None or found.result.code is None:
        raise PhoneError("ListManage-Response without a Code")
    for nick in found.nick_list.nick_name if found.nick_list else []:
        if nick.name is None or not nick.user_id:
            raise PhoneError("NickName without Name or UserID: Android stops loading lists for good")


def presence(found: Presence) -> None:
    if not found.user_id:
        raise PhoneError("Presence without UserID")
    if len(found.presence_sub_list) != 1:
        raise PhoneError("Presence without PresenceSubList: Android throws and loses the whole message")
    values = found.presence_sub_list[0]
    for name in values.__slots__:
        value = getattr(values, name)
        if value is not None and value.qualifier is None:
            raise PhoneError(f"{value.NAME} without Qualifier: S60 and Android do not count it")
    availability = values.user_availability
    if availability is not None and availability.qualifier and availability.presence_value not in AVAILABILITIES:
        raise PhoneError(f"UserAvailability {availability.presence_value!r} is unknown to phones")


def _get_presence(found: GetPresenceResponse, version: str, profile: HandsetProfile, named: bool) -> None:
    if found.result is None or found.result.code in (StatusCode.SUCCESSFUL, StatusCode.PARTIALLY_SUCCESSFUL):
        for each in found.presence:
            presence(each)


def _notification(found: PresenceNotificationRequest, version: str, profile: HandsetProfile, named: bool) -> None:
    if not found.presence:
        raise PhoneError("PresenceNotification-Request without Presence")
    for each in found.presence:
        presence(each)


def _new_message(found: NewMessage, version: str, profile: HandsetProfile, named: bool) -> None:
    info = found.message_info
    if info is None or not info.message_id:
        raise PhoneError("NewMessage without MessageID: it cannot be acknowledged")
    sender = info.sender
    if sender is None or not ((sender.user and sender.user.user_id) or sender.group):
        raise PhoneError("NewMessage without a Sender: Android neither shows nor acknowledges it")
    if (info.content_encoding or "None").upper() == "BASE64" and (info.content_type or "text/plain").startswith("text/plain"):
        raise PhoneError("BASE64 of a text: Android shows the letters of the BASE64")


_PRIMITIVES: dict[type[Primitive], Callable[[Any, str, HandsetProfile, bool], None]] = {
    LoginResponse: _login,
    ClientCapabilityResponse: _capability,
    ServiceResponse: _service,
    GetListResponse: _get_list,
    ListManageResponse: _list_manage,
    GetPresenceResponse: _get_presence,
    PresenceNotificationRequest: _notification,
    NewMessage: _new_message,
}
