"""A phone: logs in, negotiates, polls, answers, and refuses what a real phone could not live with.

    with Phone("http://127.0.0.1:8080/", "alice", "secret", version="1.2") as phone:
        phone.start()
        phone.send("wv:bob@example.org", "hello")
        phone.run_once()
        print(phone.inbox)

One object is one phone. It prints nothing, keeps no global state and starts no thread. Several threads or greenlets may
use one phone at the same time, as a phone with more than one open transaction does.
"""

import base64
import hashlib
import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from onesoup.csp.codec.codec import UnreadableBody, read_message, write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    AddNickList,
    AgreedCapabilityList,
    CapabilityList,
    ClientCapabilityRequest,
    ClientCapabilityResponse,
    ClientID,
    ContactListIDList,
    CreateAttributeListRequest,
    CreateGroupRequest,
    Disconnect,
    Functions,
    GetBlockedListRequest,
    GetListRequest,
    GetListResponse,
    GetPresenceRequest,
    GetPresenceResponse,
    Group,
    GroupChangeNotice,
    GroupProperties,
    InviteRequest,
    InviteResponse,
    InviteUserRequest,
    InviteUserResponse,
    Joined,
    JoinGroupRequest,
    JoinGroupResponse,
    KeepAliveRequest,
    KeepAliveResponse,
    LeaveGroupRequest,
    LeaveGroupResponse,
    Left,
    ListManageRequest,
    ListManageResponse,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    MessageDelivered,
    MessageInfo,
    NewMessage,
    NickName,
    PollingRequest,
    Presence,
    PresenceNotificationRequest,
    PresenceSubList,
    Primitive,
    Property,
    Recipient,
    RemoveNickList,
    Result,
    ScreenName,
    SearchPairList,
    SearchRequest,
    Sender,
    SendMessageRequest,
    SendMessageResponse,
    ServiceRequest,
    ServiceResponse,
    Status,
    StatusText,
    SubscribePresenceRequest,
    SystemMessageRequest,
    UnsubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
    UserAvailability,
    UserIDList,
)
from onesoup.csp.status import StatusCode
from onesoup.csp.text.md4 import md4
from onesoup.phone import checks, http
from onesoup.phone.errors import PhoneError, Refused, SessionOver
from onesoup.phone.profiles import GENERIC, PROFILES, HandsetProfile
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError

# The hash of a digest schema; phones know no other.
DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "MD5": lambda octets: hashlib.md5(octets, usedforsecurity=False).digest(),
    "SHA": lambda octets: hashlib.sha1(octets, usedforsecurity=False).digest(),
    "MD4": md4,
}
# Any answer with one of these ends the session on real phones.
OVER = frozenset({StatusCode.SESSION_EXPIRED, StatusCode.FORCED_LOGOUT, StatusCode.INVALID_SESSION})
# Who has sent a system message.
OPERATOR = ""
# A server that always says "poll now" must not keep run_once for ever.
ROUNDS = 200

# Requests that name users and lists.
Naming = TypeVar("Naming", SubscribePresenceRequest, UnsubscribePresenceRequest, GetPresenceRequest)

