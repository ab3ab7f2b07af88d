"""Stanzas of rooms -> changes of a session: who is there, what is told, what is thrown away."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from gevent.event import AsyncResult
from xmpp.simplexml import NodeBuilder

from onesoup.csp.blocking import Rules
from onesoup.csp.groups import Room
from onesoup.csp.invitations import Invitation, stanza_id
from onesoup.store import records
from onesoup.store.session.rooms import StoredOccupant
from onesoup.store.session.stream_changes import LIVE, UNSURE, kept_since
from onesoup.xmpp import messages, namespaces
from onesoup.xmpp.archive import ArchivedMessage
from onesoup.xmpp.stream.events import TooBig
from workers.holder.session.inbound import InboundStanzas
from workers.holder.session.inbound_batch import MAX_BODY_BYTES, SentMessage
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.rooms import invitations, table
from workers.holder.session.rooms.inbound import InboundRooms
from workers.holder.session.rooms.inbound_messages import RoomInboundMessages
from workers.holder.session.rooms.inbound_presence import RoomInboundPresence
from workers.holder.session.rooms.table import ArchiveQuery, PendingJoin, RoomTable
from workers.holder.session.state import Phase, SessionState

OWN, ROOM, GID = "alice@example.org", "soup@conference.example.org", "wv:/soup@example.org"
USER = namespaces.MUC_USER


class FakeSession:
    """What the parts for rooms ask of a session that is in a room, or enters it; what they call is kept."""

    def __init__(self):
        self.state = SessionState("s", SimpleNamespace(jid=OWN, resource="phone"), fence=1, shard=0)
        self.waiting, self.checks = 0, []
        self.known, self.sent, self.called = {}, {}, []
        self.invited = {}
        table = {
            "put": lambda _jid, invite_id, invitation: self.invited.update({invite_id: invitation}),
            "get": lambda _jid, invite_id: self.invited.get(invite_id),
            "all": lambda _jid: {},
            "remove": lambda *_: None,
        }
        self.invites = SimpleNamespace(received=SimpleNamespace(**table), sent=SimpleNamespace(**table))
        services = {"example.org": "conference.example.org"}
        self.groups = SimpleNamespace(domain_of=lambda _: "example.org", service=services.get)
        self.rules = Rules()
        self.actions = SimpleNamespace(
            retry_after_conflict=lambda *_: False,
            **{
                name: lambda *args, name=name: self.called.append((name, *args))
                for name in ("rejoin_room", "check_settings", "drop_room", "room_destroyed", "note_topic")
            },
        )

    def check_by(self, when):
        self.checks.append(when)

    def occupants(self, names):
        return {name: self.known[name] for name in names if name in self.known}

    def keep_occupants(self, changes):
        for name, record in changes.occupants.items():
            self.known.pop(name, None)
            if record:
                self.known[name] = occupant(name, *records.unpack_occupant(record))

    def count_waiting(self):
        return self.waiting

    def refuses(self, jid):
        return self.rules.refuse(jid)

    def blocks(self, jid):
        return self.rules.blocks(jid)

    def refuses_in(self, room, nick, jid, private=False):
        return self.rules.refuse_in(room, nick, jid, private)

    def written(self, stanza_id):
        return SentMessage(self.sent[stanza_id], "soup for all") if stanza_id in self.sent else None


class RoomsUnderTest(RoomTable):
    """The table of rooms, with the parts that read stanzas into it."""

    def __init__(self, held, accepted=100):
        super().__init__(held, 900.0)
        self.held, self.texts = held, PhoneTexts(accepted)
        state, actions = held.state, held.actions
        self.invitations = invitations.Invitations(state, self, held.invites, held.groups, held)
        presence = RoomInboundPresence(state, self, actions, actions, self.invitations, held)
        messages = RoomInboundMessages(
            state, held, self, actions, actions, actions, presence, self.texts, held, sent_message=held.written
        )
        self.inbound = InboundRooms(self, held, presence, messages, self.invitations)

    def stanzas(self, **more):
        """What reads stanzas for this session."""
        return InboundStanzas(OWN, self.held, self.texts, self.inbound, **more)


@pytest.fixture
def held():
    return FakeSession()


@pytest.fixture
def rooms(held):
    made = RoomsUnderTest(held)
    made.joined[ROOM] = Room(GID, "Alice", notice=True, topic="old")
    return made


def occupant(name, jid, role, affiliation):
    room, _, nick = name.partition("/")
    return StoredOccupant(room, nick, jid, role, affiliation)


def read(rooms, *xml, again=False):
    nodes = [NodeBuilder(each.replace(" ", " xmlns='jabber:client' ", 1)).getDom() for each in xml]
    done = rooms.stanzas().read_stanzas(nodes, again)
    for call in done.after:
        call()
    rooms.held.keep_occupants(done.changes)
    return done


def here(nick, inner="", kind="", role="participant"):
    what = f" type='{kind}'" if kind else ""
    return (
        f"<presence from='{ROOM}/{nick}'{what}><x xmlns='{USER}'><item role='{role}' affiliation='none'/>{inner}</x></presence>"
    )


def said(nick, body, inner="", kind="groupchat", id="m1"):
    sender = f"{ROOM}/{nick}" if nick else ROOM
    return f"<message from='{sender}' type='{kind}' id='{id}'><body>{body}</body>{inner}</message>"


def told(done, kind):
    events = [records.unpack_event(each.payload) for each in done.changes.items]
    return [each for each in events if each["k"] == kind]


def test_who_comes_and_goes_is_told_once_in_one_notice(rooms):
    done = read(rooms, here("Ben"), here("Cleo"), here("Cleo", kind="unavailable"), here("Ben", role="moderator"))
    (notice,) = told(done, "notice")
    assert (notice["gid"], notice["joined"], notice["left"]) == (GID, [["Ben", ""]], [])
    assert told(read(rooms, here("Ben")), "notice") == []  # a change of show is none of the group
    (notice,) = told(read(rooms, here("Ben", kind="unavailable")), "notice")
    assert notice["left"] == [["Ben", ""]]


def test_a_crowd_comes_in_several_notices(rooms):
    read(rooms, *(here(f"Ben{number}") for number in range(40)))
    crowd = [here(f"Cleo{number}") for number in range(40)]
    gone = [here(f"Ben{number}", kind="unavailable") for number in range(40)]
    topic = f"<message from='{ROOM}/Ben0' type='groupchat'><subject>Soup</subject></message>"
    notices = told(read(rooms, *crowd, *gone, topic), "notice")
    assert [(len(each["left"]), len(each["joined"])) for each in notices] == [(30, 0), (10, 20), (0, 20)]
    assert [each["about"] for each in notices] == [{"Topic": "Soup"}, {}, {}]
    assert len({nick for each in notices for nick, _ in each["joined"] + each["left"]}) == 80


def test_a_new_nick_leaves_and_joins_in_one_notice(rooms):
    read(rooms, here("Ben"))
    inner = "<item nick='Benny'/><status code='303'/>"
    change = f"<presence from='{ROOM}/Ben' type='unavailable'><x xmlns='{USER}'>{inner}</x></presence>"
    (notice,) = told(read(rooms, change, here("Benny")), "notice")
    assert (notice["left"], notice["joined"]) == ([["Ben", ""]], [["Benny", ""]])


def test_the_room_itself_is_nobody_who_is_there(rooms):
    vcard = "<x xmlns='vcard-temp:x:update'><photo/></x>"
    done = read(rooms, f"<presence from='{ROOM}'>{vcard}</presence>", f"<presence from='{ROOM}'><x xmlns='{USER}'/></presence>")
    assert done.changes.occupants == {}
    assert told(done, "notice") == []


DIRECT = (
    "<message from='dave@example.org/desk' id='i1'><x xmlns='jabber:x:conference' jid='tea@conference.example.org'/></message>"
)
MEDIATED = (
    f"<message from='tea@conference.example.org'><x xmlns='{USER}'><invite from='{{}}'><reason>come</reason></invite>"
    "<password>soup</password></x></message>"
)


@pytest.mark.parametrize("inviter", ["dave@example.org/desk", "tea@conference.example.org/Dave"])
@pytest.mark.parametrize("turned", [False, True])
def test_an_invitation_in_both_forms_is_one_that_can_be_declined(rooms, held, inviter, turned):
    both = [MEDIATED.format(inviter), DIRECT]
    done = read(rooms, *(reversed(both) if turned else both))
    (asked,) = told(done, "invite")
    (invitation,) = held.invited.values()
    assert (list(held.invited), invitation.mediated, invitation.password) == ([asked["id"]], True, "soup")
    assert (invitation.nick or invitation.who) == ("Dave" if "/Dave" in inviter else "dave@example.org")
    assert told(read(rooms, DIRECT, MEDIATED.format(inviter)), "invite") == []


def answered(held, invite_id, yes):
    """As the phone's answer leaves the store."""
    if yes:
        held.invited[invite_id] = replace(held.invited[invite_id], answered=True)
    else:
        del held.invited[invite_id]


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("invitation", [DIRECT, MEDIATED.format("dave@example.org")])
def test_an_invitation_that_comes_again_after_the_answer_is_a_new_question(rooms, held, invitation, yes):
    """The same stanza id as well: clients that count from 1 use it again."""
    (first,) = told(read(rooms, invitation), "invite")
    answered(held, first["id"], yes)
    (second,) = told(again := read(rooms, invitation), "invite")
    assert second["id"] != first["id"]
    answered(held, second["id"], yes)
    third = read(rooms, invitation)
    assert len(told(third, "invite")) == 1
    assert {item.said for done in (again, third) for item in done.changes.items} == {LIVE}


