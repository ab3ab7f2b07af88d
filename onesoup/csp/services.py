"""Service negotiation (flows.md 4.7). `Functions` in the answer is inverted: what was asked for and is not there."""

from onesoup.csp.elements import (
    AllFunctions,
    Functions,
    FundamentalFeat,
    GroupFeat,
    IMFeat,
    PresenceFeat,
    ServiceRequest,
    ServiceResponse,
    WVCSPFeat,
)


def answer(request: ServiceRequest, version: str, groups: bool = True) -> ServiceResponse:
    """Everything is granted, except `groups` where there are none. A feature without children stands for all its functions, so
    the tree ends there. What is refused stands in Functions, which is never left empty: that would refuse everything."""
    response = ServiceResponse()
    if version == "1.1":
        response.client_id = request.client_id
    if request.all_functions_request:
        features = WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat() if groups else None)
        response.all_functions = AllFunctions(features)
    wanted = request.functions.wvcsp_feat if request.functions is not None else None
    if not groups and wanted is not None and wanted.group_feat is not None:
        response.functions = Functions(wvcsp_feat=WVCSPFeat(group_feat=GroupFeat()))
    return response
