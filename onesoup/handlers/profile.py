"""Public profiles (CSP 1.3) over vCards (xmpp-mapping.md 9), and VerifyID."""

import datetime
import time
from collections.abc import Iterable, Mapping
from typing import Any

from onesoup.csp import profiles
from onesoup.csp.codec.generated_elements import (
    DetailedResult,
    GetPublicProfileRequest,
    GetPublicProfileResponse,
    IDList,
    Primitive,
    PublicProfile,
    Result,
    Status,
    UpdatePublicProfileRequest,
    VerifyIDRequest,
)
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.transactions import Table, status
from onesoup.handlers import contacts
from onesoup.handlers.context import Context
from onesoup.xmpp import commands
from onesoup.xmpp.answers import EntityInfos, Profiles
from onesoup.xmpp.errors import PROFILE_STATUS

MAX_PROFILE_USERS, MAX_VERIFIED_IDS, MAX_VERIFIED_DOMAINS = 20, 100, 10
PROFILE_ANSWER_SECONDS = 0.7


def get_public_profile(ctx: Context, request: GetPublicProfileRequest) -> Primitive:
    """An empty profile for users without one; 201 or an error for users who cannot be reached."""
    asked = [each for each in dict.fromkeys(request.user_id) if each.strip()]
    if not asked or len(asked) > MAX_PROFILE_USERS:
        raise CspError(StatusCode.BAD_PARAMETER, "no users" if not asked else "too many users")
    failed: dict[int, list[str]] = {}
    jids: dict[str, str] = {}
    for text in asked:
        try:
            jids[text] = ctx.session.jid_of(text)
        except CspError:
            failed.setdefault(StatusCode.UNKNOWN_USER, []).append(text)
    cards = _cards(ctx, list(jids.values()))
    found: list[PublicProfile] = []
    for text, jid in jids.items():
        condition, values = cards.get(jid, ("remote-server-timeout", {}))
        if code := PROFILE_STATUS.get(condition):
            failed.setdefault(code, []).append(text)
        else:
            found.append(profiles.shown_profile(text, ctx.services.lists.profile.all(jid) | dict(values), _today()))
    result = combined_result({code: DetailedResult(code=code, user_id=users) for code, users in failed.items()}, bool(found))
    return GetPublicProfileResponse(result=result, public_profile=found)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _cards(ctx: Context, jids: list[str]) -> dict[str, tuple[str, Mapping[str, str]]]:
    if not jids:
        return {}
    left = max(ctx.deadline - time.monotonic() - PROFILE_ANSWER_SECONDS, 0.1)
    answer = ctx.ask(commands.FetchProfiles(tuple(jids), left), Profiles)
    return {jid: (each.condition, each.values) for jid, each in answer.cards.items()}


def update_public_profile(ctx: Context, request: UpdatePublicProfileRequest) -> Primitive:
    """Changes the user's own profile. Other fields of the vCard stay."""
    clear, profile = bool(request.clear_public_profile), request.public_profile
    if profile is not None and profile.user_id and ctx.session.jid_of(profile.user_id) != ctx.session.jid:
        raise CspError(StatusCode.FORBIDDEN, "not your own profile")
    changes = profiles.profile_changes(profile)
    if not clear and not changes:
        raise CspError(StatusCode.BAD_PARAMETER, "nothing to change")
    ctx.ask(commands.ChangeProfile(changes, clear))
    private = dict.fromkeys(profiles.PRIVATE_PROPERTIES, "") | changes if clear else changes
    private = {name: value for name, value in private.items() if name in profiles.PRIVATE_PROPERTIES}
    ctx.services.lists.profile.put(ctx.session.jid, private)
    return status(StatusCode.SUCCESSFUL)


# --- VerifyID ---


