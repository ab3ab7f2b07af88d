"""CSP elements as typed values, from tables/schema.tsv. Written by tools/make_elements.py: change that, not this.

A field is None when the element was absent, [] when a repeated one was. ORDER gives, for each class and version, the
order in which the children are written. Plain classes: every process imports them all, and 226 dataclasses cost three
times the start-up time.
"""

from __future__ import annotations

from typing import ClassVar

from onesoup.csp.codec.node import Node as Node
from onesoup.csp.codec.node import Primitive as Primitive


class SegmentInfo(Node):
    NAME: ClassVar[str] = "SegmentInfo"
    __slots__ = ("segment_count", "segment_id")

    def __init__(self, segment_count: int | None = None, segment_id: SegmentID | None = None) -> None:
        self.segment_count = segment_count
        self.segment_id = segment_id


class SegmentID(Node):
    NAME: ClassVar[str] = "SegmentID"
    __slots__ = ("transaction_id", "segment_reference")

    def __init__(self, transaction_id: str | None = None, segment_reference: int | None = None) -> None:
        self.transaction_id = transaction_id
        self.segment_reference = segment_reference


class WVCSPVersionDiscoveryRequest(Primitive):
    NAME: ClassVar[str] = "WV-CSP-VersionDiscovery-Request"
    __slots__ = ("version_list", "extended_data")

    def __init__(self, version_list: VersionList | None = None, extended_data: list[str] | None = None) -> None:
        self.version_list = version_list
        self.extended_data = [] if extended_data is None else extended_data


class WVCSPVersionDiscoveryResponse(Primitive):
    NAME: ClassVar[str] = "WV-CSP-VersionDiscovery-Response"
    __slots__ = ("version_list", "other_server", "extended_data")

    def __init__(
        self,
        version_list: VersionList | None = None,
        other_server: list[OtherServer] | None = None,
        extended_data: list[str] | None = None,
    ) -> None:
        self.version_list = version_list
        self.other_server = [] if other_server is None else other_server
        self.extended_data = [] if extended_data is None else extended_data


class VersionList(Node):
    NAME: ClassVar[str] = "VersionList"
    __slots__ = ("session_ns_name", "transaction_ns_name", "presence_attribute_ns_name")

    def __init__(
        self,
        session_ns_name: list[str] | None = None,
        transaction_ns_name: list[str] | None = None,
        presence_attribute_ns_name: list[str] | None = None,
    ) -> None:
        self.session_ns_name = [] if session_ns_name is None else session_ns_name
        self.transaction_ns_name = [] if transaction_ns_name is None else transaction_ns_name
        self.presence_attribute_ns_name = [] if presence_attribute_ns_name is None else presence_attribute_ns_name


class OtherServer(Node):
    NAME: ClassVar[str] = "OtherServer"
    __slots__ = ("url", "msisdn")

    def __init__(self, url: str | None = None, msisdn: str | None = None) -> None:
        self.url = url
        self.msisdn = msisdn


class Status(Primitive):
    NAME: ClassVar[str] = "Status"
    __slots__ = ("result", "client_id")

    def __init__(self, result: Result | None = None, client_id: ClientID | None = None) -> None:
        self.result = result
        self.client_id = client_id


class Result(Node):
    NAME: ClassVar[str] = "Result"
    __slots__ = ("code", "description", "detailed_result", "system_message_list", "try_again_timeout")

    def __init__(
        self,
        code: int | None = None,
        description: str | None = None,
        detailed_result: list[DetailedResult] | None = None,
        system_message_list: SystemMessageList | None = None,
        try_again_timeout: int | None = None,
    ) -> None:
        self.code = code
        self.description = description
        self.detailed_result = [] if detailed_result is None else detailed_result
        self.system_message_list = system_message_list
        self.try_again_timeout = try_again_timeout


class DetailedResult(Node):
    NAME: ClassVar[str] = "DetailedResult"
    __slots__ = (
        "code",
        "description",
        "user_id",
        "group_id",
        "screen_name",
        "message_id",
        "contact_list",
        "domain",
        "search_element",
    )

    def __init__(
        self,
        code: int | None = None,
        description: str | None = None,
        user_id: list[str] | None = None,
        group_id: list[str] | None = None,
        screen_name: list[ScreenName] | None = None,
        message_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        domain: list[str] | None = None,
        search_element: list[str] | None = None,
    ) -> None:
        self.code = code
        self.description = description
        self.user_id = [] if user_id is None else user_id
        self.group_id = [] if group_id is None else group_id
        self.screen_name = [] if screen_name is None else screen_name
        self.message_id = [] if message_id is None else message_id
        self.contact_list = [] if contact_list is None else contact_list
        self.domain = [] if domain is None else domain
        self.search_element = [] if search_element is None else search_element


class PollingRequest(Primitive):
    NAME: ClassVar[str] = "Polling-Request"
    __slots__ = ()


class LoginRequest(Primitive):
    NAME: ClassVar[str] = "Login-Request"
    __slots__ = (
        "user_id",
        "client_id",
        "password",
        "digest_bytes",
        "digest_schema",
        "time_to_live",
        "session_cookie",
        "application_id",
        "session_id",
        "system_message_response_list",
        "functions",
        "capability_list",
    )

    def __init__(
        self,
        user_id: str | None = None,
        client_id: ClientID | None = None,
        password: str | None = None,
        digest_bytes: str | None = None,
        digest_schema: list[str] | None = None,
        time_to_live: int | None = None,
        session_cookie: str | None = None,
        application_id: str | None = None,
        session_id: str | None = None,
        system_message_response_list: SystemMessageResponseList | None = None,
        functions: Functions | None = None,
        capability_list: CapabilityList | None = None,
    ) -> None:
        self.user_id = user_id
        self.client_id = client_id
        self.password = password
        self.digest_bytes = digest_bytes
        self.digest_schema = [] if digest_schema is None else digest_schema
        self.time_to_live = time_to_live
        self.session_cookie = session_cookie
        self.application_id = application_id
        self.session_id = session_id
        self.system_message_response_list = system_message_response_list
        self.functions = functions
        self.capability_list = capability_list


class LogoutRequest(Primitive):
    NAME: ClassVar[str] = "Logout-Request"
    __slots__ = ()


class Disconnect(Primitive):
    NAME: ClassVar[str] = "Disconnect"
    __slots__ = ("result",)

    def __init__(self, result: Result | None = None) -> None:
        self.result = result


class KeepAliveRequest(Primitive):
    NAME: ClassVar[str] = "KeepAlive-Request"
    __slots__ = ("time_to_live",)

    def __init__(self, time_to_live: int | None = None) -> None:
        self.time_to_live = time_to_live


class SendMessageRequest(Primitive):
    NAME: ClassVar[str] = "SendMessage-Request"
    __slots__ = ("delivery_report", "message_info", "content_data")

    def __init__(
        self, delivery_report: bool | None = None, message_info: MessageInfo | None = None, content_data: str | None = None
    ) -> None:
        self.delivery_report = delivery_report
        self.message_info = message_info
        self.content_data = content_data


class SetDeliveryMethodRequest(Primitive):
    NAME: ClassVar[str] = "SetDeliveryMethod-Request"
    __slots__ = ("delivery_method", "accepted_content_length", "group_id", "group_content_limit")

    def __init__(
        self,
        delivery_method: str | None = None,
        accepted_content_length: int | None = None,
        group_id: str | None = None,
        group_content_limit: int | None = None,
    ) -> None:
        self.delivery_method = delivery_method
        self.accepted_content_length = accepted_content_length
        self.group_id = group_id
        self.group_content_limit = group_content_limit


class GetMessageListRequest(Primitive):
    NAME: ClassVar[str] = "GetMessageList-Request"
    __slots__ = ("group_id", "message_count")

    def __init__(self, group_id: str | None = None, message_count: int | None = None) -> None:
        self.group_id = group_id
        self.message_count = message_count


class RejectMessageRequest(Primitive):
    NAME: ClassVar[str] = "RejectMessage-Request"
    __slots__ = ("message_id",)

    def __init__(self, message_id: list[str] | None = None) -> None:
        self.message_id = [] if message_id is None else message_id


class MessageNotification(Primitive):
    NAME: ClassVar[str] = "MessageNotification"
    __slots__ = ("message_info",)

    def __init__(self, message_info: MessageInfo | None = None) -> None:
        self.message_info = message_info


class GetMessageRequest(Primitive):
    NAME: ClassVar[str] = "GetMessage-Request"
    __slots__ = ("message_id",)

    def __init__(self, message_id: str | None = None) -> None:
        self.message_id = message_id


class NewMessage(Primitive):
    NAME: ClassVar[str] = "NewMessage"
    __slots__ = ("message_info", "content_data")

    def __init__(self, message_info: MessageInfo | None = None, content_data: str | None = None) -> None:
        self.message_info = message_info
        self.content_data = content_data


class MessageDelivered(Primitive):
    NAME: ClassVar[str] = "MessageDelivered"
    __slots__ = ("message_id",)

    def __init__(self, message_id: str | None = None) -> None:
        self.message_id = message_id


class DeliveryReportRequest(Primitive):
    NAME: ClassVar[str] = "DeliveryReport-Request"
    __slots__ = ("result", "delivery_time", "message_info")

    def __init__(
        self, result: Result | None = None, delivery_time: str | None = None, message_info: MessageInfo | None = None
    ) -> None:
        self.result = result
        self.delivery_time = delivery_time
        self.message_info = message_info


class ForwardMessageRequest(Primitive):
    NAME: ClassVar[str] = "ForwardMessage-Request"
    __slots__ = ("message_id", "recipient", "sender")

    def __init__(self, message_id: str | None = None, recipient: Recipient | None = None, sender: Sender | None = None) -> None:
        self.message_id = message_id
        self.recipient = recipient
        self.sender = sender


class GetSPInfoRequest(Primitive):
    NAME: ClassVar[str] = "GetSPInfo-Request"
    __slots__ = ("client_id",)

    def __init__(self, client_id: ClientID | None = None) -> None:
        self.client_id = client_id


class SearchRequest(Primitive):
    NAME: ClassVar[str] = "Search-Request"
    __slots__ = ("search_pair_list", "search_limit", "search_id", "search_index", "advanced_criteria")

    def __init__(
        self,
        search_pair_list: list[SearchPairList] | None = None,
        search_limit: int | None = None,
        search_id: int | None = None,
        search_index: int | None = None,
        advanced_criteria: str | None = None,
    ) -> None:
        self.search_pair_list = [] if search_pair_list is None else search_pair_list
        self.search_limit = search_limit
        self.search_id = search_id
        self.search_index = search_index
        self.advanced_criteria = advanced_criteria


class StopSearchRequest(Primitive):
    NAME: ClassVar[str] = "StopSearch-Request"
    __slots__ = ("search_id",)

    def __init__(self, search_id: int | None = None) -> None:
        self.search_id = search_id


class ClientCapabilityRequest(Primitive):
    NAME: ClassVar[str] = "ClientCapability-Request"
    __slots__ = ("client_id", "capability_list")

    def __init__(self, client_id: ClientID | None = None, capability_list: CapabilityList | None = None) -> None:
        self.client_id = client_id
        self.capability_list = capability_list


class ServiceRequest(Primitive):
    NAME: ClassVar[str] = "Service-Request"
    __slots__ = ("client_id", "functions", "all_functions_request")

    def __init__(
        self, client_id: ClientID | None = None, functions: Functions | None = None, all_functions_request: bool | None = None
    ) -> None:
        self.client_id = client_id
        self.functions = functions
        self.all_functions_request = all_functions_request


class GetBlockedListRequest(Primitive):
    NAME: ClassVar[str] = "GetBlockedList-Request"
    __slots__ = ()


class DeleteAttributeListRequest(Primitive):
    NAME: ClassVar[str] = "DeleteAttributeList-Request"
    __slots__ = ("user_id", "contact_list", "default_list", "user_id_list", "contact_list_id_list")

    def __init__(
        self,
        user_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        default_list: bool | None = None,
        user_id_list: UserIDList | None = None,
        contact_list_id_list: ContactListIDList | None = None,
    ) -> None:
        self.user_id = [] if user_id is None else user_id
        self.contact_list = [] if contact_list is None else contact_list
        self.default_list = default_list
        self.user_id_list = user_id_list
        self.contact_list_id_list = contact_list_id_list


class CreateAttributeListRequest(Primitive):
    NAME: ClassVar[str] = "CreateAttributeList-Request"
    __slots__ = (
        "presence_sub_list",
        "user_id",
        "contact_list",
        "default_list",
        "user_id_list",
        "contact_list_id_list",
        "default_notify",
        "user_notify",
        "contact_list_notify",
    )

    def __init__(
        self,
        presence_sub_list: PresenceSubList | None = None,
        user_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        default_list: bool | None = None,
        user_id_list: UserIDList | None = None,
        contact_list_id_list: ContactListIDList | None = None,
        default_notify: bool | None = None,
        user_notify: bool | None = None,
        contact_list_notify: bool | None = None,
    ) -> None:
        self.presence_sub_list = presence_sub_list
        self.user_id = [] if user_id is None else user_id
        self.contact_list = [] if contact_list is None else contact_list
        self.default_list = default_list
        self.user_id_list = user_id_list
        self.contact_list_id_list = contact_list_id_list
        self.default_notify = default_notify
        self.user_notify = user_notify
        self.contact_list_notify = contact_list_notify


class ListManageRequest(Primitive):
    NAME: ClassVar[str] = "ListManage-Request"
    __slots__ = (
        "contact_list",
        "add_nick_list",
        "remove_nick_list",
        "contact_list_properties",
        "receive_list",
        "authorize_and_grant",
    )

    def __init__(
        self,
        contact_list: str | None = None,
        add_nick_list: AddNickList | None = None,
        remove_nick_list: RemoveNickList | None = None,
        contact_list_properties: ContactListProperties | None = None,
        receive_list: bool | None = None,
        authorize_and_grant: bool | None = None,
    ) -> None:
        self.contact_list = contact_list
        self.add_nick_list = add_nick_list
        self.remove_nick_list = remove_nick_list
        self.contact_list_properties = contact_list_properties
        self.receive_list = receive_list
        self.authorize_and_grant = authorize_and_grant


class DeleteListRequest(Primitive):
    NAME: ClassVar[str] = "DeleteList-Request"
    __slots__ = ("contact_list",)

    def __init__(self, contact_list: str | None = None) -> None:
        self.contact_list = contact_list


class CreateListRequest(Primitive):
    NAME: ClassVar[str] = "CreateList-Request"
    __slots__ = ("contact_list", "nick_list", "contact_list_properties")

    def __init__(
        self,
        contact_list: str | None = None,
        nick_list: NickList | None = None,
        contact_list_properties: ContactListProperties | None = None,
    ) -> None:
        self.contact_list = contact_list
        self.nick_list = nick_list
        self.contact_list_properties = contact_list_properties


class UpdatePresenceRequest(Primitive):
    NAME: ClassVar[str] = "UpdatePresence-Request"
    __slots__ = ("presence_sub_list",)

    def __init__(self, presence_sub_list: PresenceSubList | None = None) -> None:
        self.presence_sub_list = presence_sub_list


class CancelAuthRequest(Primitive):
    NAME: ClassVar[str] = "CancelAuth-Request"
    __slots__ = ("user_id",)

    def __init__(self, user_id: str | None = None) -> None:
        self.user_id = user_id


class PresenceAuthUser(Primitive):
    NAME: ClassVar[str] = "PresenceAuth-User"
    __slots__ = ("user_id", "acceptance", "presence_sub_list")

    def __init__(
        self, user_id: str | None = None, acceptance: bool | None = None, presence_sub_list: PresenceSubList | None = None
    ) -> None:
        self.user_id = user_id
        self.acceptance = acceptance
        self.presence_sub_list = presence_sub_list


class SubscribePresenceRequest(Primitive):
    NAME: ClassVar[str] = "SubscribePresence-Request"
    __slots__ = ("user", "contact_list", "presence_sub_list", "auto_subscribe", "user_id_list", "contact_list_id_list")

    def __init__(
        self,
        user: list[User] | None = None,
        contact_list: list[str] | None = None,
        presence_sub_list: PresenceSubList | None = None,
        auto_subscribe: bool | None = None,
        user_id_list: UserIDList | None = None,
        contact_list_id_list: ContactListIDList | None = None,
    ) -> None:
        self.user = [] if user is None else user
        self.contact_list = [] if contact_list is None else contact_list
        self.presence_sub_list = presence_sub_list
        self.auto_subscribe = auto_subscribe
        self.user_id_list = user_id_list
        self.contact_list_id_list = contact_list_id_list


class GetPresenceRequest(Primitive):
    NAME: ClassVar[str] = "GetPresence-Request"
    __slots__ = ("user", "contact_list", "presence_sub_list", "user_id_list", "contact_list_id_list")

    def __init__(
        self,
        user: list[User] | None = None,
        contact_list: list[str] | None = None,
        presence_sub_list: PresenceSubList | None = None,
        user_id_list: UserIDList | None = None,
        contact_list_id_list: ContactListIDList | None = None,
    ) -> None:
        self.user = [] if user is None else user
        self.contact_list = [] if contact_list is None else contact_list
        self.presence_sub_list = presence_sub_list
        self.user_id_list = user_id_list
        self.contact_list_id_list = contact_list_id_list


class GetAttributeListRequest(Primitive):
    NAME: ClassVar[str] = "GetAttributeList-Request"
    __slots__ = ("default_list", "contact_list", "user", "contact_list_id_list", "user_id_list")

    def __init__(
        self,
        default_list: bool | None = None,
        contact_list: list[str] | None = None,
        user: list[User] | None = None,
        contact_list_id_list: ContactListIDList | None = None,
        user_id_list: UserIDList | None = None,
    ) -> None:
        self.default_list = default_list
        self.contact_list = [] if contact_list is None else contact_list
        self.user = [] if user is None else user
        self.contact_list_id_list = contact_list_id_list
        self.user_id_list = user_id_list


class UnsubscribePresenceRequest(Primitive):
    NAME: ClassVar[str] = "UnsubscribePresence-Request"
    __slots__ = ("user", "contact_list", "user_id_list", "contact_list_id_list")

    def __init__(
        self,
        user: list[User] | None = None,
        contact_list: list[str] | None = None,
        user_id_list: UserIDList | None = None,
        contact_list_id_list: ContactListIDList | None = None,
    ) -> None:
        self.user = [] if user is None else user
        self.contact_list = [] if contact_list is None else contact_list
        self.user_id_list = user_id_list
        self.contact_list_id_list = contact_list_id_list


class GetListRequest(Primitive):
    NAME: ClassVar[str] = "GetList-Request"
    __slots__ = ()


class GetWatcherListRequest(Primitive):
    NAME: ClassVar[str] = "GetWatcherList-Request"
    __slots__ = ("history_period", "max_watcher_list")

    def __init__(self, history_period: int | None = None, max_watcher_list: int | None = None) -> None:
        self.history_period = history_period
        self.max_watcher_list = max_watcher_list


class CreateGroupRequest(Primitive):
    NAME: ClassVar[str] = "CreateGroup-Request"
    __slots__ = ("group_id", "group_properties", "join_group", "screen_name", "subscribe_notification", "own_properties")

    def __init__(
        self,
        group_id: str | None = None,
        group_properties: GroupProperties | None = None,
        join_group: bool | None = None,
        screen_name: ScreenName | None = None,
        subscribe_notification: bool | None = None,
        own_properties: OwnProperties | None = None,
    ) -> None:
        self.group_id = group_id
        self.group_properties = group_properties
        self.join_group = join_group
        self.screen_name = screen_name
        self.subscribe_notification = subscribe_notification
        self.own_properties = own_properties


class DeleteGroupRequest(Primitive):
    NAME: ClassVar[str] = "DeleteGroup-Request"
    __slots__ = ("group_id",)

    def __init__(self, group_id: str | None = None) -> None:
        self.group_id = group_id