@pytest.mark.parametrize("invitation", [DIRECT, MEDIATED.format("dave@example.org")])
def test_an_invitation_that_a_server_sends_again_is_named_as_before(rooms, held, invitation):
    """After a resumption, or from where it was kept; the phone may have answered it."""
    kept = "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='2009-02-13T23:31:30Z'/></message>"
    live, resumed, delayed = [], [], []
    for found, words, again in ((live, "", False), (resumed, "", True), (delayed, kept, False)):
        done = read(rooms, invitation.replace("</message>", words or "</message>"), again=again)
        (asked,) = told(done, "invite")
        answered(held, asked["id"], True)
        found += [(item.seen, item.said) for item in done.changes.items]
    name = live[0][0]
    assert (live, resumed, delayed) == ([(name, LIVE)], [(name, UNSURE)], [(name, kept_since(1_234_567_890))])
    ((other, _),) = [(item.seen, item.said) for item in read(rooms, invitation.replace("tea@", "nuts@")).changes.items]
    assert other != name


def test_an_impatient_inviter_does_not_put_off_his_next_question(rooms, held, monkeypatch):
    now = [1_700_000_000.0]
    monkeypatch.setattr(invitations.time, "time", lambda: now[0])
    asked = []
    for seconds in range(0, 100, 20):
        now[0] = 1_700_000_000.0 + seconds
        asked.append(len(told(read(rooms, DIRECT), "invite")))
    assert asked == [1, 0, 0, 1, 0]
    assert len(rooms.invitations._recent) == 1


