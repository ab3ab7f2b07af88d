"""Small rules of the CIR process: the circuit breaker, limits of addresses, the PROXY header, report URLs. Time is a number."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cir.http import delivery_reports
from cir.sms.circuit_breaker import CircuitBreaker
from cir.stcp import proxy_protocol
from cir.stcp.limits import ConnectionLimits
from cir.stcp.proxy_protocol import ProxyError

# --- the circuit breaker ---


def broken(now=0.0):
    breaker = CircuitBreaker()
    for _ in range(5):
        breaker.bad(now)
    return breaker


def test_it_opens_after_five_failures_in_a_row():
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.bad(0)
    assert breaker.allow(0)
    assert not broken().allow(0)
    assert not broken().healthy(0)


def test_a_success_starts_the_count_anew():
    breaker = CircuitBreaker()
    for number in range(18):
        breaker.bad(number * 10)
        if number % 4 == 3:
            breaker.good(number * 10)
    assert breaker.healthy(180)


def test_it_opens_when_more_than_half_of_many_fail():
    breaker = CircuitBreaker()
    for number in range(20):
        assert breaker.healthy(0)
        (breaker.good if number % 3 == 0 else breaker.bad)(number * 0.1)
    assert not breaker.healthy(0)


def test_one_probe_after_its_time_and_twice_the_time_when_it_fails():
    breaker, now, wait = broken(), 0.0, 30
    for _ in range(6):
        assert not breaker.allow(now + wait - 1)
        now += wait
        assert breaker.allow(now)
        assert not breaker.allow(now), "one probe at a time"
        breaker.bad(now)
        wait = min(wait * 2, 300)
    assert breaker.allow(now + wait)
    breaker.good(now + wait)
    assert breaker.healthy(now + wait)


def test_a_gateway_that_does_not_know_us_is_left_alone_at_once():
    breaker = CircuitBreaker()
    breaker.trip(0)
    assert not breaker.allow(0)


# --- limits of addresses ---

HERE, THERE = "10.0.0.1", "10.0.0.2"


def test_connections_of_one_address_are_limited():
    guard = ConnectionLimits(1000, 3)
    assert [guard.enter(HERE, 0) for _ in range(4)] == ["", "", "", "too many from one address"]
    assert guard.enter(THERE, 0) == ""
    guard.leave(HERE, bound=False)
    assert guard.enter(HERE, 0) == ""


def test_a_tenth_of_the_listener_may_be_unbound():
    guard = ConnectionLimits(100, 1000)
    assert [guard.enter(HERE, 0) for _ in range(11)][-1] == "too many without HELO"
    guard.unbound -= 1  # one has said HELO
    assert guard.enter(HERE, 0) == ""


def test_wrong_ids_block_their_address_alone_for_a_while():
    guard = ConnectionLimits(1000, 200)
    for number in range(5):
        guard.wrong(HERE, number)
    assert guard.enter(HERE, 10) == "blocked"
    assert guard.enter(THERE, 10) == ""
    assert guard.enter(HERE, 10 + 601) == ""


def test_ten_helos_a_minute():
    guard = ConnectionLimits(1000, 200)
    guard.enter(HERE, 0)
    assert [guard.helo(HERE, number) for number in range(11)] == [True] * 10 + [False]
    assert guard.helo(HERE, 120)


def test_limits_grow_with_the_connections_of_an_address():
    guard = ConnectionLimits(100_000, 5000)
    guard.enter(HERE, 0)
    assert all(guard.helo(HERE, 0) for _ in range(250))


def test_our_own_proxies_are_exempt():
    guard = ConnectionLimits(1000, 1, frozenset({HERE}))
    assert not any(guard.enter(HERE, 0) for _ in range(50))
    for _ in range(50):
        guard.wrong(HERE, 0)
    assert guard.enter(HERE, 0) == ""


def test_addresses_are_forgotten():
    guard = ConnectionLimits(1000, 200)
    for number in range(50):
        guard.enter(f"10.1.0.{number}", 0)
        guard.helo(f"10.1.0.{number}", 0)
        guard.leave(f"10.1.0.{number}", bound=False)
    guard.sweep(10_000)
    assert not guard._sources
    assert guard.connections == guard.unbound == 0


# --- the PROXY header ---

V1 = b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 3171\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + ipaddress.ip_address("192.0.2.7").packed + b"\x0a\0\0\x01\x9c\x40\x0c\x63"
V2_SIX = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + ipaddress.ip_address("2001:db8::7").packed * 2 + b"\0" * 4


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (V1, "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 40000 3171\r\n", "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", ""),
        (V2, "192.0.2.7"),
        (V2_SIX, "2001:db8::7"),
        (b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", ""),  # a health check
    ],
)
def test_the_address_behind_the_proxy(header, address):
    assert proxy_protocol.read_proxy_header(header + b"HELO x\r\n") == (address, len(header))
    for cut in range(len(header)):
        assert proxy_protocol.read_proxy_header(header[:cut]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"HELO abc\r\n",
        b"PROXY TCP4 x y 1 2\r\n",
        b"PROXY TCP4\r\n",
        b"PROXY " + b"x" * 200,
        V2[:12] + b"\x31\x11\0\x0c" + V2[16:],
    ],
)
def test_what_is_no_proxy_header(data):
    with pytest.raises(ProxyError):
        proxy_protocol.read_proxy_header(data)


@given(st.binary(max_size=120))
def test_any_octets_are_a_header_or_not(data):
    try:
        found = proxy_protocol.read_proxy_header(data)
    except ProxyError:
        return
    assert found is None or found[1] <= len(data)


# --- reports ---

KEY = b"k" * 32


def test_what_kannel_makes_of_the_url():
    url = delivery_reports.report_url("http://gw.example/", KEY, "c1")
    assert url.startswith("http://gw.example/hook/dlr?id=c1&st=%d&sid=%F&sig=")
    filled = url.partition("?")[2].replace("%d", "1").replace("%F", "abc")
    assert delivery_reports.read_report(KEY, filled) == delivery_reports.DeliveryReport("c1", "delivered", "abc")


@pytest.mark.parametrize(
    ("st", "state"), [(8, "accepted"), (4, "buffered"), (1, "delivered"), (2, "failed"), (16, "refused"), (3, None)]
)
def test_the_states_of_kannel(st, state):
    report = delivery_reports.read_report(KEY, delivery_reports.kannel_query("c1", KEY, st))
    assert (report.state if report else None) == state


def test_a_webhook_says_it_in_words():
    query = f"id=c1&sig={delivery_reports.sign_report(KEY, 'c1')}"
    body = b'{"id":"c1","status":"delivered","message_id":"m9"}'
    assert delivery_reports.read_report(KEY, query, body) == delivery_reports.DeliveryReport("c1", "delivered", "m9")
    assert delivery_reports.read_report(KEY, query, b'{"id":"c2","status":"delivered"}') is None


def test_a_signature_covers_the_state_where_the_gateway_can_sign_it():
    """Whoever has seen a report that a message is on its way cannot make of it that it has failed."""
    found = delivery_reports.report_urls("http://gw.example/", KEY, "c1")
    assert set(found) == {"accepted", "buffered", "delivered", "failed", "rejected"}
    queries = {word: url.partition("?")[2] for word, url in found.items()}
    assert delivery_reports.read_report(KEY, queries["failed"], covered=True) == delivery_reports.DeliveryReport("c1", "failed")
    assert delivery_reports.read_report(KEY, queries["rejected"], covered=True) == delivery_reports.DeliveryReport(
        "c1", "refused"
    )
    forged = queries["accepted"].replace("accepted", "failed")
    body = b'{"id":"c1","status":"failed"}'
    bare = f"id=c1&status=failed&sig={delivery_reports.sign_report(KEY, 'c1')}"
    for query in (forged, bare, delivery_reports.kannel_query("c1", KEY, 2), queries["accepted"] + "&st=2"):
        report = delivery_reports.read_report(KEY, query, body, covered=True)
        assert report is None or report.state == "accepted"
    plain = f"id=c1&sig={delivery_reports.sign_report(KEY, 'c1')}"
    assert delivery_reports.read_report(KEY, plain, body, covered=True) is None
    assert delivery_reports.read_report(KEY, plain, body, covered=True, signed=True) == delivery_reports.DeliveryReport(
        "c1", "failed"
    )
    assert delivery_reports.read_report(KEY, plain + "&st=1", body, covered=True, signed=True) == delivery_reports.DeliveryReport(
        "c1", "failed"
    )


@pytest.mark.parametrize(
    "query",
    ["", "id=c1&st=1", "id=c1&st=1&sig=x", f"id=c2&st=1&sig={delivery_reports.sign_report(KEY, 'c1')}", "id=c1&st=1&sig=ü"],
)
def test_a_report_without_a_good_signature_is_none(query):
    assert delivery_reports.read_report(KEY, query) is None


@given(st.text(max_size=80), st.binary(max_size=80))
def test_any_report_is_read_or_refused(query, body):
    delivery_reports.read_report(KEY, query, body)
    delivery_reports.read_report(KEY, f"id=c1&sig={delivery_reports.sign_report(KEY, 'c1')}", body)
