"""Service negotiation (flows.md 4.7). `Functions` in the answer is inverted: what was asked for and is not there."""

from onesoup.csp.codec.generated_elements import (
    AllFunctions,
    Functions,
    FundamentalFeat,
    GroupFeat,
    GroupUseFunc,
    IMFeat,
    PresenceFeat,
    ServiceFunc,
    ServiceRequest,
    ServiceResponse,
    WVCSPFeat,
)


def service_response(request: ServiceRequest, version: str, groups: bool = True) -> ServiceResponse:
    """Everything is granted, but `groups` where there are none and what does not exist here. A feature without children stands
    for all its functions, so the tree ends there."""
    response = ServiceResponse(functions=_missing(request, groups))
    if version == "1.1":
        response.client_id = request.client_id
    if request.all_functions_request:
        features = WVCSPFeat(FundamentalFeat(), PresenceFeat(), IMFeat(), GroupFeat() if groups else None)
        response.all_functions = AllFunctions(features)
    return response


def _missing(request: ServiceRequest, groups: bool) -> Functions | None:
    """What the request names itself and is not there: maps, conversations that become rooms. Whole
    features stay granted: most phones know no more of them than is there."""
    asked = request.functions.wvcsp_feat if request.functions else None
    fundamental, group = (asked.fundamental_feat, asked.group_feat) if asked else (None, None)
    missing = FundamentalFeat()
    if fundamental and fundamental.service_func and fundamental.service_func.getmap:
        missing.service_func = ServiceFunc(getmap=True)
    no_group = None
    if group and not groups:
        no_group = GroupFeat()
    elif group and group.group_use_func and group.group_use_func.excon:
        no_group = GroupFeat(group_use_func=GroupUseFunc(excon=True))
    features = WVCSPFeat(fundamental_feat=missing if missing != FundamentalFeat() else None, group_feat=no_group)
    # An empty WVCSPFeat would deny everything.
    return Functions(features) if features != WVCSPFeat() else None
