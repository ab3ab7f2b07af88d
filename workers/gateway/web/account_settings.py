"""Settings for the phone, from the account page: by SMS to a proved number, by a link for the phone's own browser, or as a file.

A phone's browser has neither our cookie nor today's TLS, so the link is plain HTTP and short enough for number keys. What it
exposes: whoever reads it on the way, or opens it first, gets the server's address, the user id, the access point with its
log-in, and the phone password if the owner ticked that (it was made minutes ago, and goes over the same line at each plain
log-in). Never the XMPP password. What bounds it: twelve letters that nobody guesses (36 bits, and few wrong ones an address),
ten minutes, the first address that asks, ten links an hour an account."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import falcon
import structlog

from onesoup.handlers.context import GatewayServices
from onesoup.handlers.login import linking, throttle
from onesoup.handlers.login.locks import duration
from onesoup.handlers.settings_ota import Offered, goes_by_sms, links_key, make_link, new_pin, offer, signed
from onesoup.provisioning import push
from onesoup.provisioning.documents import MAX_PASSWORD, MAX_PROVISIONED_USER_ID, AccessPoint, ImpsSettings
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Signature
from onesoup.store.account.page_sessions import PageSession
from onesoup.store.account.settings_links import LINK_MS, LinkedSettings
from onesoup.store.errors import StoreDown
from workers.gateway.client_address import LOOPBACK_HOSTS, PeerReader
from workers.gateway.web.rendering import harden, show
from workers.gateway.web.signed_session import ACCOUNT_PATH
from workers.gateway.web.steps import AccountSite, Phones, Step, StepProblem, Visit

log = structlog.get_logger()

SETTINGS = f"{ACCOUNT_PATH}/settings"
# Phones like to begin with a capital letter.
LINK_ROUTES = ("/s/{token}", "/S/{token}")
# Links that one address may try in ten minutes: a carrier has many phones behind one.
MOST_LINKS = 40
MAX_APN, MAX_TOKEN = 100, 40
# For finding out how long the document becomes.
ANY_PIN = "0000"
# Field, label and length of an access point's parts.
FIELDS = (
    ("apn", "The access point", MAX_APN),
    ("apn_user", "The user name", MAX_PASSWORD),
    ("apn_password", "The password", MAX_PASSWORD),
)
FILE_NAME = "onesoup.prov"
OFFERED = {
    Offered.NO_NUMBER: "That number is not confirmed any more. Confirm it again first.",
    Offered.NOT_SERVED: "This server sends no SMS to that number just now.",
}


class SettingsStep(Step):
    """Asks what the settings shall hold beside the server and the user id."""

    path = SETTINGS
    template = "settings.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        owner = visit.owner
        return {
            "apn": visit.typed("apn")[:MAX_APN] or owner.apn,
            "apn_user": visit.typed("apn_user")[:MAX_PASSWORD] or owner.apn_user,
            "made": owner.made,
        }

    def do(self, visit: Visit) -> str:
        typed = {name: visit.typed(name) for name in ("apn", "apn_user", "apn_password")}
        check(typed)
        asked = visit.owner.made and visit.typed("with_password") == "yes"
        wanted = replace(
            visit.owner,
            apn=typed["apn"],
            apn_user=typed["apn_user"],
            apn_password=typed["apn_password"],
            with_password=asked,
            link="",
            sent_to="",
        )
        made(self.site, visit, wanted, ANY_PIN)
        self.site.sessions.change(wanted)
        return SettingsWay.path


class SettingsWay(Step):
    """How the settings are to come to the phone."""

    path = f"{SETTINGS}/way"
    template = "settings_way.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if sms_needed(self.site, visit) else SettingsStep.path

    def values(self, visit: Visit) -> dict[str, Any]:
        services = self.site.services
        return {
            "local": urlsplit(self.site.server(visit)).hostname in LOOPBACK_HOSTS,
            "sms": goes_by_sms(services),
            "number": proved(services, visit.owner),
            "messages": sms_needed(self.site, visit),
        }


class FromSettingsWay(Step):
    """A step whose button stands on the page of SettingsWay; so does what is wrong with it."""

    def _show(self, visit: Visit, problem: StepProblem | None = None) -> None:
        if problem is None:
            super()._show(visit)
        else:
            SettingsWay(self.site)._show(visit, problem)


class SettingsByLink(FromSettingsWay):
    """Makes a link, and shows it."""

    path = f"{SETTINGS}/link"
    template = "settings_link.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if visit.owner.link else SettingsWay.path

    def values(self, visit: Visit) -> dict[str, Any]:
        owner = visit.owner
        return {
            "link": f"{self.site.server(visit)}s/{owner.link}",
            "pin": owner.link_pin,
            "minutes": LINK_MS // 60_000,
            "file": SettingsFile.path,
        }

    def do(self, visit: Visit) -> str:
        services, owner, pin = self.site.services, visit.owner, new_pin()
        try:
            token = make_link(services, owner.jid, imps_settings(self.site, visit, owner), pin)
        except ProvisioningError as error:
            raise StepProblem(f"These settings cannot be made: {error}.") from None
        if not token:
            wait = duration(services.tries.wait("settings", links_key(services, owner.jid)))
            raise StepProblem(f"Too many links were made. Try again in {wait}.")
        self.site.sessions.change(owner, link_pin=pin, link=token)
        return self.path


class SettingsFile(Step):
    """The document as a file, for a computer that hands it to the phone by Bluetooth."""

    path = f"{SETTINGS}/file"
    template = "settings_way.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if visit.owner.link and sms_needed(self.site, visit) else SettingsWay.path

    def _show(self, visit: Visit, problem: StepProblem | None = None) -> None:
        document, signature = made(self.site, visit, visit.owner, visit.owner.link_pin)
        send(visit.resp, LinkedSettings(document, signature.security, signature.mac))
        visit.resp.set_header("Content-Disposition", f'attachment; filename="{FILE_NAME}"')


class SettingsBySms(FromSettingsWay):
    """Sends the settings by SMS; the page behind it shows the PIN. The form has no fields, so Enter sends nothing."""

    path = f"{SETTINGS}/sms"
    template = "settings_sms.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if visit.owner.sent_to else SettingsWay.path

    def values(self, visit: Visit) -> dict[str, Any]:
        return {"number": visit.owner.sent_to, "pin": visit.owner.sms_pin}

    def do(self, visit: Visit) -> str:
        services, owner, pin = self.site.services, visit.owner, new_pin()
        number = proved(services, owner)
        offered = offer(services, owner.jid, number, imps_settings(self.site, visit, owner), pin)
        if offered is Offered.TOO_OFTEN:
            wait = duration(services.settings_queue.wait(owner.jid, number))
            raise StepProblem(f"Settings were sent too often. Try again in {wait}, or use the link.")
        if offered in OFFERED:
            raise StepProblem(OFFERED[offered])
        self.site.sessions.change(owner, sms_pin=pin, sent_to=number)
        return self.path


class SettingsLink:
    """GET /s/TOKEN, by a phone's own browser over plain HTTP: the settings, once. A phone that posts here speaks CSP."""

    def __init__(self, services: GatewayServices, peers: PeerReader, phones: Phones | None = None) -> None:
        self._services, self._peers, self._phones = services, peers, phones

    def on_get(self, req: falcon.Request, resp: falcon.Response, token: str) -> None:
        try:
            found = self._take(req, token)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            raise falcon.HTTPServiceUnavailable() from None
        if found is None:
            show(req, resp, "link_over.xhtml", {}, falcon.HTTP_404)
        else:
            log.info("settings-fetched", octets=len(found.document))
            send(resp, found)

    on_head = on_get

    def on_post(self, req: falcon.Request, resp: falcon.Response, token: str) -> None:
        if self._phones is None:
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD"])
        self._phones.on_post(req, resp)

    def _take(self, req: falcon.Request, token: str) -> LinkedSettings | None:
        who = throttle.address_key(self._services, self._peers.of(req))
        if self._services.guard.busy("links", who, MOST_LINKS) or len(token) > MAX_TOKEN:
            return None
        return self._services.settings_links.take(token.lower(), who)


