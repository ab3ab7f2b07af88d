"""What workers count in memory is what prometheus_client would have counted."""

import subprocess
import sys

from prometheus_client import CollectorRegistry, Histogram

from onesoup.runtime import batched_metrics

PROGRAM = """
from onesoup.runtime import batched_metrics
batched_metrics.install_batching()
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

registry = CollectorRegistry()
MultiProcessCollector(registry)
BUCKETS = (0.001, 0.01, 0.1)
SEEN = (0.0, 0.0005, 0.001, 0.002, 0.1, 0.5, 7.0)
one, other = Histogram("one", "-", ["way"], buckets=BUCKETS), Histogram("other", "-", ["way"], buckets=BUCKETS)
each, steps = Counter("each", "-"), Counter("steps", "-")
observe, step = batched_metrics.batched_observe(other.labels("a")), batched_metrics.batched_inc(steps)

def shown(name):
    found = {}
    for family in registry.collect():
        for sample in family.samples:
            if sample.name.startswith(name):
                found[sample.name.removeprefix(name), sample.labels.get("le")] = sample.value
    return found

for turn in (1, 2):
    for seconds in SEEN:
        one.labels("a").observe(seconds)
        observe(seconds)
        each.inc()
        step()
    before = shown("other")
    batched_metrics.write_counts()
    assert shown("other") == shown("one") != before, (shown("other"), shown("one"))
    assert shown("steps") == shown("each") == {("_total", None): turn * len(SEEN)}
    assert shown("other")["_bucket", "0.001"] == turn * 3
batched_metrics.write_counts()
assert shown("steps") == shown("each")
print("as counted")
"""


def test_durations_and_steps_are_written_as_they_were(tmp_path):
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, timeout=60)
    assert done.stdout == "as counted\n", done.stderr


def test_a_process_of_its_own_counts_at_once():
    registry = CollectorRegistry()
    batched_metrics.batched_observe(Histogram("alone", "-", registry=registry))(0.2)
    assert registry.get_sample_value("alone_count") == 1
