"""The account page: its owner signs in with the XMPP password, chooses a phone password, sees what to type into the phone, and
may have everything forgotten. Works without scripts, in old browsers too.

What is asked of whom, and how often, is decided by onesoup.handlers. The steps for a phone number are in account_number.py, those
for settings over the air in account_settings.py."""

import time
from typing import Any

import falcon

from onesoup.csp.service_contact import service_address
from onesoup.guide.phones import Family, ServerValues, guide
from onesoup.handlers.context import GatewayServices
from onesoup.handlers.login import linking
from workers.gateway.client_address import LOOPBACK_HOSTS, PeerReader
from workers.gateway.web import account_number, account_settings
from workers.gateway.web.signed_session import ACCOUNT_PATH
from workers.gateway.web.steps import AccountSite, Phones, Step, StepProblem, Visit, sign_in_values

OWN_PASSWORD, DONE = f"{ACCOUNT_PATH}/password/own", f"{ACCOUNT_PATH}/done"
FORGET, FORGET_SURE, FORGOTTEN = f"{ACCOUNT_PATH}/forget", f"{ACCOUNT_PATH}/forget/sure", f"{ACCOUNT_PATH}/forgotten"
# The button that was pressed; a form's first one does no harm, since Enter presses it.
BUTTON, YES = "do", "yes"


class Start(Step):
    """Signing in; for who is signed in, what is stored and what can be done."""

    closed = False
    template = "sign_in.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        return sign_in_values(self.site, visit)

    def elsewhere(self, visit: Visit) -> str:
        return Overview.path if visit.session else ""

    def do(self, visit: Visit) -> str:
        services, password = self.site.services, visit.form.get("password", "")
        if not visit.typed("address"):
            raise StepProblem("Type your XMPP address.", "address")
        visit.jid = linking.account_of(services, visit.peer, visit.typed("address"))
        linking.verify_password(services, visit.peer, visit.jid, password, self.site.deadline())
        self.site.sessions.begin(visit.req, visit.resp, visit.jid, password)
        return Overview.path if linking.find_link(services, visit.jid) else Password.path


class Overview(Step):
    path = f"{ACCOUNT_PATH}/overview"
    template = "overview.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        services, jid = self.site.services, visit.owner.jid
        link = linking.find_link(services, jid)
        return {
            "linked": link is not None,
            "managed": link is not None and link.jid != jid,
            "made": time.strftime("%Y-%m-%d", time.gmtime(link.made)) if link and link.made else "",
            "numbers": services.numbers.of(jid),
            "sms": linking.wakes_by_sms(services),
        }


class Password(Step):
    """Lets a phone password be made."""

    path = f"{ACCOUNT_PATH}/password"
    template = "password.html"

    def do(self, visit: Visit) -> str:
        return _choose(self.site, visit, linking.easy_phone_password(), made=True)


class OwnPassword(Step):
    path = OWN_PASSWORD
    template = "own_password.html"

    def values(self, visit: Visit) -> dict[str, Any]:
        return {"least": linking.MIN_PHONE_PASSWORD, "most": linking.MAX_PHONE_PASSWORD}

    def do(self, visit: Visit) -> str:
        phone, again = visit.form.get("phone", ""), visit.form.get("again", "")
        objection = linking.phone_password_objection(phone, visit.owner.password)
        if objection:
            raise StepProblem(objection, "phone")
        if phone != again:
            raise StepProblem("The two phone passwords differ.", "again")
        return _choose(self.site, visit, phone, made=False)


def _choose(site: AccountSite, visit: Visit, phone: str, made: bool) -> str:
    owner = visit.owner
    linking.set_phone_password(site.services, visit.peer, owner.jid, owner.password, phone, site.deadline())
    site.sessions.change(owner, made=made)
    return Done.path


class Done(Step):
    """What to type into the phone, in the words of the phone's own menus where its family is known."""

    path = DONE
    template = "done.html"

    def elsewhere(self, visit: Visit) -> str:
        return "" if linking.find_link(self.site.services, visit.owner.jid) else Password.path

    def values(self, visit: Visit) -> dict[str, Any]:
        services, owner, url = self.site.services, visit.owner, self.site.server(visit)
        server, family = ServerValues(url, owner.jid.rpartition("@")[2]), _family(services, visit)

        def own(text: str) -> str:
            return server.fill(text).replace(server.address, owner.jid)

        return {
            "server": url,
            "port": server.port,
            "local": server.host.strip("[]") in LOOPBACK_HOSTS,
            "user": f"wv:{owner.jid}",
            "password": account_settings.made_password(services, owner),
            "family": family,
            "families": guide().families,
            "fields": [(each.label, own(each.type), own(each.told)) for each in family.fields] if family else [],
            "sms": linking.wakes_by_sms(services),
            "helper": service_address(services.policy.service_contact, owner.jid),
        }


class Forget(Step):
    """Asks once."""

    path = FORGET
    template = "forget.html"

    def do(self, visit: Visit) -> str:
        return ForgetSure.path if visit.typed(BUTTON) == YES else Overview.path


class ForgetSure(Step):
    """Asks again, and forgets."""

    path = FORGET_SURE
    template = "forget_sure.html"

    def do(self, visit: Visit) -> str:
        if visit.typed(BUTTON) != YES:
            return Overview.path
        owner = visit.owner
        linking.remove_phone_password(self.site.services, visit.peer, owner.jid, owner.password, self.site.deadline())
        self.site.sessions.end(visit.resp, owner)
        return Forgotten.path


class Forgotten(Step):
    closed = False
    path = FORGOTTEN
    template = "forgotten.html"


class Leave(Step):
    """Signs out. There is no page: whoever opens the path is led to the first one."""

    path = f"{ACCOUNT_PATH}/leave"
    template = "sign_in.html"

    def elsewhere(self, visit: Visit) -> str:
        return ACCOUNT_PATH

    def values(self, visit: Visit) -> dict[str, Any]:
        return sign_in_values(self.site, visit)

    def do(self, visit: Visit) -> str:
        self.site.sessions.end(visit.resp, visit.owner)
        return ACCOUNT_PATH


ACCOUNT_STEPS: tuple[type[Step], ...] = (Start, Overview, Password, OwnPassword, Done, Forget, ForgetSure, Forgotten, Leave)


def add_account_pages(
    app: "falcon.App[falcon.Request, falcon.Response]",
    services: GatewayServices,
    peers: PeerReader,
    phones: Phones | None = None,
    doctor: str = "",
) -> None:
    """Serves the page below ACCOUNT_PATH, and links to settings. What is posted there and is no form goes to `phones`.
    `doctor` is the path of the page that shows what a phone sends, "" where it is not served."""
    site = AccountSite(services, peers, phones, doctor)
    for step in (*ACCOUNT_STEPS, *account_number.NUMBER_STEPS, *account_settings.SETTINGS_STEPS):
        app.add_route(step.path, step(site))
    link = account_settings.SettingsLink(services, peers, phones)
    for route in account_settings.LINK_ROUTES:
        app.add_route(route, link)


def _family(services: GatewayServices, visit: Visit) -> Family | None:
    """The family of the phone that looks, or else that the account is logged in with."""
    seen = guide().by_user_agent(visit.peer.user_agent)
    if seen is not None:
        return seen
    for found in services.sessions.overview(list(services.clients.all(visit.owner.jid).values())):
        handset = found.session.handset if found else ""
        if handset and handset != "unknown":
            return guide().by_handset(handset)
    return None
