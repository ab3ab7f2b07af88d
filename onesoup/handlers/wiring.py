"""Puts the services of a process together from its settings."""

from collections.abc import Callable

import redis

from onesoup.handlers.context import Policy, Services
from onesoup.handlers.provider import provider
from onesoup.settings import Settings
from onesoup.store.accounts import Accounts, Clients, Lists, Offline
from onesoup.store.announcements import Announcements
from onesoup.store.blocks import Blocks
from onesoup.store.channels import Replies
from onesoup.store.client import connect
from onesoup.store.guard import Guard
from onesoup.store.handsets import Handsets
from onesoup.store.histories import Histories
from onesoup.store.inbox import Handout, Inbox
from onesoup.store.keyring import KeyRing
from onesoup.store.leases import Shards
from onesoup.store.lines import Lines
from onesoup.store.logins import Logins
from onesoup.store.numbers import Numbers
from onesoup.store.pictures import ScaledPictures
from onesoup.store.rooms import Groups, Invites
from onesoup.store.searches import Searches
from onesoup.store.segments import Segments
from onesoup.store.sessions import Sessions
from onesoup.store.tries import Tries
from onesoup.store.wakes import Wakes


def policy(settings: Settings) -> Policy:
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
        provider=provider(settings),
        terms=settings.terms,
        registration=settings.registration,
        registrations_per_hour=settings.registrations_per_hour,
    )


def _sms_cookie(settings: Settings) -> int:
    """The longest cookie whose WAPSMS is one message: a content type as text takes room, and so does what Kannel adds."""
    if settings.sms_gateway == "kannel-ppg":
        return 88
    return 92 if settings.wap_content_type == "text" else 118


def services(settings: Settings, client: "redis.Redis | None" = None, draining: Callable[[], bool] = lambda: False) -> Services:
    """The services of a gateway worker. Opens no connection yet."""
    client = client or connect(settings.redis_url)
    ring = KeyRing.load(settings.keys_file)
    handout = Handout(repeat_ms=round(settings.redeliver_after * 1000), repeats=settings.redeliver_limit)
    return Services(
        sessions=Sessions(client),
        inbox=Inbox(client, handout),
        accounts=Accounts(client, ring),
        clients=Clients(client),
        offline=Offline(client),
        lists=Lists(client),
        blocks=Blocks(client),
        pictures=ScaledPictures(client),
        groups=Groups(client),
        invites=Invites(client),
        histories=Histories(client),
        handsets=Handsets(client),
        searches=Searches(client),
        announcements=Announcements(client),
        segments=Segments(client),
        tries=Tries(client),
        logins=Logins(client),
        guard=Guard(client, settings.refusals_at_server, settings.refusals_of_address),
        lines=Lines(client),
        numbers=Numbers(client),
        wakes=Wakes(client),
        shards=Shards(client),
        replies=Replies(client, settings.redis_url),
        ring=ring,
        policy=policy(settings),
        draining=draining,
    )
