"""Pictures between phones of 2004 and clients of today: uploaded and linked one way, fetched and scaled the other."""

import base64
import io
import signal
import time
from urllib.request import urlopen

import pytest
from PIL import Image

from onesoup.csp.codec.generated_elements import (
    DeliveryReportRequest,
    GetMessageRequest,
    MessageInfo,
    MessageNotification,
    Recipient,
    SendMessageRequest,
    SetDeliveryMethodRequest,
    User,
)
from onesoup.phone.errors import Refused
from tests.support.secrets import keep_secret, secret_text
from tests.support.world import MATRIX, WITHIN, StoryPhone, World


def picture(form: str = "JPEG", size: tuple[int, int] = (320, 240)) -> bytes:
    """Of what packs worst, so that it has to be made smaller where room is short."""
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, form)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def had(url: str) -> bytes:
    with urlopen(url, timeout=15) as answer:
        return answer.read()


def test_a_picture_of_the_phone_reaches_everybody_as_a_link_that_clients_show(world: World) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    phone = world.phone(alice).start()
    bobs, carols = world.online(bob), world.online(carol)
    data = picture()
    message_id = phone.send_file([bob.wv, carol.wv], "image/jpeg", data, report=True)
    at_bob, at_carol = bobs.message(sender=alice.jid), carols.message(sender=alice.jid)
    assert at_bob.body == at_bob.oob == at_carol.body
    assert (at_bob.id, at_bob.receipt_asked) == (message_id, True)
    assert at_bob.body.endswith(".jpeg") or at_bob.body.endswith(".jpg")
    assert had(at_bob.body) == data
    keep_secret(at_bob.body)


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_a_picture_for_the_phone_comes_scaled_to_what_it_takes(world: World, version, encoding) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice, version=version, encoding=encoding).start(), world.online(bob)
    url = there.upload("view.png", "image/png", picture("PNG"))
    there.share(alice.jid, url, id="p1", receipt=True)
    got = phone.until(lambda: phone.inbox and phone.inbox[0])
    assert got.type in ("image/jpeg", "image/png", "image/gif")
    assert len(got.data) <= 98_000
    assert opened(got.data).size[0] <= 320
    assert got.sender == bob.wv
    keep_secret(url)  # whoever knows it has the picture
    assert there.wait("receipt", sender=alice.jid).id == "p1"


def test_a_phone_without_pictures_gets_the_link(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice, profile="android").start(), world.online(bob)
    there.share(alice.jid, url := there.upload("view.jpg", "image/jpeg", picture()))
    assert phone.hears(url).type == "text/plain"


