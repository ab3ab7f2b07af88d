"""How a command is stored: a msgpack map of the version `v`, `op` (the name of the command), its fields in the order in which
they are declared, `reply` and `reply_name` when a worker waits for the answer, and `request` when it came from one.

The bytes of a command are its identity: it is removed from the outbox by them, and a rolling restart runs two versions side by
side. So they never change: a new field comes last, has a default, and is OMIT_EMPTY.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, NamedTuple, TypeVar

import msgpack

from onesoup.xmpp import xml
from onesoup.xmpp.xml import Xml

COMMAND_VERSION = 1

# How a field is stored where that is not as its own name and value.
OMIT_EMPTY = {"omit_empty": True}  # left out when it is empty
AS_TUPLE = {"read": tuple}
AS_XML = {"write": Xml.plain, "read": xml.from_plain}


class BadCommand(ValueError):
    """A record that is no command of this version or the one before."""


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """Where a worker waits: its channel, and the name of the question there."""

    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """`reply_to`: who waits for the answer, if anybody does. `request`: the id of the phone's request that it comes from, for
    logs; "" for none."""

    op: ClassVar[str] = ""
    reply_to: ReplyAddress | None = field(default=None, kw_only=True)
    request: str = field(default="", kw_only=True, compare=False)


C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class UnknownCommand(Command):
    """A command of a later version."""

    name: str


def answered(command: C, channel: str, name: str) -> C:
    """The same command, with an address for its answer."""
    return replace(command, reply_to=ReplyAddress(channel, name))


def of_request(command: C, id: str) -> C:
    """The same command, for a request with this id; "" for none."""
    return replace(command, request=id) if id else command


# (attribute, key in the record, whether it is left out when it is empty, conversion)
_Written = tuple[str, str, bool, Callable[[Any], Any] | None]
# (attribute, key in the record, conversion)
_Read = tuple[str, str, Callable[[Any], Any] | None]


class _Layout(NamedTuple):
    written: tuple[_Written, ...]
    read: tuple[_Read, ...]


# Fields of Command itself.
_OF_EVERY_COMMAND = ("reply_to", "request")
_layouts: dict[type[Command], _Layout] = {}


def _layout(kind: type[Command]) -> _Layout:
    found = _layouts.get(kind)
    if found is None:
        found = _layouts[kind] = _new_layout(kind)
    return found


def _new_layout(kind: type[Command]) -> _Layout:
    own = [(each, each.metadata.get("key", each.name)) for each in fields(kind) if each.name not in _OF_EVERY_COMMAND]
    return _Layout(
        tuple((each.name, key, each.metadata.get("omit_empty", False), each.metadata.get("write")) for each, key in own),
        tuple((each.name, key, each.metadata.get("read")) for each, key in own if each.init),
    )


def pack(command: Command) -> bytes:
    """The record of a command. Fields that are None are left out."""
    record: dict[str, Any] = {"v": COMMAND_VERSION, "op": command.op}
    for name, key, omit_empty, write in _layout(type(command)).written:
        value = getattr(command, name)
        if value is not None and (value or not omit_empty):
            record[key] = value if write is None else write(value)
    if command.reply_to is not None:
        record |= {"reply": command.reply_to.channel, "reply_name": command.reply_to.name}
    if command.request:
        record["request"] = command.request
    packed: bytes = msgpack.packb(record, use_bin_type=True)
    return packed


def unpack(record: bytes, kinds: Mapping[str, type[Command]]) -> Command:
    """The command of a record, one of `kinds` by its `op`. Unknown fields are left out; an unknown `op` makes an UnknownCommand.
    BadCommand."""
    try:
        stored = msgpack.unpackb(record, raw=False, strict_map_key=True)
        if stored["v"] not in (COMMAND_VERSION, COMMAND_VERSION - 1):
            raise BadCommand(f"command version {stored['v']}, wanted {COMMAND_VERSION}")
        return _read(stored, kinds)
    except BadCommand:
        raise
    except Exception as error:  # bytes that no version has written may raise any
        raise BadCommand(type(error).__name__) from None


def _read(stored: Mapping[str, Any], kinds: Mapping[str, type[Command]]) -> Command:
    op = stored.get("op", "")
    kind = kinds.get(op)
    if kind is None:
        return UnknownCommand(op)
    values = {name: stored[key] if read is None else read(stored[key]) for name, key, read in _layout(kind).read if key in stored}
    reply = ReplyAddress(stored["reply"], stored["reply_name"]) if stored.get("reply") else None
    return kind(**values, reply_to=reply, request=stored.get("request", ""))