# Called with "sent" or "received" and the octets of a document.
Trace = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came in. `time` is the DateTime of the message as it stood there. A picture or the like has `data`
    and its `type`, and no text."""

    id: str
    sender: str
    text: str
    time: str | None
    tid: str
    type: str = "text/plain"
    data: bytes = b""
    # In a group, `sender` is the GroupID and `nick` who wrote it; `private`: to this phone alone.
    group: bool = False
    nick: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class ShownPresence:
    """Presence of one contact as the phone would show it. `attributes` is all that came."""

    user: str
    online: bool
    availability: str | None
    text: str
    attributes: PresenceSubList


@dataclass(slots=True)
class ListedContact:
    user: str
    name: str
    list: str


class Phone:
    """One handset with one account."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str = "",
        *,
        version: str = "1.2",
        encoding: Encoding = Encoding.WBXML,
        client_id: str | None = None,
        cookie: str | None = None,
        way: str | None = None,
        profile: HandsetProfile | str = GENERIC,
        cir: Iterable[str] | None = None,
        udp_port: int | None = None,
        headers: Mapping[str, str] | None = None,
        trace: Trace | None = None,
    ) -> None:
        """`way`: "plain", "MD5", "SHA", "MD4", "PWD", or several with commas; None is the handset's own. `cir`: the CIR methods
        that are offered; None the handset's own. `udp_port` is where it listens; `headers` are what a carrier's gateway adds
        to its requests. Nothing is sent yet."""
        self.profile = PROFILES[profile] if isinstance(profile, str) else profile
        if cir is not None:
            self.profile = replace(self.profile, cir=tuple(cir))
        if udp_port is not None:
            self.profile = replace(self.profile, capabilities={**self.profile.capabilities, "udp_port": udp_port})
        self.url, self.user, self.password = url, user, password
        self.version, self.encoding = version, encoding
        self.client_id = client_id or self.profile.client_id
        self.cookie = cookie or self.profile.cookie.format(secrets.randbelow(10**9))
        chosen = self.profile.way if way is None else way
        self.way = "" if chosen == "plain" else chosen
        self.trace = trace
        # Called when a message or presence has come, by whoever polls.
        self.on_message: Callable[[Received], None] | None = None
        self.on_presence: Callable[[ShownPresence], None] | None = None
        # Called when something has happened in a group, or somebody invites.
        self.on_news: Callable[[Primitive], None] | None = None
        self.content_type = codec.media_type(version, encoding)

        self.session_id: str | None = None
        self.keep_alive_time: int | None = None
        self.agreed: CapabilityList | AgreedCapabilityList | None = None
        self.lists: list[str] = []
        self.default_list = ""
        self.contacts: dict[str, ListedContact] = {}
        self.presences: dict[str, ShownPresence] = {}
        self.inbox: list[Received] = []
        self.groups: dict[str, str] = {}
        self.news: list[Primitive] = []
        # The server has said that something waits, and the phone has not looked since; the CIR flag of the last answer.
        self.more = False
        self.cir_flag: bool | None = None
        # The octets of the last request and of its answer.
        self.last = b""
        self.last_reply = b""

        self._http = http.PhoneHttpClient(url, self.profile.user_agent, self.profile.timeout, headers)
        self._numbers = itertools.count(1)
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes connections. The session stays: that is what a phone in a tunnel does."""
        self._http.close()

    @property
    def stcp(self) -> tuple[str, int] | None:
        """Where the agreed STCP line is, None when none was agreed."""
        agreed = self.agreed
        if agreed is None or "STCP" not in agreed.supported_cir_method:
            return None
        return agreed.tcp_address or "", agreed.tcp_port or 3171

    # --- log-in and session ---

    def start(self) -> Self:
        """Logs in and does what the handset does after that. What it tolerates to fail may fail."""
        self.login()
        for step in self.profile.startup:
            getattr(self, step)()
        return self

    def resume(self, session_id: str) -> LoginResponse:
        """Asks for an old session without a password, by the SessionID element. Refused with 502 when it cannot be had."""
        response = self._login_phase(self._login_request(session_id=session_id), self._tid(), inband=False)
        if response.result is not None and response.result.code != StatusCode.SUCCESSFUL:
            raise _refused(response.result, "Login")
        self.session_id = response.session_id
        return response

    def login(self, inband: bool = False) -> LoginResponse:
        """Two-way with the password, or four-way; both phases carry the same TransactionID. Refused with the code.

        `inband` sends the old SessionID in the descriptor, as Android does when it takes a session up again."""
        tid = self._tid()
        proof = self._challenge(tid, inband) if self.way else self._login_request(password=self.password)
        response = self._login_phase(proof, tid, inband)
        code = response.result.code if response.result else StatusCode.SUCCESSFUL
        if code == StatusCode.UNAUTHORIZED and self.way:
            raise PhoneError("401 in the second phase: Android repeats the request without end")
        if code != StatusCode.SUCCESSFUL:
            raise _refused(response.result, "Login")
        if not response.session_id:
            raise PhoneError("Login-Response 200 without SessionID: Android hangs")
        with self._lock:
            self.session_id = response.session_id
            self._seen.clear()
        self.keep_alive_time = response.keep_alive_time
        return response

    def _login_request(self, **proof: object) -> LoginRequest:
        return LoginRequest(
            user_id=self.user,
            client_id=ClientID(url=self.client_id),
            time_to_live=self.profile.ttl,
            session_cookie=self.cookie,
            **proof,  # type: ignore[arg-type]
        )

    def _challenge(self, tid: str, inband: bool) -> LoginRequest:
        """Phase one; the request of phase two."""
        offered = [name.strip().upper() for name in self.way.split(",")]
        response = self._login_phase(self._login_request(digest_schema=offered), tid, inband)
        if response.result is not None and response.result.code not in (StatusCode.SUCCESSFUL, StatusCode.UNAUTHORIZED):
            raise _refused(response.result, "Login")
        schema = (response.digest_schema or "").upper()
        if not response.nonce:
            raise PhoneError("no Nonce: S60 rejects it, Android makes a digest with the text null")
        if schema not in offered and not (schema == "PWD" and self.profile.takes_pwd):
            raise PhoneError(f"DigestSchema {schema!r} was not offered: the log-in hangs or fails")
        if schema == "PWD":
            return self._login_request(password=self.password)
        return self._login_request(digest_bytes=digest(schema, response.nonce, self.password))

    def _login_phase(self, request: LoginRequest, tid: str, inband: bool) -> LoginResponse:
        answer = self.request(request, tid=tid, outband=not inband)
        if isinstance(answer, Status):
            if request.digest_schema:
                raise PhoneError("Status in the first phase: S60 rejects it, Android hangs")
            raise _refused(answer.result, "Login")
        if not isinstance(answer, LoginResponse):
            raise PhoneError(f"{answer.NAME} in answer to Login-Request")
        return answer

    def keep_alive(self) -> int | None:
        """The time granted now, in seconds."""
        ttl = self.profile.ttl if self.profile.ttl_in_keep_alive else None
        answer = self.request(KeepAliveRequest(time_to_live=ttl), timeout=self.profile.poll_timeout)
        self._must_be_good(answer, "KeepAlive")
        if isinstance(answer, KeepAliveResponse) and answer.keep_alive_time is not None:
            self.keep_alive_time = answer.keep_alive_time
        return self.keep_alive_time

    def logout(self) -> Primitive:
        """The answer: Disconnect in CSP 1.1, Status later."""
        try:
            answer = self.request(LogoutRequest(), ending=True)
        finally:
            self.session_id = None
        self._must_be_good(answer, "Logout")
        return answer

    # --- negotiation ---

    def negotiate(self) -> None:
        """Capabilities, then services."""
        self.negotiate_capabilities()
        self.negotiate_services()

    def negotiate_capabilities(self) -> CapabilityList | AgreedCapabilityList:
        wishes = CapabilityList(**self.profile.capabilities)
        wishes.supported_cir_method = list(self.profile.cir)
        answer = self.request(ClientCapabilityRequest(client_id=self._own_name(), capability_list=wishes))
        if not isinstance(answer, ClientCapabilityResponse):
            raise self._unexpected(answer, "ClientCapability")
        agreed = answer.capability_list or answer.agreed_capability_list
        assert agreed is not None  # checks.primitive has looked
        self.agreed = agreed
        return agreed

    def negotiate_services(self) -> ServiceResponse:
        wanted = Functions(wvcsp_feat=self.profile.features)
        request = ServiceRequest(client_id=self._own_name(), functions=wanted, all_functions_request=self.profile.all_functions)
        answer = self.request(request)
        if not isinstance(answer, ServiceResponse):
            raise self._unexpected(answer, "Service")
        return answer

    def _own_name(self) -> ClientID | None:
        return ClientID(url=self.client_id) if self.version in self.profile.names_itself else None

    # --- contact lists ---

    def get_lists(self) -> list[str]:
        """The addresses of all lists, the default one last."""
        answer = self.request(GetListRequest())
        if not isinstance(answer, GetListResponse):
            raise self._unexpected(answer, "GetList")
        self.default_list = answer.default_contact_list or ""
        self.lists = checks.list_ids(answer)
        return self.lists

    def list_contacts(self, contact_list: str | None = None) -> list[ListedContact]:
        """The members of a list, without argument of the default one."""
        return self._manage(contact_list, ListManageRequest())

    def add_contact(self, user: str, name: str | None = None, contact_list: str | None = None) -> list[ListedContact]:
        """Adds to a list; the list as it is then, where the answer has it."""
        nick = NickName(name=name or _local(user), user_id=user)
        return self._manage(contact_list, ListManageRequest(add_nick_list=AddNickList(nick_name=[nick])))

    def remove_contact(self, user: str, contact_list: str | None = None) -> list[ListedContact]:
        self.contacts.pop(key(user), None)
        return self._manage(contact_list, ListManageRequest(remove_nick_list=RemoveNickList(user_id=[user])))

    def _manage(self, contact_list: str | None, request: ListManageRequest) -> list[ListedContact]:
        request.contact_list = contact_list or self.default_list or self.get_lists()[-1]
        if self.version in self.profile.receive_list:
            request.receive_list = True
        answer = self.request(request)
        if not isinstance(answer, ListManageResponse):
            raise self._unexpected(answer, "ListManage")
        if answer.result is None or answer.result.code != StatusCode.SUCCESSFUL:
            raise _refused(answer.result, "ListManage")
        nicks = answer.nick_list.nick_name if answer.nick_list else []
        found = [ListedContact(nick.user_id or "", nick.name or "", request.contact_list) for nick in nicks]
        self.contacts.update({key(contact.user): contact for contact in found})
        return found

    def load_lists(self) -> None:
        """List by list, the default one last: its members, and a subscription for them."""
        for each in self.lists or self.get_lists():
            self.list_contacts(each)
            self.subscribe(lists=[each])

    # --- presence ---

    def subscribe(self, users: Iterable[str] = (), lists: Iterable[str] = ()) -> None:
        """Asks to be told of the presence of users and of members of lists."""
        request = SubscribePresenceRequest(presence_sub_list=self.profile.attributes)
        if self.version in self.profile.auto_subscribe:
            request.auto_subscribe = True
        self._must_be_good(self.request(self._name(request, users, lists)), "SubscribePresence")

    def unsubscribe(self, users: Iterable[str] = (), lists: Iterable[str] = ()) -> None:
        self._must_be_good(self.request(self._name(UnsubscribePresenceRequest(), users, lists)), "UnsubscribePresence")

    def get_presence(self, users: Iterable[str] = (), lists: Iterable[str] = ()) -> list[ShownPresence]:
        """What the server knows now."""
        users = list(users)
        request = GetPresenceRequest(presence_sub_list=self.profile.attributes)
        answer = self.request(self._name(request, users, lists))
        if not isinstance(answer, GetPresenceResponse):
            raise self._unexpected(answer, "GetPresence")
        self._must_be_good(answer, "GetPresence")
        if users and not answer.presence:
            raise PhoneError("GetPresence-Response without Presence: Android hangs in the log-in")
        return [self._show(each) for each in answer.presence]

    def own_presence(self) -> list[ShownPresence]:
        """Of the phone itself, as Android asks at start."""
        return self.get_presence([self.address])

    def _name(self, request: Naming, users: Iterable[str], lists: Iterable[str]) -> Naming:
        """Users and lists in the form of this version and handset."""
        users, lists = list(users), list(lists)
        if self.version in self.profile.wraps:
            request.user_id_list = UserIDList(user_id=users) if users else None
            request.contact_list_id_list = ContactListIDList(contact_list=lists) if lists else None
        else:
            request.user = [User(user_id=each) for each in users]
            request.contact_list = lists
        return request

    def _show(self, presence: Presence) -> ShownPresence:
        shown = shown_of(presence)
        self.presences[key(shown.user)] = shown
        return shown

    def publish(self) -> None:
        """What the handset says of itself at start."""
        if self.profile.own_presence is not None:
            answer = self.request(UpdatePresenceRequest(presence_sub_list=self.profile.own_presence))
            self._must_be_good(answer, "UpdatePresence")

    def update_presence(self, availability: str | None = None, text: str | None = None) -> None:
        """AVAILABLE, NOT_AVAILABLE or DISCREET, and a status text; what is None stays as it is."""
        values = PresenceSubList()
        if availability is not None:
            values.user_availability = UserAvailability(qualifier=True, presence_value=availability)
        if text is not None:
            values.status_text = StatusText(qualifier=True, presence_value=text)
        self._must_be_good(self.request(UpdatePresenceRequest(presence_sub_list=values)), "UpdatePresence")

    # --- steps of a start that may be refused ---

    def blocked_list(self) -> Primitive:
        """Any answer is good: Android and S60 go on after 501."""
        return self.request(GetBlockedListRequest())

    def own_groups(self) -> Primitive:
        """S60 asks at each start which rooms it owns, and goes on after an error."""
        pair = SearchPairList(search_element="GROUP_USER_ID_OWNER", search_string=self.address)
        return self.request(SearchRequest(search_pair_list=[pair], search_limit=50))

    def attribute_list(self) -> None:
        """S60's default attribute list; the code must be 200."""
        shown = (self.profile.attributes or PresenceSubList()).copy(status_content=None)
        answer = self.request(CreateAttributeListRequest(presence_sub_list=shown, default_list=True))
        self._must_be_good(answer, "CreateAttributeList")

    # --- messages ---

    @property
    def address(self) -> str:
        return self.user if self.user.lower().startswith("wv:") else f"wv:{self.user}"

    def send(self, to: str | Iterable[str], text: str, report: bool = False) -> str:
        """The server's MessageID. Refused when no recipient, or not every one, could be served."""
        return self._send_text(self._to(to), text, report)

    def _send_text(self, info: MessageInfo, text: str, report: bool = False) -> str:
        if self.profile.describes_content:
            info.content_type = "text/plain"
            info.content_size = len(text.encode("utf-16-le")) // 2
        return self._send(SendMessageRequest(delivery_report=report, message_info=info, content_data=text))

    def send_file(self, to: str | Iterable[str], kind: str, data: bytes, report: bool = False) -> str:
        """A picture or the like, as S60 sends it. Its MessageID."""
        info = self._to(to)
        info.content_type, info.content_encoding, info.content_size = kind, "BASE64", len(data)
        text = base64.b64encode(data).decode()
        return self._send(SendMessageRequest(delivery_report=report, message_info=info, content_data=text))

    def _to(self, to: str | Iterable[str]) -> MessageInfo:
        recipients = [to] if isinstance(to, str) else list(to)
        return self._info(Recipient(user=[User(user_id=each) for each in recipients]))

    def _info(self, recipient: Recipient) -> MessageInfo:
        info = MessageInfo(recipient=recipient)
        if self.profile.names_sender:
            info.sender = Sender(user=User(user_id=self.address))
        return info

    def _send(self, request: SendMessageRequest) -> str:
        answer = self.request(request)
        if not isinstance(answer, SendMessageResponse):
            raise self._unexpected(answer, "SendMessage")
        self._must_be_good(answer, "SendMessage")
        if not answer.message_id:
            raise PhoneError("SendMessage-Response 200 without MessageID")
        return answer.message_id

    # --- groups ---

    def create_group(self, gid: str, name: str = "", nick: str = "", **properties: str) -> None:
        """Makes a group and joins it."""
        values = {"Name": name or gid, **properties}
        request = CreateGroupRequest(
            group_id=gid,
            group_properties=GroupProperties(property=[Property(name=each, value=values[each]) for each in values]),
            join_group=True,
            screen_name=self._screen_name(gid, nick),
            subscribe_notification=True,
        )
        self._must_be_good(self.request(request), "CreateGroup")
        self.groups[key(gid)] = gid

    def join_group(self, gid: str, nick: str = "") -> list[str]:
        """The screen names of whoever is there."""
        request = JoinGroupRequest(
            group_id=gid, screen_name=self._screen_name(gid, nick), joined_request=True, subscribe_notification=True
        )
        answer = self.request(request)
        if not isinstance(answer, JoinGroupResponse):
            raise self._unexpected(answer, "JoinGroup")
        self.groups[key(gid)] = gid
        if self.version == "1.3" and not self.profile.flat_members:
            lists = answer.joined
        else:
            lists = Joined(user_list=answer.user_list, user_map_list=answer.user_map_list)
        return [nick for nick, _ in members_of(lists)]

    def leave_group(self, gid: str) -> None:
        answer = self.request(LeaveGroupRequest(group_id=gid))
        self.groups.pop(key(gid), None)
        self._must_be_good(answer, "LeaveGroup")

    def say(self, gid: str, text: str, nick: str = "") -> str:
        """A message to everybody in a group, or to one by screen name."""
        name = ScreenName(s_name=nick, group_id=gid) if nick else None
        return self._send_text(self._info(Recipient(group=[Group(group_id=None if name else gid, screen_name=name)])), text)

    def invite(self, gid: str, users: Iterable[str], note: str = "") -> str:
        """Invites into a group. The InviteID."""
        invite_id = f"inv-{self._tid()}"
        to = Recipient(user=[User(user_id=each) for each in users])
        request = InviteRequest(invite_id=invite_id, invite_type="GR", recipient=to, group_id=gid, invite_note=note or None)
        self._must_be_good(self.request(request), "Invite")
        return invite_id

    def answer_invitation(self, asked: InviteUserRequest, acceptance: bool, note: str = "") -> None:
        request = InviteUserResponse(
            invite_id=asked.invite_id, acceptance=acceptance, sender=asked.sender, response_note=note or None
        )
        self._must_be_good(self.request(request), "InviteUser")

    def _screen_name(self, gid: str, nick: str) -> ScreenName | None:
        return ScreenName(s_name=nick, group_id=gid) if nick else None

    # --- polls and server transactions ---

    def poll(self) -> Transaction | None:
        """The next server transaction, not answered yet, or None when nothing waits."""
        transaction = Transaction(Mode.REQUEST, self.profile.poll_tid, PollingRequest())
        self.more = False
        return self._incoming(self._exchange(self._message([transaction]), self.profile.poll_timeout))

    def answer(self, transaction: Transaction) -> Transaction | None:
        """Takes a server transaction in and acknowledges it; the next one when the answer carries it."""
        content = transaction.content
        self._take_in(transaction)
        if content.NAME in self.profile.ignores:
            return None
        if isinstance(content, NewMessage):
            message_id = content.message_info.message_id if content.message_info else ""
            return self.acknowledge(transaction.id, MessageDelivered(message_id=message_id))
        return self.acknowledge(transaction.id, Status(result=Result(code=StatusCode.SUCCESSFUL)))

    def acknowledge(self, tid: str | None, content: Primitive) -> Transaction | None:
        """Posts an answer to a server transaction. The next one when the reply carries it."""
        return self._incoming(self._exchange(self._message([Transaction(Mode.RESPONSE, tid, content)])))

    def run_once(self) -> int:
        """Polls, answers what comes, and goes on while the server says that more waits. How many transactions came."""
        count = 0
        transaction = self.poll()
        while transaction is not None and count < ROUNDS:
            count += 1
            transaction = self.answer(transaction)
            if transaction is None and self.more:
                transaction = self.poll()
        return count

    def _incoming(self, answer: Message | None) -> Transaction | None:
        """The server's transaction in an answer. A good Status there is nothing new; Refused with the code of a bad one."""
        if answer is None:
            return None
        transaction = answer.transactions[0]
        self._look_for_end(transaction.content)
        if transaction.mode is Mode.RESPONSE:
            self._must_be_good(transaction.content, "Polling")
            return None
        self.more = bool(answer.poll)
        with self._lock:
            checks.server_tid(transaction.id, self._seen, self.profile, self.encoding is Encoding.PTS)
            self._seen.add(transaction.id or "")
        checks.primitive(transaction.content, self.version, self.profile, False)
        return transaction

    def _take_in(self, transaction: Transaction) -> None:
        content = transaction.content
        if isinstance(content, NewMessage):
            self.inbox.append(received_of(content, transaction.id or ""))
            if self.on_message:
                self.on_message(self.inbox[-1])
        elif isinstance(content, SystemMessageRequest):
            for told in content.system_message_list.system_message if content.system_message_list else ():
                text = told.system_message_text or ""
                self.inbox.append(Received(told.system_message_id or "", OPERATOR, text, None, transaction.id or ""))
                if self.on_message:
                    self.on_message(self.inbox[-1])
        elif isinstance(content, PresenceNotificationRequest):
            for each in content.presence:
                shown = self._show(each)
                if self.on_presence:
                    self.on_presence(shown)
        elif isinstance(content, GroupChangeNotice | LeaveGroupResponse | InviteUserRequest | InviteResponse):
            if isinstance(content, LeaveGroupResponse):
                self.groups.pop(key(content.group_id or ""), None)
            self.news.append(content)
            if self.on_news:
                self.on_news(content)

    # --- requests ---

    def request(
        self,
        primitive: Primitive,
        *,
        tid: str | None = None,
        outband: bool = False,
        timeout: float | None = None,
        ending: bool = False,
    ) -> Primitive:
        """The server's answer, whatever its code. SessionOver when it ends the session, unless `ending` expects that."""
        tid = self._tid() if tid is None else tid
        answer = self._exchange(self._message([Transaction(Mode.REQUEST, tid, primitive)], outband), timeout)
        if answer is None:
            raise PhoneError(f"empty answer to {primitive.NAME}: Android counts the request as failed")
        transaction = answer.transactions[0]
        if not ending:
            self._look_for_end(transaction.content)
        if transaction.mode is not Mode.RESPONSE:
            raise PhoneError(f"{transaction.content.NAME} in mode Request in answer to {primitive.NAME}: Android hangs")
        if transaction.id != tid:
            raise PhoneError(f"TransactionID {transaction.id!r} in answer to {tid!r}: the phone waits on")
        named = getattr(primitive, "client_id", None) is not None
        checks.primitive(transaction.content, self.version, self.profile, named)
        return transaction.content

    def post(self, message: Message, timeout: float | None = None) -> tuple[int, Message | None]:
        """HTTP status and message of the answer, unchecked but readable."""
        reply = self.raw(encode(message), self.content_type, timeout)
        return reply.status, decode(reply) if reply.status == 200 and reply.body else None

    def raw(self, octets: bytes, content_type: str | None = None, timeout: float | None = None) -> http.HttpReply:
        """Posts any octets. For hostile input, and for what posts of the phone itself end in."""
        content_type = self.content_type if content_type is None else content_type
        self.last = octets
        if self.trace:
            self.trace("sent", octets)
        reply = self._http.post(octets, content_type, timeout, self.profile.resends)
        self.last_reply = reply.body
        if self.trace:
            self.trace("received", reply.body)
        return reply

    def resend(self, octets: bytes | None = None) -> http.HttpReply:
        """The same octets again, as S60 does when a connection breaks; without argument the last ones."""
        return self.raw(self.last if octets is None else octets)

    def message(self, primitive: Primitive, tid: str | None = None) -> Message:
        """A request of this phone as a message, not sent."""
        return self._message([Transaction(Mode.REQUEST, self._tid() if tid is None else tid, primitive)])

    def _message(self, transactions: list[Transaction], outband: bool = False) -> Message:
        session_id = None if outband else self.session_id
        return Message(
            version=self.version,
            encoding=self.encoding,
            transactions=transactions,
            session_id=session_id,
            session_type=SessionType.INBAND if session_id else SessionType.OUTBAND,
        )

    def _exchange(self, message: Message, timeout: float | None = None) -> Message | None:
        """Posts and checks all that holds for every answer. None for an empty one."""
        reply = self.raw(encode(message), self.content_type, timeout)
        checks.reply(reply, self.content_type)
        if self.agreed is not None:
            checks.size(reply, self.profile)
        if not reply.body:
            return None
        answer = decode(reply, lambda document: checks.document(document, self.version, self.encoding))
        checks.session_id(answer.session_id, message.session_id)
        self.more = self.more or bool(answer.poll)
        self.cir_flag = answer.cir
        return answer

    def _look_for_end(self, content: Primitive) -> None:
        result = getattr(content, "result", None)
        code = result.code if result is not None else None
        if isinstance(content, Disconnect) or (code in OVER and not isinstance(content, LoginResponse)):
            self.session_id = None
            raise SessionOver(code or 200, (result.description if result else "") or "", content.NAME)

    def _must_be_good(self, answer: Primitive, what: str) -> None:
        """200, and for a Status without Result too: Android takes that for success."""
        result = getattr(answer, "result", None)
        if result is not None and result.code != StatusCode.SUCCESSFUL:
            raise _refused(result, what)

    def _unexpected(self, answer: Primitive, what: str) -> PhoneError:
        if isinstance(answer, Status):
            return _refused(answer.result, what)
        return PhoneError(f"{answer.NAME} in answer to {what}-Request")

    def _tid(self) -> str:
        number = next(self._numbers)
        last = self.profile.tid_last
        if self.encoding is Encoding.PTS:
            return str((number - 1) % 999 + 1)
        return self.profile.tid.format((number - 1) % last + 1 if last else number)