def test_two_people_who_invite_into_one_room_ask_twice(rooms):
    other = DIRECT.replace("dave@", "mary@")
    done = read(rooms, DIRECT, other, MEDIATED.format("olga@example.org"))
    assert [each["from"] for each in told(done, "invite")] == ["dave@example.org", "mary@example.org", "olga@example.org"]
    assert len({item.seen for item in done.changes.items}) == 3


STRANGE = MEDIATED.replace("tea@conference.example.org", "tea@rooms.evil.example")


def test_a_room_cannot_use_the_name_of_somebody_whom_the_user_hears(rooms, held):
    """The room is the sender: whom it names opens no grant list, and is shown as a name in that room."""
    (asked,) = told(read(rooms, STRANGE.format("bob@example.org")), "invite")
    assert (asked["nick"], asked["room"]) == ("bob@example.org", True)
    (invitation,) = held.invited.values()
    assert invitation.who == "bob@example.org"  # a refusal goes to whom the room has named

    held.rules = Rules(granted=frozenset({"bob@example.org"}), grant_in_use=True)
    assert told(read(rooms, STRANGE.format("bob@example.org").replace("tea@", "nuts@")), "invite") == []
    assert told(read(rooms, STRANGE.format("nuts@rooms.evil.example/Bob").replace("tea@", "nuts@")), "invite") == []
    # The own domain's rooms name whom they were asked by, and so does a direct invitation.
    assert [each["nick"] for each in told(read(rooms, MEDIATED.format("bob@example.org")), "invite")] == [""]
    assert len(told(read(rooms, DIRECT.replace("dave@", "bob@").replace("tea@", "nuts@")), "invite")) == 1
    held.rules = Rules(granted=frozenset({"soup@rooms.evil.example"}), grant_in_use=True)
    assert len(told(read(rooms, STRANGE.format("bob@example.org").replace("tea@", "soup@")), "invite")) == 1


