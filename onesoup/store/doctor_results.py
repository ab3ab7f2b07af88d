"""What `onesoup doctor` found when the console last ran it, for all gateways; and whether one of them runs it just now."""

from dataclasses import dataclass

import redis

from onesoup.store import operator_bounds
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import guarded

FINDINGS_KEY, LOOKING_KEY = "console-findings:{console}", "console-looking:{console}"
RESULT_SECONDS = 86_400
DOCTOR_RESULT_VERSION = 1

# (grade, what was checked, what the check says, what to do)
PlainFinding = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """`at`: when it was found, seconds since 1970; `host`: as seen from where; `error`: why there is nothing."""

    at: int
    host: str
    findings: tuple[PlainFinding, ...] = ()
    error: str = ""

    def of_grade(self, grade: str) -> list[PlainFinding]:
        return [each for each in self.findings if each[0] == grade]


class DoctorResults:
    """console-findings:{console}, a record, for a day; console-looking:{console}, a string, while one of the gateways looks."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def begin(self, within: float) -> bool:
        """Whether the caller may look, for so many seconds: nobody else does."""
        return bool(guarded(lambda: self._client.set(LOOKING_KEY, 1, px=round(within * 1000), nx=True)))

    def is_looking(self) -> bool:
        return bool(guarded(lambda: self._client.exists(LOOKING_KEY)))

    def keep(self, result: DoctorResult) -> None:
        """The caller has looked."""
        cut = [
            [field[: operator_bounds.FINDING_LETTERS] for field in each]
            for each in result.findings[: operator_bounds.MOST_FINDINGS]
        ]
        fields = {"at": result.at, "host": result.host, "found": cut, "error": result.error[: operator_bounds.FINDING_LETTERS]}
        record = msgpack.pack(DOCTOR_RESULT_VERSION, fields)

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.set(FINDINGS_KEY, record, ex=RESULT_SECONDS)
            pipe.delete(LOOKING_KEY)
            pipe.execute()

        guarded(write)

    def last(self) -> DoctorResult | None:
        """None where nobody has looked for a day, or a later version has."""
        record = guarded(lambda: self._client.get(FINDINGS_KEY))
        try:
            return _result(record) if record else None
        except msgpack.BadRecord:
            return None


@msgpack.reader
def _result(record: bytes) -> DoctorResult:
    found = msgpack.unpack(record, DOCTOR_RESULT_VERSION)
    findings = tuple(tuple(msgpack.as_texts(each)) for each in found["found"])
    if any(len(each) != 4 for each in findings):
        raise msgpack.BadRecord("a finding has four fields")
    return DoctorResult(found["at"], found["host"], findings, found.get("error", ""))
