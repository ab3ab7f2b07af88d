"""A process with several roles: each role stops, whatever another one does."""

import pytest
from structlog.testing import capture_logs

from onesoup.runtime.role_process import StartedRole, stop_roles
from onesoup.store.errors import StoreDown


@pytest.mark.parametrize(("error", "event"), [(StoreDown("READONLY"), "store-down"), (KeyError("x"), "bug")])
def test_a_role_that_cannot_stop_keeps_no_other_from_handing_over(error, event):
    stopped = []

    def role(name, failure=None):
        def stop():
            stopped.append(name)
            if failure is not None:
                raise failure

        return StartedRole(None, [], None, stop)

    with capture_logs() as logged:
        stop_roles({"web": role("web", error), "cir": role("cir"), "holder": role("holder")})
    assert stopped == ["web", "cir", "holder"]
    assert [(each["event"], each["stopping"]) for each in logged] == [(event, "web")]
