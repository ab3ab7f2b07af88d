"""Stanzas -> what a phone is told: presence of several resources, roster items, messages, errors. Pure values."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmpp.simplexml import Node, NodeBuilder

from onesoup.csp.lists import Item
from onesoup.csp.presence import OFFLINE_PRESENCE, Published
from onesoup.store import records
from onesoup.xmpp import bounces, commands, contacts, errors, messages, namespaces
from onesoup.xmpp.bounces import Bounce
from onesoup.xmpp.contacts import Resource, aggregate, read_item, read_resource, with_presence
from onesoup.xmpp.stream import errors as stream
from onesoup.xmpp.stream import stanzas

OWN = "alice@example.org"


def node(xml):
    return NodeBuilder(xml).getDom()


def presence(inner="", **attrs):
    given_attrs = "".join(f' {name}="{value}"' for name, value in attrs.items())
    return node(f"<presence xmlns='jabber:client'{given_attrs}>{inner}</presence>")


def message(inner, **attrs):
    attrs = {"from": "romeo@example.net/phone", "type": "chat", **attrs}
    given_attrs = "".join(f' {name}="{value}"' for name, value in attrs.items())
    return node(f"<message xmlns='jabber:client'{given_attrs}>{inner}</message>")


# --- presence (xmpp-mapping.md 5.2) ---


@pytest.mark.parametrize(
    ("show", "availability"),
    [
        ("", "AVAILABLE"),
        ("<show>chat</show>", "AVAILABLE"),
        ("<show>away</show>", "NOT_AVAILABLE"),
        ("<show>xa</show>", "NOT_AVAILABLE"),
        ("<show>dnd</show>", "DISCREET"),
        ("<show> DND </show>", "DISCREET"),
        ("<show>sleeping</show>", "AVAILABLE"),
    ],
)
def test_each_show_is_an_availability(show, availability):
    shown = aggregate([read_resource(presence(show), 1)])
    assert (shown.online, shown.availability) == (True, availability)


def test_nobody_there_is_offline():
    assert aggregate([]) == OFFLINE_PRESENCE
    assert (OFFLINE_PRESENCE.online, OFFLINE_PRESENCE.availability) == (False, "NOT_AVAILABLE")


def test_the_higher_priority_wins():
    assert aggregate([Resource("", "desk", 0, 1), Resource("dnd", "phone", 5, 2)]).text == "phone"


def test_among_equals_the_friendlier_show_wins():
    shows = ["chat", "", "away", "dnd", "xa"]
    for better, worse in itertools.combinations(shows, 2):
        assert aggregate([Resource(worse, worse, 0, 9), Resource(better, better, 0, 1)]).text == better


def test_among_all_equals_the_newest_wins():
    assert aggregate([Resource("", "old", 0, 1), Resource("", "new", 0, 2)]).text == "new"


def test_a_negative_priority_counts_only_when_nobody_else_is_there():
    bot, person = Resource("chat", "bot", -1, 1), Resource("xa", "person", 0, 2)
    assert aggregate([bot, person]).text == "person"
    assert aggregate([bot]).text == "bot"
    assert aggregate([bot]).online


@pytest.mark.parametrize(
    ("text", "priority"), [("5", 5), ("-1", -1), (" 7 ", 7), ("9999", 127), ("-9999", -128), ("many", 0), ("", 0)]
)
def test_a_priority_of_any_kind(text, priority):
    assert read_resource(presence(f"<priority>{text}</priority>"), 1).priority == priority


def test_resources_come_and_go():
    known, shown = with_presence({}, "desk", presence("<status>at work</status>"), 1)
    known, shown = with_presence(known, "phone", presence("<show>away</show>"), 2)
    assert shown.text == "at work"
    known, shown = with_presence(known, "desk", presence(type="unavailable"), 3)
    assert (shown.online, shown.availability) == (True, "NOT_AVAILABLE")
    known, shown = with_presence(known, "phone", presence("<status>good night</status>", type="unavailable"), 4)
    assert known == {}
    assert (shown.online, shown.text) == (False, "good night")


@pytest.mark.parametrize("kind", ["error", "unsubscribed", "unavailable"])
def test_what_ends_all_presence_of_a_contact(kind):
    known = {"desk": Resource(), "phone": Resource()}
    assert with_presence(known, "", presence(type=kind), 3) == ({}, OFFLINE_PRESENCE)
    assert len(known) == 2


def test_no_contact_has_resources_without_end():
    known = {}
    for number in range(100):
        known, _ = with_presence(known, f"r{number}", presence(), number)
    assert len(known) == contacts.MAX_RESOURCES
    assert "r99" in known


def test_resources_are_stored_and_come_back():
    known = {"desk": Resource("dnd", "busy", 5, 17, "Romeo")}
    assert contacts.from_plain(contacts.to_plain(known)) == known


# --- what is published (5.1) ---


@pytest.mark.parametrize(
    ("published", "show", "priority"),
    [
        (Published(), None, 0),
        (Published(availability="NOT_AVAILABLE"), "away", 0),
        (Published(availability="DISCREET"), "dnd", 0),
        (Published(online=False), "xa", 0),
        (Published(online=False, availability="AVAILABLE", im=False), "xa", -1),
        (Published(im=False), None, -1),
    ],
)
def test_what_the_phone_publishes(published, show, priority):
    command = commands.ShowPresence.of(published)
    assert (command.show, command.status, command.priority) == (show, None, priority)


def test_an_answer_has_an_address_of_its_own():
    """Beside a contact's name, which is the reason for this test."""
    command = commands.answered(commands.SetRosterItem("romeo@x", "Romeo", ("Work",)), "worker:1", "c1")
    read = commands.unpack(commands.pack(command))
    assert read == command
    assert read.name == "Romeo"
    assert read.reply_to == commands.ReplyAddress("worker:1", "c1")


