"""What outlives a session: links with sealed passwords, the key ring, messages, lists, and what a log-in leaves for a while."""

import base64
import secrets
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp.lists import ContactList
from onesoup.store import keys
from onesoup.store.account.accounts import Accounts, LinkedAccount
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.delivered_copies import DeliveredCopies
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.lists import DEFAULT_TARGET, AccountLists, AttributeList
from onesoup.store.account.login_replies import MAX_NONCES, LoginReplies
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.errors import StoreDown
from onesoup.store.redis.msgpack import BadRecord, pack, unpack
from onesoup.store.session.session_lua import MAX_DELIVERED_COPIES
from onesoup.store.wakeup.cir_processes import CirProcesses
from tests.support.keys import add_key

KEY_1, KEY_2 = secrets.token_bytes(32), secrets.token_bytes(32)
OLD, BOTH, NEW = KeyRing([("k1", KEY_1)]), KeyRing([("k2", KEY_2), ("k1", KEY_1)]), KeyRing([("k2", KEY_2)])
PASSWORD, PHONE = "Xmpp-Pässword-77", "phone-word-42"
LINK = LinkedAccount("alice@example.org", PASSWORD, PHONE)


@pytest.fixture
def accounts(client):
    return Accounts(client, OLD)


@pytest.fixture
def linked(accounts):
    accounts.link("alice@home", LINK.jid, PASSWORD, PHONE)
    return accounts


# --- links ---


def test_a_link_is_found_by_the_log_in(linked):
    assert linked.find("alice@home") == LINK
    assert linked.find("bob@home") is None


def test_a_link_is_replaced_and_removed(linked):
    linked.link("alice@home", "other@x", "a", "b")
    assert linked.find("alice@home") == LinkedAccount("other@x", "a", "b")
    assert linked.unlink("alice@home")
    assert not linked.unlink("alice@home")
    assert linked.find("alice@home") is None


@pytest.mark.parametrize(
    "leave",
    [
        lambda accounts: accounts.unlink("alice@home"),
        lambda accounts: accounts.link("alice@home", LINK.jid, "another password", PHONE),
        lambda accounts: accounts.link("alice@home", "other@x", "a", "b"),
    ],
    ids=["removed", "another password", "another account"],
)
def test_a_link_takes_its_number_and_the_tokens_of_its_xmpp_server_along(accounts, client, leave):
    """The tokens stand for the password that was linked, under whichever of the two addresses they were given."""
    accounts.link("alice@home", LINK.jid, PASSWORD, PHONE, number="+358401234567")
    tokens = [f"login-tokens:{{{jid}}}" for jid in ("alice@home", LINK.jid, "bob@x")]
    for key in tokens:
        client.hset(key, "a phone", b"sealed")
    leave(accounts)
    assert [client.exists(key) for key in tokens] == [0, 0, 1]
    assert accounts.of_number("+358401234567") is None


def test_what_was_left_when_a_removal_broke_off_is_removed_by_the_next(accounts, client):
    client.hset("login-tokens:{alice@home}", "a phone", b"sealed")
    assert not accounts.unlink("alice@home")
    assert not client.exists("login-tokens:{alice@home}")


def test_a_number_that_somebody_else_was_given_since_stays_with_them(linked, client):
    linked.link("carol@home", LINK.jid, PASSWORD, PHONE, number="+358401234567")
    linked.link("bob@home", LINK.jid, PASSWORD, PHONE, number="+358401234567")
    linked.unlink("carol@home")
    assert linked.of_number("+358401234567") == "bob@home"


def test_a_first_link_leaves_the_token_of_the_log_in_that_made_it(accounts, client):
    client.hset("login-tokens:{alice@home}", "a phone", b"sealed")
    accounts.link("alice@home", "alice@home", PASSWORD, PASSWORD)
    assert client.exists("login-tokens:{alice@home}")


def test_no_password_is_in_redis(linked, client):
    """Nor anything of it, in whatever encoding: every key and every value is looked at."""
    held = b"".join(key + (client.dump(key) or b"") + (client.get(key) or b"") for key in client.keys("*"))
    assert held
    for word in (PASSWORD, PHONE):
        for form in (word.encode(), word.encode("latin-1"), word.encode("utf-16-le"), base64.b64encode(word.encode())):
            assert form not in held
        assert word.encode().hex().encode() not in held


