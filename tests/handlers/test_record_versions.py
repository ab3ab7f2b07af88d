"""A rolling restart runs two versions at once: what one has written the other reads, forth and back.

The octets below were written by the first version that had such records. They are never made anew: that they can still be read
is what these tests are about."""

import msgpack
import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    GetListRequest,
    GetListResponse,
    KeepAliveRequest,
    KeepAliveResponse,
    NewMessage,
    PollingRequest,
)
from onesoup.csp.groups import KeptProperties, Room
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.messages import Text
from onesoup.csp.presence import Shown
from onesoup.csp.session import Capabilities, Session
from onesoup.store import keys, records
from onesoup.store.redis.msgpack import BadRecord
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.store.wakeup.wakes import WakeTries

JULIET = "juliet@example.org"
SESSION = Session("romeo@example.org", "wv:romeo", "1.2", "imps-ab12", client_id="IMEI:1", cookie="c", handset="s60", ttl=600)
ROOM = "wv:/lobby@example.org"

# name -> (octets of the first version, how they are read now, what they mean)
FIRST = {
    "session": (
        "8aa17601a36a6964b1726f6d656f406578616d706c652e6f7267a36f776ea877763a726f6d656fa776657273696f6ea3312e32a87265736f75726365a969"
        "6d70732d61623132a9636c69656e745f6964a6494d45493a31ab636c69656e745f6b696e64a355524ca6636f6f6b6965a163a768616e64736574a3733630"
        "a374746ccd0258",
        records.unpack_session,
        SESSION,
    ),
    "caps": (
        "88a17601a86163636570746564cd01f4a6706172736572ce00020000ab6d756c74695f7472616e7301a864656c6976657279a150a76d6574686f647391a4"
        "53544350ab616e795f636f6e74656e74c2a5747970657390",
        records.unpack_caps,
        Capabilities(accepted=500, methods=("STCP",)),
    ),
    "item": (
        "85a17601a16ea64a756c696574a16791a7467269656e6473a173a4626f7468a161c2",
        lambda octets: records.unpack_item(JULIET, octets),
        Item(JULIET, "Juliet", ("Friends",), "both", False),
    ),
    "text": (
        "86a17601a16ba474657874a26964a26d31a466726f6db26a756c696574406578616d706c652e6f7267a4626f6479aa476f6f64206e69676874a174ce6921"
        "4c92",
        records.unpack_text,
        Text("m1", JULIET, "Good night", 1763789970),
    ),
    "shown": (
        "82a17601a17097c3a9415641494c41424c45a468657265a8434f4d5055544552a0a0c3",
        records.unpack_shown,
        Shown(online=True, availability="AVAILABLE", text="here"),
    ),
    "list": (
        "86a17601a16ea7467269656e6473a167a7467269656e6473a164c3a16f00a161c2",
        lambda octets: records.unpack_list("friends", octets),
        ContactList("friends", "Friends", "Friends", True),
    ),
    "cuts": (
        "83a17601a166ad333237363720786d6c20312e32a16c81a7667269656e64739492a7667269656e6473a9667269656e64732d3291a56d006d407881b2"
        "6a756c696574406578616d706c652e6f726701a2307a",
        records.unpack_cuts,
        ("32767 xml 1.2", {"friends": Cut(("friends", "friends-2"), ("m\0m@x",), {JULIET: 1}, "0z")}),
    ),
    "plain": ("82a17601a17881a16191a162", lambda octets: records.unpack_plain(octets, None), {"a": ["b"]}),
    "wishes": ("83a17601a17891ad6f6e6c696e655f737461747573a173c3", records.unpack_wishes, (("online_status",), True)),
    "command": (
        "86a17601a26f70a76d657373616765a26964a26d31a2746fb26a756c696574406578616d706c652e6f7267a4626f6479aa476f6f64206e69676874a77265"
        "6365697074c3",
        lambda octets: {name: value for name, value in records.unpack_command(octets).items() if name != "v"},
        {"op": "message", "id": "m1", "to": JULIET, "body": "Good night", "receipt": True},
    ),
    "occupant": (
        "82a17601a16f93b26a756c696574406578616d706c652e6f7267a96d6f64657261746f72a56f776e6572",
        records.unpack_occupant,
        (JULIET, "moderator", "owner"),
    ),
    "kept": (
        "87a17601a3676964b577763a2f6c6f626279406578616d706c652e6f7267a46e69636ba0a763726561746564c2a46175746fc2a773686f775f6964c3a770"
        "726976617465c3",
        lambda octets: records.unpack_kept(octets, ROOM),
        KeptProperties(gid=ROOM),
    ),
    "room": (
        "8aa17601a3676964b577763a2f6c6f626279406578616d706c652e6f7267a46e69636ba5526f6d656fa66e6f74696365c2a4726f6c65ab7061727469636970"
        "616e74ab616666696c696174696f6ea46e6f6e65a770726976617465c3a2617400a870617373776f7264a0a561626f757480",
        records.unpack_room,
        Room(gid=ROOM, nick="Romeo"),
    ),
}
each_kind = pytest.mark.parametrize("kind", sorted(FIRST))


