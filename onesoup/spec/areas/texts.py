"""Cases about what stands in a message: letters of all kinds, lines, length. They stand in the area messages."""

from onesoup.csp.codec.generated_elements import MessageInfo, Recipient, SendMessageRequest, User
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, ONE, TWO
from onesoup.spec.areas.messages import area
from onesoup.spec.scene import Scene, fresh_word
from onesoup.wire.document import Encoding


def arrives(scene: Scene, text: str) -> None:
    scene.alice.send(scene.bob.address, text)
    scene.bob.hears(text)


@area.case(
    "text.letters",
    "Letters of all scripts arrive as they are.",
    "wire.md 1",
    TWO,
    "Half the world cannot write.",
    CHAT_LEVEL,
)
def text_letters(scene: Scene) -> None:
    arrives(scene, fresh_word("Grüße Привет 你好 مرحبا ñ "))


@area.case(
    "text.markup",
    "The signs & < > \" ' arrive as they are.",
    "wire.md 7",
    TWO,
    "Texts end at the first ampersand, or come with &amp; in them.",
    CHAT_LEVEL,
)
def text_markup(scene: Scene) -> None:
    arrives(scene, fresh_word("a & b <c> \"d\" 'e' &lt; "))


@area.case(
    "text.emoji",
    "Characters above U+FFFF arrive as they are.",
    "flows.md 2",
    CLIENT_SEEN,
    "Smileys of newer phones become a question mark, or the message is lost.",
)
def text_emoji(scene: Scene) -> None:
    arrives(scene, fresh_word("soup 🍲 "))


@area.case(
    "text.android-emoji",
    "A character that comes as two surrogates of three bytes is one character.",
    "wire.md 3",
    CLIENT_SEEN,
    "An Android writes them so in WBXML; its message is refused.",
    encodings=(Encoding.WBXML,),
)
def text_android_emoji(scene: Scene) -> None:
    alice, bob, text = scene.alice, scene.bob, fresh_word("soup 🍲 ")
    info = MessageInfo(content_type="text/plain", recipient=Recipient(user=[User(user_id=bob.address)]))
    octets = scene.bytes_of(alice, SendMessageRequest(delivery_report=False, message_info=info, content_data=text))
    scene.sent(alice, octets.replace("🍲".encode(), "\ud83c\udf72".encode("utf-8", "surrogatepass")))
    bob.hears(text)


@area.case(
    "text.lines",
    "Line breaks arrive.",
    "flows.md 2",
    CLIENT_SEEN,
    "Texts of several lines become one.",
)
def text_lines(scene: Scene) -> None:
    arrives(scene, f"one\ntwo\n\n{fresh_word('four ')}")


@area.case(
    "text.words-of-the-protocol",
    "A text that is a word of the protocol arrives as text.",
    "wire.md 3",
    ONE,
    "A user who writes T or Open sends an empty message.",
)
def text_words(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    before = len(bob.inbox)
    alice.send(bob.address, "T")
    bob.until(lambda: any(each.text == "T" for each in bob.inbox[before:]), "no message T")


@area.case(
    "text.long",
    "A text of 1,000 characters arrives whole, in one message or in several.",
    "flows.md 6.2",
    ONE,
    "Long texts end in the middle.",
)
def text_long(scene: Scene) -> None:
    alice, bob, word = scene.alice, scene.bob, fresh_word("long")
    text = f"{word} " + "0123456789" * 100
    before = len(bob.inbox)
    alice.send(bob.address, text)
    bob.until(lambda: "".join(each.text for each in bob.inbox[before:]).count("0123456789") >= 100, "not the whole text")
