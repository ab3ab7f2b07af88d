"""Rooms: what their stanzas say, their configuration as properties, bookmarks, invitations."""

import pytest
from xmpp.simplexml import NodeBuilder

from onesoup.xmpp import bookmarks, invitations, namespaces, room_requests, room_service, room_settings, rooms, xml
from onesoup.xmpp.bookmarks import Bookmark
from onesoup.xmpp.invitations import Declined, Invited
from onesoup.xmpp.room_requests import RoomReply
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.stream.http_upload import MAX_UPLOAD, upload_limit
from onesoup.xmpp.xml import Xml

ROOM, MUC = "room@conference.example.org", "http://jabber.org/protocol/muc"


def tree(text: str) -> Xml:
    name = text[1:].split(">")[0].split(" ")[0].strip("/")
    if "xmlns" not in text.partition(">")[0]:
        text = text.replace(f"<{name}", f"<{name} xmlns='jabber:client'", 1)
    return stanzas.stanza_to_xml(NodeBuilder(text).getDom())


def presence(inner="", **attrs):
    given = "".join(f" {name}='{value}'" for name, value in attrs.items())
    return rooms.read_presence(tree(f"<presence from='{ROOM}/Ben'{given}><x xmlns='{MUC}#user'>{inner}</x></presence>"))


def test_a_tree_goes_into_a_stanza_and_back():
    made = Xml(
        "message", attrs={"to": ROOM, "id": "1"}, children=[Xml("x", f"{MUC}#user", children=[xml.leaf("reason", "a & <b>")])]
    )
    back = tree(str(stanzas.xml_to_node(made)).replace("<message", "<message", 1))
    assert back.find("x", f"{MUC}#user").text_of("reason") == "a & <b>"
    assert xml.from_plain(made.plain()) == made


def test_an_occupant_with_and_without_an_address():
    seen = presence("<item affiliation='owner' role='moderator' jid='Ben@example.org/desk'/><status code='110'/>")
    assert (seen.room, seen.nick, seen.available, seen.jid, seen.level) == (ROOM, "Ben", True, "ben@example.org", "Admin")
    assert seen.status_codes == {110}
    assert presence("<item affiliation='none' role='moderator'/>").level == "Mod"
    assert presence("<item/>").level == "User"
    assert presence("<status code='x'/><status/><status code='99999999999'/>").status_codes == set()


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("<status code='307'/>", 803),
        ("<status code='301'/>", 809),
        ("<status code='321'/>", 810),
        ("<status code='322'/><status code='307'/>", 810),
        ("<status code='332'/>", 503),
        ("<status code='307'/><status code='333'/>", 503),
        ("<destroy/>", 800),
        ("", 503),
    ],
)
def test_why_somebody_is_out(inner, code):
    assert rooms.removal_code(presence(inner, type="unavailable")) == code


def test_a_refusal_and_a_new_nick():
    error = f"<error><conflict xmlns='{namespaces.STANZA_ERRORS}'/></error>"
    assert rooms.read_presence(tree(f"<presence from='{ROOM}/Ben' type='error'>{error}</presence>")).error == "conflict"
    assert presence("<item nick='Benny'/><status code='303'/>", type="unavailable").new_nick == "Benny"


CODES = {"conflict": 811, "forbidden": 809, "item-not-found": 800, "not-allowed": 816, "not-authorized": 803}
CODES |= {"registration-required": 810, "service-unavailable": 817, "remote-server-not-found": 516, "strange": 500}


@pytest.mark.parametrize(("condition", "code"), CODES.items())
def test_why_a_join_is_refused(condition, code):
    assert rooms.join_code(condition) == code


def test_a_person_that_is_not_found_is_no_missing_room():
    assert rooms.command_code("item-not-found") == 800
    assert rooms.command_code("item-not-found", who=True) == 531
    assert rooms.command_code("forbidden") == 816


def test_what_is_asked_of_history():
    def history(*limits, **more):
        return room_requests.enter_room(ROOM, "Ben", *limits, **more).find("x", MUC).find("history").attrs

    assert history(0, 100) == {"maxstanzas": "0"}
    assert history(10, 100) == {"maxstanzas": "10", "maxchars": "100"}
    assert history(0, 0, since="2026-01-01T00:00:00Z") == {"since": "2026-01-01T00:00:00Z", "maxstanzas": "50"}
    assert room_requests.enter_room(ROOM, "Ben", 0, 0, password="soup").find("x", MUC).text_of("password") == "soup"


