"""A proxy that seems to pass on what phones write into headers for numbers is noted now and then, whatever phones send."""

from falcon import Request
from falcon.testing import create_environ

from onesoup.csp.text.stated_numbers import DISAGREE_SIGN, TWICE_SIGN, WAPBOX_SIGN, StatedNumber
from onesoup.store.number_doubts import NUMBER_DOUBTS_KEY, NumberDoubts
from onesoup.store.redis.client import connect
from workers.gateway.client_address import PeerReader
from workers.gateway.doubts import DOUBT_EVERY_SECONDS, DoubtNotes

PROXY, NUMBER = "10.0.0.7", "+358401234567"


def test_only_what_a_listed_proxy_passes_on_is_a_sign():
    told = []
    peers = PeerReader([PROXY], ["X-MSISDN", "X-Up"], "358", lambda *each: told.append(each))

    def number(remote: str, **headers: str) -> str:
        environ = create_environ(headers={name.replace("_", "-"): value for name, value in headers.items()}, method="POST")
        environ["REMOTE_ADDR"] = remote
        return peers.of(Request(environ)).number

    assert number("203.0.113.9", X_MSISDN=f"{NUMBER},{NUMBER}", X_WAP_Gateway="Kannel/1.4.5") == ""
    assert number(PROXY, X_MSISDN=NUMBER) == NUMBER
    assert number(PROXY, X_WAP_Gateway="Kannel/1.4.5") == ""
    assert not told
    assert number(PROXY, X_MSISDN=f"{NUMBER},+358407654321") == ""
    assert number(PROXY, X_MSISDN=NUMBER, X_Up="+358407654321") == ""
    assert number(PROXY, X_MSISDN=NUMBER, X_WAP_Gateway="Kannel/1.4.5") == ""
    assert [(proxy, each.sign, each.header) for proxy, each in told] == [
        (PROXY, TWICE_SIGN, "X-MSISDN"),
        (PROXY, DISAGREE_SIGN, "X-Up"),
        (PROXY, WAPBOX_SIGN, "X-MSISDN"),
    ]


def test_each_sign_of_a_proxy_is_noted_now_and_then(redis_server) -> None:
    client = connect(redis_server.url)
    client.delete(NUMBER_DOUBTS_KEY)
    now = 0.0
    notes, twice = DoubtNotes(client, lambda: now), StatedNumber("", TWICE_SIGN, "X-MSISDN")
    notes(PROXY, twice)
    notes(PROXY, StatedNumber("", WAPBOX_SIGN, "X-MSISDN"))
    first = NumberDoubts(client).all()
    assert [(each.proxy, each.sign) for each in first] == [(PROXY, TWICE_SIGN), (PROXY, WAPBOX_SIGN)]
    client.delete(NUMBER_DOUBTS_KEY)
    for _ in range(1000):
        notes(PROXY, twice)
    assert not NumberDoubts(client).all()
    now += DOUBT_EVERY_SECONDS
    notes(PROXY, twice)
    assert [each.sign for each in NumberDoubts(client).all()] == [TWICE_SIGN]
    client.delete(NUMBER_DOUBTS_KEY)
    client.close()


def test_without_redis_a_phone_is_answered_all_the_same():
    client = connect("redis://127.0.0.1:1")
    DoubtNotes(client)(PROXY, StatedNumber("", TWICE_SIGN, "X-MSISDN"))