# --- roster items ---


def item(xml):
    return read_item(node(f"<item xmlns='jabber:iq:roster' {xml}"))


def test_a_roster_item():
    read = item(
        "jid='Romeo@Example.net' name=' Romeo ' subscription='both'><group>Work</group><group>Work</group><group/></item>"
    )
    assert read == Item("romeo@example.net", "Romeo", ("Work",), "both")


def test_a_request_under_way():
    assert item("jid='romeo@x' subscription='none' ask='subscribe'/>").ask


@pytest.mark.parametrize("xml", ["jid='romeo@x' subscription='remove'/>", "subscription='both'/>", "jid=''/>"])
def test_what_is_no_item(xml):
    assert item(xml) is None


def test_an_unknown_subscription_counts_as_none():
    assert item("jid='romeo@x' subscription='always'/>").subscription == "none"


# --- messages (6.2) ---


def read(inner, **attrs):
    return messages.read_message(message(inner, **attrs), OWN)


def body(inner, **attrs):
    incoming = read(inner, **attrs)
    return None if incoming is None else incoming.body


def test_a_message():
    incoming = read("<body>hello</body>", id="m1")
    assert (incoming.sender, incoming.sender_full) == ("romeo@example.net", "romeo@example.net/phone")
    assert (incoming.body, incoming.time, incoming.receipt) == ("hello", None, "")


@pytest.mark.parametrize("kind", ["chat", "normal", "headline"])
def test_kinds_of_messages_that_are_told(kind):
    assert body("<body>x</body>", type=kind) == "x"


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<body/>",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<received xmlns='urn:xmpp:receipts' id='1'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
    ],
)
def test_what_has_no_text_is_not_told(inner):
    assert body(inner) is None


@pytest.mark.parametrize("kind", ["error", "groupchat"])
def test_kinds_of_messages_that_are_not_told(kind):
    assert body("<body>x</body>", type=kind) is None


def test_a_subject_is_the_first_line_of_a_normal_message():
    assert body("<subject>News</subject><body>x</body>", type="normal") == "News\nx"
    assert body("<subject>News</subject><body>x</body>", type="chat") == "x"


def test_a_link_is_told_once():
    link = "<x xmlns='jabber:x:oob'><url>http://x/1</url></x>"
    assert body(link) == "http://x/1"
    assert body(f"<body>look</body>{link}") == "look\nhttp://x/1"
    assert body(f"<body>http://x/1</body>{link}") == "http://x/1"


