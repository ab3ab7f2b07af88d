"""Records in their stored form, as an earlier version wrote them: they are read today, and written today as those very bytes. A
rolling restart runs two versions side by side."""

import csv
from pathlib import Path

import pytest

from onesoup.csp.groups import KeptProperties, Room
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.messages import Text
from onesoup.csp.places import Place
from onesoup.csp.presence import Shown
from onesoup.csp.session import Capabilities, Session
from onesoup.store import records

TABLE = Path(__file__).resolve().parents[1] / "vectors" / "records.tsv"
JULIET, ROOM, GROUP, PNG = "juliet@example.org", "lobby@conference.example.org", "wv:/lobby@example.org", b"\x89PNG\xff"
PUNYCODE = "j@ö.example"
EVENT = {"v": 1, "k": "blocked", "from": JULIET, "t": 1763789970, "count": 3}
TOLD, ASKED = Text("m1", "", "Down at noon", 1763789970), Text("m1", "", "Agree?", 1763789970)


def spread(write):
    return lambda value: write(*value)


# name -> (what it means, how it is written, how it is read)
RECORDS = {
    "session": (
        Session("romeo@example.org", "wv:romeo", "1.2", "imps-ab12", client_id="IMEI:1", cookie="c", handset="s60", ttl=600),
        records.pack_session,
        records.unpack_session,
    ),
    "caps": (Capabilities(accepted=500, methods=("STCP",)), records.pack_caps, records.unpack_caps),
    "item": (
        Item(JULIET, "Juliet", ("Friends",), "both", False),
        records.pack_item,
        lambda record: records.unpack_item(JULIET, record),
    ),
    "item-spelled": (
        Item(PUNYCODE, "Juliet", (), "to", True, "j@xn--nda.example"),
        records.pack_item,
        lambda record: records.unpack_item(PUNYCODE, record),
    ),
    "shown": (Shown(online=True, availability="AVAILABLE", text="here"), records.pack_shown, records.unpack_shown),
    "shown-place": (
        Shown(online=True, availability="AVAILABLE", place=Place(59.3, 18.1, None, 20, "SE")),
        records.pack_shown,
        records.unpack_shown,
    ),
    "picture": (("image/png", PNG), records.pack_picture, records.unpack_picture),
    "event": (EVENT, lambda _: records.pack_event("blocked", JULIET, 1763789970, count=3), records.unpack_event),
    "text": (Text("m1", JULIET, "Good night", 1763789970), records.pack_text, records.unpack_text),
    "text-picture": (Text("m1", JULIET, "https://x", 1763789970, "image/png", PNG), records.pack_text, records.unpack_text),
    "text-group": (
        Text("m1", ROOM, "Good night", 1763789970, group=GROUP, nick="Nurse", private=True),
        records.pack_text,
        records.unpack_text,
    ),
    "announcement": (TOLD, records.pack_announcement, records.unpack_text),
    "announcement-asks": (ASKED, lambda text: records.pack_announcement(text, asks=True), records.unpack_text),
    "stored": (Text("m1", JULIET, "Good night", 1763789970), records.pack_stored, records.unpack_stored),
    "stored-copy": (Text("m1", JULIET, "Good night", 1763789970, copy="abc"), records.pack_stored, records.unpack_stored),
    "list": (
        ContactList("friends", "Friends", "Friends", True),
        records.pack_list,
        lambda record: records.unpack_list("friends", record),
    ),
    "list-members": (
        ContactList("friends", "Friends", "Friends", False, 2, True, {JULIET: "Jule"}),
        records.pack_list,
        lambda record: records.unpack_list("friends", record),
    ),
    "cuts": (
        ("32767 xml 1.2", {"friends": Cut(("friends", "friends-2"), ("m\0m@x",), {JULIET: 1}, "0z")}),
        spread(records.pack_cuts),
        records.unpack_cuts,
    ),
    "room": (Room(GROUP, "Romeo", True, about={"Topic": "t"}, delivery="N", length=50), records.pack_room, records.unpack_room),
    "kept": (
        KeptProperties(gid=GROUP, nick="Romeo", auto=True),
        records.pack_kept,
        lambda record: records.unpack_kept(record, ""),
    ),
    "invitation": (
        Invitation("GR", ROOM, GROUP, JULIET, "J", 1763789970, True, "p", (JULIET,)),
        records.pack_invitation,
        records.unpack_invitation,
    ),
    "occupant": ((JULIET, "moderator", "owner"), spread(records.pack_occupant), records.unpack_occupant),
    "plain": ({"a": ["b"], "n": 1}, records.pack_plain, lambda record: records.unpack_plain(record, None)),
    "wishes": ((("online_status",), True), spread(records.pack_wishes), records.unpack_wishes),
    "grant": ((["alias"], [JULIET]), spread(records.pack_grant), records.unpack_grant),
}
# Before defaults were left out, these were written in full.
WHOLE = {f"{name}-whole": RECORDS[name] for name in ("session", "caps", "item", "item-spelled", "shown", "shown-place", "wishes")}


def recorded():
    with TABLE.open(encoding="utf-8", newline="") as rows:
        return {row["name"]: bytes.fromhex(row["bytes"]) for row in csv.DictReader(rows, delimiter="\t")}


STORED = recorded()


def test_each_kind_of_record_has_been_recorded():
    assert set(STORED) == set(RECORDS | WHOLE)


@pytest.mark.parametrize("name", RECORDS | WHOLE)
def test_a_recorded_record_is_read(name):
    meant, _, read = (RECORDS | WHOLE)[name]
    assert read(STORED[name]) == meant


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_written_as_the_recorded_bytes(name):
    meant, write, _ = RECORDS[name]
    assert write(meant) == STORED[name]


@pytest.mark.parametrize("name", WHOLE)
def test_a_default_that_a_record_leaves_out_is_the_one_that_was_written(name):
    assert len(STORED[name.removesuffix("-whole")]) < len(STORED[name])
