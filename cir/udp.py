"""SUDP and WAPUDP: one datagram to a phone's own address (cir.md 4, 5.1). Never anything that does not begin with WVCI there:
S60 tears all of its channels down over one."""

import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from cir import wvci
from cir.sms import wsp_push
from onesoup.csp.capabilities import UDP_PORT

SUDP, WAPUDP = "SUDP", "WAPUDP"
MAX_DATAGRAM_BYTES = 511
# Datagrams to one address in a minute.
MAX_DATAGRAMS_PER_ADDRESS, ADDRESS_WINDOW_SECONDS = 20, 60.0


def datagram(bearer: str, version: str, cookie: str, number: int, content_type: str) -> bytes:
    """The datagram of a bearer."""
    text = wvci.wvci_text(version, cookie)
    return text if bearer == SUDP else wsp_push.build_push(number, text, content_type)


class UdpSender:
    """Sockets with fixed source ports, and how much has gone to whom."""

    def __init__(
        self, bind: str, udp_port: int, wap_port: int, content_type: str, wanted: Callable[[str], bool] = lambda _address: True
    ) -> None:
        """`wanted` says of an address whether anything may go there. OSError when a port is taken."""
        self._wanted = wanted
        self._content_type, self._number = content_type, 0
        self._sent: dict[str, deque[float]] = {}
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        self._sockets = {SUDP: _socket(family, bind, udp_port), WAPUDP: _socket(family, bind, wap_port)}

    def send(self, bearer: str, address: str, port: int, version: str, cookie: str) -> bool:
        """Whether a datagram went out. `port` is the phone's for SUDP; WAP push has its own."""
        if not self._wanted(address) or not self._may(address, time.monotonic()):
            return False
        self._number += 1
        data = datagram(bearer, version, cookie, self._number, self._content_type)
        if len(data) > MAX_DATAGRAM_BYTES:
            return False
        try:
            self._sockets[bearer].sendto(data, (address, (port or UDP_PORT) if bearer == SUDP else wsp_push.WAP_PUSH_PORT))
        except OSError:
            return False
        return True

    def _may(self, address: str, now: float) -> bool:
        for other, times in list(self._sent.items()):
            while times and times[0] <= now - ADDRESS_WINDOW_SECONDS:
                times.popleft()
            if not times:
                del self._sent[other]
        times = self._sent.setdefault(address, deque())
        if len(times) >= MAX_DATAGRAMS_PER_ADDRESS:
            return False
        times.append(now)
        return True

    def close(self) -> None:
        for each in self._sockets.values():
            with suppress(OSError):
                each.close()


def _socket(family: int, bind: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    # Several CIR processes on one machine send from the same port; nothing is ever read from it.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((bind, port))
    return made
