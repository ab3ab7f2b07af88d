"""Service negotiation: Functions in an answer means refused, so it is never there."""

import pytest

from onesoup.csp import services
from onesoup.csp.codec.binding import write_node
from onesoup.csp.codec.generated_elements import ClientID, Functions, ServiceRequest, WVCSPFeat

ME = ClientID(url="JiMMY")


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@pytest.mark.parametrize("everything", [True, False, None])
def test_nothing_is_ever_refused(version, everything):
    request = ServiceRequest(client_id=ME, functions=Functions(WVCSPFeat()), all_functions_request=everything)
    assert services.service_response(request, version).functions is None


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_who_asks_for_all_functions_gets_the_features_inside_wvcspfeat(version):
    """Android reads its first child unasked, and hangs without it."""
    answer = write_node(services.service_response(ServiceRequest(all_functions_request=True), version), version)
    features = answer.find("AllFunctions").find("WVCSPFeat")
    assert [each.name for each in features.children] == ["FundamentalFeat", "PresenceFeat", "IMFeat", "GroupFeat"]


@pytest.mark.parametrize("everything", [False, None])
def test_who_does_not_ask_gets_no_tree(everything):
    assert services.service_response(ServiceRequest(all_functions_request=everything), "1.2").all_functions is None


def test_the_client_id_comes_back_in_1_1_only_and_if_it_was_sent():
    assert services.service_response(ServiceRequest(client_id=ME), "1.1").client_id == ME
    assert services.service_response(ServiceRequest(), "1.1").client_id is None
    assert services.service_response(ServiceRequest(client_id=ME), "1.2").client_id is None
    assert services.service_response(ServiceRequest(client_id=ME), "1.3").client_id is None