class JoinGroupRequest(Primitive):
    NAME: ClassVar[str] = "JoinGroup-Request"
    __slots__ = ("group_id", "screen_name", "joined_request", "subscribe_notification", "own_properties")

    def __init__(
        self,
        group_id: str | None = None,
        screen_name: ScreenName | None = None,
        joined_request: bool | None = None,
        subscribe_notification: bool | None = None,
        own_properties: OwnProperties | None = None,
    ) -> None:
        self.group_id = group_id
        self.screen_name = screen_name
        self.joined_request = joined_request
        self.subscribe_notification = subscribe_notification
        self.own_properties = own_properties


class LeaveGroupRequest(Primitive):
    NAME: ClassVar[str] = "LeaveGroup-Request"
    __slots__ = ("group_id",)

    def __init__(self, group_id: str | None = None) -> None:
        self.group_id = group_id


class LeaveGroupResponse(Primitive):
    NAME: ClassVar[str] = "LeaveGroup-Response"
    __slots__ = ("group_id", "result")

    def __init__(self, group_id: str | None = None, result: Result | None = None) -> None:
        self.group_id = group_id
        self.result = result


class GetGroupMembersRequest(Primitive):
    NAME: ClassVar[str] = "GetGroupMembers-Request"
    __slots__ = ("group_id",)

    def __init__(self, group_id: str | None = None) -> None:
        self.group_id = group_id


class AddGroupMembersRequest(Primitive):
    NAME: ClassVar[str] = "AddGroupMembers-Request"
    __slots__ = ("group_id", "user_list", "user_id_list")

    def __init__(
        self, group_id: str | None = None, user_list: UserList | None = None, user_id_list: UserIDList | None = None
    ) -> None:
        self.group_id = group_id
        self.user_list = user_list
        self.user_id_list = user_id_list


class RemoveGroupMembersRequest(Primitive):
    NAME: ClassVar[str] = "RemoveGroupMembers-Request"
    __slots__ = ("group_id", "user_list", "user_id_list")

    def __init__(
        self, group_id: str | None = None, user_list: UserList | None = None, user_id_list: UserIDList | None = None
    ) -> None:
        self.group_id = group_id
        self.user_list = user_list
        self.user_id_list = user_id_list


class MemberAccessRequest(Primitive):
    NAME: ClassVar[str] = "MemberAccess-Request"
    __slots__ = ("group_id", "admin", "mod", "users", "user_list")

    def __init__(
        self,
        group_id: str | None = None,
        admin: Admin | None = None,
        mod: Mod | None = None,
        users: Users | None = None,
        user_list: UserList | None = None,
    ) -> None:
        self.group_id = group_id
        self.admin = admin
        self.mod = mod
        self.users = users
        self.user_list = user_list


class GetGroupPropsRequest(Primitive):
    NAME: ClassVar[str] = "GetGroupProps-Request"
    __slots__ = ("group_id",)

    def __init__(self, group_id: str | None = None) -> None:
        self.group_id = group_id


class SetGroupPropsRequest(Primitive):
    NAME: ClassVar[str] = "SetGroupProps-Request"
    __slots__ = ("group_id", "group_properties", "own_properties")

    def __init__(
        self,
        group_id: str | None = None,
        group_properties: GroupProperties | None = None,
        own_properties: OwnProperties | None = None,
    ) -> None:
        self.group_id = group_id
        self.group_properties = group_properties
        self.own_properties = own_properties


class RejectListRequest(Primitive):
    NAME: ClassVar[str] = "RejectList-Request"
    __slots__ = ("group_id", "add_list", "remove_list")

    def __init__(
        self, group_id: str | None = None, add_list: AddList | None = None, remove_list: RemoveList | None = None
    ) -> None:
        self.group_id = group_id
        self.add_list = add_list
        self.remove_list = remove_list


class SubscribeGroupNoticeRequest(Primitive):
    NAME: ClassVar[str] = "SubscribeGroupNotice-Request"
    __slots__ = ("group_id", "subscribe_type")

    def __init__(self, group_id: str | None = None, subscribe_type: str | None = None) -> None:
        self.group_id = group_id
        self.subscribe_type = subscribe_type


class GroupChangeNotice(Primitive):
    NAME: ClassVar[str] = "GroupChangeNotice"
    __slots__ = ("group_id", "joined", "left", "group_properties", "own_properties", "joined_blocked", "left_blocked")

    def __init__(
        self,
        group_id: str | None = None,
        joined: Joined | None = None,
        left: Left | None = None,
        group_properties: GroupProperties | None = None,
        own_properties: OwnProperties | None = None,
        joined_blocked: JoinedBlocked | None = None,
        left_blocked: LeftBlocked | None = None,
    ) -> None:
        self.group_id = group_id
        self.joined = joined
        self.left = left
        self.group_properties = group_properties
        self.own_properties = own_properties
        self.joined_blocked = joined_blocked
        self.left_blocked = left_blocked


class InviteRequest(Primitive):
    NAME: ClassVar[str] = "Invite-Request"
    __slots__ = (
        "invite_id",
        "invite_type",
        "recipient",
        "group_id",
        "presence_sub_list",
        "url_list",
        "invite_note",
        "screen_name",
        "validity",
        "sender",
        "application_id",
    )

    def __init__(
        self,
        invite_id: str | None = None,
        invite_type: str | None = None,
        recipient: Recipient | None = None,
        group_id: str | None = None,
        presence_sub_list: PresenceSubList | None = None,
        url_list: URLList | None = None,
        invite_note: str | None = None,
        screen_name: ScreenName | None = None,
        validity: int | None = None,
        sender: Sender | None = None,
        application_id: str | None = None,
    ) -> None:
        self.invite_id = invite_id
        self.invite_type = invite_type
        self.recipient = recipient
        self.group_id = group_id
        self.presence_sub_list = presence_sub_list
        self.url_list = url_list
        self.invite_note = invite_note
        self.screen_name = screen_name
        self.validity = validity
        self.sender = sender
        self.application_id = application_id


class InviteUserResponse(Primitive):
    NAME: ClassVar[str] = "InviteUser-Response"
    __slots__ = ("invite_id", "acceptance", "response_note", "screen_name", "sender", "recipient", "user", "group")

    def __init__(
        self,
        invite_id: str | None = None,
        acceptance: bool | None = None,
        response_note: str | None = None,
        screen_name: ScreenName | None = None,
        sender: Sender | None = None,
        recipient: Recipient | None = None,
        user: User | None = None,
        group: Group | None = None,
    ) -> None:
        self.invite_id = invite_id
        self.acceptance = acceptance
        self.response_note = response_note
        self.screen_name = screen_name
        self.sender = sender
        self.recipient = recipient
        self.user = user
        self.group = group


class CancelInviteRequest(Primitive):
    NAME: ClassVar[str] = "CancelInvite-Request"
    __slots__ = (
        "invite_id",
        "recipient",
        "invite_note",
        "url_list",
        "screen_name",
        "sender",
        "application_id",
        "group_id",
        "presence_sub_list",
    )

    def __init__(
        self,
        invite_id: str | None = None,
        recipient: Recipient | None = None,
        invite_note: str | None = None,
        url_list: URLList | None = None,
        screen_name: ScreenName | None = None,
        sender: Sender | None = None,
        application_id: str | None = None,
        group_id: str | None = None,
        presence_sub_list: PresenceSubList | None = None,
    ) -> None:
        self.invite_id = invite_id
        self.recipient = recipient
        self.invite_note = invite_note
        self.url_list = url_list
        self.screen_name = screen_name
        self.sender = sender
        self.application_id = application_id
        self.group_id = group_id
        self.presence_sub_list = presence_sub_list


class BlockEntityRequest(Primitive):
    NAME: ClassVar[str] = "BlockEntity-Request"
    __slots__ = ("block_list", "grant_list", "block_list_in_use", "grant_list_in_use")

    def __init__(
        self,
        block_list: BlockList | None = None,
        grant_list: GrantList | None = None,
        block_list_in_use: bool | None = None,
        grant_list_in_use: bool | None = None,
    ) -> None:
        self.block_list = block_list
        self.grant_list = grant_list
        self.block_list_in_use = block_list_in_use
        self.grant_list_in_use = grant_list_in_use


class LoginResponse(Primitive):
    NAME: ClassVar[str] = "Login-Response"
    __slots__ = (
        "client_id",
        "result",
        "nonce",
        "digest_schema",
        "session_id",
        "keep_alive_time",
        "capability_request",
        "user_id",
        "password",
        "functions",
        "agreed_capability_list",
    )

    def __init__(
        self,
        client_id: ClientID | None = None,
        result: Result | None = None,
        nonce: str | None = None,
        digest_schema: str | None = None,
        session_id: str | None = None,
        keep_alive_time: int | None = None,
        capability_request: bool | None = None,
        user_id: str | None = None,
        password: str | None = None,
        functions: Functions | None = None,
        agreed_capability_list: AgreedCapabilityList | None = None,
    ) -> None:
        self.client_id = client_id
        self.result = result
        self.nonce = nonce
        self.digest_schema = digest_schema
        self.session_id = session_id
        self.keep_alive_time = keep_alive_time
        self.capability_request = capability_request
        self.user_id = user_id
        self.password = password
        self.functions = functions
        self.agreed_capability_list = agreed_capability_list


class ServiceResponse(Primitive):
    NAME: ClassVar[str] = "Service-Response"
    __slots__ = ("client_id", "functions", "all_functions")

    def __init__(
        self, client_id: ClientID | None = None, functions: Functions | None = None, all_functions: AllFunctions | None = None
    ) -> None:
        self.client_id = client_id
        self.functions = functions
        self.all_functions = all_functions


class ClientCapabilityResponse(Primitive):
    NAME: ClassVar[str] = "ClientCapability-Response"
    __slots__ = ("client_id", "capability_list", "agreed_capability_list")

    def __init__(
        self,
        client_id: ClientID | None = None,
        capability_list: CapabilityList | None = None,
        agreed_capability_list: AgreedCapabilityList | None = None,
    ) -> None:
        self.client_id = client_id
        self.capability_list = capability_list
        self.agreed_capability_list = agreed_capability_list


class KeepAliveResponse(Primitive):
    NAME: ClassVar[str] = "KeepAlive-Response"
    __slots__ = ("result", "keep_alive_time")

    def __init__(self, result: Result | None = None, keep_alive_time: int | None = None) -> None:
        self.result = result
        self.keep_alive_time = keep_alive_time


class GetSPInfoResponse(Primitive):
    NAME: ClassVar[str] = "GetSPInfo-Response"
    __slots__ = ("client_id", "name", "logo", "description", "url")

    def __init__(
        self,
        client_id: ClientID | None = None,
        name: str | None = None,
        logo: Logo | None = None,
        description: str | None = None,
        url: str | None = None,
    ) -> None:
        self.client_id = client_id
        self.name = name
        self.logo = logo
        self.description = description
        self.url = url


class SearchResponse(Primitive):
    NAME: ClassVar[str] = "Search-Response"
    __slots__ = ("search_id", "search_findings", "completion_flag", "search_index", "search_result")

    def __init__(
        self,
        search_id: int | None = None,
        search_findings: int | None = None,
        completion_flag: bool | None = None,
        search_index: int | None = None,
        search_result: SearchResult | None = None,
    ) -> None:
        self.search_id = search_id
        self.search_findings = search_findings
        self.completion_flag = completion_flag
        self.search_index = search_index
        self.search_result = search_result


class InviteResponse(Primitive):
    NAME: ClassVar[str] = "Invite-Response"
    __slots__ = ("invite_id", "acceptance", "sender", "response_note", "recipient", "invite_note", "screen_name")

    def __init__(
        self,
        invite_id: str | None = None,
        acceptance: bool | None = None,
        sender: Sender | None = None,
        response_note: str | None = None,
        recipient: Recipient | None = None,
        invite_note: str | None = None,
        screen_name: ScreenName | None = None,
    ) -> None:
        self.invite_id = invite_id
        self.acceptance = acceptance
        self.sender = sender
        self.response_note = response_note
        self.recipient = recipient
        self.invite_note = invite_note
        self.screen_name = screen_name


class InviteUserRequest(Primitive):
    NAME: ClassVar[str] = "InviteUser-Request"
    __slots__ = (
        "invite_id",
        "invite_type",
        "sender",
        "group_id",
        "presence_sub_list",
        "url_list",
        "invite_note",
        "validity",
        "recipient",
        "application_id",
        "screen_name",
    )

    def __init__(
        self,
        invite_id: str | None = None,
        invite_type: str | None = None,
        sender: Sender | None = None,
        group_id: str | None = None,
        presence_sub_list: PresenceSubList | None = None,
        url_list: URLList | None = None,
        invite_note: str | None = None,
        validity: int | None = None,
        recipient: Recipient | None = None,
        application_id: str | None = None,
        screen_name: ScreenName | None = None,
    ) -> None:
        self.invite_id = invite_id
        self.invite_type = invite_type
        self.sender = sender
        self.group_id = group_id
        self.presence_sub_list = presence_sub_list
        self.url_list = url_list
        self.invite_note = invite_note
        self.validity = validity
        self.recipient = recipient
        self.application_id = application_id
        self.screen_name = screen_name


class CancelInviteUserRequest(Primitive):
    NAME: ClassVar[str] = "CancelInviteUser-Request"
    __slots__ = (
        "invite_id",
        "sender",
        "invite_note",
        "url_list",
        "recipient",
        "application_id",
        "group_id",
        "presence_sub_list",
        "screen_name",
    )

    def __init__(
        self,
        invite_id: str | None = None,
        sender: Sender | None = None,
        invite_note: str | None = None,
        url_list: URLList | None = None,
        recipient: Recipient | None = None,
        application_id: str | None = None,
        group_id: str | None = None,
        presence_sub_list: PresenceSubList | None = None,
        screen_name: ScreenName | None = None,
    ) -> None:
        self.invite_id = invite_id
        self.sender = sender
        self.invite_note = invite_note
        self.url_list = url_list
        self.recipient = recipient
        self.application_id = application_id
        self.group_id = group_id
        self.presence_sub_list = presence_sub_list
        self.screen_name = screen_name


class PresenceNotificationRequest(Primitive):
    NAME: ClassVar[str] = "PresenceNotification-Request"
    __slots__ = ("presence",)

    def __init__(self, presence: list[Presence] | None = None) -> None:
        self.presence = [] if presence is None else presence


class GetWatcherListResponse(Primitive):
    NAME: ClassVar[str] = "GetWatcherList-Response"
    __slots__ = ("user", "history_period", "watcher", "watcher_count")

    def __init__(
        self,
        user: list[User] | None = None,
        history_period: int | None = None,
        watcher: list[Watcher] | None = None,
        watcher_count: int | None = None,
    ) -> None:
        self.user = [] if user is None else user
        self.history_period = history_period
        self.watcher = [] if watcher is None else watcher
        self.watcher_count = watcher_count


class GetPresenceResponse(Primitive):
    NAME: ClassVar[str] = "GetPresence-Response"
    __slots__ = ("result", "presence")

    def __init__(self, result: Result | None = None, presence: list[Presence] | None = None) -> None:
        self.result = result
        self.presence = [] if presence is None else presence


class PresenceAuthRequest(Primitive):
    NAME: ClassVar[str] = "PresenceAuth-Request"
    __slots__ = ("user_id", "presence_sub_list")

    def __init__(self, user_id: str | None = None, presence_sub_list: PresenceSubList | None = None) -> None:
        self.user_id = user_id
        self.presence_sub_list = presence_sub_list


class GetListResponse(Primitive):
    NAME: ClassVar[str] = "GetList-Response"
    __slots__ = ("contact_list", "default_contact_list", "contact_list_id_list")

    def __init__(
        self,
        contact_list: list[str] | None = None,
        default_contact_list: str | None = None,
        contact_list_id_list: ContactListIDList | None = None,
    ) -> None:
        self.contact_list = [] if contact_list is None else contact_list
        self.default_contact_list = default_contact_list
        self.contact_list_id_list = contact_list_id_list


class ListManageResponse(Primitive):
    NAME: ClassVar[str] = "ListManage-Response"
    __slots__ = ("result", "nick_list", "contact_list_properties")

    def __init__(
        self,
        result: Result | None = None,
        nick_list: NickList | None = None,
        contact_list_properties: ContactListProperties | None = None,
    ) -> None:
        self.result = result
        self.nick_list = nick_list
        self.contact_list_properties = contact_list_properties


class GetAttributeListResponse(Primitive):
    NAME: ClassVar[str] = "GetAttributeList-Response"
    __slots__ = ("result", "default_attribute_list", "presence")

    def __init__(
        self,
        result: Result | None = None,
        default_attribute_list: DefaultAttributeList | None = None,
        presence: list[Presence] | None = None,
    ) -> None:
        self.result = result
        self.default_attribute_list = default_attribute_list
        self.presence = [] if presence is None else presence


class SendMessageResponse(Primitive):
    NAME: ClassVar[str] = "SendMessage-Response"
    __slots__ = ("result", "message_id")

    def __init__(self, result: Result | None = None, message_id: str | None = None) -> None:
        self.result = result
        self.message_id = message_id


class GetMessageListResponse(Primitive):
    NAME: ClassVar[str] = "GetMessageList-Response"
    __slots__ = ("message_info", "message_info_list", "message_total_count")

    def __init__(
        self,
        message_info: list[MessageInfo] | None = None,
        message_info_list: MessageInfoList | None = None,
        message_total_count: int | None = None,
    ) -> None:
        self.message_info = [] if message_info is None else message_info
        self.message_info_list = message_info_list
        self.message_total_count = message_total_count


class GetMessageResponse(Primitive):
    NAME: ClassVar[str] = "GetMessage-Response"
    __slots__ = ("message_info", "content_data")

    def __init__(self, message_info: MessageInfo | None = None, content_data: str | None = None) -> None:
        self.message_info = message_info
        self.content_data = content_data


class GetBlockedListResponse(Primitive):
    NAME: ClassVar[str] = "GetBlockedList-Response"
    __slots__ = ("block_list", "grant_list", "block_list_in_use", "grant_list_in_use")

    def __init__(
        self,
        block_list: BlockList | None = None,
        grant_list: GrantList | None = None,
        block_list_in_use: bool | None = None,
        grant_list_in_use: bool | None = None,
    ) -> None:
        self.block_list = block_list
        self.grant_list = grant_list
        self.block_list_in_use = block_list_in_use
        self.grant_list_in_use = grant_list_in_use


class JoinGroupResponse(Primitive):
    NAME: ClassVar[str] = "JoinGroup-Response"
    __slots__ = ("user_list", "welcome_note", "user_map_list", "joined", "screen_name")

    def __init__(
        self,
        user_list: UserList | None = None,
        welcome_note: WelcomeNote | None = None,
        user_map_list: UserMapList | None = None,
        joined: Joined | None = None,
        screen_name: ScreenName | None = None,
    ) -> None:
        self.user_list = user_list
        self.welcome_note = welcome_note
        self.user_map_list = user_map_list
        self.joined = joined
        self.screen_name = screen_name


class GetGroupMembersResponse(Primitive):
    NAME: ClassVar[str] = "GetGroupMembers-Response"
    __slots__ = ("admin", "mod", "users", "user_list")

    def __init__(
        self, admin: Admin | None = None, mod: Mod | None = None, users: Users | None = None, user_list: UserList | None = None
    ) -> None:
        self.admin = admin
        self.mod = mod
        self.users = users
        self.user_list = user_list


class GetGroupPropsResponse(Primitive):
    NAME: ClassVar[str] = "GetGroupProps-Response"
    __slots__ = ("group_properties", "own_properties")

    def __init__(self, group_properties: GroupProperties | None = None, own_properties: OwnProperties | None = None) -> None:
        self.group_properties = group_properties
        self.own_properties = own_properties


