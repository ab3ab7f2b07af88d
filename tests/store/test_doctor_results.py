"""What the console remembers of `onesoup doctor`."""

from onesoup.store import operator_bounds
from onesoup.store.doctor_results import FINDINGS_KEY, LOOKING_KEY, DoctorResult, DoctorResults
from onesoup.store.redis import msgpack

FOUND = (("FAIL", "holders", "none lives", "start onesoup holder"), ("ok", "redis", "takes writes", ""))


def test_one_looks_at_a_time_and_all_see_what_was_found(client):
    here, there = DoctorResults(client), DoctorResults(client)
    assert here.begin(60)
    assert not there.begin(60)
    assert there.is_looking()
    assert there.last() is None
    here.keep(DoctorResult(7, "soup-1", FOUND))
    assert not there.is_looking()
    assert there.last() == DoctorResult(7, "soup-1", FOUND)
    assert [each[1] for each in there.last().of_grade("FAIL")] == ["holders"]
    assert client.ttl(FINDINGS_KEY) > 0


def test_who_never_ends_is_not_waited_for(client):
    DoctorResults(client).begin(60)
    assert 0 < client.pttl(LOOKING_KEY) <= 60_000


def test_what_is_kept_is_bounded(client):
    many = (("FAIL", "x" * 10_000, "y" * 10_000, ""),) * 1000
    DoctorResults(client).keep(DoctorResult(1, "soup-1", many, "z" * 10_000))
    kept = DoctorResults(client).last()
    assert len(kept.findings) == operator_bounds.MOST_FINDINGS
    assert max(map(len, (kept.error, *kept.findings[0]))) == operator_bounds.FINDING_LETTERS


def test_a_record_of_a_later_version_is_none(client):
    client.set(FINDINGS_KEY, msgpack.pack(9, {"at": 1}))
    assert DoctorResults(client).last() is None
    client.set(FINDINGS_KEY, msgpack.pack(1, {"at": 1, "host": "h", "found": [["FAIL"]]}))
    assert DoctorResults(client).last() is None