def test_words_beside_a_picture_come_too(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    url = there.upload("view.jpg", "image/jpeg", picture())
    there.send(alice.jid, f"{(words := secret_text())} {url}", extra=f"<x xmlns='jabber:x:oob'><url>{url}</url></x>")
    phone.until(lambda: len(phone.inbox) == 2)
    assert [each.text for each in phone.inbox] == [words, ""]
    assert phone.inbox[1].data


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.png", "https://[::1]/x.png", "https://localhost/x.png"])
def test_what_is_not_public_is_not_fetched_and_stays_a_link(world: World, url) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    there.share(alice.jid, url)
    phone.hears(url)


def test_what_is_no_picture_stays_a_link(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    there.share(alice.jid, url := there.upload("view.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(5000)))
    phone.hears(url)
    there.share(alice.jid, gone := url.replace("view", "none"))
    phone.hears(gone)


def test_a_picture_that_the_server_does_not_take_is_refused_at_once(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice).start()
    with pytest.raises(Refused) as refused:
        phone.send_file(bob.wv, "image/jpeg", b"", report=True)
    assert refused.value.code == 402
    with pytest.raises(Refused) as refused:
        phone.send_file(bob.wv, "no-type", b"x")
    assert refused.value.code == 415


def test_a_picture_for_a_phone_that_fetches(world: World) -> None:
    """Delivery method N: told of it by type and size, and the octets only with GetMessage."""

    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    phone.request(SetDeliveryMethodRequest(delivery_method="N"))
    there.share(alice.jid, there.upload("view.gif", "image/gif", picture("GIF")))
    told = phone.until(phone.poll)
    while not isinstance(told.content, MessageNotification):
        told = phone.answer(told) or phone.until(phone.poll)
    info = told.content.message_info
    assert info.content_type.startswith("image/")
    phone.answer(told)
    answer = phone.request(GetMessageRequest(message_id=info.message_id))
    assert answer.message_info.content_encoding == "BASE64"
    assert len(base64.b64decode(answer.content_data)) == info.content_size


# --- what breaks on the way ---


def test_a_picture_survives_the_kill_of_the_holder_before_and_during_its_upload(breakable: World) -> None:
    """Answered with 200, it is in the outbox until its octets are at the server; then it is sent under the same id."""
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    world.stack.kill("holder")
    first = phone.send_file(bob.wv, "image/jpeg", picture(), report=True)
    world.stack.start("holder")
    assert there.message(within=90, sender=alice.jid).id == first

    world.stack.prosody.process.signal(signal.SIGSTOP)  # the upload hangs
    second = phone.send_file(bob.wv, "image/jpeg", data := picture(size=(100, 80)))
    time.sleep(0.5)  # it has surely begun; if not, the first half of this story is told twice
    world.stack.kill("holder")
    world.stack.prosody.process.signal(signal.SIGCONT)
    world.stack.start("holder")
    got = there.message(within=90, sender=alice.jid)
    assert (got.id, had(got.body)) == (second, data)
    phone.send(bob.wv, last := secret_text())
    there.message(within=90, body=last)
    assert len(there.all("message", sender=alice.jid)) == 3


def test_a_picture_for_the_phone_survives_the_kill_of_the_holder(breakable: World) -> None:
    """The link was stored before the server heard that it arrived; the next holder fetches it, and it comes once."""
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, cir=["STCP"]).start()
    url = there.upload("view.jpg", "image/jpeg", picture())
    there.share(alice.jid, url, id="p1", receipt=True)
    world.stack.kill("holder")
    world.stack.start("holder")
    got = phone.until(lambda: phone.inbox and phone.inbox[0], within=90)
    assert got.data
    assert there.wait("receipt", sender=alice.jid).id == "p1"
    there.send(alice.jid, last := secret_text())
    phone.hears(last, within=90)
    assert len(phone.inbox) == 2


def test_a_log_out_right_behind_a_picture_lets_it_go_first(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice).start()
    message_id = phone.send_file(bob.wv, "image/jpeg", picture())
    phone.logout()
    assert there.message(sender=alice.jid).id == message_id


def reports(phone: StoryPhone, count: int = 1) -> list[DeliveryReportRequest]:
    """The next delivery reports; everything else is answered on the way."""
    found: list[DeliveryReportRequest] = []
    end = time.monotonic() + WITHIN
    while len(found) < count:
        assert time.monotonic() < end, f"{len(found)} of {count} reports"
        told = phone.poll()
        while told is not None:
            if isinstance(told.content, DeliveryReportRequest):
                found.append(told.content)
            told = phone.answer(told)
        time.sleep(0.05)  # the server may not hold this phone's polls
    return found


def test_a_picture_that_cannot_be_stored_comes_back_and_is_reported(breakable: World) -> None:
    """The server's place for files is one that the operator has not allowed."""
    world = breakable
    alice, bob, carol = world.cast("alice", "bob", "carol")
    world.stack.stop("holder")
    world.stack.start("holder", env={"ONESOUP_MEDIA_HOSTS": ""})
    try:
        phone = world.phone(alice, cir=["STCP"]).start()
        there = world.online(bob)
        message_id = phone.send_file([bob.wv, carol.wv], "image/jpeg", picture(), report=True)
        phone.send(bob.wv, words := secret_text("words go past it "))
        there.message(body=words)
        told = reports(phone, 2)
        assert {each.result.code for each in told} == {410}
        assert {each.message_info.message_id for each in told} == {message_id}
        phone.until(lambda: len(phone.inbox) == 2)
        assert {each.sender for each in phone.inbox} == {bob.wv, carol.wv}
        assert all(each.text.startswith("not delivered: ") for each in phone.inbox)
        assert there.bodies() == [words]
    finally:
        world.stack.stop("holder")
        world.stack.start("holder", env={})


def test_a_message_that_nobody_confirms_while_it_is_valid_is_reported_as_expired(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone = world.phone(alice, cir=["STCP"]).start()
    info = MessageInfo(validity=1, recipient=Recipient(user=[User(user_id=bob.wv)]))
    request = SendMessageRequest(delivery_report=True, message_info=info, content_data=secret_text())
    message_id = phone.request(request).message_id
    (report,) = reports(phone)
    assert (report.result.code, report.message_info.message_id) == (542, message_id)
