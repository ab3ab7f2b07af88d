"""Commands and answers in their stored form. A rolling restart runs two versions side by side, and a command is removed from the
outbox by its bytes: so what an earlier version wrote is read today, and written today as those very bytes."""

import csv
from pathlib import Path

import msgpack
import pytest

from onesoup.csp.places import UNKNOWN_PLACE, Place
from onesoup.csp.presence import Published
from onesoup.xmpp import answers, commands
from onesoup.xmpp.archive import ArchivedMessage
from onesoup.xmpp.commands import ReplyAddress, UnknownCommand, answered
from onesoup.xmpp.xml import Xml, leaf

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
JULIET, ROOM, GROUP = "juliet@example.org", "lobby@conference.example.org", "wv:/lobby@example.org"
LINK, PNG, QUERY = "https://example.org/p.png", b"\x89PNG\xff", Xml("query", "urn:x", {"node": "n"}, [leaf("value", "värde")])
JOIN = commands.JoinRoom(
    ROOM, GROUP, "Romeo", True, False, "p", history=20, characters=500, about={"Topic": "t"}, delivery="N", length=50
)
IQ = commands.AskServer(ROOM, "get", QUERY)


def asked(command):
    return answered(command, "worker:1", "c1")


COMMANDS = {
    "message": commands.SendMessage("m1", JULIET, "Good night", True),
    "message-with-link": commands.SendMessage("m1", JULIET, LINK, False, LINK, 600),
    "message-to-occupant": commands.outgoing("m1", f"{ROOM}/Nurse", GROUP, "Good night", True),
    "message-to-occupant-with-link": commands.outgoing("m1", f"{ROOM}/Nurse", GROUP, LINK, True, LINK),
    "groupchat": commands.outgoing("m1", ROOM, GROUP, "Good night", False),
    "groupchat-with-link": commands.SendGroupMessage("m1", ROOM, LINK, LINK, GROUP),
    "media": commands.SendMedia({"m1": JULIET, "m1.1": ROOM}, "image/png", "p.png", PNG, True, {JULIET: "", ROOM: GROUP}),
    "fetch": commands.FetchPicture("m1", JULIET, LINK, 1763789970.5),
    "stanza": commands.SendStanza(QUERY),
    "iq": IQ,
    "iq-own-account": commands.AskServer("", "set", QUERY),
    "iq-asked": asked(IQ),
    "join": JOIN,
    "join-asked": asked(JOIN),
    "join-later": commands.JoinRoomLater(ROOM, GROUP, "Romeo", "p"),
    "leave": commands.LeaveRoom(ROOM),
    "destroy": commands.DestroyRoom(ROOM),
    "history": commands.FetchRoomHistory(ROOM, 20),
    "room-notice": commands.ChangeRoomSettings(ROOM, notice=True),
    "room-private": commands.ChangeRoomSettings(ROOM, private=False),
    "room-delivery": commands.ChangeRoomSettings(ROOM, delivery="N", length=0),
    "room-asked": asked(commands.ChangeRoomSettings(ROOM, notice=False)),
    "presence": commands.ShowPresence.of(Published()),
    "presence-all": commands.ShowPresence.of(Published(True, "DISCREET", "busy", False, "sv", "MOBILE_PHONE", "+02:00", "K750i")),
    "presence-offline": commands.ShowPresence.of(Published(online=False, text="gone")),
    "online": commands.GoOnline(),
    "online-interests": commands.GoOnline(interests=True),
    "online-asked": commands.GoOnline(asked=("status_mood",)),
    "soon": commands.GoOnlineSoon(),
    "roster": commands.SetRosterItem(JULIET, "Juliet", ("Friends", "Verona")),
    "roster-asked": asked(commands.SetRosterItem(JULIET)),
    "unroster": commands.RemoveRosterItem(JULIET),
    "subscribe": commands.SendSubscription("subscribe", JULIET),
    "directed": commands.SendSubscription("unsubscribed", JULIET),
    "block": commands.Block((JULIET,)),
    "unblock": commands.Unblock((JULIET, ROOM)),
    "mood": commands.PublishMood("happy"),
    "nick": commands.PublishNick(""),
    "place": commands.PublishLocation(Place(59.3, 18.1, None, 20, "SE", "Stockholm")),
    "place-nowhere": commands.PublishLocation(UNKNOWN_PLACE),
    "avatar": commands.PublishAvatar(PNG),
    "card": commands.PublishContactInfo("BEGIN:VCARD\r\nEND:VCARD\r\n"),
    "look": commands.LookUpContacts((JULIET,), (JULIET, ROOM), 4.5),
    "receipt": commands.SendReceipt(f"{JULIET}/balcony", "x1"),
    "limits": commands.ReloadCapabilities(),
    "lists": commands.StoreLists(),
    "find": commands.SearchDirectory({"nick": "Jul*"}, 6.0),
    "cards": commands.FetchProfiles((JULIET,), 6.0),
    "change-card": commands.ChangeProfile({"nick": "Jule"}, True),
    "rooms": commands.ListRooms(6.0),
    "info": commands.AskInfo((JULIET, "example.org"), 6.0),
    "notices": commands.SetNotices(("ANU", "CLC")),
    "logout": commands.LogOut(),
}
ANSWERS = {
    "done": answers.CommandAnswer(),
    "iq": answers.ServerReply("", QUERY),
    "iq-refused": answers.ServerReply("item-not-found"),
    "join": answers.RoomJoined("Romeo", False),
    "join-entered": answers.RoomJoined("Romeo", True),
    "leave": answers.RoomLeft("Romeo"),
    "history": answers.RoomHistory("", (ArchivedMessage("a1", "Nurse", "Good night", 1763789970),)),
    "history-refused": answers.RoomHistory("service-unavailable"),
    "find": answers.DirectoryHits(((JULIET, {"nick": ["Jule"]}),)),
    "find-late": answers.DirectoryHits(late=True),
    "cards": answers.Profiles(
        {
            JULIET: answers.ProfileFound("", {"nick": "Jule"}, {"nick": ["Jule"]}),
            ROOM: answers.ProfileFound("item-not-found", {}, {}),
        }
    ),
    "rooms": answers.RoomList("conference.example.org", ((ROOM, "Lobby"),)),
    "info": answers.EntityInfos(
        {
            JULIET: answers.EntityInfo("", ""),
            ROOM: answers.EntityInfo("", "topic"),
            "x.example": answers.EntityInfo("remote-server-not-found", ""),
        }
    ),
    "look": answers.ContactDetails({JULIET: "BEGIN:VCARD\r\nEND:VCARD\r\n"}, {JULIET: "ab.64x64"}),
}
REFUSALS = {"refused": (816, "forbidden"), "join-refused": (811, "conflict")}