@pytest.mark.parametrize("namespace", messages.ENCRYPTION_NAMESPACES)
def test_what_cannot_be_read_is_said_to_be_encrypted(namespace):
    tag = "x" if namespace.startswith("jabber") else "openpgp" if namespace.endswith("openpgp:0") else "encrypted"
    hidden = f"<{tag} xmlns='{namespace}'><payload>x</payload></{tag}>"
    assert body(hidden) == "[encrypted message]"
    assert body(f"<body>use OMEMO</body>{hidden}") == "use OMEMO"
    assert body(f"<body> </body>{hidden}") == "[encrypted message]"


@pytest.mark.parametrize("namespace", messages.OMEMO_NAMESPACES)
def test_keys_without_a_text_are_nothing_to_read(namespace):
    keys = f"<encrypted xmlns='{namespace}'><header sid='1'><key rid='2'>x</key></header></encrypted>"
    assert body(keys) is None
    for mark in ("<encryption xmlns='urn:xmpp:eme:0'/>", "<fallback xmlns='urn:xmpp:fallback:0'/>"):
        assert body(f"<body>you cannot read this</body>{keys}{mark}") is None
    assert body(f"<body>words of somebody</body>{keys}") == "words of somebody"


@pytest.mark.parametrize(
    ("language", "lang", "bodies", "text"),
    [
        ("de", "", {"": "one", "de": "eins", "fr": "un"}, "eins"),
        ("de", "", {"en": "one", "de-AT": "ans", "de": "eins"}, "eins"),
        ("de", "", {"en": "one", "de-AT": "ans"}, "ans"),
        ("it", "", {"fr": "un", "": "one", "de": "eins"}, "one"),
        ("it", "", {"fr": "un", "de": "eins"}, "un"),
        ("it", "de", {"fr": "un", "de": "eins"}, "eins"),
        ("de", "de", {"fr": "un", "": "eins"}, "eins"),  # the stanza's language is that of a body without one
        ("fr", "de", {"": "eins", "fr": "un"}, "un"),
        ("", "", {"fr": "un", "": "one"}, "one"),
        ("de", "", {"de": "", "en": "one"}, "one"),
    ],
)
def test_of_several_bodies_the_fitting_one_counts(language, lang, bodies, text):
    inner = "".join(
        f"<body xml:lang='{each}'>{words}</body>" if each else f"<body>{words}</body>" for each, words in bodies.items()
    )
    attrs = {"xml:lang": lang} if lang else {}
    assert messages.read_message(message(inner, **attrs), OWN, language).body == text


@pytest.mark.parametrize("blank", [" ", "\n\t ", "\u00a0", "\u202e", "\u2003\u2066"])
def test_a_body_of_white_space_is_nothing(blank):
    assert body(f"<body>{blank}</body>") is None
    assert body(f"<subject>News</subject><body>{blank}</body>", type="normal") is None


def test_what_turns_a_text_around_does_not_reach_a_phone():
    assert body("<body>photo\u202egnp.exe\u009b31m</body>") == "photognp.exe31m"
    assert body(html("<p>photo\u202egnp.exe</p>")) == "photognp.exe"
    assert body("<subject>\u202eNews</subject><body>x</body>", type="normal") == "News\nx"


def html(inner):
    return f"<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>{inner}</body></html>"


def test_a_text_that_comes_in_markup_only_is_read_out_of_it():
    assert body(html("<p>a <b>bold</b> word<br/>and more</p><p>last</p>")) == "a bold word\nand more\nlast"
    assert body("<body>plain</body>" + html("<p>marked up</p>")) == "plain"
    assert body("<html xmlns='http://jabber.org/protocol/xhtml-im'/>") is None


@pytest.mark.parametrize(
    "silent",
    [
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<reactions xmlns='urn:xmpp:reactions:0' id='m1'/>",
        "<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
        "<markable xmlns='urn:xmpp:chat-markers:0'/>",
    ],
)
def test_what_has_no_words_is_not_told(silent):
    assert body(silent) is None
    assert body("<body>words</body>" + silent) == "words"