class RejectListResponse(Primitive):
    NAME: ClassVar[str] = "RejectList-Response"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class SubscribeGroupNoticeResponse(Primitive):
    NAME: ClassVar[str] = "SubscribeGroupNotice-Response"
    __slots__ = ("value",)

    def __init__(self, value: str | None = None) -> None:
        self.value = value


class RegistrationRequest(Primitive):
    NAME: ClassVar[str] = "Registration-Request"
    __slots__ = ("user", "password", "msisdn", "email_id", "security_question", "answer")

    def __init__(
        self,
        user: User | None = None,
        password: str | None = None,
        msisdn: str | None = None,
        email_id: str | None = None,
        security_question: str | None = None,
        answer: str | None = None,
    ) -> None:
        self.user = user
        self.password = password
        self.msisdn = msisdn
        self.email_id = email_id
        self.security_question = security_question
        self.answer = answer


class RegistrationResponse(Primitive):
    NAME: ClassVar[str] = "Registration-Response"
    __slots__ = ("user_id", "result")

    def __init__(self, user_id: str | None = None, result: Result | None = None) -> None:
        self.user_id = user_id
        self.result = result


class GetNewPasswordRequest(Primitive):
    NAME: ClassVar[str] = "GetNewPassword-Request"
    __slots__ = ("user", "password", "security_question", "answer")

    def __init__(
        self,
        user: User | None = None,
        password: str | None = None,
        security_question: str | None = None,
        answer: str | None = None,
    ) -> None:
        self.user = user
        self.password = password
        self.security_question = security_question
        self.answer = answer


class GetNewPasswordResponse(Primitive):
    NAME: ClassVar[str] = "GetNewPassword-Response"
    __slots__ = ("password", "result")

    def __init__(self, password: str | None = None, result: Result | None = None) -> None:
        self.password = password
        self.result = result


class VerifyIDRequest(Primitive):
    NAME: ClassVar[str] = "VerifyID-Request"
    __slots__ = ("id_list",)

    def __init__(self, id_list: IDList | None = None) -> None:
        self.id_list = id_list


class GetReactiveAuthStatusRequest(Primitive):
    NAME: ClassVar[str] = "GetReactiveAuthStatus-Request"
    __slots__ = ("user_id",)

    def __init__(self, user_id: list[str] | None = None) -> None:
        self.user_id = [] if user_id is None else user_id


class GetReactiveAuthStatusResponse(Primitive):
    NAME: ClassVar[str] = "GetReactiveAuthStatus-Response"
    __slots__ = ("reactive_auth_status_list",)

    def __init__(self, reactive_auth_status_list: ReactiveAuthStatusList | None = None) -> None:
        self.reactive_auth_status_list = reactive_auth_status_list


class GetJoinedUsersRequest(Primitive):
    NAME: ClassVar[str] = "GetJoinedUsers-Request"
    __slots__ = ("group_id",)

    def __init__(self, group_id: str | None = None) -> None:
        self.group_id = group_id


class GetJoinedUsersResponse(Primitive):
    NAME: ClassVar[str] = "GetJoinedUsers-Response"
    __slots__ = ("admin_map_list", "user_map_list", "joined_blocked")

    def __init__(
        self,
        admin_map_list: AdminMapList | None = None,
        user_map_list: UserMapList | None = None,
        joined_blocked: JoinedBlocked | None = None,
    ) -> None:
        self.admin_map_list = admin_map_list
        self.user_map_list = user_map_list
        self.joined_blocked = joined_blocked


class ForwardMessageResponse(Primitive):
    NAME: ClassVar[str] = "ForwardMessage-Response"
    __slots__ = ("message_id",)

    def __init__(self, message_id: str | None = None) -> None:
        self.message_id = message_id


class ExtendConversationRequest(Primitive):
    NAME: ClassVar[str] = "ExtendConversation-Request"
    __slots__ = (
        "extend_conversation_id",
        "user_id_list",
        "extend_conversation_user",
        "subscribe_notification",
        "welcome_note",
        "screen_name",
    )

    def __init__(
        self,
        extend_conversation_id: str | None = None,
        user_id_list: UserIDList | None = None,
        extend_conversation_user: ExtendConversationUser | None = None,
        subscribe_notification: bool | None = None,
        welcome_note: WelcomeNote | None = None,
        screen_name: ScreenName | None = None,
    ) -> None:
        self.extend_conversation_id = extend_conversation_id
        self.user_id_list = user_id_list
        self.extend_conversation_user = extend_conversation_user
        self.subscribe_notification = subscribe_notification
        self.welcome_note = welcome_note
        self.screen_name = screen_name


class ExtendConversationResponse(Primitive):
    NAME: ClassVar[str] = "ExtendConversation-Response"
    __slots__ = ("extend_conversation_id", "group_id", "response_note", "result")

    def __init__(
        self,
        extend_conversation_id: str | None = None,
        group_id: str | None = None,
        response_note: str | None = None,
        result: Result | None = None,
    ) -> None:
        self.extend_conversation_id = extend_conversation_id
        self.group_id = group_id
        self.response_note = response_note
        self.result = result


class CreateListResponse(Primitive):
    NAME: ClassVar[str] = "CreateList-Response"
    __slots__ = ("contact_list", "contact_list_properties")

    def __init__(self, contact_list: str | None = None, contact_list_properties: ContactListProperties | None = None) -> None:
        self.contact_list = contact_list
        self.contact_list_properties = contact_list_properties


class GetMapRequest(Primitive):
    NAME: ClassVar[str] = "GetMap-Request"
    __slots__ = ("user_id", "presence_sub_list")

    def __init__(self, user_id: str | None = None, presence_sub_list: PresenceSubList | None = None) -> None:
        self.user_id = user_id
        self.presence_sub_list = presence_sub_list


class GetMapResponse(Primitive):
    NAME: ClassVar[str] = "GetMap-Response"
    __slots__ = ("map", "url")

    def __init__(self, map: Map | None = None, url: str | None = None) -> None:
        self.map = map
        self.url = url


class GetSegmentRequest(Primitive):
    NAME: ClassVar[str] = "GetSegment-Request"
    __slots__ = ("segment_id",)

    def __init__(self, segment_id: SegmentID | None = None) -> None:
        self.segment_id = segment_id


class GetSegmentResponse(Primitive):
    NAME: ClassVar[str] = "GetSegment-Response"
    __slots__ = ("segment_content",)

    def __init__(self, segment_content: str | None = None) -> None:
        self.segment_content = segment_content


class DropSegmentRequest(Primitive):
    NAME: ClassVar[str] = "DropSegment-Request"
    __slots__ = ("segment_id",)

    def __init__(self, segment_id: SegmentID | None = None) -> None:
        self.segment_id = segment_id


class SystemMessageRequest(Primitive):
    NAME: ClassVar[str] = "SystemMessage-Request"
    __slots__ = ("system_message_list",)

    def __init__(self, system_message_list: SystemMessageList | None = None) -> None:
        self.system_message_list = system_message_list


class SystemMessageUser(Primitive):
    NAME: ClassVar[str] = "SystemMessage-User"
    __slots__ = ("system_message_response_list",)

    def __init__(self, system_message_response_list: SystemMessageResponseList | None = None) -> None:
        self.system_message_response_list = system_message_response_list


class SubscribeNotificationRequest(Primitive):
    NAME: ClassVar[str] = "SubscribeNotification-Request"
    __slots__ = ("notification_type_list",)

    def __init__(self, notification_type_list: NotificationTypeList | None = None) -> None:
        self.notification_type_list = notification_type_list


class UnsubscribeNotificationRequest(Primitive):
    NAME: ClassVar[str] = "UnsubscribeNotification-Request"
    __slots__ = ("notification_type_list",)

    def __init__(self, notification_type_list: NotificationTypeList | None = None) -> None:
        self.notification_type_list = notification_type_list


class NotificationRequest(Primitive):
    NAME: ClassVar[str] = "Notification-Request"
    __slots__ = (
        "notification_type",
        "block_list_in_use",
        "grant_list_in_use",
        "group_id",
        "contact_list_id_list",
        "invite_id",
        "online_etem_handling",
        "presence_sub_list",
        "user_id_list",
        "default_list",
        "session_priority",
        "user_list",
        "user_id_pair",
    )

    def __init__(
        self,
        notification_type: str | None = None,
        block_list_in_use: bool | None = None,
        grant_list_in_use: bool | None = None,
        group_id: str | None = None,
        contact_list_id_list: ContactListIDList | None = None,
        invite_id: str | None = None,
        online_etem_handling: str | None = None,
        presence_sub_list: PresenceSubList | None = None,
        user_id_list: UserIDList | None = None,
        default_list: bool | None = None,
        session_priority: int | None = None,
        user_list: UserList | None = None,
        user_id_pair: UserIDPair | None = None,
    ) -> None:
        self.notification_type = notification_type
        self.block_list_in_use = block_list_in_use
        self.grant_list_in_use = grant_list_in_use
        self.group_id = group_id
        self.contact_list_id_list = contact_list_id_list
        self.invite_id = invite_id
        self.online_etem_handling = online_etem_handling
        self.presence_sub_list = presence_sub_list
        self.user_id_list = user_id_list
        self.default_list = default_list
        self.session_priority = session_priority
        self.user_list = user_list
        self.user_id_pair = user_id_pair


class GetPublicProfileRequest(Primitive):
    NAME: ClassVar[str] = "GetPublicProfile-Request"
    __slots__ = ("user_id",)

    def __init__(self, user_id: list[str] | None = None) -> None:
        self.user_id = [] if user_id is None else user_id


class GetPublicProfileResponse(Primitive):
    NAME: ClassVar[str] = "GetPublicProfile-Response"
    __slots__ = ("result", "public_profile")

    def __init__(self, result: Result | None = None, public_profile: list[PublicProfile] | None = None) -> None:
        self.result = result
        self.public_profile = [] if public_profile is None else public_profile


class UpdatePublicProfileRequest(Primitive):
    NAME: ClassVar[str] = "UpdatePublicProfile-Request"
    __slots__ = ("clear_public_profile", "public_profile")

    def __init__(self, clear_public_profile: bool | None = None, public_profile: PublicProfile | None = None) -> None:
        self.clear_public_profile = clear_public_profile
        self.public_profile = public_profile


class Sender(Node):
    NAME: ClassVar[str] = "Sender"
    __slots__ = ("user", "group")

    def __init__(self, user: User | None = None, group: Group | None = None) -> None:
        self.user = user
        self.group = group


class Recipient(Node):
    NAME: ClassVar[str] = "Recipient"
    __slots__ = ("user", "group", "contact_list")

    def __init__(
        self, user: list[User] | None = None, group: list[Group] | None = None, contact_list: list[str] | None = None
    ) -> None:
        self.user = [] if user is None else user
        self.group = [] if group is None else group
        self.contact_list = [] if contact_list is None else contact_list


class User(Node):
    NAME: ClassVar[str] = "User"
    __slots__ = ("user_id", "client_id", "friendly_name", "application_id", "property")

    def __init__(
        self,
        user_id: str | None = None,
        client_id: ClientID | None = None,
        friendly_name: str | None = None,
        application_id: str | None = None,
        property: Property | None = None,
    ) -> None:
        self.user_id = user_id
        self.client_id = client_id
        self.friendly_name = friendly_name
        self.application_id = application_id
        self.property = property


class Group(Node):
    NAME: ClassVar[str] = "Group"
    __slots__ = ("group_id", "screen_name")

    def __init__(self, group_id: str | None = None, screen_name: ScreenName | None = None) -> None:
        self.group_id = group_id
        self.screen_name = screen_name


class ClientID(Node):
    NAME: ClassVar[str] = "ClientID"
    __slots__ = ("url", "msisdn", "text")

    def __init__(self, url: str | None = None, msisdn: str | None = None, text: str | None = None) -> None:
        self.url = url
        self.msisdn = msisdn
        self.text = text


class ScreenName(Node):
    NAME: ClassVar[str] = "ScreenName"
    __slots__ = ("s_name", "group_id")

    def __init__(self, s_name: str | None = None, group_id: str | None = None) -> None:
        self.s_name = s_name
        self.group_id = group_id


class NickName(Node):
    NAME: ClassVar[str] = "NickName"
    __slots__ = ("name", "user_id", "user")

    def __init__(self, name: str | None = None, user_id: str | None = None, user: User | None = None) -> None:
        self.name = name
        self.user_id = user_id
        self.user = user


class URLList(Node):
    NAME: ClassVar[str] = "URLList"
    __slots__ = ("url",)

    def __init__(self, url: list[str] | None = None) -> None:
        self.url = [] if url is None else url


class MessageInfo(Node):
    NAME: ClassVar[str] = "MessageInfo"
    __slots__ = (
        "message_id",
        "message_uri",
        "content_type",
        "content_encoding",
        "content_size",
        "recipient",
        "sender",
        "date_time",
        "validity",
        "content_name",
        "font",
        "ext_block_etem",
    )

    def __init__(
        self,
        message_id: str | None = None,
        message_uri: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_size: int | None = None,
        recipient: Recipient | None = None,
        sender: Sender | None = None,
        date_time: str | None = None,
        validity: int | None = None,
        content_name: str | None = None,
        font: Font | None = None,
        ext_block_etem: list[str] | None = None,
    ) -> None:
        self.message_id = message_id
        self.message_uri = message_uri
        self.content_type = content_type
        self.content_encoding = content_encoding
        self.content_size = content_size
        self.recipient = recipient
        self.sender = sender
        self.date_time = date_time
        self.validity = validity
        self.content_name = content_name
        self.font = font
        self.ext_block_etem = [] if ext_block_etem is None else ext_block_etem


class Logo(Node):
    NAME: ClassVar[str] = "Logo"
    __slots__ = ("content_type", "content_size", "content_encoding", "content_data")

    def __init__(
        self,
        content_type: str | None = None,
        content_size: int | None = None,
        content_encoding: str | None = None,
        content_data: str | None = None,
    ) -> None:
        self.content_type = content_type
        self.content_size = content_size
        self.content_encoding = content_encoding
        self.content_data = content_data


class CapabilityList(Node):
    NAME: ClassVar[str] = "CapabilityList"
    __slots__ = (
        "client_type",
        "initial_delivery_method",
        "any_content",
        "accepted_content_type",
        "accepted_charset",
        "accepted_transfer_encoding",
        "accepted_content_length",
        "supported_bearer",
        "multi_trans",
        "parser_size",
        "supported_cir_method",
        "udp_port",
        "tcp_address",
        "tcp_port",
        "server_poll_min",
        "default_language",
        "accepted_pull_length",
        "accepted_push_length",
        "accepted_text_content_length",
        "multi_trans_per_message",
        "offline_etem_handling",
        "online_etem_handling",
        "plain_text_charset",
        "supported_offline_bearer",
        "session_priority",
    )

    def __init__(
        self,
        client_type: str | None = None,
        initial_delivery_method: str | None = None,
        any_content: bool | None = None,
        accepted_content_type: list[AcceptedContentType] | None = None,
        accepted_charset: list[int] | None = None,
        accepted_transfer_encoding: list[str] | None = None,
        accepted_content_length: int | None = None,
        supported_bearer: list[str] | None = None,
        multi_trans: int | None = None,
        parser_size: int | None = None,
        supported_cir_method: list[str] | None = None,
        udp_port: int | None = None,
        tcp_address: str | None = None,
        tcp_port: int | None = None,
        server_poll_min: int | None = None,
        default_language: str | None = None,
        accepted_pull_length: int | None = None,
        accepted_push_length: int | None = None,
        accepted_text_content_length: int | None = None,
        multi_trans_per_message: int | None = None,
        offline_etem_handling: str | None = None,
        online_etem_handling: str | None = None,
        plain_text_charset: list[int] | None = None,
        supported_offline_bearer: list[str] | None = None,
        session_priority: int | None = None,
    ) -> None:
        self.client_type = client_type
        self.initial_delivery_method = initial_delivery_method
        self.any_content = any_content
        self.accepted_content_type = [] if accepted_content_type is None else accepted_content_type
        self.accepted_charset = [] if accepted_charset is None else accepted_charset
        self.accepted_transfer_encoding = [] if accepted_transfer_encoding is None else accepted_transfer_encoding
        self.accepted_content_length = accepted_content_length
        self.supported_bearer = [] if supported_bearer is None else supported_bearer
        self.multi_trans = multi_trans
        self.parser_size = parser_size
        self.supported_cir_method = [] if supported_cir_method is None else supported_cir_method
        self.udp_port = udp_port
        self.tcp_address = tcp_address
        self.tcp_port = tcp_port
        self.server_poll_min = server_poll_min
        self.default_language = default_language
        self.accepted_pull_length = accepted_pull_length
        self.accepted_push_length = accepted_push_length
        self.accepted_text_content_length = accepted_text_content_length
        self.multi_trans_per_message = multi_trans_per_message
        self.offline_etem_handling = offline_etem_handling
        self.online_etem_handling = online_etem_handling
        self.plain_text_charset = [] if plain_text_charset is None else plain_text_charset
        self.supported_offline_bearer = [] if supported_offline_bearer is None else supported_offline_bearer
        self.session_priority = session_priority


class AcceptedContentType(Node):
    NAME: ClassVar[str] = "AcceptedContentType"
    __slots__ = ("content_type", "accepted_rich_content_length", "content_policy", "content_policy_limit", "text")

    def __init__(
        self,
        content_type: str | None = None,
        accepted_rich_content_length: int | None = None,
        content_policy: str | None = None,
        content_policy_limit: int | None = None,
        text: str | None = None,
    ) -> None:
        self.content_type = content_type
        self.accepted_rich_content_length = accepted_rich_content_length
        self.content_policy = content_policy
        self.content_policy_limit = content_policy_limit
        self.text = text


class GroupList(Node):
    NAME: ClassVar[str] = "GroupList"
    __slots__ = ("group_id",)

    def __init__(self, group_id: list[str] | None = None) -> None:
        self.group_id = [] if group_id is None else group_id


class UserList(Node):
    NAME: ClassVar[str] = "UserList"
    __slots__ = ("user", "screen_name")

    def __init__(self, user: list[User] | None = None, screen_name: list[ScreenName] | None = None) -> None:
        self.user = [] if user is None else user
        self.screen_name = [] if screen_name is None else screen_name


class AddNickList(Node):
    NAME: ClassVar[str] = "AddNickList"
    __slots__ = ("nick_name", "user_id")

    def __init__(self, nick_name: list[NickName] | None = None, user_id: list[str] | None = None) -> None:
        self.nick_name = [] if nick_name is None else nick_name
        self.user_id = [] if user_id is None else user_id


class NickList(Node):
    NAME: ClassVar[str] = "NickList"
    __slots__ = ("nick_name", "user_id")

    def __init__(self, nick_name: list[NickName] | None = None, user_id: list[str] | None = None) -> None:
        self.nick_name = [] if nick_name is None else nick_name
        self.user_id = [] if user_id is None else user_id


class RemoveNickList(Node):
    NAME: ClassVar[str] = "RemoveNickList"
    __slots__ = ("user_id",)

    def __init__(self, user_id: list[str] | None = None) -> None:
        self.user_id = [] if user_id is None else user_id


class AllFunctions(Node):
    NAME: ClassVar[str] = "AllFunctions"
    __slots__ = ("wvcsp_feat",)

    def __init__(self, wvcsp_feat: WVCSPFeat | None = None) -> None:
        self.wvcsp_feat = wvcsp_feat


class Functions(Node):
    NAME: ClassVar[str] = "Functions"
    __slots__ = ("wvcsp_feat",)

    def __init__(self, wvcsp_feat: WVCSPFeat | None = None) -> None:
        self.wvcsp_feat = wvcsp_feat


class WVCSPFeat(Node):
    NAME: ClassVar[str] = "WVCSPFeat"
    __slots__ = ("fundamental_feat", "presence_feat", "im_feat", "group_feat")

    def __init__(
        self,
        fundamental_feat: FundamentalFeat | None = None,
        presence_feat: PresenceFeat | None = None,
        im_feat: IMFeat | None = None,
        group_feat: GroupFeat | None = None,
    ) -> None:
        self.fundamental_feat = fundamental_feat
        self.presence_feat = presence_feat
        self.im_feat = im_feat
        self.group_feat = group_feat