def rewritten(octets, version=None, **more):
    """A record with another version, or with further fields."""
    fields = msgpack.unpackb(octets, raw=False) | more
    return msgpack.packb(fields | ({} if version is None else {"v": version}), use_bin_type=True)


@each_kind
def test_what_the_first_version_wrote_is_read(kind):
    octets, read, meant = FIRST[kind]
    assert read(bytes.fromhex(octets)) == meant


@each_kind
def test_the_version_before_is_read_and_no_other_but_this_one(kind):
    octets, read, meant = FIRST[kind]
    assert read(rewritten(bytes.fromhex(octets), records.RECORD_VERSION - 1)) == meant
    for version in (records.RECORD_VERSION - 2, records.RECORD_VERSION + 1, None):
        with pytest.raises(BadRecord):
            read(rewritten(bytes.fromhex(octets), v=version))


@pytest.mark.parametrize("kind", sorted(set(FIRST) - {"command"}))
def test_what_a_later_version_adds_does_no_harm(kind):
    """A command's fields are its arguments: an unknown one is for who knows the command."""
    octets, read, meant = FIRST[kind]
    assert read(rewritten(bytes.fromhex(octets), news="of tomorrow")) == meant


def test_what_was_tried_for_a_wake_is_read_from_the_version_before():
    tries = WakeTries("m1763789970000", udp=1, udp_at=5)
    assert WakeTries.unpack(rewritten(tries.pack(), 0, news=1)) == tries


def as_before(client, sid):
    """Every record of a session as the version before would have written it: its version, and the fields of then."""
    then = set(msgpack.unpackb(bytes.fromhex(FIRST["session"][0])))
    session = msgpack.unpackb(client.hget(keys.session(sid), "r"), raw=False)
    old = {name: value for name, value in session.items() if name in then} | {"v": records.RECORD_VERSION - 1}
    client.hset(keys.session(sid), "r", msgpack.packb(old))
    for name in ("caps", "sm"):
        found = client.hget(keys.session(sid), name)
        if found:
            client.hset(keys.session(sid), name, rewritten(found, records.RECORD_VERSION - 1))
    for name in ("ros", "pres", "res", "sub"):
        for field, value in client.hgetall(keys.of(sid, name)[0]).items():
            client.hset(keys.of(sid, name)[0], field, rewritten(value, records.RECORD_VERSION - 1))


def test_a_session_that_the_version_before_began_goes_on_in_this_one(phone, services, redis):
    """A worker of before logged in, a holder of before delivered; a worker of now answers."""
    client = services.sessions._client
    text = bytes.fromhex(FIRST["text"][0])
    as_before(client, phone.sid)
    HolderSessionStore(client).store(
        phone.sid, 1, StreamChanges(items=[Delivery("m1", JULIET, rewritten(text, records.RECORD_VERSION - 1))])
    )
    assert isinstance(phone.ask(KeepAliveRequest()), KeepAliveResponse)
    assert isinstance(phone.ask(GetListRequest()), GetListResponse)
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "", PollingRequest())))
    (handed,) = reply.transactions
    assert isinstance(handed.content, NewMessage)
    assert handed.content.content_data == "Good night"
