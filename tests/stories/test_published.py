"""What people publish beside presence: pictures, places, cards. Both ways, and only where somebody wants it."""

import base64
import hashlib
import io
import random
import re

from PIL import Image

from onesoup.csp import presence
from onesoup.csp.codec.generated_elements import (
    Address,
    ClientInfo,
    ContactInfo,
    CreateAttributeListRequest,
    DeleteAttributeListRequest,
    GeoLocation,
    GetPresenceRequest,
    GetPresenceResponse,
    PreferredLanguage,
    PresenceSubList,
    Primitive,
    Status,
    StatusContent,
    SubscribePresenceRequest,
    TimeZone,
    UpdatePresenceRequest,
    User,
)
from onesoup.csp.text import vcards
from tests.support.peer import Peer
from tests.support.secrets import secret_text
from tests.support.world import Person, StoryPhone, World

DATA, METADATA = "urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata"
GEOLOC, MOOD = "http://jabber.org/protocol/geoloc", "http://jabber.org/protocol/mood"


def picture(colour: str, size: tuple[int, int] = (200, 150), form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def wears(peer: Peer, data: bytes, name: str = "", octets: int = 0) -> None:
    """Publishes a picture; `name` and `octets` are what it claims to be."""
    name = name or hashlib.sha1(data).hexdigest()
    peer.publish(DATA, f"<data xmlns='{DATA}'>{base64.b64encode(data).decode()}</data>", name)
    info = f"<info bytes='{octets or len(data)}' id='{name}' type='image/png'/>"
    peer.publish(METADATA, f"<metadata xmlns='{METADATA}'>{info}</metadata>", name)


def done(phone: StoryPhone, request: Primitive) -> None:
    answer = phone.request(request)
    assert isinstance(answer, Status)
    assert answer.result.code == 200  # type: ignore[union-attr]


def says(phone: StoryPhone, **attributes: object) -> None:
    done(phone, UpdatePresenceRequest(presence_sub_list=PresenceSubList(**attributes)))  # type: ignore[arg-type]


def asks(phone: StoryPhone, person: Person, *names: str) -> PresenceSubList:
    """What GetPresence says of these attributes."""
    request = GetPresenceRequest(user=[User(user_id=person.wv)], presence_sub_list=presence.attribute_request(names))
    answer = phone.request(request)
    assert isinstance(answer, GetPresenceResponse)
    return answer.presence[0].presence_sub_list[0]


def subscribe(phone: StoryPhone, person: Person, *names: str) -> None:
    request = SubscribePresenceRequest(user=[User(user_id=person.wv)], presence_sub_list=presence.attribute_request(names))
    done(phone, request)


def told(phone: StoryPhone, person: Person, name: str):  # type: ignore[no-untyped-def]
    """The attribute in the newest notification, once it has a value."""

    def value():  # type: ignore[no-untyped-def]
        found = phone.presences.get(person.wv)
        attribute = getattr(found.attributes, name) if found is not None else None
        return attribute if attribute is not None and attribute.qualifier else None

    return phone.until(value)


def test_a_picture_reaches_the_phone_as_it_can_show_it(world: World) -> None:
    """By a subscription, and by a question only if that names it; a new one follows, and none at last."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    wears(there, picture("red"))
    phone = world.phone(alice).start()
    phone.sees(bob, online=True)
    assert phone.get_presence([bob.wv])[0].attributes.status_content is None
    subscribe(phone, bob, "online_status", "status_content")
    content = told(phone, bob, "status_content")
    image = Image.open(io.BytesIO(base64.b64decode(content.direct_content)))
    assert (image.size, content.content_type) == ((64, 48), "image/jpeg")
    wears(there, small := picture("blue", (30, 40)))
    phone.until(lambda: base64.b64decode(told(phone, bob, "status_content").direct_content) == small)
    there.publish(METADATA, f"<metadata xmlns='{METADATA}'/>")
    phone.until(lambda: phone.presences[bob.wv].attributes.status_content.qualifier is False)  # type: ignore[union-attr]
    assert phone.presences[bob.wv].online


def test_a_picture_reaches_a_phone_that_subscribes_without_naming_anything(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    wears(world.online(bob), picture("red"))
    phone = world.phone(alice, profile="android").start()
    assert Image.open(io.BytesIO(base64.b64decode(told(phone, bob, "status_content").direct_content))).size == (64, 48)


def test_a_picture_that_is_none_breaks_nothing(world: World) -> None:
    """No image, not what it claims to be, a bomb, far too large, rubbish in a vCard: the contacts are told all the same."""
    alice, *friends = world.cast("alice", "bob", "carol", "dave", "erin", "frank", "grace")
    peers = [world.online(each) for each in friends]
    wears(peers[0], b"no picture at all")
    wears(peers[1], picture("red"), "0" * 40)
    bomb = Image.new("1", (12_000, 12_000))
    bomb.save(out := io.BytesIO(), "PNG")
    wears(peers[2], out.getvalue())
    photo = "<PHOTO><TYPE>image/png</TYPE><BINVAL>%%%</BINVAL></PHOTO>"
    peers[3].raw(f"<iq type='set' id='rubbish'><vCard xmlns='vcard-temp'>{photo}</vCard></iq>")
    peers[3].raw(f"<presence><x xmlns='vcard-temp:x:update'><photo>{'a' * 40}</photo></x></presence>")
    huge = random.Random(7).randbytes(180_000)
    wears(peers[5], huge, octets=10)
    wears(peers[4], good := picture("green", (20, 20)))
    phone = world.phone(alice).start()
    for each in friends:
        subscribe(phone, each, "online_status", "status_content")
    assert base64.b64decode(told(phone, friends[4], "status_content").direct_content) == good
    for each in friends:
        assert phone.sees(each, online=True)
        assert asks(phone, each, "status_content").status_content.qualifier is (each is friends[4])  # type: ignore[union-attr]


def test_the_phones_own_picture_is_shown_to_its_contacts(world: World) -> None:
    """As XEP-0084 and XEP-0153 have it, in PNG; what is no picture changes nothing; taken back, it is gone."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    there.interests(METADATA)
    there.presence()
    phone = world.phone(alice).start()
    octets = picture("red", (300, 300), "JPEG")
    says(phone, status_content=StatusContent(True, base64.b64encode(octets).decode(), content_type="image/jpeg"))
    event = there.wait("published", sender=alice.jid, node=METADATA, xml=lambda xml: "<ns2:info" in xml or ":info " in xml)
    name = re.findall(r'id="([0-9a-f]{40})"', event.xml)[-1]
    there.wait("presence", sender=alice.jid, xml=lambda xml: name in xml)
    pubsub = f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{DATA}'><item id='{name}'/></items></pubsub>"
    found = re.search(r"data>([^<]+)<|data[^>]*>([^<]+)<", there.iq("get", pubsub, alice.jid).xml)
    assert found is not None
    published = base64.b64decode(found[1] or found[2])
    assert hashlib.sha1(published).hexdigest() == name
    assert (Image.open(io.BytesIO(published)).size, published[:4]) == ((96, 96), b"\x89PNG")
    assert base64.b64encode(published).decode() in there.iq("get", "<vCard xmlns='vcard-temp'/>", alice.jid).xml
    says(phone, status_content=StatusContent(True, base64.b64encode(b"rubbish").decode(), content_type="image/png"))
    says(phone, status_content=StatusContent(qualifier=False))
    there.wait("published", sender=alice.jid, node=METADATA, xml=lambda xml: name not in xml and "info " not in xml)


def test_a_card_is_fetched_when_the_phone_asks_for_it(world: World) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    there = world.online(bob)
    number = secret_text("+358 ")
    card = f"<FN>Bob Béton</FN><TEL><NUMBER>{number}</NUMBER></TEL><EMAIL><USERID>bob@example.net</USERID></EMAIL>"
    there.iq("set", f"<vCard xmlns='vcard-temp'>{card}<PHOTO><BINVAL>AAAA</BINVAL></PHOTO></vCard>")
    phone = world.phone(alice).start()
    # A server that takes its time leaves the card out, and it is there when the phone asks again.
    text = phone.until(lambda: asks(phone, bob, "contact_info").contact_info.contained_vcard)  # type: ignore[union-attr]
    read = vcards.read_vcard_text(text)
    assert (read.full, read.phones, read.emails) == ("Bob Béton", (((), number),), ("bob@example.net",))
    assert asks(phone, carol, "contact_info", "online_status").contact_info.qualifier is False  # type: ignore[union-attr]


def test_a_phone_that_only_asks_hears_of_moods_too(world: World) -> None:
    """Some never subscribe: from their first question on, what they ask for is known."""
    alice, bob = world.cast("alice", "bob")
    world.online(bob).publish(MOOD, f"<mood xmlns='{MOOD}'><sad/></mood>")
    phone = world.phone(alice)
    phone.login()
    phone.negotiate()
    phone.until(lambda: asks(phone, bob, "status_mood").status_mood.qualifier)  # type: ignore[union-attr]
    assert asks(phone, bob, "status_mood").status_mood.presence_value == "SAD"  # type: ignore[union-attr]


def test_a_place_reaches_the_phone_that_wants_it(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    where = "<lat>60.1699</lat><lon>-24.9384</lon><locality>Helsinki</locality><countrycode>FI</countrycode><alt>oops</alt>"
    there.publish(GEOLOC, f"<geoloc xmlns='{GEOLOC}'>{where}<text>at the port</text></geoloc>")
    phone = world.phone(alice).start()
    subscribe(phone, bob, "geo_location", "address", "free_text_location", "online_status")
    geo = told(phone, bob, "geo_location")
    assert (geo.latitude, geo.longitude, geo.altitude) == ("60 10 11.640N", "24 56 18.240W", None)
    shown = phone.presences[bob.wv].attributes
    assert shown.address is not None
    assert (shown.address.city, shown.address.country) == ("Helsinki", "FI")
    assert shown.free_text_location is not None
    assert shown.free_text_location.presence_value == "at the port"


def test_the_phones_place_and_card_go_out_only_when_its_user_says_so(world: World) -> None:
    """By naming them in the default list. What the account's vCard held before stays in it."""
    alice, bob = world.cast("alice", "bob")
    own = world.online(alice)
    own.iq("set", "<vCard xmlns='vcard-temp'><TITLE>Queen</TITLE><FN>A</FN></vCard>")
    own.unavailable()
    there = world.online(bob)
    there.interests(GEOLOC)
    there.presence()
    phone = world.phone(alice).start()
    card = ContactInfo(True, contained_vcard="BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Alice\r\nEND:VCARD")
    position = GeoLocation(True, "24 56 18E", "60 10 12N")
    says(phone, geo_location=position, address=Address(True, country="FI", city="Espoo"), contact_info=card)
    done(
        phone,
        CreateAttributeListRequest(presence_sub_list=presence.attribute_request(["address", "contact_info"]), default_list=True),
    )
    place = there.wait("published", sender=alice.jid, node=GEOLOC).xml
    assert "Espoo" in place
    assert "60.17" not in place
    done(phone, CreateAttributeListRequest(presence_sub_list=presence.attribute_request(["online_status"]), default_list=True))
    there.wait("published", sender=alice.jid, node=GEOLOC, xml=lambda xml: "Espoo" not in xml)

    def vcard() -> str:
        xml = str(there.iq("get", "<vCard xmlns='vcard-temp'/>", alice.jid).xml)
        return xml if "Alice" in xml else ""

    assert "Queen" in phone.until(vcard)


def test_what_the_phone_does_not_subscribe_is_not_sent_to_it(world: World) -> None:
    """Not from contacts' servers, and not to the phone."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice).start()
    told_of: list[str] = []
    phone.sees(bob, online=True)
    phone.on_presence = lambda shown: told_of.append(shown.user)
    subscribe(phone, bob, "online_status")
    phone.until(lambda: told_of)
    features = there.wait("presence", sender=alice.jid, xml=lambda xml: "caps" in xml)
    del told_of[:]
    there.presence(show="dnd", status=secret_text())
    there.publish(MOOD, f"<mood xmlns='{MOOD}'><happy/></mood>")
    there.unavailable()
    phone.sees(bob, online=False)
    assert told_of == [bob.wv]
    assert features.resource


def test_who_asks_is_told_what_the_phone_is(world: World) -> None:
    """The kind of client and its clock; the model only when the user has named that in the default list."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, version="1.2").start()
    says(
        phone,
        client_info=ClientInfo(True, client_type="PDA", dev_manufacturer="Nokia", model="E61"),
        time_zone=TimeZone(True, "+0530"),
        preferred_language=PreferredLanguage(True, "fin"),
    )
    seen = there.wait("presence", sender=alice.jid, xml=lambda xml: 'lang="fi"' in xml)
    full = f"{alice.jid}/{seen.resource}"
    assert 'type="handheld"' in there.iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", full).xml
    assert ">+05:30<" in there.iq("get", "<time xmlns='urn:xmpp:time'/>", full).xml
    version = "<query xmlns='jabber:iq:version'/>"
    assert "E61" not in there.iq("get", version, full).xml
    done(phone, CreateAttributeListRequest(presence_sub_list=presence.attribute_request(["client_info"]), default_list=True))
    phone.until(lambda: "Nokia E61" in there.iq("get", version, full).xml)


def test_a_contact_on_a_phone_is_shown_as_one(world: World) -> None:
    """By what its client says of itself when it is asked."""
    alice, bob = world.cast("alice", "bob")
    world.online(bob)
    phone = world.phone(alice).start()
    phone.sees(bob, online=True)
    assert phone.presences[bob.wv].attributes.client_info.client_type == "COMPUTER"  # type: ignore[union-attr]
    other = world.phone(bob).start()
    other.update_presence("AVAILABLE", secret_text())
    phone.until(lambda: phone.presences[bob.wv].attributes.client_info.client_type == "MOBILE_PHONE")  # type: ignore[union-attr]


def test_a_grant_in_advance_holds_while_the_phone_is_away(world: World) -> None:
    """RFC 6121 section 3.4: the server itself answers who asks later. Taken back, nobody is let in."""
    alice, bob, carol = world.cast("alice", "bob", "carol", strangers=True)
    phone = world.phone(alice).start()
    for each in (bob, carol):
        done(
            phone,
            CreateAttributeListRequest(
                presence_sub_list=presence.attribute_request(["online_status"]), user_id=[each.wv], default_list=False
            ),
        )
    done(phone, DeleteAttributeListRequest(user_id=[carol.wv], default_list=False))
    phone.logout()
    # Prosody 0.12 tells bob only while somebody is there as alice.
    desk = world.online(alice)
    desk.passive()
    there, elsewhere = world.online(bob), world.online(carol)
    elsewhere.subscription(alice.jid, "subscribe")
    there.subscription(alice.jid, "subscribe")
    there.wait("presence", sender=alice.jid, type="subscribed")
    desk.wait("presence", sender=carol.jid, type="subscribe")
    assert not desk.all("presence", sender=bob.jid, type="subscribe")
    assert elsewhere.roster()[alice.jid]["subscription"] == "none"
