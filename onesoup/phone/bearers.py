"""The phone's end of what wakes it beside STCP: datagrams, WAP pushes, packed text, and the URL that it asks. With the rules of
the real ones: S60 looks at the first bytes only, and a datagram of anything else costs it all of its channels."""

import http.client
import socket
from typing import Self
from urllib.parse import urlsplit

from onesoup.phone.errors import PhoneError, Unreachable


def is_wake(octets: bytes, cookie: str) -> bool:
    """As S60 decides: WVCI at the very start in any case, and the own cookie somewhere behind it."""
    return octets[:4].upper() == b"WVCI" and cookie.encode() in octets


class UdpListener:
    """A UDP port on which the phone listens for SUDP."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def wait(self, seconds: float, cookie: str) -> bool:
        """Whether a wake has come within the time. PhoneError for a datagram that S60 would close its channels over."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            octets = self._socket.recv(512)
        except TimeoutError:
            return False
        if octets[:4].upper() != b"WVCI":
            raise PhoneError(f"datagram {octets[:20]!r}: S60 tears its CIR channels down")
        if not is_wake(octets, cookie):
            raise PhoneError("a wake with another cookie than the phone's: S60 does not poll")
        return True

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ask(url: str, timeout: float = 10.0) -> bool:
    """SHTTP: True when something waits. As Android: 200 means poll, anything unusual ends the channel for good."""
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    try:
        link.putrequest("GET", parts.path, skip_accept_encoding=True)
        link.endheaders()
        answer = link.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"SHTTP: {error}") from None
    finally:
        link.close()
    if answer.status not in (200, 204) or body:
        raise PhoneError(f"SHTTP status {answer.status}, {len(body)} octets: Android gives the channel up")
    return answer.status == 200
