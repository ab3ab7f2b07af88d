"""Cases about contact lists, and about who is blocked."""

from onesoup.csp.codec.generated_elements import (
    AddList,
    AddNickList,
    BlockEntityRequest,
    BlockList,
    ContactListProperties,
    CreateListRequest,
    CreateListResponse,
    DeleteListRequest,
    GetBlockedListRequest,
    GetBlockedListResponse,
    GetListRequest,
    GetListResponse,
    ListManageRequest,
    ListManageResponse,
    NickList,
    NickName,
    Property,
    RemoveList,
    RemoveNickList,
    Status,
)
from onesoup.phone import checks
from onesoup.phone.addresses import user_key
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, TWO
from onesoup.spec.case import SINCE_1_2, Area, CaseFailed, expect
from onesoup.spec.exchange import elements_of
from onesoup.spec.phone import SpecPhone, code_of, described
from onesoup.spec.scene import Scene, fresh_word
from onesoup.wire.document import Document
from onesoup.wire.tree import Element

LISTS = "PresenceFeat/ContListFunc"
BLOCK_FEATURE = "IMFeat/IMAuthFunc"

area = Area("lists", "Contact lists and blocking", LISTS)


@area.case(
    "get",
    "GetList answers with the user's lists, the default one among them, each with a resource.",
    "flows.md 8.2",
    CLIENT_SEEN,
    "An Android without a default list has nothing to add contacts to; a list without a resource stops it.",
    CHAT_LEVEL,
)
def get(scene: Scene) -> None:
    answer = scene.alice.ask(GetListRequest(), GetListResponse)
    checks.primitive(answer, scene.version, scene.alice.profile, False)


@area.case(
    "read",
    "ListManage without a change answers with 200, the contacts and the properties of the list.",
    "flows.md 8.3",
    CLIENT_SEEN,
    "A Nokia S60 and an Android take any code but 200 for a list that does not exist.",
    CHAT_LEVEL,
)
def read(scene: Scene) -> None:
    answer = manage(scene, ListManageRequest(contact_list=default_list(scene)))
    expect(answer.nick_list is not None or answer.contact_list_properties is not None, "neither contacts nor properties")


def manage(scene: Scene, request: ListManageRequest, receive: bool = True, phone: SpecPhone | None = None) -> ListManageResponse:
    """The answer to a change; with the list, where the version can ask for it."""
    phone = phone or scene.alice
    if scene.version in SINCE_1_2:
        request.receive_list = receive
    answer = phone.ask(request, ListManageResponse)
    checks.primitive(answer, scene.version, phone.profile, False)
    return answer


def default_list(scene: Scene) -> str:
    return scene.alice.default_list or scene.alice.get_lists()[-1]


def list_address(scene: Scene, name: str) -> str:
    """The address of a list of Alice's, in the spelling of her lists."""
    user, _, rest = default_list(scene).partition("/")
    _, at, domain = rest.partition("@")
    return f"{user}/{name}{at}{domain}"


def own_list(scene: Scene, *users: str) -> str:
    """A list of this case with these contacts; deleted at the end."""
    address = list_address(scene, fresh_word("spec"))
    nicks = NickList(nick_name=[NickName(name=f"Contact {number}", user_id=user) for number, user in enumerate(users)])
    title = ContactListProperties(
        property=[Property(name="DisplayName", value="Of the spec"), Property(name="Default", value="F")]
    )
    request = CreateListRequest(contact_list=address, nick_list=nicks if users else None, contact_list_properties=title)
    alice = scene.alice
    scene.undo(lambda: alice.request(DeleteListRequest(contact_list=address)))
    answer = alice.request(request)
    expect(isinstance(answer, Status | CreateListResponse) and code_of(answer) in (None, 200, 201), described(answer))
    return address


def names_in(scene: Scene, address: str) -> dict[str, str]:
    """user -> nickname, as the server has them now."""
    answer = manage(scene, ListManageRequest(contact_list=address))
    nicks = answer.nick_list.nick_name if answer.nick_list else []
    return {user_key(each.user_id or ""): each.name or "" for each in nicks}


@area.case(
    "create",
    "CreateList makes a list, and GetList names it.",
    "messages.md 8",
    TWO,
    "A Nokia S60 makes its own list at the first start, and has no contacts without it.",
)
def create(scene: Scene) -> None:
    address = own_list(scene)
    expect(address.lower() in [each.lower() for each in scene.alice.get_lists()], "GetList does not name the new list")


