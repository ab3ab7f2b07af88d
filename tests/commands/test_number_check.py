"""The doctor says which proxy passes on what phones write into headers for numbers."""

import pytest

from onesoup.commands.findings import FAIL_GRADE, NOTE_GRADE, OK_GRADE
from onesoup.commands.number_check import number_findings
from onesoup.csp.text.stated_numbers import DISAGREE_SIGN, TWICE_SIGN, WAPBOX_SIGN
from onesoup.settings import Settings
from onesoup.store.number_doubts import NUMBER_DOUBTS_KEY, NumberDoubts
from onesoup.store.redis.client import connect

STATES = Settings(trusted_proxies=("10.0.0.0/24",), number_headers=("X-MSISDN",))


@pytest.fixture
def client(redis_server):
    client = connect(redis_server.url)
    client.delete(NUMBER_DOUBTS_KEY)
    yield client
    client.delete(NUMBER_DOUBTS_KEY)
    client.close()


def test_nothing_is_said_where_no_proxy_states_numbers(client) -> None:
    NumberDoubts(client).note("10.0.0.7", TWICE_SIGN, "X-MSISDN")
    assert not list(number_findings(Settings(), client))


def test_all_is_well_until_a_sign_is_seen(client) -> None:
    assert [each.grade for each in number_findings(STATES, client)] == [OK_GRADE]


@pytest.mark.parametrize(
    ("sign", "grade", "says"),
    [
        (TWICE_SIGN, FAIL_GRADE, "had X-MSISDN twice, 0 min ago"),
        (DISAGREE_SIGN, FAIL_GRADE, "another number"),
        # A phone can write that, too.
        (WAPBOX_SIGN, NOTE_GRADE, "wapbox"),
        ("of another release", NOTE_GRADE, "of another release"),
    ],
)
def test_a_proxy_that_passes_headers_on_is_named(client, sign, grade, says) -> None:
    NumberDoubts(client).note("10.0.0.7", sign, "X-MSISDN")
    (found,) = number_findings(STATES, client)
    assert (found.grade, found.what) == (grade, "proxy 10.0.0.7")
    assert says in found.says
    assert "X-MSISDN" in found.do
