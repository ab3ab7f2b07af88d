"""Makes the services of a gateway worker from its settings."""

from collections.abc import Callable

import redis

from onesoup.handlers.context import GatewayServices, Policy
from onesoup.handlers.login import throttle
from onesoup.handlers.provider import provider_of
from onesoup.handlers.store_patience import NO_PATIENCE, StorePatience
from onesoup.observability.operator_orders import OperatorOrders
from onesoup.settings import Settings
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.address_aliases import AddressAliases
from onesoup.store.account.blocks import BlockLists
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.lists import AccountLists
from onesoup.store.account.login_limits import LoginLimits
from onesoup.store.account.login_replies import LoginReplies
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.account.page_sessions import PageSessions
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.account.phone_requests import PhoneRequests
from onesoup.store.account.settings_links import SettingsLinks
from onesoup.store.account.tries import HourlyTries
from onesoup.store.announcements import Announcements
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy
from onesoup.store.pictures import ScaledPictures
from onesoup.store.redis import urls
from onesoup.store.redis.channels import ReplyChannel
from onesoup.store.redis.client import connect, writable
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.group_histories import GroupHistories
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.store.session.search_hits import SearchHits
from onesoup.store.session.segments import Segments
from onesoup.store.session.shards import Shards
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.ota_queue import SettingsQueue
from onesoup.store.wakeup.wakes import WakeStore


def gateway_policy(settings: Settings) -> Policy:
    return Policy(
        domain=settings.domain,
        domains=settings.allowed_domains,
        ttl_min=settings.ttl_min,
        ttl_max=settings.ttl_max,
        poll_hold=settings.poll_hold,
        poll_min=settings.server_poll_min,
        deadline=settings.answer_deadline,
        public_host=settings.public_host,
        stcp_port=settings.public_stcp_port or settings.stcp_port,
        plain_emoji=settings.plain_emoji,
        publish_location=settings.publish_location,
        publish_contact_info=settings.publish_contact_info,
        by_place=settings.domain_by_place,
        gateways=frozenset(settings.gateway_domains),
        sessions=settings.sessions_of_user,
        remember=settings.remember_password,
        tell_unknown=settings.tell_unknown_users,
        cir_url=settings.cir_url,
        accept_cookie=settings.stcp_accept_cookie,
        udp_nets=settings.udp_nets,
        sms_cookie=_sms_cookie(settings),
        sms_prefixes=settings.sms_prefixes,
        country_code=settings.country_code,
        accept_claimed=settings.sms_accept_claimed,
        group_history=settings.group_history,
        provider=provider_of(settings),
        terms=settings.terms,
        service_contact=settings.service_contact,
        account_page=settings.account_page,
        registration=settings.registration,
        registrations_per_hour=settings.registrations_per_hour,
    )


def quota_policy(settings: Settings) -> QuotaPolicy:
    return QuotaPolicy(settings.domain_sessions, settings.domain_logins)


def _sms_cookie(settings: Settings) -> int:
    """Length of the longest cookie whose WAPSMS is one SMS: a content type as text takes room, and so does Kannel's header."""
    if settings.sms_gateway == "kannel-ppg":
        return 88
    return 92 if settings.wap_content_type == "text" else 118


def gateway_services(
    settings: Settings,
    client: "redis.Redis | None" = None,
    draining: Callable[[], bool] = lambda: False,
    orders: OperatorOrders | None = None,
) -> GatewayServices:
    """The services of a gateway worker. Opens no connection yet. `orders`: those that the process follows already."""
    client = client or connect(settings.redis_url)
    ring = KeyRing.load(settings.keys_file)
    handout = RedeliveryPolicy(repeat_ms=round(settings.redeliver_after * 1000), repeats=settings.redeliver_limit)
    return GatewayServices(
        sessions=GatewaySessionStore(client),
        inbox=Inbox(client, handout),
        accounts=Accounts(client, ring),
        clients=ClientSessions(client),
        offline=OfflineInbox(client),
        lists=AccountLists(client),
        blocks=BlockLists(client),
        pictures=ScaledPictures(client),
        groups=GroupStore(client),
        invites=InvitationStore(client),
        histories=GroupHistories(client),
        handsets=HandsetMemory(client),
        aliases=AddressAliases(client),
        searches=SearchHits(client),
        announcements=Announcements(client),
        segments=Segments(client),
        tries=HourlyTries(client),
        logins=LoginReplies(client),
        guard=LoginLimits(client, throttle.login_policy(settings)),
        lines=CirProcesses(client),
        numbers=PhoneNumbers(client),
        wakes=WakeStore(client),
        page_sessions=PageSessions(client, ring),
        settings_links=SettingsLinks(client, ring),
        settings_queue=SettingsQueue(client, ring),
        phone_requests=PhoneRequests(client, ring),
        shards=Shards(client),
        replies=ReplyChannel(client, settings.redis_url),
        ring=ring,
        policy=gateway_policy(settings),
        quotas=DomainQuotas(client, quota_policy(settings)),
        orders=orders or OperatorOrders(client),
        draining=draining,
        patience=_patience(settings, client),
    )


def _patience(settings: Settings, client: "redis.Redis") -> StorePatience:
    """Only Sentinels make another server the master within seconds."""
    if urls.parse(settings.redis_url).kind != urls.SENTINEL:
        return NO_PATIENCE
    return StorePatience(lambda: writable(client))
