"""What contacts publish, and what of it reaches a session's records: pictures, places, cards, clients. It may be anything."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xmpp.simplexml import Node

from onesoup.csp.places import UNKNOWN_PLACE, Place
from onesoup.csp.presence import Shown
from onesoup.csp.text.vcards import CELL, FAX, HOME, WORK, Card, Postal
from onesoup.store import records
from onesoup.store.session.contacts import ContactRecord
from onesoup.xmpp import caps, contacts, geoloc, namespaces, published_events, vcards
from onesoup.xmpp.published_events import Extras, from_plain, to_plain
from onesoup.xmpp.stream import stanzas
from tests.workers.holder.session.test_inbound import ROMEO, Directory, inbound_of, node, read, shown
from workers.holder.session.inbound_batch import CLIENT_LOOKUP, PICTURE_LOOKUP, ContactLookup

SHA = "0123456789abcdef" * 2 + "01234567"
OTHER = SHA[::-1]


@pytest.fixture
def directory():
    return Directory()


@pytest.fixture
def kinds():
    return {}


@pytest.fixture
def intake(directory, kinds):
    return inbound_of(directory, client_kinds=kinds)


def event(about, payload=""):
    items = f"<items node='{about}'><item id='x'>{payload}</item></items>"
    return f"<message from='{ROMEO}'><event xmlns='http://jabber.org/protocol/pubsub#event'>{items}</event></message>"


def metadata(*infos):
    return event(namespaces.AVATAR_METADATA, f"<metadata xmlns='{namespaces.AVATAR_METADATA}'>{''.join(infos)}</metadata>")


def info(name=SHA, octets=1000, more=""):
    return f"<info id='{name}' bytes='{octets}' type='image/png' {more}/>"


def published(done, jid=ROMEO):
    return from_plain(records.unpack_plain(done.changes.extras[jid], None))


def wishes(*names):
    return records.pack_wishes(list(names), sees=True)


# --- which picture ---


def test_the_smallest_picture_that_the_server_has_counts(intake):
    done = read(intake, metadata(info(octets=9000), info(OTHER, 500), info("f" * 40, 10, "url='http://example.net/x'")))
    assert published(done).avatar == OTHER


@pytest.mark.parametrize(
    "odd",
    [
        info("not a hash"),
        info(SHA, 10**9),
        info(SHA, "9" * 400, "url='http://x/'"),
        "<info/>",
        "<pointer/>",
        "",
    ],
)
def test_a_picture_that_cannot_be_fetched_is_none(intake, odd):
    assert Extras() == (published(done) if (done := read(intake, metadata(odd))).changes.extras else Extras())


def test_no_metadata_any_more_is_no_picture(intake, directory):
    directory.known[ROMEO] = ContactRecord(extras=records.pack_plain(to_plain(Extras(avatar=SHA, tried=SHA, picture="p"))))
    done = read(intake, metadata())
    assert published(done).avatar == ""
    assert shown(done).picture == ""


@pytest.mark.parametrize(
    ("said", "photo"),
    [
        (f"<photo>{SHA}</photo>", SHA),
        ("<photo/>", ""),
        ("<photo>rubbish</photo>", ""),
        ("", None),
        (f"<photo> {SHA.upper()} </photo>", SHA),
    ],
)
def test_the_picture_that_presence_names(said, photo):
    stanza = node(f"<presence xmlns='jabber:client'><x xmlns='vcard-temp:x:update'>{said}</x></presence>")
    assert vcards.photo_hash(stanza) == photo


def test_presence_without_a_word_leaves_the_picture(intake, directory):
    directory.known[ROMEO] = ContactRecord(extras=records.pack_plain(to_plain(Extras(photo=SHA, tried=SHA, picture="p"))))
    done = read(intake, f"<presence from='{ROMEO}/a'/>")
    assert shown(done).picture == "p"
    assert ROMEO not in done.changes.extras


# --- what is fetched ---


def test_a_picture_is_fetched_for_those_who_want_it_and_once(intake, directory):
    directory.known[ROMEO] = ContactRecord(wishes=wishes("status_content"))
    done = read(intake, metadata(info()))
    assert done.lookups == [ContactLookup(PICTURE_LOOKUP, ROMEO, SHA)]
    directory.known[ROMEO] = ContactRecord(
        extras=records.pack_plain(to_plain(Extras(avatar=SHA, tried=SHA))), wishes=wishes("status_content")
    )
    assert read(intake, f"<presence from='{ROMEO}/a'/>").lookups == []


@pytest.mark.parametrize("wanted", [None, wishes("alias"), wishes("online_status")])
def test_it_is_not_fetched_for_others(intake, directory, wanted):
    directory.known[ROMEO] = ContactRecord(wishes=wanted)
    assert read(intake, metadata(info())).lookups == []


CAPS = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://x' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"


def test_a_client_is_asked_what_it_is_once_for_all(intake, directory, kinds):
    directory.known[ROMEO] = ContactRecord(wishes=wishes())
    done = read(intake, f"<presence from='{ROMEO}/a'>{CAPS}</presence>")
    name = "sha-1 http://x QgayPKawpkPSDYmwT/WM94uAlu0="
    assert done.lookups == [ContactLookup(CLIENT_LOOKUP, ROMEO, name, "a")]
    assert shown(done).client_type == "COMPUTER"
    kinds[name] = "PDA"
    done = read(intake, f"<presence from='{ROMEO}/a'>{CAPS}</presence>")
    assert (done.lookups, shown(done).client_type) == ([], "PDA")


def test_what_was_learned_of_a_client_stays_with_it(intake):
    first = read(intake, f"<presence from='{ROMEO}/a'>{CAPS}</presence>")
    kept = ContactRecord(first.changes.resources[ROMEO], None, first.changes.presence[ROMEO], wishes())
    told = intake.apply_lookup(
        ROMEO,
        kept,
        lambda resources, known: ({name: contacts.replace(each, client="CLI") for name, each in resources.items()}, known),
    )
    assert shown(told).client_type == "CLI"
    assert told.changes.quiet == set()
    resources = contacts.from_plain(records.unpack_plain(told.changes.resources[ROMEO], {}))
    again, _ = contacts.with_presence(resources, "a", node(f"<presence xmlns='jabber:client'>{CAPS}</presence>"), 9)
    assert again["a"].client == "CLI"


@pytest.mark.parametrize(
    "odd",
    [
        "<c xmlns='http://jabber.org/protocol/caps'/>",
        "<c xmlns='http://jabber.org/protocol/caps' node='x' ver='1.0' ext='a b'/>",
        "<c xmlns='http://jabber.org/protocol/caps' hash='md5' node='x' ver='y'/>",
        "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='x y' ver='z'/>",
        f"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='{'x' * 300}' ver='z'/>",
    ],
)
def test_odd_names_of_clients_are_none(odd):
    assert caps.name_of(node(f"<presence xmlns='jabber:client'>{odd}</presence>")) == ""


def test_an_answer_is_believed_when_its_hash_says_so():
    """The example of XEP-0115 section 5.2."""
    features = ("caps", "disco#info", "disco#items", "muc")
    inside = "".join(f"<feature var='http://jabber.org/protocol/{each}'/>" for each in features)
    identity = "<identity category='client' name='Exodus 0.9.1' type='pc'/>"
    query = node(f"<query xmlns='http://jabber.org/protocol/disco#info'>{identity}{inside}</query>")
    assert caps.caps_match("sha-1 http://x QgayPKawpkPSDYmwT/WM94uAlu0=", query)
    assert not caps.caps_match("sha-1 http://x AgayPKawpkPSDYmwT/WM94uAlu0=", query)
    assert caps.client_type(query) == "COMPUTER"
    assert caps.client_type(None) == "COMPUTER"


def test_own_abilities_have_the_hash_that_their_answer_verifies():
    profile = stanzas.PhoneProfile("handheld", (namespaces.AVATAR_METADATA, namespaces.MOOD))
    query = node(
        "<iq xmlns='jabber:client' type='get' from='r@x/a' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
    )
    answer = stanzas.iq_answer(query, "alice@x", profile).getTag("query")
    assert caps.caps_match(f"sha-1 {stanzas.CAPS_NODE} {stanzas.caps_hash('handheld', profile.notify)}", answer)
    assert {f"{namespaces.AVATAR_METADATA}+notify", f"{namespaces.MOOD}+notify"} <= stanzas.features_in(Node("iq", {}, [answer]))


# --- what is asked for ---


@pytest.mark.parametrize(
    ("asked", "nodes"),
    [
        ([], []),
        ([["online_status", "user_availability"]], []),
        ([["alias"]], [namespaces.NICK]),
        ([["status_content"], ["status_mood"]], [namespaces.MOOD, namespaces.AVATAR_METADATA]),
        ([["address"]], [namespaces.GEOLOC]),
    ],
)
def test_only_what_subscriptions_use_is_asked_for(asked, nodes):
    assert published_events.wanted_nodes(asked) == sorted(nodes)


def test_a_subscription_of_everything_asks_for_everything():
    assert set(published_events.wanted_nodes([[]])) == set(published_events.ATTRIBUTES_OF_NODE)


# --- who is told ---


def before(directory, *names, **state):
    directory.known[ROMEO] = ContactRecord(presence=records.pack_shown(Shown(online=True, **state)), wishes=wishes(*names))


def test_nobody_is_told_of_what_was_not_subscribed(intake, directory):
    before(directory, "online_status", availability="AVAILABLE")
    done = read(intake, f"<presence from='{ROMEO}/a'><show>dnd</show><status>text</status></presence>")
    assert done.changes.quiet == {ROMEO}
    before(directory, "user_availability", availability="AVAILABLE")
    done = read(intake, f"<presence from='{ROMEO}/a'><show>dnd</show></presence>")
    assert done.changes.quiet == set()


def test_everybody_is_told_of_somebody_new(intake, directory):
    directory.known[ROMEO] = ContactRecord(wishes=wishes("online_status"))
    assert read(intake, f"<presence from='{ROMEO}/a'/>").changes.quiet == set()


def test_a_new_picture_is_told_to_those_who_want_it(intake, directory):
    for names, quiet in ((("status_content",), set()), (("online_status",), {ROMEO})):
        kept = ContactRecord(
            presence=records.pack_shown(Shown(picture="old")),
            wishes=wishes(*names),
            extras=records.pack_plain(to_plain(Extras(avatar=SHA))),
        )
        learn = intake.apply_lookup(ROMEO, kept, lambda r, known: (r, published_events.replace(known, tried=SHA, picture="new")))
        assert learn.changes.quiet == quiet


def test_the_text_of_a_farewell_stays_with_what_is_published_later(intake, directory):
    gone = read(intake, f"<presence from='{ROMEO}/a' type='unavailable'><status>bye</status></presence>")
    directory.known[ROMEO] = ContactRecord(presence=gone.changes.presence[ROMEO])
    assert shown(read(intake, event(namespaces.NICK, f"<nick xmlns='{namespaces.NICK}'>R</nick>"))).text == "bye"


def test_of_several_texts_the_phones_language_counts(intake):
    texts = "<status xml:lang='de'>Mittag</status><status>lunch</status><status xml:lang='fi'>lounas</status>"
    assert shown(read(intake, f"<presence from='{ROMEO}/a'>{texts}</presence>")).text == "lunch"
    intake.profile = stanzas.PhoneProfile(language="fi")
    assert shown(read(intake, f"<presence from='{ROMEO}/a'>{texts}</presence>")).text == "lounas"
    assert shown(read(intake, f"<presence from='{ROMEO}/a'><status xml:lang='de'>Mittag</status></presence>")).text == "Mittag"


# --- places ---


def geo(inside):
    return geoloc.read_geoloc(node(f"<geoloc xmlns='{namespaces.GEOLOC}'>{inside}</geoloc>"))


def test_a_place_is_read():
    inside = "<lat>60.17</lat><lon>24.94</lon><alt>20.4</alt><accuracy>5</accuracy><countrycode>FI</countrycode>"
    inside += "<country>Finland</country>"
    more = "<locality>Helsinki</locality><street>Main  St</street><building>4</building><area>Port</area><text>here\nnow</text>"
    assert geo(inside + more) == Place(60.17, 24.94, 20, 5, "FI", "Helsinki", "Main St", "4", "Port", "here now")


@pytest.mark.parametrize(
    "odd",
    [
        "<lat>60</lat>",
        "<lat>91</lat><lon>0</lon>",
        "<lat>nan</lat><lon>inf</lon>",
        "<lat>x</lat><lon>y</lon><alt>z</alt>",
        "<lat/><lon/>",
        "<alt>-5</alt>",
        "<alt>1e300</alt>",
        "<lat><b/></lat><lon>1</lon>",
    ],
)
def test_a_place_that_is_none_is_nowhere(odd):
    assert geo(odd) == UNKNOWN_PLACE


def test_long_names_are_cut():
    assert len(geo(f"<locality>{'x' * 5000}</locality>").city) == 50


def test_a_place_goes_out_as_it_would_be_read():
    place = Place(60.1699, -24.9384, 20, 5, "FI", "Helsinki", "Main St", "4", "Port", "at the port")
    item = stanzas.publish_place("1", place).getTag("pubsub").getTag("publish").getTag("item")
    assert geoloc.read_geoloc(item.getTag("geoloc")) == place
    assert geoloc.geoloc_fields(UNKNOWN_PLACE) == []
    assert geoloc.geoloc_fields(Place(accuracy=5)) == []


# --- cards ---


def test_a_vcard_is_read():
    inside = (
        "<FN>Bob  B</FN><N><FAMILY>B</FAMILY><GIVEN>Bob</GIVEN></N><NICKNAME>Bobby</NICKNAME><DESC>note</DESC>"
        "<TEL><CELL/><NUMBER>1</NUMBER></TEL><TEL><WORK/><FAX/>2</TEL><TEL/><EMAIL><USERID>b@x</USERID></EMAIL>"
        "<ADR><HOME/><LOCALITY>H</LOCALITY><CTRY>FI</CTRY></ADR><ADR><WORK/></ADR><ORG><ORGNAME>O</ORGNAME></ORG>"
    )
    card = vcards.read_vcard(node(f"<vCard xmlns='vcard-temp'>{inside}</vCard>"))
    assert card == Card(
        full="Bob B", family="B", given="Bob", nickname="Bobby", organisation="O", note="note",
        phones=(((CELL,), "1"), ((WORK, FAX), "2")), emails=("b@x",), places=(Postal(HOME, city="H", country="FI"),),
    )  # fmt: skip


def test_no_vcard_is_an_empty_card():
    assert vcards.read_vcard(None) == Card()
    assert vcards.photo_bytes(None) is None
    assert vcards.photo_bytes(node("<vCard xmlns='vcard-temp'/>")) is None


@pytest.mark.parametrize("text", ["", "%%%", "AAA", "é", " ", "A" * (vcards.MAX_PICTURE * 2)])
def test_octets_that_are_no_picture(text):
    assert vcards.base64_bytes(text) is None


def test_octets_with_line_breaks():
    assert vcards.base64_bytes("QUJD\n REVG\n") == b"ABCDEF"


def test_a_merge_keeps_what_the_phone_does_not_know():
    own = node(
        "<vCard xmlns='vcard-temp'><FN>Old</FN><PHOTO><BINVAL>QUJD</BINVAL></PHOTO><X-THING>1</X-THING>"
        "<TEL><NUMBER>1</NUMBER></TEL>"
        "</vCard>"
    )
    merged = stanzas.vcard_set(own, card=Card(full="New", phones=(((HOME,), "2"),))).getTag("vCard")
    assert (merged.getTagData("FN"), merged.getTagData("X-THING")) == ("New", "1")
    assert [each.getTagData("NUMBER") for each in merged.getTags("TEL")] == ["2"]
    assert vcards.photo_bytes(merged) == b"ABC"
    assert vcards.photo_bytes(stanzas.vcard_set(own, photo=b"new").getTag("vCard")) == b"new"
    gone = stanzas.vcard_set(own, photo=b"").getTag("vCard")
    assert (gone.getTag("PHOTO"), gone.getTagData("FN")) == (None, "Old")


# --- anything at all ---

WORDS = "metadata info geoloc lat lon photo x c mood nick text vCard N TEL PHOTO BINVAL ADR"
NAMES = st.sampled_from(WORDS.split())
BASE64 = st.binary(max_size=20).map(lambda octets: base64.b64encode(octets).decode())
VALUES = st.one_of(st.just(SHA), st.text(max_size=20), st.integers().map(str), BASE64)
LEAVES = st.builds(lambda name, text: Node(name, {"id": text, "bytes": text}, [text]), NAMES, VALUES)


def branches(inner):
    made = lambda name, kids, text: Node(name, {"hash": text, "node": text, "ver": text}, kids)  # noqa: E731
    return st.builds(made, NAMES, st.lists(inner, max_size=4), VALUES)


TREES = st.recursive(LEAVES, branches, max_leaves=12)


@settings(deadline=None)
@given(st.sampled_from([*published_events.ATTRIBUTES_OF_NODE, "x"]), TREES, TREES)
def test_whatever_is_published_breaks_nothing(about, tree, other):
    items = Node("items", {"node": about}, [Node("item", {"id": "1"}, [tree])])
    message = Node("jabber:client message", {"from": ROMEO}, [Node(f"{namespaces.PUBSUB_EVENT} event", {}, [items])])
    presence = Node("jabber:client presence", {"from": f"{ROMEO}/a"}, [Node("vcard-temp:x:update x", {}, [other]), other])
    directory = Directory()
    directory.known[ROMEO] = ContactRecord(wishes=wishes("status_content", "client_info", "address"))
    done = inbound_of(directory).read_stanzas([message, presence])
    assert records.unpack_shown(done.changes.presence[ROMEO]).online
    vcards.read_vcard(tree)
    vcards.photo_bytes(tree)
    caps.caps_match("sha-1 n v", tree)
    caps.client_type(tree)


def test_the_record_of_a_session_before_this_version_is_read():
    assert from_plain(["sad", "alas", "working", "R"]) == Extras("sad", "alas", "working", "R")
    assert contacts.from_plain({"a": ["dnd", "text", 1, 2, "R"]})["a"].nick == "R"
    assert from_plain(to_plain(full := Extras(place=Place(1.0, 2.0), avatar=SHA, photo=OTHER))) == full
    old = records.pack(1, {"p": [True, "AVAILABLE", "t", "PDA", "SAD", "R", True, True]})
    assert records.unpack_shown(old) == Shown(True, "AVAILABLE", "t", "PDA", "SAD", "R")
    new = Shown(online=True, place=Place(1.0, 2.0, city="x"), picture="p")
    assert records.unpack_shown(records.pack_shown(new)) == new


def test_a_hash_is_what_names_a_picture():
    assert published_events.is_hash(hashlib.sha1(b"x").hexdigest())
    assert not published_events.is_hash(SHA.upper())
