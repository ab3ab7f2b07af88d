"""msgpack records. The first field is the record's version `v`; a reader takes v and v - 1, since a rolling restart runs both.
Unknown fields are kept out of the values and do no harm."""

from collections.abc import Mapping
from typing import Any

import msgpack


class BadRecord(ValueError):
    """A record that no reader of this version understands."""


def pack(version: int, fields: Mapping[str, Any]) -> bytes:
    """The octets of a record; None fields are left out."""
    body: dict[str, Any] = {"v": version}
    body.update((name, value) for name, value in fields.items() if value is not None)
    octets: bytes = msgpack.packb(body, use_bin_type=True)
    return octets


def unpack(octets: bytes, version: int) -> dict[str, Any]:
    """The fields of a record written by this version or the one before."""
    try:
        record = msgpack.unpackb(octets, raw=False, strict_map_key=True)
    except (ValueError, msgpack.exceptions.StackError) as error:
        raise BadRecord(f"not msgpack: {type(error).__name__}") from None
    if not isinstance(record, dict) or record.get("v") not in (version, version - 1):
        raise BadRecord(f"record version {record.get('v') if isinstance(record, dict) else '?'}, wanted {version}")
    return record
