"""Under which addresses an account has the service contact."""

import pytest

from onesoup.csp.service_contact import service_address, service_addresses
from onesoup.settings.declare import Domains

ALICE = "alice@example.org"


def test_it_is_at_the_own_domain_and_at_each_served_one():
    assert service_addresses("help", {"example.org", "example.net"}, ALICE) == {"help@example.org", "help@example.net"}
    assert service_address("help", ALICE) == "help@example.org"


def test_where_every_domain_is_served_it_is_at_the_own_and_the_listed_ones_only():
    assert service_addresses("help", Domains(("any", "example.net")), ALICE) == {"help@example.org", "help@example.net"}


@pytest.mark.parametrize(("local", "own"), [("", ALICE), ("alice", ALICE)], ids=["switched off", "the account itself"])
def test_there_is_none(local, own):
    assert service_addresses(local, (), own) == frozenset()
    assert service_address(local, own) == ""
