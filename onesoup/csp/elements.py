"""CSP elements as typed values, from tables/schema.tsv. Written by tools/make_elements.py: change that, not this.

A field is None when the element was absent, [] when a repeated one was. ORDER gives, for each class and version, the
order in which the children are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


class Node:
    """An element with children. NAME is its name on the wire."""

    __slots__ = ()
    NAME: ClassVar[str]


class Primitive(Node):
    """The one child of TransactionContent: what a transaction asks or answers."""

    __slots__ = ()


@dataclass(slots=True)
class SegmentInfo(Node):
    NAME: ClassVar[str] = "SegmentInfo"
    segment_count: int | None = None
    segment_id: SegmentID | None = None


@dataclass(slots=True)
class SegmentID(Node):
    NAME: ClassVar[str] = "SegmentID"
    transaction_id: str | None = None
    segment_reference: int | None = None


@dataclass(slots=True)
class WVCSPVersionDiscoveryRequest(Primitive):
    NAME: ClassVar[str] = "WV-CSP-VersionDiscovery-Request"
    version_list: VersionList | None = None
    extended_data: list[str] = field(default_factory=list)


@dataclass(slots=True)
class WVCSPVersionDiscoveryResponse(Primitive):
    NAME: ClassVar[str] = "WV-CSP-VersionDiscovery-Response"
    version_list: VersionList | None = None
    other_server: list[OtherServer] = field(default_factory=list)
    extended_data: list[str] = field(default_factory=list)


@dataclass(slots=True)
class VersionList(Node):
    NAME: ClassVar[str] = "VersionList"
    session_ns_name: list[str] = field(default_factory=list)
    transaction_ns_name: list[str] = field(default_factory=list)
    presence_attribute_ns_name: list[str] = field(default_factory=list)


@dataclass(slots=True)
class OtherServer(Node):
    NAME: ClassVar[str] = "OtherServer"
    url: str | None = None
    msisdn: str | None = None


@dataclass(slots=True)
class Status(Primitive):
    NAME: ClassVar[str] = "Status"
    result: Result | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class Result(Node):
    NAME: ClassVar[str] = "Result"
    code: int | None = None
    description: str | None = None
    detailed_result: list[DetailedResult] = field(default_factory=list)
    system_message_list: SystemMessageList | None = None
    try_again_timeout: int | None = None


@dataclass(slots=True)
class DetailedResult(Node):
    NAME: ClassVar[str] = "DetailedResult"
    code: int | None = None
    description: str | None = None
    user_id: list[str] = field(default_factory=list)
    group_id: list[str] = field(default_factory=list)
    screen_name: list[ScreenName] = field(default_factory=list)
    message_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    domain: list[str] = field(default_factory=list)
    search_element: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PollingRequest(Primitive):
    NAME: ClassVar[str] = "Polling-Request"


@dataclass(slots=True)
class LoginRequest(Primitive):
    NAME: ClassVar[str] = "Login-Request"
    user_id: str | None = None
    client_id: ClientID | None = None
    password: str | None = None
    digest_bytes: str | None = None
    digest_schema: list[str] = field(default_factory=list)
    time_to_live: int | None = None
    session_cookie: str | None = None
    application_id: str | None = None
    session_id: str | None = None
    system_message_response_list: SystemMessageResponseList | None = None
    functions: Functions | None = None
    capability_list: CapabilityList | None = None


@dataclass(slots=True)
class LogoutRequest(Primitive):
    NAME: ClassVar[str] = "Logout-Request"


@dataclass(slots=True)
class Disconnect(Primitive):
    NAME: ClassVar[str] = "Disconnect"
    result: Result | None = None


@dataclass(slots=True)
class KeepAliveRequest(Primitive):
    NAME: ClassVar[str] = "KeepAlive-Request"
    time_to_live: int | None = None


@dataclass(slots=True)
class SendMessageRequest(Primitive):
    NAME: ClassVar[str] = "SendMessage-Request"
    delivery_report: bool | None = None
    message_info: MessageInfo | None = None
    content_data: str | None = None


@dataclass(slots=True)
class SetDeliveryMethodRequest(Primitive):
    NAME: ClassVar[str] = "SetDeliveryMethod-Request"
    delivery_method: str | None = None
    accepted_content_length: int | None = None
    group_id: str | None = None
    group_content_limit: int | None = None


@dataclass(slots=True)
class GetMessageListRequest(Primitive):
    NAME: ClassVar[str] = "GetMessageList-Request"
    group_id: str | None = None
    message_count: int | None = None


@dataclass(slots=True)
class RejectMessageRequest(Primitive):
    NAME: ClassVar[str] = "RejectMessage-Request"
    message_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MessageNotification(Primitive):
    NAME: ClassVar[str] = "MessageNotification"
    message_info: MessageInfo | None = None


@dataclass(slots=True)
class GetMessageRequest(Primitive):
    NAME: ClassVar[str] = "GetMessage-Request"
    message_id: str | None = None


@dataclass(slots=True)
class NewMessage(Primitive):
    NAME: ClassVar[str] = "NewMessage"
    message_info: MessageInfo | None = None
    content_data: str | None = None


@dataclass(slots=True)
class MessageDelivered(Primitive):
    NAME: ClassVar[str] = "MessageDelivered"
    message_id: str | None = None


@dataclass(slots=True)
class DeliveryReportRequest(Primitive):
    NAME: ClassVar[str] = "DeliveryReport-Request"
    result: Result | None = None
    delivery_time: str | None = None
    message_info: MessageInfo | None = None


@dataclass(slots=True)
class ForwardMessageRequest(Primitive):
    NAME: ClassVar[str] = "ForwardMessage-Request"
    message_id: str | None = None
    recipient: Recipient | None = None
    sender: Sender | None = None


@dataclass(slots=True)
class GetSPInfoRequest(Primitive):
    NAME: ClassVar[str] = "GetSPInfo-Request"
    client_id: ClientID | None = None


@dataclass(slots=True)
class SearchRequest(Primitive):
    NAME: ClassVar[str] = "Search-Request"
    search_pair_list: list[SearchPairList] = field(default_factory=list)
    search_limit: int | None = None
    search_id: int | None = None
    search_index: int | None = None
    advanced_criteria: str | None = None


@dataclass(slots=True)
class StopSearchRequest(Primitive):
    NAME: ClassVar[str] = "StopSearch-Request"
    search_id: int | None = None


@dataclass(slots=True)
class ClientCapabilityRequest(Primitive):
    NAME: ClassVar[str] = "ClientCapability-Request"
    client_id: ClientID | None = None
    capability_list: CapabilityList | None = None


@dataclass(slots=True)
class ServiceRequest(Primitive):
    NAME: ClassVar[str] = "Service-Request"
    client_id: ClientID | None = None
    functions: Functions | None = None
    all_functions_request: bool | None = None


@dataclass(slots=True)
class GetBlockedListRequest(Primitive):
    NAME: ClassVar[str] = "GetBlockedList-Request"


@dataclass(slots=True)
class DeleteAttributeListRequest(Primitive):
    NAME: ClassVar[str] = "DeleteAttributeList-Request"
    user_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    default_list: bool | None = None
    user_id_list: UserIDList | None = None
    contact_list_id_list: ContactListIDList | None = None


@dataclass(slots=True)
class CreateAttributeListRequest(Primitive):
    NAME: ClassVar[str] = "CreateAttributeList-Request"
    presence_sub_list: PresenceSubList | None = None
    user_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    default_list: bool | None = None
    user_id_list: UserIDList | None = None
    contact_list_id_list: ContactListIDList | None = None
    default_notify: bool | None = None
    user_notify: bool | None = None
    contact_list_notify: bool | None = None


@dataclass(slots=True)
class ListManageRequest(Primitive):
    NAME: ClassVar[str] = "ListManage-Request"
    contact_list: str | None = None
    add_nick_list: AddNickList | None = None
    remove_nick_list: RemoveNickList | None = None
    contact_list_properties: ContactListProperties | None = None
    receive_list: bool | None = None
    authorize_and_grant: bool | None = None


@dataclass(slots=True)
class DeleteListRequest(Primitive):
    NAME: ClassVar[str] = "DeleteList-Request"
    contact_list: str | None = None


@dataclass(slots=True)
class CreateListRequest(Primitive):
    NAME: ClassVar[str] = "CreateList-Request"
    contact_list: str | None = None
    nick_list: NickList | None = None
    contact_list_properties: ContactListProperties | None = None


@dataclass(slots=True)
class UpdatePresenceRequest(Primitive):
    NAME: ClassVar[str] = "UpdatePresence-Request"
    presence_sub_list: PresenceSubList | None = None


@dataclass(slots=True)
class CancelAuthRequest(Primitive):
    NAME: ClassVar[str] = "CancelAuth-Request"
    user_id: str | None = None


@dataclass(slots=True)
class PresenceAuthUser(Primitive):
    NAME: ClassVar[str] = "PresenceAuth-User"
    user_id: str | None = None
    acceptance: bool | None = None
    presence_sub_list: PresenceSubList | None = None


@dataclass(slots=True)
class SubscribePresenceRequest(Primitive):
    NAME: ClassVar[str] = "SubscribePresence-Request"
    user: list[User] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    presence_sub_list: PresenceSubList | None = None
    auto_subscribe: bool | None = None
    user_id_list: UserIDList | None = None
    contact_list_id_list: ContactListIDList | None = None


@dataclass(slots=True)
class GetPresenceRequest(Primitive):
    NAME: ClassVar[str] = "GetPresence-Request"
    user: list[User] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    presence_sub_list: PresenceSubList | None = None
    user_id_list: UserIDList | None = None
    contact_list_id_list: ContactListIDList | None = None


@dataclass(slots=True)
class GetAttributeListRequest(Primitive):
    NAME: ClassVar[str] = "GetAttributeList-Request"
    default_list: bool | None = None
    contact_list: list[str] = field(default_factory=list)
    user: list[User] = field(default_factory=list)
    contact_list_id_list: ContactListIDList | None = None
    user_id_list: UserIDList | None = None


@dataclass(slots=True)
class UnsubscribePresenceRequest(Primitive):
    NAME: ClassVar[str] = "UnsubscribePresence-Request"
    user: list[User] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    user_id_list: UserIDList | None = None
    contact_list_id_list: ContactListIDList | None = None


@dataclass(slots=True)
class GetListRequest(Primitive):
    NAME: ClassVar[str] = "GetList-Request"


@dataclass(slots=True)
class GetWatcherListRequest(Primitive):
    NAME: ClassVar[str] = "GetWatcherList-Request"
    history_period: int | None = None
    max_watcher_list: int | None = None


@dataclass(slots=True)
class CreateGroupRequest(Primitive):
    NAME: ClassVar[str] = "CreateGroup-Request"
    group_id: str | None = None
    group_properties: GroupProperties | None = None
    join_group: bool | None = None
    screen_name: ScreenName | None = None
    subscribe_notification: bool | None = None
    own_properties: OwnProperties | None = None


@dataclass(slots=True)
class DeleteGroupRequest(Primitive):
    NAME: ClassVar[str] = "DeleteGroup-Request"
    group_id: str | None = None


@dataclass(slots=True)
class JoinGroupRequest(Primitive):
    NAME: ClassVar[str] = "JoinGroup-Request"
    group_id: str | None = None
    screen_name: ScreenName | None = None
    joined_request: bool | None = None
    subscribe_notification: bool | None = None
    own_properties: OwnProperties | None = None


@dataclass(slots=True)
class LeaveGroupRequest(Primitive):
    NAME: ClassVar[str] = "LeaveGroup-Request"
    group_id: str | None = None


@dataclass(slots=True)
class LeaveGroupResponse(Primitive):
    NAME: ClassVar[str] = "LeaveGroup-Response"
    group_id: str | None = None
    result: Result | None = None


@dataclass(slots=True)
class GetGroupMembersRequest(Primitive):
    NAME: ClassVar[str] = "GetGroupMembers-Request"
    group_id: str | None = None


@dataclass(slots=True)
class AddGroupMembersRequest(Primitive):
    NAME: ClassVar[str] = "AddGroupMembers-Request"
    group_id: str | None = None
    user_list: UserList | None = None
    user_id_list: UserIDList | None = None


@dataclass(slots=True)
class RemoveGroupMembersRequest(Primitive):
    NAME: ClassVar[str] = "RemoveGroupMembers-Request"
    group_id: str | None = None
    user_list: UserList | None = None
    user_id_list: UserIDList | None = None


@dataclass(slots=True)
class MemberAccessRequest(Primitive):
    NAME: ClassVar[str] = "MemberAccess-Request"
    group_id: str | None = None
    admin: Admin | None = None
    mod: Mod | None = None
    users: Users | None = None
    user_list: UserList | None = None


@dataclass(slots=True)
class GetGroupPropsRequest(Primitive):
    NAME: ClassVar[str] = "GetGroupProps-Request"
    group_id: str | None = None


@dataclass(slots=True)
class SetGroupPropsRequest(Primitive):
    NAME: ClassVar[str] = "SetGroupProps-Request"
    group_id: str | None = None
    group_properties: GroupProperties | None = None
    own_properties: OwnProperties | None = None


@dataclass(slots=True)
class RejectListRequest(Primitive):
    NAME: ClassVar[str] = "RejectList-Request"
    group_id: str | None = None
    add_list: AddList | None = None
    remove_list: RemoveList | None = None


@dataclass(slots=True)
class SubscribeGroupNoticeRequest(Primitive):
    NAME: ClassVar[str] = "SubscribeGroupNotice-Request"
    group_id: str | None = None
    subscribe_type: str | None = None


@dataclass(slots=True)
class GroupChangeNotice(Primitive):
    NAME: ClassVar[str] = "GroupChangeNotice"
    group_id: str | None = None
    joined: Joined | None = None
    left: Left | None = None
    group_properties: GroupProperties | None = None
    own_properties: OwnProperties | None = None
    joined_blocked: JoinedBlocked | None = None
    left_blocked: LeftBlocked | None = None


@dataclass(slots=True)
class InviteRequest(Primitive):
    NAME: ClassVar[str] = "Invite-Request"
    invite_id: str | None = None
    invite_type: str | None = None
    recipient: Recipient | None = None
    group_id: str | None = None
    presence_sub_list: PresenceSubList | None = None
    url_list: URLList | None = None
    invite_note: str | None = None
    screen_name: ScreenName | None = None
    validity: int | None = None
    sender: Sender | None = None
    application_id: str | None = None


@dataclass(slots=True)
class InviteUserResponse(Primitive):
    NAME: ClassVar[str] = "InviteUser-Response"
    invite_id: str | None = None
    acceptance: bool | None = None
    response_note: str | None = None
    screen_name: ScreenName | None = None
    sender: Sender | None = None
    recipient: Recipient | None = None
    user: User | None = None
    group: Group | None = None


@dataclass(slots=True)
class CancelInviteRequest(Primitive):
    NAME: ClassVar[str] = "CancelInvite-Request"
    invite_id: str | None = None
    recipient: Recipient | None = None
    invite_note: str | None = None
    url_list: URLList | None = None
    screen_name: ScreenName | None = None
    sender: Sender | None = None
    application_id: str | None = None
    group_id: str | None = None
    presence_sub_list: PresenceSubList | None = None


@dataclass(slots=True)
class BlockEntityRequest(Primitive):
    NAME: ClassVar[str] = "BlockEntity-Request"
    block_list: BlockList | None = None
    grant_list: GrantList | None = None
    block_list_in_use: bool | None = None
    grant_list_in_use: bool | None = None


@dataclass(slots=True)
class LoginResponse(Primitive):
    NAME: ClassVar[str] = "Login-Response"
    client_id: ClientID | None = None
    result: Result | None = None
    nonce: str | None = None
    digest_schema: str | None = None
    session_id: str | None = None
    keep_alive_time: int | None = None
    capability_request: bool | None = None
    user_id: str | None = None
    password: str | None = None
    functions: Functions | None = None
    agreed_capability_list: AgreedCapabilityList | None = None


@dataclass(slots=True)
class ServiceResponse(Primitive):
    NAME: ClassVar[str] = "Service-Response"
    client_id: ClientID | None = None
    functions: Functions | None = None
    all_functions: AllFunctions | None = None


@dataclass(slots=True)
class ClientCapabilityResponse(Primitive):
    NAME: ClassVar[str] = "ClientCapability-Response"
    client_id: ClientID | None = None
    capability_list: CapabilityList | None = None
    agreed_capability_list: AgreedCapabilityList | None = None


@dataclass(slots=True)
class KeepAliveResponse(Primitive):
    NAME: ClassVar[str] = "KeepAlive-Response"
    result: Result | None = None
    keep_alive_time: int | None = None


@dataclass(slots=True)
class GetSPInfoResponse(Primitive):
    NAME: ClassVar[str] = "GetSPInfo-Response"
    client_id: ClientID | None = None
    name: str | None = None
    logo: Logo | None = None
    description: str | None = None
    url: str | None = None


@dataclass(slots=True)
class SearchResponse(Primitive):
    NAME: ClassVar[str] = "Search-Response"
    search_id: int | None = None
    search_findings: int | None = None
    completion_flag: bool | None = None
    search_index: int | None = None
    search_result: SearchResult | None = None


@dataclass(slots=True)
class InviteResponse(Primitive):
    NAME: ClassVar[str] = "Invite-Response"
    invite_id: str | None = None
    acceptance: bool | None = None
    sender: Sender | None = None
    response_note: str | None = None
    recipient: Recipient | None = None
    invite_note: str | None = None
    screen_name: ScreenName | None = None


@dataclass(slots=True)
class InviteUserRequest(Primitive):
    NAME: ClassVar[str] = "InviteUser-Request"
    invite_id: str | None = None
    invite_type: str | None = None
    sender: Sender | None = None
    group_id: str | None = None
    presence_sub_list: PresenceSubList | None = None
    url_list: URLList | None = None
    invite_note: str | None = None
    validity: int | None = None
    recipient: Recipient | None = None
    application_id: str | None = None
    screen_name: ScreenName | None = None


@dataclass(slots=True)
class CancelInviteUserRequest(Primitive):
    NAME: ClassVar[str] = "CancelInviteUser-Request"
    invite_id: str | None = None
    sender: Sender | None = None
    invite_note: str | None = None
    url_list: URLList | None = None
    recipient: Recipient | None = None
    application_id: str | None = None
    group_id: str | None = None
    presence_sub_list: PresenceSubList | None = None
    screen_name: ScreenName | None = None


@dataclass(slots=True)
class PresenceNotificationRequest(Primitive):
    NAME: ClassVar[str] = "PresenceNotification-Request"
    presence: list[Presence] = field(default_factory=list)


@dataclass(slots=True)
class GetWatcherListResponse(Primitive):
    NAME: ClassVar[str] = "GetWatcherList-Response"
    user: list[User] = field(default_factory=list)
    history_period: int | None = None
    watcher: list[Watcher] = field(default_factory=list)
    watcher_count: int | None = None


@dataclass(slots=True)
class GetPresenceResponse(Primitive):
    NAME: ClassVar[str] = "GetPresence-Response"
    result: Result | None = None
    presence: list[Presence] = field(default_factory=list)


@dataclass(slots=True)
class PresenceAuthRequest(Primitive):
    NAME: ClassVar[str] = "PresenceAuth-Request"
    user_id: str | None = None
    presence_sub_list: PresenceSubList | None = None


@dataclass(slots=True)
class GetListResponse(Primitive):
    NAME: ClassVar[str] = "GetList-Response"
    contact_list: list[str] = field(default_factory=list)
    default_contact_list: str | None = None
    contact_list_id_list: ContactListIDList | None = None


@dataclass(slots=True)
class ListManageResponse(Primitive):
    NAME: ClassVar[str] = "ListManage-Response"
    result: Result | None = None
    nick_list: NickList | None = None
    contact_list_properties: ContactListProperties | None = None


@dataclass(slots=True)
class GetAttributeListResponse(Primitive):
    NAME: ClassVar[str] = "GetAttributeList-Response"
    result: Result | None = None
    default_attribute_list: DefaultAttributeList | None = None
    presence: list[Presence] = field(default_factory=list)


@dataclass(slots=True)
class SendMessageResponse(Primitive):
    NAME: ClassVar[str] = "SendMessage-Response"
    result: Result | None = None
    message_id: str | None = None


@dataclass(slots=True)
class GetMessageListResponse(Primitive):
    NAME: ClassVar[str] = "GetMessageList-Response"
    message_info: list[MessageInfo] = field(default_factory=list)
    message_info_list: MessageInfoList | None = None
    message_total_count: int | None = None


@dataclass(slots=True)
class GetMessageResponse(Primitive):
    NAME: ClassVar[str] = "GetMessage-Response"
    message_info: MessageInfo | None = None
    content_data: str | None = None


@dataclass(slots=True)
class GetBlockedListResponse(Primitive):
    NAME: ClassVar[str] = "GetBlockedList-Response"
    block_list: BlockList | None = None
    grant_list: GrantList | None = None
    block_list_in_use: bool | None = None
    grant_list_in_use: bool | None = None


@dataclass(slots=True)
class JoinGroupResponse(Primitive):
    NAME: ClassVar[str] = "JoinGroup-Response"
    user_list: UserList | None = None
    welcome_note: WelcomeNote | None = None
    user_map_list: UserMapList | None = None
    joined: Joined | None = None
    screen_name: ScreenName | None = None


@dataclass(slots=True)
class GetGroupMembersResponse(Primitive):
    NAME: ClassVar[str] = "GetGroupMembers-Response"
    admin: Admin | None = None
    mod: Mod | None = None
    users: Users | None = None
    user_list: UserList | None = None


@dataclass(slots=True)
class GetGroupPropsResponse(Primitive):
    NAME: ClassVar[str] = "GetGroupProps-Response"
    group_properties: GroupProperties | None = None
    own_properties: OwnProperties | None = None


@dataclass(slots=True)
class RejectListResponse(Primitive):
    NAME: ClassVar[str] = "RejectList-Response"
    user_list: UserList | None = None


@dataclass(slots=True)
class SubscribeGroupNoticeResponse(Primitive):
    NAME: ClassVar[str] = "SubscribeGroupNotice-Response"
    value: str | None = None


@dataclass(slots=True)
class RegistrationRequest(Primitive):
    NAME: ClassVar[str] = "Registration-Request"
    user: User | None = None
    password: str | None = None
    msisdn: str | None = None
    email_id: str | None = None
    security_question: str | None = None
    answer: str | None = None


@dataclass(slots=True)
class RegistrationResponse(Primitive):
    NAME: ClassVar[str] = "Registration-Response"
    user_id: str | None = None
    result: Result | None = None


@dataclass(slots=True)
class GetNewPasswordRequest(Primitive):
    NAME: ClassVar[str] = "GetNewPassword-Request"
    user: User | None = None
    password: str | None = None
    security_question: str | None = None
    answer: str | None = None


@dataclass(slots=True)
class GetNewPasswordResponse(Primitive):
    NAME: ClassVar[str] = "GetNewPassword-Response"
    password: str | None = None
    result: Result | None = None


@dataclass(slots=True)
class VerifyIDRequest(Primitive):
    NAME: ClassVar[str] = "VerifyID-Request"
    id_list: IDList | None = None


@dataclass(slots=True)
class GetReactiveAuthStatusRequest(Primitive):
    NAME: ClassVar[str] = "GetReactiveAuthStatus-Request"
    user_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class GetReactiveAuthStatusResponse(Primitive):
    NAME: ClassVar[str] = "GetReactiveAuthStatus-Response"
    reactive_auth_status_list: ReactiveAuthStatusList | None = None


@dataclass(slots=True)
class GetJoinedUsersRequest(Primitive):
    NAME: ClassVar[str] = "GetJoinedUsers-Request"
    group_id: str | None = None


@dataclass(slots=True)
class GetJoinedUsersResponse(Primitive):
    NAME: ClassVar[str] = "GetJoinedUsers-Response"
    admin_map_list: AdminMapList | None = None
    user_map_list: UserMapList | None = None
    joined_blocked: JoinedBlocked | None = None


@dataclass(slots=True)
class ForwardMessageResponse(Primitive):
    NAME: ClassVar[str] = "ForwardMessage-Response"
    message_id: str | None = None


@dataclass(slots=True)
class ExtendConversationRequest(Primitive):
    NAME: ClassVar[str] = "ExtendConversation-Request"
    extend_conversation_id: str | None = None
    user_id_list: UserIDList | None = None
    extend_conversation_user: ExtendConversationUser | None = None
    subscribe_notification: bool | None = None
    welcome_note: WelcomeNote | None = None
    screen_name: ScreenName | None = None


@dataclass(slots=True)
class ExtendConversationResponse(Primitive):
    NAME: ClassVar[str] = "ExtendConversation-Response"
    extend_conversation_id: str | None = None
    group_id: str | None = None
    response_note: str | None = None
    result: Result | None = None


@dataclass(slots=True)
class CreateListResponse(Primitive):
    NAME: ClassVar[str] = "CreateList-Response"
    contact_list: str | None = None
    contact_list_properties: ContactListProperties | None = None


@dataclass(slots=True)
class GetMapRequest(Primitive):
    NAME: ClassVar[str] = "GetMap-Request"
    user_id: str | None = None
    presence_sub_list: PresenceSubList | None = None


@dataclass(slots=True)
class GetMapResponse(Primitive):
    NAME: ClassVar[str] = "GetMap-Response"
    map: Map | None = None
    url: str | None = None


@dataclass(slots=True)
class GetSegmentRequest(Primitive):
    NAME: ClassVar[str] = "GetSegment-Request"
    segment_id: SegmentID | None = None


@dataclass(slots=True)
class GetSegmentResponse(Primitive):
    NAME: ClassVar[str] = "GetSegment-Response"
    segment_content: str | None = None


@dataclass(slots=True)
class DropSegmentRequest(Primitive):
    NAME: ClassVar[str] = "DropSegment-Request"
    segment_id: SegmentID | None = None


@dataclass(slots=True)
class SystemMessageRequest(Primitive):
    NAME: ClassVar[str] = "SystemMessage-Request"
    system_message_list: SystemMessageList | None = None


@dataclass(slots=True)
class SystemMessageUser(Primitive):
    NAME: ClassVar[str] = "SystemMessage-User"
    system_message_response_list: SystemMessageResponseList | None = None


@dataclass(slots=True)
class SubscribeNotificationRequest(Primitive):
    NAME: ClassVar[str] = "SubscribeNotification-Request"
    notification_type_list: NotificationTypeList | None = None


@dataclass(slots=True)
class UnsubscribeNotificationRequest(Primitive):
    NAME: ClassVar[str] = "UnsubscribeNotification-Request"
    notification_type_list: NotificationTypeList | None = None


@dataclass(slots=True)
class NotificationRequest(Primitive):
    NAME: ClassVar[str] = "Notification-Request"
    notification_type: str | None = None
    block_list_in_use: bool | None = None
    grant_list_in_use: bool | None = None
    group_id: str | None = None
    contact_list_id_list: ContactListIDList | None = None
    invite_id: str | None = None
    online_etem_handling: str | None = None
    presence_sub_list: PresenceSubList | None = None
    user_id_list: UserIDList | None = None
    default_list: bool | None = None
    session_priority: int | None = None
    user_list: UserList | None = None
    user_id_pair: UserIDPair | None = None


@dataclass(slots=True)
class GetPublicProfileRequest(Primitive):
    NAME: ClassVar[str] = "GetPublicProfile-Request"
    user_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class GetPublicProfileResponse(Primitive):
    NAME: ClassVar[str] = "GetPublicProfile-Response"
    result: Result | None = None
    public_profile: list[PublicProfile] = field(default_factory=list)


@dataclass(slots=True)
class UpdatePublicProfileRequest(Primitive):
    NAME: ClassVar[str] = "UpdatePublicProfile-Request"
    clear_public_profile: bool | None = None
    public_profile: PublicProfile | None = None


@dataclass(slots=True)
class Sender(Node):
    NAME: ClassVar[str] = "Sender"
    user: User | None = None
    group: Group | None = None


@dataclass(slots=True)
class Recipient(Node):
    NAME: ClassVar[str] = "Recipient"
    user: list[User] = field(default_factory=list)
    group: list[Group] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)


@dataclass(slots=True)
class User(Node):
    NAME: ClassVar[str] = "User"
    user_id: str | None = None
    client_id: ClientID | None = None
    friendly_name: str | None = None
    application_id: str | None = None
    property: Property | None = None


@dataclass(slots=True)
class Group(Node):
    NAME: ClassVar[str] = "Group"
    group_id: str | None = None
    screen_name: ScreenName | None = None


@dataclass(slots=True)
class ClientID(Node):
    NAME: ClassVar[str] = "ClientID"
    url: str | None = None
    msisdn: str | None = None
    text: str | None = None


@dataclass(slots=True)
class ScreenName(Node):
    NAME: ClassVar[str] = "ScreenName"
    s_name: str | None = None
    group_id: str | None = None


@dataclass(slots=True)
class NickName(Node):
    NAME: ClassVar[str] = "NickName"
    name: str | None = None
    user_id: str | None = None
    user: User | None = None


@dataclass(slots=True)
class URLList(Node):
    NAME: ClassVar[str] = "URLList"
    url: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MessageInfo(Node):
    NAME: ClassVar[str] = "MessageInfo"
    message_id: str | None = None
    message_uri: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_size: int | None = None
    recipient: Recipient | None = None
    sender: Sender | None = None
    date_time: str | None = None
    validity: int | None = None
    content_name: str | None = None
    font: Font | None = None
    ext_block_etem: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Logo(Node):
    NAME: ClassVar[str] = "Logo"
    content_type: str | None = None
    content_size: int | None = None
    content_encoding: str | None = None
    content_data: str | None = None


@dataclass(slots=True)
class CapabilityList(Node):
    NAME: ClassVar[str] = "CapabilityList"
    client_type: str | None = None
    initial_delivery_method: str | None = None
    any_content: bool | None = None
    accepted_content_type: list[AcceptedContentType] = field(default_factory=list)
    accepted_charset: list[int] = field(default_factory=list)
    accepted_transfer_encoding: list[str] = field(default_factory=list)
    accepted_content_length: int | None = None
    supported_bearer: list[str] = field(default_factory=list)
    multi_trans: int | None = None
    parser_size: int | None = None
    supported_cir_method: list[str] = field(default_factory=list)
    udp_port: int | None = None
    tcp_address: str | None = None
    tcp_port: int | None = None
    server_poll_min: int | None = None
    default_language: str | None = None
    accepted_pull_length: int | None = None
    accepted_push_length: int | None = None
    accepted_text_content_length: int | None = None
    multi_trans_per_message: int | None = None
    offline_etem_handling: str | None = None
    online_etem_handling: str | None = None
    plain_text_charset: list[int] = field(default_factory=list)
    supported_offline_bearer: list[str] = field(default_factory=list)
    session_priority: int | None = None


@dataclass(slots=True)
class AcceptedContentType(Node):
    NAME: ClassVar[str] = "AcceptedContentType"
    content_type: str | None = None
    accepted_rich_content_length: int | None = None
    content_policy: str | None = None
    content_policy_limit: int | None = None
    text: str | None = None


@dataclass(slots=True)
class GroupList(Node):
    NAME: ClassVar[str] = "GroupList"
    group_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class UserList(Node):
    NAME: ClassVar[str] = "UserList"
    user: list[User] = field(default_factory=list)
    screen_name: list[ScreenName] = field(default_factory=list)


@dataclass(slots=True)
class AddNickList(Node):
    NAME: ClassVar[str] = "AddNickList"
    nick_name: list[NickName] = field(default_factory=list)
    user_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class NickList(Node):
    NAME: ClassVar[str] = "NickList"
    nick_name: list[NickName] = field(default_factory=list)
    user_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class RemoveNickList(Node):
    NAME: ClassVar[str] = "RemoveNickList"
    user_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class AllFunctions(Node):
    NAME: ClassVar[str] = "AllFunctions"
    wvcsp_feat: WVCSPFeat | None = None


@dataclass(slots=True)
class Functions(Node):
    NAME: ClassVar[str] = "Functions"
    wvcsp_feat: WVCSPFeat | None = None


@dataclass(slots=True)
class WVCSPFeat(Node):
    NAME: ClassVar[str] = "WVCSPFeat"
    fundamental_feat: FundamentalFeat | None = None
    presence_feat: PresenceFeat | None = None
    im_feat: IMFeat | None = None
    group_feat: GroupFeat | None = None


@dataclass(slots=True)
class FundamentalFeat(Node):
    NAME: ClassVar[str] = "FundamentalFeat"
    service_func: ServiceFunc | None = None
    search_func: SearchFunc | None = None
    invite_func: InviteFunc | None = None
    mf: bool = False
    verify_id_func: VerifyIDFunc | None = None


@dataclass(slots=True)
class PresenceFeat(Node):
    NAME: ClassVar[str] = "PresenceFeat"
    cont_list_func: ContListFunc | None = None
    presence_auth_func: PresenceAuthFunc | None = None
    presence_deliver_func: PresenceDeliverFunc | None = None
    att_list_func: AttListFunc | None = None
    mp: bool = False


@dataclass(slots=True)
class IMFeat(Node):
    NAME: ClassVar[str] = "IMFeat"
    im_send_func: IMSendFunc | None = None
    im_receive_func: IMReceiveFunc | None = None
    im_auth_func: IMAuthFunc | None = None
    mm: bool = False


@dataclass(slots=True)
class GroupFeat(Node):
    NAME: ClassVar[str] = "GroupFeat"
    group_mgmt_func: GroupMgmtFunc | None = None
    group_use_func: GroupUseFunc | None = None
    group_auth_func: GroupAuthFunc | None = None
    mg: bool = False


@dataclass(slots=True)
class ServiceFunc(Node):
    NAME: ClassVar[str] = "ServiceFunc"
    getspi: bool = False
    getmap: bool = False
    sgmnt: bool = False


@dataclass(slots=True)
class SearchFunc(Node):
    NAME: ClassVar[str] = "SearchFunc"
    srch: bool = False
    stsrc: bool = False
    advsr: bool = False


@dataclass(slots=True)
class InviteFunc(Node):
    NAME: ClassVar[str] = "InviteFunc"
    invit: bool = False
    cainv: bool = False


@dataclass(slots=True)
class ContListFunc(Node):
    NAME: ClassVar[str] = "ContListFunc"
    gcli: bool = False
    ccli: bool = False
    dcli: bool = False
    mcls: bool = False


@dataclass(slots=True)
class PresenceAuthFunc(Node):
    NAME: ClassVar[str] = "PresenceAuthFunc"
    getwl: bool = False
    react: bool = False
    caaut: bool = False
    getaut: bool = False


@dataclass(slots=True)
class PresenceDeliverFunc(Node):
    NAME: ClassVar[str] = "PresenceDeliverFunc"
    getpr: bool = False
    updpr: bool = False


@dataclass(slots=True)
class AttListFunc(Node):
    NAME: ClassVar[str] = "AttListFunc"
    cali: bool = False
    dali: bool = False
    gals: bool = False


@dataclass(slots=True)
class IMSendFunc(Node):
    NAME: ClassVar[str] = "IMSendFunc"
    mdeliv: bool = False
    fwmsg: bool = False


@dataclass(slots=True)
class IMReceiveFunc(Node):
    NAME: ClassVar[str] = "IMReceiveFunc"
    setd: bool = False
    getlm: bool = False
    getm: bool = False
    rejcm: bool = False
    notif: bool = False
    newm: bool = False
    offnotif: bool = False


@dataclass(slots=True)
class IMAuthFunc(Node):
    NAME: ClassVar[str] = "IMAuthFunc"
    glblu: bool = False
    blent: bool = False


@dataclass(slots=True)
class GroupMgmtFunc(Node):
    NAME: ClassVar[str] = "GroupMgmtFunc"
    creag: bool = False
    delgr: bool = False
    getgp: bool = False
    setgp: bool = False


@dataclass(slots=True)
class GroupUseFunc(Node):
    NAME: ClassVar[str] = "GroupUseFunc"
    subgcn: bool = False
    grchn: bool = False
    excon: bool = False


@dataclass(slots=True)
class GroupAuthFunc(Node):
    NAME: ClassVar[str] = "GroupAuthFunc"
    getgm: bool = False
    addgm: bool = False
    rmvgm: bool = False
    mbrac: bool = False
    rejec: bool = False
    getju: bool = False


@dataclass(slots=True)
class BlockList(Node):
    NAME: ClassVar[str] = "BlockList"
    in_use: bool | None = None
    entity_list: EntityList | None = None
    add_list: AddList | None = None
    remove_list: RemoveList | None = None


@dataclass(slots=True)
class PresenceSubList(Node):
    NAME: ClassVar[str] = "PresenceSubList"
    online_status: OnlineStatus | None = None
    registration: Registration | None = None
    client_info: ClientInfo | None = None
    time_zone: TimeZone | None = None
    geo_location: GeoLocation | None = None
    address: Address | None = None
    free_text_location: FreeTextLocation | None = None
    plmn: PLMN | None = None
    comm_cap: CommCap | None = None
    user_availability: UserAvailability | None = None
    preferred_contacts: PreferredContacts | None = None
    preferred_language: PreferredLanguage | None = None
    status_text: StatusText | None = None
    status_mood: StatusMood | None = None
    alias: Alias | None = None
    status_content: StatusContent | None = None
    contact_info: ContactInfo | None = None
    info_link: InfoLink | None = None


@dataclass(slots=True)
class SearchPairList(Node):
    NAME: ClassVar[str] = "SearchPairList"
    search_element: str | None = None
    search_string: str | None = None
    pair_id: int | None = None


@dataclass(slots=True)
class SearchResult(Node):
    NAME: ClassVar[str] = "SearchResult"
    user_list: UserList | None = None
    group_list: GroupList | None = None


@dataclass(slots=True)
class GrantList(Node):
    NAME: ClassVar[str] = "GrantList"
    in_use: bool | None = None
    entity_list: EntityList | None = None
    add_list: AddList | None = None
    remove_list: RemoveList | None = None


@dataclass(slots=True)
class EntityList(Node):
    NAME: ClassVar[str] = "EntityList"
    user_id: list[str] = field(default_factory=list)
    screen_name: list[ScreenName] = field(default_factory=list)
    group_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    application_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class AddList(Node):
    NAME: ClassVar[str] = "AddList"
    user_id: list[str] = field(default_factory=list)
    screen_name: list[ScreenName] = field(default_factory=list)
    group_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    application_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class RemoveList(Node):
    NAME: ClassVar[str] = "RemoveList"
    user_id: list[str] = field(default_factory=list)
    screen_name: list[ScreenName] = field(default_factory=list)
    group_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    application_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ContactListProperties(Node):
    NAME: ClassVar[str] = "ContactListProperties"
    property: list[Property] = field(default_factory=list)


@dataclass(slots=True)
class GroupProperties(Node):
    NAME: ClassVar[str] = "GroupProperties"
    property: list[Property] = field(default_factory=list)
    welcome_note: WelcomeNote | None = None


@dataclass(slots=True)
class OwnProperties(Node):
    NAME: ClassVar[str] = "OwnProperties"
    property: list[Property] = field(default_factory=list)


@dataclass(slots=True)
class Property(Node):
    NAME: ClassVar[str] = "Property"
    name: str | None = None
    value: str | None = None


@dataclass(slots=True)
class WelcomeNote(Node):
    NAME: ClassVar[str] = "WelcomeNote"
    content_type: str | None = None
    content_encoding: str | None = None
    content_data: str | None = None


@dataclass(slots=True)
class Admin(Node):
    NAME: ClassVar[str] = "Admin"
    user_list: UserList | None = None


@dataclass(slots=True)
class Mod(Node):
    NAME: ClassVar[str] = "Mod"
    user_list: UserList | None = None


@dataclass(slots=True)
class Users(Node):
    NAME: ClassVar[str] = "Users"
    user_list: UserList | None = None


@dataclass(slots=True)
class Joined(Node):
    NAME: ClassVar[str] = "Joined"
    user_list: UserList | None = None
    user_map_list: UserMapList | None = None


@dataclass(slots=True)
class Left(Node):
    NAME: ClassVar[str] = "Left"
    user_list: UserList | None = None


@dataclass(slots=True)
class OnlineStatus(Node):
    NAME: ClassVar[str] = "OnlineStatus"
    qualifier: bool | None = None
    presence_value: str | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class Registration(Node):
    NAME: ClassVar[str] = "Registration"
    qualifier: bool | None = None
    presence_value: str | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class FreeTextLocation(Node):
    NAME: ClassVar[str] = "FreeTextLocation"
    qualifier: bool | None = None
    presence_value: str | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class PLMN(Node):
    NAME: ClassVar[str] = "PLMN"
    qualifier: bool | None = None
    presence_value: str | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class UserAvailability(Node):
    NAME: ClassVar[str] = "UserAvailability"
    qualifier: bool | None = None
    presence_value: str | None = None


@dataclass(slots=True)
class PreferredLanguage(Node):
    NAME: ClassVar[str] = "PreferredLanguage"
    qualifier: bool | None = None
    presence_value: str | None = None


@dataclass(slots=True)
class StatusText(Node):
    NAME: ClassVar[str] = "StatusText"
    qualifier: bool | None = None
    presence_value: str | None = None


@dataclass(slots=True)
class StatusMood(Node):
    NAME: ClassVar[str] = "StatusMood"
    qualifier: bool | None = None
    presence_value: str | None = None


@dataclass(slots=True)
class Alias(Node):
    NAME: ClassVar[str] = "Alias"
    qualifier: bool | None = None
    presence_value: str | None = None


@dataclass(slots=True)
class ClientInfo(Node):
    NAME: ClassVar[str] = "ClientInfo"
    qualifier: bool | None = None
    client_type: str | None = None
    dev_manufacturer: str | None = None
    client_producer: str | None = None
    model: str | None = None
    client_version: str | None = None
    language: str | None = None
    client_id: ClientID | None = None
    client_content_limit: ClientContentLimit | None = None
    client_im_priority: int | None = None
    application_id: str | None = None


@dataclass(slots=True)
class TimeZone(Node):
    NAME: ClassVar[str] = "TimeZone"
    qualifier: bool | None = None
    zone: str | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class GeoLocation(Node):
    NAME: ClassVar[str] = "GeoLocation"
    qualifier: bool | None = None
    longitude: str | None = None
    latitude: str | None = None
    altitude: int | None = None
    accuracy: int | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class Address(Node):
    NAME: ClassVar[str] = "Address"
    qualifier: bool | None = None
    country: str | None = None
    city: str | None = None
    street: str | None = None
    crossing1: str | None = None
    crossing2: str | None = None
    building: str | None = None
    named_area: str | None = None
    accuracy: int | None = None


@dataclass(slots=True)
class CommCap(Node):
    NAME: ClassVar[str] = "CommCap"
    qualifier: bool | None = None
    comm_c: list[CommC] = field(default_factory=list)
    client_id: ClientID | None = None


@dataclass(slots=True)
class CommC(Node):
    NAME: ClassVar[str] = "CommC"
    cap: str | None = None
    status: str | None = None
    contact: str | None = None
    note: str | None = None


@dataclass(slots=True)
class PreferredContacts(Node):
    NAME: ClassVar[str] = "PreferredContacts"
    qualifier: bool | None = None
    addr_pref: list[AddrPref] = field(default_factory=list)


@dataclass(slots=True)
class AddrPref(Node):
    NAME: ClassVar[str] = "AddrPref"
    pref_c: str | None = None
    caddr: str | None = None
    cstatus: str | None = None
    cname: str | None = None
    cpriority: int | None = None


@dataclass(slots=True)
class StatusContent(Node):
    NAME: ClassVar[str] = "StatusContent"
    qualifier: bool | None = None
    direct_content: str | None = None
    referred_content: str | None = None
    content_type: str | None = None


@dataclass(slots=True)
class ContactInfo(Node):
    NAME: ClassVar[str] = "ContactInfo"
    qualifier: bool | None = None
    contained_vcard: str | None = None
    referred_vcard: str | None = None


@dataclass(slots=True)
class DefaultAttributeList(Node):
    NAME: ClassVar[str] = "DefaultAttributeList"
    presence_sub_list: list[PresenceSubList] = field(default_factory=list)
    default_notify: bool | None = None


@dataclass(slots=True)
class Presence(Node):
    NAME: ClassVar[str] = "Presence"
    user_id: str | None = None
    contact_list: str | None = None
    presence_sub_list: list[PresenceSubList] = field(default_factory=list)
    user_notify: bool | None = None
    contact_list_notify: bool | None = None


@dataclass(slots=True)
class AgreedCapabilityList(Node):
    NAME: ClassVar[str] = "AgreedCapabilityList"
    supported_bearer: list[str] = field(default_factory=list)
    supported_cir_method: list[str] = field(default_factory=list)
    tcp_address: str | None = None
    tcp_port: int | None = None
    server_poll_min: int | None = None
    cirurl: CIRURL | None = None
    accepted_content_type: list[AcceptedContentType] = field(default_factory=list)
    any_content: bool | None = None
    accepted_pull_length: int | None = None
    accepted_push_length: int | None = None
    accepted_text_content_length: int | None = None
    accepted_transfer_encoding: list[str] = field(default_factory=list)
    cirhttp_address: CIRHTTPAddress | None = None
    cirsms_address: str | None = None
    multi_trans: int | None = None
    multi_trans_per_message: int | None = None
    offline_etem_handling: str | None = None
    online_etem_handling: str | None = None
    supported_offline_bearer: list[str] = field(default_factory=list)
    udp_address: str | None = None
    udp_port: int | None = None
    session_priority: int | None = None
    user_session_limit: int | None = None


@dataclass(slots=True)
class CIRURL(Node):
    NAME: ClassVar[str] = "CIRURL"
    url: str | None = None


@dataclass(slots=True)
class Watcher(Node):
    NAME: ClassVar[str] = "Watcher"
    user: User | None = None
    watcher_status: str | None = None
    user_id: str | None = None
    friendly_name: str | None = None


@dataclass(slots=True)
class IDList(Node):
    NAME: ClassVar[str] = "IDList"
    user_id: list[str] = field(default_factory=list)
    contact_list: list[str] = field(default_factory=list)
    group_id: list[str] = field(default_factory=list)
    screen_name: list[ScreenName] = field(default_factory=list)
    domain: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ReactiveAuthStatusList(Node):
    NAME: ClassVar[str] = "ReactiveAuthStatusList"
    reactive_auth_status: list[ReactiveAuthStatus] = field(default_factory=list)


@dataclass(slots=True)
class ReactiveAuthStatus(Node):
    NAME: ClassVar[str] = "ReactiveAuthStatus"
    user_id: str | None = None
    reactive_auth_state: str | None = None
    presence_sub_list: PresenceSubList | None = None


@dataclass(slots=True)
class AdminMapList(Node):
    NAME: ClassVar[str] = "AdminMapList"
    admin_mapping: AdminMapping | None = None
    mod_mapping: ModMapping | None = None
    user_mapping: UserMapping | None = None


@dataclass(slots=True)
class UserMapList(Node):
    NAME: ClassVar[str] = "UserMapList"
    user_mapping: UserMapping | None = None


@dataclass(slots=True)
class AdminMapping(Node):
    NAME: ClassVar[str] = "AdminMapping"
    mapping: list[Mapping] = field(default_factory=list)


@dataclass(slots=True)
class ModMapping(Node):
    NAME: ClassVar[str] = "ModMapping"
    mapping: list[Mapping] = field(default_factory=list)


@dataclass(slots=True)
class UserMapping(Node):
    NAME: ClassVar[str] = "UserMapping"
    mapping: list[Mapping] = field(default_factory=list)
    s_name: str | None = None
    user_id: str | None = None


@dataclass(slots=True)
class Mapping(Node):
    NAME: ClassVar[str] = "Mapping"
    s_name: str | None = None
    user_id: str | None = None


@dataclass(slots=True)
class InfoLink(Node):
    NAME: ClassVar[str] = "InfoLink"
    qualifier: bool | None = None
    inf_link: list[InfLink] = field(default_factory=list)


@dataclass(slots=True)
class InfLink(Node):
    NAME: ClassVar[str] = "Inf_link"
    link: str | None = None
    text: str | None = None
    content_type: str | None = None


@dataclass(slots=True)
class VerifyIDFunc(Node):
    NAME: ClassVar[str] = "VerifyIDFunc"
    vrid: bool = False


@dataclass(slots=True)
class CIRHTTPAddress(Node):
    NAME: ClassVar[str] = "CIRHTTPAddress"
    url: str | None = None


@dataclass(slots=True)
class Font(Node):
    NAME: ClassVar[str] = "Font"
    size: str | None = None
    style: list[str] = field(default_factory=list)
    color: str | None = None


@dataclass(slots=True)
class MessageInfoList(Node):
    NAME: ClassVar[str] = "MessageInfoList"
    message_info: list[MessageInfo] = field(default_factory=list)


@dataclass(slots=True)
class ExtendConversationUser(Node):
    NAME: ClassVar[str] = "ExtendConversationUser"
    user_id: str | None = None
    client_id: ClientID | None = None


@dataclass(slots=True)
class ContactListIDList(Node):
    NAME: ClassVar[str] = "ContactListIDList"
    contact_list: list[str] = field(default_factory=list)


@dataclass(slots=True)
class UserIDList(Node):
    NAME: ClassVar[str] = "UserIDList"
    user_id: list[str] = field(default_factory=list)


@dataclass(slots=True)
class JoinedBlocked(Node):
    NAME: ClassVar[str] = "JoinedBlocked"
    user_list: UserList | None = None


@dataclass(slots=True)
class LeftBlocked(Node):
    NAME: ClassVar[str] = "LeftBlocked"
    user_list: UserList | None = None


@dataclass(slots=True)
class Map(Node):
    NAME: ClassVar[str] = "Map"
    content_type: str | None = None
    content_encoding: str | None = None
    content_data: str | None = None


@dataclass(slots=True)
class SystemMessageList(Node):
    NAME: ClassVar[str] = "SystemMessageList"
    system_message: list[SystemMessage] = field(default_factory=list)


@dataclass(slots=True)
class SystemMessage(Node):
    NAME: ClassVar[str] = "SystemMessage"
    system_message_id: str | None = None
    requires_response: bool | None = None
    system_message_text: str | None = None
    answer_options: AnswerOptions | None = None
    verification_mechanism: VerificationMechanism | None = None


@dataclass(slots=True)
class AnswerOptions(Node):
    NAME: ClassVar[str] = "AnswerOptions"
    answer_option: list[AnswerOption] = field(default_factory=list)


@dataclass(slots=True)
class AnswerOption(Node):
    NAME: ClassVar[str] = "AnswerOption"
    answer_option_id: int | None = None
    answer_option_text: str | None = None


@dataclass(slots=True)
class VerificationMechanism(Node):
    NAME: ClassVar[str] = "VerificationMechanism"
    in_text: str | None = None
    url: str | None = None


@dataclass(slots=True)
class SystemMessageResponseList(Node):
    NAME: ClassVar[str] = "SystemMessageResponseList"
    system_message_response: list[SystemMessageResponse] = field(default_factory=list)


@dataclass(slots=True)
class SystemMessageResponse(Node):
    NAME: ClassVar[str] = "SystemMessageResponse"
    system_message_id: str | None = None
    chosen_option_id: int | None = None
    verification_key: str | None = None


@dataclass(slots=True)
class NotificationTypeList(Node):
    NAME: ClassVar[str] = "NotificationTypeList"
    notification_type: list[str] = field(default_factory=list)


@dataclass(slots=True)
class UserIDPair(Node):
    NAME: ClassVar[str] = "UserIDPair"
    unrecognized_user_id: str | None = None
    valid_user_id: str | None = None


@dataclass(slots=True)
class PublicProfile(Node):
    NAME: ClassVar[str] = "PublicProfile"
    user_id: str | None = None
    property: list[Property] = field(default_factory=list)


@dataclass(slots=True)
class ClientContentLimit(Node):
    NAME: ClassVar[str] = "ClientContentLimit"
    accepted_content_type: list[AcceptedContentType] = field(default_factory=list)
    any_content: bool | None = None
    accepted_text_content_length: int | None = None
    accepted_transfer_encoding: list[str] = field(default_factory=list)
    max_pull_length: int | None = None
    max_push_length: int | None = None
    plain_text_charset: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ExtendedRequest(Primitive):
    NAME: ClassVar[str] = "Extended-Request"
    text: str | None = None


@dataclass(slots=True)
class ExtendedResponse(Primitive):
    NAME: ClassVar[str] = "Extended-Response"
    text: str | None = None


# class -> ((attribute, element name, kind, many), ...); kind is str, int, bool, flag or the class of a child
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
    UserMapList: (("user_mapping", "UserMapping", UserMapping, False),),
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
