"""Pictures are scaled in threads, so that the streams of the process go on meanwhile."""

from collections.abc import Sequence

import gevent

from onesoup import media


def scaled(data: bytes, accepted: Sequence[str], octets: int, pixels: tuple[int, int] | None = None) -> tuple[str, bytes]:
    """As media.fit(). ValueError when it cannot be done."""
    found: tuple[str, bytes] | ValueError = gevent.get_hub().threadpool.apply(_caught, (data, accepted, octets, pixels))
    if isinstance(found, ValueError):
        raise found
    return found


def _caught(data: bytes, accepted: Sequence[str], octets: int, pixels: tuple[int, int] | None) -> tuple[str, bytes] | ValueError:
    """What a thread raises gevent prints with a traceback; a broken picture is worth one line."""
    try:
        return media.fit(data, accepted, octets, pixels)
    except ValueError as error:
        return error