@area.case(
    "create.with-contacts",
    "CreateList puts the contacts of its NickList on the list.",
    "flows.md 8.2",
    TWO,
    "A Nokia S60 loses the contacts that it wants to move to its list.",
)
def create_with_contacts(scene: Scene) -> None:
    address = own_list(scene, scene.bob.address)
    expect(user_key(scene.bob.address) in names_in(scene, address), "the contact is not on the list")


@area.case(
    "create.twice",
    "A list that exists already is refused with 701.",
    "messages.md 8",
    ONE,
    "A phone whose answer was lost takes another code for a failure, and tries for ever.",
)
def create_twice(scene: Scene) -> None:
    address = own_list(scene)
    scene.alice.refused(CreateListRequest(contact_list=address), 701)


@area.case(
    "delete.unknown",
    "A list that does not exist is refused with 700.",
    "messages.md 8",
    TWO,
    "A phone keeps showing a list that is gone.",
)
def delete_unknown(scene: Scene) -> None:
    scene.alice.refused(DeleteListRequest(contact_list=list_address(scene, fresh_word("none"))), 700)


@area.case(
    "read.unknown",
    "ListManage of a list that does not exist is refused with 700.",
    "messages.md 2",
    FROM_MEMORY,
    "A phone shows an empty list in the place of an error.",
)
def read_unknown(scene: Scene) -> None:
    scene.alice.refused(ListManageRequest(contact_list=list_address(scene, fresh_word("none"))), 700, 404)


@area.case(
    "add",
    "A contact that is added stands on the list with its name.",
    "flows.md 8.3",
    TWO,
    "Contacts that people add are gone when they look again.",
    CHAT_LEVEL,
)
def add(scene: Scene) -> None:
    address, bob = own_list(scene), scene.bob.address
    manage(scene, ListManageRequest(contact_list=address, add_nick_list=nick("Bobby", bob)))
    expect(names_in(scene, address).get(user_key(bob)) == "Bobby", f"on the list: {names_in(scene, address)}")


def nick(name: str, user: str) -> AddNickList:
    return AddNickList(nick_name=[NickName(name=name, user_id=user)])


@area.case(
    "add.again",
    "A contact that is added again gets the new name, and stands there once.",
    "messages.md 8",
    FROM_MEMORY,
    "Contacts cannot be renamed.",
)
def add_again(scene: Scene) -> None:
    address, bob = own_list(scene, scene.bob.address), scene.bob.address
    manage(scene, ListManageRequest(contact_list=address, add_nick_list=nick("Robert", bob)))
    answer = manage(scene, ListManageRequest(contact_list=address))
    found = [
        each.name
        for each in (answer.nick_list.nick_name if answer.nick_list else [])
        if user_key(each.user_id or "") == user_key(bob)
    ]
    expect(found == ["Robert"], f"names: {found}")


@area.case(
    "add.answer",
    "With ReceiveList T the answer to a change holds the list.",
    "messages.md 8",
    TWO,
    "A phone shows the list as it was.",
)
def add_answer(scene: Scene) -> None:
    address, bob = own_list(scene), scene.bob.address
    answer = manage(scene, ListManageRequest(contact_list=address, add_nick_list=nick("Bobby", bob)))
    found = [user_key(each.user_id or "") for each in (answer.nick_list.nick_name if answer.nick_list else [])]
    expect(user_key(bob) in found, f"in the answer: {found}")


@area.case(
    "add.order",
    "ReceiveList before AddNickList is understood.",
    "flows.md 8.3",
    CLIENT_SEEN,
    "An Android writes them so, and cannot add contacts.",
    CHAT_LEVEL,
    versions=SINCE_1_2,
)
def add_order(scene: Scene) -> None:
    address, bob = own_list(scene), scene.bob.address
    request = ListManageRequest(contact_list=address, add_nick_list=nick("Bobby", bob), receive_list=True)

    def receive_first(document: Document) -> None:
        for each in elements_of(document, "ListManage-Request"):
            each.children = sorted(each.children, key=lambda child: child.name == "AddNickList")

    scene.sent(scene.alice, scene.bytes_of(scene.alice, request, receive_first))
    expect(user_key(bob) in names_in(scene, address), "the contact was not added")