def recorded(table):
    with (VECTORS / table).open(encoding="utf-8", newline="") as rows:
        return {row["name"]: bytes.fromhex(row["bytes"]) for row in csv.DictReader(rows, delimiter="\t")}


STORED, ANSWERED = recorded("commands.tsv"), recorded("answers.tsv")


def fields(stored):
    return msgpack.unpackb(stored, raw=False)


def rewritten(stored, **more):
    return msgpack.packb(fields(stored) | more, use_bin_type=True)


def test_each_command_and_each_answer_has_been_recorded():
    assert set(STORED) == set(COMMANDS)
    assert set(ANSWERED) == set(ANSWERS) | set(REFUSALS)
    assert {fields(each)["op"] for each in STORED.values()} == set(commands.COMMANDS_BY_OP)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_recorded_command_is_read_and_written_as_the_same_bytes(name):
    assert commands.unpack(STORED[name]) == COMMANDS[name]
    assert commands.pack(COMMANDS[name]) == STORED[name]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_answer_is_read_and_written_as_the_same_bytes(name):
    assert answers.unpack(ANSWERED[name], type(ANSWERS[name])) == ANSWERS[name]
    assert answers.pack(ANSWERS[name]) == ANSWERED[name]


@pytest.mark.parametrize("name", REFUSALS)
def test_a_recorded_refusal_is_raised_with_its_code_and_reason(name):
    with pytest.raises(answers.CommandRefused) as caught:
        answers.unpack(ANSWERED[name], answers.RoomJoined)
    assert (caught.value.code, caught.value.text) == REFUSALS[name]


def test_a_refusal_is_written_as_the_recorded_bytes():
    assert answers.status(816, "forbidden") == ANSWERED["refused"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_version_before_is_read_and_fields_of_a_later_one_are_left_out(name):
    assert commands.unpack(rewritten(STORED[name], v=commands.record.COMMAND_VERSION - 1, news="of tomorrow")) == COMMANDS[name]


def test_a_command_of_a_later_version_is_unknown():
    assert commands.unpack(rewritten(STORED["message"], op="dance")) == UnknownCommand("dance")
    assert commands.unpack(rewritten(STORED["iq-asked"], op="dance")).op == ""


def test_fields_that_an_earlier_version_does_not_write_have_defaults():
    stored = {"v": 1, "op": "message", "id": "m1", "to": JULIET, "body": "hi"}
    assert commands.unpack(msgpack.packb(stored)) == commands.SendMessage("m1", JULIET, "hi")
    stored = {"v": 1, "op": "join", "room": ROOM, "gid": GROUP, "nick": "Romeo", "reply": "worker:1", "reply_name": "c1"}
    read = commands.unpack(msgpack.packb(stored))
    assert read == commands.JoinRoom(ROOM, GROUP, "Romeo", private=True, reply_to=ReplyAddress("worker:1", "c1"))


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xc1",
        msgpack.packb([]),
        msgpack.packb({"op": "logout"}),
        msgpack.packb({"v": 3, "op": "logout"}),
        msgpack.packb({"v": 1, "op": "message", "id": "m1"}),
        msgpack.packb({"v": 1, "op": "block", "jids": 5}),
        msgpack.packb({"v": 1, "op": []}),
        msgpack.packb({"v": 1, "op": "stanza", "tree": [1]}),
    ],
)
def test_bytes_that_are_no_command_are_refused(stored):
    with pytest.raises(commands.BadCommand):
        commands.unpack(stored)


@pytest.mark.parametrize("stored", [b"", b"\xc1", msgpack.packb([]), msgpack.packb({"code": "x"}), msgpack.packb({"text": ""})])
def test_bytes_that_are_no_answer_are_refused(stored):
    with pytest.raises(answers.BadAnswer):
        answers.unpack(stored, answers.CommandAnswer)


def test_a_command_tells_which_request_it_comes_from():
    command = commands.of_request(COMMANDS["message"], "5bc0e6aa8a5e4a3b")
    assert commands.unpack(commands.pack(command)).request == "5bc0e6aa8a5e4a3b"
    assert commands.unpack(commands.pack(COMMANDS["message"])).request == ""
    assert commands.of_request(COMMANDS["message"], "") is COMMANDS["message"]
