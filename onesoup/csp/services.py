"""Service negotiation (flows.md 4.7). `Functions` in the answer is inverted: what was asked for and is not there."""

from onesoup.csp.elements import (
    AllFunctions,
    FundamentalFeat,
    GroupFeat,
    IMFeat,
    PresenceFeat,
    ServiceRequest,
    ServiceResponse,
    WVCSPFeat,
)


def answer(request: ServiceRequest, version: str) -> ServiceResponse:
    """Everything is granted. A feature without children stands for all its functions, so the tree ends there."""
    response = ServiceResponse()
    if version == "1.1":
        response.client_id = request.client_id
    if request.all_functions_request:
        features = WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat())
        response.all_functions = AllFunctions(features)
    return response
