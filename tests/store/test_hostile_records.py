"""Somebody who can write into Redis writes records of any kind: a reader gives a value of the right types or raises BadRecord,
and nothing else. Ten thousand records, each a good one with something wrong in it."""

import random

import msgpack
import pytest

from onesoup.csp.groups import KeptProperties, Room
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import ContactList, Item
from onesoup.csp.messages import Text
from onesoup.csp.places import Place
from onesoup.csp.presence import Shown
from onesoup.csp.session import Capabilities, Session
from onesoup.store import records
from onesoup.store.account import accounts, phone_numbers, tries
from onesoup.store.redis.msgpack import BadRecord, pack, unpack
from onesoup.store.session import search_hits, segments
from onesoup.store.wakeup import sms_inbound
from onesoup.store.wakeup.wakes import WakeTries

CASES = 10_000
JID = "juliet@example.org"
TEXT = Text("m1", JID, "Good night", 1_763_789_970, "image/png", b"octets", "wv:/lobby@x", "Juliet", True)
PLACE = Place(1.5, -2.5, 100, 20, "FI", "Turku", "street", "1", "area", "text")
SESSION = Session(JID, "wv:juliet", "1.2", "phone", short="example.org", notices=("A",))


def same(value):
    return value


# What writes a record, what reads it, and what writes its value again.
READERS = {
    "session": (records.pack_session(SESSION), records.unpack_session, records.pack_session),
    "caps": (records.pack_caps(Capabilities(methods=("STCP",), types=("a/b",))), records.unpack_caps, records.pack_caps),
    "item": (
        records.pack_item(Item(JID, "Juliet", ("Friends",), "both", True)),
        lambda octets: records.unpack_item(JID, octets),
        records.pack_item,
    ),
    "shown": (records.pack_shown(Shown(True, "AVAILABLE", "here", place=PLACE)), records.unpack_shown, records.pack_shown),
    "picture": (records.pack_picture(("image/png", b"octets")), records.unpack_picture, records.pack_picture),
    "event": (records.pack_event("auth", JID, 1), records.unpack_event, same),
    "text": (records.pack_text(TEXT), records.unpack_text, records.pack_text),
    "stored": (records.pack_stored(TEXT), records.unpack_stored, records.pack_stored),
    "lasting": (records.pack_stored(TEXT), records.lasting, same),
    "in order": (records.pack_stored(TEXT), lambda octets: records.in_order({"m1": octets}), same),
    "list": (
        records.pack_list(ContactList("friends", "Friends", "Friends", True, 1, True, {JID: "J"})),
        lambda octets: records.unpack_list("friends", octets),
        records.pack_list,
    ),
    "room": (
        records.pack_room(Room("wv:/lobby@x", "me", topic="t", about={"Name": "n"})),
        records.unpack_room,
        records.pack_room,
    ),
    "kept": (records.pack_kept(KeptProperties("wv:/lobby@x")), lambda octets: records.unpack_kept(octets, ""), records.pack_kept),
    "invitation": (
        records.pack_invitation(Invitation("GR", "room@x", "wv:/room@x", JID, "J", 1, True, "p", (JID,))),
        records.unpack_invitation,
        records.pack_invitation,
    ),
    "occupant": (
        records.pack_occupant(JID, "none", "none"),
        records.unpack_occupant,
        lambda value: records.pack_occupant(*value),
    ),
    "plain": (records.pack_plain({"a": [1]}), lambda octets: records.unpack_plain(octets, None), records.pack_plain),
    "wishes": (records.pack_wishes(["alias"], True), records.unpack_wishes, lambda value: records.pack_wishes(*value)),
    "grant": (records.pack_grant(["alias"], [JID]), records.unpack_grant, lambda value: records.pack_grant(*value)),
    "command": (records.pack_command({"op": "message", "to": JID}), records.unpack_command, same),
    "answer": (records.pack_answer(200, "text"), records.unpack_answer, same),
    "tries": (WakeTries("m1", 1, 2, 3, job="j").pack(), WakeTries.unpack, WakeTries.pack),
    "outcome": (pack(1, {"c": 200, "t": "text"}), tries._outcome, same),
    "found": (pack(1, {"f": [JID], "g": True, "n": 1}), search_hits._found, same),
    "parts": (pack(1, {"p": ["a", "b"]}), segments._parts, same),
    "number": (pack(1, {"s": "sms", "t": 1}), phone_numbers._last_proved, same),
    "link": (pack(1, {"jid": JID, "sealed": b"v1.k1.x", "o": "admin", "n": "", "t": 1}), accounts._fields, same),
    "opened link": (
        pack(1, {"jid": JID, "o": "admin", "n": "", "t": 1}),
        lambda octets: accounts._link(unpack(octets, 1), msgpack.packb(["a", "b"])),
        same,
    ),
    "secrets of a link": (msgpack.packb(["a", "b"]), lambda octets: accounts._link({"jid": JID}, octets), same),
    "message of an SMS": (b"4:head3:abc", sms_inbound._entry, same),
}
ODD = [
    None,
    True,
    -1,
    2**63,
    1.5,
    float("nan"),
    "",
    "x" * 300,
    "\u202e",
    b"",
    b"\xff" * 9,
    [],
    [[]],
    [1, "a", None],
    {},
    {"v": 1},
    {"a": {"b": [b"c"]}},
]


def spoiled(octets: bytes, chance: random.Random) -> bytes:
    """A record with one thing or several wrong in it."""
    way = chance.randrange(6)
    if way == 0:
        return octets[: chance.randrange(len(octets))]
    if way == 1:
        found = bytearray(octets)
        for _ in range(chance.randrange(1, 5)):
            found[chance.randrange(len(found))] = chance.randrange(256)
        return bytes(found)
    if way == 2:
        return chance.randbytes(chance.randrange(60))
    head, newline, body = octets.rpartition(b"\n") if octets.startswith(JID.encode()) else (b"", b"", octets)
    try:
        fields = msgpack.unpackb(body)
    except (ValueError, msgpack.exceptions.ExtraData):
        return octets + octets
    return head + newline + msgpack.packb(changed(fields, chance))


def changed(value, chance: random.Random, depth: int = 0):
    """Somewhere in it another value, a field less or one more."""
    if not value or not isinstance(value, dict | list) or (depth and chance.random() < 0.3):
        return chance.choice(ODD)
    where = (
        chance.choice([name for name in value if name != "v"] or ["v"])
        if isinstance(value, dict)
        else chance.randrange(len(value))
    )
    way = chance.random()
    if way < 0.15:
        del value[where]
    elif way < 0.25:
        return {**value, chance.choice(["x", "jid", "v"]): chance.choice(ODD)} if isinstance(value, dict) else [*value, *ODD]
    else:
        value[where] = changed(value[where], chance, depth + 1) if way < 0.6 else chance.choice(ODD)
    return value


@pytest.mark.parametrize("name", READERS)
def test_a_reader_gives_a_sound_value_or_says_that_the_record_is_bad(name):
    octets, read, write = READERS[name]
    chance = random.Random(name)
    write(read(octets))
    bad = 0
    for _ in range(CASES // len(READERS) + 1):
        record = spoiled(octets, chance)
        try:
            value = read(record)
        except BadRecord:
            bad += 1
            continue
        write(value)  # its parts are what they should be
    assert bad
