"""Contact lists and presence, as a phone asks for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from onesoup.csp.codec.generated_elements import (
    AddNickList,
    ContactListIDList,
    CreateAttributeListRequest,
    GetBlockedListRequest,
    GetListRequest,
    GetListResponse,
    GetPresenceRequest,
    GetPresenceResponse,
    ListManageRequest,
    ListManageResponse,
    NickName,
    Presence,
    PresenceAuthUser,
    PresenceSubList,
    Primitive,
    RemoveNickList,
    SearchPairList,
    SearchRequest,
    StatusText,
    SubscribePresenceRequest,
    UnsubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
    UserAvailability,
    UserIDList,
)
from onesoup.csp.status import StatusCode
from onesoup.phone import checks
from onesoup.phone.addresses import local_part, user_key
from onesoup.phone.errors import PhoneError
from onesoup.phone.transactions import PhoneTransactions, refusal

# Requests that name users and lists.
Naming = TypeVar("Naming", SubscribePresenceRequest, UnsubscribePresenceRequest, GetPresenceRequest)


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


class ContactRequests(PhoneTransactions):
    """Reads and changes contact lists, subscribes to presence, publishes its own."""

    lists: list[str]
    default_list: str
    contacts: dict[str, ListedContact]
    presences: dict[str, ShownPresence]

    def get_lists(self) -> list[str]:
        """The addresses of all lists, the default one last."""
        answer = self.request(GetListRequest())
        if not isinstance(answer, GetListResponse):
            raise self._unexpected_answer(answer, "GetList")
        self.default_list = answer.default_contact_list or ""
        self.lists = checks.list_ids(answer)
        return self.lists

    def list_contacts(self, contact_list: str | None = None) -> list[ListedContact]:
        """The members of a list, without argument of the default one."""
        return self._manage_list(contact_list, ListManageRequest())

    def add_contact(self, user: str, name: str | None = None, contact_list: str | None = None) -> list[ListedContact]:
        """Adds to a list; the list as it is then, where the answer has it."""
        nick = NickName(name=name or local_part(user), user_id=user)
        return self._manage_list(contact_list, ListManageRequest(add_nick_list=AddNickList(nick_name=[nick])))

    def remove_contact(self, user: str, contact_list: str | None = None) -> list[ListedContact]:
        self.contacts.pop(user_key(user), None)
        return self._manage_list(contact_list, ListManageRequest(remove_nick_list=RemoveNickList(user_id=[user])))

    def _manage_list(self, contact_list: str | None, request: ListManageRequest) -> list[ListedContact]:
        request.contact_list = contact_list or self.default_list or self.get_lists()[-1]
        if self.version in self.profile.receive_list:
            request.receive_list = True
        answer = self.request(request)
        if not isinstance(answer, ListManageResponse):
            raise self._unexpected_answer(answer, "ListManage")
        if answer.result is None or answer.result.code != StatusCode.SUCCESSFUL:
            raise refusal(answer.result, "ListManage")
        nicks = answer.nick_list.nick_name if answer.nick_list else []
        found = [ListedContact(nick.user_id or "", nick.name or "", request.contact_list) for nick in nicks]
        self.contacts.update({user_key(contact.user): contact for contact in found})
        return found

    def load_lists(self) -> None:
        """List by list, the default one last: its members, and a subscription for them."""
        for each in self.lists or self.get_lists():
            self.list_contacts(each)
            self.subscribe(lists=[each])

    def subscribe(self, users: Iterable[str] = (), lists: Iterable[str] = ()) -> None:
        """Asks to be told of the presence of users and of members of lists."""
        request = SubscribePresenceRequest(presence_sub_list=self.profile.attributes)
        if self.version in self.profile.auto_subscribe:
            request.auto_subscribe = True
        self._require_success(self.request(self._address(request, users, lists)), "SubscribePresence")

    def unsubscribe(self, users: Iterable[str] = (), lists: Iterable[str] = ()) -> None:
        self._require_success(self.request(self._address(UnsubscribePresenceRequest(), users, lists)), "UnsubscribePresence")

    def decide(self, user: str, allow: bool) -> None:
        """Answers somebody who asks to see this phone's presence."""
        answer = self.request(PresenceAuthUser(user_id=user, acceptance=allow))
        self._require_success(answer, "PresenceAuth")

    def get_presence(self, users: Iterable[str] = (), lists: Iterable[str] = ()) -> list[ShownPresence]:
        """What the server knows now."""
        users = list(users)
        request = GetPresenceRequest(presence_sub_list=self.profile.attributes)
        answer = self.request(self._address(request, users, lists))
        if not isinstance(answer, GetPresenceResponse):
            raise self._unexpected_answer(answer, "GetPresence")
        self._require_success(answer, "GetPresence")
        if users and not answer.presence:
            raise PhoneError("GetPresence-Response without Presence: Android hangs in the log-in")
        return [self._remember_presence(each) for each in answer.presence]

    def own_presence(self) -> list[ShownPresence]:
        """Of the phone itself, as Android asks at start."""
        return self.get_presence([self.address])

    def _address(self, request: Naming, users: Iterable[str], lists: Iterable[str]) -> Naming:
        """Users and lists in the form of this version and handset."""
        users, lists = list(users), list(lists)
        if self.version in self.profile.wraps:
            request.user_id_list = UserIDList(user_id=users) if users else None
            request.contact_list_id_list = ContactListIDList(contact_list=lists) if lists else None
        else:
            request.user = [User(user_id=each) for each in users]
            request.contact_list = lists
        return request

    def _remember_presence(self, presence: Presence) -> ShownPresence:
        shown = shown_presence(presence)
        self.presences[user_key(shown.user)] = shown
        return shown

    def publish(self) -> None:
        """What the handset says of itself at start."""
        if self.profile.own_presence is not None:
            answer = self.request(UpdatePresenceRequest(presence_sub_list=self.profile.own_presence))
            self._require_success(answer, "UpdatePresence")

    def update_presence(self, availability: str | None = None, text: str | None = None) -> None:
        """AVAILABLE, NOT_AVAILABLE or DISCREET, and a status text; what is None stays as it is."""
        values = PresenceSubList()
        if availability is not None:
            values.user_availability = UserAvailability(qualifier=True, presence_value=availability)
        if text is not None:
            values.status_text = StatusText(qualifier=True, presence_value=text)
        self._require_success(self.request(UpdatePresenceRequest(presence_sub_list=values)), "UpdatePresence")

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
        self._require_success(answer, "CreateAttributeList")


def shown_presence(presence: Presence) -> ShownPresence:
    """What Android makes of it: only qualified values count, and no OnlineStatus is offline."""
    values = presence.presence_sub_list[0] if presence.presence_sub_list else PresenceSubList()

    def value(name: str) -> str | None:
        attribute = getattr(values, name)
        return attribute.presence_value if attribute is not None and attribute.qualifier else None

    online = value("online_status") == "T"
    return ShownPresence(presence.user_id or "", online, value("user_availability"), value("status_text") or "", values)