SETTINGS_STEPS: tuple[type[Step], ...] = (SettingsStep, SettingsWay, SettingsByLink, SettingsFile, SettingsBySms)


def send(resp: falcon.Response, settings: LinkedSettings) -> None:
    """The document, its signature in the parameters of the content type (ota.md 5): that it can stand there in HTTP too is what
    the form of a content type suggests, and unsigned documents are refused by most phones anyway."""
    harden(resp)
    resp.content_type = f"{push.CONTENT_TYPE}; SEC={settings.security}; MAC={settings.mac}"
    resp.data = settings.document


def made_password(services: GatewayServices, session: PageSession) -> str:
    """The phone password that was made on this visit, "" when there is none or another has taken its place: a log-in of the phone
    may have stored the XMPP password there (`remember_password`), and that is never shown."""
    link = linking.find_link(services, session.jid) if session.made else None
    good = link is not None and link.origin == linking.ORIGIN_PAGE and link.phone_password != session.password
    return link.phone_password if link is not None and good else ""


def imps_settings(site: AccountSite, visit: Visit, session: PageSession) -> ImpsSettings:
    """What the phone is to be set to. Problem for what phones would not take."""
    password = made_password(site.services, session) if session.with_password else ""
    point = AccessPoint(session.apn, user=session.apn_user, password=session.apn_password) if session.apn else None
    user = f"wv:{session.jid}"
    try:
        return ImpsSettings(
            url=site.server(visit),
            user_id=user if len(user) <= MAX_PROVISIONED_USER_ID else session.jid,
            password=password,
            access_point=point,
        )
    except ProvisioningError as error:
        raise StepProblem(f"These settings cannot be made: {error}.") from None


def made(site: AccountSite, visit: Visit, session: PageSession, pin: str) -> tuple[bytes, Signature]:
    """The document and its signature. Problem for what phones would not take, or SMS could not carry."""
    try:
        return signed(imps_settings(site, visit, session), pin)
    except ProvisioningError as error:
        raise StepProblem(f"These settings cannot be made: {error}.") from None


def sms_needed(site: AccountSite, visit: Visit) -> int:
    """How many SMS carry the settings, 0 for settings that cannot be made."""
    try:
        document, signature = made(site, visit, visit.owner, ANY_PIN)
    except StepProblem:
        return 0
    return len(list(push.messages(push.push_unit(document, signature), 0)))


def proved(services: GatewayServices, session: PageSession) -> str:
    """The number that the settings may go to: the latest that the account has proved, "" for none."""
    return next(iter(services.numbers.of(session.jid)), "")


def check(typed: dict[str, str]) -> None:
    """Problem for an access point that phones would not take."""
    for name, label, most in FIELDS:
        text = typed[name]
        if len(text) > most:
            raise StepProblem(f"{label} has {len(text)} characters; phones take {most}.", name)
        if not all("!" <= char <= "~" for char in text):
            raise StepProblem(f"{label}: use plain letters, digits and signs, without spaces.", name)
    if not typed["apn"] and (typed["apn_user"] or typed["apn_password"]):
        raise StepProblem("Type the name of the access point too, or leave all three empty.", "apn")