IDENTITY = "<identity category='conference' type='text' name='The club'/>"
INFO = f"""<query xmlns='{namespaces.DISCO_INFO}'>{IDENTITY}<feature var='{MUC}'/>
<feature var='muc_membersonly'/>
<feature var='urn:xmpp:mam:2'/><feature var='muc_hidden'/><feature var='muc_persistent'/>
<x xmlns='jabber:x:data' type='result'><field var='muc#roominfo_description'><value>Welcome</value></field>
<field var='muc#roominfo_occupants'><value>3</value></field>
<field var='muc#roominfo_subject'><value>Soup</value></field></x></query>"""


def test_what_a_room_is_like():
    query = tree(INFO)
    assert room_settings.is_room_service(query)
    about = room_settings.read_room_info(query)
    assert about.description == "Welcome"
    assert room_settings.group_properties(about, private=True) == {
        "Name": "The club",
        "AccessType": "Restricted",
        "Type": "Private",
        "Searchable": "F",
        "AutoDelete": "F",
        "History": "T",
        "RequireInvitation": "T",
        "Topic": "Soup",
        "ActiveUsers": "3",
        "PrivateMessaging": "T",
    }
    assert not room_settings.may_change_topic(about, "participant")
    assert room_settings.may_change_topic(about, "moderator")
    assert not room_settings.is_room_service(tree("<query><identity category='gateway' type='irc'/></query>"))


@pytest.mark.parametrize(
    ("identity", "has"), [("conference' type='irc", True), ("gateway' type='signal", True), ("server' type='im", False)]
)
def test_a_bridge_to_another_network_has_the_rooms_of_its_own_domain_only(identity, has):
    """They are named with its domain by whoever means them."""
    there = f"<query xmlns='{namespaces.DISCO_INFO}'><identity category='{identity}'/><feature var='{MUC}'/></query>"
    assert not room_settings.is_room_service(tree(there))
    assert room_settings.is_rooms_of_bridge(tree(there)) == has
    assert not room_settings.is_rooms_of_bridge(tree(there.replace(MUC, "other")))
    items = f"<query xmlns='{namespaces.DISCO_ITEMS}'><item jid='irc.example.org'/></query>"
    known = {("irc.example.org", namespaces.DISCO_INFO): there, ("example.org", namespaces.DISCO_ITEMS): items}

    def query(*requests):
        found = [known.get((each.to, each.payload.ns)) for each in requests]
        return [RoomReply(payload=tree(each)) if each else RoomReply("item-not-found") for each in found]

    assert room_service.find_room_service(query, "irc.example.org") == ("irc.example.org" if has else "")
    assert room_service.find_room_service(query, "example.org") == ""


FORM = """<query><x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'><value>config</value></field>
<field var='muc#roomconfig_roomname'><value>old</value></field><field var='muc#roomconfig_whois'><value>moderators</value></field>
<field type='fixed'><value>a heading</value></field><field var='muc#roomconfig_membersonly'><value>0</value></field>
<field var='muc#roomconfig_enablearchiving'><value>1</value></field>
<field var='muc#roomconfig_maxusers'><value>200</value><option><value>10</value></option>
<option><value>50</value></option></field>
</x></query>"""


def test_a_form_is_filled_and_the_rest_of_it_stays():
    wishes = {"Name": "new", "AccessType": "Restricted", "MaxActiveUsers": "20", "History": "F", "Validity": "60"}
    assert room_settings.fill_config_form(tree(FORM), wishes) == {
        "FORM_TYPE": ["config"],
        "muc#roomconfig_roomname": ["new"],
        "muc#roomconfig_whois": ["moderators"],
        "muc#roomconfig_enablearchiving": ["0"],
        "muc#roomconfig_membersonly": ["1"],
        "muc#roomconfig_maxusers": ["50"],
    }
    assert room_settings.fill_config_form(tree(FORM), {"MaxActiveUsers": "99"})["muc#roomconfig_maxusers"] == ["200"]
    assert room_settings.fill_config_form(tree("<query/>"), wishes) is None