def test_a_correction_has_a_star():
    assert body("<body>right</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>") == "* right"


def test_a_receipt_is_due_for_who_asks_and_names_the_message():
    request = "<request xmlns='urn:xmpp:receipts'/>"
    assert read(f"<body>x</body>{request}", id="m1").receipt == "m1"
    assert read(f"<body>x</body>{request}").receipt == ""


# --- duplicates ---


def archived(by, id="a1"):
    return f"<body>x</body><stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{id}'/>"


def seen(inner, **attrs):
    return read(inner, **attrs).seen


def test_a_message_is_known_by_our_archives_id():
    assert seen(archived(OWN), id="m1") == seen(archived(OWN), id="other")
    assert seen(archived(OWN), id="m1") != seen(archived(OWN, "a2"), id="m1")
    assert seen(archived(OWN)).startswith(messages.ARCHIVE_NUMBERED_PREFIX)
    assert not seen("<body>x</body>", id="m1").startswith(messages.ARCHIVE_NUMBERED_PREFIX)


def test_a_message_has_one_name_for_phones_of_any_language():
    two = message("<body>one</body><body xml:lang='de'>eins</body>", id="m1")
    english, german = (messages.read_message(two, OWN, language) for language in ("en", "de"))
    assert (english.body, german.body) == ("one", "eins")
    assert english.seen == german.seen


def test_an_archives_id_that_somebody_made_up_hides_no_message():
    """Romeo's text is known by what he says, whatever Mallory has put into hers before."""
    other = {"from": "mallory@example.net/x"}
    assert seen(archived(OWN), id="m1") != seen(archived(OWN), id="m1", **other)
    assert seen(archived(OWN), id="m1") != seen(archived(OWN).replace("<body>x", "<body>y"), id="m1")
    assert seen(archived("romeo@example.net"), id="m1") == seen("<body>x</body>", id="m1")


def test_without_an_archive_it_is_known_by_sender_id_and_text():
    """Clients that count from 1 after each start use an id for many texts."""
    assert seen("<body>x</body>", id="1") == seen("<body>x</body>", id="1")
    assert len({seen(f"<body>{text}</body>", id="1") for text in ("a", "b", "c", "d")}) == 4
    assert seen("<body>x</body>", id="1", **{"from": "nurse@example.net/x"}) != seen("<body>x</body>", id="1")
    assert seen("<body>x</body>", id="1") != seen("<body>x</body>")


# --- carbons ---

INNER = "<message xmlns='jabber:client' from='romeo@example.net/x' id='m1' type='chat'><body>hi</body></message>"


def carbon(kind, sender=OWN, inner=INNER):
    forwarded = f"<forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded>"
    return messages.read_message(message(f"<{kind} xmlns='urn:xmpp:carbons:2'>{forwarded}</{kind}>", **{"from": sender}), OWN)


def test_a_received_carbon_is_the_message_in_it_once():
    assert carbon("received").sender == "romeo@example.net"
    assert carbon("received").body == "hi"
    direct = messages.read_message(node(INNER), OWN)
    assert carbon("received").seen == direct.seen
    assert (carbon("received").copied, direct.copied) == (True, False)


def test_a_sent_carbon_is_not_told():
    assert carbon("sent") is None


@pytest.mark.parametrize(
    "sender", ["mallory@example.net", "mallory@example.net/alice@example.org", "example.org", "alice@example.net"]
)
def test_a_carbon_from_anybody_else_is_a_lie(sender):
    assert carbon("received", sender) is None


@pytest.mark.parametrize("inner", ["", "<iq xmlns='jabber:client'/>"])
def test_a_carbon_of_nothing_is_nothing(inner):
    assert carbon("received", inner=inner) is None


# --- delay ---


def delayed(stamp, by="example.org", old=False):
    by = f" from='{by}'" if by else ""
    name, namespace = ("x", "jabber:x:delay") if old else ("delay", "urn:xmpp:delay")
    return read(f"<body>x</body><{name} xmlns='{namespace}' stamp='{stamp}'{by}/>").time


