"""Directories (XEP-0055): a service's form, what of a search can be put into it, and what it found (xmpp-mapping.md 9). Pure;
nodes have getTag, getTags, getTagData, getAttr, getChildren and getName."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onesoup.csp import search
from onesoup.csp.text import addresses
from onesoup.xmpp import namespaces

MAX_FORM_FIELDS, MAX_HIT_VALUE_LENGTH = 40, 200

# criterion -> names that fields have for it, the best first
FIELDS_OF_CRITERION = {
    "USER_ID": ("user", "username", "jid"),
    "USER_FIRST_NAME": ("first", "given", "fn"),
    "USER_LAST_NAME": ("last", "family", "fn"),
    "USER_ALIAS": ("nick", "nickname", "fn"),
    "USER_FRIENDLY_NAME": ("nick", "nickname", "fn"),
    "USER_EMAIL_ADDRESS": ("email",),
    "USER_CITY": ("locality", "city"),
    "USER_COUNTRY": ("ctry", "country"),
    "USER_MOBILE_NUMBER": ("tel", "phone"),
}
# field of a hit -> the fact that it is
FACT_OF_FIELD = {
    "first": "first",
    "given": "first",
    "last": "last",
    "family": "last",
    "fn": "full",
    "nick": "nick",
    "nickname": "nick",
    "email": "email",
    "locality": "city",
    "city": "city",
    "ctry": "country",
    "country": "country",
    "tel": "phone",
    "phone": "phone",
}


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What a service lets one fill in. `data`: as a data form (XEP-0004), else as the old elements."""

    fields: frozenset[str]
    data: bool
    wild_cards: bool


def read_form(query: Any) -> SearchForm:
    """The form in the answer to a get."""
    data = query.getTag("x", namespace=namespaces.DATA_FORMS)
    if data is not None:
        names = [str(each.getAttr("var") or "") for each in data.getTags("field")]
        told = data.getTagData("instructions") or ""
    else:
        names = [child.getName() for child in query.getChildren() if child and child.getName() != "instructions"]
        told = query.getTagData("instructions") or ""
    return SearchForm(frozenset(name for name in names[:MAX_FORM_FIELDS] if name), data is not None, "*" in told)


def fill_search_form(form: SearchForm, wanted: Mapping[str, str]) -> dict[str, str]:
    """What to put into the form: for each criterion the best field there is. {} when the service knows none of them."""
    filled: dict[str, str] = {}
    for element, text in wanted.items():
        name = next((each for each in FIELDS_OF_CRITERION.get(element, ()) if each in form.fields and each not in filled), None)
        if name is None and element == "USER_MOBILE_NUMBER":
            # Where no numbers are known, they may be names.
            text = search.only_digits(text)
            name = next((each for each in ("user", "username") if each in form.fields and each not in filled), None)
        if name is None or not text:
            continue
        if name in ("user", "username"):
            text = addresses.escape_local(text.partition("@")[0])
        filled[name] = f"{text}*" if form.wild_cards else text
    return filled


def read_hits(query: Any, most: int = search.MAX_SEARCH_HITS) -> list[tuple[str, dict[str, list[str]]]]:
    """(bare JID, facts) of everybody that a service found, in either form."""
    data = query.getTag("x", namespace=namespaces.DATA_FORMS)
    hits = []
    for item in (data if data is not None else query).getTags("item")[:most]:
        values = _values(item, data is not None)
        jid = addresses.bare(values.get("jid") or str(item.getAttr("jid") or ""))
        if "@" not in jid or jid.startswith("@"):
            continue
        facts: dict[str, list[str]] = {}
        for name, value in values.items():
            if name in FACT_OF_FIELD and value:
                facts.setdefault(FACT_OF_FIELD[name], []).append(value)
        hits.append((jid, facts))
    return hits


def _values(item: Any, data: bool) -> dict[str, str]:
    if data:
        pairs = [(str(each.getAttr("var") or ""), each.getTagData("value") or "") for each in item.getTags("field")]
    else:
        pairs = [(each.getName(), each.getData() or "") for each in item.getChildren() if each]
    return {name: value.strip()[:MAX_HIT_VALUE_LENGTH] for name, value in pairs[:MAX_FORM_FIELDS]}


def is_directory(info: Any) -> bool:
    """Whether the disco#info of a service says that persons are found there."""
    return _has_feature(info, namespaces.SEARCH) and _identity(info, "directory", "user")


def is_rooms(info: Any) -> bool:
    return _has_feature(info, namespaces.MUC) and _identity(info, "conference", "text")


def _has_feature(info: Any, name: str) -> bool:
    return any(each.getAttr("var") == name for each in info.getTags("feature"))


def _identity(info: Any, category: str, kind: str) -> bool:
    return any(each.getAttr("category") == category and each.getAttr("type") == kind for each in info.getTags("identity"))


def read_items(query: Any) -> list[tuple[str, str]]:
    """(JID, name) of disco#items, without nodes."""
    items = [(str(each.getAttr("jid") or ""), str(each.getAttr("name") or "")) for each in query.getTags("item")]
    return [(addresses.bare(jid), " ".join(name.split())[:MAX_HIT_VALUE_LENGTH]) for jid, name in items if jid]


def is_open(info: Any) -> bool:
    """Whether a room lets anybody in, so that what it is about is no secret."""
    return not any(each.getAttr("var") in ("muc_membersonly", "muc_passwordprotected") for each in info.getTags("feature"))


def topic_of(info: Any) -> str:
    """What a room's disco#info says that it is about (XEP-0045 section 6.4): the subject, and the description; Prosody tells
    the latter only."""
    fields = [each for form in info.getTags("x", namespace=namespaces.DATA_FORMS) for each in form.getTags("field")]
    values = {str(each.getAttr("var")): each.getTagData("value") or "" for each in fields}
    told = (values.get("muc#roominfo_subject", ""), values.get("muc#roominfo_description", ""))
    return "\n".join(text[:MAX_HIT_VALUE_LENGTH] for text in told if text)
