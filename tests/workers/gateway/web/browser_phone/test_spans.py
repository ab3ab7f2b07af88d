"""What `onesoup wire decode --annotate` and the inspector of the browser phone say of the bytes of a document is the same."""

import pytest

from .test_wire import SCRIPT, documents, sent

annotate = pytest.importorskip("onesoup.captures.annotate").annotate

Place = tuple[int, int, str, int]


def joined(places: list[Place]) -> list[Place]:
    """Start, end, kind and depth of each span, those of the head as one: the two part it differently in XML."""
    head = [place for place in places if place[2] == "header"]
    return [(0, head[-1][1] if head else 0, "header", 0), *(place for place in places if place[2] != "header")]


def test_both_say_the_same_of_every_vector(run):
    # Not of a root that is one tag: for one of the two the line end behind belongs to that tag, for the other it is its end.
    found = [(name, body) for name, body in documents() if not body.rstrip().endswith(b"/>") and not annotate(body).error]
    assert len(found) > 200
    told = run(SCRIPT, [sent(body, write=False) for _, body in found])
    for (name, body), theirs in zip(found, told, strict=True):
        ours = [(each.start, each.end, each.kind, each.depth) for each in annotate(body).spans]
        assert joined([tuple(place[:4]) for place in theirs["places"]]) == joined(ours), name