@pytest.mark.parametrize(
    "stamp", ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.5Z", "2023-11-15T00:13:20+02:00", "2023-11-14T17:13:20-05:00"]
)
def test_the_time_of_an_offline_message(stamp):
    assert delayed(stamp) == 1_700_000_000


def test_the_old_form_of_a_delay():
    assert delayed("20231114T22:13:20", old=True) == 1_700_000_000


@pytest.mark.parametrize("by", ["mallory@example.net", "romeo@example.net", "example.com", "net", ""])
def test_nobody_else_says_how_old_a_message_is(by):
    assert delayed("2023-11-14T22:13:20Z", by) is None


def test_the_domain_of_the_sender_may_have_kept_it():
    """A transport stamps what waited in the other network."""
    assert delayed("2023-11-14T22:13:20Z", "example.net") == 1_700_000_000
    stamp = "<body>x</body><delay xmlns='urn:xmpp:delay' from='icq.example.org' stamp='2023-11-14T22:13:20Z'/>"
    assert read(stamp, **{"from": "12345@icq.example.org"}).time == 1_700_000_000
    assert read(stamp, **{"from": "icq.example.org"}).time == 1_700_000_000


def test_the_oldest_time_counts():
    two = "".join(f"<delay xmlns='urn:xmpp:delay' from='example.org' stamp='20{year}-01-01T00:00:00Z'/>" for year in (23, 20, 22))
    assert read(f"<body>x</body>{two}").time == messages.parse_stamp("2020-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "stamp",
    ["", "yesterday", "2023-13-14T22:13:20Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00"],
)
def test_a_time_that_does_not_exist_is_none(stamp):
    assert delayed(stamp) is None


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?", fullmatch=True))
def test_any_stamp_is_a_time_or_none(stamp):
    found = messages.parse_stamp(stamp)
    assert found is None or isinstance(found, int)


# --- bounces and receipts ---


def bounce(inner, **attrs):
    return bounces.read_bounce(message(f"<body>x</body><error type='cancel'>{inner}</error>", type="error", id="m1", **attrs))


def test_a_bounce_names_recipient_message_and_condition():
    inner = (
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    )
    assert bounce(inner) == Bounce("romeo@example.net/phone", "m1", "item-not-found", "no", "x")
    assert bounce("").condition == "undefined-condition"


STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def condition(name, words=""):
    text = f"<text xmlns='{STANZAS}'>{words}</text>" if words else ""
    return f"<{name} xmlns='{STANZAS}'/>{text}"


# Each row of the table for bounces (6.4).
@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (condition("bad-request"), 400), (condition("conflict"), 500), (condition("feature-not-implemented"), 405),
        (condition("forbidden"), 532), (condition("gone"), 410), (condition("internal-server-error"), 500),
        (condition("item-not-found"), 531), (condition("jid-malformed"), 901), (condition("not-acceptable"), 538),
        (condition("not-acceptable") + "<blocked xmlns='urn:xmpp:blocking:errors'/>", 403),
        ("<blocked xmlns='urn:xmpp:blocking:errors'/>" + condition("not-acceptable"), 403),
        (condition("not-allowed"), 403), (condition("not-allowed", "Communication with remote domains is not enabled"), 516),
        (condition("not-authorized"), 403), (condition("policy-violation"), 538), (condition("recipient-unavailable"), 410),
        (condition("redirect"), 410), (condition("registration-required"), 403),
        (condition("remote-server-not-found", "NXDOMAIN in A lookup"), 516), (condition("remote-server-not-found"), 504),
        (condition("remote-server-timeout"), 504), (condition("resource-constraint"), 507),
        (condition("service-unavailable"), 410), (condition("subscription-required"), 403),
        (condition("undefined-condition"), 410), (condition("unexpected-request"), 410), ("<of-tomorrow xmlns='urn:x'/>", 410),
        ("<own-words xmlns='urn:x'/>" + condition("forbidden"), 532), ("", 410),
    ],
)  # fmt: skip
def test_each_bounce_has_the_code_of_the_table(inner, code):
    assert errors.bounce_code(bounce(inner).condition) == code


