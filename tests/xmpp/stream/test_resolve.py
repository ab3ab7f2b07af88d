"""Where to connect: static routes, SRV order, the fall-back, the memory."""

import random
from collections import Counter

import pytest

from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.resolve import Resolver, Srv, Target

PLAIN, DIRECT = "_xmpp-client._tcp.x.example", "_xmpps-client._tcp.x.example"


class FakeDns:
    def __init__(self, **answers):
        self.answers = {PLAIN: answers.get("plain", []), DIRECT: answers.get("direct", [])}
        self.ttl, self.asked = answers.get("ttl", 60), []

    def srv(self, name):
        self.asked.append(name)
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer, self.ttl


def targets(domain="x.example", **answers):
    return Resolver(lookup=FakeDns(**answers), rng=random.Random(1)).targets(domain)


DOWN = StreamFailure("dns", "lookup-failed")
DOT = Srv(0, 0, 0, "")


def test_a_static_route_wins_and_asks_nobody():
    dns = FakeDns()
    resolver = Resolver({"X.example": ("10.0.0.1", 15222)}, dns)
    (target,) = resolver.targets("x.EXAMPLE")
    assert target == Target("10.0.0.1", 15222, False)
    assert dns.asked == []
    assert resolver.is_static("x.example", target)
    assert not resolver.is_static("x.example", Target("10.0.0.2", 15222, False))


def test_a_static_route_may_be_direct_tls():
    resolver = Resolver({"x.example": ("tls://10.0.0.1", 5223), "y.example": ("tls://[::1]", 5223)}, FakeDns())
    (target,) = resolver.targets("x.example")
    assert target == Target("10.0.0.1", 5223, True)
    assert resolver.is_static("x.example", target)
    assert resolver.targets("y.example") == [Target("::1", 5223, True)]


def test_without_srv_the_domain_itself():
    assert targets() == [Target("x.example", 5222, False)]


def test_both_services_are_one_list_by_priority():
    found = targets(plain=[Srv(5, 0, 5222, "b"), Srv(20, 0, 5222, "d")], direct=[Srv(1, 0, 443, "a"), Srv(10, 0, 443, "c")])
    assert found == [Target("a", 443, True), Target("b", 5222, False), Target("c", 443, True), Target("d", 5222, False)]


def test_weights_are_a_lot():
    resolver = Resolver(
        lookup=FakeDns(plain=[Srv(0, 10, 1, "light"), Srv(0, 90, 1, "heavy"), Srv(0, 0, 1, "zero")]), rng=random.Random(3)
    )
    first = Counter(resolver.targets("x.example")[0].host for _ in range(2000))
    assert 1600 < first["heavy"] < 1950
    assert 100 < first["light"] < 320
    assert first["zero"] < 100


def test_every_record_is_tried_once():
    records = [Srv(0, weight, port, "h") for port, weight in enumerate([0, 0, 5, 50], 1)]
    assert sorted(target.port for target in targets(plain=records)) == [1, 2, 3, 4]


def test_a_dot_says_no():
    with pytest.raises(StreamFailure) as caught:
        targets(plain=[DOT])
    assert (caught.value.condition, caught.value.retry) == ("no-service", False)


def test_a_dot_for_direct_tls_leaves_starttls():
    assert targets(direct=[DOT]) == [Target("x.example", 5222, False)]
    assert targets(direct=[DOT], plain=[Srv(0, 0, 5222, "a")]) == [Target("a", 5222, False)]


def test_one_answer_is_enough_when_it_names_a_place():
    assert targets(plain=DOWN, direct=[Srv(0, 0, 443, "a")]) == [Target("a", 443, True)]
    assert targets(plain=[Srv(0, 0, 1, "a")], direct=DOWN) == [Target("a", 1, False)]


@pytest.mark.parametrize("direct", [[], DOWN])
def test_dns_out_of_order_is_not_taken_for_no_records(direct):
    with pytest.raises(StreamFailure) as caught:
        targets(plain=DOWN, direct=direct)
    assert (caught.value.kind, caught.value.condition, caught.value.retry) == ("dns", "lookup-failed", True)


def test_answers_are_remembered_for_their_ttl_within_bounds():
    now, dns = [0.0], FakeDns(plain=[Srv(0, 0, 1, "a")], ttl=100)
    resolver = Resolver(lookup=dns, clock=lambda: now[0])
    for moment, asked in ((0, 2), (99, 2), (101, 4)):
        now[0] = moment
        resolver.targets("x.example")
        assert len(dns.asked) == asked
    dns.ttl = 10**6
    now[0] = 300
    resolver.targets("x.example")
    now[0] = 601
    resolver.targets("x.example")
    assert len(dns.asked) == 8


@pytest.mark.parametrize(("plain", "direct"), [([Srv(0, 0, 1, "a")], DOWN), ([], DOWN), (DOWN, [Srv(0, 0, 1, "a")])])
def test_half_an_answer_is_remembered_no_longer_than_it_must(plain, direct):
    now, dns = [0.0], FakeDns(plain=plain, direct=direct, ttl=300)
    resolver = Resolver(lookup=dns, clock=lambda: now[0])
    for moment, asked in ((0, 2), (29, 2), (31, 4)):
        now[0] = moment
        resolver.targets("x.example")
        assert len(dns.asked) == asked


def test_addresses_and_nonsense():
    assert targets("192.0.2.1") == [Target("192.0.2.1", 5222, False)]
    assert targets("[2001:db8::1]") == [Target("2001:db8::1", 5222, False)]
    with pytest.raises(StreamFailure) as caught:
        targets("a\u00e9" * 80)
    assert caught.value.condition == "no-such-domain"