class FundamentalFeat(Node):
    NAME: ClassVar[str] = "FundamentalFeat"
    __slots__ = ("service_func", "search_func", "invite_func", "mf", "verify_id_func")

    def __init__(
        self,
        service_func: ServiceFunc | None = None,
        search_func: SearchFunc | None = None,
        invite_func: InviteFunc | None = None,
        mf: bool = False,
        verify_id_func: VerifyIDFunc | None = None,
    ) -> None:
        self.service_func = service_func
        self.search_func = search_func
        self.invite_func = invite_func
        self.mf = mf
        self.verify_id_func = verify_id_func


class PresenceFeat(Node):
    NAME: ClassVar[str] = "PresenceFeat"
    __slots__ = ("cont_list_func", "presence_auth_func", "presence_deliver_func", "att_list_func", "mp")

    def __init__(
        self,
        cont_list_func: ContListFunc | None = None,
        presence_auth_func: PresenceAuthFunc | None = None,
        presence_deliver_func: PresenceDeliverFunc | None = None,
        att_list_func: AttListFunc | None = None,
        mp: bool = False,
    ) -> None:
        self.cont_list_func = cont_list_func
        self.presence_auth_func = presence_auth_func
        self.presence_deliver_func = presence_deliver_func
        self.att_list_func = att_list_func
        self.mp = mp


class IMFeat(Node):
    NAME: ClassVar[str] = "IMFeat"
    __slots__ = ("im_send_func", "im_receive_func", "im_auth_func", "mm")

    def __init__(
        self,
        im_send_func: IMSendFunc | None = None,
        im_receive_func: IMReceiveFunc | None = None,
        im_auth_func: IMAuthFunc | None = None,
        mm: bool = False,
    ) -> None:
        self.im_send_func = im_send_func
        self.im_receive_func = im_receive_func
        self.im_auth_func = im_auth_func
        self.mm = mm


class GroupFeat(Node):
    NAME: ClassVar[str] = "GroupFeat"
    __slots__ = ("group_mgmt_func", "group_use_func", "group_auth_func", "mg")

    def __init__(
        self,
        group_mgmt_func: GroupMgmtFunc | None = None,
        group_use_func: GroupUseFunc | None = None,
        group_auth_func: GroupAuthFunc | None = None,
        mg: bool = False,
    ) -> None:
        self.group_mgmt_func = group_mgmt_func
        self.group_use_func = group_use_func
        self.group_auth_func = group_auth_func
        self.mg = mg


class ServiceFunc(Node):
    NAME: ClassVar[str] = "ServiceFunc"
    __slots__ = ("getspi", "getmap", "sgmnt")

    def __init__(self, getspi: bool = False, getmap: bool = False, sgmnt: bool = False) -> None:
        self.getspi = getspi
        self.getmap = getmap
        self.sgmnt = sgmnt


class SearchFunc(Node):
    NAME: ClassVar[str] = "SearchFunc"
    __slots__ = ("srch", "stsrc", "advsr")

    def __init__(self, srch: bool = False, stsrc: bool = False, advsr: bool = False) -> None:
        self.srch = srch
        self.stsrc = stsrc
        self.advsr = advsr


class InviteFunc(Node):
    NAME: ClassVar[str] = "InviteFunc"
    __slots__ = ("invit", "cainv")

    def __init__(self, invit: bool = False, cainv: bool = False) -> None:
        self.invit = invit
        self.cainv = cainv


class ContListFunc(Node):
    NAME: ClassVar[str] = "ContListFunc"
    __slots__ = ("gcli", "ccli", "dcli", "mcls")

    def __init__(self, gcli: bool = False, ccli: bool = False, dcli: bool = False, mcls: bool = False) -> None:
        self.gcli = gcli
        self.ccli = ccli
        self.dcli = dcli
        self.mcls = mcls


class PresenceAuthFunc(Node):
    NAME: ClassVar[str] = "PresenceAuthFunc"
    __slots__ = ("getwl", "react", "caaut", "getaut")

    def __init__(self, getwl: bool = False, react: bool = False, caaut: bool = False, getaut: bool = False) -> None:
        self.getwl = getwl
        self.react = react
        self.caaut = caaut
        self.getaut = getaut


class PresenceDeliverFunc(Node):
    NAME: ClassVar[str] = "PresenceDeliverFunc"
    __slots__ = ("getpr", "updpr")

    def __init__(self, getpr: bool = False, updpr: bool = False) -> None:
        self.getpr = getpr
        self.updpr = updpr


class AttListFunc(Node):
    NAME: ClassVar[str] = "AttListFunc"
    __slots__ = ("cali", "dali", "gals")

    def __init__(self, cali: bool = False, dali: bool = False, gals: bool = False) -> None:
        self.cali = cali
        self.dali = dali
        self.gals = gals


class IMSendFunc(Node):
    NAME: ClassVar[str] = "IMSendFunc"
    __slots__ = ("mdeliv", "fwmsg")

    def __init__(self, mdeliv: bool = False, fwmsg: bool = False) -> None:
        self.mdeliv = mdeliv
        self.fwmsg = fwmsg


class IMReceiveFunc(Node):
    NAME: ClassVar[str] = "IMReceiveFunc"
    __slots__ = ("setd", "getlm", "getm", "rejcm", "notif", "newm", "offnotif")

    def __init__(
        self,
        setd: bool = False,
        getlm: bool = False,
        getm: bool = False,
        rejcm: bool = False,
        notif: bool = False,
        newm: bool = False,
        offnotif: bool = False,
    ) -> None:
        self.setd = setd
        self.getlm = getlm
        self.getm = getm
        self.rejcm = rejcm
        self.notif = notif
        self.newm = newm
        self.offnotif = offnotif


class IMAuthFunc(Node):
    NAME: ClassVar[str] = "IMAuthFunc"
    __slots__ = ("glblu", "blent")

    def __init__(self, glblu: bool = False, blent: bool = False) -> None:
        self.glblu = glblu
        self.blent = blent


class GroupMgmtFunc(Node):
    NAME: ClassVar[str] = "GroupMgmtFunc"
    __slots__ = ("creag", "delgr", "getgp", "setgp")

    def __init__(self, creag: bool = False, delgr: bool = False, getgp: bool = False, setgp: bool = False) -> None:
        self.creag = creag
        self.delgr = delgr
        self.getgp = getgp
        self.setgp = setgp


class GroupUseFunc(Node):
    NAME: ClassVar[str] = "GroupUseFunc"
    __slots__ = ("subgcn", "grchn", "excon")

    def __init__(self, subgcn: bool = False, grchn: bool = False, excon: bool = False) -> None:
        self.subgcn = subgcn
        self.grchn = grchn
        self.excon = excon


class GroupAuthFunc(Node):
    NAME: ClassVar[str] = "GroupAuthFunc"
    __slots__ = ("getgm", "addgm", "rmvgm", "mbrac", "rejec", "getju")

    def __init__(
        self,
        getgm: bool = False,
        addgm: bool = False,
        rmvgm: bool = False,
        mbrac: bool = False,
        rejec: bool = False,
        getju: bool = False,
    ) -> None:
        self.getgm = getgm
        self.addgm = addgm
        self.rmvgm = rmvgm
        self.mbrac = mbrac
        self.rejec = rejec
        self.getju = getju


class BlockList(Node):
    NAME: ClassVar[str] = "BlockList"
    __slots__ = ("in_use", "entity_list", "add_list", "remove_list")

    def __init__(
        self,
        in_use: bool | None = None,
        entity_list: EntityList | None = None,
        add_list: AddList | None = None,
        remove_list: RemoveList | None = None,
    ) -> None:
        self.in_use = in_use
        self.entity_list = entity_list
        self.add_list = add_list
        self.remove_list = remove_list


class PresenceSubList(Node):
    NAME: ClassVar[str] = "PresenceSubList"
    __slots__ = (
        "online_status",
        "registration",
        "client_info",
        "time_zone",
        "geo_location",
        "address",
        "free_text_location",
        "plmn",
        "comm_cap",
        "user_availability",
        "preferred_contacts",
        "preferred_language",
        "status_text",
        "status_mood",
        "alias",
        "status_content",
        "contact_info",
        "info_link",
    )

    def __init__(
        self,
        online_status: OnlineStatus | None = None,
        registration: Registration | None = None,
        client_info: ClientInfo | None = None,
        time_zone: TimeZone | None = None,
        geo_location: GeoLocation | None = None,
        address: Address | None = None,
        free_text_location: FreeTextLocation | None = None,
        plmn: PLMN | None = None,
        comm_cap: CommCap | None = None,
        user_availability: UserAvailability | None = None,
        preferred_contacts: PreferredContacts | None = None,
        preferred_language: PreferredLanguage | None = None,
        status_text: StatusText | None = None,
        status_mood: StatusMood | None = None,
        alias: Alias | None = None,
        status_content: StatusContent | None = None,
        contact_info: ContactInfo | None = None,
        info_link: InfoLink | None = None,
    ) -> None:
        self.online_status = online_status
        self.registration = registration
        self.client_info = client_info
        self.time_zone = time_zone
        self.geo_location = geo_location
        self.address = address
        self.free_text_location = free_text_location
        self.plmn = plmn
        self.comm_cap = comm_cap
        self.user_availability = user_availability
        self.preferred_contacts = preferred_contacts
        self.preferred_language = preferred_language
        self.status_text = status_text
        self.status_mood = status_mood
        self.alias = alias
        self.status_content = status_content
        self.contact_info = contact_info
        self.info_link = info_link


class SearchPairList(Node):
    NAME: ClassVar[str] = "SearchPairList"
    __slots__ = ("search_element", "search_string", "pair_id")

    def __init__(self, search_element: str | None = None, search_string: str | None = None, pair_id: int | None = None) -> None:
        self.search_element = search_element
        self.search_string = search_string
        self.pair_id = pair_id


class SearchResult(Node):
    NAME: ClassVar[str] = "SearchResult"
    __slots__ = ("user_list", "group_list")

    def __init__(self, user_list: UserList | None = None, group_list: GroupList | None = None) -> None:
        self.user_list = user_list
        self.group_list = group_list


class GrantList(Node):
    NAME: ClassVar[str] = "GrantList"
    __slots__ = ("in_use", "entity_list", "add_list", "remove_list")

    def __init__(
        self,
        in_use: bool | None = None,
        entity_list: EntityList | None = None,
        add_list: AddList | None = None,
        remove_list: RemoveList | None = None,
    ) -> None:
        self.in_use = in_use
        self.entity_list = entity_list
        self.add_list = add_list
        self.remove_list = remove_list


class EntityList(Node):
    NAME: ClassVar[str] = "EntityList"
    __slots__ = ("user_id", "screen_name", "group_id", "contact_list", "application_id")

    def __init__(
        self,
        user_id: list[str] | None = None,
        screen_name: list[ScreenName] | None = None,
        group_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        application_id: list[str] | None = None,
    ) -> None:
        self.user_id = [] if user_id is None else user_id
        self.screen_name = [] if screen_name is None else screen_name
        self.group_id = [] if group_id is None else group_id
        self.contact_list = [] if contact_list is None else contact_list
        self.application_id = [] if application_id is None else application_id


class AddList(Node):
    NAME: ClassVar[str] = "AddList"
    __slots__ = ("user_id", "screen_name", "group_id", "contact_list", "application_id")

    def __init__(
        self,
        user_id: list[str] | None = None,
        screen_name: list[ScreenName] | None = None,
        group_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        application_id: list[str] | None = None,
    ) -> None:
        self.user_id = [] if user_id is None else user_id
        self.screen_name = [] if screen_name is None else screen_name
        self.group_id = [] if group_id is None else group_id
        self.contact_list = [] if contact_list is None else contact_list
        self.application_id = [] if application_id is None else application_id


class RemoveList(Node):
    NAME: ClassVar[str] = "RemoveList"
    __slots__ = ("user_id", "screen_name", "group_id", "contact_list", "application_id")

    def __init__(
        self,
        user_id: list[str] | None = None,
        screen_name: list[ScreenName] | None = None,
        group_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        application_id: list[str] | None = None,
    ) -> None:
        self.user_id = [] if user_id is None else user_id
        self.screen_name = [] if screen_name is None else screen_name
        self.group_id = [] if group_id is None else group_id
        self.contact_list = [] if contact_list is None else contact_list
        self.application_id = [] if application_id is None else application_id


class ContactListProperties(Node):
    NAME: ClassVar[str] = "ContactListProperties"
    __slots__ = ("property",)

    def __init__(self, property: list[Property] | None = None) -> None:
        self.property = [] if property is None else property


class GroupProperties(Node):
    NAME: ClassVar[str] = "GroupProperties"
    __slots__ = ("property", "welcome_note")

    def __init__(self, property: list[Property] | None = None, welcome_note: WelcomeNote | None = None) -> None:
        self.property = [] if property is None else property
        self.welcome_note = welcome_note


class OwnProperties(Node):
    NAME: ClassVar[str] = "OwnProperties"
    __slots__ = ("property",)

    def __init__(self, property: list[Property] | None = None) -> None:
        self.property = [] if property is None else property


class Property(Node):
    NAME: ClassVar[str] = "Property"
    __slots__ = ("name", "value")

    def __init__(self, name: str | None = None, value: str | None = None) -> None:
        self.name = name
        self.value = value


class WelcomeNote(Node):
    NAME: ClassVar[str] = "WelcomeNote"
    __slots__ = ("content_type", "content_encoding", "content_data")

    def __init__(
        self, content_type: str | None = None, content_encoding: str | None = None, content_data: str | None = None
    ) -> None:
        self.content_type = content_type
        self.content_encoding = content_encoding
        self.content_data = content_data


class Admin(Node):
    NAME: ClassVar[str] = "Admin"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class Mod(Node):
    NAME: ClassVar[str] = "Mod"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class Users(Node):
    NAME: ClassVar[str] = "Users"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class Joined(Node):
    NAME: ClassVar[str] = "Joined"
    __slots__ = ("user_list", "user_map_list")

    def __init__(self, user_list: UserList | None = None, user_map_list: UserMapList | None = None) -> None:
        self.user_list = user_list
        self.user_map_list = user_map_list


class Left(Node):
    NAME: ClassVar[str] = "Left"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class OnlineStatus(Node):
    NAME: ClassVar[str] = "OnlineStatus"
    __slots__ = ("qualifier", "presence_value", "client_id")

    def __init__(
        self, qualifier: bool | None = None, presence_value: str | None = None, client_id: ClientID | None = None
    ) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value
        self.client_id = client_id


class Registration(Node):
    NAME: ClassVar[str] = "Registration"
    __slots__ = ("qualifier", "presence_value", "client_id")

    def __init__(
        self, qualifier: bool | None = None, presence_value: str | None = None, client_id: ClientID | None = None
    ) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value
        self.client_id = client_id


class FreeTextLocation(Node):
    NAME: ClassVar[str] = "FreeTextLocation"
    __slots__ = ("qualifier", "presence_value", "client_id")

    def __init__(
        self, qualifier: bool | None = None, presence_value: str | None = None, client_id: ClientID | None = None
    ) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value
        self.client_id = client_id


class PLMN(Node):
    NAME: ClassVar[str] = "PLMN"
    __slots__ = ("qualifier", "presence_value", "client_id")

    def __init__(
        self, qualifier: bool | None = None, presence_value: str | None = None, client_id: ClientID | None = None
    ) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value
        self.client_id = client_id


class UserAvailability(Node):
    NAME: ClassVar[str] = "UserAvailability"
    __slots__ = ("qualifier", "presence_value")

    def __init__(self, qualifier: bool | None = None, presence_value: str | None = None) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value


class PreferredLanguage(Node):
    NAME: ClassVar[str] = "PreferredLanguage"
    __slots__ = ("qualifier", "presence_value")

    def __init__(self, qualifier: bool | None = None, presence_value: str | None = None) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value


class StatusText(Node):
    NAME: ClassVar[str] = "StatusText"
    __slots__ = ("qualifier", "presence_value")

    def __init__(self, qualifier: bool | None = None, presence_value: str | None = None) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value


class StatusMood(Node):
    NAME: ClassVar[str] = "StatusMood"
    __slots__ = ("qualifier", "presence_value")

    def __init__(self, qualifier: bool | None = None, presence_value: str | None = None) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value


class Alias(Node):
    NAME: ClassVar[str] = "Alias"
    __slots__ = ("qualifier", "presence_value")

    def __init__(self, qualifier: bool | None = None, presence_value: str | None = None) -> None:
        self.qualifier = qualifier
        self.presence_value = presence_value


class ClientInfo(Node):
    NAME: ClassVar[str] = "ClientInfo"
    __slots__ = (
        "qualifier",
        "client_type",
        "dev_manufacturer",
        "client_producer",
        "model",
        "client_version",
        "language",
        "client_id",
        "client_content_limit",
        "client_im_priority",
        "application_id",
    )

    def __init__(
        self,
        qualifier: bool | None = None,
        client_type: str | None = None,
        dev_manufacturer: str | None = None,
        client_producer: str | None = None,
        model: str | None = None,
        client_version: str | None = None,
        language: str | None = None,
        client_id: ClientID | None = None,
        client_content_limit: ClientContentLimit | None = None,
        client_im_priority: int | None = None,
        application_id: str | None = None,
    ) -> None:
        self.qualifier = qualifier
        self.client_type = client_type
        self.dev_manufacturer = dev_manufacturer
        self.client_producer = client_producer
        self.model = model
        self.client_version = client_version
        self.language = language
        self.client_id = client_id
        self.client_content_limit = client_content_limit
        self.client_im_priority = client_im_priority
        self.application_id = application_id


class TimeZone(Node):
    NAME: ClassVar[str] = "TimeZone"
    __slots__ = ("qualifier", "zone", "client_id")

    def __init__(self, qualifier: bool | None = None, zone: str | None = None, client_id: ClientID | None = None) -> None:
        self.qualifier = qualifier
        self.zone = zone
        self.client_id = client_id


class GeoLocation(Node):
    NAME: ClassVar[str] = "GeoLocation"
    __slots__ = ("qualifier", "longitude", "latitude", "altitude", "accuracy", "client_id")

    def __init__(
        self,
        qualifier: bool | None = None,
        longitude: str | None = None,
        latitude: str | None = None,
        altitude: int | None = None,
        accuracy: int | None = None,
        client_id: ClientID | None = None,
    ) -> None:
        self.qualifier = qualifier
        self.longitude = longitude
        self.latitude = latitude
        self.altitude = altitude
        self.accuracy = accuracy
        self.client_id = client_id


class Address(Node):
    NAME: ClassVar[str] = "Address"
    __slots__ = ("qualifier", "country", "city", "street", "crossing1", "crossing2", "building", "named_area", "accuracy")

    def __init__(
        self,
        qualifier: bool | None = None,
        country: str | None = None,
        city: str | None = None,
        street: str | None = None,
        crossing1: str | None = None,
        crossing2: str | None = None,
        building: str | None = None,
        named_area: str | None = None,
        accuracy: int | None = None,
    ) -> None:
        self.qualifier = qualifier
        self.country = country
        self.city = city
        self.street = street
        self.crossing1 = crossing1
        self.crossing2 = crossing2
        self.building = building
        self.named_area = named_area
        self.accuracy = accuracy


class CommCap(Node):
    NAME: ClassVar[str] = "CommCap"
    __slots__ = ("qualifier", "comm_c", "client_id")

    def __init__(
        self, qualifier: bool | None = None, comm_c: list[CommC] | None = None, client_id: ClientID | None = None
    ) -> None:
        self.qualifier = qualifier
        self.comm_c = [] if comm_c is None else comm_c
        self.client_id = client_id