# As Prosody and ejabberd write them.
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Server-to-server connection failed: NXDOMAIN in A lookup", "no such server"),
        ("Server-to-server connection failed: NXDOMAIN in AAAA lookup", "no such server"),
        ("Server-to-server connection failed: hostname failed IDNA", "no such server"),
        ("Server-to-server connection failed: DNS lookup failed: non-existing domain", "no such server"),
        ("Server-to-server connection failed: connection refused", "the other server cannot be reached now"),
        ("Server-to-server connection failed: SERVFAIL in A lookup", "the other server cannot be reached now"),
        ("Server-to-server connection failed: unable to resolve service", "the other server cannot be reached now"),
        ("", "the other server cannot be reached now"),
    ],
)
def test_no_such_server_is_said_only_of_a_domain_that_does_not_exist(words, told):
    assert bounces.bounce_reason(bounce(condition("remote-server-not-found", words)).condition) == told
    assert (
        bounces.bounce_reason(bounce(condition("remote-server-timeout", words)).condition)
        == "the other server cannot be reached now"
    )


def test_the_phone_reads_the_reason_what_the_server_says_and_how_the_message_began():
    assert bounces.bounce_text("no such user") == "not delivered: no such user"
    assert bounces.bounce_text("no such user", "User unknown", "Hello") == 'not delivered: no such user (User unknown): "Hello"'
    assert bounces.bounce_text("no such user", "No such user") == "not delivered: no such user"


def test_what_comes_back_is_cut_and_cleaned():
    read = bounce(condition("gone", "too\nmany\u202ewords " * 100))
    assert len(read.text) <= bounces.MAX_BOUNCE_TEXT_LENGTH
    assert read.text.startswith("too manywords")
    assert bounces.first_words("a\n\n b\u009b " + "word " * 20) == "a b word word word word word word wor..."


def test_a_new_address_is_told():
    assert bounce(f"<gone xmlns='{STANZAS}'>xmpp:romeo@new.example</gone>").text == "xmpp:romeo@new.example"


def test_only_an_error_with_an_id_is_a_bounce():
    assert bounces.read_bounce(message("<body>x</body>")) is None
    assert bounces.read_bounce(message("<error/>", type="error")) is None


def test_a_receipt_names_the_message():
    assert messages.read_receipt(message("<received xmlns='urn:xmpp:receipts' id='m7'/>", id="s1")) == ("romeo@example.net", "m7")
    assert messages.read_receipt(message("<received xmlns='urn:xmpp:receipts'/>", id="s1")) == ("romeo@example.net", "s1")
    assert messages.read_receipt(message("<received xmlns='urn:xmpp:receipts'/>")) is None


def test_who_has_read_a_message_has_received_it():
    assert messages.read_receipt(message("<displayed xmlns='urn:xmpp:chat-markers:0' id='m7'/>", id="s1"))[1] == "m7"
    assert messages.read_receipt(message("<displayed xmlns='urn:xmpp:chat-markers:0'/>", id="s1")) is None


# --- errors (3 and 6.4) ---