@pytest.mark.parametrize("blocked", ["tea@rooms.evil.example", "bob@example.org"])
def test_whoever_is_blocked_or_is_named_invites_nobody(rooms, held, blocked):
    held.rules = Rules(frozenset({blocked}))
    assert told(read(rooms, STRANGE.format("bob@example.org")), "invite") == []


def test_a_room_that_names_nobody_invites_itself(rooms):
    (asked,) = told(read(rooms, STRANGE.format("")), "invite")
    assert (asked["nick"], asked["room"]) == ("", True)


def test_who_whispers_an_invitation_in_a_group_is_known_by_a_screen_name_of_it(rooms, held):
    whisper = DIRECT.replace("dave@example.org/desk", f"{ROOM}/Ben")
    (asked,) = told(read(rooms, whisper), "invite")
    assert (asked["nick"], asked["via"], asked["gid"]) == ("Ben", GID, "wv:/tea@example.org")
    held.rules = Rules(frozenset({f"{ROOM}/Ben"}))
    assert told(read(rooms, whisper.replace("tea@", "nuts@")), "invite") == []


@pytest.mark.parametrize(
    ("sender", "jid", "condition", "told_"),
    [
        (ROOM, "ben@example.org", "forbidden", "the group does not let you invite"),
        (ROOM, "ben@example.org", "not-allowed", "the group does not let you invite"),
        (ROOM, "ben@example.org", "item-not-found", "it could not be delivered"),
        ("ben@example.org", "ben@example.org", "service-unavailable", "it could not be delivered"),
        ("evil@example.net/x", "ben@example.org", "forbidden", None),
        (ROOM, "dora@example.org", "forbidden", None),
    ],
)
def test_an_invitation_that_did_not_get_through_was_not_answered_with_200_for_good(rooms, held, sender, jid, condition, told_):
    sent = Invitation("GR", ROOM, until=4_000_000_000, invited=("ben@example.org", "cleo@example.org"), mark="m")
    other = replace(sent, mark="n")
    held.invites.sent.all = lambda _: {"i1": sent, "i2": other}
    rooms.joined.clear()  # left meanwhile, or never entered
    error = f"<error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    done = read(rooms, f"<message from='{sender}' type='error' id='{stanza_id('m', jid)}'>{error}</message>")
    answers = [(each["id"], each["from"], each["yes"], each["note"]) for each in told(done, "invited")]
    assert answers == ([("i1", "ben@example.org", False, f"not delivered: {told_}")] if told_ else [])
    if told_:
        assert held.invited["i1"].invited == ("cleo@example.org",)


@pytest.mark.parametrize("sender", ["tea@conference.example.org/Ben", "ben@example.org/desk"])
def test_who_plays_a_room_is_none(rooms, held, sender):
    """In the name of a room speaks only the room, whose address has no resource."""
    held.invites.sent.all = lambda _: pytest.fail("answers are not looked for")
    invited = MEDIATED.format("dave@example.org").replace("from='tea@conference.example.org'", f"from='{sender}'")
    declined = invited.replace("<invite ", "<decline ").replace("</invite>", "</decline>")
    assert not read(rooms, invited, declined).changes.items


def test_nobody_is_told_who_has_not_asked(rooms):
    rooms.joined[ROOM].notice = False
    assert told(read(rooms, here("Ben"), here("Ben", kind="unavailable")), "notice") == []


def test_a_phone_that_is_away_is_not_told_of_everybody(rooms, held):
    held.waiting = 100
    done = read(rooms, here("Ben"), said("Ben", "hello"))
    assert told(done, "notice") == []
    assert [each["body"] for each in told(done, "text")] == ["hello"]
    assert f"{ROOM}/Ben" in done.changes.occupants


def test_a_line_of_the_room_but_not_our_own(rooms):
    done = read(rooms, said("Ben", "hello"), said("Alice", "echo", id="m2"), said("", "news", id="m3"))
    texts = told(done, "text")
    assert [(each["from"], each["g"], each["n"], each["pm"], each["body"]) for each in texts] == [
        (ROOM, GID, "Ben", False, "hello"),
        (ROOM, GID, "", False, "news"),
    ]
    assert len({each.seen for each in done.changes.items}) == 2


def test_history_has_its_own_time_and_strangers_have_none(rooms):
    delay = "<delay xmlns='urn:xmpp:delay' from='{}' stamp='2009-02-13T23:31:30Z'/>"
    texts = told(read(rooms, said("Ben", "old", delay.format(ROOM)), said("Ben", "lie", delay.format("x@y"), id="m2")), "text")
    assert texts[0]["t"] == 1_234_567_890
    assert texts[1]["t"] > 1_700_000_000