class CommC(Node):
    NAME: ClassVar[str] = "CommC"
    __slots__ = ("cap", "status", "contact", "note")

    def __init__(
        self, cap: str | None = None, status: str | None = None, contact: str | None = None, note: str | None = None
    ) -> None:
        self.cap = cap
        self.status = status
        self.contact = contact
        self.note = note


class PreferredContacts(Node):
    NAME: ClassVar[str] = "PreferredContacts"
    __slots__ = ("qualifier", "addr_pref")

    def __init__(self, qualifier: bool | None = None, addr_pref: list[AddrPref] | None = None) -> None:
        self.qualifier = qualifier
        self.addr_pref = [] if addr_pref is None else addr_pref


class AddrPref(Node):
    NAME: ClassVar[str] = "AddrPref"
    __slots__ = ("pref_c", "caddr", "cstatus", "cname", "cpriority")

    def __init__(
        self,
        pref_c: str | None = None,
        caddr: str | None = None,
        cstatus: str | None = None,
        cname: str | None = None,
        cpriority: int | None = None,
    ) -> None:
        self.pref_c = pref_c
        self.caddr = caddr
        self.cstatus = cstatus
        self.cname = cname
        self.cpriority = cpriority


class StatusContent(Node):
    NAME: ClassVar[str] = "StatusContent"
    __slots__ = ("qualifier", "direct_content", "referred_content", "content_type")

    def __init__(
        self,
        qualifier: bool | None = None,
        direct_content: str | None = None,
        referred_content: str | None = None,
        content_type: str | None = None,
    ) -> None:
        self.qualifier = qualifier
        self.direct_content = direct_content
        self.referred_content = referred_content
        self.content_type = content_type


class ContactInfo(Node):
    NAME: ClassVar[str] = "ContactInfo"
    __slots__ = ("qualifier", "contained_vcard", "referred_vcard")

    def __init__(
        self, qualifier: bool | None = None, contained_vcard: str | None = None, referred_vcard: str | None = None
    ) -> None:
        self.qualifier = qualifier
        self.contained_vcard = contained_vcard
        self.referred_vcard = referred_vcard


class DefaultAttributeList(Node):
    NAME: ClassVar[str] = "DefaultAttributeList"
    __slots__ = ("presence_sub_list", "default_notify")

    def __init__(self, presence_sub_list: list[PresenceSubList] | None = None, default_notify: bool | None = None) -> None:
        self.presence_sub_list = [] if presence_sub_list is None else presence_sub_list
        self.default_notify = default_notify


class Presence(Node):
    NAME: ClassVar[str] = "Presence"
    __slots__ = ("user_id", "contact_list", "presence_sub_list", "user_notify", "contact_list_notify")

    def __init__(
        self,
        user_id: str | None = None,
        contact_list: str | None = None,
        presence_sub_list: list[PresenceSubList] | None = None,
        user_notify: bool | None = None,
        contact_list_notify: bool | None = None,
    ) -> None:
        self.user_id = user_id
        self.contact_list = contact_list
        self.presence_sub_list = [] if presence_sub_list is None else presence_sub_list
        self.user_notify = user_notify
        self.contact_list_notify = contact_list_notify


class AgreedCapabilityList(Node):
    NAME: ClassVar[str] = "AgreedCapabilityList"
    __slots__ = (
        "supported_bearer",
        "supported_cir_method",
        "tcp_address",
        "tcp_port",
        "server_poll_min",
        "cirurl",
        "accepted_content_type",
        "any_content",
        "accepted_pull_length",
        "accepted_push_length",
        "accepted_text_content_length",
        "accepted_transfer_encoding",
        "cirhttp_address",
        "cirsms_address",
        "multi_trans",
        "multi_trans_per_message",
        "offline_etem_handling",
        "online_etem_handling",
        "supported_offline_bearer",
        "udp_address",
        "udp_port",
        "session_priority",
        "user_session_limit",
    )

    def __init__(
        self,
        supported_bearer: list[str] | None = None,
        supported_cir_method: list[str] | None = None,
        tcp_address: str | None = None,
        tcp_port: int | None = None,
        server_poll_min: int | None = None,
        cirurl: CIRURL | None = None,
        accepted_content_type: list[AcceptedContentType] | None = None,
        any_content: bool | None = None,
        accepted_pull_length: int | None = None,
        accepted_push_length: int | None = None,
        accepted_text_content_length: int | None = None,
        accepted_transfer_encoding: list[str] | None = None,
        cirhttp_address: CIRHTTPAddress | None = None,
        cirsms_address: str | None = None,
        multi_trans: int | None = None,
        multi_trans_per_message: int | None = None,
        offline_etem_handling: str | None = None,
        online_etem_handling: str | None = None,
        supported_offline_bearer: list[str] | None = None,
        udp_address: str | None = None,
        udp_port: int | None = None,
        session_priority: int | None = None,
        user_session_limit: int | None = None,
    ) -> None:
        self.supported_bearer = [] if supported_bearer is None else supported_bearer
        self.supported_cir_method = [] if supported_cir_method is None else supported_cir_method
        self.tcp_address = tcp_address
        self.tcp_port = tcp_port
        self.server_poll_min = server_poll_min
        self.cirurl = cirurl
        self.accepted_content_type = [] if accepted_content_type is None else accepted_content_type
        self.any_content = any_content
        self.accepted_pull_length = accepted_pull_length
        self.accepted_push_length = accepted_push_length
        self.accepted_text_content_length = accepted_text_content_length
        self.accepted_transfer_encoding = [] if accepted_transfer_encoding is None else accepted_transfer_encoding
        self.cirhttp_address = cirhttp_address
        self.cirsms_address = cirsms_address
        self.multi_trans = multi_trans
        self.multi_trans_per_message = multi_trans_per_message
        self.offline_etem_handling = offline_etem_handling
        self.online_etem_handling = online_etem_handling
        self.supported_offline_bearer = [] if supported_offline_bearer is None else supported_offline_bearer
        self.udp_address = udp_address
        self.udp_port = udp_port
        self.session_priority = session_priority
        self.user_session_limit = user_session_limit


class CIRURL(Node):
    NAME: ClassVar[str] = "CIRURL"
    __slots__ = ("url",)

    def __init__(self, url: str | None = None) -> None:
        self.url = url


class Watcher(Node):
    NAME: ClassVar[str] = "Watcher"
    __slots__ = ("user", "watcher_status", "user_id", "friendly_name")

    def __init__(
        self,
        user: User | None = None,
        watcher_status: str | None = None,
        user_id: str | None = None,
        friendly_name: str | None = None,
    ) -> None:
        self.user = user
        self.watcher_status = watcher_status
        self.user_id = user_id
        self.friendly_name = friendly_name


class IDList(Node):
    NAME: ClassVar[str] = "IDList"
    __slots__ = ("user_id", "contact_list", "group_id", "screen_name", "domain")

    def __init__(
        self,
        user_id: list[str] | None = None,
        contact_list: list[str] | None = None,
        group_id: list[str] | None = None,
        screen_name: list[ScreenName] | None = None,
        domain: list[str] | None = None,
    ) -> None:
        self.user_id = [] if user_id is None else user_id
        self.contact_list = [] if contact_list is None else contact_list
        self.group_id = [] if group_id is None else group_id
        self.screen_name = [] if screen_name is None else screen_name
        self.domain = [] if domain is None else domain


class ReactiveAuthStatusList(Node):
    NAME: ClassVar[str] = "ReactiveAuthStatusList"
    __slots__ = ("reactive_auth_status",)

    def __init__(self, reactive_auth_status: list[ReactiveAuthStatus] | None = None) -> None:
        self.reactive_auth_status = [] if reactive_auth_status is None else reactive_auth_status


class ReactiveAuthStatus(Node):
    NAME: ClassVar[str] = "ReactiveAuthStatus"
    __slots__ = ("user_id", "reactive_auth_state", "presence_sub_list")

    def __init__(
        self, user_id: str | None = None, reactive_auth_state: str | None = None, presence_sub_list: PresenceSubList | None = None
    ) -> None:
        self.user_id = user_id
        self.reactive_auth_state = reactive_auth_state
        self.presence_sub_list = presence_sub_list


class AdminMapList(Node):
    NAME: ClassVar[str] = "AdminMapList"
    __slots__ = ("admin_mapping", "mod_mapping", "user_mapping")

    def __init__(
        self,
        admin_mapping: AdminMapping | None = None,
        mod_mapping: ModMapping | None = None,
        user_mapping: UserMapping | None = None,
    ) -> None:
        self.admin_mapping = admin_mapping
        self.mod_mapping = mod_mapping
        self.user_mapping = user_mapping


class UserMapList(Node):
    NAME: ClassVar[str] = "UserMapList"
    __slots__ = ("user_mapping",)

    def __init__(self, user_mapping: list[UserMapping] | None = None) -> None:
        self.user_mapping = [] if user_mapping is None else user_mapping


class AdminMapping(Node):
    NAME: ClassVar[str] = "AdminMapping"
    __slots__ = ("mapping",)

    def __init__(self, mapping: list[Mapping] | None = None) -> None:
        self.mapping = [] if mapping is None else mapping


class ModMapping(Node):
    NAME: ClassVar[str] = "ModMapping"
    __slots__ = ("mapping",)

    def __init__(self, mapping: list[Mapping] | None = None) -> None:
        self.mapping = [] if mapping is None else mapping


class UserMapping(Node):
    NAME: ClassVar[str] = "UserMapping"
    __slots__ = ("mapping", "s_name", "user_id")

    def __init__(self, mapping: list[Mapping] | None = None, s_name: str | None = None, user_id: str | None = None) -> None:
        self.mapping = [] if mapping is None else mapping
        self.s_name = s_name
        self.user_id = user_id


class Mapping(Node):
    NAME: ClassVar[str] = "Mapping"
    __slots__ = ("s_name", "user_id")

    def __init__(self, s_name: str | None = None, user_id: str | None = None) -> None:
        self.s_name = s_name
        self.user_id = user_id


class InfoLink(Node):
    NAME: ClassVar[str] = "InfoLink"
    __slots__ = ("qualifier", "inf_link")

    def __init__(self, qualifier: bool | None = None, inf_link: list[InfLink] | None = None) -> None:
        self.qualifier = qualifier
        self.inf_link = [] if inf_link is None else inf_link


class InfLink(Node):
    NAME: ClassVar[str] = "Inf_link"
    __slots__ = ("link", "text", "content_type")

    def __init__(self, link: str | None = None, text: str | None = None, content_type: str | None = None) -> None:
        self.link = link
        self.text = text
        self.content_type = content_type


class VerifyIDFunc(Node):
    NAME: ClassVar[str] = "VerifyIDFunc"
    __slots__ = ("vrid",)

    def __init__(self, vrid: bool = False) -> None:
        self.vrid = vrid


class CIRHTTPAddress(Node):
    NAME: ClassVar[str] = "CIRHTTPAddress"
    __slots__ = ("url",)

    def __init__(self, url: str | None = None) -> None:
        self.url = url


class Font(Node):
    NAME: ClassVar[str] = "Font"
    __slots__ = ("size", "style", "color")

    def __init__(self, size: str | None = None, style: list[str] | None = None, color: str | None = None) -> None:
        self.size = size
        self.style = [] if style is None else style
        self.color = color


class MessageInfoList(Node):
    NAME: ClassVar[str] = "MessageInfoList"
    __slots__ = ("message_info",)

    def __init__(self, message_info: list[MessageInfo] | None = None) -> None:
        self.message_info = [] if message_info is None else message_info


class ExtendConversationUser(Node):
    NAME: ClassVar[str] = "ExtendConversationUser"
    __slots__ = ("user_id", "client_id")

    def __init__(self, user_id: str | None = None, client_id: ClientID | None = None) -> None:
        self.user_id = user_id
        self.client_id = client_id


class ContactListIDList(Node):
    NAME: ClassVar[str] = "ContactListIDList"
    __slots__ = ("contact_list",)

    def __init__(self, contact_list: list[str] | None = None) -> None:
        self.contact_list = [] if contact_list is None else contact_list


class UserIDList(Node):
    NAME: ClassVar[str] = "UserIDList"
    __slots__ = ("user_id",)

    def __init__(self, user_id: list[str] | None = None) -> None:
        self.user_id = [] if user_id is None else user_id


class JoinedBlocked(Node):
    NAME: ClassVar[str] = "JoinedBlocked"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class LeftBlocked(Node):
    NAME: ClassVar[str] = "LeftBlocked"
    __slots__ = ("user_list",)

    def __init__(self, user_list: UserList | None = None) -> None:
        self.user_list = user_list


class Map(Node):
    NAME: ClassVar[str] = "Map"
    __slots__ = ("content_type", "content_encoding", "content_data")

    def __init__(
        self, content_type: str | None = None, content_encoding: str | None = None, content_data: str | None = None
    ) -> None:
        self.content_type = content_type
        self.content_encoding = content_encoding
        self.content_data = content_data


class SystemMessageList(Node):
    NAME: ClassVar[str] = "SystemMessageList"
    __slots__ = ("system_message",)

    def __init__(self, system_message: list[SystemMessage] | None = None) -> None:
        self.system_message = [] if system_message is None else system_message


class SystemMessage(Node):
    NAME: ClassVar[str] = "SystemMessage"
    __slots__ = ("system_message_id", "requires_response", "system_message_text", "answer_options", "verification_mechanism")

    def __init__(
        self,
        system_message_id: str | None = None,
        requires_response: bool | None = None,
        system_message_text: str | None = None,
        answer_options: AnswerOptions | None = None,
        verification_mechanism: VerificationMechanism | None = None,
    ) -> None:
        self.system_message_id = system_message_id
        self.requires_response = requires_response
        self.system_message_text = system_message_text
        self.answer_options = answer_options
        self.verification_mechanism = verification_mechanism


class AnswerOptions(Node):
    NAME: ClassVar[str] = "AnswerOptions"
    __slots__ = ("answer_option",)

    def __init__(self, answer_option: list[AnswerOption] | None = None) -> None:
        self.answer_option = [] if answer_option is None else answer_option


class AnswerOption(Node):
    NAME: ClassVar[str] = "AnswerOption"
    __slots__ = ("answer_option_id", "answer_option_text")

    def __init__(self, answer_option_id: int | None = None, answer_option_text: str | None = None) -> None:
        self.answer_option_id = answer_option_id
        self.answer_option_text = answer_option_text


class VerificationMechanism(Node):
    NAME: ClassVar[str] = "VerificationMechanism"
    __slots__ = ("in_text", "url")

    def __init__(self, in_text: str | None = None, url: str | None = None) -> None:
        self.in_text = in_text
        self.url = url


class SystemMessageResponseList(Node):
    NAME: ClassVar[str] = "SystemMessageResponseList"
    __slots__ = ("system_message_response",)

    def __init__(self, system_message_response: list[SystemMessageResponse] | None = None) -> None:
        self.system_message_response = [] if system_message_response is None else system_message_response


class SystemMessageResponse(Node):
    NAME: ClassVar[str] = "SystemMessageResponse"
    __slots__ = ("system_message_id", "chosen_option_id", "verification_key")

    def __init__(
        self, system_message_id: str | None = None, chosen_option_id: int | None = None, verification_key: str | None = None
    ) -> None:
        self.system_message_id = system_message_id
        self.chosen_option_id = chosen_option_id
        self.verification_key = verification_key


class NotificationTypeList(Node):
    NAME: ClassVar[str] = "NotificationTypeList"
    __slots__ = ("notification_type",)

    def __init__(self, notification_type: list[str] | None = None) -> None:
        self.notification_type = [] if notification_type is None else notification_type


class UserIDPair(Node):
    NAME: ClassVar[str] = "UserIDPair"
    __slots__ = ("unrecognized_user_id", "valid_user_id")

    def __init__(self, unrecognized_user_id: str | None = None, valid_user_id: str | None = None) -> None:
        self.unrecognized_user_id = unrecognized_user_id
        self.valid_user_id = valid_user_id


class PublicProfile(Node):
    NAME: ClassVar[str] = "PublicProfile"
    __slots__ = ("user_id", "property")

    def __init__(self, user_id: str | None = None, property: list[Property] | None = None) -> None:
        self.user_id = user_id
        self.property = [] if property is None else property


class ClientContentLimit(Node):
    NAME: ClassVar[str] = "ClientContentLimit"
    __slots__ = (
        "accepted_content_type",
        "any_content",
        "accepted_text_content_length",
        "accepted_transfer_encoding",
        "max_pull_length",
        "max_push_length",
        "plain_text_charset",
    )

    def __init__(
        self,
        accepted_content_type: list[AcceptedContentType] | None = None,
        any_content: bool | None = None,
        accepted_text_content_length: int | None = None,
        accepted_transfer_encoding: list[str] | None = None,
        max_pull_length: int | None = None,
        max_push_length: int | None = None,
        plain_text_charset: list[int] | None = None,
    ) -> None:
        self.accepted_content_type = [] if accepted_content_type is None else accepted_content_type
        self.any_content = any_content
        self.accepted_text_content_length = accepted_text_content_length
        self.accepted_transfer_encoding = [] if accepted_transfer_encoding is None else accepted_transfer_encoding
        self.max_pull_length = max_pull_length
        self.max_push_length = max_push_length
        self.plain_text_charset = [] if plain_text_charset is None else plain_text_charset


class ExtendedRequest(Primitive):
    NAME: ClassVar[str] = "Extended-Request"
    __slots__ = ("text",)

    def __init__(self, text: str | None = None) -> None:
        self.text = text


class ExtendedResponse(Primitive):
    NAME: ClassVar[str] = "Extended-Response"
    __slots__ = ("text",)

    def __init__(self, text: str | None = None) -> None:
        self.text = text


