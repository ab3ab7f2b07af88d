"""pcap and pcapng to packets."""

import pytest

from onesoup.captures.errors import CaptureError
from onesoup.captures.pcap import Packet, is_pcap, read_packets
from tests.captures.packets import AT, enhanced, interface, pcap, pcapng, section

FRAMES = [b"first", b"second!", b""]


def read(data: bytes) -> tuple[list[Packet], list[str]]:
    told: list[str] = []
    assert is_pcap(data)
    return list(read_packets(data, told.append)), told


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "units"), [(0xA1B2C3D4, 10**6), (0xA1B23C4D, 10**9)])
def test_pcap_in_both_byte_orders_and_units(order, magic, units):
    packets, told = read(pcap(FRAMES, 113, order, magic, units))
    assert packets == [Packet(number + 1, AT + number, 113, data) for number, data in enumerate(FRAMES)]
    assert not told


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_in_both_byte_orders(order):
    packets, told = read(pcapng(FRAMES, 113, order))
    assert packets == [Packet(number + 1, AT + number, 113, data) for number, data in enumerate(FRAMES)]
    assert not told


def test_each_interface_of_each_section_of_a_pcapng_has_its_own_link_type_and_unit_of_time():
    first = (
        section("<")
        + interface("<", 1)
        + interface("<", 113, 9)
        + enhanced("<", 1, 3 * 10**9, b"a")
        + enhanced("<", 0, 4 * 10**6, b"b")
    )
    second = section(">") + interface(">", 101, 0x80 | 10) + enhanced(">", 0, 5 * 1024, b"c")
    packets, told = read(first + second)
    assert packets == [Packet(1, 3.0, 113, b"a"), Packet(2, 4.0, 1, b"b"), Packet(3, 5.0, 101, b"c")]
    assert not told


@pytest.mark.parametrize("whole", [pcap(FRAMES), pcapng(FRAMES)], ids=["pcap", "pcapng"])
def test_a_file_that_ends_too_early_gives_what_is_in_it_and_says_so(whole):
    everything, _ = read(whole)
    whole_files = {pcap(FRAMES[:count]) for count in range(4)} | {pcapng(FRAMES[:count]) for count in range(4)} | {section("<")}
    for size in range(28, len(whole)):
        packets, told = read(whole[:size])
        assert packets == everything[: len(packets)]
        assert bool(told) == (whole[:size] not in whole_files)


def test_a_header_alone_is_said_to_be_cut_off():
    with pytest.raises(CaptureError, match="ends inside the header"):
        read(pcap([])[:20])


def test_a_packet_of_an_interface_that_is_not_there_is_left_out():
    packets, told = read(section("<") + interface("<", 1) + enhanced("<", 7, 0, b"x") + enhanced("<", 0, 0, b"y"))
    assert [packet.data for packet in packets] == [b"y"]
    assert "damaged" in told[0]