KINDS = [value for name, value in vars(stream).items() if name.isupper() and isinstance(value, str)]
LOCAL = {stream.FAILURE_STORE, stream.FAILURE_BACKLOG}
SEEN_BY_PHONES = {403, 409, 500, 503, 504, 516}
MAPPING_6_4 = {
    "bad-request": 402,
    "conflict": 200,
    "feature-not-implemented": 405,
    "forbidden": 403,
    "gone": 531,
    "internal-server-error": 500,
    "item-not-found": 531,
    "jid-malformed": 901,
    "not-acceptable": 402,
    "not-allowed": 403,
    "not-authorized": 403,
    "policy-violation": 403,
    "redirect": 531,
    "registration-required": 403,
    "remote-server-not-found": 516,
    "remote-server-timeout": 504,
    "resource-constraint": 754,
    "service-unavailable": 405,
    "subscription-required": 403,
    "undefined-condition": 500,
    "unexpected-request": 500,
    "something-new": 500,
}
BOUNCES = {
    "bad-request": 400,
    "conflict": 500,
    "feature-not-implemented": 405,
    "forbidden": 532,
    "gone": 410,
    "internal-server-error": 500,
    "item-not-found": 531,
    "jid-malformed": 901,
    "not-acceptable": 538,
    "not-allowed": 403,
    "not-authorized": 403,
    "policy-violation": 538,
    "recipient-unavailable": 410,
    "redirect": 410,
    "registration-required": 403,
    "remote-server-not-found": 516,
    "remote-server-timeout": 504,
    "resource-constraint": 507,
    "service-unavailable": 410,
    "subscription-required": 403,
    "undefined-condition": 410,
    "unexpected-request": 410,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_failure_has_a_code_of_its_own(kind):
    assert kind in errors.STATUS_OF_LOGIN_FAILURE or kind in LOCAL
    assert errors.login_code(kind, "") in SEEN_BY_PHONES


CONDITIONS = sorted(set(itertools.chain.from_iterable(stream._FINAL.values())) | set(errors.STATUS_OF_LOGIN_CONDITION))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_failure_of_a_log_in_is_told_as_401(condition):
    """Android would try again without end."""
    for kind in KINDS:
        assert errors.login_code(kind, condition) in SEEN_BY_PHONES


@pytest.mark.parametrize(
    ("kind", "condition", "code"),
    [
        ("auth", "not-authorized", 409),
        ("auth", "credentials-expired", 409),
        ("auth", "account-disabled", 403),
        ("auth", "temporary-auth-failure", 503),
        ("auth", "malformed-request", 500),
        ("auth", "mechanism-too-weak", 503),
        ("auth", "server-not-proved", 503),
        ("auth", "something-new", 409),
        ("no-mechanism", "none-common", 503),
        ("no-mechanism", "none-offered", 503),
        ("dns", "no-such-domain", 516),
        ("dns", "lookup-failed", 503),
        ("refused", "refused", 503),
        ("refused", "not-permitted", 516),
        ("timeout", "connect", 504),
        ("timeout", "log-in", 504),
        ("tls", "certificate", 503),
        ("tls", "not-offered", 503),
        ("stream", "host-unknown", 516),
        ("stream", "host-gone", 516),
        ("stream", "system-shutdown", 503),
        ("bind", "conflict", 503),
        ("bind", "resource-constraint", 503),
        ("bind", "not-allowed", 403),
        ("closed", "eof", 503),
    ],
)
def test_why_a_log_in_failed(kind, condition, code):
    assert errors.login_code(kind, condition) == code


@pytest.mark.parametrize(("condition", "code"), MAPPING_6_4.items())
def test_why_a_roster_change_failed(condition, code):
    assert errors.roster_code(condition) == code


@pytest.mark.parametrize(("condition", "code"), BOUNCES.items())
def test_what_became_of_a_message(condition, code):
    assert errors.bounce_code(condition) == code


@pytest.mark.parametrize("condition", sorted(stream._FINAL[stream.FAILURE_STREAM]))
def test_after_a_stream_error_that_nothing_can_mend_the_session_is_over(condition):
    assert condition in errors.FINAL_CONDITIONS


# --- list metadata in private storage ---


def test_lists_come_back_as_they_were_kept():
    entries = {"friends": b"\x81\x00\xff", "work": b""}
    (query,) = stanzas.lists_set("1", entries).getChildren()
    assert stanzas.lists_in(Node("iq", {"type": "result"}, [query])) == entries


@pytest.mark.parametrize("payload", [[], [Node(f"{namespaces.ONESOUP_LISTS} lists")], [Node("other lists")]])
def test_an_account_without_kept_lists(payload):
    assert stanzas.lists_in(Node("iq", {}, [Node(f"{namespaces.PRIVATE_STORAGE} query", {}, payload)])) == {}


def test_what_is_no_record_is_left_out():
    kept = Node(f"{namespaces.ONESOUP_LISTS} lists", {}, [Node("list", {"token": "x"}, ["not base64!"])])
    assert stanzas.lists_in(Node("iq", {}, [Node(f"{namespaces.PRIVATE_STORAGE} query", {}, [kept])])) == {}
    assert not records.is_list(b"\x01")
