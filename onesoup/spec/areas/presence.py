"""Cases about presence: what people say of themselves, and who sees it."""

from onesoup.csp.codec.generated_elements import (
    CancelAuthRequest,
    CreateAttributeListRequest,
    DeleteAttributeListRequest,
    GetAttributeListRequest,
    GetAttributeListResponse,
    GetPresenceRequest,
    GetPresenceResponse,
    GetReactiveAuthStatusRequest,
    GetReactiveAuthStatusResponse,
    GetWatcherListRequest,
    GetWatcherListResponse,
    OnlineStatus,
    PresenceAuthUser,
    PresenceNotificationRequest,
    PresenceSubList,
    Status,
    SubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
    UserAvailability,
    UserIDList,
)
from onesoup.phone import checks
from onesoup.phone.addresses import user_key
from onesoup.spec.areas.lists import foreign
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, OPTIONAL, TWO
from onesoup.spec.case import Area, expect
from onesoup.spec.phone import described
from onesoup.spec.scene import Scene, fresh_word

DELIVERY_FEATURE = "PresenceFeat/PresenceDeliverFunc"

area = Area("presence", "Presence", "PresenceFeat")


@area.case(
    "own",
    "GetPresence of oneself is answered with Presence and PresenceSubList.",
    "flows.md 7",
    CLIENT_SEEN,
    "An Android asks in its log-in, and hangs at Status 200 or a half answer.",
    CHAT_LEVEL,
    feature=f"{DELIVERY_FEATURE}/GETPR",
)
def own(scene: Scene) -> None:
    answer = scene.alice.ask(GetPresenceRequest(user=[User(user_id=scene.alice.address)]), GetPresenceResponse)
    checks.primitive(answer, scene.version, scene.alice.profile, False)
    expect(answer.presence, "no Presence in the answer")


@area.case(
    "update",
    "UpdatePresence with availability and a status text is answered with 200.",
    "flows.md 9.1",
    TWO,
    "A Nokia S60 and an Android do not get through their log-in.",
    CHAT_LEVEL,
    feature=f"{DELIVERY_FEATURE}/UPDPR",
)
def update(scene: Scene) -> None:
    alice = scene.alice
    scene.undo(lambda: alice.update_presence("AVAILABLE", ""))
    alice.update_presence("DISCREET", fresh_word("busy "))


@area.case(
    "update.no-value",
    "OnlineStatus without a value is taken as T.",
    "flows.md 9.1",
    ONE,
    "A Nokia S60 publishes it so in its log-in, and gets an error.",
    CHAT_LEVEL,
    feature=f"{DELIVERY_FEATURE}/UPDPR",
)
def update_no_value(scene: Scene) -> None:
    bare = PresenceSubList(online_status=OnlineStatus(qualifier=True))
    scene.alice.ask(UpdatePresenceRequest(presence_sub_list=bare), Status)


@area.case(
    "own.shown",
    "What a user published is shown to the user.",
    "messages.md 9.1",
    TWO,
    "A phone shows its owner another state than others see.",
    feature=DELIVERY_FEATURE,
)
def own_shown(scene: Scene) -> None:
    alice = scene.alice
    scene.undo(lambda: alice.update_presence("AVAILABLE", ""))
    alice.update_presence("NOT_AVAILABLE")
    shown = alice.own_presence()[0]
    expect(shown.availability == "NOT_AVAILABLE", f"availability {shown.availability}")


@area.case(
    "subscribe",
    "A user who subscribes, and is allowed to, is told whether the other one is online.",
    "flows.md 9.1",
    TWO,
    "All contacts are shown as offline.",
    CHAT_LEVEL,
)
def subscribe(scene: Scene) -> None:
    scene.column.friends(scene)