@area.case(
    "create.nested",
    "CreateList with NickName as Name and User is understood.",
    "messages.md 8",
    CLIENT_SEEN,
    "An Android writes it one level too deep, and its new lists are empty.",
)
def create_nested(scene: Scene) -> None:
    address, bob = list_address(scene, fresh_word("spec")), scene.bob.address
    request = CreateListRequest(contact_list=address, nick_list=NickList(nick_name=[NickName(name="Bobby", user_id=bob)]))

    def nested(document: Document) -> None:
        for each in elements_of(document, "NickName"):
            name, user = each.children
            each.children = [name, Element("User", "", [user])]

    alice = scene.alice
    scene.undo(lambda: alice.request(DeleteListRequest(contact_list=address)))
    scene.sent(alice, scene.bytes_of(alice, request, nested))
    expect(user_key(bob) in names_in(scene, address), "the contact is not on the list")


@area.case(
    "remove",
    "A contact that is removed is gone from the list.",
    "flows.md 8.3",
    TWO,
    "Contacts cannot be removed.",
    CHAT_LEVEL,
)
def remove(scene: Scene) -> None:
    address, bob = own_list(scene, scene.bob.address), scene.bob.address
    manage(scene, ListManageRequest(contact_list=address, remove_nick_list=RemoveNickList(user_id=[bob])))
    expect(user_key(bob) not in names_in(scene, address), "the contact is still there")


@area.case(
    "short-answer",
    "With ReceiveList F the answer holds the Result alone.",
    "flows.md 8.3",
    CLIENT_SEEN,
    "An Android reads the whole list again after each change.",
    versions=SINCE_1_2,
)
def short_answer(scene: Scene) -> None:
    answer = manage(scene, ListManageRequest(contact_list=default_list(scene)), receive=False)
    expect(answer.nick_list is None, "a NickList that was not asked for")


@area.case(
    "rename",
    "DisplayName of a list can be changed.",
    "messages.md 8",
    TWO,
    "Lists keep their first name.",
)
def rename(scene: Scene) -> None:
    address, title = own_list(scene), fresh_word("Title ")
    wish = ContactListProperties(property=[Property(name="DisplayName", value=title)])
    manage(scene, ListManageRequest(contact_list=address, contact_list_properties=wish))
    answer = manage(scene, ListManageRequest(contact_list=address))
    properties = answer.contact_list_properties.property if answer.contact_list_properties else []
    found = {(each.name or "").lower(): each.value for each in properties}
    expect(found.get("displayname") == title, f"properties: {found}")


@area.case(
    "blocked",
    "GetBlockedList is answered.",
    "flows.md 10",
    TWO,
    "A Nokia S60 and an Android ask at each start; they go on after 501.",
    feature=f"{BLOCK_FEATURE}/GLBLU",
)
def blocked(scene: Scene) -> None:
    scene.alice.ask(GetBlockedListRequest(), GetBlockedListResponse)


@area.case(
    "block",
    "A user who is blocked is in the blocked list, and leaves it when unblocked.",
    "messages.md 11",
    TWO,
    "People cannot get rid of somebody.",
    feature=f"{BLOCK_FEATURE}/BLENT",
)
def block(scene: Scene) -> None:
    alice, nobody = scene.alice, foreign(scene)
    add_list = BlockList(add_list=AddList(user_id=[nobody]))
    remove_list = BlockList(remove_list=RemoveList(user_id=[nobody]))
    scene.undo(lambda: alice.request(BlockEntityRequest(block_list=remove_list)))
    alice.ask(BlockEntityRequest(block_list=add_list), Status)
    expect(user_key(nobody) in blocked_users(alice), "the blocked user is not in the list")
    alice.ask(BlockEntityRequest(block_list=remove_list), Status)
    expect(user_key(nobody) not in blocked_users(alice), "the user is still in the list")


def blocked_users(phone: SpecPhone) -> set[str]:
    answer = phone.ask(GetBlockedListRequest(), GetBlockedListResponse)
    entities = answer.block_list.entity_list if answer.block_list else None
    return {user_key(each) for each in (entities.user_id if entities else [])}


def foreign(scene: Scene) -> str:
    """An address that nobody has, in Bob's domain."""
    _, at, domain = scene.bob.address.partition("@")
    return f"wv:{fresh_word('nobody')}{at}{domain}"


@area.case(
    "foreign",
    "A list under another user's address is refused.",
    "messages.md 8",
    ONE,
    "Somebody could write into the lists of others.",
)
def foreign_list(scene: Scene) -> None:
    user, at, domain = scene.bob.address.partition("@")
    code = scene.alice.refused(CreateListRequest(contact_list=f"{user}/{fresh_word('spec')}{at}{domain}"))
    if code >= 600 and code < 700:
        raise CaseFailed(f"refused with {code}, which ends the session on a phone")