def test_a_link_that_was_moved_to_another_log_in_does_not_open(linked, client):
    client.set(keys.account("mallory@home", "link"), client.get(keys.account("alice@home", "link")))
    with pytest.raises(KeyRingError):
        linked.find("mallory@home")


def test_after_a_new_key_was_put_on_top_old_links_still_open(linked, client):
    assert Accounts(client, BOTH).find("alice@home") == LINK


def test_what_the_new_key_has_sealed_the_old_one_does_not_open(client):
    Accounts(client, BOTH).link("alice@home", *(LINK.jid, PASSWORD, PHONE))
    assert Accounts(client, NEW).find("alice@home") == LINK
    with pytest.raises(KeyRingError):
        Accounts(client, OLD).find("alice@home")


# --- the key ring ---


def test_the_same_secret_is_never_sealed_alike():
    assert OLD.seal(b"x", "p") != OLD.seal(b"x", "p")


@pytest.mark.parametrize("purpose", ["", "p ", "P", "cred:other"])
def test_a_secret_opens_for_its_purpose_only(purpose):
    with pytest.raises(KeyRingError):
        OLD.open(OLD.seal(b"x", "p"), purpose)


@pytest.mark.parametrize(
    "stored", [b"", b"v1", b"v1.", b"v1.k1", b"v1.k1.", b"v1.k1.short", b"v2.k1." + b"x" * 40, b"v1.k9." + b"x" * 40]
)
def test_octets_that_are_no_record_do_not_open(stored):
    with pytest.raises(KeyRingError):
        OLD.open(stored, "p")


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_record_that_was_changed_does_not_open(place, change):
    sealed = bytearray(OLD.seal(b"a secret of some length", "p"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(KeyRingError):
        OLD.open(bytes(sealed), "p")


@given(st.binary(max_size=80))
def test_no_octets_open_by_chance(stored):
    with pytest.raises(KeyRingError):
        OLD.open(stored, "p")


def test_a_digest_stays_when_a_new_key_comes():
    """The resource of a handset is made of it."""
    assert OLD.digest("JiMMY", "resource") == BOTH.digest("JiMMY", "resource")
    assert OLD.digest("JiMMY", "resource") != OLD.digest("JiMMY", "check")


def test_a_new_ring_is_the_owners_only_and_an_existing_one_stays(tmp_path):
    path = tmp_path / "keys"
    KeyRing.create(path)
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    KeyRing.create(path)
    assert path.read_text() == text
    KeyRing.load(path).open(KeyRing.load(path).seal(b"x", "p"), "p")


LINE = "k1:" + base64.b64encode(KEY_1).decode()


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "k1", "k1:", ":" + LINE[3:], LINE[:-4], "k 1:" + LINE[3:], "k1:%%%", LINE + "\nk2:short", "k1;" + LINE[3:]],
)
def test_a_file_that_is_no_ring_is_refused_without_showing_it(tmp_path, text):
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(KeyRingError) as refused:
        KeyRing.load(path)
    assert LINE[3:20] not in str(refused.value)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff\xfe")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, make):
    make(tmp_path / "keys")
    with pytest.raises(KeyRingError):
        KeyRing.load(tmp_path / "keys")


# --- clients, offline messages, lists ---


def test_the_session_of_a_resource_is_dropped_by_itself_only(client):
    clients = ClientSessions(client)
    clients.put("alice@x", "JiMMY", "s1")
    clients.put("alice@x", "JiMMY", "s2")
    clients.drop("alice@x", "JiMMY", "s1")
    assert clients.get("alice@x", "JiMMY") == "s2"
    assert clients.all("alice@x") == {"JiMMY": "s2"}
    clients.drop("alice@x", "JiMMY", "s2")
    assert clients.get("alice@x", "JiMMY") is None


