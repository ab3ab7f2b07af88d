"""Any primitive with any values, in a living session: the phone gets an answer, and it is never our bug."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import PRIMITIVES, Disconnect, LoginRequest, LogoutRequest
from tests.csp.codec.test_binding import nodes
from tests.handlers.conftest import Phone

ENDS = (LoginRequest, LogoutRequest, Disconnect)
NAMES = sorted(name for name, cls in PRIMITIVES.items() if cls not in ENDS)


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_primitive_breaks_the_exchange(new_phone, version, data):
    phone = new_phone(version=version)
    assert phone.log_in("wv:alice@example.org").result.code == 200
    for _ in range(6):
        cls = PRIMITIVES[data.draw(st.sampled_from(NAMES))]
        told(phone, Transaction(data.draw(st.sampled_from(Mode)), "x", data.draw(nodes(cls, version, 2))))


def told(phone: Phone, transaction: Transaction) -> None:
    phone.count += 1
    transaction.id = str(phone.count)
    reply = phone.post(phone.message(transaction))
    for each in reply.transactions if reply is not None else ():
        result = getattr(each.content, "result", None)
        assert result is None or result.code != 500, transaction
