"""Session primitives inside a session: keep-alive, logout, capabilities, services, and what can be asked without one."""

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
from onesoup.handlers.messages import cut_waiting
from onesoup.handlers.provider import Provider
from onesoup.wire.generated.doctypes import NAMESPACES
from onesoup.xmpp import commands

SPOKEN = ("1.1", "1.2", "1.3")


def keep_alive(ctx: Context, request: KeepAliveRequest) -> Primitive:
    """200 with the time granted: a new wish is met within the server's limits, none leaves it as it is."""
    ttl = ctx.session.ttl
    if request.time_to_live is not None:
        ttl = access.granted(request.time_to_live, ctx.services.policy.ttl_min, ctx.services.policy.ttl_max)
    if ttl != ctx.session.ttl:
        ctx.effects.update.session = replace(ctx.session, ttl=ttl)
        ctx.effects.update.ttl_ms = access.expiry(ttl) * 1000
    return KeepAliveResponse(result=access.result(), keep_alive_time=ttl)


def logout(ctx: Context, request: LogoutRequest) -> Primitive:
    """Ends the session at once; the holder leaves XMPP behind the last command that waits."""
    ctx.send(commands.logout())
    ctx.effects.end_code = StatusCode.INVALID_SESSION
    return logged_out(ctx.version)


def logged_out(version: str) -> Primitive:
    """The answer to a log-out, in the form of the version."""
    return Disconnect(result=access.result()) if version == "1.1" else status(StatusCode.SUCCESSFUL)


def capability(ctx: Context, request: ClientCapabilityRequest) -> Primitive:
    """The agreed list. A way to wake the phone is agreed only while it works end to end (cir.md 2.4)."""
    asked = request.capability_list.supported_cir_method if request.capability_list else []
    offer, address = wakeups.offer(ctx, request) if asked else (wakeups.nothing(ctx), None)
    told = _poll_min_told(ctx)
    response, caps = capabilities.negotiate(request, ctx.version, offer, ctx.session.quirks, wakeups.cookie(ctx), told)
    _remember_poll_min(ctx, response, told)
    update = ctx.effects.update
    update.capabilities, update.wake_address = caps, address
    update.contacts_at_once = capabilities.contacts_at_once(caps)
    update.fetches_messages = caps.delivery == "N"
    update.polls_return_at_once = bool(caps.methods)
    update.has_other_bearers = bool(capabilities.ALSO & set(caps.methods))
    wakeups.agreed(ctx, offer, caps.methods)
    ctx.send(commands.limits())
    cut_waiting(ctx, caps)
    return response


def _poll_min_told(ctx: Context) -> int | None:
    """What this handset was told last, in whatever session; where that matters."""
    session = ctx.session
    return ctx.services.handsets.poll_min(session.jid, session.resource) if session.quirks.halve_poll_min else None


def _remember_poll_min(ctx: Context, response: ClientCapabilityResponse, before: int | None) -> None:
    session, told = ctx.session, capabilities.told_poll_min(response)
    if session.quirks.halve_poll_min and told is not None and told != before:
        ctx.services.handsets.keep_poll_min(session.jid, session.resource, told)


def service(ctx: Context, request: ServiceRequest) -> Primitive:
    """Grants everything, groups only where the domain has rooms, and lets the holder send initial presence soon."""
    ctx.send({"op": "soon"})
    if segments.wanted(request):
        ctx.effects.update.reads_segments = True
    return services.answer(request, ctx.version, groups=ctx.services.groups.service(ctx.session.domain) != "")


def sp_info(request: GetSPInfoRequest, version: str, provider: Provider) -> Primitive:
    """Who runs this gateway, as the operator has set it."""
    return provider.answer(request.client_id if version == "1.1" else None)


def discovery(_request: WVCSPVersionDiscoveryRequest) -> Primitive:
    """The namespace names of all versions that are spoken here (flows.md 3)."""
    names = [NAMESPACES[version] for version in SPOKEN]
    return WVCSPVersionDiscoveryResponse(
        version_list=VersionList(
            session_ns_name=[each["WV-CSP-Message"] for each in names],
            transaction_ns_name=[each["TransactionContent"] for each in names],
            presence_attribute_ns_name=[each["PresenceSubList"] for each in names],
        )
    )


def sp_info_inside(ctx: Context, request: GetSPInfoRequest) -> Primitive:
    return sp_info(request, ctx.version, ctx.services.policy.provider)


HANDLERS: Table = {
    KeepAliveRequest: keep_alive,
    LogoutRequest: logout,
    ClientCapabilityRequest: capability,
    ServiceRequest: service,
    GetSPInfoRequest: sp_info_inside,
}
