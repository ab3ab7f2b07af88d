"""Cases about input that no phone sends: it gets a bounded answer, and changes nothing for others."""

from onesoup.csp.codec.generated_elements import KeepAliveRequest, MessageInfo, Recipient, SendMessageRequest, User
from onesoup.phone.errors import PhoneError
from onesoup.spec.areas.marks import FROM_MEMORY, ONE, WBXML_ONLY, XML_ONLY
from onesoup.spec.case import Area, CaseFailed, OutOfTime, expect
from onesoup.spec.raw_http import RawHttp
from onesoup.spec.scene import Scene
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element

BEHIND = "Somebody else's bytes stop the server: all phones lose it."

area = Area("hostile", "Hostile input")


def survives(scene: Scene, octets: bytes, content_type: str | None = None) -> bytes:
    """Posts them; whatever the answer is, a phone is served after it. The body of the answer."""
    body = b""
    try:
        body = scene.post(octets, content_type).body
    except OutOfTime:
        raise
    except (PhoneError, ValueError) as error:
        if "no answer within" in str(error):
            raise CaseFailed(f"{len(octets)} bytes: {error}") from None
    still_served(scene)
    return body


def still_served(scene: Scene) -> None:
    phone = scene.phone()
    phone.login()
    phone.keep_alive()


@area.case("nothing", "An empty body is answered.", "wire.md 9", FROM_MEMORY, BEHIND)
def empty_body(scene: Scene) -> None:
    survives(scene, b"")


@area.case("garbage", "Bytes that are no document are answered with an error or nothing.", "wire.md 9", ONE, BEHIND)
def garbage(scene: Scene) -> None:
    survives(scene, bytes(range(256)) * 8)


@area.case("cut-off", "A document that ends in the middle is answered.", "wire.md 9", ONE, BEHIND)
def cut_off(scene: Scene) -> None:
    octets = scene.bytes_of(scene.phone(), KeepAliveRequest())
    survives(scene, octets[: len(octets) * 2 // 3])


@area.case("deep", "A document that nests 2,000 levels deep is answered.", "wire.md 7", FROM_MEMORY, BEHIND)
def deep(scene: Scene) -> None:
    if scene.encoding is Encoding.XML:
        survives(scene, b"<WV-CSP-Message>" + b"<Session>" * 2000 + b"</Session>" * 2000 + b"</WV-CSP-Message>")
    else:
        survives(scene, b"\x03\x11\x6a\x00" + b"\x49" + b"\x6d" * 2000 + b"\x01" * 2001)


@area.case("large", "A document of 2 MB is refused in time.", "wire.md 7", FROM_MEMORY, BEHIND)
def large(scene: Scene) -> None:
    octets = scene.bytes_of(scene.phone(), KeepAliveRequest())
    survives(scene, octets + b"\x00" * (2 * 1024 * 1024))


@area.case(
    "entities",
    "Entities that are declared in the document are not expanded.",
    "wire.md 7",
    FROM_MEMORY,
    BEHIND,
    encodings=XML_ONLY,
)
def entities(scene: Scene) -> None:
    declared = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    head = f'<?xml version="1.0"?><!DOCTYPE WV-CSP-Message [<!ENTITY e0 "lollollol">{declared}]>'
    body = survives(scene, f"{head}<WV-CSP-Message><Session>&e8;</Session></WV-CSP-Message>".encode())
    expect(b"lollollol" not in body, "the entity was expanded")


@area.case(
    "external-entity",
    "No file of the server is read for an entity.",
    "wire.md 7",
    FROM_MEMORY,
    "Anybody reads the server's files.",
    encodings=XML_ONLY,
)
def external_entity(scene: Scene) -> None:
    phone = scene.phone()
    octets = scene.bytes_of(phone, KeepAliveRequest())
    declared = b'?><!DOCTYPE WV-CSP-Message [<!ENTITY passwd SYSTEM "file:///etc/passwd">]>'
    at = octets.index(b"<TransactionID>") + len(b"<TransactionID>")
    body = survives(scene, (octets[:at] + b"&passwd;" + octets[at:]).replace(b"?>", declared, 1))
    expect(b"root:" not in body, "the answer holds a file of the server")


@area.case(
    "length",
    "WBXML that names a length of 4 GB is answered.",
    "wire.md 5",
    FROM_MEMORY,
    BEHIND,
    encodings=WBXML_ONLY,
)
def length(scene: Scene) -> None:
    survives(scene, b"\x03\x11\x6a\x00\x49\xc3\x8f\xff\xff\xff\x7fABC")
    survives(scene, b"\x03\x11\x6a\x8f\xff\xff\xff\x7fABC")


@area.case("many-elements", "A document of 50,000 elements is answered.", "wire.md 7", FROM_MEMORY, BEHIND)
def many_elements(scene: Scene) -> None:
    def multiplied(document: Document) -> None:
        document.root.children = [*document.root.children, *(Element("Session") for _ in range(50_000))]

    survives(scene, scene.bytes_of(scene.phone(), KeepAliveRequest(), multiplied))


@area.case(
    "long-ids",
    "A SessionID and a TransactionID of 10,000 characters are refused.",
    "messages.md 1.2",
    FROM_MEMORY,
    BEHIND,
)
def long_ids(scene: Scene) -> None:
    phone = scene.phone()
    phone.session_id = "x" * 10_000
    survives(scene, scene.bytes_of(phone, KeepAliveRequest()))
    phone.session_id = None


@area.case(
    "control-characters",
    "A text with control characters does no harm.",
    "wire.md 5",
    FROM_MEMORY,
    "One message stops the phone of whoever gets it.",
)
def control_characters(scene: Scene) -> None:
    info = MessageInfo(content_type="text/plain", recipient=Recipient(user=[User(user_id=scene.alice.address)]))
    text = "bell \x07 escape \x1b[2J end"
    octets = scene.bytes_of(scene.alice, SendMessageRequest(delivery_report=False, message_info=info, content_data="TEXT"))
    scene.sent(scene.alice, octets.replace(b"TEXT", text.encode()))
    scene.alice.run_once()
    found = [each.text for each in scene.alice.inbox if "bell" in each.text]
    expect(not any("\x1b" in each for each in found), "control characters are passed on")
    scene.alice.keep_alive()


@area.case(
    "get",
    "A GET is answered, as a browser or a probe sends it.",
    "wire.md 9",
    ONE,
    "Probes of a carrier take the server out of service.",
)
def other_method(scene: Scene) -> None:
    status = RawHttp(scene.column.url, scene.watch.deadline.left(15.0)).plain("GET")
    expect(status, "no HTTP answer")
    still_served(scene)
