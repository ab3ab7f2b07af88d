"""Cases about requests that a server cannot serve: the phone is told so, and the session goes on."""

from onesoup.csp.codec.generated_elements import GetListRequest, KeepAliveRequest, LoginRequest
from onesoup.phone.errors import SessionOver
from onesoup.spec.areas.judged import standing
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, TWO
from onesoup.spec.case import Area, CaseFailed, expect
from onesoup.spec.exchange import SpecExchange, elements_of
from onesoup.spec.phone import code_of, described
from onesoup.spec.scene import Scene
from onesoup.wire.document import Document
from onesoup.wire.tree import Element

area = Area("errors", "Errors")


def status_code(exchange: SpecExchange) -> int | None:
    """The code of the answer, which must be a Status or carry a Result."""
    content = exchange.message.transactions[0].content if exchange.message else None
    expect(content is not None, "no answer that can be read")
    code = code_of(content)  # type: ignore[arg-type]
    expect(code is not None, f"{described(content)} without a code")  # type: ignore[arg-type]
    return code


@area.case(
    "unknown-request",
    "A request that no table has is answered with Status 501, 405 or 506.",
    "flows.md 5.4",
    TWO,
    "A phone with an extension of its maker waits for ever.",
)
def unknown_request(scene: Scene) -> None:
    def renamed(document: Document) -> None:
        for each in elements_of(document, "TransactionContent"):
            each.children = [Element("X-Maker-Request", "", [Element("Value", "1")])]

    code = status_code(scene.sent(scene.alice, scene.bytes_of(scene.alice, KeepAliveRequest(), renamed)))
    expect(code in (501, 405, 506, 400), f"answered with {code}")
    scene.alice.keep_alive()


@area.case(
    "no-request",
    "A transaction without content is answered with an error, and the session goes on.",
    "flows.md 5.4",
    FROM_MEMORY,
    "A phone that makes a mistake loses its session.",
)
def no_request(scene: Scene) -> None:
    def emptied(document: Document) -> None:
        for each in elements_of(document, "TransactionContent"):
            each.children = []

    code = status_code(scene.sent(scene.alice, scene.bytes_of(scene.alice, KeepAliveRequest(), emptied)))
    expect(code is not None and 400 <= code < 600, f"answered with {code}")
    scene.alice.keep_alive()


@area.case(
    "bad-number",
    "A wrong value in the place of a number is answered with an error, and the session goes on.",
    "flows.md 5.4",
    FROM_MEMORY,
    "A phone that makes a mistake loses its session.",
)
def bad_number(scene: Scene) -> None:
    def spoiled(document: Document) -> None:
        for each in elements_of(document, "KeepAlive-Request"):
            each.children = [Element("TimeToLive", "soon")]

    code = status_code(scene.sent(scene.alice, scene.bytes_of(scene.alice, KeepAliveRequest(), spoiled)))
    expect(code is not None and 400 <= code < 600, f"answered with {code}")
    scene.alice.keep_alive()


@area.case(
    "outband",
    "A request that needs a session, sent without one, is refused with 604 or 600.",
    "messages.md 1.1",
    ONE,
    "A phone that has lost its session does not log in again.",
)
def outband(scene: Scene) -> None:
    phone = scene.phone()
    try:
        answer = phone.request(GetListRequest(), outband=True)
    except SessionOver as over:
        expect(over.code in (600, 601, 604), f"refused with {over.code}")
        return
    raise CaseFailed(described(answer))


@area.case(
    "not-my-session",
    "The SessionID of one user does not open the session of another by its TransactionID.",
    "messages.md 1.2",
    FROM_MEMORY,
    "One phone gets the answers that were meant for another.",
)
def not_my_session(scene: Scene) -> None:
    alice, bob = scene.alice, scene.bob
    tid = "spec-same-id"
    first = alice.request(GetListRequest(), tid=tid)
    second = bob.request(GetListRequest(), tid=tid)
    mine, other = (getattr(each, "default_contact_list", None) for each in (first, second))
    expect(mine != other or mine is None, "the answer of another session")


@area.case(
    "description",
    "A description of an error has at most 200 characters.",
    "messages.md 2",
    ONE,
    "A Nokia S60 has no room for more.",
)
def description(scene: Scene) -> None:
    exchange = scene.sent(scene.alice, scene.bytes_of(scene.alice, LoginRequest(user_id="wv:@@/")))
    content = exchange.message.transactions[0].content if exchange.message else None
    result = getattr(content, "result", None)
    text = (result.description or "") if result else ""
    expect(len(text) <= 200, f"a description of {len(text)} characters")


standing(
    area,
    "status-result",
    "Every Status has a Result with a Code.",
    "messages.md 2",
    CLIENT_SEEN,
    "An Android takes a Status without one for success.",
    CHAT_LEVEL,
)
