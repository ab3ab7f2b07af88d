"""Lists of addresses and networks."""

import pytest

from onesoup.runtime.networks import MAX_REMEMBERED_ADDRESSES, Nets, parse_address, parse_network


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.0.0.7", True),
        ("10.0.0.8", False),
        ("10.1.255.1", True),
        ("::ffff:10.1.2.3", True),
        ("::ffff:10.2.2.3", False),
        ("fd00:1::5", True),
        ("fd00:2::5", False),
        ("", False),
        ("localhost", False),
        ("10.1.2.3, 10.0.0.7", False),
    ],
)
def test_an_address_is_in_one_of_them_or_not(address, inside):
    nets = Nets(["10.0.0.7", "10.1.0.0/16", "fd00:1::/64"])
    assert [address in nets for _ in range(2)] == [inside, inside]


def test_nobody_is_in_none():
    assert not Nets()
    assert "127.0.0.1" not in Nets()


def test_strangers_do_not_fill_the_memory():
    nets = Nets(["10.0.0.0/8"])
    for number in range(MAX_REMEMBERED_ADDRESSES + 10):
        assert f"192.0.{number >> 8}.{number & 255}" not in nets
    assert len(nets._known) <= MAX_REMEMBERED_ADDRESSES


@pytest.mark.parametrize("text", ["", "proxy", "10.0.0", "10.0.0.0/33", "10.0.0.7/8", "fe80::1%eth0/64x"])
def test_what_is_none_says_so(text):
    with pytest.raises(ValueError, match="address"):
        parse_network(text)


@pytest.mark.parametrize("text", ["x" * 8000, "fe80::1%" + "x" * 8000])
def test_what_is_longer_than_any_address_is_none_and_is_not_remembered(text):
    nets = Nets(["fe80::/10"])
    assert text not in nets
    assert parse_address(text) is None
    assert nets._known == {}
    assert "fe80::1%eth0" in nets
