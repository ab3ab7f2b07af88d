"""Cases about messages that are announced and fetched, listed, rejected and forwarded. They stand in the area messages."""

from onesoup.csp.codec.generated_elements import (
    ForwardMessageRequest,
    ForwardMessageResponse,
    GetMessageListRequest,
    GetMessageListResponse,
    GetMessageRequest,
    GetMessageResponse,
    MessageDelivered,
    MessageNotification,
    Recipient,
    RejectMessageRequest,
    Result,
    SetDeliveryMethodRequest,
    Status,
    User,
)
from onesoup.spec.areas.marks import OPTIONAL, TWO
from onesoup.spec.areas.messages import RECEIVING, area, message_id
from onesoup.spec.case import expect
from onesoup.spec.phone import SpecPhone, code_of, described
from onesoup.spec.scene import Scene, fresh_word


def notified(scene: Scene) -> tuple[SpecPhone, str, str]:
    """Bob's phone that was told of a message, with its MessageID and its text."""
    bob, text = scene.bob, fresh_word("fetched ")
    bob.ask(SetDeliveryMethodRequest(delivery_method="N"), Status)
    scene.undo(lambda: bob.request(SetDeliveryMethodRequest(delivery_method="P")))
    scene.alice.send(bob.address, text)
    transaction = bob.handed(MessageNotification)
    bob.acknowledge(transaction.id, Status(result=Result(code=200)))
    return bob, message_id(transaction.content), text


@area.case(
    "notify",
    "With delivery method N a message is announced, and can be fetched by its MessageID.",
    "flows.md 6.3",
    TWO,
    "Phones with little memory, which ask for N, get nothing.",
    feature=f"{RECEIVING}/SETD",
)
def notify(scene: Scene) -> None:
    bob, number, text = notified(scene)
    answer = bob.request(GetMessageRequest(message_id=number))
    expect(isinstance(answer, GetMessageResponse), described(answer))
    expect(getattr(answer, "content_data", None) == text, "another text")
    bob.ask(MessageDelivered(message_id=number), Status)


@area.case(
    "reject",
    "An announced message can be rejected.",
    "messages.md 10",
    TWO,
    "A phone is told of it again and again.",
    feature=f"{RECEIVING}/REJCM",
)
def reject(scene: Scene) -> None:
    bob, number, _ = notified(scene)
    bob.ask(RejectMessageRequest(message_id=[number]), Status)
    bob.refused(GetMessageRequest(message_id=number), 426)


@area.case(
    "list",
    "GetMessageList names an announced message.",
    "messages.md 10",
    TWO,
    "A phone cannot show what waits.",
    feature=f"{RECEIVING}/GETLM",
)
def waiting_list(scene: Scene) -> None:
    bob, number, _ = notified(scene)
    answer = bob.ask(GetMessageListRequest(), GetMessageListResponse)
    infos = [*answer.message_info, *(answer.message_info_list.message_info if answer.message_info_list else [])]
    found = [each.message_id for each in infos]
    bob.ask(MessageDelivered(message_id=number), Status)
    expect(number in found, f"named: {found}")


@area.case(
    "forward",
    "An announced message can be forwarded without being fetched.",
    "messages.md 10",
    TWO,
    "No known client forwards so.",
    OPTIONAL,
    feature="IMFeat/IMSendFunc/FWMSG",
)
def forward(scene: Scene) -> None:
    bob, number, text = notified(scene)
    to = Recipient(user=[User(user_id=scene.alice.address)])
    answer = bob.request(ForwardMessageRequest(message_id=number, recipient=to))
    good = isinstance(answer, Status | ForwardMessageResponse) and code_of(answer) in (None, 200)
    expect(good, described(answer))
    alice = scene.alice
    alice.until(lambda: any(text in each.text for each in alice.inbox), "the forwarded text did not come")


@area.case(
    "get.unknown",
    "GetMessage with an unknown MessageID is refused with 426.",
    "flows.md 6.3",
    TWO,
    "A phone shows an empty message.",
    feature=f"{RECEIVING}/GETM",
)
def get_unknown_message(scene: Scene) -> None:
    scene.alice.refused(GetMessageRequest(message_id="spec-no-such-message"), 426)


@area.case(
    "delivered.unknown",
    "MessageDelivered for an unknown MessageID is answered, and the session goes on.",
    "flows.md 15",
    TWO,
    "A phone that acknowledges late shows an error.",
)
def delivered_unknown(scene: Scene) -> None:
    answer = scene.alice.request(MessageDelivered(message_id="spec-no-such-message"))
    expect(isinstance(answer, Status), described(answer))
    scene.alice.keep_alive()
