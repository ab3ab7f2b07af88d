"""What modern clients and transports put beside the text of a message, in words that an old phone can show: reactions, quotes of
replies, buttons, forms. Pure; nodes are those of xmpppy, which count characters as Python does."""

import re
from typing import Any
from urllib.parse import unquote

from onesoup.wire.datatypes import legal_text
from onesoup.xmpp import namespaces

EXTRA_NAMESPACES = frozenset(
    {
        namespaces.REACTIONS,
        namespaces.REPLY,
        namespaces.QUICK_RESPONSE,
        namespaces.DATA_FORMS,
        namespaces.MESSAGE_CORRECTION,
    }
)
# The quote in front of a reply is for clients that show nothing else: a phone needs a reminder.
MAX_QUOTE_CHARS = 40
# slidge writes a button as "label: link"; the link, followed, would write its `body` to the bot.
_LINKED_BUTTON = re.compile(r"^(.{1,60}): xmpp:[^\s?]{1,500}\?message;body=([^\s;&]{1,180})$", re.MULTILINE)
MAX_REACTIONS, MAX_BUTTONS, MAX_BUTTON_CHARS = 5, 10, 60


def with_extras(body: str, extras: list[Any], stanza: Any) -> str:
    """The text of a message with what stands beside it. `extras` are its children of EXTRA_NAMESPACES; "" for nothing to show."""
    for child in extras:
        namespace = str(child.getNamespace())
        if namespace == namespaces.REACTIONS:
            return _reaction(child) or body  # else the body, if any, says the same for those that know no reactions
        if namespace == namespaces.REPLY:
            body = _short_quote(body, stanza)
        elif namespace == namespaces.DATA_FORMS:
            body = _with_form(body, child)
    buttons = [child for child in extras if str(child.getNamespace()) == namespaces.QUICK_RESPONSE]
    body = "\n".join(filter(None, [body, *map(_button, buttons[:MAX_BUTTONS])]))
    corrected = any(str(child.getNamespace()) == namespaces.MESSAGE_CORRECTION for child in extras)
    return f"* {body}" if body and corrected else body


def with_answers(body: str) -> str:
    """The text of a bot with what may be answered in the place of links that nobody can follow on a phone."""
    if "?message;body=" not in body:
        return body
    return _LINKED_BUTTON.sub(lambda match: _answer(unquote(match[2]), match[1]) or match[0], body)


def _reaction(reactions: Any) -> str:
    """XEP-0444: without a reaction the one before is taken back, which is no news."""
    given = [legal_text(each.getData() or "").strip()[:MAX_BUTTON_CHARS] for each in reactions.getTags("reaction")]
    given = [each for each in given if each][:MAX_REACTIONS]
    return f"[reaction: {' '.join(given)}]" if given else ""


def _short_quote(body: str, stanza: Any) -> str:
    """XEP-0461: of the quote, which XEP-0428 marks in the body, its first line remains."""
    for fallback in stanza.getTags("fallback", namespace=namespaces.FALLBACK):
        if fallback.getAttr("for") != namespaces.REPLY:
            continue
        place = fallback.getTag("body")
        start, end = _number(place, "start", 0), _number(place, "end", 0)
        if not 0 <= start < end <= len(body):
            continue
        quoted, rest = body[start:end], body[:start] + body[end:]
        first = next((line.lstrip("> ").strip() for line in quoted.splitlines() if line.lstrip("> ").strip()), "")
        short = first if len(first) <= MAX_QUOTE_CHARS else f"{first[: MAX_QUOTE_CHARS - 3]}..."
        return f"> {short}\n{rest.lstrip()}" if short else rest
    return body


def _number(node: Any, name: str, otherwise: int) -> int:
    text = (node.getAttr(name) if node is not None else None) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _button(button: Any) -> str:
    """XEP-0439: an answer that a user may choose, who types it here."""
    return _answer(button.getAttr("value") or "", button.getAttr("label") or "")


def _answer(value: str, label: str) -> str:
    value, label = (legal_text(each).strip()[:MAX_BUTTON_CHARS] for each in (value, label))
    if not value:
        return ""
    return f"- {value}: {label}" if label and label != value else f"- {value}"


def _with_form(body: str, form: Any) -> str:
    """XEP-0004: a form cannot be sent back from a phone. What it asks is shown where the message says nothing else."""
    if body or form.getAttr("type") != "form":
        return body
    parts = [
        form.getTagData("title"),
        form.getTagData("instructions"),
        *(each.getAttr("label") for each in form.getTags("field")),
    ]
    words = [legal_text(each or "").strip()[: MAX_BUTTON_CHARS * 4] for each in parts[:MAX_BUTTONS]]
    return "\n".join([*filter(None, words), "[a form, which this phone cannot fill in]"])
