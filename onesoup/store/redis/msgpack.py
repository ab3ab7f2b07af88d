"""msgpack records. The first field is the record's version `v`; a reader takes v and v - 1, since a rolling restart runs both.
Unknown fields are kept out of the values and do no harm."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import cache, wraps
from itertools import chain
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import msgpack

P = ParamSpec("P")
T = TypeVar("T")
Check = Callable[[Any], bool]


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


def reader(read: Callable[P, T]) -> Callable[P, T]:
    """For a function that makes a value of a record: whatever is in the record, BadRecord is all that it raises, and the fields
    of a dataclass that it returns have the types that they are declared with."""

    @wraps(read)
    def careful(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            value = read(*args, **kwargs)
            good = _is_sound(value)
        except BadRecord:
            raise
        except Exception as error:  # a record of somebody else's may make any
            raise BadRecord(f"{read.__name__}: {type(error).__name__}") from None
        if not good:
            raise BadRecord(f"{read.__name__}: a field of the wrong type")
        return value

    return careful


def as_text(value: object) -> str:
    """BadRecord when a value is none."""
    if not isinstance(value, str):
        raise BadRecord("a text is missing")
    return value


def as_texts(value: Any) -> list[str]:
    return [as_text(each) for each in value]


def _is_sound(value: Any) -> bool:
    cls: Any = type(value)
    return _soundness(cls)(value)


@cache
def _soundness(cls: Any) -> Check:
    """Whether the fields of a value of this class have the types that they are declared with. Nearly all are plain ones, which
    are looked at without a line of Python: a record is read for every message that a phone gets."""
    if not dataclasses.is_dataclass(cls):
        return lambda _value: True
    hints = get_type_hints(cls)
    kinds = {each.name: hints[each.name] for each in dataclasses.fields(cls)}
    plain = {name: classes for name, kind in kinds.items() if (classes := _plain_classes(kind))}
    types_of_plain, plain_values = tuple(plain.values()), _getter(tuple(plain))
    others = [(name, _check(kind)) for name, kind in kinds.items() if name not in plain]
    return lambda value: (
        all(map(isinstance, plain_values(value), types_of_plain)) and all(check(getattr(value, name)) for name, check in others)
    )


def _plain_classes(hint: Any) -> tuple[type, ...]:
    """The classes of which a value has to be one, if that is all that a declared type says; else none."""
    if get_origin(hint) in (Union, types.UnionType):
        some = [_plain_classes(each) for each in get_args(hint)]
        return tuple(chain.from_iterable(some)) if all(some) else ()
    if hint is float:
        return (int, float)
    return (hint,) if isinstance(hint, type) and not get_origin(hint) and not dataclasses.is_dataclass(hint) else ()


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """The attributes of these names. attrgetter() of one gives no tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _check(hint: Any) -> Check:
    """Whether a value is of a declared type."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        some = [_check(each) for each in inner]
        return lambda value: any(check(value) for check in some)
    if origin is tuple:
        each = _check(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(each, value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, held = _check(inner[0]), _check(inner[1])
        return lambda value: isinstance(value, Mapping) and all(key(name) and held(each) for name, each in value.items())
    if hint is float:
        return lambda value: isinstance(value, int | float)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return lambda value: isinstance(value, hint) and _is_sound(value)
    return lambda value: isinstance(value, hint)