@pytest.mark.parametrize("digits", ["²", "٣", "9" * 5000, "-1", "1e3", ""])
def test_a_choice_of_a_form_that_is_no_number_is_none(digits):
    """str.isdigit() takes some of these, and int() raises on them: the group would not be made."""
    form = FORM.replace("<value>10</value></option>", f"<value>{digits}</value></option>")
    assert room_settings.fill_config_form(tree(form), {"MaxActiveUsers": "20"})["muc#roomconfig_maxusers"] == ["50"]
    assert room_settings.fill_config_form(tree(form), {"MaxActiveUsers": "³"})["muc#roomconfig_maxusers"] == ["200"]


@pytest.mark.parametrize(("told", "limit"), [("1000", 1000), ("9" * 5000, MAX_UPLOAD), ("²", MAX_UPLOAD), ("", MAX_UPLOAD)])
def test_the_limit_of_an_upload_service_may_be_anything(told, limit):
    field = "<field var='{}'><value>{}</value></field>".format
    form = field("FORM_TYPE", namespaces.HTTP_UPLOAD) + field("max-file-size", told)
    parts = f"<feature var='{namespaces.HTTP_UPLOAD}'/><x xmlns='jabber:x:data'>{form}</x>"
    query = f"<query xmlns='{namespaces.DISCO_INFO}'>{parts}</query>"
    assert upload_limit(NodeBuilder(f"<iq xmlns='jabber:client'>{query}</iq>").getDom()) == limit


def test_bookmarks_of_both_kinds():
    mark = Bookmark(ROOM, "Ben", True)
    item = bookmarks.publish_bookmark(mark).payload.find("publish").find("item")
    assert bookmarks.read_bookmarks(Xml("pubsub", children=[Xml("items", children=[item])])) == {ROOM: mark}
    others = f"<url url='u'/><conference jid='x@y'/><conference jid='{ROOM}'/>"
    kept = bookmarks.store_old_bookmark(
        tree(f"<query><storage xmlns='storage:bookmarks'>{others}</storage></query>"), mark
    ).payload
    storage = kept.find("storage")
    assert [(each.get("jid"), each.text_of("nick"), each.get("autojoin")) for each in storage.all("conference")] == [
        ("x@y", "", ""),
        (ROOM, "Ben", "true"),
    ]
    assert storage.find("url") is not None


def test_invitations_of_every_form():
    def read(inner, sender=ROOM):
        return invitations.read_invitation(tree(f"<message from='{sender}'>{inner}</message>"))

    invite = "<invite from='{}'><reason>come</reason></invite><password>soup</password>"
    mediated = f"<x xmlns='{MUC}#user'>{invite}</x>"
    assert read(mediated.format("Dave@example.org/desk")) == Invited(ROOM, "dave@example.org", "", "come", "soup")
    assert read(mediated.format(f"{ROOM}/Dave")) == Invited(ROOM, ROOM, "Dave", "come", "soup")
    direct = f"<x xmlns='jabber:x:conference' jid='{ROOM}' reason='come' password='soup'/>"
    assert read(direct, "dave@example.org/desk") == Invited(ROOM, "dave@example.org", "", "come", "soup", mediated=False)
    no = f"<x xmlns='{MUC}#user'><decline from='dave@example.org/desk'><reason>busy</reason></decline></x>"
    assert read(no) == Declined(ROOM, "dave@example.org", "busy")
    assert read("<x xmlns='jabber:x:conference' jid='nonsense'/>") is None
    assert read("<body>hello</body>") is None


def test_what_is_sent_is_what_is_read():
    sent = invitations.mediated_invitation(ROOM, "ben@example.org", "come", "1").find("x").find("invite")
    assert (sent.get("to"), sent.text_of("reason")) == ("ben@example.org", "come")
    direct = invitations.direct_invitation(ROOM, "ben@example.org", "come", "1")
    direct.attrs["from"] = "dave@example.org"
    assert invitations.read_invitation(direct) == Invited(ROOM, "dave@example.org", "", "come", "", mediated=False)


@pytest.mark.parametrize(
    ("condition", "still"),
    [
        ("", True),
        ("service-unavailable", True),
        ("feature-not-implemented", True),
        ("not-acceptable", False),
        ("item-not-found", False),
        ("forbidden", False),
        ("gone", False),
        ("internal-server-error", False),
        ("remote-server-not-found", None),
        ("remote-server-timeout", None),
    ],
)
def test_what_the_answer_to_a_ping_of_oneself_says(condition, still):
    assert room_requests.still_inside(condition) is still
    request = room_requests.ping_oneself("soup@conference.example.org", "Alice")
    assert (request.to, request.type, request.payload.name) == ("soup@conference.example.org/Alice", "get", "ping")
