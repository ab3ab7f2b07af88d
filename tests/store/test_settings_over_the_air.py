"""Settings documents on their way: the queue to the CIR processes, links that phones open, sessions of the account page."""

from dataclasses import replace

import pytest

from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.page_sessions import PAGE_IDLE_MS, PageSession, PageSessions
from onesoup.store.account.settings_links import AGAIN_MS, LINK_MS, LinkedSettings, SettingsLinks
from onesoup.store.bounds import TooMuch
from onesoup.store.redis.msgpack import BadRecord, pack
from onesoup.store.wakeup.ota_queue import (
    MAX_OTA_PER_ACCOUNT,
    MAX_OTA_PER_NUMBER,
    OTA_QUEUE,
    OTA_SEND_MS,
    SettingsJob,
    SettingsQueue,
)

RING, OTHER_RING = KeyRing([("k1", b"k" * 32)]), KeyRing([("k1", b"o" * 32)])
ALICE, NUMBER = "alice@example.org", "+15550100123"
JOB = SettingsJob(ALICE, NUMBER, b"\x03\x0b\x6asecret-77", 1, "AB" * 20, 1_700_000_000)
SETTINGS = LinkedSettings(b"\x03\x0b\x6asecret-77", 1, "AB" * 20)


@pytest.fixture
def queue(client):
    return SettingsQueue(client, RING)


@pytest.fixture
def links(client):
    return SettingsLinks(client, RING)


@pytest.fixture
def sessions(client):
    return PageSessions(client, RING)


def everything(client) -> bytes:
    """All names and values in Redis."""
    return b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())


# --- the queue ---


def test_a_job_is_taken_once_and_soon(queue, client):
    queue.send(JOB)
    assert 0 < client.pttl(OTA_QUEUE) <= OTA_SEND_MS
    assert (queue.next_to_send(), queue.next_to_send()) == (JOB, None)


def test_a_record_says_what_it_said(queue):
    assert SettingsJob.unpack(JOB.pack()) == JOB


def test_a_record_says_which_request_it_comes_from_if_it_comes_from_one():
    asked = replace(JOB, request="5bc0e6aa8a5e4a3b")
    assert SettingsJob.unpack(asked.pack()) == asked
    assert SettingsJob.unpack(JOB.pack()).request == ""


@pytest.mark.parametrize("record", [b"", b"\xc1", pack(9, {}), pack(1, {"j": 1}), pack(1, {"j": ALICE, "n": NUMBER, "d": 7})])
def test_what_is_no_record_is_a_bad_record(record):
    with pytest.raises(BadRecord):
        SettingsJob.unpack(record)


def test_jobs_that_cannot_be_read_are_passed_over(queue, client):
    client.rpush(OTA_QUEUE, b"nonsense", RING.seal(b"nonsense", "ota-job"))
    SettingsQueue(client, OTHER_RING).send(JOB)
    queue.send(JOB)
    assert queue.next_to_send() == JOB


def test_redis_does_not_see_the_phone_password_of_a_job(queue, client):
    queue.send(JOB)
    assert b"secret-77" not in everything(client)


def test_the_queue_has_an_end(queue):
    for _ in range(bounds.MOST_SETTINGS):
        queue.send(JOB)
    with pytest.raises(TooMuch):
        queue.send(JOB)
    with pytest.raises(TooMuch):
        queue.send(replace(JOB, document=b"x" * bounds.SETTINGS_BYTES))


def test_an_account_and_a_number_get_few_documents_a_day(queue):
    of_account, of_number = MAX_OTA_PER_ACCOUNT, MAX_OTA_PER_NUMBER
    assert [queue.allow(ALICE, f"+1555010{n}") for n in range(of_account + 1)] == [True] * of_account + [False]
    assert [queue.allow(f"{n}@example.org", NUMBER) for n in range(of_number + 1)] == [True] * of_number + [False]
    assert queue.allow(f"{of_number}@example.org", "+15550109"), "what a number may not have does not count for the account"


def test_what_was_not_sent_does_not_count(queue):
    while queue.allow(ALICE, NUMBER):
        pass
    queue.take_back(ALICE, NUMBER)
    assert (queue.allow(ALICE, NUMBER), queue.allow(ALICE, NUMBER)) == (True, False)


# --- links ---


def test_a_link_is_for_the_first_who_opens_it_and_for_a_short_while_then(links, client):
    links.keep("adgjmptw", SETTINGS)
    (key,) = client.scan_iter("settings:*")
    assert AGAIN_MS < client.pttl(key) <= LINK_MS
    assert links.take("adgjmptw", "phone") == SETTINGS
    assert 0 < client.pttl(key) <= AGAIN_MS
    assert links.take("adgjmptw", "stranger") is None
    assert links.take("adgjmptw", "phone") == SETTINGS
    assert links.take("adgjmptg", "phone") is None


def test_redis_sees_neither_a_link_nor_what_is_in_it(links, client):
    links.keep("adgjmptw", SETTINGS)
    assert b"adgjmptw" not in everything(client)
    assert b"secret-77" not in everything(client)


def test_a_document_that_is_too_long_gets_no_link(links, client):
    with pytest.raises(TooMuch):
        links.keep("adgjmptw", replace(SETTINGS, document=b"x" * bounds.SETTINGS_BYTES))
    assert not list(client.scan_iter("settings:*"))


# --- sessions of the account page ---

SESSION = PageSession(ALICE, "t" * 32, "xmpp-secret", made=True, number=NUMBER, apn="internet")


def test_a_session_is_found_by_its_token_only(sessions, client):
    sessions.begin(SESSION)
    assert sessions.find(ALICE, SESSION.token) == SESSION
    assert sessions.find(ALICE, "u" * 32) is None
    assert sessions.find("bob@example.org", SESSION.token) is None
    assert 0 < client.pttl(keys.account(ALICE, "page")) <= PAGE_IDLE_MS


def test_a_new_session_ends_the_old_one(sessions):
    sessions.begin(SESSION)
    sessions.begin(replace(SESSION, token="u" * 32))
    assert sessions.find(ALICE, SESSION.token) is None


def test_a_session_that_has_ended_does_not_come_back(sessions):
    sessions.begin(SESSION)
    sessions.end(ALICE)
    sessions.change(SESSION)
    assert sessions.find(ALICE, SESSION.token) is None


def test_redis_does_not_see_the_xmpp_password_of_a_session(sessions, client):
    sessions.begin(SESSION)
    assert b"xmpp-secret" not in everything(client)


def test_a_session_of_another_account_or_ring_does_not_open(sessions, client):
    sessions.begin(SESSION)
    client.rename(keys.account(ALICE, "page"), keys.account("bob@example.org", "page"))
    assert sessions.find("bob@example.org", SESSION.token) is None
    PageSessions(client, OTHER_RING).begin(SESSION)
    assert sessions.find(ALICE, SESSION.token) is None