def digest(schema: str, nonce: str, password: str) -> str:
    """DigestBytes: base64 of the hash of nonce and password, both as ISO-8859-1, other characters as "?"."""
    return base64.b64encode(DIGESTS[schema]((nonce + password).encode("latin-1", "replace"))).decode()


def encode(message: Message) -> bytes:
    return write_message(message)


def decode(reply: http.HttpReply, check: Callable[..., None] | None = None) -> Message:
    """The message in an answer. PhoneError when it cannot be read."""
    content_type = reply.headers.get("content-type")
    try:
        if check is not None:
            check(codec.decode(reply.body, content_type))
        return read_message(reply.body, content_type)
    except (WireError, UnreadableBody) as error:
        raise PhoneError(f"the answer cannot be read: {error}") from None


def received_of(content: NewMessage, tid: str) -> Received:
    info = content.message_info or MessageInfo()
    sender = info.sender or Sender()
    text, kind, data, when = content.content_data or "", info.content_type or "text/plain", b"", info.date_time
    if not kind.startswith("text/plain") and (info.content_encoding or "").upper() == "BASE64":
        text, data = "", base64.b64decode(text)
    if sender.group is None:
        user = sender.user.user_id if sender.user else ""
        return Received(info.message_id or "", user or "", text, when, tid, kind, data)
    name = sender.group.screen_name or ScreenName()
    private = not (info.recipient and info.recipient.group)
    gid = name.group_id or sender.group.group_id or ""
    return Received(info.message_id or "", gid, text, when, tid, kind, data, True, name.s_name or "", private)


