"""The service contact: a user id of each served domain that the gateway itself answers. It greets an account once, and tells
users who they are here and how phones are set up. What it says is in onesoup/words/service.toml.

Its answers are items of the asking phone's own inbox, stored with the reply to the phone's message. It never speaks first but
for the greeting, and answers an account so often in an hour, so that two machines cannot talk for ever."""

import math
import re
import time
from collections.abc import Callable, Iterable

import structlog

from onesoup.csp import fitting, presence
from onesoup.csp.handsets import Handset
from onesoup.csp.lists import Item
from onesoup.csp.messages import Text
from onesoup.csp.service_contact import MAX_ECHO, SERVICE_NAME, SERVICE_PRESENCE, service_address
from onesoup.csp.session import Capabilities
from onesoup.csp.text import languages
from onesoup.guide.phones import Family, guide
from onesoup.handlers import settings_ota
from onesoup.handlers.context import Context
from onesoup.handlers.login import linking
from onesoup.handlers.publication import own_presence
from onesoup.provisioning.documents import MAX_PROVISIONED_USER_ID, ImpsSettings
from onesoup.provisioning.errors import ProvisioningError
from onesoup.runtime.ids import MESSAGE_ID_LENGTH, ordered_id, token
from onesoup.store.account.settings_links import LINK_MS
from onesoup.store.session.request_effects import ToldReport
from onesoup.wire.document import Encoding
from onesoup.words.service import LANGUAGES, Wish, say, understood

log = structlog.get_logger()

ANSWERS_AN_HOUR = 60
UNKNOWN_HANDSET = Handset().name
_SITE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,80})(?::[0-9]{1,5})?", re.ASCII)
_ENCODINGS = {Encoding.XML: "XML", Encoding.WBXML: "WBXML", Encoding.PTS: "plain text"}


# --- what it says ---


def greet(ctx: Context, caps: Capabilities) -> None:
    """Welcomes the user, the first time that one of the account's phones has said what it can take. Not by SMS, which costs."""
    contact = service_address(ctx.services.policy.service_contact, ctx.session.jid)
    if not contact or ctx.session.encoding == Encoding.PTS.value:
        return
    if not ctx.services.lists.service_contact.note_greeted(ctx.session.jid):
        return
    if ctx.services.blocks.rules(ctx.session.jid).refuse(contact):
        return
    _tell(ctx, contact, [say("welcome", caps.language, domain=ctx.session.domain)], caps)
    log.info("service-greeted", language=caps.language if caps.language in LANGUAGES else "")


def take_out(ctx: Context, to: dict[str, str]) -> list[str]:
    """Removes the service contact from the recipients of a message. The addresses under which it was meant."""
    found = [jid for jid in to if jid in ctx.service_contacts]
    for jid in found:
        del to[jid]
    return found


def answer(ctx: Context, contact: str, text: str, report: str = "") -> None:
    """Answers a message to the service contact; "" stands for one that is no text. `report`: the MessageID of one whose delivery
    the phone wants to hear of."""
    if report:
        ctx.effects.told.append(ToldReport(f"e-{token(MESSAGE_ID_LENGTH)}", contact, report, int(time.time())))
    if ctx.services.blocks.rules(ctx.session.jid).blocks(contact):
        return
    language, who = _language(ctx), ctx.services.ring.digest(ctx.session.jid, "service").hex()[:16]
    count = ctx.services.tries.count("service", who)
    if count > ANSWERS_AN_HOUR:
        if count == ANSWERS_AN_HOUR + 1:
            minutes = math.ceil(ctx.services.tries.wait("service", who) / 60)
            _tell(ctx, contact, [say("too_often", language, minutes=minutes)])
        return
    wish, rest = understood(text)
    log.info("service-asked", wish=wish.value if wish else "")
    if wish is None:
        _tell(ctx, contact, [say("unknown" if text else "only_text", language)])
    else:
        _tell(ctx, contact, _ANSWERS[wish](ctx, language, rest))


def _help(_ctx: Context, language: str, _rest: str) -> list[str]:
    return [say("help", language)]


def _who(ctx: Context, language: str, _rest: str) -> list[str]:
    session, family = ctx.session, _family(ctx)
    phone = say(
        "phone",
        language,
        phone=family.name if family else say("other_phone", language),
        version=ctx.version,
        encoding=_ENCODINGS[ctx.encoding],
        bearer="SMS" if ctx.peer.sender else "HTTP",
        wake=", ".join(ctx.caps.methods) or say("polling", language),
    )
    return [say("who", language, user=session.own, jid=session.jid), phone]


