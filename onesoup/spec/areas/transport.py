"""Cases about HTTP: what carries the documents."""

import threading
from contextlib import suppress

from onesoup.csp.codec.generated_elements import GetListRequest, GetListResponse, KeepAliveRequest, Primitive
from onesoup.spec.areas.judged import standing
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, TWO
from onesoup.spec.case import Area, CaseFailed, expect
from onesoup.spec.exchange import name_of
from onesoup.spec.phone import SpecPhone
from onesoup.spec.raw_http import RawHttp
from onesoup.spec.scene import CLEAN_UP_ERRORS, Scene
from onesoup.wire import codec

area = Area("transport", "Transport: HTTP under CSP")


def answered(scene: Scene, content_type: str) -> None:
    """A keep-alive with this Content-Type is understood."""
    exchange = scene.sent(scene.alice, scene.bytes_of(scene.alice, KeepAliveRequest()), content_type)
    content = exchange.message.transactions[0].content if exchange.message else None
    expect(content is not None and name_of(content) == "KeepAlive-Response", "no KeepAlive-Response")


@area.case(
    "type-with-charset",
    "A Content-Type with a charset behind it is understood.",
    "wire.md 9",
    FROM_MEMORY,
    "A phone behind a gateway that adds the charset gets no answer.",
)
def type_with_charset(scene: Scene) -> None:
    answered(scene, codec.media_type(scene.version, scene.encoding) + "; charset=utf-8")


@area.case(
    "type-wrong",
    "If the Content-Type contradicts the body, the body decides.",
    "wire.md 8",
    ONE,
    "A phone behind a gateway that gets the type wrong cannot be understood.",
)
def type_wrong(scene: Scene) -> None:
    answered(scene, "application/octet-stream")


@area.case(
    "type-of-other-version",
    "Both spellings of the media type, with a dot and with a plus, are understood in every version.",
    "wire.md 8",
    TWO,
    "Clients of one version exist with either; those with the other one get no answer.",
)
def type_of_other_version(scene: Scene) -> None:
    own = codec.media_type(scene.version, scene.encoding)
    answered(scene, own.replace("csp+", "csp.") if "+" in own else own.replace("wv.csp.", "wv.csp+"))


@area.case(
    "expect-continue",
    "A request that expects 100-continue gets it, or the answer at once.",
    "flows.md 1.1",
    ONE,
    "The PC client of Colibria waits before it sends its body.",
)
def expect_continue(scene: Scene) -> None:
    _raw(scene).expecting(*_keep_alive(scene))


@area.case(
    "http-1.0",
    "A request of HTTP/1.0 without a Host header is answered.",
    "wire.md 9",
    FROM_MEMORY,
    "Phones behind an old WAP gateway get no answer.",
)
def http_1_0(scene: Scene) -> None:
    _raw(scene).old(*_keep_alive(scene))


@area.case(
    "chunked-request",
    "A request in chunks is answered.",
    "wire.md 9",
    TWO,
    "Phones behind a proxy that sends chunks get no answer.",
)
def chunked_request(scene: Scene) -> None:
    _raw(scene).chunked(*_keep_alive(scene))


def _raw(scene: Scene) -> RawHttp:
    return RawHttp(scene.column.url, scene.watch.deadline.left(20.0))


def _keep_alive(scene: Scene) -> tuple[bytes, str]:
    return scene.bytes_of(scene.alice, KeepAliveRequest()), codec.media_type(scene.version, scene.encoding)


@area.case(
    "two-at-once",
    "Two requests of one session at the same time get their own answers.",
    "flows.md 1.1",
    ONE,
    "A Nokia S60 has up to four requests open; its screens stay empty.",
)
def two_at_once(scene: Scene) -> None:
    phone = scene.started()
    found: list[str] = []

    def ask(request: Primitive, name: str) -> None:
        with suppress(*CLEAN_UP_ERRORS):
            if name == phone.request(request).NAME:
                found.append(name)

    asked: tuple[tuple[Primitive, str], ...] = (
        (GetListRequest(), GetListResponse.NAME),
        (KeepAliveRequest(), "KeepAlive-Response"),
    )
    threads = [threading.Thread(target=ask, args=each, daemon=True) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(scene.watch.deadline.left(45.0))
    expect(len(found) == len(asked), f"of two requests at once these were answered rightly: {found}")


@area.case(
    "second-connection",
    "A session goes on over another connection.",
    "flows.md 1.2",
    TWO,
    "Whoever walks out of a cell and into the next is logged out.",
    CHAT_LEVEL,
)
def second_connection(scene: Scene) -> None:
    phone: SpecPhone = scene.alice
    phone.close()
    if name_of(phone.request(KeepAliveRequest())) != "KeepAlive-Response":
        raise CaseFailed("the session is not known over a new connection")


standing(
    area,
    "status",
    "Every answer has HTTP status 200, whatever CSP says.",
    "flows.md 1.2",
    TWO,
    "An Android and a Nokia S60 take any other status for a broken connection.",
    CHAT_LEVEL,
)
standing(
    area,
    "content-length",
    "Every answer has a Content-Length.",
    "wire.md 9",
    ONE,
    "A Nokia S60 waits for more, until its time is over.",
    CHAT_LEVEL,
)
standing(
    area,
    "content-type",
    "Every answer has the media type of its request.",
    "wire.md 8",
    ONE,
    "HTTP stacks of phones drop an answer of another type; a Razr V3 took application/xml.",
)
standing(
    area,
    "chunked",
    "No answer comes in chunks.",
    "wire.md 9",
    CLIENT_SEEN,
    "An Android cannot read an empty answer in chunks; older stacks cannot read chunks at all.",
)
standing(
    area,
    "compressed",
    "No answer is compressed when the phone does not ask for it.",
    "wire.md 9",
    FROM_MEMORY,
    "No known phone can read it.",
    CHAT_LEVEL,
)
standing(
    area,
    "keep-alive",
    "The connection is kept.",
    "flows.md 1.2",
    TWO,
    "Each poll costs a new connection: slow, and a Nokia S60 resends what it believes lost.",
)
