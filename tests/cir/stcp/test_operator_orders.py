"""Lines and what operators order: a blocked address has none, and a host that drains lets its own go."""

import pytest

from cir.stcp import server
from cir.udp import SUDP, UdpSender
from onesoup.runtime.ports import free_port
from onesoup.store.blocks import BlockedKind, BlockList, OperatorBlock
from onesoup.store.wakeup.cir_processes import CirProcesses
from tests.cir.stcp.test_server import SID, make_station
from tests.xmpp.stream.harness import eventually

__all__ = ["make_station"]


class Orders:
    """What operators have ordered, as a process keeps it."""

    def __init__(self, *blocked):
        self.block(*blocked)
        self.draining = False

    def block(self, *blocked):
        self.blocks = BlockList(OperatorBlock(BlockedKind.ADDRESS, each, "root", 1, "spam") for each in blocked)

    def admits(self, address):
        return self.blocks.of_address(address, 2.0) is None


def test_a_line_of_a_blocked_address_is_not_taken(make_station):
    station = make_station(orders=Orders("127.0.0.8/29"))
    assert station.dial("127.0.0.9").hear() == b""
    station.dial("127.0.0.7").helo()


def test_lines_end_when_their_address_is_blocked(make_station):
    orders = Orders()
    station = make_station(orders=orders)
    line, other = station.dial("127.0.0.9").helo(), station.dial("127.0.0.7").helo()
    orders.block("127.0.0.9")
    station.stcp.on_orders()
    assert line.hear() == b""
    assert other.say(b"PING\r\n").hear() == b"OK\r\n"


def test_a_host_that_drains_takes_no_line_and_lets_its_own_go_part_by_part(make_station, monkeypatch):
    monkeypatch.setattr(server, "LEAST_LINES_ENDED", 1)
    orders = Orders()
    station = make_station(orders=orders)
    sids = [SID, "a7phone2", "a7phone3"]
    for number, sid in enumerate(sids):
        station.session(sid, cookie=str(number))
    lines = [station.dial().helo(sid) for sid in sids]
    station.stcp.upkeep()
    assert CirProcesses(station.client).live() == {"STCP"}
    assert station.stcp.left() is None
    orders.draining = True
    assert station.stcp.left() == (3, 3)
    assert station.dial().hear() == b""
    for turn in (1, 2, 3):
        station.stcp.upkeep()
        eventually(lambda turn=turn: station.stcp.left() == (3 - turn, 3))
    assert [line.hear() for line in lines] == [b"", b"", b""]
    assert CirProcesses(station.client).live() == {"draining"}, "it lives, and no phone agrees on a line to it"
    orders.draining = False
    station.dial().helo()
    assert station.stcp.left() is None
    station.stcp.upkeep()
    assert CirProcesses(station.client).live() == {"STCP"}


@pytest.mark.parametrize(("blocked", "sent"), [("127.0.0.0/8", False), ("10.0.0.0/8", True)])
def test_no_datagram_goes_to_a_blocked_address(blocked, sent):
    sender = UdpSender("127.0.0.1", free_port(), free_port(), "short", Orders(blocked).admits)
    assert sender.send(SUDP, "127.0.0.1", 3717, "1.2", "cookie") is sent