# class -> ((attribute, element name, kind, many), ...); kind is str, int, bool, flag or a class
FIELDS: dict[type[Node], tuple[tuple[str, str, str | type[Node], bool], ...]] = {
    SegmentInfo: (
        ("segment_count", "SegmentCount", "int", False),
        ("segment_id", "SegmentID", SegmentID, False),
    ),
    SegmentID: (
        ("transaction_id", "TransactionID", "str", False),
        ("segment_reference", "SegmentReference", "int", False),
    ),
    WVCSPVersionDiscoveryRequest: (
        ("version_list", "VersionList", VersionList, False),
        ("extended_data", "ExtendedData", "str", True),
    ),
    WVCSPVersionDiscoveryResponse: (
        ("version_list", "VersionList", VersionList, False),
        ("other_server", "OtherServer", OtherServer, True),
        ("extended_data", "ExtendedData", "str", True),
    ),
    VersionList: (
        ("session_ns_name", "SessionNSName", "str", True),
        ("transaction_ns_name", "TransactionNSName", "str", True),
        ("presence_attribute_ns_name", "PresenceAttributeNSName", "str", True),
    ),
    OtherServer: (
        ("url", "URL", "str", False),
        ("msisdn", "MSISDN", "str", False),
    ),
    Status: (
        ("result", "Result", Result, False),
        ("client_id", "ClientID", ClientID, False),
    ),
    Result: (
        ("code", "Code", "int", False),
        ("description", "Description", "str", False),
        ("detailed_result", "DetailedResult", DetailedResult, True),
        ("system_message_list", "SystemMessageList", SystemMessageList, False),
        ("try_again_timeout", "TryAgainTimeout", "int", False),
    ),
    DetailedResult: (
        ("code", "Code", "int", False),
        ("description", "Description", "str", False),
        ("user_id", "UserID", "str", True),
        ("group_id", "GroupID", "str", True),
        ("screen_name", "ScreenName", ScreenName, True),
        ("message_id", "MessageID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("domain", "Domain", "str", True),
        ("search_element", "SearchElement", "str", True),
    ),
    PollingRequest: (),
    LoginRequest: (
        ("user_id", "UserID", "str", False),
        ("client_id", "ClientID", ClientID, False),
        ("password", "Password", "str", False),
        ("digest_bytes", "DigestBytes", "str", False),
        ("digest_schema", "DigestSchema", "str", True),
        ("time_to_live", "TimeToLive", "int", False),
        ("session_cookie", "SessionCookie", "str", False),
        ("application_id", "ApplicationID", "str", False),
        ("session_id", "SessionID", "str", False),
        ("system_message_response_list", "SystemMessageResponseList", SystemMessageResponseList, False),
        ("functions", "Functions", Functions, False),
        ("capability_list", "CapabilityList", CapabilityList, False),
    ),
    LogoutRequest: (),
    Disconnect: (("result", "Result", Result, False),),
    KeepAliveRequest: (("time_to_live", "TimeToLive", "int", False),),
    SendMessageRequest: (
        ("delivery_report", "DeliveryReport", "bool", False),
        ("message_info", "MessageInfo", MessageInfo, False),
        ("content_data", "ContentData", "str", False),
    ),
    SetDeliveryMethodRequest: (
        ("delivery_method", "DeliveryMethod", "str", False),
        ("accepted_content_length", "AcceptedContentLength", "int", False),
        ("group_id", "GroupID", "str", False),
        ("group_content_limit", "GroupContentLimit", "int", False),
    ),
    GetMessageListRequest: (
        ("group_id", "GroupID", "str", False),
        ("message_count", "MessageCount", "int", False),
    ),
    RejectMessageRequest: (("message_id", "MessageID", "str", True),),
    MessageNotification: (("message_info", "MessageInfo", MessageInfo, False),),
    GetMessageRequest: (("message_id", "MessageID", "str", False),),
    NewMessage: (
        ("message_info", "MessageInfo", MessageInfo, False),
        ("content_data", "ContentData", "str", False),
    ),
    MessageDelivered: (("message_id", "MessageID", "str", False),),
    DeliveryReportRequest: (
        ("result", "Result", Result, False),
        ("delivery_time", "DeliveryTime", "str", False),
        ("message_info", "MessageInfo", MessageInfo, False),
    ),
    ForwardMessageRequest: (
        ("message_id", "MessageID", "str", False),
        ("recipient", "Recipient", Recipient, False),
        ("sender", "Sender", Sender, False),
    ),
    GetSPInfoRequest: (("client_id", "ClientID", ClientID, False),),
    SearchRequest: (
        ("search_pair_list", "SearchPairList", SearchPairList, True),
        ("search_limit", "SearchLimit", "int", False),
        ("search_id", "SearchID", "int", False),
        ("search_index", "SearchIndex", "int", False),
        ("advanced_criteria", "AdvancedCriteria", "str", False),
    ),
    StopSearchRequest: (("search_id", "SearchID", "int", False),),
    ClientCapabilityRequest: (
        ("client_id", "ClientID", ClientID, False),
        ("capability_list", "CapabilityList", CapabilityList, False),
    ),
    ServiceRequest: (
        ("client_id", "ClientID", ClientID, False),
        ("functions", "Functions", Functions, False),
        ("all_functions_request", "AllFunctionsRequest", "bool", False),
    ),
    GetBlockedListRequest: (),
    DeleteAttributeListRequest: (
        ("user_id", "UserID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("default_list", "DefaultList", "bool", False),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
    ),
    CreateAttributeListRequest: (
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("user_id", "UserID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("default_list", "DefaultList", "bool", False),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
        ("default_notify", "DefaultNotify", "bool", False),
        ("user_notify", "UserNotify", "bool", False),
        ("contact_list_notify", "ContactListNotify", "bool", False),
    ),
    ListManageRequest: (
        ("contact_list", "ContactList", "str", False),
        ("add_nick_list", "AddNickList", AddNickList, False),
        ("remove_nick_list", "RemoveNickList", RemoveNickList, False),
        ("contact_list_properties", "ContactListProperties", ContactListProperties, False),
        ("receive_list", "ReceiveList", "bool", False),
        ("authorize_and_grant", "AuthorizeAndGrant", "bool", False),
    ),
    DeleteListRequest: (("contact_list", "ContactList", "str", False),),
    CreateListRequest: (
        ("contact_list", "ContactList", "str", False),
        ("nick_list", "NickList", NickList, False),
        ("contact_list_properties", "ContactListProperties", ContactListProperties, False),
    ),
    UpdatePresenceRequest: (("presence_sub_list", "PresenceSubList", PresenceSubList, False),),
    CancelAuthRequest: (("user_id", "UserID", "str", False),),
    PresenceAuthUser: (
        ("user_id", "UserID", "str", False),
        ("acceptance", "Acceptance", "bool", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
    ),
    SubscribePresenceRequest: (
        ("user", "User", User, True),
        ("contact_list", "ContactList", "str", True),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("auto_subscribe", "AutoSubscribe", "bool", False),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
    ),
    GetPresenceRequest: (
        ("user", "User", User, True),
        ("contact_list", "ContactList", "str", True),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
    ),
    GetAttributeListRequest: (
        ("default_list", "DefaultList", "bool", False),
        ("contact_list", "ContactList", "str", True),
        ("user", "User", User, True),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
        ("user_id_list", "UserIDList", UserIDList, False),
    ),
    UnsubscribePresenceRequest: (
        ("user", "User", User, True),
        ("contact_list", "ContactList", "str", True),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
    ),
    GetListRequest: (),
    GetWatcherListRequest: (
        ("history_period", "HistoryPeriod", "int", False),
        ("max_watcher_list", "MaxWatcherList", "int", False),
    ),
    CreateGroupRequest: (
        ("group_id", "GroupID", "str", False),
        ("group_properties", "GroupProperties", GroupProperties, False),
        ("join_group", "JoinGroup", "bool", False),
        ("screen_name", "ScreenName", ScreenName, False),
        ("subscribe_notification", "SubscribeNotification", "bool", False),
        ("own_properties", "OwnProperties", OwnProperties, False),
    ),
    DeleteGroupRequest: (("group_id", "GroupID", "str", False),),
    JoinGroupRequest: (
        ("group_id", "GroupID", "str", False),
        ("screen_name", "ScreenName", ScreenName, False),
        ("joined_request", "JoinedRequest", "bool", False),
        ("subscribe_notification", "SubscribeNotification", "bool", False),
        ("own_properties", "OwnProperties", OwnProperties, False),
    ),
    LeaveGroupRequest: (("group_id", "GroupID", "str", False),),
    LeaveGroupResponse: (
        ("group_id", "GroupID", "str", False),
        ("result", "Result", Result, False),
    ),
    GetGroupMembersRequest: (("group_id", "GroupID", "str", False),),
    AddGroupMembersRequest: (
        ("group_id", "GroupID", "str", False),
        ("user_list", "UserList", UserList, False),
        ("user_id_list", "UserIDList", UserIDList, False),
    ),
    RemoveGroupMembersRequest: (
        ("group_id", "GroupID", "str", False),
        ("user_list", "UserList", UserList, False),
        ("user_id_list", "UserIDList", UserIDList, False),
    ),
    MemberAccessRequest: (
        ("group_id", "GroupID", "str", False),
        ("admin", "Admin", Admin, False),
        ("mod", "Mod", Mod, False),
        ("users", "Users", Users, False),
        ("user_list", "UserList", UserList, False),
    ),
    GetGroupPropsRequest: (("group_id", "GroupID", "str", False),),
    SetGroupPropsRequest: (
        ("group_id", "GroupID", "str", False),
        ("group_properties", "GroupProperties", GroupProperties, False),
        ("own_properties", "OwnProperties", OwnProperties, False),
    ),
    RejectListRequest: (
        ("group_id", "GroupID", "str", False),
        ("add_list", "AddList", AddList, False),
        ("remove_list", "RemoveList", RemoveList, False),
    ),
    SubscribeGroupNoticeRequest: (
        ("group_id", "GroupID", "str", False),
        ("subscribe_type", "SubscribeType", "str", False),
    ),
    GroupChangeNotice: (
        ("group_id", "GroupID", "str", False),
        ("joined", "Joined", Joined, False),
        ("left", "Left", Left, False),
        ("group_properties", "GroupProperties", GroupProperties, False),
        ("own_properties", "OwnProperties", OwnProperties, False),
        ("joined_blocked", "JoinedBlocked", JoinedBlocked, False),
        ("left_blocked", "LeftBlocked", LeftBlocked, False),
    ),
    InviteRequest: (
        ("invite_id", "InviteID", "str", False),
        ("invite_type", "InviteType", "str", False),
        ("recipient", "Recipient", Recipient, False),
        ("group_id", "GroupID", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("url_list", "URLList", URLList, False),
        ("invite_note", "InviteNote", "str", False),
        ("screen_name", "ScreenName", ScreenName, False),
        ("validity", "Validity", "int", False),
        ("sender", "Sender", Sender, False),
        ("application_id", "ApplicationID", "str", False),
    ),
    InviteUserResponse: (
        ("invite_id", "InviteID", "str", False),
        ("acceptance", "Acceptance", "bool", False),
        ("response_note", "ResponseNote", "str", False),
        ("screen_name", "ScreenName", ScreenName, False),
        ("sender", "Sender", Sender, False),
        ("recipient", "Recipient", Recipient, False),
        ("user", "User", User, False),
        ("group", "Group", Group, False),
    ),
    CancelInviteRequest: (
        ("invite_id", "InviteID", "str", False),
        ("recipient", "Recipient", Recipient, False),
        ("invite_note", "InviteNote", "str", False),
        ("url_list", "URLList", URLList, False),
        ("screen_name", "ScreenName", ScreenName, False),
        ("sender", "Sender", Sender, False),
        ("application_id", "ApplicationID", "str", False),
        ("group_id", "GroupID", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
    ),
    BlockEntityRequest: (
        ("block_list", "BlockList", BlockList, False),
        ("grant_list", "GrantList", GrantList, False),
        ("block_list_in_use", "BlockListInUse", "bool", False),
        ("grant_list_in_use", "GrantListInUse", "bool", False),
    ),
    LoginResponse: (
        ("client_id", "ClientID", ClientID, False),
        ("result", "Result", Result, False),
        ("nonce", "Nonce", "str", False),
        ("digest_schema", "DigestSchema", "str", False),
        ("session_id", "SessionID", "str", False),
        ("keep_alive_time", "KeepAliveTime", "int", False),
        ("capability_request", "CapabilityRequest", "bool", False),
        ("user_id", "UserID", "str", False),
        ("password", "Password", "str", False),
        ("functions", "Functions", Functions, False),
        ("agreed_capability_list", "AgreedCapabilityList", AgreedCapabilityList, False),
    ),
    ServiceResponse: (
        ("client_id", "ClientID", ClientID, False),
        ("functions", "Functions", Functions, False),
        ("all_functions", "AllFunctions", AllFunctions, False),
    ),
    ClientCapabilityResponse: (
        ("client_id", "ClientID", ClientID, False),
        ("capability_list", "CapabilityList", CapabilityList, False),
        ("agreed_capability_list", "AgreedCapabilityList", AgreedCapabilityList, False),
    ),
    KeepAliveResponse: (
        ("result", "Result", Result, False),
        ("keep_alive_time", "KeepAliveTime", "int", False),
    ),
    GetSPInfoResponse: (
        ("client_id", "ClientID", ClientID, False),
        ("name", "Name", "str", False),
        ("logo", "Logo", Logo, False),
        ("description", "Description", "str", False),
        ("url", "URL", "str", False),
    ),
    SearchResponse: (
        ("search_id", "SearchID", "int", False),
        ("search_findings", "SearchFindings", "int", False),
        ("completion_flag", "CompletionFlag", "bool", False),
        ("search_index", "SearchIndex", "int", False),
        ("search_result", "SearchResult", SearchResult, False),
    ),
    InviteResponse: (
        ("invite_id", "InviteID", "str", False),
        ("acceptance", "Acceptance", "bool", False),
        ("sender", "Sender", Sender, False),
        ("response_note", "ResponseNote", "str", False),
        ("recipient", "Recipient", Recipient, False),
        ("invite_note", "InviteNote", "str", False),
        ("screen_name", "ScreenName", ScreenName, False),
    ),
    InviteUserRequest: (
        ("invite_id", "InviteID", "str", False),
        ("invite_type", "InviteType", "str", False),
        ("sender", "Sender", Sender, False),
        ("group_id", "GroupID", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("url_list", "URLList", URLList, False),
        ("invite_note", "InviteNote", "str", False),
        ("validity", "Validity", "int", False),
        ("recipient", "Recipient", Recipient, False),
        ("application_id", "ApplicationID", "str", False),
        ("screen_name", "ScreenName", ScreenName, False),
    ),
    CancelInviteUserRequest: (
        ("invite_id", "InviteID", "str", False),
        ("sender", "Sender", Sender, False),
        ("invite_note", "InviteNote", "str", False),
        ("url_list", "URLList", URLList, False),
        ("recipient", "Recipient", Recipient, False),
        ("application_id", "ApplicationID", "str", False),
        ("group_id", "GroupID", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("screen_name", "ScreenName", ScreenName, False),
    ),
    PresenceNotificationRequest: (("presence", "Presence", Presence, True),),
    GetWatcherListResponse: (
        ("user", "User", User, True),
        ("history_period", "HistoryPeriod", "int", False),
        ("watcher", "Watcher", Watcher, True),
        ("watcher_count", "WatcherCount", "int", False),
    ),
    GetPresenceResponse: (
        ("result", "Result", Result, False),
        ("presence", "Presence", Presence, True),
    ),
    PresenceAuthRequest: (
        ("user_id", "UserID", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
    ),
    GetListResponse: (
        ("contact_list", "ContactList", "str", True),
        ("default_contact_list", "DefaultContactList", "str", False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
    ),
    ListManageResponse: (
        ("result", "Result", Result, False),
        ("nick_list", "NickList", NickList, False),
        ("contact_list_properties", "ContactListProperties", ContactListProperties, False),
    ),
    GetAttributeListResponse: (
        ("result", "Result", Result, False),
        ("default_attribute_list", "DefaultAttributeList", DefaultAttributeList, False),
        ("presence", "Presence", Presence, True),
    ),
    SendMessageResponse: (
        ("result", "Result", Result, False),
        ("message_id", "MessageID", "str", False),
    ),
    GetMessageListResponse: (
        ("message_info", "MessageInfo", MessageInfo, True),
        ("message_info_list", "MessageInfoList", MessageInfoList, False),
        ("message_total_count", "MessageTotalCount", "int", False),
    ),
    GetMessageResponse: (
        ("message_info", "MessageInfo", MessageInfo, False),
        ("content_data", "ContentData", "str", False),
    ),
    GetBlockedListResponse: (
        ("block_list", "BlockList", BlockList, False),
        ("grant_list", "GrantList", GrantList, False),
        ("block_list_in_use", "BlockListInUse", "bool", False),
        ("grant_list_in_use", "GrantListInUse", "bool", False),
    ),
    JoinGroupResponse: (
        ("user_list", "UserList", UserList, False),
        ("welcome_note", "WelcomeNote", WelcomeNote, False),
        ("user_map_list", "UserMapList", UserMapList, False),
        ("joined", "Joined", Joined, False),
        ("screen_name", "ScreenName", ScreenName, False),
    ),
    GetGroupMembersResponse: (
        ("admin", "Admin", Admin, False),
        ("mod", "Mod", Mod, False),
        ("users", "Users", Users, False),
        ("user_list", "UserList", UserList, False),
    ),
    GetGroupPropsResponse: (
        ("group_properties", "GroupProperties", GroupProperties, False),
        ("own_properties", "OwnProperties", OwnProperties, False),
    ),
    RejectListResponse: (("user_list", "UserList", UserList, False),),
    SubscribeGroupNoticeResponse: (("value", "Value", "str", False),),
    RegistrationRequest: (
        ("user", "User", User, False),
        ("password", "Password", "str", False),
        ("msisdn", "MSISDN", "str", False),
        ("email_id", "EmailID", "str", False),
        ("security_question", "SecurityQuestion", "str", False),
        ("answer", "Answer", "str", False),
    ),
    RegistrationResponse: (
        ("user_id", "UserID", "str", False),
        ("result", "Result", Result, False),
    ),
    GetNewPasswordRequest: (
        ("user", "User", User, False),
        ("password", "Password", "str", False),
        ("security_question", "SecurityQuestion", "str", False),
        ("answer", "Answer", "str", False),
    ),
    GetNewPasswordResponse: (
        ("password", "Password", "str", False),
        ("result", "Result", Result, False),
    ),
    VerifyIDRequest: (("id_list", "IDList", IDList, False),),
    GetReactiveAuthStatusRequest: (("user_id", "UserID", "str", True),),
    GetReactiveAuthStatusResponse: (("reactive_auth_status_list", "ReactiveAuthStatusList", ReactiveAuthStatusList, False),),
    GetJoinedUsersRequest: (("group_id", "GroupID", "str", False),),
    GetJoinedUsersResponse: (
        ("admin_map_list", "AdminMapList", AdminMapList, False),
        ("user_map_list", "UserMapList", UserMapList, False),
        ("joined_blocked", "JoinedBlocked", JoinedBlocked, False),
    ),
    ForwardMessageResponse: (("message_id", "MessageID", "str", False),),
    ExtendConversationRequest: (
        ("extend_conversation_id", "ExtendConversationID", "str", False),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("extend_conversation_user", "ExtendConversationUser", ExtendConversationUser, False),
        ("subscribe_notification", "SubscribeNotification", "bool", False),
        ("welcome_note", "WelcomeNote", WelcomeNote, False),
        ("screen_name", "ScreenName", ScreenName, False),
    ),
    ExtendConversationResponse: (
        ("extend_conversation_id", "ExtendConversationID", "str", False),
        ("group_id", "GroupID", "str", False),
        ("response_note", "ResponseNote", "str", False),
        ("result", "Result", Result, False),
    ),
    CreateListResponse: (
        ("contact_list", "ContactList", "str", False),
        ("contact_list_properties", "ContactListProperties", ContactListProperties, False),
    ),
    GetMapRequest: (
        ("user_id", "UserID", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
    ),
    GetMapResponse: (
        ("map", "Map", Map, False),
        ("url", "URL", "str", False),
    ),
    GetSegmentRequest: (("segment_id", "SegmentID", SegmentID, False),),
    GetSegmentResponse: (("segment_content", "SegmentContent", "str", False),),
    DropSegmentRequest: (("segment_id", "SegmentID", SegmentID, False),),
    SystemMessageRequest: (("system_message_list", "SystemMessageList", SystemMessageList, False),),
    SystemMessageUser: (("system_message_response_list", "SystemMessageResponseList", SystemMessageResponseList, False),),
    SubscribeNotificationRequest: (("notification_type_list", "NotificationTypeList", NotificationTypeList, False),),
    UnsubscribeNotificationRequest: (("notification_type_list", "NotificationTypeList", NotificationTypeList, False),),
    NotificationRequest: (
        ("notification_type", "NotificationType", "str", False),
        ("block_list_in_use", "BlockListInUse", "bool", False),
        ("grant_list_in_use", "GrantListInUse", "bool", False),
        ("group_id", "GroupID", "str", False),
        ("contact_list_id_list", "ContactListIDList", ContactListIDList, False),
        ("invite_id", "InviteID", "str", False),
        ("online_etem_handling", "OnlineETEMHandling", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
        ("user_id_list", "UserIDList", UserIDList, False),
        ("default_list", "DefaultList", "bool", False),
        ("session_priority", "SessionPriority", "int", False),
        ("user_list", "UserList", UserList, False),
        ("user_id_pair", "UserIDPair", UserIDPair, False),
    ),
    GetPublicProfileRequest: (("user_id", "UserID", "str", True),),
    GetPublicProfileResponse: (
        ("result", "Result", Result, False),
        ("public_profile", "PublicProfile", PublicProfile, True),
    ),
    UpdatePublicProfileRequest: (
        ("clear_public_profile", "ClearPublicProfile", "bool", False),
        ("public_profile", "PublicProfile", PublicProfile, False),
    ),
    Sender: (
        ("user", "User", User, False),
        ("group", "Group", Group, False),
    ),
    Recipient: (
        ("user", "User", User, True),
        ("group", "Group", Group, True),
        ("contact_list", "ContactList", "str", True),
    ),
    User: (
        ("user_id", "UserID", "str", False),
        ("client_id", "ClientID", ClientID, False),
        ("friendly_name", "FriendlyName", "str", False),
        ("application_id", "ApplicationID", "str", False),
        ("property", "Property", Property, False),
    ),
    Group: (
        ("group_id", "GroupID", "str", False),
        ("screen_name", "ScreenName", ScreenName, False),
    ),
    ClientID: (
        ("url", "URL", "str", False),
        ("msisdn", "MSISDN", "str", False),
    ),
    ScreenName: (
        ("s_name", "SName", "str", False),
        ("group_id", "GroupID", "str", False),
    ),
    NickName: (
        ("name", "Name", "str", False),
        ("user_id", "UserID", "str", False),
        ("user", "User", User, False),
    ),
    URLList: (("url", "URL", "str", True),),
    MessageInfo: (
        ("message_id", "MessageID", "str", False),
        ("message_uri", "MessageURI", "str", False),
        ("content_type", "ContentType", "str", False),
        ("content_encoding", "ContentEncoding", "str", False),
        ("content_size", "ContentSize", "int", False),
        ("recipient", "Recipient", Recipient, False),
        ("sender", "Sender", Sender, False),
        ("date_time", "DateTime", "str", False),
        ("validity", "Validity", "int", False),
        ("content_name", "ContentName", "str", False),
        ("font", "Font", Font, False),
        ("ext_block_etem", "ExtBlockETEM", "str", True),
    ),
    Logo: (
        ("content_type", "ContentType", "str", False),
        ("content_size", "ContentSize", "int", False),
        ("content_encoding", "ContentEncoding", "str", False),
        ("content_data", "ContentData", "str", False),
    ),
    CapabilityList: (
        ("client_type", "ClientType", "str", False),
        ("initial_delivery_method", "InitialDeliveryMethod", "str", False),
        ("any_content", "AnyContent", "bool", False),
        ("accepted_content_type", "AcceptedContentType", AcceptedContentType, True),
        ("accepted_charset", "AcceptedCharset", "int", True),
        ("accepted_transfer_encoding", "AcceptedTransferEncoding", "str", True),
        ("accepted_content_length", "AcceptedContentLength", "int", False),
        ("supported_bearer", "SupportedBearer", "str", True),
        ("multi_trans", "MultiTrans", "int", False),
        ("parser_size", "ParserSize", "int", False),
        ("supported_cir_method", "SupportedCIRMethod", "str", True),
        ("udp_port", "UDPPort", "int", False),
        ("tcp_address", "TCPAddress", "str", False),
        ("tcp_port", "TCPPort", "int", False),
        ("server_poll_min", "ServerPollMin", "int", False),
        ("default_language", "DefaultLanguage", "str", False),
        ("accepted_pull_length", "AcceptedPullLength", "int", False),
        ("accepted_push_length", "AcceptedPushLength", "int", False),
        ("accepted_text_content_length", "AcceptedTextContentLength", "int", False),
        ("multi_trans_per_message", "MultiTransPerMessage", "int", False),
        ("offline_etem_handling", "OfflineETEMHandling", "str", False),
        ("online_etem_handling", "OnlineETEMHandling", "str", False),
        ("plain_text_charset", "PlainTextCharset", "int", True),
        ("supported_offline_bearer", "SupportedOfflineBearer", "str", True),
        ("session_priority", "SessionPriority", "int", False),
    ),
    AcceptedContentType: (
        ("content_type", "ContentType", "str", False),
        ("accepted_rich_content_length", "AcceptedRichContentLength", "int", False),
        ("content_policy", "ContentPolicy", "str", False),
        ("content_policy_limit", "ContentPolicyLimit", "int", False),
    ),
    GroupList: (("group_id", "GroupID", "str", True),),
    UserList: (
        ("user", "User", User, True),
        ("screen_name", "ScreenName", ScreenName, True),
    ),
    AddNickList: (
        ("nick_name", "NickName", NickName, True),
        ("user_id", "UserID", "str", True),
    ),
    NickList: (
        ("nick_name", "NickName", NickName, True),
        ("user_id", "UserID", "str", True),
    ),
    RemoveNickList: (("user_id", "UserID", "str", True),),
    AllFunctions: (("wvcsp_feat", "WVCSPFeat", WVCSPFeat, False),),
    Functions: (("wvcsp_feat", "WVCSPFeat", WVCSPFeat, False),),
    WVCSPFeat: (
        ("fundamental_feat", "FundamentalFeat", FundamentalFeat, False),
        ("presence_feat", "PresenceFeat", PresenceFeat, False),
        ("im_feat", "IMFeat", IMFeat, False),
        ("group_feat", "GroupFeat", GroupFeat, False),
    ),
    FundamentalFeat: (
        ("service_func", "ServiceFunc", ServiceFunc, False),
        ("search_func", "SearchFunc", SearchFunc, False),
        ("invite_func", "InviteFunc", InviteFunc, False),
        ("mf", "MF", "flag", False),
        ("verify_id_func", "VerifyIDFunc", VerifyIDFunc, False),
    ),
    PresenceFeat: (
        ("cont_list_func", "ContListFunc", ContListFunc, False),
        ("presence_auth_func", "PresenceAuthFunc", PresenceAuthFunc, False),
        ("presence_deliver_func", "PresenceDeliverFunc", PresenceDeliverFunc, False),
        ("att_list_func", "AttListFunc", AttListFunc, False),
        ("mp", "MP", "flag", False),
    ),
    IMFeat: (
        ("im_send_func", "IMSendFunc", IMSendFunc, False),
        ("im_receive_func", "IMReceiveFunc", IMReceiveFunc, False),
        ("im_auth_func", "IMAuthFunc", IMAuthFunc, False),
        ("mm", "MM", "flag", False),
    ),
    GroupFeat: (
        ("group_mgmt_func", "GroupMgmtFunc", GroupMgmtFunc, False),
        ("group_use_func", "GroupUseFunc", GroupUseFunc, False),
        ("group_auth_func", "GroupAuthFunc", GroupAuthFunc, False),
        ("mg", "MG", "flag", False),
    ),
    ServiceFunc: (
        ("getspi", "GETSPI", "flag", False),
        ("getmap", "GETMAP", "flag", False),
        ("sgmnt", "SGMNT", "flag", False),
    ),
    SearchFunc: (
        ("srch", "SRCH", "flag", False),
        ("stsrc", "STSRC", "flag", False),
        ("advsr", "ADVSR", "flag", False),
    ),
    InviteFunc: (
        ("invit", "INVIT", "flag", False),
        ("cainv", "CAINV", "flag", False),
    ),
    ContListFunc: (
        ("gcli", "GCLI", "flag", False),
        ("ccli", "CCLI", "flag", False),
        ("dcli", "DCLI", "flag", False),
        ("mcls", "MCLS", "flag", False),
    ),
    PresenceAuthFunc: (
        ("getwl", "GETWL", "flag", False),
        ("react", "REACT", "flag", False),
        ("caaut", "CAAUT", "flag", False),
        ("getaut", "GETAUT", "flag", False),
    ),
    PresenceDeliverFunc: (
        ("getpr", "GETPR", "flag", False),
        ("updpr", "UPDPR", "flag", False),
    ),
    AttListFunc: (
        ("cali", "CALI", "flag", False),
        ("dali", "DALI", "flag", False),
        ("gals", "GALS", "flag", False),
    ),
    IMSendFunc: (
        ("mdeliv", "MDELIV", "flag", False),
        ("fwmsg", "FWMSG", "flag", False),
    ),
    IMReceiveFunc: (
        ("setd", "SETD", "flag", False),
        ("getlm", "GETLM", "flag", False),
        ("getm", "GETM", "flag", False),
        ("rejcm", "REJCM", "flag", False),
        ("notif", "NOTIF", "flag", False),
        ("newm", "NEWM", "flag", False),
        ("offnotif", "OFFNOTIF", "flag", False),
    ),
    IMAuthFunc: (
        ("glblu", "GLBLU", "flag", False),
        ("blent", "BLENT", "flag", False),
    ),
    GroupMgmtFunc: (
        ("creag", "CREAG", "flag", False),
        ("delgr", "DELGR", "flag", False),
        ("getgp", "GETGP", "flag", False),
        ("setgp", "SETGP", "flag", False),
    ),
    GroupUseFunc: (
        ("subgcn", "SUBGCN", "flag", False),
        ("grchn", "GRCHN", "flag", False),
        ("excon", "EXCON", "flag", False),
    ),
    GroupAuthFunc: (
        ("getgm", "GETGM", "flag", False),
        ("addgm", "ADDGM", "flag", False),
        ("rmvgm", "RMVGM", "flag", False),
        ("mbrac", "MBRAC", "flag", False),
        ("rejec", "REJEC", "flag", False),
        ("getju", "GETJU", "flag", False),
    ),
    BlockList: (
        ("in_use", "InUse", "bool", False),
        ("entity_list", "EntityList", EntityList, False),
        ("add_list", "AddList", AddList, False),
        ("remove_list", "RemoveList", RemoveList, False),
    ),
    PresenceSubList: (
        ("online_status", "OnlineStatus", OnlineStatus, False),
        ("registration", "Registration", Registration, False),
        ("client_info", "ClientInfo", ClientInfo, False),
        ("time_zone", "TimeZone", TimeZone, False),
        ("geo_location", "GeoLocation", GeoLocation, False),
        ("address", "Address", Address, False),
        ("free_text_location", "FreeTextLocation", FreeTextLocation, False),
        ("plmn", "PLMN", PLMN, False),
        ("comm_cap", "CommCap", CommCap, False),
        ("user_availability", "UserAvailability", UserAvailability, False),
        ("preferred_contacts", "PreferredContacts", PreferredContacts, False),
        ("preferred_language", "PreferredLanguage", PreferredLanguage, False),
        ("status_text", "StatusText", StatusText, False),
        ("status_mood", "StatusMood", StatusMood, False),
        ("alias", "Alias", Alias, False),
        ("status_content", "StatusContent", StatusContent, False),
        ("contact_info", "ContactInfo", ContactInfo, False),
        ("info_link", "InfoLink", InfoLink, False),
    ),
    SearchPairList: (
        ("search_element", "SearchElement", "str", False),
        ("search_string", "SearchString", "str", False),
        ("pair_id", "PairID", "int", False),
    ),
    SearchResult: (
        ("user_list", "UserList", UserList, False),
        ("group_list", "GroupList", GroupList, False),
    ),
    GrantList: (
        ("in_use", "InUse", "bool", False),
        ("entity_list", "EntityList", EntityList, False),
        ("add_list", "AddList", AddList, False),
        ("remove_list", "RemoveList", RemoveList, False),
    ),
    EntityList: (
        ("user_id", "UserID", "str", True),
        ("screen_name", "ScreenName", ScreenName, True),
        ("group_id", "GroupID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("application_id", "ApplicationID", "str", True),
    ),
    AddList: (
        ("user_id", "UserID", "str", True),
        ("screen_name", "ScreenName", ScreenName, True),
        ("group_id", "GroupID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("application_id", "ApplicationID", "str", True),
    ),
    RemoveList: (
        ("user_id", "UserID", "str", True),
        ("screen_name", "ScreenName", ScreenName, True),
        ("group_id", "GroupID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("application_id", "ApplicationID", "str", True),
    ),
    ContactListProperties: (("property", "Property", Property, True),),
    GroupProperties: (
        ("property", "Property", Property, True),
        ("welcome_note", "WelcomeNote", WelcomeNote, False),
    ),
    OwnProperties: (("property", "Property", Property, True),),
    Property: (
        ("name", "Name", "str", False),
        ("value", "Value", "str", False),
    ),
    WelcomeNote: (
        ("content_type", "ContentType", "str", False),
        ("content_encoding", "ContentEncoding", "str", False),
        ("content_data", "ContentData", "str", False),
    ),
    Admin: (("user_list", "UserList", UserList, False),),
    Mod: (("user_list", "UserList", UserList, False),),
    Users: (("user_list", "UserList", UserList, False),),
    Joined: (
        ("user_list", "UserList", UserList, False),
        ("user_map_list", "UserMapList", UserMapList, False),
    ),
    Left: (("user_list", "UserList", UserList, False),),
    OnlineStatus: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    Registration: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    FreeTextLocation: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    PLMN: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    UserAvailability: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
    ),
    PreferredLanguage: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
    ),
    StatusText: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
    ),
    StatusMood: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
    ),
    Alias: (
        ("qualifier", "Qualifier", "bool", False),
        ("presence_value", "PresenceValue", "str", False),
    ),
    ClientInfo: (
        ("qualifier", "Qualifier", "bool", False),
        ("client_type", "ClientType", "str", False),
        ("dev_manufacturer", "DevManufacturer", "str", False),
        ("client_producer", "ClientProducer", "str", False),
        ("model", "Model", "str", False),
        ("client_version", "ClientVersion", "str", False),
        ("language", "Language", "str", False),
        ("client_id", "ClientID", ClientID, False),
        ("client_content_limit", "ClientContentLimit", ClientContentLimit, False),
        ("client_im_priority", "ClientIMPriority", "int", False),
        ("application_id", "ApplicationID", "str", False),
    ),
    TimeZone: (
        ("qualifier", "Qualifier", "bool", False),
        ("zone", "Zone", "str", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    GeoLocation: (
        ("qualifier", "Qualifier", "bool", False),
        ("longitude", "Longitude", "str", False),
        ("latitude", "Latitude", "str", False),
        ("altitude", "Altitude", "int", False),
        ("accuracy", "Accuracy", "int", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    Address: (
        ("qualifier", "Qualifier", "bool", False),
        ("country", "Country", "str", False),
        ("city", "City", "str", False),
        ("street", "Street", "str", False),
        ("crossing1", "Crossing1", "str", False),
        ("crossing2", "Crossing2", "str", False),
        ("building", "Building", "str", False),
        ("named_area", "NamedArea", "str", False),
        ("accuracy", "Accuracy", "int", False),
    ),
    CommCap: (
        ("qualifier", "Qualifier", "bool", False),
        ("comm_c", "CommC", CommC, True),
        ("client_id", "ClientID", ClientID, False),
    ),
    CommC: (
        ("cap", "Cap", "str", False),
        ("status", "Status", "str", False),
        ("contact", "Contact", "str", False),
        ("note", "Note", "str", False),
    ),
    PreferredContacts: (
        ("qualifier", "Qualifier", "bool", False),
        ("addr_pref", "AddrPref", AddrPref, True),
    ),
    AddrPref: (
        ("pref_c", "PrefC", "str", False),
        ("caddr", "Caddr", "str", False),
        ("cstatus", "Cstatus", "str", False),
        ("cname", "Cname", "str", False),
        ("cpriority", "Cpriority", "int", False),
    ),
    StatusContent: (
        ("qualifier", "Qualifier", "bool", False),
        ("direct_content", "DirectContent", "str", False),
        ("referred_content", "ReferredContent", "str", False),
        ("content_type", "ContentType", "str", False),
    ),
    ContactInfo: (
        ("qualifier", "Qualifier", "bool", False),
        ("contained_vcard", "ContainedvCard", "str", False),
        ("referred_vcard", "ReferredvCard", "str", False),
    ),
    DefaultAttributeList: (
        ("presence_sub_list", "PresenceSubList", PresenceSubList, True),
        ("default_notify", "DefaultNotify", "bool", False),
    ),
    Presence: (
        ("user_id", "UserID", "str", False),
        ("contact_list", "ContactList", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, True),
        ("user_notify", "UserNotify", "bool", False),
        ("contact_list_notify", "ContactListNotify", "bool", False),
    ),
    AgreedCapabilityList: (
        ("supported_bearer", "SupportedBearer", "str", True),
        ("supported_cir_method", "SupportedCIRMethod", "str", True),
        ("tcp_address", "TCPAddress", "str", False),
        ("tcp_port", "TCPPort", "int", False),
        ("server_poll_min", "ServerPollMin", "int", False),
        ("cirurl", "CIRURL", CIRURL, False),
        ("accepted_content_type", "AcceptedContentType", AcceptedContentType, True),
        ("any_content", "AnyContent", "bool", False),
        ("accepted_pull_length", "AcceptedPullLength", "int", False),
        ("accepted_push_length", "AcceptedPushLength", "int", False),
        ("accepted_text_content_length", "AcceptedTextContentLength", "int", False),
        ("accepted_transfer_encoding", "AcceptedTransferEncoding", "str", True),
        ("cirhttp_address", "CIRHTTPAddress", CIRHTTPAddress, False),
        ("cirsms_address", "CIRSMSAddress", "str", False),
        ("multi_trans", "MultiTrans", "int", False),
        ("multi_trans_per_message", "MultiTransPerMessage", "int", False),
        ("offline_etem_handling", "OfflineETEMHandling", "str", False),
        ("online_etem_handling", "OnlineETEMHandling", "str", False),
        ("supported_offline_bearer", "SupportedOfflineBearer", "str", True),
        ("udp_address", "UDPAddress", "str", False),
        ("udp_port", "UDPPort", "int", False),
        ("session_priority", "SessionPriority", "int", False),
        ("user_session_limit", "UserSessionLimit", "int", False),
    ),
    CIRURL: (("url", "URL", "str", False),),
    Watcher: (
        ("user", "User", User, False),
        ("watcher_status", "WatcherStatus", "str", False),
        ("user_id", "UserID", "str", False),
        ("friendly_name", "FriendlyName", "str", False),
    ),
    IDList: (
        ("user_id", "UserID", "str", True),
        ("contact_list", "ContactList", "str", True),
        ("group_id", "GroupID", "str", True),
        ("screen_name", "ScreenName", ScreenName, True),
        ("domain", "Domain", "str", True),
    ),
    ReactiveAuthStatusList: (("reactive_auth_status", "ReactiveAuthStatus", ReactiveAuthStatus, True),),
    ReactiveAuthStatus: (
        ("user_id", "UserID", "str", False),
        ("reactive_auth_state", "ReactiveAuthState", "str", False),
        ("presence_sub_list", "PresenceSubList", PresenceSubList, False),
    ),
    AdminMapList: (
        ("admin_mapping", "AdminMapping", AdminMapping, False),
        ("mod_mapping", "ModMapping", ModMapping, False),
        ("user_mapping", "UserMapping", UserMapping, False),
    ),
    UserMapList: (("user_mapping", "UserMapping", UserMapping, True),),
    AdminMapping: (("mapping", "Mapping", Mapping, True),),
    ModMapping: (("mapping", "Mapping", Mapping, True),),
    UserMapping: (
        ("mapping", "Mapping", Mapping, True),
        ("s_name", "SName", "str", False),
        ("user_id", "UserID", "str", False),
    ),
    Mapping: (
        ("s_name", "SName", "str", False),
        ("user_id", "UserID", "str", False),
    ),
    InfoLink: (
        ("qualifier", "Qualifier", "bool", False),
        ("inf_link", "Inf_link", InfLink, True),
    ),
    InfLink: (
        ("link", "Link", "str", False),
        ("text", "Text", "str", False),
        ("content_type", "ContentType", "str", False),
    ),
    VerifyIDFunc: (("vrid", "VRID", "flag", False),),
    CIRHTTPAddress: (("url", "URL", "str", False),),
    Font: (
        ("size", "Size", "str", False),
        ("style", "Style", "str", True),
        ("color", "Color", "str", False),
    ),
    MessageInfoList: (("message_info", "MessageInfo", MessageInfo, True),),
    ExtendConversationUser: (
        ("user_id", "UserID", "str", False),
        ("client_id", "ClientID", ClientID, False),
    ),
    ContactListIDList: (("contact_list", "ContactList", "str", True),),
    UserIDList: (("user_id", "UserID", "str", True),),
    JoinedBlocked: (("user_list", "UserList", UserList, False),),
    LeftBlocked: (("user_list", "UserList", UserList, False),),
    Map: (
        ("content_type", "ContentType", "str", False),
        ("content_encoding", "ContentEncoding", "str", False),
        ("content_data", "ContentData", "str", False),
    ),
    SystemMessageList: (("system_message", "SystemMessage", SystemMessage, True),),
    SystemMessage: (
        ("system_message_id", "SystemMessageID", "str", False),
        ("requires_response", "RequiresResponse", "bool", False),
        ("system_message_text", "SystemMessageText", "str", False),
        ("answer_options", "AnswerOptions", AnswerOptions, False),
        ("verification_mechanism", "VerificationMechanism", VerificationMechanism, False),
    ),
    AnswerOptions: (("answer_option", "AnswerOption", AnswerOption, True),),
    AnswerOption: (
        ("answer_option_id", "AnswerOptionID", "int", False),
        ("answer_option_text", "AnswerOptionText", "str", False),
    ),
    VerificationMechanism: (
        ("in_text", "InText", "str", False),
        ("url", "URL", "str", False),
    ),
    SystemMessageResponseList: (("system_message_response", "SystemMessageResponse", SystemMessageResponse, True),),
    SystemMessageResponse: (
        ("system_message_id", "SystemMessageID", "str", False),
        ("chosen_option_id", "ChosenOptionID", "int", False),
        ("verification_key", "VerificationKey", "str", False),
    ),
    NotificationTypeList: (("notification_type", "NotificationType", "str", True),),
    UserIDPair: (
        ("unrecognized_user_id", "UnrecognizedUserID", "str", False),
        ("valid_user_id", "ValidUserID", "str", False),
    ),
    PublicProfile: (
        ("user_id", "UserID", "str", False),
        ("property", "Property", Property, True),
    ),
    ClientContentLimit: (
        ("accepted_content_type", "AcceptedContentType", AcceptedContentType, True),
        ("any_content", "AnyContent", "bool", False),
        ("accepted_text_content_length", "AcceptedTextContentLength", "int", False),
        ("accepted_transfer_encoding", "AcceptedTransferEncoding", "str", True),
        ("max_pull_length", "MaxPullLength", "int", False),
        ("max_push_length", "MaxPushLength", "int", False),
        ("plain_text_charset", "PlainTextCharset", "int", True),
    ),
    ExtendedRequest: (),
    ExtendedResponse: (),
}

# class -> version -> indices into FIELDS in the order of that version's schema
ORDER: dict[type[Node], dict[str, tuple[int, ...]]] = {
    SegmentInfo: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    SegmentID: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    WVCSPVersionDiscoveryRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    WVCSPVersionDiscoveryResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    VersionList: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    OtherServer: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    Status: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    Result: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    DetailedResult: {"1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8), "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8), "1.3": (0, 1, 2, 3, 4, 5, 6, 7, 8)},
    PollingRequest: {"1.1": (), "1.2": (), "1.3": ()},
    LoginRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        "1.3": (0, 1, 7, 2, 3, 4, 8, 5, 6, 9, 10, 11),
    },
    LogoutRequest: {"1.1": (), "1.2": (), "1.3": ()},
    Disconnect: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    KeepAliveRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SendMessageRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SetDeliveryMethodRequest: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    GetMessageListRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    RejectMessageRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    MessageNotification: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetMessageRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    NewMessage: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    MessageDelivered: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    DeliveryReportRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    ForwardMessageRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 2, 1)},
    GetSPInfoRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SearchRequest: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 4, 1, 2, 3)},
    StopSearchRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    ClientCapabilityRequest: {"1.1": (0, 1), "1.2": (1, 0), "1.3": (1, 0)},
    ServiceRequest: {"1.1": (0, 1, 2), "1.2": (1, 2, 0), "1.3": (1, 2, 0)},
    GetBlockedListRequest: {"1.1": (), "1.2": (), "1.3": ()},
    DeleteAttributeListRequest: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (3, 4, 2, 0, 1)},
    CreateAttributeListRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8),
        "1.3": (0, 4, 5, 3, 6, 7, 8, 1, 2),
    },
    ListManageRequest: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (0, 1, 2, 3, 4, 5)},
    DeleteListRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    CreateListRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    UpdatePresenceRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    CancelAuthRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    PresenceAuthUser: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SubscribePresenceRequest: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (4, 5, 2, 3, 0, 1)},
    GetPresenceRequest: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (3, 4, 2, 0, 1)},
    GetAttributeListRequest: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 3, 4, 1, 2)},
    UnsubscribePresenceRequest: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (2, 3, 0, 1)},
    GetListRequest: {"1.1": (), "1.2": (), "1.3": ()},
    GetWatcherListRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    CreateGroupRequest: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (0, 1, 5, 2, 3, 4)},
    DeleteGroupRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    JoinGroupRequest: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    LeaveGroupRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    LeaveGroupResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetGroupMembersRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    AddGroupMembersRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 2, 1)},
    RemoveGroupMembersRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 2, 1)},
    MemberAccessRequest: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 4, 3)},
    GetGroupPropsRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SetGroupPropsRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    RejectListRequest: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SubscribeGroupNoticeRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GroupChangeNotice: {"1.1": (0, 1, 2, 3, 4, 5, 6), "1.2": (0, 1, 2, 3, 4, 5, 6), "1.3": (0, 1, 2, 5, 6, 3, 4)},
    InviteRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.3": (0, 1, 9, 2, 10, 3, 4, 5, 6, 7, 8),
    },
    InviteUserResponse: {"1.1": (0, 1, 2, 3, 4, 5, 6, 7), "1.2": (0, 1, 4, 2, 3, 5, 6, 7), "1.3": (0, 1, 4, 5, 2, 3, 6, 7)},
    CancelInviteRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8),
        "1.3": (0, 5, 1, 2, 6, 7, 8, 3, 4),
    },
    BlockEntityRequest: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 2, 1, 3)},
    LoginResponse: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.3": (7, 0, 8, 1, 2, 3, 4, 5, 6, 9, 10),
    },
    ServiceResponse: {"1.1": (0, 1, 2), "1.2": (1, 2, 0), "1.3": (1, 2, 0)},
    ClientCapabilityResponse: {"1.1": (0, 1, 2), "1.2": (2, 0, 1), "1.3": (2, 0, 1)},
    KeepAliveResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetSPInfoResponse: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    SearchResponse: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    InviteResponse: {"1.1": (0, 1, 2, 3, 4, 5, 6), "1.2": (0, 1, 2, 3, 4, 5, 6), "1.3": (0, 1, 2, 4, 5, 6, 3)},
    InviteUserRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.3": (0, 1, 2, 8, 9, 3, 4, 5, 6, 10, 7),
    },
    CancelInviteUserRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8),
        "1.3": (0, 1, 4, 2, 5, 6, 7, 3, 8),
    },
    PresenceNotificationRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetWatcherListResponse: {"1.1": (0, 1, 2, 3), "1.2": (1, 2, 0, 3), "1.3": (1, 3, 2, 0)},
    GetPresenceResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    PresenceAuthRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetListResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (2, 1, 0)},
    ListManageResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    GetAttributeListResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SendMessageResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetMessageListResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (1, 2, 0)},
    GetMessageResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetBlockedListResponse: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 2, 1, 3)},
    JoinGroupResponse: {"1.1": (0, 1, 2, 3, 4), "1.2": (2, 1, 0, 3, 4), "1.3": (3, 4, 1, 0, 2)},
    GetGroupMembersResponse: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 3, 2)},
    GetGroupPropsResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    RejectListResponse: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SubscribeGroupNoticeResponse: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    RegistrationRequest: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (0, 1, 2, 3, 4, 5)},
    RegistrationResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetNewPasswordRequest: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    GetNewPasswordResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    VerifyIDRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetReactiveAuthStatusRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetReactiveAuthStatusResponse: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetJoinedUsersRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetJoinedUsersResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    ForwardMessageResponse: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    ExtendConversationRequest: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (0, 1, 2, 3, 4, 5)},
    ExtendConversationResponse: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    CreateListResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetMapRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetMapResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GetSegmentRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetSegmentResponse: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    DropSegmentRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SystemMessageRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SystemMessageUser: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SubscribeNotificationRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    UnsubscribeNotificationRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    NotificationRequest: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        "1.3": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    },
    GetPublicProfileRequest: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GetPublicProfileResponse: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    UpdatePublicProfileRequest: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    Sender: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    Recipient: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    User: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 2, 3, 1, 4)},
    Group: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    ClientID: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    ScreenName: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    NickName: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    URLList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    MessageInfo: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        "1.3": (0, 1, 2, 3, 4, 9, 5, 6, 7, 10, 8, 11),
    },
    Logo: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    CapabilityList: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24),
        "1.3": (3, 2, 16, 17, 18, 5, 0, 15, 1, 8, 19, 20, 21, 22, 9, 14, 7, 23, 10, 11, 24, 4, 6, 12, 13),
    },
    AcceptedContentType: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    GroupList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    UserList: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    AddNickList: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    NickList: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    RemoveNickList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    AllFunctions: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Functions: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    WVCSPFeat: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    FundamentalFeat: {"1.1": (0, 1, 2, 3, 4), "1.2": (3, 0, 1, 2, 4), "1.3": (3, 0, 1, 2, 4)},
    PresenceFeat: {"1.1": (0, 1, 2, 3, 4), "1.2": (4, 0, 1, 2, 3), "1.3": (4, 0, 1, 2, 3)},
    IMFeat: {"1.1": (0, 1, 2, 3), "1.2": (3, 0, 1, 2), "1.3": (3, 0, 1, 2)},
    GroupFeat: {"1.1": (0, 1, 2, 3), "1.2": (3, 0, 1, 2), "1.3": (3, 0, 1, 2)},
    ServiceFunc: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SearchFunc: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 2, 1)},
    InviteFunc: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    ContListFunc: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    PresenceAuthFunc: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    PresenceDeliverFunc: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    AttListFunc: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    IMSendFunc: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    IMReceiveFunc: {"1.1": (0, 1, 2, 3, 4, 5, 6), "1.2": (0, 1, 2, 3, 4, 5, 6), "1.3": (0, 1, 2, 3, 4, 5, 6)},
    IMAuthFunc: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GroupMgmtFunc: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    GroupUseFunc: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    GroupAuthFunc: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (0, 1, 2, 3, 4, 5)},
    BlockList: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (1, 2, 3, 0)},
    PresenceSubList: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
        "1.3": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
    },
    SearchPairList: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SearchResult: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    GrantList: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (1, 2, 3, 0)},
    EntityList: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    AddList: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    RemoveList: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    ContactListProperties: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    GroupProperties: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    OwnProperties: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Property: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    WelcomeNote: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    Admin: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Mod: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Users: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Joined: {"1.1": (0, 1), "1.2": (1, 0), "1.3": (1, 0)},
    Left: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    OnlineStatus: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    Registration: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    FreeTextLocation: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    PLMN: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    UserAvailability: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    PreferredLanguage: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    StatusText: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    StatusMood: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    Alias: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    ClientInfo: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        "1.3": (0, 8, 1, 2, 3, 4, 5, 6, 9, 10, 7),
    },
    TimeZone: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    GeoLocation: {"1.1": (0, 1, 2, 3, 4, 5), "1.2": (0, 1, 2, 3, 4, 5), "1.3": (0, 1, 2, 3, 4, 5)},
    Address: {"1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8), "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8), "1.3": (0, 1, 2, 3, 4, 5, 6, 7, 8)},
    CommCap: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    CommC: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    PreferredContacts: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    AddrPref: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    StatusContent: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (0, 1, 2, 3)},
    ContactInfo: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    DefaultAttributeList: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (1, 0)},
    Presence: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 3, 4, 2)},
    AgreedCapabilityList: {
        "1.1": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22),
        "1.2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22),
        "1.3": (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 4, 0, 18, 1, 2, 3, 19, 20, 21, 22, 5),
    },
    CIRURL: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Watcher: {"1.1": (0, 1, 2, 3), "1.2": (0, 1, 2, 3), "1.3": (2, 3, 1, 0)},
    IDList: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    ReactiveAuthStatusList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    ReactiveAuthStatus: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    AdminMapList: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    UserMapList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    AdminMapping: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    ModMapping: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    UserMapping: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    Mapping: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    InfoLink: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    InfLink: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    VerifyIDFunc: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    CIRHTTPAddress: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Font: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    MessageInfoList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    ExtendConversationUser: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    ContactListIDList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    UserIDList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    JoinedBlocked: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    LeftBlocked: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    Map: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    SystemMessageList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SystemMessage: {"1.1": (0, 1, 2, 3, 4), "1.2": (0, 1, 2, 3, 4), "1.3": (0, 1, 2, 3, 4)},
    AnswerOptions: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    AnswerOption: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    VerificationMechanism: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    SystemMessageResponseList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    SystemMessageResponse: {"1.1": (0, 1, 2), "1.2": (0, 1, 2), "1.3": (0, 1, 2)},
    NotificationTypeList: {"1.1": (0,), "1.2": (0,), "1.3": (0,)},
    UserIDPair: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    PublicProfile: {"1.1": (0, 1), "1.2": (0, 1), "1.3": (0, 1)},
    ClientContentLimit: {"1.1": (0, 1, 2, 3, 4, 5, 6), "1.2": (0, 1, 2, 3, 4, 5, 6), "1.3": (0, 1, 2, 3, 4, 5, 6)},
    ExtendedRequest: {"1.1": (), "1.2": (), "1.3": ()},
    ExtendedResponse: {"1.1": (), "1.2": (), "1.3": ()},
}

