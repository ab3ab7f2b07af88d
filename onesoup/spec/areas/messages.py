"""Cases about messages between the two people."""

import base64
import time

from onesoup.csp.codec.generated_elements import (
    DeliveryReportRequest,
    MessageInfo,
    Recipient,
    SendMessageRequest,
    SendMessageResponse,
    User,
)
from onesoup.phone import checks
from onesoup.phone.addresses import user_key
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, TWO
from onesoup.spec.case import Area, CaseFailed, expect
from onesoup.spec.phone import code_of, described
from onesoup.spec.scene import Scene, fresh_word

RECEIVING = "IMFeat/IMReceiveFunc"
ONE_PIXEL_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

area = Area("messages", "Messages", "IMFeat")


@area.case(
    "send",
    "SendMessage is answered with 200 and a MessageID.",
    "flows.md 6.1",
    TWO,
    "Phones show every message as not sent.",
    CHAT_LEVEL,
)
def send(scene: Scene) -> None:
    scene.alice.send(scene.bob.address, fresh_word("send "))


@area.case(
    "receive",
    "A message comes with its text, a MessageID and its sender.",
    "flows.md 6.2",
    TWO,
    "An Android neither shows nor acknowledges a message without a sender.",
    CHAT_LEVEL,
)
def receive(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("hello ")
    alice.send(bob.address, text)
    transaction = bob.handed_text(text)
    bob.answer(transaction)
    checks.primitive(transaction.content, scene.version, bob.profile, False)
    sender = bob.inbox[-1].sender
    expect(same_user(sender, alice.address), f"the sender is {sender!r}")


def same_user(one: str, other: str) -> bool:
    """The same person, with or without a domain."""
    one, other = user_key(one), user_key(other)
    return one == other or (one.partition("@")[0] == other.partition("@")[0] and "@" not in min(one, other, key=len))


@area.case(
    "reply",
    "A message to the address that a message came from reaches its sender.",
    "messages.md 3",
    TWO,
    "Nobody can answer.",
    CHAT_LEVEL,
)
def reply(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    alice.send(bob.address, text := fresh_word("question "))
    sender = bob.hears(text).sender
    bob.send(sender, answer := fresh_word("answer "))
    alice.hears(answer)


@area.case(
    "acknowledged",
    "A message that was acknowledged does not come again.",
    "messages.md 10",
    TWO,
    "Every message is shown twice.",
    CHAT_LEVEL,
)
def acknowledged(scene: Scene) -> None:
    alice, bob, text, last = scene.alice, scene.bob, fresh_word("once "), fresh_word("last ")
    alice.send(bob.address, text)
    bob.hears(text)
    alice.send(bob.address, last)
    bob.hears(last)
    count = [each.text for each in bob.inbox].count(text)
    expect(count == 1, f"it came {count} times")


@area.case(
    "acknowledgement.answer",
    "The answer to an acknowledgement is an empty body, a Status, or the next transaction.",
    "flows.md 5.1",
    TWO,
    "Phones show an error after each message.",
    CHAT_LEVEL,
)
def acknowledgement_answer(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("thanks ")
    alice.send(bob.address, text)
    transaction = bob.handed_text(text)
    bob.answer(transaction)


@area.case(
    "content-type",
    "A text comes as text/plain, and never in BASE64.",
    "flows.md 6.2",
    CLIENT_SEEN,
    "An Android shows the letters of the BASE64.",
    CHAT_LEVEL,
)
def content_type(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("plain ")
    alice.send(bob.address, text)
    found = bob.hears(text)
    expect(found.type.lower().startswith("text/plain"), f"ContentType {found.type!r}")


@area.case(
    "no-content-type",
    "A text without ContentType and ContentSize is a text.",
    "flows.md 6.1",
    ONE,
    "A Nokia S60, which sends neither, cannot write.",
    CHAT_LEVEL,
)
def no_content_type(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("bare ")
    info = MessageInfo(recipient=Recipient(user=[User(user_id=bob.address)]))
    alice.ask(SendMessageRequest(delivery_report=False, message_info=info, content_data=text), SendMessageResponse)
    bob.hears(text)


@area.case(
    "wrong-size",
    "A ContentSize that is wrong does no harm.",
    "flows.md 6.1",
    CLIENT_SEEN,
    "An Android counts before it trims; some of its messages are lost.",
    CHAT_LEVEL,
)
def wrong_size(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("size ")
    info = MessageInfo(content_type="text/plain", content_size=7777, recipient=Recipient(user=[User(user_id=bob.address)]))
    alice.ask(SendMessageRequest(delivery_report=False, message_info=info, content_data=text), SendMessageResponse)
    bob.hears(text)


@area.case(
    "order",
    "Messages of one sender come in the order in which they were sent.",
    "flows.md 5.3",
    TWO,
    "Answers stand above their questions.",
    CHAT_LEVEL,
)
def order(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    texts = [fresh_word(f"{number} ") for number in range(5)]
    for text in texts:
        alice.send(bob.address, text)
    bob.hears(texts[-1])
    found = [each.text for each in bob.inbox if each.text in texts]
    expect(found == texts, f"they came as {[text.partition(' ')[0] for text in found]}")


@area.case(
    "poll-flag",
    "Three messages that wait are fetched with one run of polls: a Poll flag, or the next one at once, leads on.",
    "messages.md 1.4",
    TWO,
    "A phone gets one message a poll: with ten waiting, the last comes minutes later.",
)
def poll_flag(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    for number in range(6):  # what is still on its way when Bob polls is no fault
        texts = [fresh_word("more ") for _ in range(3)]
        for text in texts:
            alice.send(bob.address, text)
        time.sleep(0.2 * 2**number)
        bob.run_once()
        if set(texts) <= {each.text for each in bob.inbox}:
            return
        bob.hears(texts[-1])
    raise CaseFailed("six times it took more than one run of polls")


@area.case(
    "resent",
    "A SendMessage that comes twice with the same bytes is delivered once.",
    "flows.md 1.3",
    ONE,
    "A Nokia S60 repeats what it believes lost: the friend reads it up to four times.",
)
def resent(scene: Scene) -> None:
    alice, bob, text, last = scene.alice, scene.bob, fresh_word("twice "), fresh_word("last ")
    alice.send(bob.address, text)
    octets = alice.last
    scene.sent(alice, octets)
    alice.send(bob.address, last)
    bob.hears(last)
    count = [each.text for each in bob.inbox].count(text)
    expect(count == 1, f"it came {count} times")


@area.case(
    "redelivered",
    "A message without an acknowledgement comes again: same MessageID, new TransactionID.",
    "flows.md 2",
    ONE,
    "What a phone loses on its way is lost for good; a Nokia S60 drops a repeated TransactionID.",
)
def redelivered(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("again ")
    alice.send(bob.address, text)
    first = bob.handed_text(text)
    second = bob.handed_text(text, 40.0)
    bob.answer(second)
    expect(first.id != second.id, "the same TransactionID")
    expect(message_id(first.content) == message_id(second.content), "another MessageID")


def message_id(content: object) -> str:
    info = getattr(content, "message_info", None)
    return (info.message_id or "") if info else ""


@area.case(
    "offline",
    "A message for somebody who is logged out waits for the next log-in, with its time.",
    "flows.md 6.5",
    TWO,
    "Whoever switches the phone off misses what was written.",
)
def offline(scene: Scene) -> None:
    alice, address, text = scene.alice, scene.bob.address, fresh_word("later ")
    scene.alone(1)
    alice.send(address, text)
    bob = scene.started(1)
    bob.publish()
    found = bob.hears(text, 30.0)
    expect(found.time, "no DateTime")


@area.case(
    "date-time",
    "DateTime has the form YYYYMMDDThhmmssZ.",
    "flows.md 2",
    TWO,
    "An Android takes the time of arrival instead; a Nokia S60 ignores a binary one.",
)
def date_time(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("now ")
    alice.send(bob.address, text)
    found = bob.hears(text).time or ""
    try:
        time.strptime(found, "%Y%m%dT%H%M%SZ")
    except ValueError:
        raise CaseFailed(f"DateTime {found[:40]!r}") from None


@area.case(
    "several-recipients",
    "A message to two people reaches both.",
    "messages.md 2",
    TWO,
    "Only the first one gets the message.",
)
def several_recipients(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("both ")
    to = Recipient(user=[User(user_id=bob.address), User(user_id=alice.address)])
    request = SendMessageRequest(
        delivery_report=False, message_info=MessageInfo(content_type="text/plain", recipient=to), content_data=text
    )
    alice.ask(request, SendMessageResponse, 200, 201)
    bob.hears(text)
    alice.hears(text)


@area.case(
    "bad-address",
    "A message to something that is not an address is refused.",
    "messages.md 2",
    TWO,
    "A phone shows as sent what nobody can get.",
)
def bad_address(scene: Scene) -> None:
    info = MessageInfo(content_type="text/plain", recipient=Recipient(user=[User(user_id="wv:@@/ /")]))
    scene.alice.refused(SendMessageRequest(delivery_report=False, message_info=info, content_data="nobody"))


@area.case(
    "no-recipient",
    "A message without a recipient is refused, and the session goes on.",
    "flows.md 5.4",
    FROM_MEMORY,
    "A phone shows as sent what nobody can get.",
)
def no_recipient(scene: Scene) -> None:
    info = MessageInfo(content_type="text/plain", recipient=Recipient())
    scene.alice.refused(SendMessageRequest(delivery_report=False, message_info=info, content_data="nobody"))
    scene.alice.keep_alive()


@area.case(
    "report",
    "With DeliveryReport T the sender is told when the message was delivered.",
    "flows.md 6.4",
    TWO,
    "A Nokia S60 never shows that a message has arrived.",
    feature="IMFeat/IMSendFunc/MDELIV",
)
def report(scene: Scene) -> None:
    scene.column.friends(scene)  # a server may report to friends only
    alice, bob, text = scene.alice, scene.bob, fresh_word("report ")
    sent = alice.send(bob.address, text, report=True)
    bob.hears(text)
    told = alice.told(DeliveryReportRequest, lambda each: message_id(each) == sent)
    expect(code_of(told) == 200, described(told))


@area.case(
    "picture",
    "A picture in BASE64 is taken, or refused with a code.",
    "flows.md 6.1",
    ONE,
    "A Nokia S60 that sends a picture waits for ever.",
)
def picture(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    info = MessageInfo(
        content_type="image/gif",
        content_encoding="BASE64",
        content_size=len(ONE_PIXEL_GIF),
        recipient=Recipient(user=[User(user_id=bob.address)]),
    )
    data = base64.b64encode(ONE_PIXEL_GIF).decode()
    answer = alice.request(SendMessageRequest(delivery_report=False, message_info=info, content_data=data))
    expect(code_of(answer) is not None, f"{described(answer)} without a code")
    alice.keep_alive()
    bob.run_once()