@area.case(
    "change",
    "A change of availability and status text reaches the watchers.",
    "flows.md 9.1",
    TWO,
    "Phones show what was hours ago.",
    CHAT_LEVEL,
)
def change(scene: Scene) -> None:
    scene.column.friends(scene)
    alice, bob, text = scene.alice, scene.bob, fresh_word("busy ")
    scene.undo(lambda: bob.update_presence("AVAILABLE", ""))
    bob.update_presence("DISCREET", text)

    def shown() -> object:
        found = alice.presences.get(user_key(bob.address))
        return found if found and (found.text, found.availability) == (text, "DISCREET") else None

    alice.until(shown, "the change is not seen")


@area.case(
    "notification.whole",
    "A notification holds all attributes with their Qualifier, not only what changed.",
    "flows.md 9.1",
    CLIENT_SEEN,
    "An Android shows a contact without OnlineStatus as offline, and loses a message without PresenceSubList.",
    CHAT_LEVEL,
)
def notification_whole(scene: Scene) -> None:
    scene.column.friends(scene)
    alice, bob = scene.alice, scene.bob
    scene.undo(lambda: bob.update_presence("AVAILABLE", ""))
    bob.update_presence(text=(text := fresh_word("whole ")))

    def tells(content: PresenceNotificationRequest) -> object:
        return text in [
            each.presence_value for one in content.presence for sub in one.presence_sub_list if (each := sub.status_text)
        ]

    transaction = alice.handed(PresenceNotificationRequest, tells)
    alice.answer(transaction)
    checks.primitive(transaction.content, scene.version, alice.profile, False)
    shown = alice.presences[user_key(bob.address)]
    expect(shown.online, "a notification without OnlineStatus T: the contact is shown as offline")


@area.case(
    "get.friend",
    "GetPresence of a contact tells that it is online.",
    "messages.md 9.2",
    TWO,
    "A Razr V3 and an Android that polls for presence show all contacts as offline.",
    feature=f"{DELIVERY_FEATURE}/GETPR",
)
def get_friend(scene: Scene) -> None:
    scene.column.friends(scene)
    shown = scene.alice.get_presence([scene.bob.address])
    expect(any(each.online for each in shown), "the contact is not online")


@area.case(
    "get.by-list",
    "GetPresence of a contact list names its members.",
    "flows.md 9.1",
    ONE,
    "A Razr V3, which asks so, shows all contacts as offline.",
    feature=f"{DELIVERY_FEATURE}/GETPR",
)
def get_by_list(scene: Scene) -> None:
    scene.column.friends(scene)
    alice, bob = scene.alice, user_key(scene.bob.address)
    found = [user_key(each.user) for address in alice.get_lists() for each in alice.get_presence(lists=[address])]
    expect(bob in found, f"named: {found}")


@area.case(
    "get.unknown",
    "GetPresence of an unknown user is answered, and the session goes on.",
    "flows.md 9.1",
    FROM_MEMORY,
    "An Android hangs in its log-in over a contact that is gone.",
    feature=f"{DELIVERY_FEATURE}/GETPR",
)
def get_unknown(scene: Scene) -> None:
    answer = scene.alice.request(GetPresenceRequest(user=[User(user_id=foreign(scene))]))
    expect(isinstance(answer, GetPresenceResponse | Status), described(answer))


@area.case(
    "subscribe.all",
    "SubscribePresence without PresenceSubList means all attributes.",
    "flows.md 7",
    CLIENT_SEEN,
    "An Android, which sends none, shows all contacts as offline.",
    CHAT_LEVEL,
)
def subscribe_all(scene: Scene) -> None:
    scene.column.friends(scene)
    alice, bob = scene.alice, scene.bob
    alice.presences.clear()
    alice.ask(SubscribePresenceRequest(user=[User(user_id=bob.address)]), Status)
    alice.until(lambda: alice.presences.get(user_key(bob.address)), "no notification")


