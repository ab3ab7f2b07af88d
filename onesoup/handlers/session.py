"""Session primitives: keep-alive, log-out, capabilities, services, and requests that need no session."""

from dataclasses import replace

from onesoup.csp import access, capabilities, services
from onesoup.csp.codec.generated_elements import (
    ClientCapabilityRequest,
    ClientCapabilityResponse,
    Disconnect,
    GetSPInfoRequest,
    KeepAliveRequest,
    KeepAliveResponse,
    LogoutRequest,
    Primitive,
    ServiceRequest,
    VersionList,
    WVCSPVersionDiscoveryRequest,
    WVCSPVersionDiscoveryResponse,
)
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Table, status
from onesoup.handlers import segments, wakeups
from onesoup.handlers.context import Context
from onesoup.handlers.messages import cut_waiting_messages
from onesoup.handlers.provider import Provider
from onesoup.wire.generated.doctypes import NAMESPACES
from onesoup.xmpp import commands

SPOKEN_VERSIONS = ("1.1", "1.2", "1.3")


def keep_alive(ctx: Context, request: KeepAliveRequest) -> Primitive:
    """200 with the keep-alive time: the wished one within the server's limits, or the present one without a wish."""
    ttl = ctx.session.ttl
    if request.time_to_live is not None:
        ttl = access.granted_keep_alive(request.time_to_live, ctx.services.policy.ttl_min, ctx.services.policy.ttl_max)
    if ttl != ctx.session.ttl:
        ctx.effects.update.session = replace(ctx.session, ttl=ttl)
        ctx.effects.update.ttl_ms = access.session_expiry_seconds(ttl) * 1000
    return KeepAliveResponse(result=access.result(), keep_alive_time=ttl)


def logout(ctx: Context, request: LogoutRequest) -> Primitive:
    """Ends the session at once. The holder leaves XMPP after the commands that still wait."""
    ctx.send(commands.LogOut())
    ctx.effects.end_code = StatusCode.INVALID_SESSION
    return logout_answer(ctx.version)


def logout_answer(version: str) -> Primitive:
    """The answer to a log-out, in the form of the version."""
    return Disconnect(result=access.result()) if version == "1.1" else status(StatusCode.SUCCESSFUL)


def negotiate_capabilities(ctx: Context, request: ClientCapabilityRequest) -> Primitive:
    """The agreed capabilities. A wake-up method is agreed only while it works end to end (cir.md 2.4)."""
    asked = request.capability_list.supported_cir_method if request.capability_list else []
    offer, address = wakeups.wakeup_offer(ctx, request) if asked else (wakeups.no_wakeup_offer(ctx), None)
    told = _poll_min_told(ctx)
    response, caps = capabilities.negotiate(request, ctx.version, offer, ctx.session.quirks, wakeups.cir_cookie(ctx), told)
    _remember_poll_min(ctx, response, told)
    update = ctx.effects.update
    update.capabilities, update.wake_address = caps, address
    update.contacts_at_once = capabilities.contacts_at_once(caps)
    update.fetches_messages = caps.delivery == "N"
    update.polls_return_at_once = bool(caps.methods)
    update.has_other_bearers = bool(capabilities.ADDITIONAL_CIR_METHODS & set(caps.methods))
    wakeups.note_agreed_methods(ctx, offer, caps.methods)
    ctx.send(commands.ReloadCapabilities())
    cut_waiting_messages(ctx, caps)
    return response


def _poll_min_told(ctx: Context) -> int | None:
    """The ServerPollMin that this handset was told last, in any session; only for handsets with that quirk."""
    session = ctx.session
    return ctx.services.handsets.poll_min(session.jid, session.resource) if session.quirks.halve_poll_min else None


def _remember_poll_min(ctx: Context, response: ClientCapabilityResponse, before: int | None) -> None:
    session, told = ctx.session, capabilities.told_poll_min(response)
    if session.quirks.halve_poll_min and told is not None and told != before:
        ctx.services.handsets.keep_poll_min(session.jid, session.resource, told)


def negotiate_services(ctx: Context, request: ServiceRequest) -> Primitive:
    """Grants all services; groups only where the domain has rooms. The holder then sends initial presence soon."""
    ctx.send(commands.GoOnlineSoon())
    if segments.wants_segments(request):
        ctx.effects.update.reads_segments = True
    return services.service_response(request, ctx.version, groups=ctx.services.groups.service(ctx.session.domain) != "")


def sp_info_answer(request: GetSPInfoRequest, version: str, provider: Provider) -> Primitive:
    """The operator's description of this service."""
    return provider.answer(request.client_id if version == "1.1" else None)


def discover_versions(_request: WVCSPVersionDiscoveryRequest) -> Primitive:
    """The namespace names of all CSP versions that the gateway speaks (flows.md 3)."""
    names = [NAMESPACES[version] for version in SPOKEN_VERSIONS]
    return WVCSPVersionDiscoveryResponse(
        version_list=VersionList(
            session_ns_name=[each["WV-CSP-Message"] for each in names],
            transaction_ns_name=[each["TransactionContent"] for each in names],
            presence_attribute_ns_name=[each["PresenceSubList"] for each in names],
        )
    )


def get_sp_info(ctx: Context, request: GetSPInfoRequest) -> Primitive:
    return sp_info_answer(request, ctx.version, ctx.services.policy.provider)


HANDLERS: Table = {
    KeepAliveRequest: keep_alive,
    LogoutRequest: logout,
    ClientCapabilityRequest: negotiate_capabilities,
    ServiceRequest: negotiate_services,
    GetSPInfoRequest: get_sp_info,
}