@pytest.mark.parametrize("kind", ["groupchat", "chat"])
def test_four_texts_under_one_id_are_four(rooms, kind):
    """Private ones too: clients that count from 1 after each start."""
    done = read(rooms, *(said("Ben", text, kind=kind, id="1") for text in ("a", "b", "c", "d")))
    assert len({each.seen for each in done.changes.items}) == 4
    assert {each.said for each in done.changes.items} == {LIVE}


def test_a_line_of_the_past_repeats_the_one_that_came_live(rooms):
    """Whoever its stamp names: old rooms name the writer."""
    stamp = "<delay xmlns='urn:xmpp:delay' from='{}' stamp='2009-02-13T23:31:30Z'/>"
    live, *past = read(
        rooms, said("Ben", "soup"), *(said("Ben", "soup", stamp.format(by)) for by in (ROOM, f"{ROOM}/Ben", "b@x"))
    ).changes.items
    assert {(each.seen, each.said) for each in past} == {(live.seen, kept_since(1_234_567_890))}


@pytest.mark.parametrize("by", [ROOM, "conference.example.org", "example.org", OWN])
def test_the_room_its_service_and_our_server_tell_since_when_a_line_was_kept(rooms, by):
    (text,) = told(
        read(rooms, said("Ben", "old", f"<delay xmlns='urn:xmpp:delay' from='{by}' stamp='2009-02-13T23:31:30Z'/>")), "text"
    )
    assert text["t"] == 1_234_567_890


def test_an_id_of_the_rooms_archive_that_somebody_made_up_hides_no_line(rooms):
    id = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='a1'/>"
    done = read(rooms, said("Mallory", "nothing", id), said("Ben", "soup", id), said("Ben", "more", id))
    assert len({each.seen for each in done.changes.items}) == 3


@pytest.mark.parametrize("kind", ["groupchat", "chat"])
def test_whatever_fails_a_line_is_told_between_its_neighbours(rooms, monkeypatch, kind):
    good = messages.delay_stamps
    monkeypatch.setattr(messages, "delay_stamps", lambda stanza: 1 / 0 if "poison" in str(stanza) else good(stanza))
    done = read(rooms, *(said("Ben", text, kind=kind, id=text) for text in ("before", "poison", "behind")))
    assert [(each["body"], each["pm"]) for each in told(done, "text")] == [
        (text, kind == "chat") for text in ("before", "poison", "behind")
    ]


def test_a_line_that_was_too_long_to_read_is_named(rooms, held):
    def too_big(nick, kind="groupchat"):
        big = TooBig.__new__(TooBig)
        big.name, big.namespace, big.kids, big.data = "message", "jabber:client", [], []
        big.attrs = {"from": f"{ROOM}/{nick}".rstrip("/"), "type": kind, "id": "1"}
        return rooms.stanzas().read_stanzas([big])

    (text,) = told(too_big("Ben"), "text")
    assert (text["n"], text["g"], text["body"]) == ("Ben", GID, "[a message that was too long]")
    assert not too_big("Alice").changes.items
    assert not too_big("", "normal").answers  # what the room has kept was written by somebody else
    (answer,) = too_big("Ben", "chat").answers
    assert (answer.getAttr("to"), answer.getAttr("type")) == (f"{ROOM}/Ben", "error")


def test_a_line_that_is_too_long_for_any_phone_is_named_and_a_whispered_one_refused(rooms):
    long = "x" * (MAX_BODY_BYTES + 1)
    (text,) = told(read(rooms, said("Ben", long)), "text")
    assert (text["n"], text["body"]) == ("Ben", "[a message that was too long]")
    done = read(rooms, said("Ben", long, kind="chat"))
    assert (done.changes.items, [each.getAttr("type") for each in done.answers]) == ([], ["error"])


def archived(query, name, inner, sender=ROOM):
    stamp = "<delay xmlns='urn:xmpp:delay' stamp='2009-02-13T23:31:30Z'/>"
    forwarded = f"<forwarded xmlns='urn:xmpp:forward:0'>{stamp}{inner}</forwarded>"
    return f"<message from='{sender}'><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{name}'>{forwarded}</result></message>"