def verify_ids(ctx: Context, request: VerifyIDRequest) -> Primitive:
    """200 when every id is well-formed and reachable: XMPP does not tell which users exist (xmpp-mapping.md 2). 201 names the
    others; their one code, or 900, when all are wrong."""
    ids = request.id_list or IDList()
    names = [each.group_id or "" for each in ids.screen_name]
    groups = [*ids.group_id, *names]
    every = [*ids.user_id, *groups, *ids.contact_list, *ids.domain]
    if not every:
        raise CspError(StatusCode.BAD_PARAMETER, "no ids")
    if len(every) > MAX_VERIFIED_IDS:
        raise CspError(StatusCode.BAD_PARAMETER, "too many ids")
    users, bad = _parsed(ids.user_id, ctx.session.jid_of)
    rooms, bad_rooms = _parsed(groups, lambda text: _room_domain(ctx, text))
    domains, bad_domains = _parsed(ids.domain, addresses.normal_domain)
    unreachable = _unreachable(ctx, [*map(addresses.domain_of, users.values()), *rooms.values(), *domains.values()])
    failed = [
        DetailedResult(code=StatusCode.UNKNOWN_USER, user_id=bad),
        DetailedResult(
            code=StatusCode.DOMAIN_NOT_SUPPORTED,
            user_id=[text for text, jid in users.items() if addresses.domain_of(jid) in unreachable],
        ),
        DetailedResult(
            code=StatusCode.GROUP_DOES_NOT_EXIST,
            group_id=[*bad_rooms, *(text for text, name in rooms.items() if name in unreachable)],
        ),
        DetailedResult(
            code=StatusCode.CONTACT_LIST_DOES_NOT_EXIST,
            contact_list=[text for text in ids.contact_list if not _is_list(ctx, text)],
        ),
        DetailedResult(
            code=StatusCode.NOT_FOUND,
            domain=[text for text in (*bad_domains, *domains) if domains.get(text, "") in unreachable | {""}],
        ),
    ]
    named = {each.code or 0: each for each in failed if each.user_id or each.group_id or each.contact_list or each.domain}
    count = sum(len([*each.user_id, *each.group_id, *each.contact_list, *each.domain]) for each in named.values())
    return Status(result=combined_result(named, count < len(every)))


def _parsed(texts: Iterable[str], parse: Any) -> tuple[dict[str, str], list[str]]:
    """(parsed ids, ids that could not be parsed)."""
    good: dict[str, str] = {}
    bad = []
    for text in texts:
        try:
            good[text] = parse(text)
        except CspError:
            bad.append(text)
    return good, bad


def _room_domain(ctx: Context, text: str) -> str:
    address = addresses.parse_address(text)
    if not (address.user or address.resource):
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "a group needs a name")
    return addresses.normal_domain(address.domain or ctx.session.domain)


def _is_list(ctx: Context, text: str) -> bool:
    try:
        contacts.find_list(ctx, text)
    except CspError:
        return False
    return True


def _unreachable(ctx: Context, domains: Iterable[str]) -> set[str]:
    """Domains that our XMPP server says it cannot reach. A slow one counts as reachable."""
    known = {addresses.domain_of(each) for each in (*ctx.roster(), ctx.session.jid)} | ctx.services.policy.domains
    unknown = sorted({each for each in domains if each not in known})
    if len(unknown) > MAX_VERIFIED_DOMAINS:
        raise CspError(StatusCode.BAD_PARAMETER, "too many domains")
    if not unknown:
        return set()
    left = max(ctx.deadline - time.monotonic() - PROFILE_ANSWER_SECONDS, 0.1)
    answer = ctx.ask(commands.AskInfo(tuple(unknown), left), EntityInfos)
    return {jid for jid, each in answer.info.items() if each.condition in UNREACHABLE}


# Errors for a domain that a server cannot reach; the last one from servers that talk to no other server at all.
UNREACHABLE = frozenset({"remote-server-not-found", "item-not-found", "jid-malformed", "not-allowed", "service-unavailable"})


def combined_result(failed: Mapping[int, DetailedResult], some: bool) -> Result:
    """200; 201 when `some` succeeded; else the one code, or 900."""
    if not failed:
        return Result(code=StatusCode.SUCCESSFUL)
    code = StatusCode.PARTIALLY_SUCCESSFUL if some else next(iter(failed)) if len(failed) == 1 else StatusCode.MULTIPLE_ERRORS
    return Result(code=code, detailed_result=list(failed.values()))


HANDLERS: Table = {
    GetPublicProfileRequest: get_public_profile,
    UpdatePublicProfileRequest: update_public_profile,
    VerifyIDRequest: verify_ids,
}