@area.case(
    "subscribe.wrapped",
    "User ids in a UserIDList are understood as well as User elements.",
    "flows.md 9.1",
    ONE,
    "Either CSP 1.3 phones or an Android set to 1.3 see nobody.",
    versions=("1.3",),
)
def subscribe_wrapped(scene: Scene) -> None:
    scene.column.friends(scene)
    alice, bob = scene.alice, scene.bob
    for request in (
        SubscribePresenceRequest(user_id_list=UserIDList(user_id=[bob.address])),
        SubscribePresenceRequest(user=[User(user_id=bob.address)]),
    ):
        alice.presences.clear()
        alice.ask(request, Status)
        alice.until(lambda: alice.presences.get(user_key(bob.address)), "no notification")


@area.case(
    "unsubscribe",
    "UnsubscribePresence is answered with 200.",
    "messages.md 9.2",
    TWO,
    "A phone that removes a contact shows an error.",
)
def unsubscribe(scene: Scene) -> None:
    scene.column.friends(scene)
    alice, bob = scene.alice, scene.bob.address
    scene.undo(lambda: alice.subscribe([bob]))
    alice.unsubscribe([bob])


@area.case(
    "auth.nobody",
    "An answer to a question that was never asked gets 200.",
    "flows.md 9.2",
    FROM_MEMORY,
    "A phone whose owner answers twice, or late, shows an error.",
    feature="PresenceFeat/PresenceAuthFunc",
    versions=("1.1", "1.2"),
)
def auth_nobody(scene: Scene) -> None:
    alice, nobody = scene.alice, foreign(scene)
    alice.ask(PresenceAuthUser(user_id=nobody, acceptance=False), Status)


@area.case(
    "auth.cancel",
    "CancelAuth of somebody who never asked is answered.",
    "messages.md 9.3",
    TWO,
    "A phone cannot take back what it allowed.",
    feature="PresenceFeat/PresenceAuthFunc/CAAUT",
    versions=("1.1", "1.2"),
)
def auth_cancel(scene: Scene) -> None:
    answer = scene.alice.request(CancelAuthRequest(user_id=foreign(scene)))
    expect(isinstance(answer, Status), described(answer))


@area.case(
    "auth.status",
    "GetReactiveAuthStatus is answered with a list.",
    "messages.md 9.3",
    TWO,
    "No known client asks.",
    OPTIONAL,
    versions=("1.2",),
    feature="PresenceFeat/PresenceAuthFunc/GETAUT",
)
def auth_status(scene: Scene) -> None:
    scene.alice.ask(GetReactiveAuthStatusRequest(), GetReactiveAuthStatusResponse)


@area.case(
    "watchers",
    "GetWatcherList is answered.",
    "messages.md 9.3",
    TWO,
    "A Nokia S60 cannot show who watches its owner.",
    feature="PresenceFeat/PresenceAuthFunc/GETWL",
)
def watchers(scene: Scene) -> None:
    scene.alice.ask(GetWatcherListRequest(), GetWatcherListResponse)


@area.case(
    "attributes.create",
    "CreateAttributeList for somebody is answered with 200, and DeleteAttributeList takes it back.",
    "flows.md 9.3",
    TWO,
    "A Nokia S60 creates one in each start.",
    feature="PresenceFeat/AttListFunc",
    versions=("1.1", "1.2"),
)
def attributes_create(scene: Scene) -> None:
    alice, nobody = scene.alice, foreign(scene)
    shown = PresenceSubList(online_status=OnlineStatus(), user_availability=UserAvailability())
    delete = DeleteAttributeListRequest(user_id=[nobody], default_list=False)
    scene.undo(lambda: alice.request(delete))
    alice.ask(CreateAttributeListRequest(presence_sub_list=shown, user_id=[nobody], default_list=False), Status)
    alice.ask(delete, Status)


@area.case(
    "attributes.get",
    "GetAttributeList is answered with 200.",
    "messages.md 9.3",
    TWO,
    "A Nokia S60 cannot show what it lets others see.",
    feature="PresenceFeat/AttListFunc/GALS",
    versions=("1.1", "1.2"),
)
def attributes_get(scene: Scene) -> None:
    scene.alice.ask(GetAttributeListRequest(default_list=True), GetAttributeListResponse)