def test_what_a_room_has_kept_is_collected_and_told_to_nobody_else(rooms):
    query = rooms.archive_queries["q1"] = ArchiveQuery(ROOM)
    line = f"<message xmlns='jabber:client' from='{ROOM}/Ben' type='groupchat'><body>soup</body></message>"
    topic = f"<message xmlns='jabber:client' from='{ROOM}/Ben' type='groupchat'><subject>x</subject></message>"
    lie = "<message xmlns='jabber:client' from='other@x/Ben' type='groupchat'><body>lie</body></message>"
    done = read(
        rooms,
        archived("q1", "a", line),
        archived("q1", "b", topic),
        archived("q1", "c", lie),
        archived("q1", "d", line, sender=f"{ROOM}/Ben"),
        archived("q2", "e", line),
        archived("q1", "f", ""),
    )
    assert not done.changes.items
    assert query.found == [ArchivedMessage("a", "Ben", "soup", 1_234_567_890)]
    assert query.ids == {"a", "b", "c", "f"}
    query.wait_for("f", 0.0)


def test_private_words_and_whom_nobody_wants_to_hear(rooms, held):
    done = read(rooms, said("Ben", "psst", kind="chat"))
    (text,) = told(done, "text")
    assert (text["n"], text["pm"]) == ("Ben", True)
    held.rules = Rules(frozenset({f"{ROOM}/Ben"}))
    assert told(read(rooms, said("Ben", "psst", kind="chat"), said("Ben", "all")), "text") == []
    held.rules = Rules()
    rooms.joined[ROOM].private = False
    assert told(read(rooms, said("Ben", "psst", kind="chat")), "text") == []


def test_a_topic_is_a_change_when_one_was_known(rooms):
    subject = f"<message from='{ROOM}/Ben' type='groupchat'><subject>Soup</subject></message>"
    (notice,) = told(read(rooms, subject), "notice")
    assert notice["about"] == {"Topic": "Soup"}
    rooms.joined[ROOM].topic = None
    assert told(read(rooms, subject), "notice") == []


def test_a_subject_with_a_body_or_a_thread_is_no_topic(rooms):
    for more, text in (("<body>soup</body>", ["soup"]), ("<thread>t1</thread>", []), ("<body/>", [])):
        done = read(rooms, f"<message from='{ROOM}/Ben' type='groupchat'><subject>Soup</subject>{more}</message>")
        assert told(done, "notice") == []
        assert [each["body"] for each in told(done, "text")] == text
    assert rooms.joined[ROOM].topic == "old"


@pytest.mark.parametrize(("status", "code"), [("<status code='307'/>", 803), ("<status code='301'/>", 809), ("<destroy/>", 800)])
def test_whoever_is_put_out_is_told_why(rooms, status, code):
    done = read(rooms, here("Alice", status + "<status code='110'/>", "unavailable", role="none"))
    assert [(each["gid"], each["code"]) for each in told(done, "left")] == [(GID, code)]
    assert done.changes.rooms == {ROOM: b""}
    assert rooms.find(ROOM) is None


def test_a_service_that_goes_down_is_waited_for(rooms, held):
    done = read(rooms, here("Alice", "<status code='332'/><status code='110'/>", "unavailable", role="none"))
    assert told(done, "left") == []
    assert held.called == [("rejoin_room", ROOM)]


def test_what_did_not_get_through(rooms, held):
    held.sent = {"a": ROOM, "b": f"{ROOM}/Ben"}
    error = "<message from='{}' type='error' id='{}'><error><{} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
    done = read(rooms, error.format(ROOM, "a", "forbidden"), error.format(f"{ROOM}/Ben", "b", "not-acceptable"))
    assert [(each["pm"], each["body"]) for each in told(done, "text")] == [
        (False, 'not delivered: you may not speak in this group: "soup for all"'),
        (True, 'not delivered: no private messages here: "soup for all"'),
    ]
    assert [each["code"] for each in told(done, "report")] == [816, 812]
    assert told(read(rooms, error.format(ROOM, "lie", "forbidden")), "text") == []
    read(rooms, error.format(ROOM, "a", "not-acceptable"))
    assert ("rejoin_room", ROOM) in held.called