PRIMITIVES: dict[str, type[Primitive]] = {
    "WV-CSP-VersionDiscovery-Request": WVCSPVersionDiscoveryRequest,
    "WV-CSP-VersionDiscovery-Response": WVCSPVersionDiscoveryResponse,
    "Status": Status,
    "Login-Request": LoginRequest,
    "Login-Response": LoginResponse,
    "Logout-Request": LogoutRequest,
    "Disconnect": Disconnect,
    "KeepAlive-Request": KeepAliveRequest,
    "KeepAlive-Response": KeepAliveResponse,
    "Polling-Request": PollingRequest,
    "GetSPInfo-Request": GetSPInfoRequest,
    "GetSPInfo-Response": GetSPInfoResponse,
    "Service-Request": ServiceRequest,
    "Service-Response": ServiceResponse,
    "ClientCapability-Request": ClientCapabilityRequest,
    "ClientCapability-Response": ClientCapabilityResponse,
    "GetSegment-Request": GetSegmentRequest,
    "GetSegment-Response": GetSegmentResponse,
    "DropSegment-Request": DropSegmentRequest,
    "SystemMessage-Request": SystemMessageRequest,
    "SystemMessage-User": SystemMessageUser,
    "SubscribeNotification-Request": SubscribeNotificationRequest,
    "UnsubscribeNotification-Request": UnsubscribeNotificationRequest,
    "Notification-Request": NotificationRequest,
    "GetPublicProfile-Request": GetPublicProfileRequest,
    "GetPublicProfile-Response": GetPublicProfileResponse,
    "UpdatePublicProfile-Request": UpdatePublicProfileRequest,
    "Search-Request": SearchRequest,
    "Search-Response": SearchResponse,
    "StopSearch-Request": StopSearchRequest,
    "Invite-Request": InviteRequest,
    "Invite-Response": InviteResponse,
    "InviteUser-Request": InviteUserRequest,
    "InviteUser-Response": InviteUserResponse,
    "CancelInvite-Request": CancelInviteRequest,
    "CancelInviteUser-Request": CancelInviteUserRequest,
    "VerifyID-Request": VerifyIDRequest,
    "GetMap-Request": GetMapRequest,
    "GetMap-Response": GetMapResponse,
    "GetList-Request": GetListRequest,
    "GetList-Response": GetListResponse,
    "CreateList-Request": CreateListRequest,
    "CreateList-Response": CreateListResponse,
    "DeleteList-Request": DeleteListRequest,
    "ListManage-Request": ListManageRequest,
    "ListManage-Response": ListManageResponse,
    "CreateAttributeList-Request": CreateAttributeListRequest,
    "DeleteAttributeList-Request": DeleteAttributeListRequest,
    "GetAttributeList-Request": GetAttributeListRequest,
    "GetAttributeList-Response": GetAttributeListResponse,
    "SubscribePresence-Request": SubscribePresenceRequest,
    "UnsubscribePresence-Request": UnsubscribePresenceRequest,
    "PresenceNotification-Request": PresenceNotificationRequest,
    "PresenceAuth-Request": PresenceAuthRequest,
    "PresenceAuth-User": PresenceAuthUser,
    "CancelAuth-Request": CancelAuthRequest,
    "GetReactiveAuthStatus-Request": GetReactiveAuthStatusRequest,
    "GetReactiveAuthStatus-Response": GetReactiveAuthStatusResponse,
    "GetWatcherList-Request": GetWatcherListRequest,
    "GetWatcherList-Response": GetWatcherListResponse,
    "GetPresence-Request": GetPresenceRequest,
    "GetPresence-Response": GetPresenceResponse,
    "UpdatePresence-Request": UpdatePresenceRequest,
    "SendMessage-Request": SendMessageRequest,
    "SendMessage-Response": SendMessageResponse,
    "SetDeliveryMethod-Request": SetDeliveryMethodRequest,
    "GetMessageList-Request": GetMessageListRequest,
    "GetMessageList-Response": GetMessageListResponse,
    "RejectMessage-Request": RejectMessageRequest,
    "NewMessage": NewMessage,
    "MessageDelivered": MessageDelivered,
    "MessageNotification": MessageNotification,
    "GetMessage-Request": GetMessageRequest,
    "GetMessage-Response": GetMessageResponse,
    "DeliveryReport-Request": DeliveryReportRequest,
    "ForwardMessage-Request": ForwardMessageRequest,
    "ForwardMessage-Response": ForwardMessageResponse,
    "ExtendConversation-Request": ExtendConversationRequest,
    "ExtendConversation-Response": ExtendConversationResponse,
    "GetBlockedList-Request": GetBlockedListRequest,
    "GetBlockedList-Response": GetBlockedListResponse,
    "BlockEntity-Request": BlockEntityRequest,
    "CreateGroup-Request": CreateGroupRequest,
    "DeleteGroup-Request": DeleteGroupRequest,
    "JoinGroup-Request": JoinGroupRequest,
    "JoinGroup-Response": JoinGroupResponse,
    "LeaveGroup-Request": LeaveGroupRequest,
    "LeaveGroup-Response": LeaveGroupResponse,
    "GetGroupMembers-Request": GetGroupMembersRequest,
    "GetGroupMembers-Response": GetGroupMembersResponse,
    "GetJoinedUsers-Request": GetJoinedUsersRequest,
    "GetJoinedUsers-Response": GetJoinedUsersResponse,
    "AddGroupMembers-Request": AddGroupMembersRequest,
    "RemoveGroupMembers-Request": RemoveGroupMembersRequest,
    "MemberAccess-Request": MemberAccessRequest,
    "GetGroupProps-Request": GetGroupPropsRequest,
    "GetGroupProps-Response": GetGroupPropsResponse,
    "SetGroupProps-Request": SetGroupPropsRequest,
    "RejectList-Request": RejectListRequest,
    "RejectList-Response": RejectListResponse,
    "SubscribeGroupNotice-Request": SubscribeGroupNoticeRequest,
    "SubscribeGroupNotice-Response": SubscribeGroupNoticeResponse,
    "GroupChangeNotice": GroupChangeNotice,
    "Extended-Request": ExtendedRequest,
    "Extended-Response": ExtendedResponse,
    "Registration-Request": RegistrationRequest,
    "Registration-Response": RegistrationResponse,
    "GetNewPassword-Request": GetNewPasswordRequest,
    "GetNewPassword-Response": GetNewPasswordResponse,
}
