"""A gateway answers a probe of the doctor that has begun, and no other."""

from onesoup.store.number_probes import NUMBER_PROBE_SECONDS, NumberProbes, number_probe_key


def test_a_probe_that_has_begun_is_answered(client) -> None:
    probes = NumberProbes(client)
    probes.begin("a1")
    assert probes.believed("a1") is None
    probes.answer("a1", "+15550100123")
    assert probes.believed("a1") == "+15550100123"
    assert 0 < client.ttl(number_probe_key("a1")) <= NUMBER_PROBE_SECONDS


def test_no_number_is_an_answer_too(client) -> None:
    probes = NumberProbes(client)
    probes.begin("a2")
    probes.answer("a2", "")
    assert probes.believed("a2") == ""


def test_what_nobody_has_begun_is_not_answered(client) -> None:
    probes = NumberProbes(client)
    probes.answer("a3", "+15550100123")
    assert probes.believed("a3") is None
    assert not client.exists(number_probe_key("a3"))