def test_entering_again_tells_the_difference(rooms, held):
    held.known = {
        f"{ROOM}/Ben": occupant(f"{ROOM}/Ben", "", "participant", "none"),
        f"{ROOM}/Cleo": occupant(f"{ROOM}/Cleo", "", "", ""),
    }
    rooms.entering[ROOM] = PendingJoin(rooms.joined.pop(ROOM), rejoin=True, old_nicks={"Ben", "Cleo"})
    done = read(rooms, here("Ben"), here("Dora"), here("Alice", "<status code='110'/>"))
    (notice,) = told(done, "notice")
    assert (notice["joined"], notice["left"]) == ([["Dora", ""]], [["Cleo", ""]])
    assert rooms.joined[ROOM].nick == "Alice"


OWN_PRESENCE = "<status code='110'/>"


def entering(rooms, nick="Alice"):
    room = rooms.joined.pop(ROOM)
    room.nick, room.topic = nick, None
    entry = rooms.entering[ROOM] = PendingJoin(room, AsyncResult())
    return entry


def test_a_room_that_gives_another_name_lists_the_one_who_has_ours(rooms, held):
    """Only the room knows who we are: it says so (110). Who comes first in its list may have the nick that was asked for."""
    entry = entering(rooms)
    assert told(read(rooms, here("Alice"), here("Ben")), "notice") == []
    assert not entry.result.ready()
    done = read(rooms, here("Cleo"), here("Alice2", OWN_PRESENCE + "<status code='210'/>"))
    assert told(done, "notice") == []
    assert entry.result.get(timeout=0).nick == rooms.joined[ROOM].nick == "Alice2"
    assert {name.partition("/")[2] for name in held.known} == {"Alice", "Alice2", "Ben", "Cleo"}
    (notice,) = told(read(rooms, here("Dora")), "notice")
    assert notice["joined"] == [["Dora", ""]]


def test_a_room_that_does_not_say_who_we_are_has_let_us_in_when_it_talks(rooms):
    """COMPAT: what goes before XEP-0045 version 1.21. History and topic come behind our own presence."""
    entry = entering(rooms)
    read(rooms, here("Ben"), here("Alice", role="moderator"), here("Cleo"))
    assert not entry.result.ready()
    done = read(rooms, f"<message from='{ROOM}' type='groupchat'><subject/></message>")
    assert (entry.result.get(timeout=0).nick, rooms.joined[ROOM].role, told(done, "notice")) == ("Alice", "moderator", [])


def test_whoever_has_our_nick_and_goes_while_we_enter_is_not_us(rooms):
    entry = entering(rooms)
    read(rooms, here("Alice"), here("Alice", kind="unavailable"))
    read(rooms, said("Ben", "hello"))
    assert (rooms.entering[ROOM], entry.result.ready()) == (entry, False)


def test_a_room_that_was_made_anew_by_entering_is_lost(rooms, held):
    pending = rooms.entering[ROOM] = PendingJoin(rooms.joined.pop(ROOM), rejoin=True)
    read(rooms, here("Alice", "<status code='110'/><status code='201'/>"))
    assert held.called == [("drop_room", ROOM, pending, 800)]


def test_a_room_is_silent_when_nothing_has_come_from_it_for_long(rooms, held, monkeypatch):
    now = [5000.0]
    monkeypatch.setattr(table.time, "monotonic", lambda: now[0])
    entering(rooms)
    assert rooms.silent_rooms() == []  # what is just being entered is not asked
    read(rooms, here("Alice", OWN_PRESENCE))
    assert (rooms.silent_rooms(), rooms.seconds_until_silent(), held.checks) == ([], 900.0, [5900.0])
    now[0] = 5800.0
    read(rooms, said("Ben", "hello"))
    now[0] = 6000.0
    assert (rooms.silent_rooms(), rooms.seconds_until_silent()) == ([], 700.0)
    now[0] = 6700.0
    assert rooms.silent_rooms() == [ROOM]
    assert rooms.seconds_until_silent() > 0  # or the holder would look at it all the time
    rooms.check_seconds = 0.0
    assert (rooms.silent_rooms(), rooms.seconds_until_silent()) == ([], math.inf)


def test_rooms_are_no_contacts_and_strange_rooms_nothing(rooms, held):
    other = "<presence from='other@conference.example.org/x'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>"
    message = "<message from='other@conference.example.org/x' type='groupchat'><body>spam</body></message>"
    done = read(rooms, other, message)
    assert not done.changes


def test_what_comes_while_the_session_ends_changes_nothing(rooms, held):
    held.state.enter(Phase.ENDING)
    assert not read(rooms, here("Alice", "<status code='110'/>", "unavailable")).changes.rooms
