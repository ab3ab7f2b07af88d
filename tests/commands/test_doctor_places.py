"""What doctor finds unreachable is a failure where the role that needs it runs, and a note elsewhere."""

import pytest

from onesoup.commands.doctor import _as_here
from onesoup.commands.findings import FAIL_GRADE, NOTE_GRADE, fail_finding


@pytest.mark.parametrize(
    ("places", "role", "grade"),
    [
        (["holder-4711"], "holder", FAIL_GRADE),
        (["web-4711", "cir-12"], "holder", NOTE_GRADE),
        (["cir-12"], "cir", FAIL_GRADE),
        (["holder-4711"], "cir", NOTE_GRADE),
        (["all-4711"], "cir", FAIL_GRADE),
        (["all-4711"], "holder", FAIL_GRADE),
        # A host from which somebody only looks: it reaches XMPP servers, as everybody does, and no carrier's gateway.
        ([], "holder", FAIL_GRADE),
        ([], "cir", NOTE_GRADE),
    ],
)
def test_a_place_that_cannot_be_reached_from_here(places, role, grade):
    (found,) = _as_here(places, iter([fail_finding("SMS gateway", "refused", "start it")]), role)
    assert found.grade == grade
