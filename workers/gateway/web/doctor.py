"""`/account/doctor`, which people type as /doctor: what the phone of an account has sent in the last day, what was wrong with
it, and what to do. For who is signed in on the account page, whose cookie is for paths below /account.

An owner sees events of the own account, and those from the own network address that name no account. The page renews itself for
ten minutes after it was opened, and does not keep a visit alive for longer."""

import time
from typing import Any

import falcon

from onesoup.csp.phone_events import EventKind, PhoneEvent
from onesoup.guide import findings
from onesoup.guide.finding_rules import Grade, Link
from onesoup.guide.findings import OwnerFacts, SessionFacts
from onesoup.guide.phones import ServerValues, guide
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.handlers.login.locks import lock_of
from onesoup.store.redis.msgpack import BadRecord
from workers.gateway.client_address import PeerReader
from workers.gateway.web.account import Password, Start
from workers.gateway.web.signed_session import ACCOUNT_PATH
from workers.gateway.web.steps import AccountSite, Phones, Step, Visit

DOCTOR_PATH, SIGN_IN = f"{ACCOUNT_PATH}/doctor", f"{ACCOUNT_PATH}/doctor/sign-in"
RENEW_SECONDS, LIVE_SECONDS = 5, 600
MOST_SHOWN = 40
LINKS = {
    Link.PASSWORD: (Password.path, "Choose a phone password"),
    Link.ACCESS: ("/phones/access-point", "About access points"),
}
GRADES = {Grade.BAD: "Wrong", Grade.NOTE: "Note", Grade.FINE: "Fine"}


class SignIn(Start):
    """Signing in on the way to the page."""

    path = SIGN_IN
    template = "doctor_sign_in.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        return super().values(visit) | {"path": self.path}

    def elsewhere(self, visit: Visit) -> str:
        return DOCTOR_PATH if visit.session else ""

    def do(self, visit: Visit) -> str:
        super().do(visit)
        return DOCTOR_PATH


class Doctor(Step):
    path = DOCTOR_PATH
    sign_in = SIGN_IN
    template = "doctor.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        services, now = self.site.services, int(time.time())
        store, jid = services.phone_requests, visit.owner.jid
        address = throttle.address_key(services, visit.peer)
        own, here = store.of_account(jid), store.of_address(address)
        facts = self._facts(visit, own, now)
        seen = findings.look(store.of(own, now), store.of(here, now), facts, now)
        until = _until(visit.req, now)
        return {
            "found": [
                (each, GRADES[each.grade], LINKS.get(each.link), since(each, now)) for each in seen.findings if not each.solved
            ],
            "solved": [each for each in seen.findings if each.solved],
            "events": [_shown(each, address, now) for each in seen.events[:MOST_SHOWN]],
            "sessions": [(each, _ago(each.heard, now)) for each in facts.sessions],
            "others": seen.others,
            "fine": any(each.rule == "logged-in" for each in seen.findings),
            "live": f"{DOCTOR_PATH}?until={until}" if until else "",
            "seconds": RENEW_SECONDS,
            "families": guide().families,
            "url": facts.server.url,
        }

    def _facts(self, visit: Visit, own: str, now: int) -> OwnerFacts:
        services, jid = self.site.services, visit.owner.jid
        link = linking.find_link(services, jid)
        # From where the phone comes nobody knows: most likely from a place where the account never was.
        lock = lock_of(services, visit.peer, jid) or lock_of(services, Peer(), jid)
        server = ServerValues(self.site.server(visit), jid.rpartition("@")[2])
        return OwnerFacts(
            jid,
            own,
            server,
            link is not None and bool(link.phone_password),
            lock.words if lock else "",
            _sessions(services, jid, now),
        )


def _sessions(services: GatewayServices, jid: str, now: int) -> tuple[SessionFacts, ...]:
    """The account's sessions that live. Their polls are told from now on."""
    sids = list(services.clients.all(jid).values())
    services.phone_requests.look_at(sids, now)
    try:
        overview = services.sessions.overview(sids)
    except BadRecord:  # of another release: what came is shown all the same
        return ()
    told = []
    for found, polls in zip(overview, services.phone_requests.polls(sids), strict=True):
        if found is None:
            continue
        session = found.session
        family = guide().by_handset(session.handset)
        told.append(
            SessionFacts(
                session.version,
                session.encoding.upper(),
                family.name if family and session.handset != "unknown" else "",
                found.last_heard_ms // 1000,
                polls.count,
                polls.unanswered,
                "STCP" in found.capabilities.methods,
                found.has_line,
            )
        )
    return tuple(told)


def _until(req: falcon.Request, now: int) -> int:
    """Until when the page renews itself; 0 when it does not."""
    asked = req.params.get("until")
    if asked is None:
        return now + LIVE_SECONDS
    if not isinstance(asked, str) or not (asked.isascii() and asked.isdigit() and len(asked) <= 12):
        return 0
    return int(asked) if now < int(asked) <= now + LIVE_SECONDS else 0


def _shown(event: PhoneEvent, address: str, now: int) -> dict[str, Any]:
    """One event in words."""
    page = event.kind == EventKind.PAGE
    what = {EventKind.PAGE: "Page opened", EventKind.UNREADABLE: "Unreadable"}.get(EventKind(event.kind), event.name)
    more = [
        event.name if page else "",
        f"CSP {event.version}" if event.version else "",
        event.encoding.upper(),
        f"{event.octets} bytes" if event.octets else "",
        f"offers {', '.join(event.offered)}" if event.offered else "",
        event.media,
        event.agent,
        f"through {event.via}" if event.via else "",
        "from where you look" if event.at == address else "",
    ]
    return {
        "what": what,
        "code": event.code,
        "fine": event.code < 400 or event.code == 401,
        "when": since(event, now),
        "more": ", ".join(each for each in more if each),
    }


def since(found: "PhoneEvent | findings.PhoneFinding", now: int) -> str:
    """When and how often something was seen, in words."""
    if not found.times:
        return ""
    last = _ago(found.last, now)
    return last if found.times == 1 else f"{found.times} times, first {_ago(found.first, now)}, last {last}"


def _ago(when: int, now: int) -> str:
    seconds = max(now - when, 0)
    if seconds < 5:
        return "just now"
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def add_doctor_page(
    app: "falcon.App[falcon.Request, falcon.Response]", services: GatewayServices, peers: PeerReader, phones: Phones | None = None
) -> None:
    """Serves the page at DOCTOR_PATH. What is posted there and is no form goes to `phones`."""
    site = AccountSite(services, peers, phones, DOCTOR_PATH)
    for step in (Doctor, SignIn):
        app.add_route(step.path, step(site))
