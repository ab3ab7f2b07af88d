"""Answers of gateways to `onesoup doctor`, which tries whether a number that anybody may write into a header is believed. Only
the doctor makes these keys: what strangers send in its place has no answer."""

import redis

from onesoup.store import bounds
from onesoup.store.redis.client import guarded
from onesoup.store.redis.msgpack import pack, reader, unpack

NUMBER_PROBE_VERSION = 1
NUMBER_PROBE_SECONDS = 60
# What a request of the doctor has as User-Agent, before the id of the probe.
PROBE_AGENT = "onesoup-doctor/"


def number_probe_key(probe: str) -> str:
    return f"number-probe:{probe}"


class NumberProbes:
    """number-probe:{id}, empty until a gateway has answered, for a minute."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def begin(self, probe: str) -> None:
        guarded(lambda: self._client.set(number_probe_key(probe), b"", ex=NUMBER_PROBE_SECONDS))

    def answer(self, probe: str, number: str) -> None:
        """`number` is the one that is believed, "" for none. Nothing happens where no such probe has begun."""
        record = pack(NUMBER_PROBE_VERSION, {"n": number[: bounds.NUMBER_PROBE_BYTES]})
        key = number_probe_key(probe[: bounds.NUMBER_PROBE_BYTES])
        guarded(lambda: self._client.set(key, record, xx=True, keepttl=True))

    def believed(self, probe: str) -> str | None:
        """The number that a gateway has believed, "" for none; None while there is no answer."""
        record = guarded(lambda: self._client.get(number_probe_key(probe)))
        return _number(record) if record else None


@reader
def _number(record: bytes) -> str:
    return str(unpack(record, NUMBER_PROBE_VERSION)["n"])