def test_messages_wait_for_the_account(client):
    offline = OfflineInbox(client)
    offline.keep("alice@x", {"m1": b"\xffone", "m2": b"two"})
    offline.keep("alice@x", {})
    assert offline.all("alice@x") == {"m1": b"\xffone", "m2": b"two"}
    assert (offline.count("alice@x"), offline.count("bob@x")) == (2, 0)
    offline.remove("alice@x", ["m1"])
    offline.remove("alice@x", [])
    assert offline.all("alice@x") == {"m2": b"two"}
    assert client.pttl(keys.account("alice@x", "offline")) > 29 * 86_400_000


def test_lists_and_attribute_lists_are_apart(client):
    lists = AccountLists(client)
    friends, visible = ContactList("friends", "Friends"), AttributeList(["mood"], [])
    lists.contacts.put("alice@x", [friends])
    lists.attributes.put("alice@x", {DEFAULT_TARGET: visible})
    assert lists.contacts.all("alice@x") == {"friends": friends}
    assert lists.attributes.all("alice@x") == {DEFAULT_TARGET: visible}
    assert lists.attributes.default("alice@x") == ["mood"]
    assert lists.contacts.has("alice@x", "friends")
    assert (lists.contacts.count("alice@x"), lists.pending.count("alice@x")) == (1, 0)
    lists.contacts.remove("alice@x", ["friends"])
    assert not lists.contacts.has("alice@x", "friends")


# --- log-ins ---


def test_a_nonce_is_good_once(client):
    logins = LoginReplies(client)
    logins.put_nonce("attempt", "n0nce", "handset")
    assert logins.take_nonces("attempt", "handset") == ["n0nce"]
    assert logins.take_nonces("attempt", "handset") == []


def test_a_nonce_is_found_by_its_handset_and_given_once(client):
    """The second phase may have another TransactionID; a captured one may have that of the first."""
    logins = LoginReplies(client)
    logins.put_nonce("attempt 1", "one", "handset")
    logins.put_nonce("attempt 2", "two", "handset")
    assert logins.take_nonces("attempt 3", "other") == []
    assert logins.take_nonces("attempt 3", "handset") == ["one", "two"]
    assert logins.take_nonces("attempt 1", "handset") == []


def test_a_nonce_of_a_worker_of_the_version_before_is_found(client):
    client.set("nonce:attempt", "n0nce")
    assert LoginReplies(client).take_nonces("attempt", "handset") == ["n0nce"]


def test_who_asks_again_and_again_for_nonces_keeps_the_newest(client):
    logins = LoginReplies(client)
    for number in range(MAX_NONCES + 2):
        logins.put_nonce(f"attempt {number}", str(number), "handset")
    assert 0 < client.ttl("nonces:handset") <= 120
    assert logins.take_nonces("x", "handset") == [str(number) for number in range(2, MAX_NONCES + 2)]


def test_a_reply_to_a_log_in_is_kept_for_a_while(client):
    logins = LoginReplies(client)
    assert logins.claim("r", 5)[:2] == (True, None)
    logins.put_reply("r", "sid", b"\n\xff\n")
    assert logins.claim("r", 5)[:2] == (True, ("sid", b"\n\xff\n")), "its claim ended with the reply"
    assert logins.claim("other", 5).reply is None
    assert 100 < client.ttl("login:r") <= 120


def test_of_equal_log_ins_one_runs(client):
    logins = LoginReplies(client)
    assert logins.claim("r", 5).first
    assert not logins.claim("r", 5).first
    logins.unclaim("r")
    assert logins.claim("r", 5).first


def test_stcp_is_there_while_a_process_lives(client):
    lines = CirProcesses(client)
    assert not lines.any()
    lines.register("one", 60_000)
    lines.register("dead", -1)
    assert lines.any()
    lines.leave("one")
    assert not lines.any()


# --- records ---


@pytest.mark.parametrize("version", [2, 1])
def test_a_record_of_this_version_and_the_one_before_is_read(version):
    """A rolling restart runs both."""
    assert unpack(pack(version, {"a": b"\xff", "b": "ü", "c": None}), 2) == {"v": version, "a": b"\xff", "b": "ü"}


@pytest.mark.parametrize("version", [0, 3, 99, -1, "2", None, 2.5, [2]])
def test_a_record_of_any_other_version_is_not(version):
    with pytest.raises(BadRecord):
        unpack(pack(2, {"v": version}) if version is not None else b"\x80", 2)