def members_of(lists: Joined | Left | None) -> list[tuple[str, str]]:
    """(screen name, address) of the people in a list, in whichever form they stand there."""
    found: list[tuple[str, str]] = []
    if lists is None:
        return found
    if lists.user_list is not None:
        found += [(name.s_name or "", "") for name in lists.user_list.screen_name]
        found += [(user.user_id or "", user.user_id or "") for user in lists.user_list.user]
    mapped = lists.user_map_list if isinstance(lists, Joined) else None
    for each in mapped.user_mapping if mapped is not None else ():
        found += [(one.s_name or "", one.user_id or "") for one in each.mapping]
        if each.s_name is not None:
            found.append((each.s_name, each.user_id or ""))
    return found


def shown_of(presence: Presence) -> ShownPresence:
    """What Android makes of it: only qualified values count, and no OnlineStatus is offline."""
    values = presence.presence_sub_list[0] if presence.presence_sub_list else PresenceSubList()

    def value(name: str) -> str | None:
        attribute = getattr(values, name)
        return attribute.presence_value if attribute is not None and attribute.qualifier else None

    online = value("online_status") == "T"
    return ShownPresence(presence.user_id or "", online, value("user_availability"), value("status_text") or "", values)


def key(user: str) -> str:
    """An address as phones compare it: without case, with wv:."""
    user = user.lower()
    return user if user.startswith("wv:") else f"wv:{user}"


def _local(user: str) -> str:
    return user.removeprefix("wv:").partition("@")[0]


def _refused(result: Result | None, what: str) -> PhoneError:
    if result is None or result.code is None:
        return PhoneError(f"{what}: an answer without a code")
    return Refused(result.code, result.description or "", what)