def _number(ctx: Context, language: str, _rest: str) -> list[str]:
    proved = ctx.services.numbers.of(ctx.session.jid)
    said = [say("number", language, numbers=", ".join(proved))] if proved else []
    if ctx.services.policy.account_page and linking.wakes_by_sms(ctx.services):
        return [*said, say("prove", language, page=f"{_host(ctx)}/account")]
    return said or [say("no_number", language)]


def _settings(ctx: Context, language: str, _rest: str) -> list[str]:
    family = _family(ctx)
    page = f"http://{_host(ctx)}/phones" + (f"/{family.id}" if family else "")
    said = [say("page", language, page=page)]
    if ctx.services.policy.account_page and not ctx.peer.sender:
        said += _link(ctx, language)
    return said


def _link(ctx: Context, language: str) -> list[str]:
    """A link to the settings without a password. Nothing where phones would not take them."""
    user, pin = f"wv:{ctx.session.jid}", settings_ota.new_pin()
    try:
        wanted = ImpsSettings(f"http://{_host(ctx)}/", user if len(user) <= MAX_PROVISIONED_USER_ID else ctx.session.jid)
        made = settings_ota.make_link(ctx.services, ctx.session.jid, wanted, pin)
    except ProvisioningError:
        return []
    if not made:
        return [say("no_link", language)]
    return [say("link", language, minutes=LINK_MS // 60_000, link=f"http://{_host(ctx)}/s/{made}", pin=pin)]


def _echo(_ctx: Context, language: str, rest: str) -> list[str]:
    return [rest[:MAX_ECHO] or say("echo", language)]


_ANSWERS: dict[Wish, Callable[[Context, str, str], list[str]]] = {
    Wish.HELP: _help,
    Wish.WHO: _who,
    Wish.NUMBER: _number,
    Wish.SETTINGS: _settings,
    Wish.ECHO: _echo,
}


def _family(ctx: Context) -> Family | None:
    """What the guide tells of phones like this one; None where the phone is not known."""
    known = ctx.session.handset != UNKNOWN_HANDSET
    return guide().by_handset(ctx.session.handset) if known else None


def _host(ctx: Context) -> str:
    """Where phones reach this server, with the port that this one has used, if it is none that phones know by themselves."""
    site = ctx.peer.site.removesuffix(":80")
    return ctx.services.policy.site(site if _SITE.fullmatch(site) else "") or ctx.session.domain


def _language(ctx: Context) -> str:
    """The language that the phone has told with its capabilities, or that its user has published."""
    if ctx.caps.language:
        return ctx.caps.language
    own = own_presence(ctx)
    return languages.language_tag(presence.attribute_text(own.preferred_language)) if own is not None else ""


def _tell(ctx: Context, contact: str, said: Iterable[str], caps: Capabilities | None = None) -> None:
    """Puts texts into the phone's inbox, each in as many messages as the phone needs."""
    now = int(time.time())
    for body in said:
        text = Text("0" * 20, contact, body, now)
        for part in fitting.text_parts(text, ctx.session, caps or ctx.caps):
            ctx.effects.told.append(Text(ordered_id(time.time()), contact, part, now))


# --- how phones see it ---


def show(ctx: Context, jids: Iterable[str]) -> None:
    """Of these contacts, the service contact is present: for a subscription."""
    for jid in ctx.service_contacts.intersection(jids):
        ctx.effects.shown[jid] = SERVICE_PRESENCE


def keep_item(ctx: Context, item: Item) -> bool:
    """Keeps the place of the service contact in the user's contact lists. False for any other contact, whose place is in the
    roster of the XMPP server; this one no other client of the account needs to see."""
    if item.jid not in ctx.service_contacts:
        return False
    kept = Item(item.jid, item.name or SERVICE_NAME, item.groups, subscription="both")
    ctx.services.lists.service_contact.put_item(ctx.session.jid, kept)
    return True


def drop_item(ctx: Context, jid: str) -> bool:
    """The service contact is in no list any more. False for any other contact."""
    if jid not in ctx.service_contacts:
        return False
    ctx.services.lists.service_contact.remove(ctx.session.jid, [jid])
    return True