@given(st.binary(max_size=100))
def test_octets_are_a_record_or_a_bad_one(octets):
    with suppress(BadRecord):
        assert unpack(octets, 1)["v"] in (0, 1)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x91" * 5000 + b"\xc0",  # nested deeper than the interpreter likes
        b"\xdf\xff\xff\xff\xff",  # a map of four thousand million entries
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x81\xa1v\x01\xc0",  # more behind the record
        b"\x81\xc7\x0c\xff" + b"\xff" * 12,  # a time that is none
        b"\x81\x91\x01\x01",  # a list as a key
        b"\x81\x01\x01",
        b"\xa1v",
    ],
)
def test_hostile_octets_are_a_bad_record(octets):
    with pytest.raises(BadRecord):
        unpack(octets, 1)


def test_store_down_is_no_missing_session():
    assert not issubclass(StoreDown, LookupError)


# --- keys that come and go ---


def test_a_new_key_goes_on_top_and_keeps_the_file_as_it_was(tmp_path):
    path = tmp_path / "keys"
    KeyRing.create(path)
    old = path.read_text()
    sealed = KeyRing.load(path).seal(b"x", "p")
    assert add_key(path) == "k2"
    assert path.read_text().endswith(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys"]
    ring = KeyRing.load(path)
    assert ring.open(sealed, "p") == b"x"
    assert not ring.is_newest(sealed)
    assert ring.is_newest(ring.reseal(sealed, "p"))


def test_a_key_s_name_is_never_used_again_while_a_newer_one_is_there(tmp_path):
    path = tmp_path / "keys"
    path.write_text(LINE.replace("k1:", "k7:") + "\n")
    assert add_key(path) == "k8"


def test_a_running_process_follows_the_file(tmp_path):
    path = tmp_path / "keys"
    KeyRing.create(path)
    running, other = KeyRing.load(path), KeyRing.load(path)
    add_key(path)
    other.follow(at_once=True)
    assert running.open(other.seal(b"x", "p"), "p") == b"x"
    assert running.is_newest(running.seal(b"y", "p"))
    digest = running.digest("JiMMY", "resource")
    path.write_text("half a li")  # somebody is just writing
    running.follow(at_once=True)
    assert running.digest("JiMMY", "resource") == digest
    assert running.open(running.seal(b"z", "p"), "p") == b"z"


# --- numbers ---


def test_a_number_means_the_log_in_that_got_it_last(client):
    accounts = Accounts(client, OLD)
    accounts.link("alice@x", "alice@x", PASSWORD, PHONE, number="+358401234567")
    assert accounts.of_number("+358401234567") == "alice@x"
    assert accounts.of_number("+358401234568") is None
    accounts.link("bob@x", "bob@x", PASSWORD, PHONE, number="+358401234567")
    assert accounts.of_number("+358401234567") == "bob@x"
    assert accounts.find("bob@x").number == "+358401234567"


def test_all_log_ins_are_listed(client):
    accounts = Accounts(client, OLD)
    for login in ("alice@x", "böb@x", "a{b}@x"):
        accounts.link(login, login, PASSWORD, PHONE)
    assert sorted(accounts.logins()) == ["alice@x", "a{b}@x", "böb@x"]


def test_a_link_of_an_older_version_is_read(client):
    sealed = OLD.seal(b"\x92\xa1a\xa1b", "link:alice@x")
    client.set(keys.account("alice@x", "link"), pack(1, {"jid": "alice@x", "sealed": sealed}))
    assert Accounts(client, OLD).find("alice@x") == LinkedAccount("alice@x", "a", "b", "admin", "", 0)


def test_what_was_read_is_kept_for_the_account_the_newest_and_for_a_while(client):
    had = DeliveredCopies(client)
    had.keep("alice@x", {})
    assert client.keys("*") == []
    had.keep("alice@x", {f"copy{number}": float(number) for number in range(MAX_DELIVERED_COPIES + 3)})
    assert len(had.all("alice@x")) == MAX_DELIVERED_COPIES
    assert had.all("alice@x")[-1] == f"copy{MAX_DELIVERED_COPIES + 2}"
    assert 0 < client.pttl("had:{alice@x}") <= 30 * 86_400_000
