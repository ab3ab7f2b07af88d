"""What people publish beside presence: pictures, places, cards. Both ways, and only where somebody wants it."""

import base64
import hashlib
import io

from PIL import Image

from onesoup.csp import presence
from onesoup.csp.elements import (
    Status,
    SubscribePresenceRequest,
    User,
)
from tests.support.peer import Peer
from tests.support.world import Person, StoryPhone, World

DATA, METADATA = "urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata"
GEOLOC, MOOD = "http://jabber.org/protocol/geoloc", "http://jabber.org/protocol/mood"


def picture(colour: str, size: tuple[int, int] = (200, 150), form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def wears(peer: Peer, octets: bytes, name: str = "") -> None:
    """Publishes a picture; `name` is what it claims to be."""
    name = name or hashlib.sha1(octets).hexdigest()
    peer.publish(DATA, f"<data xmlns='{DATA}'>{base64.b64encode(octets).decode()}</data>", name)
    info = f"<info bytes='{len(octets)}' id='{name}' type='image/png'/>"
    peer.publish(METADATA, f"<metadata xmlns='{METADATA}'>{info}</metadata>", name)


def subscribe(phone: StoryPhone, person: Person, *names: str) -> None:
    request = SubscribePresenceRequest(user=[User(user_id=person.wv)], presence_sub_list=presence.asked(names))
    assert isinstance(phone.request(request), Status)


def told(phone: StoryPhone, person: Person, name: str):  # type: ignore[no-untyped-def]
    """The attribute in the newest notification, once it has a value."""

    def value():  # type: ignore[no-untyped-def]
        found = phone.presences.get(person.wv)
        attribute = getattr(found.attributes, name) if found is not None else None
        return attribute if attribute is not None and attribute.qualifier else None

    return phone.until(value)


def test_a_picture_reaches_the_phone_as_it_can_show_it(world: World) -> None:
    """Once the phone wants it, and never by default; a new one follows."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    wears(there, picture("red"))
    phone = world.phone(alice).start()
    phone.sees(bob, online=True)
    assert phone.presences[bob.wv].attributes.status_content is None
    subscribe(phone, bob, "online_status", "status_content")
    content = told(phone, bob, "status_content")
    image = Image.open(io.BytesIO(base64.b64decode(content.direct_content)))
    assert (image.size, content.content_type) == ((64, 48), "image/jpeg")
