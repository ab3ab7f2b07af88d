"""Pictures are scaled in a thread, so that the process's streams go on, and one at a time: unpacked, a picture is
large, and the limits of onesoup.images.fit are those of one."""

from collections.abc import Sequence

import gevent
from gevent.lock import BoundedSemaphore

from onesoup.images import fit

_turn = BoundedSemaphore(1)


def scaled(data: bytes, accepted: Sequence[str], octets: int, pixels: tuple[int, int] | None = None) -> tuple[str, bytes]:
    """As media.fit(). ValueError when it cannot be done."""
    with _turn:
        found: tuple[str, bytes] | ValueError = gevent.get_hub().threadpool.apply(_caught, (data, accepted, octets, pixels))
    if isinstance(found, ValueError):
        raise found
    return found


def _caught(data: bytes, accepted: Sequence[str], octets: int, pixels: tuple[int, int] | None) -> tuple[str, bytes] | ValueError:
    """What a thread raises gevent prints with a traceback; a broken picture is worth one line."""
    try:
        return fit.fit(data, accepted, octets, pixels)
    except ValueError as error:
        return error
